"""What is shown of the present and of the past."""

from decimal import Decimal

import numpy as np
import pytest

from emporion.errors import BadValue
from emporion.schema.codes import Command, Event
from emporion.schema.messages import COMMAND, EVENT
from emporion.venue import frames, history
from emporion.venue.history import History, command_times, heads_of


def trade(market, count=1):
    for _ in range(count):
        market.place("bob", "BTC/USDC", "sell", qty="0.001", price="60000")
        market.place("alice", "BTC/USDC", "buy", qty="0.001", price="60000")


def test_events_rebuilt_are_those_that_were_answered(market):
    answered = []
    market.node.listen(lambda events: answered.append(events.copy()))
    first = market.seq + 1
    trade(market, 3)
    market.mass_cancel("bob")
    rebuilt = np.concatenate([chunk.events for chunk in market.iter_events(first)])
    assert rebuilt.dtype == EVENT and np.array_equal(rebuilt, np.concatenate(answered))
    assert market.events(first)[0]["kind"] == "accepted"


def test_each_event_has_the_time_of_its_command(market, clock):
    clock.advance(5_000)
    trade(market)
    clock.advance(7_000)
    trade(market)
    by_seq = {line["seq"]: line["ts_ns"] for line in market.journal()}
    events = market.events()
    assert [row["ts_ns"] for row in events] == [by_seq[row["seq"]] for row in events]
    times = [fill.ts_ns for fill in market.fills()]
    assert times == [times[0]] * 2 + [times[0] + 7_000] * 2


def test_time_does_not_go_back_nor_beyond_its_bound():
    rows = np.zeros(5, COMMAND)
    rows["kind"] = Command.TICK
    rows["ts_ns"] = [10, 5, 1 << 62, -3, 12]
    assert command_times(rows, 7).tolist() == [10, 10, 10, 10, 12]
    assert command_times(rows[1:3], 7).tolist() == [7, 7]


def test_what_is_no_longer_kept_is_replayed(market, monkeypatch):
    monkeypatch.setattr(history, "EVENTS_KEPT", 10)
    monkeypatch.setattr(history, "STEP_ROWS", 4)
    short = History(market.node)
    trade(market, 10)
    whole = market.events()
    for _ in range(2):
        parts = list(short.chunks())
        assert sum(len(part.events) for part in parts) == len(whole)
        assert short._kept_rows < len(whole) and short._kept_from > 1
    late = market.seq - 1
    assert {int(seq) for part in short.chunks(late) for seq in part.events["seq"]} == {late, late + 1}


def test_a_head_is_found_by_counts(market):
    rows = market.node.commands()
    heads = heads_of(rows)
    assert len(heads) == market.seq and (rows["kind"][heads] != Command.DATA).all()


def test_the_book(market):
    for price in ("60000", "60001", "60002"):
        market.place("bob", "BTC/USDC", "sell", qty="0.1", price=price)
    market.place("alice", "BTC/USDC", "buy", qty="0.2", price="59999.5")
    book = market.book("BTC/USDC", depth=2)
    assert [level.price for level in book.asks] == [Decimal(60000), Decimal(60001)]
    assert [(level.price, level.qty, level.orders) for level in book.bids] == [(Decimal("59999.5"), Decimal("0.2"), 1)]
    assert "60001" in repr(book) and "60002" not in repr(book)
    table = book.to_numpy()
    assert table["side"].tolist() == ["buy", "sell", "sell"] and table["price"].tolist() == [59999.5, 60000, 60001]
    with pytest.raises(BadValue, match="depth"):
        market.book("BTC/USDC", depth=0)


def test_orders_come_in_order_of_entry(market):
    first = market.place("bob", "BTC/USDC", "sell", qty="0.1", price="60000")
    second = market.place("bob", "BTC/USDC", "sell", qty="0.1", price="60001", cl_ord_id="x", display="0.05")
    market.cancel(first)
    third = market.place("bob", "BTC/USDC", "sell", qty="0.1", price="60002")  # In the first one's slot.
    buy = market.place("alice", "BTC/USDC", "buy", qty="0.1", price="55000.5", stp="cancel_both", post_only=True)
    assert list(market.orders()) == [second, third, buy]
    assert list(market.orders("alice")) == [buy] and list(market.orders(instrument="BTC/USDC"))[-1] == buy
    with pytest.raises(BadValue, match="never was an order 5"):
        market.order(5)


