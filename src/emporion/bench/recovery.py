"""(e): how long a venue takes to be there again: newest snapshot, then the journal behind it."""

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from emporion.bench.draw import draw
from emporion.bench.kernel import Progress
from emporion.bench.mixes import MIXES, Mix
from emporion.bench.path import fill
from emporion.bench.reference import Reference
from emporion.engine.node import Node
from emporion.errors import EmporionError
from emporion.storage.disk import Disk
from emporion.storage.snapshot import snapshot_names

SUBMIT_ROWS = 1 << 18


@dataclass
class Recovery:
    commands: int
    journal_bytes: int
    snapshot_bytes: int
    write_s: float  # Journalling them in the first place, in "async" mode.
    replay_s: float  # Snapshot before them, then all of them.
    snapshot_s: float  # Snapshot behind them, and nothing to replay.

    @property
    def commands_per_second(self) -> float:
        return self.commands / self.replay_s


def measure(reference: Reference | None, folder: Path, commands: int, progress: Progress) -> Recovery:
    """Mix (b). Raises EmporionError if a recovered venue is not, to its hash, the one that was closed."""
    mix = replace(MIXES["b"], commands=commands)
    with tempfile.TemporaryDirectory(prefix="bench-recovery-", dir=folder) as inside:
        progress(f"recovery: drawing {commands:,} commands")
        drawn = draw(mix, Path(inside), reference)
        rows = drawn.rows()
        drawn.path.unlink()
        venue = Path(inside) / "venue"
        progress("recovery: journalling them")
        with Node.open(venue, capacity=mix.capacity, sync="async") as node:
            fill(node, mix, rows[: drawn.prefill])
            early = node.snapshot()
            begin = time.perf_counter()
            for start in range(drawn.prefill, len(rows), SUBMIT_ROWS):
                node.submit(rows[start : start + SUBMIT_ROWS])
            write_s = time.perf_counter() - begin
            digest = node.digest()
            late = node.snapshot()
        del rows
        disk = Disk(venue)
        assert early is not None and late is not None
        snapshot_bytes = disk.size(early)
        journal_bytes = sum(disk.size(name) for name in disk.list()) - sum(disk.size(n) for n in snapshot_names(disk))
        progress("recovery: from the snapshot behind them")
        snapshot_s = _open(venue, mix, digest)
        for name in snapshot_names(disk):
            if name != early:
                disk.remove(name)
        progress("recovery: from the snapshot before them and the journal")
        replay_s = _open(venue, mix, digest)
    return Recovery(commands, journal_bytes, snapshot_bytes, write_s, replay_s, snapshot_s)


def _open(venue: Path, mix: Mix, digest: bytes) -> float:
    begin = time.perf_counter()
    node = Node.open(venue, capacity=mix.capacity, read_only=True)
    took = time.perf_counter() - begin
    with node:
        if node.digest() != digest:
            raise EmporionError(f"{venue}: recovered to another state than was closed")
    return took
