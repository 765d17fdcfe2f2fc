"""A venue's state and the kernel that moves it: what the floors above hold in their hands."""

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np

from emporion.errors import BadValue
from emporion.kernel import apply, audit, depth
from emporion.schema import messages
from emporion.schema.codes import Side
from emporion.schema.limits import BATCH_ROWS, ROW_BYTES, SMALL, Capacity
from emporion.schema.state import TABLE_NAMES, new_state

# In the order in which apply_batch takes them.
FAMILIES = (
    messages.ORDER_COMMAND, messages.LEDGER_COMMAND, messages.TRANSFER_COMMAND, messages.ADMIN_COMMAND,
    messages.ORDER_EXTRA, messages.ASSET_TERMS, messages.INSTRUMENT_TERMS, messages.INSTRUMENT_BOUNDS,
    messages.GENESIS_LIMITS,
)  # fmt: skip


class Machine:
    """One venue in memory: `apply` commands, read tables, take its hash.

    Not for several threads at once. Nothing is durable here; engine/node.py sees to that.

    Attributes:
        array: the state as a one-element array; `array["orders"][0]` is a table.
        state: the same as a record; `state.orders[slot].leaves_lots` is a field.
    """

    def __init__(self, capacity: Capacity = SMALL) -> None:
        self.capacity = capacity
        self.array = new_state(capacity)
        self.state = self.array[0]
        self._rows = np.zeros(BATCH_ROWS, messages.COMMAND)
        self._families = tuple(self._rows.view(messages.rows_of(family))[0] for family in FAMILIES)
        self._events = np.zeros(1, messages.EVENTS)
        self._out = self._events[0]
        self._event_rows = self._events["rows"][0]
        self._depth = np.zeros(1, messages.DEPTH)

    def apply(self, rows: np.ndarray) -> np.ndarray:
        """Applies commands: head rows, each followed by its data rows. Returns their events, a copy.

        How a stream is cut into calls changes nothing. Raises BadValue, before anything is applied,
        when the last command's data rows are missing.
        """
        rows = rows.view(messages.COMMAND)
        cuts = batch_cuts(rows)
        events = []
        for start, end in zip(cuts, cuts[1:], strict=False):
            count = end - start
            self._rows[:count] = rows[start:end]
            place = 0
            while place < count:
                self._out.count = 0
                place = apply.apply_batch(self.state, *self._families, count, place, self._out)
                events.append(self._event_rows[: self._out.count].copy())
        if len(events) == 1:
            return events[0]
        return np.concatenate(events) if events else np.zeros(0, messages.EVENT)

    def pending(self) -> bool:
        """Whether work is left for CONTINUE commands. Rule W-7."""
        return bool(self.state.task_count > 0 or self.state.first_pending != 0)

    def next_deadline_ns(self) -> int:
        """When a TICK will have something to do; 0 for never."""
        return int(self.array["deadlines"]["due_ns"][0, 1])  # Zeroed when the heap is empty.

    def depth(self, instrument_id: int, levels: int = 20) -> tuple[np.ndarray, np.ndarray]:
        """Bids and asks, best first, as rows of messages.DEPTH_ROW; at most DEPTH_LEVELS of each."""
        sides = []
        for side in (Side.BUY, Side.SELL):
            depth.read_depth(self.state, instrument_id, int(side), levels, self._depth[0])
            sides.append(self._depth["rows"][0, : self._depth["count"][0]].copy())
        return sides[0], sides[1]

    def audit(self) -> list[str]:
        """Broken invariants, in words; empty when the state is sound."""
        return audit.audit(self.array)

    def digest(self) -> bytes:
        """Hash of the live state, 32 bytes: the same for the same history, in any build size."""
        hasher = hashlib.blake2b(digest_size=32)
        for name, part in self.used():
            hasher.update(f"{name}:{len(part)};".encode())
            hasher.update(part)
        return hasher.digest()

    def used(self) -> Iterator[tuple[str, np.ndarray]]:
        """The bytes that make up the state, table by table: views, valid until the next apply.

        The indexes are not among them: `load` rebuilds those.
        """
        raw = self.array.view(np.uint8)
        fields = self.array.dtype.fields
        assert fields is not None
        yield "head", raw[: fields["assets"][1]]
        for place, name in enumerate(TABLE_NAMES):
            dtype, offset = fields[name][:2]
            rows = int(self.array["tables"]["high_water"][0, place]) + 1
            yield name, raw[offset : offset + rows * dtype.base.itemsize]

    def load(self, parts: Mapping[str, bytes | memoryview | np.ndarray]) -> None:
        """Takes over the state that `used` gave, of a machine of any size.

        Raises BadValue when a part is missing or this build is too small for it.
        """
        fresh = new_state(self.capacity)
        raw = fresh.view(np.uint8)
        fields = fresh.dtype.fields
        assert fields is not None
        for name in ("head", *TABLE_NAMES):
            if name not in parts:
                raise BadValue(f"state: the part {name!r} is missing")
            part = np.frombuffer(parts[name], np.uint8)
            offset, room = 0, fields["assets"][1]
            if name != "head":
                offset, room = fields[name][1], fields[name][0].itemsize
            if len(part) > room:
                raise BadValue(
                    f"state: {name} needs {len(part)} bytes and a {self.capacity.name} build has {room}; "
                    "open it with a larger capacity"
                )
            raw[offset : offset + len(part)] = part
        for place, name in enumerate(TABLE_NAMES):
            limit = int(fresh["tables"]["limit"][0, place])
            if limit >= getattr(self.capacity, name):
                raise BadValue(
                    f"state: its limit of {limit} {name} is beyond a {self.capacity.name} build "
                    f"({getattr(self.capacity, name) - 1}); open it with a larger capacity"
                )
        self.array, self.state = fresh, fresh[0]
        apply.rebuild_indexes(self.state)

    def fork(self) -> "Machine":
        """An independent copy: what happens to one never shows in the other."""
        twin = Machine(self.capacity)
        twin.load(dict(self.used()))
        return twin


def batch_cuts(rows: np.ndarray) -> list[int]:
    """Where to cut rows into batches of at most BATCH_ROWS without splitting a command.

    Returns the start of each batch and, last, the end. Raises BadValue when data rows are missing.
    """
    assert rows.dtype.itemsize == ROW_BYTES
    total = len(rows)
    with_data = np.flatnonzero(rows["data_rows"])
    cuts = [0]
    inside_until = 0  # Rows before this are data of a command already seen.
    for place in with_data.tolist():
        if place < inside_until:
            continue  # A data row: its bytes mean something else.
        while place - cuts[-1] >= BATCH_ROWS:
            cuts.append(cuts[-1] + BATCH_ROWS)  # Among plain heads: what was inside ends before.
        inside_until = place + 1 + int(rows["data_rows"][place])
        if inside_until > total:
            raise BadValue(
                f"row {place}: it announces {inside_until - place - 1} data rows and {total - place - 1} rows follow"
            )
        if inside_until - cuts[-1] > BATCH_ROWS:
            cuts.append(place)
    while total - cuts[-1] > BATCH_ROWS:
        cuts.append(cuts[-1] + BATCH_ROWS)
    cuts.append(total)
    return cuts
