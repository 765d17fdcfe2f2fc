"""How the node is doing: sizes, rates, tables."""

import time
from collections import deque

from emporion.engine.node import Node
from emporion.gateway.link.questions import TableUse, VenueStateAnswer
from emporion.schema.state import TABLE_NAMES
from emporion.storage.journal import Journal
from emporion.storage.segments import segments_of

RATE_SECONDS = 5.0
SAMPLE_SECONDS = 0.5
DIGEST_BYTES_MAX = 32 << 20  # Some tens of milliseconds, in which no order is taken.
KEEP_SECONDS = 1.0  # An answer is given again for so long.


class Rates:
    """Commands and fills a second, over the last seconds. One thread's."""

    def __init__(self) -> None:
        self.fills = 0
        self._samples: deque[tuple[float, int, int]] = deque()

    def note(self, seq: int, fills: int) -> None:
        """After a batch."""
        self.fills += fills
        now = time.monotonic()
        if not self._samples or now - self._samples[-1][0] >= SAMPLE_SECONDS:
            self._samples.append((now, seq, self.fills))
            while now - self._samples[0][0] > 2 * RATE_SECONDS:
                self._samples.popleft()

    def per_second(self, seq: int) -> tuple[float, float]:
        """Commands and fills, up to now."""
        now = time.monotonic()
        samples = [sample for sample in self._samples if now - sample[0] <= RATE_SECONDS]
        if not samples:
            return 0.0, 0.0
        since, first_seq, first_fills = samples[0]
        seconds = max(now - since, SAMPLE_SECONDS)
        return (seq - first_seq) / seconds, (self.fills - first_fills) / seconds


class NodeState:
    """Answers VenueState, on the sequencer's thread; seldom asked for more than once a second."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._answer: VenueStateAnswer | None = None
        self._until = 0.0

    def __call__(self, rates: tuple[float, float], gateways: int, history_seq: int) -> VenueStateAnswer:
        node = self._node
        if node.stopped is not None:
            raise node.stopped
        now = time.monotonic()
        if self._answer is not None and now < self._until:
            return self._answer
        tables = node.machine.array["tables"][0]
        journal = node.journal
        self._answer = VenueStateAnswer(
            seq=node.seq,
            ts_ns=int(node.machine.array["ts_ns"][0]),
            digest=_digest(node),
            journal_bytes=_journal_bytes(node),
            durable_seq=journal.durable_seq if journal is not None else node.seq,
            sync=node.sync,
            commands_per_second=round(rates[0], 1),
            fills_per_second=round(rates[1], 1),
            gateways=gateways,
            history_seq=history_seq,
            tables=[
                TableUse(name, int(tables["live"][place]), int(tables["limit"][place]))
                for place, name in enumerate(TABLE_NAMES)
            ],
        )
        self._until = time.monotonic() + KEEP_SECONDS
        return self._answer


def _digest(node: Node) -> str:
    if sum(len(part) for _, part in node.machine.used()) > DIGEST_BYTES_MAX:
        return ""
    return node.digest().hex()


def _journal_bytes(node: Node) -> int:
    """What has been written; a segment's room behind that is not counted. 0 in memory."""
    journal = node.journal
    if not isinstance(journal, Journal):
        return 0
    return (len(segments_of(journal.files)) - 1) * journal.segment_bytes + journal.position.offset
