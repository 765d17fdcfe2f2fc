"""Reading a journal: frame after frame, each checked, and deciding what a bad one means.

A frame that does not check is a torn tail when nothing says it was ever durable: power was lost
while it was written, nobody was answered, and it is cut. It is damage when a frame behind it says
that it was durable. So is everything that no loss of power explains.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from emporion.errors import EmporionError, JournalCorrupt
from emporion.schema.codes import Command
from emporion.schema.limits import ROW_BYTES
from emporion.schema.messages import COMMAND, FORMAT_VERSION, RULES_VERSION
from emporion.storage import frames
from emporion.storage.disk import Files
from emporion.storage.rows import KIND_BYTE, count_heads
from emporion.storage.segments import SEGMENT_BYTES_MIN, Segment, is_segment_size, segments_of


class JournalVersion(EmporionError):
    """The journal was written under a format or rules that this version does not know."""


@dataclass(frozen=True)
class Position:
    """A place between two frames."""

    next_seq: int  # Of the first command behind it.
    segment: int  # The first sequence number of the segment it is in: its name.
    offset: int  # In bytes.
    frame_offset: int  # Where the frame before it begins, in the same segment; -1 for none.
    chain: bytes  # Of that frame.


class Batch(NamedTuple):
    first_seq: int
    commands: int
    rows: np.ndarray  # COMMAND, on the file: no copy.
    after: Position


class JournalReader:
    """One pass over the segments of a folder. Reads only; who wants to append cuts the tail after.

    `end`, `covered_seq`, `uncovered_offset` and `torn_end` hold once `batches` has run out.
    """

    def __init__(self, files: Files) -> None:
        self.files = files
        self.segments = segments_of(files)
        self.segment_bytes = self.segments[0].size if self.segments else 0
        first = self.segments[0].first_seq if self.segments else 1
        self.start = Position(1, first, 0, -1, frames.first_chain(self.segment_bytes))
        self.end = self.start
        self.covered_seq = 0  # Last sequence that a frame says is durable.
        self.uncovered_offset = 0  # Where, in the last segment, frames begin that no later one says durable.
        self.torn_end = 0  # Where a torn tail ends; `end.offset` when there is none.

    def batches(self, position: Position | None = None, until: Position | None = None) -> Iterator[Batch]:
        """Every batch from `position` (default: the first) to the end of the journal.

        Args:
            until: where the writer itself knows that the journal ends: what lies behind is not looked at.
        """
        at = position or self.start
        self.end, self.covered_seq, self.uncovered_offset, self.torn_end = at, 0, at.offset, at.offset
        uncovered: deque[tuple[int, int]] = deque()  # (seq that covers it, end offset)
        for index, segment in enumerate(self.segments):
            if segment.first_seq < at.segment:
                continue
            if segment.first_seq != at.segment:
                # An older segment is durable before the next one gets its name.
                at = Position(at.next_seq, segment.first_seq, 0, -1, at.chain)
                self.end, self.uncovered_offset = at, 0
                uncovered.clear()
            block = memoryview(np.asarray(self.files.read(segment.name))).cast("B")
            words = np.frombuffer(block, np.uint8).reshape(-1, ROW_BYTES)
            while at.offset < segment.size:
                if until is not None and (at.segment, at.offset) == (until.segment, until.offset):
                    return
                frame = self._frame(segment, block, at, index)
                if frame is None:
                    break
                rows = words[at.offset // ROW_BYTES + 1 :][: frame.rows]
                commands = count_heads(rows) if frame.rows else 0
                stop = at.offset + (1 + frame.rows) * ROW_BYTES
                at = Position(at.next_seq + commands, segment.first_seq, stop, at.offset, frame.chain)
                self.covered_seq = max(self.covered_seq, frame.durable_seq)
                all_before = frame.durable_seq == frame.first_seq - 1  # Empty frames included: see _claimed.
                while uncovered and (all_before or uncovered[0][0] <= self.covered_seq):
                    self.uncovered_offset = uncovered.popleft()[1]
                uncovered.append((at.next_seq - (1 if frame.rows else 0), stop))
                self.end, self.torn_end = at, stop
                if frame.rows:
                    yield Batch(frame.first_seq, commands, rows.reshape(-1).view(COMMAND), at)
            self._check_rest(segment, block, at, index)

    def holds(self, position: Position) -> bool:
        """Whether the frame that `position` stands behind is in this journal, as it was."""
        segment = next((segment for segment in self.segments if segment.first_seq == position.segment), None)
        if segment is None or not 0 <= position.offset <= segment.size:
            return False
        if position.frame_offset < 0:
            return position.offset == 0 and position.next_seq == position.segment
        block = memoryview(np.asarray(self.files.read(segment.name))).cast("B")
        frame = frames.parse(block[position.frame_offset :])
        return isinstance(frame, frames.Frame) and frame.chain == position.chain

    def _frame(self, segment: Segment, block: memoryview, at: Position, index: int) -> frames.Frame | None:
        """The frame at this place; None where the journal, or a torn tail, ends."""
        rest = block[at.offset :]
        frame = frames.parse(rest)
        if isinstance(frame, str):
            if self._claimed(segment, at):
                # Someone may have been writing it just now: look again, once.
                frame = frames.parse(rest)
            if isinstance(frame, str):
                return None  # What stands there is looked at by _check_rest.
        path = self.files.path(segment.name)
        if frame.format != FORMAT_VERSION or frame.rules != RULES_VERSION:
            raise JournalVersion(
                f"{path}: byte {at.offset}: format {frame.format}, rules {frame.rules}; "
                f"this version reads format {FORMAT_VERSION}, rules {RULES_VERSION}"
            )
        if frames.chain_of(rest[: (1 + frame.rows) * ROW_BYTES], at.chain) != frame.chain:
            raise JournalCorrupt(path, at.offset, self._why_unchained(rest, frame, at, index))
        if frame.first_seq != at.next_seq:
            raise JournalCorrupt(path, at.offset, f"the frame begins with {frame.first_seq}, not {at.next_seq}")
        return frame

    def _claimed(self, segment: Segment, at: Position) -> bool:
        """Whether a whole frame behind this place says that what should stand here was durable.

        It does if its durable_seq reaches it, or all commands before it: a frame at the durable end
        is only written when all before it is durable, an empty frame included. Nothing else can look
        like a frame: rows of kind FRAME are not taken from clients.
        """
        block = memoryview(np.asarray(self.files.read(segment.name))).cast("B")
        kinds = np.frombuffer(block, np.uint8).reshape(-1, ROW_BYTES)[:, KIND_BYTE]
        after = at.offset // ROW_BYTES + 1
        for row in after + np.flatnonzero(kinds[after:] == Command.FRAME):
            frame = frames.parse(block[int(row) * ROW_BYTES :])
            if isinstance(frame, frames.Frame) and (
                frame.durable_seq >= at.next_seq or frame.durable_seq == frame.first_seq - 1
            ):
                return True
        return False

    def _check_rest(self, segment: Segment, block: memoryview, at: Position, index: int) -> None:
        """Judges what follows the last good frame of a segment, and whether the next segment fits on."""
        path = self.files.path(segment.name)
        rest = np.frombuffer(block, np.uint8)[at.offset :]
        used = np.flatnonzero(rest.reshape(-1, ROW_BYTES).any(axis=1)) if rest.any() else np.zeros(0, np.intp)
        if index + 1 < len(self.segments):
            follower = self.segments[index + 1]
            if follower.first_seq != at.next_seq:
                raise JournalCorrupt(
                    path, at.offset, f"it ends before {at.next_seq}, but the next segment is {follower.name}"
                )
            if len(used):
                raise JournalCorrupt(path, at.offset, "something stands behind the end of a full segment")
        elif len(used):
            if self._claimed(segment, at):
                problem = frames.parse(block[at.offset :])
                if isinstance(problem, frames.Frame):
                    return  # A writer beside us put it there since we looked: our pass ends before it.
                raise JournalCorrupt(path, at.offset, f"{problem}, and a later frame says that it was durable")
            self.torn_end = at.offset + (int(used[-1]) + 1) * ROW_BYTES

    def _why_unchained(self, rest: memoryview, frame: frames.Frame, at: Position, index: int) -> str:
        block = rest[: (1 + frame.rows) * ROW_BYTES]
        if at == self.start:
            for bits in range(SEGMENT_BYTES_MIN.bit_length() - 1, 48):
                size = 1 << bits
                if is_segment_size(size) and frames.chain_of(block, frames.first_chain(size)) == frame.chain:
                    return f"segments were written with {size} bytes, this one has {self.segment_bytes}: it was cut"
        return "the frame does not continue the chain: a frame before it was changed, or the file is foreign"
