"""What every number means: codes, units, limits, and the rows of commands, events and state."""
