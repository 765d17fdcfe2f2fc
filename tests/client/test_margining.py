"""Contracts and margin through the client: the records of the in-process API, and the channels that are asked for."""

import time
from decimal import Decimal

import pytest

from emporion.client import connect, messages
from emporion.errors import BadValue, Refused
from emporion.instruments.listing import FundingTerms
from tests.client.serving import serving

D = Decimal
DOWN_UP = [-160, -160, -80, -80, 0, 0, 80, 80, 160, 160, -160, 160, -15, 15, 0, 0]  # Thousandths of the price.


@pytest.fixture(scope="module")
def market():
    """A perpetual, alice and bob on margin, and who acts for both."""
    with serving() as served:
        venue = served.venue
        venue.list_asset("USDC", decimals=6, asset_class="stablecoin")
        venue.list_perpetual("BTC-PERP", "USDC", reference=60_000, lot="0.001")
        group, dollars = venue.set_group(), venue.set_group()
        venue.set_risk("USDC", dollars, [0] * 16, unit_shift=20, cap=10_000_000)
        venue.set_value("USDC", 1)
        venue.set_risk("BTC-PERP", group, [60_000 * each for each in DOWN_UP])
        venue.set_price("BTC-PERP", index=60_000, mark=60_000)
        for name in ("alice", "bob"):
            venue.open_account(name)
            venue.deposit(name, "USDC", 50_000)
        with connect(served.url, **served.key("house", "alice", ("read", "trade", "withdraw", "operate"))) as client:
            for name in ("alice", "bob"):
                assert client.set_margin(name).mode == "margin"
            yield served, client


def test_records_are_those_of_the_venue_in_process(market):
    served, client = market
    client.place("bob", "BTC-PERP", "sell", qty=1, price=60_000)
    client.place("alice", "BTC-PERP", "buy", qty=1, price=60_000)
    served.venue.set_price("BTC-PERP", mark=61_000)
    assert client.contract("BTC-PERP") == served.venue.contract("BTC-PERP") == client.all_contracts()[0]
    assert client.contracts == served.venue.contracts
    for account in ("alice", None):
        mine, theirs = client.positions(account), served.venue.positions(account)
        assert len(mine) and tuple(mine) == tuple(theirs) and mine.columns == theirs.columns
        assert mine.to_pandas().equals(theirs.to_pandas())
    assert client.margin("bob") == served.venue.margin("bob")
    assert client.explain("alice") == served.venue.explain("alice")
    assert client.questions == () == client.odds() and client.option_chains() == () and client.gauges() == ()


def test_previews_and_refusals(market):
    _, client = market
    seen = client.preview("alice", "BTC-PERP", "buy", qty=1, price=60_000)
    assert seen.accepted and seen.required_after > seen.required and seen.equity > 0
    with pytest.raises(Refused, match="INSUFFICIENT_MARGIN"):
        client.place("alice", "BTC-PERP", "buy", qty=10, price=60_000)


def test_ties_and_twaps(market):
    served, client = market
    entry = client.place("alice", "BTC-PERP", "buy", qty=1, price=58_000)
    stop = client.place(
        "alice", "BTC-PERP", "sell", qty=1, price=56_000, trigger=57_000, trigger_by="mark", trail=500,
        reduce_only=True, child_of=entry,
    )  # fmt: skip
    assert (stop.trigger_by, stop.trail, stop.link, stop.related_id) == ("mark", 500, "child", entry.order_id)
    frame = {each.order_id: each for each in client.orders("alice")}
    assert frame == {each.order_id: each for each in served.venue.orders("alice")}
    client.mass_cancel("alice")
    twap = client.place_twap("alice", "BTC-PERP", "buy", qty="0.4", seconds="3600", every=D(900), stp="cancel_both")
    assert client.twaps("alice") == (twap,) == served.venue.twaps("alice")
    assert client.twap(twap.twap_id) == served.venue.twap(twap.twap_id)
    with pytest.raises(BadValue, match="no TWAP 5 "):
        client.twap(5)
    with pytest.raises(BadValue, match="whole seconds"):
        client.place_twap("alice", "BTC-PERP", "buy", qty="0.4", seconds="0.5")
    client.cancel_twap(twap)
    assert client.twaps("alice") == ()


