"""Checking a whole venue: every command again from the first, every snapshot against the replay."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from emporion.engine.bounds import smallest_capacity
from emporion.engine.failures import CapacityTooSmall
from emporion.engine.recover import apply_rows, gathered
from emporion.errors import SnapshotCorrupt, SnapshotOutdated
from emporion.kernel.machine import Machine
from emporion.schema.codes import Command, Limit
from emporion.schema.limits import LARGE, Capacity
from emporion.schema.messages import ADMIN_COMMAND, GENESIS_LIMITS, GENESIS_ROWS
from emporion.storage.disk import Disk, Files
from emporion.storage.reader import JournalReader
from emporion.storage.snapshot import read_header, snapshot_names

AUDIT_COMMANDS = 1_000_000


@dataclass
class Report:
    """What `verify` found. The venue is sound when `problems` is empty."""

    seq: int = 0
    digest: str = ""
    audits: int = 0
    snapshots: list[str] = field(default_factory=list)  # Those whose digest the replay arrived at.
    passed_over: list[str] = field(default_factory=list)  # Those of another version: nothing is wrong with them.
    problems: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.problems


def verify(
    folder: str | Path | None,
    *,
    progress: Callable[[int], None] | None = None,
    capacity: Capacity | None = None,
    audit_commands: int = AUDIT_COMMANDS,
    disk: Files | None = None,
) -> Report:
    """Replay the journal from GENESIS; audit every invariant on the way and at the end; compare each snapshot.

    Beside a running node this checks what it has written so far. `progress` is told each sequence
    reached. Damage to the journal is raised as JournalCorrupt: there is nothing to replay then.
    """
    if disk is None:
        if folder is None:
            raise ValueError("a folder or a disk")
        disk = Disk(folder, create=False)
    report = Report()
    recorded: dict[int, tuple[str, str]] = {}
    for name in snapshot_names(disk):
        try:
            header = read_header(disk, name)
            recorded[header.seq] = (name, header.digest)
        except SnapshotOutdated:
            report.passed_over.append(name)
        except SnapshotCorrupt as error:
            report.problems.append(str(error))
    reader = JournalReader(disk)
    machine = Machine(capacity or _capacity_for(reader))
    next_audit = audit_commands
    for rows in gathered(reader, None, set(recorded)):
        apply_rows(machine, rows)
        report.seq = int(machine.state.seq)
        if report.seq in recorded:
            name, digest = recorded.pop(report.seq)
            if machine.digest().hex() == digest:
                report.snapshots.append(name)
            else:
                report.problems.append(f"{disk.path(name)}: the replay to {report.seq} ends in another digest")
        if report.seq >= next_audit:
            _audit(machine, report)
            next_audit = report.seq + audit_commands
        if progress is not None:
            progress(report.seq)
    for seq, (name, _) in recorded.items():
        where = "ends before it" if seq > report.seq else "has no batch that ends there"
        report.problems.append(f"{disk.path(name)}: was taken after command {seq}; the journal {where}")
    _audit(machine, report)
    report.digest = machine.digest().hex()
    return report


def _audit(machine: Machine, report: Report) -> None:
    report.audits += 1
    report.problems += [f"after command {report.seq}: {problem}" for problem in machine.audit()]


def _capacity_for(reader: JournalReader) -> Capacity:
    """The smallest build that holds every limit ever set."""
    limits = limits_of(reader)
    capacity = smallest_capacity(limits)
    if capacity is None:
        raise CapacityTooSmall(f"limits {limits} are beyond the largest capacity, {LARGE.name!r}")
    return capacity


def limits_of(reader: JournalReader) -> list[int]:
    """Every limit ever set, in the order of codes.Limit; limits only rise, so a few batches say all."""
    limits: list[int] = []
    for batch in reader.batches():
        rows = batch.rows
        if not limits and len(rows) > GENESIS_ROWS and rows[0].kind == Command.GENESIS:
            given = rows[1 : 1 + GENESIS_ROWS].view(GENESIS_LIMITS)["limits"].reshape(-1)
            limits = given[: len(Limit)].tolist()
        for admin in rows[rows["kind"] == Command.SET_LIMIT].view(ADMIN_COMMAND):
            if 0 <= admin.limit < len(limits):
                limits[admin.limit] = max(limits[admin.limit], int(admin.limit_value))
    return limits
