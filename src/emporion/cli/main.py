"""`emporion COMMAND ...`: finds the command's module, runs it, and says in one line what went wrong.

Data goes to stdout, trouble to stderr. Exit codes, for every command: 0 done; 1 could not, or what
was compared differs; 2 the command line is wrong; 3 the journal or a snapshot is damaged; 130
interrupted. A command's module is imported when it is called, so that `--help` is quick.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from emporion import __version__
from emporion.errors import EmporionError, JournalCorrupt, SnapshotCorrupt, SnapshotMismatch

OK, FAILED, USAGE, DAMAGED, INTERRUPTED = 0, 1, 2, 3, 130
COMMANDS = {  # Name: (module, what it does).
    "serve": ("emporion.cli.serve", "open a venue in a folder and show it on a page"),
    "user": ("emporion.cli.user", "who may sign in to a venue"),
    "key": ("emporion.cli.key", "keys with which programs act for users"),
    "inspect": ("emporion.cli.inspect", "show a venue's journal, snapshots or state"),
    "verify": ("emporion.cli.verify", "replay a venue from its first command and check everything"),
    "replay": ("emporion.cli.replay", "run recorded order flow through a venue and compare the books"),
    "sql": ("emporion.cli.sql", "ask a venue's history in SQL"),
    "bubble": ("emporion.cli.bubble", "measure whether a price is explosive, from a CSV file"),
    "export": ("emporion.cli.export", "write a table of a venue's history to a file"),
    "bench": ("emporion.cli.bench", "measure throughput and latency on this machine"),
    "sim": ("emporion.cli.sim", "live through a world of failures, from a seed"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        name = words[0] if words else ""
        if name not in COMMANDS:
            _overview().parse_args(words or ["--help"])  # Prints what it has to say and exits.
        module = _module(name)
        parser = argparse.ArgumentParser(prog="emporion", allow_abbrev=False)
        module.add_parser(parser.add_subparsers(required=True))
        code = module.run(parser.parse_args(words))
        sys.stdout.flush()
        return int(code or OK)
    except (JournalCorrupt, SnapshotCorrupt, SnapshotMismatch) as error:
        return _complain(error, DAMAGED)
    except EmporionError as error:
        return _complain(error, FAILED)
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except BrokenPipeError:  # Whoever read stdout has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}", FAILED)


def _overview() -> argparse.ArgumentParser:
    """Help over all commands, without importing any."""
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name.ljust(width)}  {text}" for name, (_, text) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="emporion",
        description="An exchange for everything, in one deterministic Python kernel.",
        epilog=f"commands:\n{commands}\n\n`emporion COMMAND --help` says more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"emporion {__version__}")
    parser.add_argument("command", choices=list(COMMANDS), metavar="COMMAND", help="see below")
    return parser


def _module(name: str) -> ModuleType:
    """The command's module, or a sentence on what it needs."""
    target = COMMANDS[name][0]
    try:
        return importlib.import_module(target)
    except ModuleNotFoundError as error:
        if error.name == target:
            raise EmporionError(f"the command {name!r} is not part of this installation") from None
        if error.name and not error.name.startswith("emporion"):
            raise EmporionError(
                f"the command {name!r} needs the package {error.name!r}; pip install 'emporion[server]' "
                "brings what serving needs, 'emporion[frames]' what tables need"
            ) from None
        raise


def _complain(what: object, code: int) -> int:
    sys.stdout.flush()
    print(f"emporion: {what}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