def test_operators_list_and_answer(market):
    served, client = market
    perpetual = client.list_perpetual("ETH-PERP", "USDC", reference=3_000, band="0.2")
    assert perpetual == served.venue.contract("ETH-PERP")
    expiry = served.venue.now_ns + 86_400 * 10**9 * 30
    assert client.list_future("ETH-30D", "USDC", reference=3_000, expiry=expiry).expiry_ns == expiry
    option = client.list_option("ETH-30D-C", "USDC", strike=3_500, expiry=expiry, call=True, underlying=3_000)
    assert (option.kind, option.strike) == ("call", 3_500)
    group = client.set_group("price", "0.6")
    client.set_risk("ETH-PERP", group, [-5, 5], short_min=0)
    assert client.set_price("ETH-PERP", index=3_000, mark=3_001) == served.venue.contract("ETH-PERP")
    client.set_value("USDC", "0.999")
    client.set_value("USDC", 1)
    client.set_lending("USDC", 5_000, full="0.0001")
    client.set_liquidation("bob", fee="0.01")
    assert client.amend_contract("ETH-PERP", position_max=5).position_max == 5
    assert client.contract("ETH-PERP").mark == 3_001 and client.sweep(10) == 0
    question = client.list_question("RAIN?", challenge=60)
    assert question == served.venue.question("RAIN?")
    client.list_outcome("RAIN-YES", "USDC", question.question_id, binary_fees=False)
    for step in (
        lambda venue: venue.propose(question.question_id, [1, 0]),
        lambda venue: venue.challenge("RAIN?"),
        lambda venue: venue.resolve("RAIN?", ["0.5", "0.5"]),
    ):
        assert step(client) == served.venue.question("RAIN?") == client.question(question.question_id)
    client.list_question("WHO?", 3)
    assert client.questions == served.venue.questions and client.odds()[0].outcomes[0].payout == "0.5"
    with pytest.raises(BadValue, match="SNOW"):
        client.question("SNOW?")
    with pytest.raises(BadValue, match="colour"):
        client.list_perpetual("X", "USDC", reference=1, colour="red")
    assert tuple(client.funding_history("ETH-PERP")) == () == tuple(served.venue.funding_history("ETH-PERP"))


def test_funding_rates_are_the_same_frame(market):
    served, client = market
    served.venue.list_perpetual("F-PERP", "USDC", reference=100, funding=FundingTerms(interval_ns=10**9))
    served.venue.set_price("F-PERP", index=100, mark=100)
    until = time.monotonic() + 20
    while not len(mine := client.funding_history("F-PERP", limit=1)):
        assert time.monotonic() < until
        time.sleep(0.1)
    theirs = [each for each in served.venue.funding_history("F-PERP") if each.seq == mine[0].seq]
    assert list(mine) == theirs and mine.columns == served.venue.funding_history("F-PERP").columns


def test_contracts_and_margin_stream(market):
    served, client = market
    with client.stream() as stream:
        stream.subscribe("contracts", "BTC-PERP")
        stream.subscribe("margin", account="alice")
        stream.subscribe("gauges")
        seen: dict[type, list] = {messages.Contracts: [], messages.Margin: [], messages.Gauges: []}
        has_moved = False
        for message in stream:
            if type(message) in seen:
                seen[type(message)].append(message)
            if not has_moved and all(seen.values()):
                has_moved = True
                served.venue.set_price("BTC-PERP", mark=62_000)
            if len(seen[messages.Contracts]) > 1 and len(seen[messages.Margin]) > 1:
                break
    first, then = seen[messages.Contracts][:2]
    assert first.first and not then.first and then.items == (served.venue.contract("BTC-PERP"),)
    assert then.items[0].mark == 62_000 and seen[messages.Gauges][0].items == ()
    assert seen[messages.Margin][-1].summary == served.venue.margin("alice")
    assert seen[messages.Margin][-1].positions == tuple(served.venue.positions("alice"))
