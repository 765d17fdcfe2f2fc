"""`python -m emporion`: the command line, where the `emporion` script is not on the path."""

import sys

from emporion.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
