"""A served venue answers as one in process: the same records, the same refusals, and the same journal below."""

import pytest

import emporion
from emporion.client import Client, connect
from emporion.errors import Refused
from tests.client.outcomes import comparable_rows, outcome
from tests.client.serving import serving, set_up

BTC = "BTC/USDC"


def steps(venue):
    """What is done, in order, each with a name. Later steps use what earlier ones returned."""
    kept = {}

    def keep(name, made):
        kept[name] = made
        return made

    def place(account, side, qty, price=None, instrument=BTC, **more):
        return lambda: venue.place(account, instrument, side, qty=qty, price=price, **more)

    yield "rest", lambda: keep("bid", venue.place("alice", BTC, "buy", qty="0.5", price="60000", cl_ord_id="x1"))
    yield "duplicate", place("alice", "buy", "0.5", "60000", cl_ord_id="x1")
    yield "trade", place("bob", "sell", "0.2", "59999.5", tif="ioc")
    yield "off the tick", place("alice", "buy", "0.5", "60000.001")
    yield "off the lot", place("alice", "buy", "0.00001", "60000")
    yield "a float", place("alice", "buy", 0.5, "60000")
    yield "no quantity", place("alice", "buy", "0", "60000")
    yield "no price", place("alice", "buy", "1")
    yield "price 0", place("alice", "buy", "1", "0")
    yield "too dear", place("alice", "buy", "100", "60000")
    yield "no side", place("alice", "up", "1", "60000")
    yield "nobody", place("nobody", "buy", "1", "60000")
    yield "nothing", place("alice", "buy", "1", "60000", instrument="X/Y")
    yield "outside the band", place("alice", "buy", "0.1", "70000")
    yield "post-only ioc", place("alice", "buy", "0.1", "60000", post_only=True, tif="ioc")
    yield "would match", place("bob", "sell", "0.1", "60000", post_only=True)
    yield "the venue's own account", place("outside", "buy", "0.1", "60000")
    yield "gtd without end", place("alice", "buy", "0.1", "60000", tif="gtd")
    yield "an end long ago", place("alice", "buy", "0.1", "60000", expire=5)
    yield "no liquidity", place("alice", "buy", "0.1", market=True)
    yield "market", place("bob", "sell", "0.1", market=True)
    yield "fok", place("bob", "sell", "1.5", "60000", tif="fok")
    yield "iceberg, id of bytes", place("bob", "sell", "0.1", "61000", display="0.01", cl_ord_id=b"\xff\x01")
    yield "duplicate of bytes", place("bob", "sell", "0.1", "61000", cl_ord_id=b"\xff\x01")
    yield "id of text and bytes", place("bob", "sell", "0.01", "61000", cl_ord_id=b"abc")
    yield "the same as text", place("bob", "sell", "0.01", "61000", cl_ord_id="abc")
    yield "id with a slash", place("bob", "sell", "0.01", "61000", cl_ord_id="a/b?c=ü")
    yield "cancel by it", lambda: venue.cancel(account="bob", cl_ord_id="a/b?c=ü")
    yield "stop", place("alice", "buy", "0.1", "62000", trigger="61500")
    yield "too long an id", place("alice", "buy", "0.1", "60000", cl_ord_id="y" * 17)
    yield "account by number", place(4, "buy", "0.01", "59000")
    yield "account by record", place(venue.account("alice"), "buy", "0.01", "59000")
    yield "replace", lambda: venue.replace(kept["bid"], qty="0.6")
    yield "replace by number", lambda: venue.replace(kept["bid"].order_id, price="59990.5", cl_ord_id="x2")
    yield "replace by id", lambda: venue.replace(account="alice", cl_ord_id="x2", qty="0.55")
    yield "replace off the tick", lambda: venue.replace(kept["bid"], price="1.001")
    yield "replace to 0", lambda: venue.replace(kept["bid"], price="0")
    yield "replace nothing", lambda: venue.replace(12345, price="1")
    yield "order", lambda: venue.order(kept["bid"])
    yield "order by number", lambda: venue.order(kept["bid"].order_id)
    yield "no order", lambda: venue.order(999)
    yield "cancel nothing by id", lambda: venue.cancel(cl_ord_id="zz")
    yield "cancel nonsense", lambda: venue.cancel("zz")
    yield "orders", lambda: venue.orders()
    yield "orders of one", lambda: venue.orders("alice")
    yield "orders of one on one", lambda: venue.orders("alice", BTC)
    yield "orders on nothing", lambda: venue.orders("alice", "NO")
    yield "cancel", lambda: venue.cancel(kept["bid"])
    many = [
        {"account": "alice", "instrument": BTC, "side": "buy", "qty": "0.1", "price": "58000"},
        {"account": "alice", "instrument": BTC, "side": "buy", "qty": "0.1", "price": "58000", "cl_ord_id": "x1"},
        {"account": "alice", "instrument": BTC, "side": "sell", "qty": "0.2", "price": "60500", "tif": "ioc"},
    ]
    yield "place many", lambda: venue.place_many(many)
    yield "one of many off the tick", lambda: venue.place_many([many[0], {**many[1], "price": "1.001"}])
    yield "one of many of nothing", lambda: venue.place_many([many[0], {**many[1], "instrument": "NO"}])
    yield "place none", lambda: venue.place_many([])
    yield "mass cancel", lambda: venue.mass_cancel("alice", side="buy")
    yield "mass cancel of one", lambda: venue.mass_cancel("alice", BTC)
    yield "deadman", lambda: venue.set_deadman("alice", "60")
    yield "deadman too long", lambda: venue.set_deadman("alice", "100000")
    yield "deadman off", lambda: venue.set_deadman("alice", 0)

    yield "withdraw", lambda: keep("hold", venue.withdraw("alice", "USDC", "100.5", cl_ord_id="w1", reference=7))
    yield "withdraw again", lambda: venue.withdraw("alice", "USDC", "100.5", cl_ord_id="w1")
    yield "withdraw nothing", lambda: venue.withdraw("alice", "USDC", "0")
    yield "withdraw too much", lambda: venue.withdraw("alice", "USDC", "1000000")
    yield "withdraw what is not", lambda: venue.withdraw("alice", "EUR", "1")
    yield "hold", lambda: venue.hold(kept["hold"].hold_id)
    yield "settle", lambda: venue.settle(kept["hold"])
    yield "settle again", lambda: venue.settle(kept["hold"])
    yield "no hold", lambda: venue.hold(kept["hold"].hold_id)
    yield "withdraw more", lambda: keep("hold", venue.withdraw("alice", "USDC", "1"))
    yield "refuse", lambda: venue.refuse(kept["hold"].hold_id)
    yield "freeze", lambda: keep("hold", venue.freeze("bob", "BTC", "1.65"))
    yield "frozen", lambda: venue.hold(kept["hold"].hold_id)
    yield "release", lambda: venue.release(kept["hold"])
    yield "transfer", lambda: venue.transfer("alice", "bob", "USDC", "5")
    yield "transfer to nobody", lambda: venue.transfer("alice", "nobody", "USDC", "5")
    yield "deposit", lambda: venue.deposit("alice", "USDC", "5", cl_ord_id="d1")
    yield "deposit again", lambda: venue.deposit("alice", "USDC", "5", cl_ord_id="d1")

    yield "fees", lambda: venue.set_fees("-0.0001", "0.0005")
    yield "fees too fine", lambda: venue.set_fees("0.00000001", "0.0005")
    yield "fees too high", lambda: venue.set_fees("0.5", "0.5")
    yield "name taken", lambda: venue.open_account("alice")
    yield "sub-account", lambda: venue.open_account("alice.desk", "alice")
    yield "no name", lambda: venue.open_account("#x")
    yield "tier", lambda: venue.set_account("alice", 3)
    yield "freeze account", lambda: venue.freeze_account("alice")
    yield "place frozen", place("alice", "buy", "0.1", "60000")
    yield "account", lambda: venue.account("alice")
    yield "unfreeze account", lambda: venue.unfreeze_account("alice")
    yield "no account", lambda: venue.account("nobody")
    yield "accounts", lambda: venue.accounts
    yield "asset taken", lambda: venue.list_asset("USDC", 6)
    yield "asset without name", lambda: venue.list_asset("", 6)
    yield "asset of no class", lambda: venue.list_asset("ABC", 6, "nonsense")
    yield "asset", lambda: venue.list_asset("GOLD", 4, "gold")
    yield "template", lambda: venue.list_instrument("GOLD/USDC", template="gold", reference="2650")
    yield "instrument taken", lambda: venue.list_instrument("GOLD/USDC", tick="1", lot="1")
    yield "grid that does not fit", lambda: venue.list_instrument("GOLD/BTC", tick="0.000000001", lot="0.001")
    yield "no template", lambda: venue.list_instrument("GOLD/BTC", template="nope", reference="1")
    yield "no terms", lambda: venue.list_instrument("GOLD/BTC")
    yield "of what is not", lambda: venue.list_instrument("GOLD/XXX", tick="1", lot="1")
    yield "amend", lambda: venue.amend_instrument("GOLD/USDC", band="0.2", qty_min="0.01")
    yield "amend nonsense", lambda: venue.amend_instrument("GOLD/USDC", nonsense="0.2")
    yield "halt", lambda: venue.set_status("GOLD/USDC", "halted")
    yield "no status", lambda: venue.set_status("GOLD/USDC", "shut")
    yield "operator's mass cancel", lambda: venue.mass_cancel(instrument="GOLD/USDC")
    yield "place halted", place("alice", "buy", "0.1", "2600", instrument="GOLD/USDC")
    yield "instrument", lambda: venue.instrument(BTC)
    yield "no instrument", lambda: venue.instrument("NO")
    yield "assets", lambda: venue.assets
    yield "one asset", lambda: venue.asset("USDC")
    yield "no asset", lambda: venue.asset("NO")
    yield "instruments", lambda: venue.instruments
    yield "no limit", lambda: venue.set_limit("nope", 4)
    yield "limit lowered", lambda: venue.set_limit("orders", 1)

    yield "rest again", place("alice", "buy", "0.3", "60000")
    yield "trade with fees", place("bob", "sell", "0.1", "60000")
    yield "offer", place("bob", "sell", "0.1", "60000.5")
    yield "book", lambda: venue.book(BTC)
    yield "book of nothing", lambda: venue.book("NO")
    yield "no depth", lambda: venue.book(BTC, 0)
    yield "balances", lambda: venue.balances()
    yield "balances of one", lambda: venue.balances("alice")
    yield "balances of nobody", lambda: venue.balances("nobody")
    yield "fills", lambda: venue.fills()
    yield "fills of one", lambda: venue.fills("bob", BTC)
    yield "trades", lambda: venue.trades()
    yield "trades of one", lambda: venue.trades(BTC)
    yield "ledger of one", lambda: venue.ledger("bob")
    yield "ledger", lambda: sorted((entry.account, entry.asset, entry.kind, entry.amount) for entry in venue.ledger())
    yield "seq", lambda: venue.seq


