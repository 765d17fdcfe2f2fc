"""A venue through one disaster after another: a real node, a disk that fails, traders, virtual time.

One generator draws everything, so the seed is the whole reproduction. The client side keeps what
it was answered; a twin that was never interrupted says what the state must be.
"""

from dataclasses import dataclass

import numpy as np

from emporion.engine.clock import ManualClock
from emporion.engine.failures import NodeClosed
from emporion.engine.node import Answer, Node
from emporion.engine.request import request_of
from emporion.errors import BadValue, DiskFull, StorageFailed
from emporion.kernel.machine import Machine
from emporion.schema import build
from emporion.schema.limits import TINY
from emporion.schema.messages import GENESIS_ROWS
from emporion.sim.faults import UNLIMITED, FaultyDisk
from emporion.sim.workload import Workload
from emporion.storage.segments import SEGMENT_BYTES_MIN
from emporion.storage.snapshot import snapshot_names

SECOND_NS = 1_000_000_000


@dataclass
class Outcome:
    """What happened in one world; that it was returned at all means that nothing was lost."""

    seed: int
    seq: int = 0
    digest: str = ""
    answers: int = 0
    power_losses: int = 0
    disk_errors: int = 0
    refused_for_room: int = 0
    recoveries: int = 0
    commands_lost: int = 0  # Never acknowledged, or in "async" mode not yet said to be durable.


def run(seed: int, steps: int = 100) -> Outcome:
    """Live through `steps` steps of the world of this seed. AssertionError if it keeps not what it promised."""
    world = World(seed)
    for _ in range(steps):
        world.step()
    return world.end()


