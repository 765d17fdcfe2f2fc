"""The Python API: a whole venue in a process, in names and decimal units."""
