"""The messages of one subscription, in a chain: each names the `seq` it is of, and in `prev` that of the one before."""

from collections import deque
from itertools import count
from typing import NamedTuple

from emporion.wire.stream import Subscription

KEPT_MESSAGES = 1_200  # A minute's worth,
KEPT_BYTES = 128 * 1024  # and not more than this, of each subscription.
_numbers = count(1)


class Key(NamedTuple):
    """What a chain is about, in numbers; 0 for what its channel does not have."""

    channel: str
    instrument_id: int = 0
    interval: str = ""
    account_id: int = 0


class Kept(NamedTuple):
    prev: int
    seq: int
    message: bytes


class Chain:
    """One subscription, shared by all who have it.

    Attributes:
        seq: of the last message, or where the chain began; only messages after it are still to come.
        is_ready: its beginning is known, so that images can be made.
        watchers: how many connections have it; at none it is kept for a while, for those who come back.
    """

    def __init__(self, key: Key, subscription: Subscription) -> None:
        self.number = next(_numbers)  # Of birth: the order of messages in a frame.
        self.key, self.subscription = key, subscription
        self.seq = 0
        self.is_ready = False
        self.watchers = 0
        self.left_at = 0.0
        self.message = b""  # Of the present interval.
        self.prev = 0  # `seq` as it was at the beginning of the interval: what readers have.
        self._kept: deque[Kept] = deque()
        self._kept_bytes = 0

    def turn(self) -> None:
        """An interval begins."""
        self.message, self.prev = b"", self.seq

    def begin(self, seq: int) -> None:
        """What is known now is the beginning; nothing of before can be had."""
        self.seq, self.is_ready = seq, True
        self._kept.clear()
        self._kept_bytes = 0

    def forget(self) -> None:
        """What was known is not true any more."""
        self.is_ready = False
        self.message = b""
        self._kept.clear()
        self._kept_bytes = 0

    def push(self, seq: int, message: bytes) -> None:
        """The next message, which names the present `seq` in its `prev`."""
        assert seq >= self.seq
        self._kept.append(Kept(self.seq, seq, message))
        self._kept_bytes += len(message)
        while len(self._kept) > KEPT_MESSAGES or self._kept_bytes > KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popleft().message)
        self.seq, self.message = seq, message

    def since(self, after_seq: int) -> list[bytes] | None:
        """The messages that follow the one of `after_seq`; None when that is no link of what is kept here.

        Where several have one seq, all but the first are among them: who has seen them may see them again.
        """
        if after_seq == self.seq and (not self._kept or self._kept[-1].prev != after_seq):
            return []
        messages: list[bytes] | None = None
        for kept in self._kept:
            if messages is None and kept.prev == after_seq:
                messages = []
            if messages is not None:
                messages.append(kept.message)
        return messages
