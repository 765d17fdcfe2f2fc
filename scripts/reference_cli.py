"""The reference page of the command line, from the parsers of cli/."""

import argparse
import importlib
from collections.abc import Iterator

from emporion.cli import main as cli
from scripts.reference_source import page, table, text

ABOUT = """\
`emporion COMMAND ...`. Data goes to stdout, trouble to stderr. Exit codes of every command: 0 done; 1 could not, or
what was compared differs; 2 the command line is wrong; 3 the journal or a snapshot is damaged; 130 interrupted."""


def parsers(name: str) -> Iterator[argparse.ArgumentParser]:
    """The command's parser; where it has commands of its own, theirs instead."""
    top = argparse.ArgumentParser(prog="emporion")
    importlib.import_module(cli.COMMANDS[name][0]).add_parser(top.add_subparsers())
    yield from leaves(top)


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield parser
    for action in below:
        for each in dict.fromkeys(action.choices.values()):
            yield from leaves(each)


def argument(action: argparse.Action) -> tuple[object, ...]:
    """What to write on the command line, and what it does."""
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    shown = str(value).replace("|", "\\|")
    names = ", ".join(action.option_strings)
    if names and action.nargs != 0:
        names = f"{names} {shown}"
    help_text = (action.help or "") % {"default": action.default, "prog": "emporion"}
    return f"`{names or shown}`", text(help_text)


def command_section(name: str) -> str:
    parts = [f"## {name}", cli.COMMANDS[name][1].capitalize() + "."]
    for parser in parsers(name):
        actions = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]
        positional = [str(argument(action)[0]).strip("`") for action in actions if not action.option_strings]
        about = text(" ".join((parser.description or "").split()))
        cells = [argument(action) for action in actions]
        usage = " ".join([parser.prog, *positional, "[options]"])
        parts += [f"`{usage}`", *filter(None, [about]), table(("argument", "meaning"), cells)]
    return "\n\n".join(parts)


def cli_page() -> str:
    sections = [command_section(name) for name in cli.COMMANDS]
    return page("Command line", "the parsers of src/emporion/cli", ABOUT, sections)