class World:
    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng([seed, 1])
        self.outcome = Outcome(seed)
        self.disk = FaultyDisk(np.random.default_rng([seed, 2]))
        self.clock = ManualClock()
        self.sync = str(self.rng.choice(["sync", "sync", "async"]))
        self.segment_bytes = SEGMENT_BYTES_MIN << int(self.rng.integers(0, 3))
        self.work = Workload(seed)
        self.twin = Machine(TINY)
        self.answered: list[tuple[int, np.ndarray]] = []  # First sequence and rows of what was answered.
        self.safe_seq = 0  # What must never be lost.
        self.node = self._open()
        # GENESIS is in the opening: the node has given its own, with the same limits.
        self._submit([self.work.opening()[1 + GENESIS_ROWS :]])

    def step(self) -> None:
        """One thing that can happen to a venue."""
        rng = self.rng
        self.clock.advance(int(rng.choice([0, 1_000, SECOND_NS // 10, 30 * SECOND_NS], p=[0.2, 0.4, 0.3, 0.1])))
        happening = rng.random()
        if happening < 0.66:
            self._submit(self._draw())
        elif happening < 0.71:
            self._guarded(self.node.idle)
        elif happening < 0.76:
            self._snapshot()
        elif happening < 0.79:
            self._look()
        elif happening < 0.86:
            self.disk.power_for = int(rng.integers(0, 25))  # It goes out while something else is done.
        elif happening < 0.90:
            self.disk.error_rate = float(rng.choice([0.02, 0.3]))
        elif happening < 0.92:
            self.disk.space = UNLIMITED if self._is_full else 0
        elif happening < 0.94:
            self._lose_a_snapshot()
        elif happening < 0.96:
            self._crash(power=bool(rng.random() < 0.5))
        elif happening < 0.98:
            self.disk.error_rate = 0.0
            self._guarded(self.node.close)
            if isinstance(self.node.stopped, NodeClosed):
                self.node = self._open()
                self._check()
        else:
            self._check()

    def end(self) -> Outcome:
        """A last crash, a full check, and a replay from the first command."""
        self.disk.error_rate, self.disk.space = 0.0, UNLIMITED
        self._crash(power=True)
        self._check(everything=True)
        fresh = Machine(TINY)
        fresh.apply(self.node.commands())
        assert fresh.digest() == self.node.digest(), "a replay from the first command ends elsewhere"
        assert not fresh.audit()
        self.outcome.seq, self.outcome.digest = self.node.seq, self.node.digest().hex()
        self.node.close()
        return self.outcome

    # --- What clients do ---------------------------------------------------------------------------

    def _draw(self) -> list[np.ndarray]:
        """One submission or several, of commands that a node takes."""
        submissions = []
        for _ in range(int(self.rng.choice([1, 1, 1, 4]))):
            rows = [self.work.draw(1) for _ in range(int(self.rng.choice([1, 3, 20, 400], p=[0.4, 0.3, 0.27, 0.03])))]
            submissions.append(build.join(*filter(_is_taken, rows)))
        return submissions

    def _submit(self, submissions: list[np.ndarray]) -> None:
        before = self.node.seq
        try:
            answers = self.node.submit_many(submissions)
        except DiskFull:
            assert self._is_full
            self.outcome.refused_for_room += 1
            self._cancel_something()
        except StorageFailed:
            self._recover()
        else:
            assert answers[0].first_seq == before + 1
            for answer, rows in zip(answers, submissions, strict=True):
                self._answered(answer, rows)

    def _answered(self, answer: Answer, rows: np.ndarray) -> None:
        self.outcome.answers += 1
        self.answered.append((answer.first_seq, rows))
        self.work.learn(answer.events)
        if answer.durable:
            self.safe_seq = self.node.seq

    def _cancel_something(self) -> None:
        """Entry was refused for want of room; a cancel is not."""
        rows = build.mass_cancel(self.work.accounts[0])
        try:
            answer = self.node.submit(rows)
        except StorageFailed:
            self._recover()
        except DiskFull:
            # Only once the reserve is used up; then there is nothing but to make room.
            assert self.node.seq > 0
            self.disk.space = UNLIMITED
        else:
            self._answered(answer, rows)

    def _snapshot(self) -> None:
        try:
            self.node.snapshot()
        except DiskFull:
            assert self._is_full
        except StorageFailed:
            self._recover()
        else:
            self.safe_seq = self.node.seq

    def _look(self) -> None:
        """Someone opens it read-only, beside the writer, and sees no more than the writer has."""
        if self.disk.power_for is not None or self.disk.error_rate:
            return
        seen = Node.open(disk=self.disk, capacity=TINY, clock=self.clock, read_only=True)
        assert self.safe_seq <= seen.seq <= self.node.seq
        if seen.seq == self.node.seq:
            assert seen.digest() == self.node.digest()

    # --- What happens to it ------------------------------------------------------------------------

    def _guarded(self, act) -> None:
        try:
            act()
        except StorageFailed:
            self._recover()

    def _lose_a_snapshot(self) -> None:
        """One is damaged or gone. Recovery passes over it."""
        names = snapshot_names(self.disk)
        if names and self.disk.power_for is None:
            name = names[int(self.rng.integers(len(names)))]
            if self.rng.random() < 0.5:
                self.disk.remove(name)
            else:
                self.disk.flip(name, int(self.rng.integers(self.disk.size(name))))

    def _recover(self) -> None:
        """The disk failed under the node: it acknowledges nothing more. Start again."""
        self.outcome.disk_errors += 1
        try:
            self.node.submit(build.tick())
        except StorageFailed:
            pass
        else:
            raise AssertionError("a node went on after its disk had failed")
        self._crash(power=bool(self.disk.power_for is not None or self.rng.random() < 0.3))

    def _crash(self, power: bool) -> None:
        """The process ends, or the machine; then it is opened again."""
        before = self.node.seq
        if power or self.disk.power_for is not None:
            self.disk.lose_power()
            self.outcome.power_losses += 1
        else:
            self.disk.kill()
        self.node = self._open()
        self.outcome.recoveries += 1
        # In "async" mode other commands may now stand where unsafe answers were.
        self.answered = [(seq, rows) for seq, rows in self.answered if seq + _count(rows) - 1 <= self.safe_seq]
        if int(self.twin.array["seq"][0]) > self.safe_seq:
            self.twin = Machine(TINY)
        self.outcome.commands_lost += max(0, before - self.node.seq)
        self._check()

    def _open(self) -> Node:
        """Open it, however often the disk fails meanwhile."""
        for attempt in range(20):
            if attempt == 5:
                self.disk.error_rate, self.disk.space = 0.0, UNLIMITED
            try:
                return Node.open(
                    disk=self.disk, capacity=TINY, limits=self.work.limits, clock=self.clock, sync=self.sync,
                    segment_bytes=self.segment_bytes,
                )  # fmt: skip
            except StorageFailed:
                if self.disk.power_for is not None or self.rng.random() < 0.3:
                    self.disk.lose_power()
                else:
                    self.disk.kill()
            except DiskFull:
                self.disk.space = UNLIMITED
        raise AssertionError("it does not open on a disk that works")

    @property
    def _is_full(self) -> bool:
        return self.disk.space < UNLIMITED // 2  # What a crash undid gives a little back.

    # --- What must hold ----------------------------------------------------------------------------

    def _check(self, everything: bool = False) -> None:
        """Every answered command is there as it was sent, and the state is that of a life without disasters."""
        node = self.node
        assert node.seq >= self.safe_seq, f"acknowledged {self.safe_seq}, found {node.seq}"
        if self.disk.power_for is not None:
            return  # Reading it would be cut short.
        commands = node.commands()
        places = request_of(commands, TINY).heads
        for seq, rows in self.answered if everything else self.answered[-20:]:
            if not len(rows):
                continue
            start = seq - 1 if places is None else int(places[seq - 1])
            found, sent = commands[start : start + len(rows)].copy(), rows.copy()
            heads = request_of(sent, TINY).heads
            for part in (found, sent):
                part["ts_ns"][slice(None) if heads is None else heads] = 0
            assert np.array_equal(found, sent), f"command {seq} is not what was sent"
        self.twin.apply(node.commands(int(self.twin.array["seq"][0]) + 1))
        assert self.twin.digest() == node.digest(), f"at {node.seq}: not the state of the same history uninterrupted"


def _is_taken(rows: np.ndarray) -> bool:
    try:
        request_of(rows, TINY)
    except BadValue:
        return False
    return True


def _count(rows: np.ndarray) -> int:
    return request_of(rows, TINY).commands
