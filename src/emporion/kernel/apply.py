"""The machine seen from above: a batch of commands in, the state moved on, events out.

The batch is one piece of memory, seen as rows of each family: which one a row belongs to
follows from its kind. See schema/messages.py.
"""

import numpy as np

from emporion.kernel import (
    ahead,
    arrays,
    cash,
    contracts,
    deadlines,
    emit,
    enrol,
    expiry,
    funding,
    liquidate,
    loans,
    mark,
    operate,
    orders,
    patrol,
    plain,
    questions,
    sweep,
    trigger,
    twap,
)  # fmt: skip
from emporion.kernel.book import cancel as end_order
from emporion.kernel.jit import hot, kernel, rare, seldom
from emporion.kernel.tables import open_slot
from emporion.schema.codes import Command, DeadlineKind, Event, HoldKind, Reject
from emporion.schema.limits import (
    CANCELS_PER_COMMAND,
    DEADLINES_PER_COMMAND,
    EVENT_ROWS,
    EVENTS_PER_COMMAND,
    HOUR_NS,
    TS_MAX,
)  # fmt: skip
from emporion.schema.messages import GENESIS_ROWS

# Plain numbers: compiled code compares them in one step.
TICK = Command.TICK.value
CONTINUE = Command.CONTINUE.value
PLACE = Command.PLACE.value
REPLACE = Command.REPLACE.value
CANCEL = Command.CANCEL.value
CANCEL_BY_CL_ORD_ID = Command.CANCEL_BY_CL_ORD_ID.value
MASS_CANCEL = Command.MASS_CANCEL.value
SET_DEADMAN = Command.SET_DEADMAN.value
PLACE_TWAP = Command.PLACE_TWAP.value
CANCEL_TWAP = Command.CANCEL_TWAP.value
DEPOSIT = Command.DEPOSIT.value
TRANSFER = Command.TRANSFER.value
WITHDRAW = Command.WITHDRAW.value
WITHDRAW_SETTLE = Command.WITHDRAW_SETTLE.value
WITHDRAW_REFUSE = Command.WITHDRAW_REFUSE.value
FREEZE_BALANCE = Command.FREEZE_BALANCE.value
RELEASE_BALANCE = Command.RELEASE_BALANCE.value
GENESIS = Command.GENESIS.value
SET_LIMIT = Command.SET_LIMIT.value
LIST_ASSET = Command.LIST_ASSET.value
LIST_INSTRUMENT = Command.LIST_INSTRUMENT.value
AMEND_INSTRUMENT = Command.AMEND_INSTRUMENT.value
SET_STATUS = Command.SET_STATUS.value
SET_FEES = Command.SET_FEES.value
OPEN_ACCOUNT = Command.OPEN_ACCOUNT.value
SET_ACCOUNT = Command.SET_ACCOUNT.value
FREEZE_ACCOUNT = Command.FREEZE_ACCOUNT.value
UNFREEZE_ACCOUNT = Command.UNFREEZE_ACCOUNT.value
LIST_CONTRACT = Command.LIST_CONTRACT.value
AMEND_CONTRACT = Command.AMEND_CONTRACT.value
LIST_QUESTION = Command.LIST_QUESTION.value
SET_PRICE = Command.SET_PRICE.value
SET_GROUP = Command.SET_GROUP.value
SET_RISK = Command.SET_RISK.value
SET_MARGIN = Command.SET_MARGIN.value
SET_LENDING = Command.SET_LENDING.value
SET_LIQUIDATION = Command.SET_LIQUIDATION.value
SWEEP = Command.SWEEP.value
PROPOSE_OUTCOME = Command.PROPOSE_OUTCOME.value
CHALLENGE_OUTCOME = Command.CHALLENGE_OUTCOME.value
RESOLVE_OUTCOME = Command.RESOLVE_OUTCOME.value
DATA = Command.DATA.value
TWAP = DeadlineKind.TWAP.value


