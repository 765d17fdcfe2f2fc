"""Who may come in: people with passwords, programs with keys, and how much each may ask."""
