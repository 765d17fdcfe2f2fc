"""The liquidation drill at a small size: everything happens, everything adds up, the seed is the whole reproduction."""

from emporion.kernel.jit import COMPILED
from emporion.schema.limits import LARGE, SMALL, TINY
from emporion.sim import drill

# Uncompiled a few hundred accounts take minutes; what is asserted inside does not depend on how many there are.
TERMS = drill.Terms(seed=3, accounts=300 if COMPILED else 12, seconds=20 if COMPILED else 6)


def test_a_coin_falls_and_everybody_who_lost_is_accounted_for():
    told = drill.run(TERMS)
    assert told.price_after < told.price_before * 0.42
    assert told.accounts_liquidated > TERMS.accounts // 4
    assert told.slices > 0 and told.sold_dollars > 0
    assert told.still_liquidated == 0
    assert told.insurance_after_dollars >= 0
    if COMPILED:  # All stages were reached.
        assert told.backstop_took > 0 and told.deleveraged > 0 and told.insurance_paid_dollars > 0
        assert drill.run(TERMS).digest == told.digest


def test_the_smallest_build_that_has_room_is_taken():
    assert [drill.capacity_for(accounts) for accounts in (10, 300, 3_000, 10_000)] == [TINY, SMALL, SMALL, LARGE]
