"""Doors that translate and hold no rules. So far: a read-only HTTP and WebSocket view of the markets."""
