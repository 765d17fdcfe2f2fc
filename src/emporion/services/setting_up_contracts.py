"""Listing the demonstration's contracts, and what stands behind them: risk groups, lending, insurance, the backstop.

As `setting_up`: each piece is looked for first, and a start that was cut off anywhere is gone on with.
"""

from collections.abc import Mapping
from dataclasses import replace

from emporion.engine.sequencer import Sequencer
from emporion.instruments.future import WINDOW_NS
from emporion.instruments.groups import load_groups
from emporion.instruments.listing import FundingTerms
from emporion.instruments.scenarios import Group, PriceGroup
from emporion.schema import build, build_margin
from emporion.schema.codes import AccountFlag, ContractKind, FeeForm, InstrumentStatus, Limit
from emporion.schema.limits import INSURANCE_ACCOUNT, LENDING_ACCOUNT, SYSTEM_ACCOUNTS
from emporion.services.contract_listings import CHALLENGE_NS, ONE_TICKS, QUESTIONS, ContractTerms, contracts
from emporion.services.listings import QUOTE
from emporion.services.risk_arrays import group_command
from emporion.services.setting_up import numbers_of, rows_of, send

DOLLAR = 1_000_000
TRADER_DOLLARS = 200_000_000  # Of each simulated trader of contracts,
BACKSTOP_DOLLARS = 50_000_000
INSURANCE_DOLLARS = 2_000_000
LENDING_DOLLARS = 20_000_000
OUTCOME_FEES, OUTCOME_TAKER_PPM = 1, 40_000  # A schedule of their own: 4% of p (1 - p).
BAND_PPM = {ContractKind.CALL: 1_000_000, ContractKind.PUT: 1_000_000, ContractKind.OUTCOME: 0}
USUAL_BAND_PPM = 100_000


def demo_groups() -> dict[str, Group]:
    """The package's groups, and one for the treasury company, which moves with its coin and by itself."""
    groups = load_groups()
    share = groups["NVDA"]
    assert isinstance(share, PriceGroup)
    return {**groups, "MSTR": replace(share, name="MSTR")}


def set_up_contracts(
    sequencer: Sequencer, traders: int, first_account: int
) -> tuple[dict[int, ContractTerms], dict[str, int], list[int]]:
    """List what is missing, and give the traders of contracts accounts with margin and money.

    Args:
        traders: how many, not counting the backstop.
        first_account: the first number that is theirs; the backstop's is the one before.
    Returns:
        Terms of contracts that trade, by instrument number; the numbers of groups by name; the traders' accounts.
    """
    group_ids = _make_groups(sequencer)
    _list_questions(sequencer)
    backstop = first_account - 1
    accounts = list(range(first_account, first_account + traders))
    _open_accounts(sequencer, [backstop, *accounts])
    _fill_purses(sequencer, backstop)
    listed = _list_contracts(sequencer)
    return listed, group_ids, accounts


def _make_groups(sequencer: Sequencer) -> dict[str, int]:
    """Groups are numbered in the order they are made, so the demonstration's own come first."""
    groups = demo_groups()
    have = len(sequencer.call(lambda node: rows_of(node, Limit.GROUPS)).result())
    send(sequencer, [group_command(group) for group in list(groups.values())[have:]])
    return {name: number for number, name in enumerate(groups, start=1)}


def _list_questions(sequencer: Sequencer) -> None:
    known = numbers_of(sequencer, Limit.QUESTIONS)
    send(
        sequencer,
        [
            build_margin.list_question(each.name, max(2, len(each.outcomes)), CHALLENGE_NS, ONE_TICKS)
            for each in QUESTIONS
            if each.name not in known
        ],
    )


def _open_accounts(sequencer: Sequencer, wanted: list[int]) -> None:
    have = sequencer.call(lambda node: rows_of(node, Limit.ACCOUNTS)).result()
    send(sequencer, [build.open_account() for _ in range(len(have), wanted[-1])])
    rows = sequencer.call(lambda node: rows_of(node, Limit.ACCOUNTS)).result()
    usdc = numbers_of(sequencer, Limit.ASSETS)[QUOTE]
    fresh = [each for each in wanted if not rows["flags"][each - 1] & AccountFlag.MARGIN]
    commands = []
    for account_id in fresh:
        dollars = BACKSTOP_DOLLARS if account_id == wanted[0] else TRADER_DOLLARS
        commands += [build.deposit(account_id, usdc, dollars * DOLLAR), build_margin.set_margin(account_id)]
    send(sequencer, commands)


