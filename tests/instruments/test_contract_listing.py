"""Templates of contracts: what is proposed for a listing."""

from decimal import Decimal as D

import pytest

from emporion.errors import BadValue
from emporion.instruments import future, option, outcome, perpetual
from emporion.instruments.listing import FundingTerms
from emporion.schema.codes import ContractKind
from emporion.schema.limits import HOUR_NS

EXPIRY = 1_800_000_000 * 10**9


@pytest.mark.parametrize(
    ("price", "tick", "lot"),
    [
        ("60000", "1", "0.000001"),
        ("230", "0.01", "0.0001"),
        ("1.0842", "0.0001", "0.01"),
        ("0.0000213", "1E-9", "1000"),
    ],
)
def test_a_perpetual_has_five_digits_and_lots_of_cents(price, tick, lot):
    listing = perpetual(D(price))
    assert (listing.kind, listing.tick, listing.lot) == (ContractKind.PERPETUAL, D(tick), D(lot))
    assert D("0.005") <= listing.lot * D(price) <= D("0.1")
    assert listing.funding == FundingTerms() and listing.expiry_ns is None
    assert listing.position_cap_lots * listing.lot * D(price) == pytest.approx(D(50_000_000), rel=D("1e-6"))
    assert listing.interest_cap_lots >= 9 * listing.position_cap_lots


def test_funding_is_hourly_at_an_eighth():
    terms = FundingTerms()
    assert (terms.interval_ns, terms.divisor) == (HOUR_NS, 8)
    assert (terms.interest_e12, terms.clamp_e12, terms.cap_e12) == (100_000_000, 500_000_000, 40_000_000_000)


def test_a_future_ends_at_an_average_of_half_an_hour():
    listing = future(D(60_000), EXPIRY)
    assert (listing.kind, listing.expiry_ns, listing.window_ns) == (ContractKind.FUTURE, EXPIRY, HOUR_NS // 2)
    assert listing.funding is None


def test_an_option_has_a_strike_and_the_underlyings_tick():
    call = option(D("0.4"), D(80_000), EXPIRY, is_call=True, underlying=D(60_000))
    assert (call.kind, call.strike, call.expiry_ns) == (ContractKind.CALL, D(80_000), EXPIRY)
    assert (call.tick, call.lot) == (D(1), D("0.001"))
    assert call.reference == 1, "a premium below the tick stands at the tick"
    assert option(D(900), D(50_000), EXPIRY, is_call=False, underlying=D(60_000)).kind == ContractKind.PUT


def test_an_outcome_costs_between_nothing_and_one():
    listing = outcome(D("0.35"))
    assert (listing.kind, listing.tick, listing.lot, listing.band) == (ContractKind.OUTCOME, D("0.001"), 1, 0)
    for price in ("0", "1", "1.2"):
        with pytest.raises(BadValue, match="is not between 0 and 1"):
            outcome(D(price))
