"""Assets and instruments: units that fit, bounds that are exact, templates that can be listed."""

from decimal import Decimal

import pytest

import emporion
from emporion.errors import BadValue, Refused
from emporion.instruments import TEMPLATES
from emporion.schema.codes import AssetClass
from emporion.schema.limits import NOTIONAL_MAX


@pytest.fixture
def venue():
    with emporion.open(capacity="tiny") as opened:
        opened.list_asset("USDC", decimals=6, asset_class="stablecoin")
        opened.list_asset("BTC", decimals=8)
        yield opened


def test_there_is_a_template_for_every_class_that_is_delivered():
    assert set(TEMPLATES) == {member.name.lower() for member in AssetClass if member <= AssetClass.PRIVATE}


@pytest.mark.parametrize("price", ["0.00000731", "0.42", "1", "60000", "130000"])
@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize("decimals", [0, 2, 6, 8])
def test_every_template_makes_an_instrument_that_trades(venue, template, price, decimals):
    venue.list_asset("X", decimals=decimals, asset_class=template)
    tick = TEMPLATES[template](Decimal(price)).tick
    reference = max(tick, Decimal(price) // tick * tick)
    listed = venue.list_instrument("X/USDC", template=template, reference=reference)
    assert listed.asset_class == template and listed.status == "open" and listed.tick == tick
    assert listed.price_max >= 10 * reference
    qty = max(listed.qty_min, (2 * listed.notional_min / reference) // listed.lot * listed.lot + listed.lot)
    buyer, seller = venue.open_account("buyer"), venue.open_account("seller")
    venue.deposit(buyer, "USDC", (qty * reference * 2).quantize(Decimal(1)) + 1)
    venue.deposit(seller, "X", qty)
    venue.place(seller, "X/USDC", "sell", qty=qty, price=reference)
    assert venue.place(buyer, "X/USDC", "buy", qty=qty, market=True).status == "filled"


def test_a_lot_that_does_not_fit_names_one_that_does(venue):
    with pytest.raises(BadValue, match=r"with tick 0.01 take lot 0.0001\b"):
        venue.list_instrument("BTC/USDC", tick="0.01", lot="0.00001")
    listed = venue.list_instrument("BTC/USDC", tick="0.01", lot="0.0001")
    assert (str(listed.tick), str(listed.lot)) == ("0.01", "0.0001")


def test_bounds_share_the_room_of_an_exact_notional(venue):
    listed = venue.list_instrument("BTC/USDC", tick="0.01", lot="0.0001", reference="60000", band="0.1")
    assert listed.price_max == 60_000_000 and listed.band == Decimal("0.1")
    assert listed.price_max * listed.qty_max * 10**6 <= NOTIONAL_MAX
    narrower = venue.amend_instrument("BTC/USDC", qty_max="10", notional_min="5", fee_schedule=3)
    assert (narrower.qty_max, narrower.notional_min, narrower.fee_schedule) == (10, 5, 3)
    assert (narrower.price_max, narrower.reference, narrower.band) == (listed.price_max, 60_000, Decimal("0.1"))
    with pytest.raises(BadValue, match="largest notional"):
        venue.amend_instrument("BTC/USDC", qty_max="10000000")
    with pytest.raises(BadValue, match="tick cannot be changed"):
        venue.amend_instrument("BTC/USDC", tick="1")
    with pytest.raises(Refused, match="BAD_VALUE"):
        venue.amend_instrument("BTC/USDC", fee_schedule=8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give tick= and lot="),
        ({"template": "coin"}, "give reference="),
        ({"template": "tulip", "reference": 1}, "not one of bond, coin"),
        ({"tick": "0", "lot": "1"}, "must be positive"),
        ({"tick": "1e-50", "lot": "1"}, "far outside"),
        ({"tick": "1", "lot": "1", "base": "ETH"}, "no asset is named 'ETH'"),
        ({"tick": "1", "lot": "1", "status": "ajar"}, "'pre_open', 'open'"),
        ({"tick": "1", "lot": "1", "band": "0.0000001"}, "millionth"),
        ({"tick": "1e25", "lot": "1"}, "too coarse"),
        ({"tick": "1", "lot": "1", "fee_schedule": 1.5}, "small whole number"),
    ],
)
def test_what_cannot_be_listed_says_why(venue, arguments, message):
    seq = venue.seq
    with pytest.raises(BadValue, match=message):
        venue.list_instrument("BTC/USDC", **arguments)
    assert venue.seq == seq


def test_names_are_given_once(venue):
    with pytest.raises(BadValue, match="listed already"):
        venue.list_asset("USDC", decimals=2)
    with pytest.raises(BadValue, match="longer than 16 bytes"):
        venue.list_asset("a-very-long-name-indeed", decimals=2)
    with pytest.raises(BadValue, match="printable"):
        venue.list_asset("", decimals=2)
    assert venue.assets == ("USDC", "BTC")


def test_an_instrument_may_begin_closed_to_matching(venue):
    assert venue.list_instrument("BTC/USDC", tick="1", lot="0.01", status="pre_open").status == "pre_open"
    venue.open_account("bob")
    venue.deposit("bob", "BTC", 1)
    venue.place("bob", "BTC/USDC", "sell", qty=1, price=60000)
    with pytest.raises(Refused, match="BAD_STATUS"):
        venue.place("bob", "BTC/USDC", "sell", qty=1, price=60000, tif="ioc")
    assert venue.set_status("BTC/USDC", "closed").status == "closed"
    assert len(venue.orders()) == 0


def test_listing_and_opening_are_one_batch(venue):
    before = venue.seq
    listed = venue.list_instrument("BTC/USDC", tick="1", lot="0.01")
    frame = venue.journal(before + 1)
    assert [line["kind"] for line in frame] == ["list_instrument", "set_status"]
    assert frame[1]["fields"]["instrument_id"] == listed.instrument_id
    assert len(set(frame.raw("ts_ns").tolist())) == 1  # One stamp: one submission, one batch.


def test_a_refused_listing_opens_nothing(venue):
    one = venue.list_instrument("BTC/USDC", tick="1", lot="0.01", status="halted")
    with pytest.raises(Refused, match="BAD_VALUE"):
        venue.list_instrument("USDC/BTC", tick="1", lot="1", fee_schedule=8)
    assert venue.instruments == ("BTC/USDC",) and venue.instrument("BTC/USDC").status == one.status == "halted"