def _fill_purses(sequencer: Sequencer, backstop: int) -> None:
    """What is lent, what insures, and how accounts are liquidated: once, on a new venue."""
    if sequencer.call(lambda node: int(node.machine.state.backstop_account_id)).result() != 0:
        return
    usdc = numbers_of(sequencer, Limit.ASSETS)[QUOTE]
    send(
        sequencer,
        [
            build.deposit(SYSTEM_ACCOUNTS + 1, usdc, (LENDING_DOLLARS + INSURANCE_DOLLARS) * DOLLAR),
            build.transfer(SYSTEM_ACCOUNTS + 1, LENDING_ACCOUNT, usdc, LENDING_DOLLARS * DOLLAR),
            build.transfer(SYSTEM_ACCOUNTS + 1, INSURANCE_ACCOUNT, usdc, INSURANCE_DOLLARS * DOLLAR),
            build_margin.set_lending(
                usdc, LENDING_DOLLARS * DOLLAR, base_rate_e12=2_000_000, kink_rate_e12=10_000_000,
                full_rate_e12=100_000_000,
            ),
            build_margin.set_liquidation(backstop),
            build.set_fees(OUTCOME_FEES, 0, 0, OUTCOME_TAKER_PPM),
        ],
    )  # fmt: skip


def _list_contracts(sequencer: Sequencer) -> dict[int, ContractTerms]:
    """Lists what is missing, opens it, and says what trades: of earlier months too, as long as it has not ended."""
    now_ns = sequencer.node.clock.now_ns()
    known, questions = numbers_of(sequencer, Limit.INSTRUMENTS), numbers_of(sequencer, Limit.QUESTIONS)
    usdc = numbers_of(sequencer, Limit.ASSETS)[QUOTE]
    wanted = contracts(now_ns)
    send(sequencer, [_listing(each, usdc, questions) for each in wanted if each.name not in known])
    rows = sequencer.call(lambda node: rows_of(node, Limit.INSTRUMENTS)).result()
    waiting = rows["instrument_id"][rows["status"] == InstrumentStatus.PRE_OPEN].tolist()
    send(sequencer, [build.set_status(instrument_id, InstrumentStatus.OPEN) for instrument_id in waiting])
    known = numbers_of(sequencer, Limit.INSTRUMENTS)
    rows = sequencer.call(lambda node: rows_of(node, Limit.INSTRUMENTS)).result()
    return {known[each.name]: each for each in wanted if rows["status"][known[each.name] - 1] == InstrumentStatus.OPEN}


def _listing(terms: ContractTerms, usdc: int, questions: Mapping[str, int]) -> build.Rows:
    is_outcome = terms.kind == ContractKind.OUTCOME
    is_dated = terms.kind in (ContractKind.FUTURE, ContractKind.CALL, ContractKind.PUT)
    funding = FundingTerms()
    is_perpetual = terms.kind == ContractKind.PERPETUAL
    caps = {"position_max_lots": terms.position_max_lots, "open_interest_max_lots": 4 * terms.position_max_lots}
    if is_perpetual:
        caps |= {
            "interest_e12": funding.interest_e12, "clamp_e12": funding.clamp_e12, "cap_e12": funding.cap_e12,
            "divisor": funding.divisor,
        }  # fmt: skip
    return build_margin.list_contract(
        terms.name, usdc, terms.kind, terms.atoms_per_tick_lot, terms.lot_exponent,
        expiry_ns=terms.expiry_ns,
        window_ns=WINDOW_NS if is_dated else 0,
        strike_ticks=terms.strike_ticks,
        one_ticks=ONE_TICKS if is_outcome else 0,
        impact_notional_atoms=int(funding.impact_notional) * DOLLAR if is_perpetual else 0,
        question_id=questions[terms.question] if is_outcome else 0,
        outcome=terms.outcome,
        fee_form=FeeForm.BINARY if is_outcome else FeeForm.FLAT,
        caps=caps,
        fee_schedule=OUTCOME_FEES if is_outcome else 0,
        qty_max_lots=terms.size_lots * 10_000,
        price_max_ticks=terms.price_max_ticks,
        reference_price_ticks=terms.reference_ticks,
        band_ppm=BAND_PPM.get(terms.kind, USUAL_BAND_PPM),
    )  # fmt: skip
