"""The judge: the rules of docs/rules in the plainest Python that says what they say.

`Model` takes the same rows as the machine and answers with the same events. It was written from
the rule pages alone, without a look at the kernel, and must agree with it on every field of
every event; where the two differ, one of them, or the page, is wrong. It makes no attempt to be
fast: lists are searched, books are sorted when looked at, tables are counted when asked for.

The parts: `model_records`, `model_contracts_state` and `model_state` (records and shared acts), `model_orders` (O),
`model_match` (M), `model_triggers` (T), `model_links` (K), `model_twap` (X), `model_walks` and `model_deadlines` (W),
`model_ledger` (L), `model_operators` (A), `model_contracts`, `model_ends` and `model_questions` (C),
`model_funding` (F), `model_settle` (S), `model_positions`, `model_margin_orders` and `model_delivery` (P),
`model_risk` and `model_margin` (R), `model_loans` (N), `model_liquidation`, `model_slices` and `model_ranks` (Q),
`model_check` (is it sound?).
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from emporion.schema.build_margin import PAYOUT_ROWS, RISK_ROWS
from emporion.schema.codes import Command, Reject, Side
from emporion.schema.limits import CANCELS_PER_COMMAND, HOUR_NS, TS_MAX
from emporion.schema.messages import (
    ADMIN_COMMAND,
    ASSET_TERMS,
    COMMAND,
    CONTRACT_BOUNDS,
    CONTRACT_TERMS,
    EVENT,
    GENESIS_LIMITS,
    GENESIS_ROWS,
    INSTRUMENT_BOUNDS,
    INSTRUMENT_TERMS,
    LEDGER_COMMAND,
    MARGIN_COMMAND,
    ORDER_COMMAND,
    ORDER_EXTRA,
    QUESTION_TERMS,
    TRANSFER_COMMAND,
    TWAP_TERMS,
    VALUES,
)
from emporion.sim import model_contracts as contracts
from emporion.sim import model_ledger as ledger
from emporion.sim import model_liquidation as liquidation
from emporion.sim import model_loans as loans
from emporion.sim import model_operators as operators
from emporion.sim import model_orders as orders
from emporion.sim import model_questions as questions
from emporion.sim import model_risk as risk
from emporion.sim import model_twap as twap
from emporion.sim import model_walks as walks
from emporion.sim.model_check import problems
from emporion.sim.model_deadlines import work_off_deadlines
from emporion.sim.model_margin import raise_epoch
from emporion.sim.model_records import Hold, Instrument, Order
from emporion.sim.model_state import Refusal, Venue, require

Row = SimpleNamespace
Handler = Callable[[Venue, Row, list[Row]], None]


def nothing(venue: Venue, row: Row, data: list[Row]) -> None:
    """W-3."""


# Kind to its rule and the data rows it may bring (W-4): all of one of these lists.
RULES: dict[int, tuple[Handler, list[list[np.dtype]]]] = {
    Command.TICK: (nothing, [[]]),
    Command.CONTINUE: (walks.continue_work, [[]]),
    Command.PLACE: (orders.place, [[], [ORDER_EXTRA]]),
    Command.REPLACE: (orders.replace, [[]]),
    Command.CANCEL: (orders.cancel, [[]]),
    Command.CANCEL_BY_CL_ORD_ID: (orders.cancel_by_cl_ord_id, [[]]),
    Command.MASS_CANCEL: (walks.mass_cancel, [[]]),
    Command.PLACE_TWAP: (twap.place_twap, [[TWAP_TERMS]]),
    Command.CANCEL_TWAP: (twap.cancel_twap, [[]]),
    Command.SET_DEADMAN: (walks.set_deadman, [[]]),
    Command.DEPOSIT: (ledger.deposit, [[]]),
    Command.TRANSFER: (ledger.transfer, [[]]),
    Command.WITHDRAW: (ledger.withdraw, [[]]),
    Command.WITHDRAW_SETTLE: (ledger.withdraw_settle, [[]]),
    Command.WITHDRAW_REFUSE: (ledger.withdraw_refuse, [[]]),
    Command.FREEZE_BALANCE: (ledger.freeze_balance, [[]]),
    Command.RELEASE_BALANCE: (ledger.release_balance, [[]]),
    Command.GENESIS: (operators.genesis, [[GENESIS_LIMITS] * GENESIS_ROWS]),
    Command.SET_LIMIT: (operators.set_limit, [[]]),
    Command.LIST_ASSET: (operators.list_asset, [[ASSET_TERMS]]),
    Command.LIST_INSTRUMENT: (operators.list_instrument, [[INSTRUMENT_TERMS, INSTRUMENT_BOUNDS]]),
    Command.AMEND_INSTRUMENT: (operators.amend_instrument, [[INSTRUMENT_BOUNDS]]),
    Command.SET_STATUS: (operators.set_status, [[]]),
    Command.SET_FEES: (operators.set_fees, [[]]),
    Command.LIST_CONTRACT: (
        contracts.list_contract,
        [[INSTRUMENT_TERMS, INSTRUMENT_BOUNDS, CONTRACT_TERMS, CONTRACT_BOUNDS]],
    ),
    Command.AMEND_CONTRACT: (contracts.amend_contract, [[CONTRACT_BOUNDS]]),
    Command.LIST_QUESTION: (questions.list_question, [[QUESTION_TERMS]]),
    Command.PROPOSE_OUTCOME: (questions.propose_outcome, [[VALUES] * PAYOUT_ROWS]),
    Command.CHALLENGE_OUTCOME: (questions.challenge_outcome, [[]]),
    Command.RESOLVE_OUTCOME: (questions.resolve_outcome, [[VALUES] * PAYOUT_ROWS]),
    Command.SET_PRICE: (contracts.set_price, [[]]),
    Command.SET_GROUP: (risk.set_group, [[]]),
    Command.SET_RISK: (risk.set_risk, [[VALUES] * RISK_ROWS]),
    Command.SET_MARGIN: (risk.set_margin, [[]]),
    Command.SET_LENDING: (loans.set_lending, [[VALUES]]),
    Command.SET_LIQUIDATION: (liquidation.set_liquidation, [[VALUES]]),
    Command.SWEEP: (liquidation.sweep, [[]]),
    Command.OPEN_ACCOUNT: (operators.open_account, [[]]),
    Command.SET_ACCOUNT: (operators.set_account, [[]]),
    Command.FREEZE_ACCOUNT: (operators.freeze_account, [[]]),
    Command.UNFREEZE_ACCOUNT: (operators.unfreeze_account, [[]]),
}
ORDER_KINDS = (*range(Command.PLACE, Command.MASS_CANCEL + 1), Command.PLACE_TWAP, Command.CANCEL_TWAP)
LEDGER_KINDS = range(Command.DEPOSIT, Command.RELEASE_BALANCE + 1)
MARGIN_KINDS = range(Command.LIST_CONTRACT, Command.RESOLVE_OUTCOME + 1)


class Model:
    """The whole venue, slow and obvious. See the module's essay."""

    def __init__(self) -> None:
        self.venue = Venue()

    def apply(self, rows: np.ndarray) -> np.ndarray:
        """Apply head rows, each followed by its data rows; returns the EVENT rows they cause."""
        rows = np.ascontiguousarray(rows).view(COMMAND)
        self.venue.events = []
        at = 0
        while at < len(rows):
            data = rows[at + 1 : at + 1 + int(rows["data_rows"][at])]
            self._command(rows[at : at + 1], data)
            at += 1 + len(data)
        return as_rows(self.venue.events)

    def pending(self) -> bool:
        """Whether the node would append a CONTINUE. W-7."""
        return bool(self.venue.tasks or self.venue.stop_queue or self.venue.liquidation_queue)

    def _command(self, head: np.ndarray, data: np.ndarray) -> None:
        venue = self.venue
        row = as_fields(head, family(int(head["kind"][0])))
        venue.refusal = refusal_fields(row)
        venue.seq += 1  # W-1
        if venue.now <= row.ts_ns <= TS_MAX:
            venue.now = row.ts_ns
        begin_hour(venue)
        venue.looks_left = CANCELS_PER_COMMAND  # W-5
        work_off_deadlines(venue)
        try:
            require(row.kind in RULES, Reject.UNKNOWN_KIND)  # W-4
            require(venue.is_open == (row.kind != Command.GENESIS), Reject.NO_GENESIS)
            handler, shapes = RULES[row.kind]
            shape = next((shape for shape in shapes if len(shape) == row.data_rows), None)
            is_whole = shape is not None and len(data) == row.data_rows
            require(is_whole and all(data["kind"] == Command.DATA), Reject.BAD_DATA_ROWS)
            assert shape is not None
            handler(venue, row, [as_fields(data[i : i + 1], dtype) for i, dtype in enumerate(shape)])
        except Refusal as refusal:
            venue.refuse(refusal)

    # --- Views, for comparison -----------------------------------------------------------------------

    def balances(self) -> dict[tuple[int, int], tuple[int, int, int]]:
        """(account, asset) to (free, held for orders, held by name)."""
        return {key: (b.free, b.order_held, b.other_held) for key, b in self.venue.balances.items()}

    def book(self, instrument_id: int) -> dict[str, list[tuple[int, int, int, int]]]:
        """Bids and asks as (price, order, leaves, shown) in the order they would be met.

        And `buy_stops` and `sell_stops` as (trigger, order, leaves, shown), lowest trigger first.
        """
        instrument = self.venue.instruments[instrument_id]
        bids, asks = instrument.book[Side.BUY], instrument.book[Side.SELL]
        return {
            "bids": [seen(order, price) for price in sorted(bids, reverse=True) for order in bids[price]],
            "asks": [seen(order, price) for price in sorted(asks) for order in asks[price]],
            "buy_stops": waiting(instrument, Side.BUY),
            "sell_stops": waiting(instrument, Side.SELL),
        }

    def orders(self) -> dict[int, Order]:
        """Open orders by id."""
        return self.venue.orders

    def holds(self) -> dict[int, Hold]:
        return self.venue.holds

    def check(self) -> list[str]:
        """Whatever is not sound about the state; empty when all is well."""
        return problems(self.venue)


