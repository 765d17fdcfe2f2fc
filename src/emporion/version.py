"""The version of this package, for all floors."""

VERSION = "0.1.0"  # As in pyproject.toml.
