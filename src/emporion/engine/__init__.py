"""One node: the journal, the kernel, and the order in which they may do things."""