@kernel
def apply_batch(
    state, order_rows, ledger_rows, transfer_rows, admin_rows, extra_rows, asset_rows, terms_rows, bounds_rows,
    limit_rows, margin_rows, contract_rows, cap_rows, question_rows, value_rows, twap_rows, count, start, out,
):  # fmt: skip
    """Applies head rows from `start` on, until the batch ends or events might not fit any more.

    Args:
        state: the state record.
        order_rows .. twap_rows: the same batch as rows of each family.
        count: rows in the batch. No command's data rows lie behind it: the caller checked.
        start: a head row.
        out: EVENTS; events are added after those it holds.
    Returns:
        The row to go on from; `count` when all are applied.
    """
    place = start
    size = ahead.size(state)
    while place < count and out.count <= EVENT_ROWS - EVENTS_PER_COMMAND:
        command = order_rows.rows[place]
        ahead.look(state, order_rows, place, size, out)
        state.seq += 1
        if command.ts_ns > state.ts_ns:
            if command.ts_ns < state.hour_end_ns:
                state.ts_ns = command.ts_ns
            else:
                _begin_hour(state, command.ts_ns)
        out.looks_left = CANCELS_PER_COMMAND
        if deadlines.is_due(state):
            _work_off_deadlines(state, out)
        # Plain cases of the three that make up nearly all traffic; the rest goes by way of _general.
        if command.data_rows == 0 and _is_plain_and_done(state, command.kind, command, out):
            place += 1
        else:
            _general(
                state, command, ledger_rows.rows[place], transfer_rows.rows[place], admin_rows.rows[place], place,
                extra_rows, asset_rows, terms_rows, bounds_rows, limit_rows, margin_rows, contract_rows, cap_rows,
                question_rows, value_rows, twap_rows, out,
            )  # fmt: skip
            place += 1 + np.int64(command.data_rows)
    return place


