"""A venue's state and the kernel that moves it: what the floors above hold in their hands."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from emporion.errors import BadValue
from emporion.kernel import audit
from emporion.kernel.entry import entries
from emporion.schema import messages
from emporion.schema.codes import Command, Side
from emporion.schema.limits import BATCH_ROWS, ROW_BYTES, SMALL, Capacity
from emporion.schema.state import LINK_NAMES, TABLE_NAMES, aligned_zeros, new_state

BATCH = messages.rows_of(messages.COMMAND)
REACH_ROWS = 255  # As many data rows as a head can announce, rightly or not.
DATA_ROWS_BYTE = messages.COMMAND.fields["data_rows"][1]


class Machine:
    """One venue in memory: `apply` commands, read tables, take its hash.

    Not for several threads at once. Nothing is durable here; engine/node.py sees to that.

    Attributes:
        array: the state as a one-element array; `array["orders"][0]` is a table.
        state: the same as a record; `state.orders[slot].leaves_lots` is a field.
    """

    def __init__(self, capacity: Capacity = SMALL) -> None:
        self.capacity = capacity
        self._entries = entries(capacity)
        self._adopt(new_state(capacity))
        self._batch = aligned_zeros(BATCH).view(np.uint8).reshape(BATCH_ROWS, ROW_BYTES)
        self._events = aligned_zeros(messages.EVENTS)
        # Copies of plain bytes: NumPy copies structured rows a field at a time.
        self._event_bytes = self._events["rows"].view(np.uint8).reshape(-1, ROW_BYTES)
        self._event_count = self._events["count"]
        self._depth = np.zeros(1, messages.DEPTH)
        self._preview = np.zeros(1, messages.PREVIEW)
        handle = self._entries.handle
        self._batch_at, self._events_at, self._depth_at = map(handle, (self._batch, self._events, self._depth))
        self._preview_at = handle(self._preview)

    def apply(self, rows: np.ndarray) -> np.ndarray:
        """Applies commands: head rows, each followed by its data rows. Returns their events, a copy.

        How a stream is cut into calls changes nothing. Raises BadValue, before anything is applied,
        when the last command's data rows are missing.
        """
        parts = [self._event_bytes[:count].copy() for count in self._steps(rows)]
        gathered = parts[0] if len(parts) == 1 else np.concatenate(parts or [self._event_bytes[:0]])
        return gathered.view(messages.EVENT).reshape(-1)

    def advance(self, rows: np.ndarray) -> int:
        """The same where nobody asks for the events, as in a replay. Returns how many there were."""
        return sum(self._steps(rows))

    def _steps(self, rows: np.ndarray) -> Iterator[int]:
        """Applies commands; says how many events stand in `_event_bytes`, each time until the next is asked for."""
        apply, state_at, events_at, count = self._entries.apply, self._state_at, self._events_at, self._event_count
        for batch_at, end in self._batches(rows):
            place = 0
            while place < end:
                count[0] = 0
                place = apply(state_at, batch_at, end, place, events_at)
                yield count.item()

    def _batches(self, rows: np.ndarray) -> Iterator[tuple[Any, int]]:
        """The handle and the rows of each batch. A full one stays where it is: the kernel may look at all its rows."""
        if not len(rows):
            return
        # Plain bytes, and few steps: for a batch of 4,096 commands each microsecond is a hundredth of the whole.
        raw = np.frombuffer(np.ascontiguousarray(rows), np.uint8).reshape(-1, ROW_BYTES)
        if len(raw) <= BATCH_ROWS and not raw[-REACH_ROWS:, DATA_ROWS_BYTE].tobytes().strip(b"\0"):
            cuts = [0, len(raw)]  # One batch, and no head so near its end that data rows of it could be missing.
        else:
            cuts = batch_cuts(raw.view(messages.COMMAND).reshape(-1))
        for start, end in zip(cuts, cuts[1:], strict=False):
            if end - start == BATCH_ROWS:
                yield self._entries.handle(raw[start:end]), BATCH_ROWS
            else:
                self._batch[: end - start] = raw[start:end]
                yield self._batch_at, end - start

    def pending(self) -> bool:
        """Whether work is left for CONTINUE commands. Rule W-7."""
        return bool(
            self.array["task_count"][0] > 0
            or self.array["first_pending"][0] != 0
            or self.array["first_liquidation"][0] != 0
        )

    def next_deadline_ns(self) -> int:
        """When a TICK will have something to do; 0 for never."""
        return int(self.array["deadlines"]["due_ns"][0, 1])  # Zeroed when the heap is empty.

    def depth(self, instrument_id: int, levels: int = 20) -> tuple[np.ndarray, np.ndarray]:
        """Bids and asks, best first, as rows of messages.DEPTH_ROW; at most DEPTH_LEVELS of each."""
        sides = []
        for side in (Side.BUY, Side.SELL):
            self._entries.read_depth(self._state_at, instrument_id, int(side), levels, self._depth_at)
            sides.append(self._depth["rows"][0, : self._depth["count"][0]].copy())
        return sides[0], sides[1]

    def preview(self, rows: np.ndarray) -> np.record:
        """What a PLACE, its data row behind it, would be answered now, and what it would do to margin.

        Changes nothing, so what is due on a margin account stays due: `is_settled` says whether anything is.
        Returns a row of messages.PREVIEW. Raises BadValue when it is not one whole PLACE.
        """
        rows = np.ascontiguousarray(rows)
        head = rows.view(messages.COMMAND)[0] if len(rows) else None
        if head is None or head["kind"] != Command.PLACE or head["data_rows"] > 1 or len(rows) != 1 + head["data_rows"]:
            raise BadValue(f"preview: {len(rows)} rows are not one PLACE and its data row")
        self._batch[: len(rows)] = rows.view(np.uint8).reshape(-1, ROW_BYTES)
        self._entries.preview(self._state_at, self._batch_at, self._events_at, self._preview_at)
        return self._preview[0].copy()

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
        rows = used_rows(self.array)
        for name in (*TABLE_NAMES, *LINK_NAMES):
            offset, size = place_of(self.array, name, rows)
            yield name, raw[offset : offset + size]

    def load(self, parts: Mapping[str, bytes | memoryview | np.ndarray]) -> None:
        """Takes over the state that `used` gave, of a machine of any size.

        Raises BadValue when a part is missing or this build is too small for it.
        """
        fresh = new_state(self.capacity)
        raw = fresh.view(np.uint8)
        fields = fresh.dtype.fields
        assert fields is not None
        for name in ("head", *TABLE_NAMES, *LINK_NAMES):
            if name not in parts:
                raise BadValue(f"state: the part {name!r} is missing")
            part = np.frombuffer(parts[name], np.uint8)
            offset, room = 0, fields["assets"][1]
            if name in TABLE_NAMES:
                offset, room = fields[name][1], fields[name][0].itemsize
            elif name in LINK_NAMES:
                offset, room = place_of(fresh, name, used_rows(fresh))  # As many as the tables' rows, which fit.
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
        self._adopt(fresh)
        self._entries.rebuild(self._state_at)

    def _adopt(self, array: np.ndarray) -> None:
        self.array, self.state = array, array[0]
        self._state_at = self._entries.handle(array)

    def fork(self) -> "Machine":
        """An independent copy: what happens to one never shows in the other."""
        twin = Machine(self.capacity)
        twin.load(dict(self.used()))
        return twin


def used_rows(array: np.ndarray) -> dict[str, int]:
    """Rows of each table up to its high-water mark, row 0 included."""
    return dict(zip(TABLE_NAMES, (array["tables"]["high_water"][0, : len(TABLE_NAMES)] + 1).tolist(), strict=True))


def place_of(array: np.ndarray, name: str, rows: Mapping[str, int]) -> tuple[int, int]:
    """Where the used part of a table or of links begins, and its size: bytes."""
    fields = array.dtype.fields
    assert fields is not None
    dtype, offset = fields[name][:2]
    if name not in LINK_NAMES:
        return offset, rows[name] * dtype.base.itemsize
    table, ends_per_row = LINK_NAMES[name]
    ends = rows[table] * ends_per_row  # They lie before the members' links, the first ones last.
    first = ends_per_row * fields[table][0].shape[0] - ends
    return offset + (first + 1) * dtype.base.itemsize, (ends - 1 + rows["orders"]) * dtype.base.itemsize


def batch_cuts(rows: np.ndarray) -> list[int]:
    """Where to cut rows into batches of at most BATCH_ROWS without splitting a command.

    Returns the start of each batch and, last, the end. Raises BadValue when data rows are missing.
    """
    assert rows.dtype.itemsize == ROW_BYTES
    total = len(rows)
    rows = rows.view(messages.COMMAND)
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
