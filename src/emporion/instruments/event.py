"""Event contracts: one question, up to sixteen outcomes that exclude each other, a price between 0 and 1 for each.

A contract pays one if its outcome comes true and nothing if not. Each outcome has one book, and buying NO is selling
YES. A resolver says what happened; after a window in which it may be challenged each position is paid, and the
question is closed. A split pays each outcome a part, a void pays them as the rules of the question say: in every case
a vector of numbers that are not negative and sum to 1.

So the scenarios are the outcomes, and the array of an outcome's contract is its payoff less its mark. The kernel makes
it from the mark, since it needs no model: in scenario k outcome k pays one. Any vector that sums to 1 is a mixture of
those, and what a holding is worth under a mixture is the mixture of what it is worth: never worse than the worst
scenario. So margin is the exact worst case and maintenance margin equals initial: a mark that moves changes equity and
margin alike.
"""

from decimal import Decimal

import numpy as np

from emporion.errors import BadValue
from emporion.instruments.listing import INTEREST_DOLLARS, POSITION_DOLLARS, ContractListing
from emporion.instruments.loads import Load, to_entries
from emporion.instruments.scenarios import EventGroup
from emporion.schema.codes import ContractKind
from emporion.schema.limits import SCENARIOS


def outcome(price: Decimal, expiry_ns: int | None = None) -> ContractListing:
    """A contract on one outcome at `price`: tick a tenth of a cent, lot one contract.

    There is no band but 0 and 1, since news moves it from one end to the other; so market orders name a price.
    """
    if not 0 < price < 1:
        raise BadValue(f"price: {price} is not between 0 and 1")
    return ContractListing(
        ContractKind.OUTCOME, Decimal("0.001"), Decimal(1), price, band=Decimal(0), notional_min=Decimal(0),
        position_cap_lots=int(POSITION_DOLLARS), interest_cap_lots=int(INTEREST_DOLLARS), expiry_ns=expiry_ns,
    )  # fmt: skip


def risk_arrays(
    marks: list[float], lot: float, unit_shift: int, group: EventGroup, quote_dollars: float = 1.0
) -> list[Load]:
    """The load of each outcome's contract, in order: payoff less mark. To compare with what the kernel makes.

    Scenarios beyond the outcomes repeat the first.

    Args:
        marks: of each contract, within 0 and 1: one of a binary question, else one for each outcome. They need not sum
            to 1, as each book has its own.
    """
    contracts = 1 if group.outcomes == 2 else group.outcomes
    if len(marks) != contracts:
        raise BadValue(f"group {group.name}: {len(marks)} marks for {contracts} contracts")
    if not all(0.0 <= mark <= 1.0 for mark in marks):
        raise BadValue(f"group {group.name}: marks {marks} are within 0 and 1")
    comes_true = np.where(np.arange(SCENARIOS) < group.outcomes, np.arange(SCENARIOS), 0)
    payoff = np.arange(contracts)[:, None] == comes_true
    dollars = (payoff - np.array(marks)[:, None]) * (lot * quote_dollars)
    return [Load(group.name, entries) for entries in to_entries(dollars, unit_shift)]
