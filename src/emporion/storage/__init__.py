"""Bytes that survive: the journal, snapshots, and the few file operations they need. Knows rows, not rules."""