def test_an_order_tells_its_whole_story(market):
    order = market.place("bob", "BTC/USDC", "sell", qty="0.3", price="60000", cl_ord_id="s", stp="cancel_both")
    market.place("alice", "BTC/USDC", "buy", qty="0.1", price="60000")
    market.place("alice", "BTC/USDC", "buy", qty="0.2", price="60000")
    done = market.order(order)
    assert (done.status, done.cum, done.leaves, done.stp, done.cl_ord_id) == (
        "filled", Decimal("0.3"), Decimal(0), "cancel_both", "s",
    )  # fmt: skip
    assert [fill.qty for fill in done.fills] == [Decimal("0.1"), Decimal("0.2")]
    assert list(market.fills("bob")) == list(done.fills)
    assert [trade.side for trade in market.trades("BTC/USDC")] == ["buy", "buy"]


def test_the_journal_in_words(market):
    market.place("bob", "BTC/USDC", "sell", qty="0.1", price="60000", trigger="59000", cl_ord_id=b"\xff")
    lines = list(market.journal())
    assert [line["seq"] for line in lines] == list(range(1, market.seq + 1))
    assert [line["kind"] for line in lines[:4]] == ["genesis", "list_asset", "list_asset", "list_instrument"]
    assert lines[3]["fields"]["name"] == "BTC/USDC" and lines[3]["fields"]["band_ppm"] == 100_000
    fields = lines[-1]["fields"]
    assert fields["cl_ord_id"] == "ff" and fields["flags"] == ["stop"] and fields["side"] == "sell"
    assert fields["trigger_price_ticks"] == 5_900_000 and fields["tif"] == "gtc"
    assert len(market.journal(from_seq=market.seq)) == 1


def test_tables_as_they_are(market):
    order = market.place("bob", "BTC/USDC", "sell", qty="0.1", price="60000", display="0.05")
    market.withdraw("bob", "BTC", "0.1")
    market.set_deadman("bob", 10)
    for name in ("assets", "instruments", "accounts", "balances", "orders", "extras", "leaves", "holds", "deadlines"):
        assert len(market.table(name)) > 0, name
    assert market.table("orders")[0]["order_id"] == order.order_id
    with pytest.raises(BadValue, match="is not one of"):
        market.table("moon")


def test_a_frame_in_every_form(market):
    market.set_fees(maker="0.0001", taker="0.0003")
    trade(market)
    fills = market.fills()
    assert fills.raw("price").tolist() == [6_000_000] * 2 and fills.unit("price") == Decimal("0.01")
    table = fills.to_numpy()
    assert table["fee"].tolist() == [0.006, 0.018] and table["ts_ns"].dtype == "datetime64[ns]"
    arrow = pytest.importorskip("pyarrow") and fills.to_arrow()
    assert arrow.column("fee").to_pylist() == [Decimal("0.006"), Decimal("0.018")]
    assert str(arrow.schema.field("ts_ns").type) == "timestamp[ns]"
    frame = pytest.importorskip("pandas") and fills.to_pandas()
    assert frame["side"].tolist() == ["sell", "buy"] and frame["qty"].sum() == 0.002
    assert fills.to_pandas(exact=True)["fee"].tolist() == [Decimal("0.006"), Decimal("0.018")]
    assert len(fills[0:2]) == 2 and fills[-1] == fills[1]
    with pytest.raises(IndexError):
        fills[2]
    assert "0.018" in repr(fills)


@pytest.mark.parametrize("view", ["fills", "trades", "orders", "ledger"])
def test_a_frame_without_rows_has_its_columns(view):
    import emporion

    with emporion.open(capacity="tiny") as venue:
        frame = getattr(venue, view)()
        assert len(frame) == 0 and len(frame.to_numpy()) == 0 and list(frame) == []
        pytest.importorskip("pyarrow")
        assert frame.to_arrow().num_rows == 0
        pytest.importorskip("pandas")
        assert list(frame.to_pandas().columns) == list(frame.columns)


def test_a_missing_package_is_named(market, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(frames.ExtraMissing, match=r"pandas is not installed; pip install 'emporion\[frames\]'"):
        market.orders().to_pandas()


def test_long_frames_print_short(market):
    trade(market, 30)
    text = repr(market.events())
    assert text.count("\n") == frames.SHOWN_ROWS + 1 and text.endswith(f"... {len(market.events())} rows")


def test_every_kind_of_event_has_a_text():
    from emporion.venue.views import COMMAND_TEXTS, EVENT_TEXTS

    assert all(EVENT_TEXTS[kind] for kind in Event) and all(COMMAND_TEXTS[kind] for kind in Command)
