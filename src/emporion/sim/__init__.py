"""The exchange in a box: the rules in plain Python, seeded traders, and scripts a trader can read."""