def begin_hour(venue: Venue) -> None:
    """S-1 and N-3."""
    hour = venue.now // HOUR_NS
    if hour != venue.hour:
        raise_epoch(venue)
        venue.hour = hour
        loans.count_hours(venue)


def waiting(instrument: Instrument, side: int) -> list[tuple[int, int, int, int]]:
    """Those of one side that wait, whatever for: lowest trigger first."""
    orders = [order for order in instrument.waiting() if order.side == side]
    return [seen(order, order.trigger) for order in sorted(orders, key=lambda each: each.trigger)]


def seen(order: Order, price: int) -> tuple[int, int, int, int]:
    return price, order.order_id, order.leaves, order.shown if order.display else order.leaves


def family(kind: int) -> np.dtype:
    """How a head row of this kind is laid out."""
    if kind in ORDER_KINDS:
        return ORDER_COMMAND
    if kind == Command.TRANSFER:
        return TRANSFER_COMMAND
    if kind in MARGIN_KINDS:
        return MARGIN_COMMAND
    return LEDGER_COMMAND if kind in LEDGER_KINDS else ADMIN_COMMAND


def refusal_fields(row: Row) -> dict[str, int]:
    """What a REJECTED of this command carries besides its reason. O-11."""
    if row.kind in ORDER_KINDS:
        return {"account_id": row.account_id, "instrument_id": row.instrument_id, "order_id": row.order_id}
    if row.kind in LEDGER_KINDS:
        return {"account_id": row.account_id, "asset_id": row.asset_id}
    return {}


def as_fields(row: np.ndarray, dtype: np.dtype) -> Row:
    """A row's fields as Python integers, and lists of them."""
    values: dict[str, Any] = {name: row.view(dtype)[name][0].tolist() for name in dtype.names or ()}
    return Row(**values)


def as_rows(events: list[dict[str, int]]) -> np.ndarray:
    rows = np.zeros(len(events), EVENT)
    for place, event in enumerate(events):
        for name, value in event.items():
            rows[name][place] = value
    return rows