@rare
def _begin_hour(state, ts_ns):
    """Rules S-1 and N-3: margin accounts are looked at anew, positions marked to cash, and loans cost another hour."""
    if ts_ns > TS_MAX:
        return
    state.ts_ns = ts_ns
    state.hour_end_ns = min((ts_ns // HOUR_NS + 1) * HOUR_NS, TS_MAX + 1)
    if ts_ns // HOUR_NS == state.hour:
        return  # The first command of all, where the hour it stands in is 0.
    state.hour = ts_ns // HOUR_NS
    state.epoch += 1
    loans.accrue(state)


@hot
def _is_plain_and_done(state, kind, command, out):
    if kind == REPLACE:
        if plain.replace(state, command, out):
            return True
    elif kind == PLACE:
        return plain.place(state, command, out)
    elif kind == CANCEL:
        return plain.cancel(state, command, out)
    return (kind == CANCEL_BY_CL_ORD_ID or kind == REPLACE) and plain.by_client_id(state, command, out)


@rare
def _general(
    state, command, ledger, transfer, admin, place, extra_rows, asset_rows, terms_rows, bounds_rows, limit_rows,
    margin_rows, contract_rows, cap_rows, question_rows, value_rows, twap_rows, out,
):  # fmt: skip
    kind = command.kind
    is_bare = command.data_rows == 0 and state.rules_version != 0
    if kind == PLACE and is_bare:
        orders.fire_stops(state, command, out)
        orders.place(state, command, out.no_extra, out)
        orders.fire_stops(state, command, out)
    elif kind == CANCEL and is_bare:
        orders.drain_for_order(state, open_slot(state, command.order_id), out)
        orders.cancel(state, command, out)
    elif kind == REPLACE and is_bare:
        _replace(state, command, out)
    else:
        _other(
            state, command, ledger, transfer, admin, place, extra_rows, asset_rows, terms_rows, bounds_rows, limit_rows,
            margin_rows, contract_rows, cap_rows, question_rows, value_rows, twap_rows, out,
        )  # fmt: skip


@seldom
def _other(
    state, command, ledger, transfer, admin, place, extra_rows, asset_rows, terms_rows, bounds_rows, limit_rows,
    margin_rows, contract_rows, cap_rows, question_rows, value_rows, twap_rows, out,
):  # fmt: skip
    kind = command.kind
    wanted = _data_rows(kind, command.data_rows)
    reason = Reject.NONE
    if wanted < 0:
        reason = Reject.UNKNOWN_KIND
    elif (kind == GENESIS) != (state.rules_version == 0):
        reason = Reject.NO_GENESIS
    elif wanted != command.data_rows or not _are_data(extra_rows, place + 1, wanted):
        reason = Reject.BAD_DATA_ROWS
    if reason != Reject.NONE:
        _reject_form(state, kind, command, ledger, reason, out)
    elif kind == PLACE:
        orders.fire_stops(state, command, out)
        orders.place(state, command, extra_rows.rows[place + 1], out)
        orders.fire_stops(state, command, out)
    elif kind == PLACE_TWAP:
        twap.place(state, command, twap_rows.rows[place + 1], out)
    elif kind == CANCEL_TWAP:
        twap.cancel(state, command, out)
    elif kind == CANCEL_BY_CL_ORD_ID:
        orders.drain_for_order(state, orders.client_target(state, command), out)
        orders.cancel_by_cl_ord_id(state, command, out)
    elif kind == MASS_CANCEL:
        orders.mass_cancel(state, command, out)
    elif kind == CONTINUE:
        sweep.go_on(state, out)
        if state.first_pending != 0:
            trigger.fire(state, state.first_pending, out)
        liquidate.go_on(state, out)
    elif kind >= DEPOSIT and kind <= RELEASE_BALANCE:
        _ledger(state, kind, ledger, transfer, out)
    elif kind == GENESIS:
        operate.genesis(state, limit_rows, place + 1, out)
    elif kind == LIST_ASSET:
        operate.list_asset(state, asset_rows.rows[place + 1], out)
    elif kind == LIST_INSTRUMENT:
        operate.list_instrument(state, terms_rows.rows[place + 1], bounds_rows.rows[place + 2], out)
    elif kind == AMEND_INSTRUMENT:
        operate.amend_instrument(state, admin, bounds_rows.rows[place + 1], out)
    elif kind >= LIST_CONTRACT:
        _margin(
            state, kind, margin_rows.rows[place], place, terms_rows, bounds_rows, contract_rows, cap_rows,
            question_rows, value_rows, out,
        )  # fmt: skip
    else:
        _operator(state, kind, admin, out)


@seldom
def _margin(
    state, kind, command, place, terms_rows, bounds_rows, contract_rows, cap_rows, question_rows, value_rows, out
):  # fmt: skip
    if kind == SET_PRICE:
        mark.set_price(state, command, out)
    elif kind == SWEEP:
        patrol.sweep(state, command, out)
    elif kind == SET_RISK:
        arrays.set_risk(state, command, value_rows, place + 1, out)
    elif kind == SET_GROUP:
        arrays.set_group(state, command, out)
    elif kind == SET_MARGIN:
        enrol.set_margin(state, command, out)
    elif kind == SET_LENDING:
        loans.set_lending(state, command, value_rows.rows[place + 1], out)
    elif kind == SET_LIQUIDATION:
        liquidate.set_liquidation(state, command, value_rows.rows[place + 1], out)
    elif kind == LIST_CONTRACT:
        contracts.list_contract(
            state, terms_rows.rows[place + 1], bounds_rows.rows[place + 2], contract_rows.rows[place + 3],
            cap_rows.rows[place + 4], out,
        )  # fmt: skip
    elif kind == AMEND_CONTRACT:
        contracts.amend_contract(state, command, cap_rows.rows[place + 1], out)
    elif kind == LIST_QUESTION:
        questions.list_question(state, command, question_rows.rows[place + 1], out)
    elif kind == PROPOSE_OUTCOME:
        questions.propose(state, command, value_rows, place + 1, out)
    elif kind == CHALLENGE_OUTCOME:
        questions.challenge(state, command, out)
    else:
        assert kind == RESOLVE_OUTCOME
        questions.resolve(state, command, value_rows, place + 1, out)


@kernel
def _ledger(state, kind, ledger, transfer, out):
    if kind == DEPOSIT:
        cash.deposit(state, ledger, out)
    elif kind == TRANSFER:
        cash.move(state, ledger, transfer.to_account_id, out)
    elif kind == WITHDRAW:
        cash.withdraw(state, ledger, out)
    elif kind == WITHDRAW_SETTLE:
        cash.settle(state, ledger, out)
    elif kind == WITHDRAW_REFUSE:
        cash.give_back(state, ledger, HoldKind.WITHDRAWAL.value, Event.WITHDRAWAL_REFUSED.value, out)
    elif kind == FREEZE_BALANCE:
        cash.freeze(state, ledger, out)
    else:
        cash.give_back(state, ledger, HoldKind.FREEZE.value, Event.BALANCE_RELEASED.value, out)


@kernel
def _operator(state, kind, admin, out):
    if kind == SET_DEADMAN:
        operate.set_deadman(state, admin, out)
    elif kind == SET_LIMIT:
        operate.set_limit(state, admin, out)
    elif kind == SET_STATUS:
        operate.set_status(state, admin, out)
    elif kind == SET_FEES:
        operate.set_fees(state, admin, out)
    elif kind == OPEN_ACCOUNT:
        operate.open_account(state, admin, out)
    elif kind == SET_ACCOUNT:
        operate.set_account(state, admin, out)
    elif kind == FREEZE_ACCOUNT:
        operate.freeze_account(state, admin, out)
    elif kind == UNFREEZE_ACCOUNT:
        operate.unfreeze_account(state, admin, out)
    else:
        assert kind == TICK


@kernel
def _data_rows(kind, given):
    """How many data rows a kind takes; -1 for a kind that is none. Rule W-4."""
    if kind == PLACE:
        return 1 if given != 0 else 0
    if kind == LIST_ASSET or kind == AMEND_INSTRUMENT:
        return 1
    if kind == LIST_INSTRUMENT:
        return 2
    if kind == GENESIS:
        return GENESIS_ROWS
    if kind == LIST_CONTRACT:
        return 4
    if kind == SET_RISK or kind == PROPOSE_OUTCOME or kind == RESOLVE_OUTCOME:
        return 3
    if (
        kind == PLACE_TWAP
        or kind == AMEND_CONTRACT
        or kind == LIST_QUESTION
        or kind == SET_LENDING
        or kind == SET_LIQUIDATION
    ):
        return 1
    if (
        (kind >= TICK and kind <= CONTINUE)
        or (kind >= PLACE and kind <= CANCEL_TWAP)
        or (kind >= LIST_CONTRACT and kind <= RESOLVE_OUTCOME)
        or (kind >= DEPOSIT and kind <= RELEASE_BALANCE)
        or (kind >= GENESIS and kind <= UNFREEZE_ACCOUNT)
    ):
        return 0
    return -1


@kernel
def _are_data(rows, first, count):
    for place in range(first, first + count):
        if rows.rows[place].kind != DATA:
            return False
    return True


@kernel
def _reject_form(state, kind, command, ledger, reason, out):
    """A row that cannot be read further: its family, if it has one, says what the event carries. Rule O-11."""
    if (kind >= PLACE and kind <= MASS_CANCEL) or kind == PLACE_TWAP or kind == CANCEL_TWAP:
        emit.rejected(
            state, out, reason, command.order_id, command.account_id, command.instrument_id, 0, 0
        )  # fmt: skip
    elif kind >= DEPOSIT and kind <= RELEASE_BALANCE:
        emit.rejected(state, out, reason, 0, ledger.account_id, 0, ledger.asset_id, 0)
    else:
        emit.rejected(state, out, reason, 0, 0, 0, 0, 0)


@kernel
def _replace(state, command, out):
    slot = orders.target(state, command)
    instrument_id = state.orders[slot].instrument_id
    orders.drain_for_order(state, slot, out)
    orders.replace(state, command, out)
    if slot != 0:
        trigger.fire(state, instrument_id, out)


@rare
def _work_off_deadlines(state, out):
    """Rule W-2."""
    for _ in range(DEADLINES_PER_COMMAND):
        if not deadlines.is_due(state):
            return
        due = state.deadlines[1]
        if due.kind == DeadlineKind.ORDER:
            slot = state.extras[due.target].order_slot
            end_order(state, slot, Event.EXPIRED.value, Reject.NONE.value, out)
            continue
        if due.kind != DeadlineKind.DEADMAN:
            if not _has_place_for_end(state, due.kind, due.target):
                return
            kind = due.kind
            _work_off_margin_deadline(state, kind, due.target, out)
            if kind == TWAP:
                return  # Its slice has matched: one a command.
            continue
        if not sweep.has_place(state):
            return
        account_id = due.target
        deadlines.remove(state, 1)
        state.accounts[account_id].deadman_ns = 0
        emit.of_operator(state, out, Event.DEADMAN_FIRED.value, account_id, 0, 0, 0, 0, 0)
        sweep.begin(state, account_id, 0, 0, Reject.BY_DEADMAN.value, out)


@kernel
def _has_place_for_end(state, kind, target):
    """Whether the orders that an expiry or an answer cancels have a place in the task queue."""
    if kind == DeadlineKind.CONTRACT:
        return expiry.may_go_on(state, target)
    return kind != DeadlineKind.QUESTION or questions.may_end(state, target)


@kernel
def _work_off_margin_deadline(state, kind, target, out):
    """What comes due in the lives of contracts and margin accounts: each puts its next deadline itself."""
    deadlines.remove(state, 1)
    if kind == DeadlineKind.CONTRACT:
        funding.on_deadline(state, target, out)
    elif kind == DeadlineKind.QUESTION:
        questions.on_deadline(state, target, out)
    elif kind == DeadlineKind.TWAP:
        twap.on_deadline(state, target, out)
    else:
        assert kind == DeadlineKind.LIQUIDATION
        liquidate.on_deadline(state, target, out)
