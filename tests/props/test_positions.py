"""Positions against fractions: what they cost, what they gained and the cash that moved, to the atom. Rule P-7."""

from fractions import Fraction

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.kernel import position
from emporion.schema.codes import Side
from emporion.schema.state import CONTRACT, HOLDING

pytestmark = pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="parts are called from Python: uncompiled only")
FILLS = st.lists(
    st.tuples(st.sampled_from([Side.BUY, Side.SELL]), st.integers(1, 60), st.integers(1, 10**9)), max_size=30
)


def fill(holding: np.record, side: Side, lots: int, tick_atoms: int) -> int:
    return int(position.change(holding, int(side), lots, tick_atoms))


def numbers(holding: np.record) -> tuple[int, int, int]:
    return int(holding.pos_lots), int(holding.entry_atoms), int(holding.shown_entry_atoms)


@given(FILLS)
def test_cost_and_gains_are_what_was_paid(fills):
    """However often it was added to, reduced and turned: cost = cash paid for lots + gains made cash."""
    holding = np.zeros(1, HOLDING)[0]
    paid = gains = lots_bought = 0
    for side, lots, tick_atoms in fills:
        sign = 1 if side == Side.BUY else -1
        gains += fill(holding, side, lots, tick_atoms)
        paid += sign * lots * tick_atoms
        lots_bought += sign * lots
        pos, entry, shown = numbers(holding)
        assert pos == lots_bought
        assert entry == shown == paid + gains
        assert (entry > 0) - (entry < 0) == (pos > 0) - (pos < 0)
    if holding.pos_lots == 0:
        assert gains == -paid


@given(FILLS)
def test_two_who_trade_with_each_other_have_opposite_positions(fills):
    """And what the clearing account paid both of them is the sum of what their positions cost."""
    one, other = np.zeros(2, HOLDING)
    clearing = 0
    for side, lots, tick_atoms in fills:
        clearing -= fill(one, side, lots, tick_atoms)
        clearing -= fill(other, Side.SELL if side == Side.BUY else Side.BUY, lots, tick_atoms)
        assert one.pos_lots == -other.pos_lots
        assert int(one.entry_atoms) + int(other.entry_atoms) + clearing == 0


@given(FILLS, FILLS)
def test_three_trade_and_nothing_is_lost(with_second, with_third):
    people = np.zeros(3, HOLDING)
    clearing = 0
    for place, fills in ((1, with_second), (2, with_third)):
        for side, lots, tick_atoms in fills:
            clearing -= fill(people[0], side, lots, tick_atoms)
            clearing -= fill(people[place], Side.SELL if side == Side.BUY else Side.BUY, lots, tick_atoms)
            assert int(people["pos_lots"].sum()) == 0
            assert int(people["entry_atoms"].sum()) + clearing == 0


@given(st.integers(1, 10**6), st.integers(1, 10**9), st.data())
def test_what_closes_takes_its_part_of_the_cost(lots, tick_atoms, data):
    """Rounded towards nothing by less than an atom, so that no part ever turns a cost's sign."""
    holding = np.zeros(1, HOLDING)[0]
    side = data.draw(st.sampled_from([Side.BUY, Side.SELL]))
    fill(holding, side, lots, tick_atoms)
    fill(holding, side, 1, 1)
    pos, entry, _ = numbers(holding)
    closing, price = data.draw(st.integers(1, abs(pos))), data.draw(st.integers(1, 10**9))
    sign = 1 if side == Side.BUY else -1
    gain = fill(holding, Side.SELL if side == Side.BUY else Side.BUY, closing, price)
    cost = entry - int(holding.entry_atoms)
    assert gain == sign * closing * price - cost
    exact = Fraction(entry) * closing / abs(pos)
    assert abs(exact) - 1 < abs(cost) <= abs(exact) and cost * entry >= 0


@given(st.integers(0, 10**18), st.integers(1, 10**6), st.data())
def test_a_binary_fee_base_is_rounded_up(notional, one, data):
    contract = np.zeros(1, CONTRACT)[0]
    price = data.draw(st.integers(1, one))
    assert position.fee_base(contract, price, notional) == notional
    contract["fee_form"], contract["one_ticks"] = 1, one
    assert position.fee_base(contract, price, notional) == -(-notional * (one - price) // one)
