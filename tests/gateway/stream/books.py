"""A reader in memory whose socket the test controls: it keeps books by images and deltas and checks each step."""

import json
from collections import defaultdict

from emporion.wire.checksum import checksum


class Wire:
    """The peer of a connection. While `stuck`, bytes pile up as they do for who does not read."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.stuck = False
        self.is_cut = False
        self.said = (0, "")

    def send_frame(self, frame: bytes) -> bool:
        self.frames.append(frame)
        return True

    def unsent(self) -> int:
        return sum(map(len, self.frames)) if self.stuck else 0

    def hang_up(self, code: int, reason: str) -> None:
        self.said = (code, reason)

    def cut_off(self) -> None:
        self.is_cut = True

    def read(self) -> list[dict]:
        """All messages that came, in order."""
        frames, self.frames = self.frames, []
        return [message for frame in frames for message in json.loads(payload_of(frame))]


def payload_of(frame: bytes) -> bytes:
    assert frame[0] == 0x81, "a whole text frame"
    length, start = frame[1], {126: 4, 127: 10}.get(frame[1], 2)
    if start > 2:
        length = int.from_bytes(frame[2:start], "big")
    assert len(frame) == start + length
    return frame[start:]


class Keeper:
    """What a client does: per instrument a book, the seq it is of, and whether the chain holds."""

    def __init__(self) -> None:
        self.books: dict[str, tuple[dict, dict]] = {}
        self.seqs: dict[str, int] = {}
        self.trades: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self.trade_seqs: dict[str, int] = {}
        self.missed: list[dict] = []
        self.expect_image: set[tuple[str, str]] = set()
        self.seen: dict[str, int] = defaultdict(int)

    def take(self, message: dict) -> None:
        self.seen[message["type"]] += 1
        if message["type"] == "missed":
            subscription = message["subscription"]
            self.missed.append(message)
            self.expect_image.add((subscription["channel"], subscription["instrument"]))
        elif message["type"] == "depth":
            self._depth(message)
        elif message["type"] == "trades":
            self._trades(message)

    def _depth(self, message: dict) -> None:
        name = message["instrument"]
        if message["image"]:
            assert message["prev"] == 0
            self.books[name] = ({}, {})
            self.expect_image.discard(("depth", name))
        else:
            assert ("depth", name) not in self.expect_image, "after Missed comes an image"
            assert message["prev"] == self.seqs[name], "a break in the chain, and nobody said so"
        for side, levels in zip(self.books[name], (message["bids"], message["asks"]), strict=True):
            for price, qty, orders in levels:
                if qty == "0":
                    assert side.pop(price, None) is not None or not message["image"]
                else:
                    side[price] = (price, qty, orders)
        self.seqs[name] = message["seq"]
        assert checksum(*self.sides(name)) == message["checksum"]

    def _trades(self, message: dict) -> None:
        name, own = message["instrument"], self.trades[message["instrument"]]
        items = [(item["seq"], item["match"]) for item in message["items"]]
        if message["prev"] == 0:
            if ("trades", name) in self.expect_image:
                self.expect_image.discard(("trades", name))
            own[:] = items
        else:
            assert message["prev"] == self.trade_seqs[name]
            own += [item for item in items]
        self.trade_seqs[name] = message["seq"]
        assert own == sorted(set(own)), "each trade once, in order"

    def sides(self, name: str) -> tuple[list, list]:
        bids, asks = self.books[name]
        return (
            sorted(bids.values(), key=lambda level: -float(level[0])),
            sorted(asks.values(), key=lambda level: float(level[0])),
        )
