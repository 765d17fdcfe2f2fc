"""Which events move cash, and between whom: what a ledger is written from.

Every movement of value is a balanced posting. Most events carry one row for two accounts: the account that
the event names, and another that follows from its kind. Fills move more and are not among these.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emporion.schema.codes import Event
from emporion.schema.limits import CLEARING_ACCOUNT, INSURANCE_ACCOUNT, LENDING_ACCOUNT, OUTSIDE_ACCOUNT

# Kinds of ledger lines. Permanent: history files hold them.
ENTRY_TEXTS = (
    "deposit", "transfer", "withdrawal", "buy", "sell", "fee", "realized", "funding", "marked", "settled", "interest",
    "liquidation_fee", "insurance",
)  # fmt: skip
(
    DEPOSIT, TRANSFER, WITHDRAWAL, BUY, SELL, FEE, REALIZED, FUNDING, MARKED, SETTLED, INTEREST, LIQUIDATION_FEE,
    INSURANCE,
) = range(len(ENTRY_TEXTS))  # fmt: skip
NO_OTHER = 0  # Of a transfer: it has an event for each side.
BACKSTOP = -1  # The account of the last POSITION before the event.


class Posting(NamedTuple):
    """What an event moves: its amount times `sign` to its account, and as much from the other."""

    kind: int
    other: int = NO_OTHER
    sign: int = 1


POSTINGS = {
    Event.DEPOSITED: Posting(DEPOSIT, OUTSIDE_ACCOUNT),
    Event.TRANSFERRED: Posting(TRANSFER),
    Event.WITHDRAWAL_SETTLED: Posting(WITHDRAWAL, OUTSIDE_ACCOUNT),
    Event.POSITION: Posting(REALIZED, CLEARING_ACCOUNT),
    Event.FUNDING_PAID: Posting(FUNDING, CLEARING_ACCOUNT),
    Event.MARKED_TO_CASH: Posting(MARKED, CLEARING_ACCOUNT),
    Event.POSITION_SETTLED: Posting(SETTLED, CLEARING_ACCOUNT),
    Event.INTEREST_PAID: Posting(INTEREST, LENDING_ACCOUNT),
    Event.LIQUIDATION_STEP: Posting(LIQUIDATION_FEE, INSURANCE_ACCOUNT, -1),  # The amount is the fee.
    Event.BACKSTOP_TOOK: Posting(LIQUIDATION_FEE, BACKSTOP, -1),
    Event.INSURANCE_PAID: Posting(INSURANCE, INSURANCE_ACCOUNT),
}
_KIND, _OTHER, _SIGN = np.full(256, -1, np.int64), np.zeros(256, np.int64), np.zeros(256, np.int64)
for _event, _posting in POSTINGS.items():
    _KIND[_event], _OTHER[_event], _SIGN[_event] = _posting


class Postings(NamedTuple):
    """Postings among some events, in order: one element each."""

    at: NDArray[np.int64]  # Of the event.
    kind: NDArray[np.int64]
    amount_atoms: NDArray[np.int64]  # What the event's account got.
    other_id: NDArray[np.int64]  # Who gave it; NO_OTHER where another event says so.


def postings_of(events: NDArray[np.void]) -> Postings:
    """The postings of events of whole commands. What moved nothing makes none, but for transfers and the like."""
    kinds = events["kind"]
    moves = _KIND[kinds]
    is_posting = (moves >= 0) & ((moves <= WITHDRAWAL) | (events["amount_atoms"] != 0))
    at = np.flatnonzero(is_posting)
    other = _OTHER[kinds[at]]
    for place in np.flatnonzero(other == BACKSTOP).tolist():
        before = np.flatnonzero(kinds[: at[place]] == Event.POSITION)
        other[place] = events["account_id"][before[-1]]
    return Postings(at, moves[at], events["amount_atoms"][at] * _SIGN[kinds[at]], other)
