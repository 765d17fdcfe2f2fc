"""What is said over a stream, without sockets: chains, gaps, and books that do not add up."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.client import NotAllowed
from emporion.client.conversation import Conversation
from emporion.client.errors import BadAnswer, Cut
from emporion.client.feed import Feed
from emporion.client.local_book import LocalBook
from emporion.client.messages import Disconnected, Reconnected
from emporion.client.signer import Signer
from emporion.errors import BadValue
from emporion.wire import stream
from emporion.wire.checksum import checksum
from emporion.wire.stream import Subscription
from tests.client.scripted import SECRET

BTC = "BTC/USDC"
TRADES, DEPTH = Subscription("trades", BTC), Subscription("depth", BTC)
HELLO = stream.Hello(seq=5, version="1", simulation=False, interval_ms=50, account=None)


def frame(*messages):
    return msgspec.json.encode(messages)


def said(talk):
    """What it wants to send, taken away."""
    requests = [json.loads(request) for request in talk.outbox]
    talk.outbox.clear()
    return requests


def trades(seq, prev):
    return stream.Trades(BTC, seq, prev, [])


def begun(*subscriptions):
    """A conversation whose subscriptions run."""
    talk = Conversation(Signer(None, None), "")
    for each in subscriptions:
        talk.subscribe(each)
    talk.opened()
    talk.receive(frame(HELLO))
    accept(talk)
    return talk


def accept(talk):
    for request in said(talk):
        if request["op"] == "subscribe":
            subscription = msgspec.convert(request["subscription"], Subscription)
            talk.receive(frame(stream.Subscribed(subscription, request["id"])))


def heard(talk, *messages):
    return [each.said for each in talk.receive(frame(*messages))]


def test_with_a_key_it_signs_in_before_it_subscribes():
    talk = Conversation(Signer("k", SECRET), "ann é")
    talk.subscribe(TRADES)
    talk.opened()
    assert said(talk) == []
    talk.receive(frame(HELLO))
    (request,) = said(talk)
    assert (request["op"], request["key"], request["account"]) == ("authenticate", "k", "ann%20%C3%A9")
    talk.receive(frame(stream.Authenticated("ann é", request["id"])))
    assert [each["op"] for each in said(talk)] == ["subscribe"]


def test_a_chain_is_followed():
    talk = begun(TRADES)
    assert heard(talk, trades(5, 0), trades(7, 5), trades(9, 7)) == [trades(5, 0), trades(7, 5), trades(9, 7)]


def test_a_gap_is_asked_for_again_and_nothing_is_taken_meanwhile():
    talk = begun(TRADES)
    assert heard(talk, trades(5, 0), trades(9, 7), trades(11, 9)) == [trades(5, 0)]
    (request,) = said(talk)
    assert (request["op"], request["after_seq"]) == ("subscribe", 5)
    assert heard(talk, trades(12, 11), stream.Subscribed(TRADES, request["id"]), trades(12, 5)) == [trades(12, 5)]


def test_a_lost_connection_goes_on_where_each_subscription_stood():
    talk = begun(TRADES, DEPTH)
    heard(talk, trades(5, 0), trades(7, 5))
    assert talk.lost("gone") == [Disconnected("gone")]
    assert talk.lost("no connection") == []  # Once is enough.
    talk.opened()
    messages = [each.message for each in talk.receive(frame(HELLO))]
    assert [type(message) for message in messages] == [Reconnected]
    asked = {request["subscription"]["channel"]: request.get("after_seq") for request in said(talk)}
    assert asked == {"trades": 7, "depth": None}  # Of a book, what is counts.


def test_what_is_missed_is_told_and_an_image_begins_anew():
    talk = begun(TRADES)
    heard(talk, trades(5, 0))
    missed = stream.Missed(TRADES, 5, 20)
    assert heard(talk, missed, trades(20, 0), trades(21, 20)) == [missed, trades(20, 0), trades(21, 20)]


def test_messages_of_what_is_not_wanted_any_more_are_not_told():
    talk = begun(TRADES)
    talk.unsubscribe(TRADES)
    assert [request["op"] for request in said(talk)] == ["unsubscribe"]
    assert heard(talk, trades(5, 0)) == []


def test_a_default_account_is_known_by_the_name_that_the_venue_gives_it():
    talk = begun()
    wanted = Subscription("fills")
    talk.subscribe(wanted)
    (request,) = said(talk)
    fills = stream.Fills("ann", 5, 0, [])
    assert heard(talk, stream.Subscribed(Subscription("fills", account="ann"), request["id"]), fills) == [fills]
    assert talk.is_accepted(wanted)


def test_a_refused_subscription_is_forgotten():
    talk = begun()
    talk.subscribe(TRADES)
    (request,) = said(talk)
    talk.receive(frame(stream.Error(request["id"], "UNKNOWN_INSTRUMENT", "no such")))
    assert isinstance(talk.failed[TRADES], BadValue) and not talk.is_accepted(TRADES)
    talk.opened()
    talk.receive(frame(HELLO))
    assert said(talk) == []


def test_a_subscription_that_ran_and_is_refused_now_is_raised():
    talk = begun(TRADES)
    talk.lost("gone")
    talk.opened()
    talk.receive(frame(HELLO))
    (request,) = said(talk)
    with pytest.raises(NotAllowed):
        talk.receive(frame(stream.Error(request["id"], "SCOPE_MISSING", "not any more")))


def test_a_key_that_is_revoked_is_raised():
    with pytest.raises(NotAllowed, match="revoked"):
        begun(TRADES).receive(frame(stream.Error(0, "NOT_SIGNED_IN", "the key was revoked")))


@pytest.mark.parametrize("code", ["STALE_TIME", "AWAY", "BUSY"])
def test_what_passes_ends_the_connection_only(code):
    talk = Conversation(Signer("k", SECRET), "")
    talk.opened()
    talk.receive(frame(HELLO))
    (request,) = said(talk)
    with pytest.raises(Cut, match="later"):
        talk.receive(frame(stream.Error(request["id"], code, "later")))


@pytest.mark.parametrize("wrong", [b"", b"{}", b'[{"type":"news"}]', b"\xff", b'[{"type":"beat"}]'])
def test_what_is_no_frame_is_said_to_be_none(wrong):
    with pytest.raises(BadAnswer, match="does not know"):
        begun(TRADES).receive(wrong)


# --- Books ------------------------------------------------------------------------------------------


def depth(seq, prev, bids, asks, image=False, whole=None):
    """A message whose checksum is that of `whole`, by default of its own levels."""
    return stream.Depth(BTC, image, seq, prev, bids, asks, checksum(*(whole or (bids, asks))))


def test_a_delta_that_does_not_add_up_begins_the_book_again():
    feed = Feed(Signer(None, None), "", "ws://x", 1.0)
    book = LocalBook(BTC)
    feed.follow(book)
    feed.opened()
    feed.take(frame(HELLO))
    accept(feed.talk)
    bids, asks = [("10", "1", 1)], [("11", "2", 1)]
    feed.take(frame(depth(5, 0, bids, asks, image=True)))
    assert book.is_known and book.seq == 5
    feed.take(frame(depth(6, 5, [("9", "4", 2)], [], whole=([*bids, ("9", "3", 2)], asks))))
    assert not book.is_known
    (request,) = said(feed.talk)
    assert request["op"] == "subscribe" and request["after_seq"] is None
    feed.take(frame(depth(7, 6, [], [])))  # Of before the image: not taken.
    assert not book.is_known
    feed.take(frame(stream.Subscribed(DEPTH, request["id"]), depth(8, 0, bids, asks, image=True)))
    assert book.is_known and book.seq == 8


def test_a_book_is_not_known_while_the_connection_is_gone():
    feed = Feed(Signer(None, None), "", "ws://x", 1.0)
    book = LocalBook(BTC)
    feed.follow(book)
    feed.opened()
    feed.take(frame(HELLO))
    accept(feed.talk)
    feed.take(frame(depth(5, 0, [("10", "1", 1)], [], image=True)))
    feed.lost("gone")
    assert not book.is_known


PRICES = st.integers(1, 60)
LEVEL = st.tuples(st.booleans(), PRICES, st.integers(0, 3))


@given(st.lists(st.lists(LEVEL, max_size=8), min_size=1, max_size=12))
def test_any_changes_leave_the_levels_that_a_dictionary_would(batches):
    book, truth = LocalBook(BTC), {True: {}, False: {}}
    for number, batch in enumerate(batches):
        changed = {True: {}, False: {}}
        for is_bid, price, qty in batch:
            changed[is_bid][price] = (str(price), str(qty), qty)
        for is_bid, levels in changed.items():
            truth[is_bid] |= levels
            truth[is_bid] = {price: level for price, level in truth[is_bid].items() if level[1] != "0"}
        bids = [truth[True][price] for price in sorted(truth[True], reverse=True)]
        asks = [truth[False][price] for price in sorted(truth[False])]
        levels = [list(changed[is_bid].values()) for is_bid in (True, False)]
        assert book.apply(depth(number + 1, number, *levels, image=number == 0, whole=(bids, asks)))
        assert [(str(level.price), str(level.qty)) for level in book.bids(100)] == [level[:2] for level in bids]
        assert [(str(level.price), str(level.qty)) for level in book.asks(3)] == [level[:2] for level in asks[:3]]
