"""`emporion verify FOLDER`: replay a venue from its first command, and check everything on the way.

Every frame's checksum and chain, every invariant of the state (all balances of an asset sum to
zero, everything held is held for something), and each snapshot's digest against the replay. The
folder may be in use. Prints one JSON object.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from emporion.cli.progress import Progress
from emporion.engine.verify import verify
from emporion.errors import BadValue, EmporionError
from emporion.storage.disk import Disk
from emporion.storage.reader import JournalReader

OK, FAILED = 0, 1


def add_parser(subparsers: Any) -> None:
    """Add `verify` to the command line."""
    parser = subparsers.add_parser(
        "verify", help="replay a venue from its first command and check everything",
        description="Replay a venue from its first command; check every frame, every invariant, every snapshot.",
        epilog="exit codes: 0 sound, 1 something does not hold (see problems), 3 the journal is damaged",
    )  # fmt: skip
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="the venue's folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Verify and print the report."""
    if not args.folder.is_dir():
        raise BadValue(f"{args.folder}: there is no such folder")
    if not JournalReader(Disk(args.folder, create=False)).segments:
        raise EmporionError(f"{args.folder}: this is no venue: it holds no journal")
    progress = Progress("replaying")
    try:
        report = verify(args.folder, progress=progress)
    finally:
        progress.close()
    sound = {"sound": report.is_sound, "seq": report.seq, "digest": report.digest}
    found = {
        "snapshots_checked": report.snapshots, "snapshots_of_other_versions": report.passed_over,
        "audits": report.audits, "problems": report.problems,
    }  # fmt: skip
    print(json.dumps(sound | found, indent=2))
    for problem in report.problems:
        print(f"emporion: {problem}", file=sys.stderr)
    return OK if report.is_sound else FAILED