# Asked for by what is not there any more, the kernel is asked from afar, and not in process: so at the end.
LAST = {
    "cancel twice": lambda venue: venue.cancel(venue.orders("bob")[0].order_id, account="alice"),
    "cancel no id": lambda venue: venue.cancel(account="alice", cl_ord_id="zz"),
}


def played(venue):
    """All steps on one venue: their outcomes by name."""
    set_up(venue)
    return {name: outcome(step) for name, step in steps(venue)}


@pytest.fixture(scope="module")
def both():
    """Outcomes and journals of the two."""
    with emporion.open(capacity="small") as venue:
        venue.open_account("house")
        embedded = played(venue)
        embedded |= {name: outcome(lambda step=step: step(venue)) for name, step in LAST.items()}
        embedded_rows = venue.node.commands(from_seq=1)
    with serving() as served:
        served.venue.open_account("house")  # The operator's own, so that signing in opens none.
        scopes = ("read", "trade", "withdraw", "operate")
        with connect(served.url, **served.key("house", "house", scopes)) as client:
            assert isinstance(client, Client)
            remote = played(client)
            remote_rows = served.journal()
            remote |= {name: outcome(lambda step=step: step(client)) for name, step in LAST.items()}
    return embedded, remote, embedded_rows, remote_rows


def test_every_step_has_the_same_outcome(both):
    embedded, remote, _, _ = both
    assert embedded.keys() == remote.keys()
    different = [f"{name}:\n  {found}\n  {remote[name]}" for name, found in embedded.items() if found != remote[name]]
    assert not different, "\n".join(different)


def test_most_steps_return_something_and_many_are_refused(both):
    embedded, _, _, _ = both
    failed = [found for found in embedded.values() if isinstance(found, type) or (found and found[0] is Refused)]
    assert len(failed) > 50 and len(embedded) - len(failed) > 60


def test_the_journals_are_the_same_row_by_row(both):
    _, _, embedded, remote = both
    assert comparable_rows(embedded) == comparable_rows(remote)
