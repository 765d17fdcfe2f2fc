"""Frames come out as they went in, however the stream is cut; what cannot be one ends the connection."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.engine.failures import NodeStopped, PartlyTaken, ReadOnly
from emporion.errors import BadValue, DiskFull, EmporionError, Refused, StorageFailed
from emporion.gateway.link import LinkBusy, Pass, Ticket, TicketRefused
from emporion.gateway.link.failures import Failure, error_of, failure_of
from emporion.gateway.link.frames import (
    HEAD,
    NO_TICKET,
    BadFrame,
    Frame,
    FrameReader,
    frame,
    pass_bytes,
    pass_of,
    ticket_bytes,
    ticket_of,
)
from emporion.schema.codes import Reject

U4 = st.integers(0, (1 << 32) - 1)
FRAMES = st.lists(st.builds(Frame, st.integers(0, 255), U4, st.binary(max_size=300)), max_size=12)
TEXT = st.text(max_size=60)


@given(frames=FRAMES, cuts=st.lists(st.integers(1, 400), max_size=60))
def test_any_chunking_gives_the_same_frames(frames, cuts):
    stream = b"".join(frame(each.kind, each.request, each.body) for each in frames)
    reader, out, at = FrameReader(1_000), [], 0
    for cut in [*cuts, len(stream)]:
        out += reader.feed(stream[at : at + cut])
        at += cut
    assert out == frames


@given(data=st.binary(max_size=400), cuts=st.lists(st.integers(1, 40), max_size=20))
def test_any_bytes_are_frames_or_a_broken_protocol(data, cuts):
    reader, at = FrameReader(500), 0
    try:
        for cut in [*cuts, len(data)]:
            for each in reader.feed(data[at : at + cut]):
                assert len(each.body) <= 500
                ticket_of(each.body)
            at += cut
    except BadFrame:
        return


@pytest.mark.parametrize("size", [0, 4, 1_001, 1 << 31])
def test_a_length_out_of_bounds_is_refused_before_its_bytes_are_awaited(size):
    with pytest.raises(BadFrame):
        FrameReader(1_000).feed(HEAD.pack(size, 3, 1))


def test_a_frame_in_many_small_pieces_is_copied_once():
    """Linear in its size: each piece is appended, not everything so far copied."""
    body = bytes(8 << 20)
    stream = frame(7, 1, body)
    reader = FrameReader(16 << 20)
    pieces = [reader.feed(stream[at : at + 4_096]) for at in range(0, len(stream), 4_096)]
    assert [each for piece in pieces for each in piece] == [Frame(7, 1, body)]


@given(key=st.text(min_size=1, max_size=60), nonce=TEXT, time_ns=st.integers(0, 1 << 62), cost=U4, rest=st.binary())
def test_tickets_travel(key, nonce, time_ns, cost, rest):
    ticket = Ticket(key, nonce, time_ns, cost)
    raw = ticket_bytes(ticket)
    assert ticket_of(raw + rest) == (ticket, len(raw))
    assert ticket_of(NO_TICKET + rest) == (None, len(NO_TICKET))
    for short in range(len(raw)):
        with pytest.raises(BadFrame):
            ticket_of(raw[:short])


def test_passes_travel():
    assert pass_of(pass_bytes(Pass(2_000, 17, 350))) == Pass(2_000, 17, 350)
    assert pass_of(pass_bytes(None)) is None


@pytest.mark.parametrize(
    "error",
    [
        BadValue("a"), DiskFull("b"), PartlyTaken("c"), StorageFailed("d"), NodeStopped("e"), ReadOnly("f"),
        LinkBusy("g"), EmporionError("h"), Refused(Reject.BAD_QTY, "i"),
        TicketRefused("REPLAYED", "j", 0, None), TicketRefused("RATE_LIMITED", "k", 12, Pass(1, 0, 12)),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_errors_travel(error):
    back = error_of(failure_of(error))
    assert type(back) is type(error) and str(back) == str(error) and vars(back) == vars(error)


def test_an_error_nobody_meant_travels_as_one_of_ours():
    back = error_of(failure_of(ZeroDivisionError("division by zero")))
    assert type(back) is EmporionError and "division" in str(back)
    assert error_of(Failure("Never heard of", "x")).args == ("x",)
