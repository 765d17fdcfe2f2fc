"""Public views made from events. Each can be thrown away and made again; none is the truth."""
