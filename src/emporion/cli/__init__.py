"""The command line: `emporion`. One module a command, each with `add_parser(subparsers)` and `run(args) -> int`."""
