"""Is this price explosive, when would it break, and is the evidence real: arrays in, results out.

A library: it needs NumPy and Numba and no venue, and `import emporion` does not load it.
"""
