"""`emporion sim --seed N`: one world of traders, disk failures and power cuts, in virtual time; or a drill.

The seed is the whole reproduction: the same seed lives through the same world on every machine.
Prints one JSON object a world. A world that breaks a promise ends the program with its seed. The drill is of
liquidation: thousands of leveraged accounts, a coin that loses most of its price within a minute, and who paid for it.
"""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from emporion.sim import drill, world

OK, BROKEN = 0, 1


def add_parser(subparsers: Any) -> None:
    """Add `sim` to the command line."""
    parser = subparsers.add_parser(
        "sim", help="live through a world of failures, from a seed",
        description="A real node on a disk that fails, with simulated traders, in virtual time.",
        epilog="exit codes: 0 every promise was kept, 1 one was broken",
    )  # fmt: skip
    parser.add_argument("--seed", type=_natural, default=1, help="of the first world (default: %(default)s)")
    parser.add_argument("--worlds", type=_natural, default=1, help="how many, of seeds in turn (default: %(default)s)")
    parser.add_argument("--steps", type=_natural, default=100, help="steps of each (default: %(default)s)")
    parser.add_argument("--drill", action="store_true", help="instead: leveraged accounts while a coin falls by 60%%")
    parser.add_argument("--accounts", type=_crowd, default=10_000, help="of a drill (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Live through the worlds asked for."""
    for seed in range(args.seed, args.seed + args.worlds):
        try:
            outcome = drill.run(drill.Terms(seed, args.accounts)) if args.drill else world.run(seed, args.steps)
        except AssertionError as error:
            print(f"emporion: world {seed} broke a promise: {error}", file=sys.stderr)
            return BROKEN
        print(json.dumps(asdict(outcome)), flush=True)
    return OK


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def _crowd(text: str) -> int:
    number = _natural(text)
    if not 1 <= number <= drill.ACCOUNTS_MAX:
        raise argparse.ArgumentTypeError(f"{text} is not within 1 and {drill.ACCOUNTS_MAX}")
    return number
