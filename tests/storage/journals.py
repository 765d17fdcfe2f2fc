"""Journals for tests: rows that only their numbers tell apart, small segments, a disk in memory."""

import numpy as np

from emporion.schema.codes import Command
from emporion.schema.messages import COMMAND
from emporion.sim.faults import FaultyDisk
from emporion.storage.disk import Files
from emporion.storage.group import Group
from emporion.storage.journal import Journal, commands_of
from emporion.storage.reader import JournalReader
from emporion.storage.rows import as_bytes, find_heads
from emporion.storage.segments import SEGMENT_BYTES_MIN


def new_disk(seed: int = 0) -> FaultyDisk:
    return FaultyDisk(np.random.default_rng(seed))


def draw_rows(rng: np.random.Generator, commands: int) -> np.ndarray:
    """Commands with none to three data rows each."""
    rows = []
    for _ in range(commands):
        count = int(rng.choice([0, 0, 0, 1, 3]))
        part = np.zeros(1 + count, COMMAND)
        part["order_id"] = rng.integers(1, 1 << 60, len(part))
        part["kind"] = [Command.CANCEL, *[Command.DATA] * count]
        part["data_rows"][0] = count
        rows.append(part)
    return np.concatenate(rows)


def open_journal(files: Files, segment_bytes: int = SEGMENT_BYTES_MIN) -> tuple[Journal, np.ndarray]:
    """As a node opens it: read to the end, then write. Also the commands found."""
    reader = JournalReader(files)
    found = commands_of(reader)
    return Journal(files, reader, segment_bytes), found.copy()


def append(journal: Journal, rows: np.ndarray, sync: bool = True) -> None:
    raw = as_bytes(rows)
    heads = find_heads(raw)
    group = Group(journal.frame_rows_max, journal.group_rows_max)
    start = 0
    while start < len(raw):
        group.clear()
        start += group.add(raw, heads, start, ts_ns=5)
        journal.append(group, sync)


def stamped(rows: np.ndarray) -> np.ndarray:
    """What the journal should give back."""
    rows = rows.copy()
    heads = find_heads(as_bytes(rows))
    rows["ts_ns"][slice(None) if heads is None else heads] = 5
    return rows
