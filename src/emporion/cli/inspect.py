"""`emporion inspect`: look at a venue's folder, beside whoever has it open. Changes nothing.

inspect journal FOLDER    every command as a line of JSON
inspect snapshot FOLDER   the snapshots, newest first, as lines of JSON
inspect state FOLDER      what the journal leads to, as one JSON object, or a table as lines
"""

import argparse
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np

from emporion.cli.progress import Progress
from emporion.engine.failures import CapacityTooSmall
from emporion.errors import BadValue, EmporionError, SnapshotCorrupt
from emporion.schema.codes import Limit
from emporion.schema.limits import LARGE, SMALL
from emporion.schema.state import TABLE_NAMES
from emporion.storage.disk import Disk
from emporion.storage.reader import JournalReader
from emporion.storage.snapshot import read_header, snapshot_names
from emporion.venue.decode import decode
from emporion.venue.history import heads_of
from emporion.venue.venue import Venue, open

OK, DAMAGED = 0, 3
# How far a command's time may lie from that of its request. A tag comes back after 65,536 requests, so not far.
EARLY_MS, LATE_MS = 1_000, 5_000
ASSET_FIELDS = ("name", "asset_class", "decimals", "supply")
INSTRUMENT_FIELDS = (
    "name", "asset_class", "status", "tick", "lot", "last_price", "best_bid", "best_ask", "traded", "trades",
)  # fmt: skip


def add_parser(subparsers: Any) -> None:
    """Add `inspect` to the command line."""
    parser = subparsers.add_parser(
        "inspect", help="show a venue's journal, snapshots or state",
        description="Look at a venue's folder, beside whoever has it open. Output is JSON.",
        epilog="exit codes: 0 done, 1 no venue there or the output failed, 3 the journal or a snapshot is damaged",
    )  # fmt: skip
    kinds = parser.add_subparsers(required=True, metavar="WHAT")
    journal = kinds.add_parser("journal", help="every command as a line of JSON")
    journal.add_argument("folder", metavar="FOLDER", type=Path, help="the venue's folder")
    journal.add_argument("--from-seq", type=_seq, default=1, metavar="SEQ", help="first command (default: 1)")
    journal.add_argument("--to-seq", type=_seq, metavar="SEQ", help="last command (default: the last there is)")
    journal.add_argument(
        "--request", type=_request, metavar="ID",
        help="only what this request at a door sent: 16 hexadecimal digits, from its answer or the log",
    )  # fmt: skip
    journal.set_defaults(show=_journal)
    snapshot = kinds.add_parser("snapshot", help="the snapshots as lines of JSON")
    snapshot.add_argument("folder", metavar="FOLDER", type=Path, help="the venue's folder")
    snapshot.set_defaults(show=_snapshot)
    state = kinds.add_parser("state", help="what the journal leads to, as JSON")
    state.add_argument("folder", metavar="FOLDER", type=Path, help="the venue's folder")
    state.add_argument("--table", choices=TABLE_NAMES, metavar="NAME", help=f"its rows: {', '.join(TABLE_NAMES)}")
    state.set_defaults(show=_state)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, out: TextIO | None = None) -> int:
    """Print what was asked for."""
    if not args.folder.is_dir():
        raise BadValue(f"{args.folder}: there is no such folder")
    return int(args.show(args, out or sys.stdout))


def _journal(args: argparse.Namespace, out: TextIO) -> int:
    reader = _reader(args.folder)
    progress = Progress("reading the journal")
    last = args.to_seq if args.to_seq is not None else sys.maxsize
    try:
        for batch in reader.batches():
            if batch.first_seq > last:
                break
            if batch.first_seq + batch.commands > args.from_seq:
                skip = max(0, args.from_seq - batch.first_seq)
                if args.request is not None and not args.request.may_be_in(batch.rows):
                    continue
                rows = batch.rows[heads_of(batch.rows)[skip] :]
                for line in decode(rows, batch.first_seq + skip):
                    if line["seq"] > last:
                        break
                    if args.request is not None and not args.request.is_of(line):
                        continue
                    print(json.dumps(line, ensure_ascii=False), file=out)
            progress(batch.first_seq + batch.commands - 1)
    finally:
        progress.close()
    return OK


class Request(NamedTuple):
    """A request's id: when it came, and the tag that its commands carry."""

    ms: int  # Since 1970.
    tag: int

    def may_be_in(self, rows: np.ndarray) -> bool:
        """Whether a batch was taken when it may have been: all of a batch has one time."""
        late_ms = int(rows["ts_ns"][0]) // 1_000_000 - self.ms
        return -EARLY_MS <= late_ms <= LATE_MS and bool((rows["request_tag"] == self.tag).any())

    def is_of(self, line: dict[str, Any]) -> bool:
        """Whether a command is of this request."""
        return line.get("request_tag", "0000") == f"{self.tag:04x}"


def _snapshot(args: argparse.Namespace, out: TextIO) -> int:
    disk = _reader(args.folder).files
    code = OK
    for name in snapshot_names(disk):
        try:
            header = read_header(disk, name)
        except SnapshotCorrupt as error:
            print(f"emporion: {error}", file=sys.stderr)
            code = DAMAGED
            continue
        line = {
            "name": name,
            "seq": header.seq,
            "digest": header.digest,
            "capacity": header.capacity,
            "bytes": disk.size(name),
            "limits": {limit.name.lower(): value for limit, value in zip(Limit, header.limits, strict=True)},
        }
        print(json.dumps(line), file=out)
    return code


def _state(args: argparse.Namespace, out: TextIO) -> int:
    _reader(args.folder)
    with _look(args.folder) as venue:
        if args.table:
            for row in venue.table(args.table):
                print(json.dumps(dict(row), default=_plain, ensure_ascii=False), file=out)
            return OK
        print(json.dumps(_summary(venue), default=_plain, ensure_ascii=False, indent=2), file=out)
    return OK


def _summary(venue: Venue) -> dict[str, Any]:
    state = venue.node.machine.state
    tables = {
        name: {"live": int(state.tables[number].live), "limit": int(state.tables[number].limit)}
        for number, name in enumerate(TABLE_NAMES)
    }
    assets = [_chosen(venue.asset(name), ASSET_FIELDS) for name in venue.assets]
    instruments = [_chosen(venue.instrument(name), INSTRUMENT_FIELDS) for name in venue.instruments]
    return {
        "seq": venue.seq,
        "ts_ns": venue.now_ns,
        "digest": venue.digest(),
        "rules_version": int(state.rules_version),
        "tables": tables,
        "assets": assets,
        "instruments": instruments,
    }


def _chosen(thing: object, fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: getattr(thing, field) for field in fields}


def _look(folder: Path) -> Venue:
    """Open to look, in the smallest build that holds it."""
    try:
        return open(folder, capacity=SMALL, read_only=True)
    except CapacityTooSmall:
        return open(folder, capacity=LARGE, read_only=True)


def _reader(folder: Path) -> JournalReader:
    reader = JournalReader(Disk(folder, create=False))
    if not reader.segments:
        raise EmporionError(f"{folder}: this is no venue: it holds no journal")
    return reader


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"  # As text: a JSON number would be read as a float.
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no JSON")


def _request(text: str) -> Request:
    if len(text) != 16 or set(text.lower()) - set("0123456789abcdef"):
        raise argparse.ArgumentTypeError(f"{text!r} is no request id: they have 16 hexadecimal digits")
    return Request(int(text[:12], 16), int(text[12:], 16))


def _seq(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no sequence number: they begin at 1")
    return int(text)
