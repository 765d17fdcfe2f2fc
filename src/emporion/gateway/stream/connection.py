"""One reader of the stream: what it is to be sent, and whether it keeps up.

A reader who lags first skips frames: what is shared is not queued for it. When it has caught up it is told
what it missed and gets images. Only who does not read at all for a while is cut off. So what a connection
can hold up is bounded: the transport's buffer by LAG_BYTES and a frame, its requests by EXTRAS_MAX.
"""

from typing import NamedTuple, Protocol

from emporion.gateway.stream.chain import Chain
from emporion.gateway.stream.frames import encode
from emporion.gateway.stream.identity import Identity

LAG_BYTES = 512 * 1024  # Unsent bytes at which a reader begins to skip.
CAUGHT_UP_BYTES = 16 * 1024  # And at which it goes on.
LAG_SECONDS = 10.0  # Longer than this behind, and it is cut off.
FIRSTS_BYTES = 256 * 1024  # Of first messages in one frame: many images are spread over frames.
EXTRAS_MAX = 512  # Answers waiting for the next frame.


class Peer(Protocol):
    """The socket of a reader: StreamProtocol."""

    def send_frame(self, frame: bytes) -> bool: ...
    def unsent(self) -> int: ...
    def hang_up(self, code: int, reason: str) -> None: ...
    def cut_off(self) -> None: ...


class Start(NamedTuple):
    """How a subscription is to begin."""

    after_seq: int | None = None  # Go on from there; None: with an image.
    is_lost: bool = False  # What followed `after_seq` cannot be had, whatever is kept.


class Group:
    """All connections that have exactly the same subscriptions running: they get the same bytes."""

    def __init__(self, chains: frozenset[Chain]) -> None:
        self.chains = chains
        self.connections: set[Connection] = set()


class Connection:
    """One reader.

    Attributes:
        group: the subscriptions that are running, shared with all who have the same.
        starting: subscriptions that wait for their first message.
        extras: messages of its own for the next frame, already encoded.
        missed: while it lags, the seq that it has of each subscription.
    """

    __slots__ = (
        "address", "extras", "group", "identity", "lag_since", "missed", "peer", "starting",
    )  # fmt: skip

    def __init__(self, peer: Peer, address: str) -> None:
        self.peer, self.address = peer, address
        self.identity: Identity | None = None
        self.group = Group(frozenset())
        self.starting: dict[Chain, Start] = {}
        self.extras: list[bytes] = []
        self.missed: dict[Chain, int] | None = None
        self.lag_since = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether it needs a frame of its own."""
        return bool(self.extras or self.starting or self.missed is not None)

    @property
    def subscribed(self) -> set[Chain]:
        """All that it subscribed to, running or not."""
        return {*self.group.chains, *self.starting, *(self.missed or ())}

    def tell(self, message: object) -> None:
        """Put a message into the next frame."""
        self.extras.append(encode(message))
        if len(self.extras) > EXTRAS_MAX:
            self.peer.cut_off()
