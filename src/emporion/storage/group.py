"""Rows gathered for one commit, laid out as they will stand in the journal: FRAME, rows, FRAME, rows, ...

One buffer is used again and again. A row is copied into it once, stamped there, hashed, written
and applied from there.
"""

from typing import NamedTuple

import numpy as np

from emporion.schema.limits import ROW_BYTES
from emporion.schema.messages import COMMAND
from emporion.storage.frames import CHAIN_AT, ROWS_AT
from emporion.storage.rows import TS_WORD


class Stretch(NamedTuple):
    """One batch in the buffer: rows `start` (its FRAME) to `stop`."""

    start: int
    stop: int
    commands: int


class Group:
    def __init__(self, frame_rows_max: int, rows_max: int) -> None:
        self.frame_rows_max, self.rows_max = frame_rows_max, rows_max
        self.frames_max = _frames_max(frame_rows_max, rows_max)
        self._bytes = np.zeros((rows_max + self.frames_max, ROW_BYTES), np.uint8)
        self._words = self._bytes.view(np.int64)
        self._rows = self._bytes.reshape(-1).view(COMMAND)
        self._memory = memoryview(self._bytes.reshape(-1))
        self.clear()

    @staticmethod
    def bytes_max(frame_rows_max: int, rows_max: int) -> int:
        """What a full group takes in the journal at most."""
        return (rows_max + _frames_max(frame_rows_max, rows_max)) * ROW_BYTES

    def clear(self) -> None:
        self._done: list[Stretch] = []
        self._start, self._stop, self._commands = 0, 1, 0  # The batch being filled.
        self.has_entry = False

    def add(self, raw: np.ndarray, heads: np.ndarray | None, start: int, ts_ns: int) -> int:
        """Take as many whole commands as fit, from row `start` on, stamped; returns how many rows. 0: full.

        Args:
            raw: uint8 (n, 64), a well-formed stream; heads: its head rows, None when all are.
        """
        taken = 0
        while start + taken < len(raw):
            in_batch = self.frame_rows_max - (self._stop - self._start - 1)
            in_group = self.rows_max - (self._stop - len(self._done) - 1)
            rows, commands = _fitting(len(raw), heads, start + taken, min(in_batch, in_group))
            if rows == 0:
                if in_group <= in_batch or len(self._done) + 1 == self.frames_max:
                    break
                self._next_batch()
                continue
            at = self._stop
            self._bytes[at : at + rows] = raw[start + taken : start + taken + rows]
            if heads is None:
                self._words[at : at + rows, TS_WORD] = ts_ns
            else:
                first = int(np.searchsorted(heads, start + taken))
                self._words[heads[first : first + commands] - (start + taken) + at, TS_WORD] = ts_ns
            self._stop, self._commands, taken = at + rows, self._commands + commands, taken + rows
        return taken

    @property
    def batches(self) -> list[Stretch]:
        """The batches gathered, the one being filled included."""
        current = [Stretch(self._start, self._stop, self._commands)] if self._commands else []
        return self._done + current

    @property
    def size(self) -> int:
        """In bytes, frames included."""
        return (self._stop if self._commands else self._start) * ROW_BYTES

    def rows(self, batch: Stretch) -> np.ndarray:
        """The batch without its frame, as COMMAND rows: valid until `clear`."""
        return self._rows[batch.start + 1 : batch.stop]

    def raw(self, batch: Stretch) -> np.ndarray:
        """The same as bytes, uint8 (n, 64)."""
        return self._bytes[batch.start + 1 : batch.stop]

    def block(self, batch: Stretch) -> memoryview:
        """The batch with its frame."""
        return self.span(batch.start, batch.stop)

    def span(self, start: int, stop: int) -> memoryview:
        return self._memory[start * ROW_BYTES : stop * ROW_BYTES]

    def chain_in(self, batch: Stretch) -> bytes:
        """The chain that sealing wrote into the batch's frame."""
        return self._bytes[batch.start, CHAIN_AT:ROWS_AT].tobytes()

    def _next_batch(self) -> None:
        self._done.append(Stretch(self._start, self._stop, self._commands))
        self._start, self._stop, self._commands = self._stop, self._stop + 1, 0


def _frames_max(frame_rows_max: int, rows_max: int) -> int:
    return 2 * (rows_max // frame_rows_max) + 4  # A batch is left unfilled when a command does not fit.


def _fitting(end: int, heads: np.ndarray | None, start: int, room: int) -> tuple[int, int]:
    """Rows and commands of the longest run of whole commands from `start` that fits `room` rows."""
    if heads is None:
        rows = max(0, min(room, end - start))
        return rows, rows
    if end - start <= room:
        return end - start, len(heads) - int(np.searchsorted(heads, start))
    last = int(np.searchsorted(heads, start + room, "right")) - 1  # The last head at or below the room.
    if last < 0 or heads[last] <= start:
        return 0, 0
    return int(heads[last]) - start, last - int(np.searchsorted(heads, start))
