"""What keeps a venue company: clients that run beside it, and know no more of it than any client may."""
