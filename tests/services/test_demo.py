"""The simulated traders, through a real node in memory with a clock of its own."""

import collections
import math

import numpy as np
import pytest

from emporion.engine.clock import ManualClock
from emporion.engine.node import Node
from emporion.engine.sequencer import Sequencer
from emporion.errors import BadValue
from emporion.schema import build
from emporion.schema.codes import Command, Event, Reject, Side
from emporion.schema.limits import SYSTEM_ACCOUNTS
from emporion.services.demo import CONTRACTS, DELIVERY, Demo
from emporion.services.listings import LISTINGS, TITLES
from emporion.services.makers import LEVELS, Maker, Quote, Top, Walk
from emporion.services.setting_up import is_demo, set_up

STEP_NS = 50_000_000


class Run:
    """A node, its sequencer and a demonstration, stepped by hand."""

    def __init__(self, seed: int = 1, clock: ManualClock | None = None, node: Node | None = None) -> None:
        self.clock = clock or ManualClock()
        self.node = node or Node.open(None, clock=self.clock)
        self.events: list[np.ndarray] = []
        self.node.listen(self.events.append)
        self.sequencer = Sequencer(self.node)
        self.demo = Demo(self.sequencer, seed)

    def steps(self, count: int, commands: int = 6) -> None:
        for _ in range(count):
            self.clock.advance(STEP_NS)
            self.demo.step(commands)

    def close(self) -> None:
        self.sequencer.close()
        self.node.close()

    def kinds(self) -> collections.Counter:
        return collections.Counter(Event(kind) for part in self.events for kind in part["kind"].tolist())

    def refusals(self) -> collections.Counter:
        refused = [part["reason"][part["kind"] == Event.REJECTED] for part in self.events]
        return collections.Counter(Reject(reason) for part in refused for reason in part.tolist())


@pytest.fixture
def run():
    run = Run()
    yield run
    run.close()


def test_a_seed_and_a_clock_determine_every_command():
    journals = []
    for seed in (7, 7, 8):
        run = Run(seed)
        run.steps(60)
        journals.append((run.node.digest(), run.node.commands().tobytes()))
        run.close()
    assert journals[0] == journals[1]
    assert journals[0] != journals[2]


def test_every_kind_of_thing_trades_and_the_venue_stays_sound(run):
    run.steps(400)
    assert run.node.machine.audit() == []
    rows = run.node.machine.state.instruments[1 : len(LISTINGS) + 1]
    assert [build.name_text(row["name"]) for row in rows] == list(TITLES)
    assert (rows["trades"] > 0).all() and (rows["best_bid_ticks"] > 0).all()
    assert (rows["best_ask_ticks"] > rows["best_bid_ticks"]).all()
    kinds = run.kinds()
    assert (
        kinds[Event.REPLACED] > 0 and kinds[Event.ACCEPTED] > 0 and kinds[Event.FILLED] > 0 and kinds[Event.EXPIRED] > 0
    )
    assert kinds[Event.POSITION] > 0 and kinds[Event.PRICE_SET] > 0 and kinds[Event.SWEPT] > 0
    # Refusals are part of trading (a quote was gone, a price had moved), but a crowd in order has few.
    assert sum(run.refusals().values()) < 0.03 * run.node.seq, run.refusals()


def test_makers_know_their_orders_exactly(run):
    run.steps(200)
    state = run.node.machine.state
    for maker in run.demo._crowds[0].makers.values():
        for quote in maker.ladder.values():
            order = state.orders[quote.order_id & 0xFFFFFF]
            assert order.order_id == quote.order_id and order.account_id == maker.account_id
            assert (order.price_ticks, order.leaves_lots) == (quote.price_ticks, quote.leaves_lots)
        known = {quote.order_id for quote in maker.ladder.values()}
        orders = state.orders[state.orders["account_id"] == maker.account_id]
        assert known == set(orders["order_id"].tolist())


def test_prices_stay_near_what_they_are_worth(run):
    run.steps(300)
    rows = run.node.machine.state.instruments[1 : len(LISTINGS) + 1]
    for row, terms in zip(rows, LISTINGS, strict=True):
        fair = run.demo._crowds[0]._fairs.fair_ticks(int(row["instrument_id"]))
        middle = (row["best_bid_ticks"] + row["best_ask_ticks"]) / 2
        assert abs(middle / fair - 1) < 20 * terms.half_spread_bps * 1e-4 + 5 / terms.reference_ticks, terms.name


def test_a_restart_takes_over_the_orders_that_rest(tmp_path):
    clock = ManualClock()
    first = Run(clock=clock, node=Node.open(tmp_path, clock=clock, sync="async"))
    first.steps(50)
    before = resting(first.node)
    commands = first.node.seq
    first.close()

    again = Run(clock=clock, node=Node.open(tmp_path, clock=clock, sync="async"))
    try:
        kept = before & resting(again.node)
        assert len(kept) > 0.95 * len(before) > 0.9 * len(LISTINGS) * len(DELIVERY.makers) * 2 * LEVELS
        rows = again.node.commands(commands + 1)
        assert collections.Counter(rows["kind"].tolist())[Command.DEPOSIT] == 0  # Nobody is paid twice.
        assert again.node.seq - commands < 0.5 * len(before)
        again.steps(50)
        assert again.node.machine.audit() == []
        accounts = int(again.node.machine.state.tables[2].live)
        assert accounts == SYSTEM_ACCOUNTS + sum(map(len, DELIVERY)) + 1 + sum(map(len, CONTRACTS))
    finally:
        again.close()


def resting(node: Node) -> set[int]:
    orders = node.machine.state.orders
    return set(orders["order_id"][orders["order_id"] != 0].tolist())


def test_a_set_up_that_was_cut_off_anywhere_is_gone_on_with():
    whole = Run()
    journal = whole.node.commands()
    whole.close()
    heads = np.flatnonzero(journal["kind"] != Command.DATA)
    for cut in (1, 2, 5, 15, 17, 20, 30, 40, 42, 50, 120, 150, 190, 230):
        clock = ManualClock()
        node = Node.open(None, clock=clock)  # Brings its own GENESIS, the journal's first command.
        if cut > 1:
            node.submit(journal[heads[1] : heads[cut]])
        run = Run(clock=clock, node=node)
        names = [build.name_text(row["name"]) for row in node.machine.state.instruments[1 : len(LISTINGS) + 1]]
        assert sorted(names) == sorted(TITLES) and node.machine.audit() == []
        assert int(node.machine.state.tables[1].live) == len(LISTINGS) + len(run.demo.keeper._contracts)
        run.close()


def test_a_venue_of_somebody_else_is_left_alone():
    node = Node.open(None)
    node.submit(build.list_asset("USDC", 6))
    sequencer = Sequencer(node)
    try:
        with pytest.raises(BadValue, match="not a demonstration"):
            set_up(sequencer, 3)
        assert node.seq == 2 and not is_demo(node)
    finally:
        sequencer.close()
        node.close()


def test_who_runs_out_of_funds_is_paid_again(run):
    maker = next(iter(run.demo._crowds[0].makers))
    state = run.node.machine.state
    balances = state.balances[(state.balances["account_id"] == maker) & (state.balances["free_atoms"] > 0)]
    for balance in balances:
        run.sequencer.submit(build.withdraw(maker, int(balance["asset_id"]), int(balance["free_atoms"]))).result()
    before = run.node.seq
    run.steps(100)
    rows = run.node.commands(before + 1)
    deposits = rows[rows["kind"] == Command.DEPOSIT]
    assert len(deposits) and set(deposits["account_id"].tolist()) == {maker}
    assert run.node.machine.audit() == []


def test_a_maker_forgets_what_somebody_else_ended():
    rng = np.random.default_rng(1)
    maker = Maker(3, 1.0, 1.0, 1.0, rng)
    spare = maker.adopt([(1, Quote(100 + n, 1_000 - n, 5, 5), Side.BUY) for n in range(LEVELS + 2)])
    assert [int(rows["order_id"][0]) for rows in spare] == [100 + LEVELS, 101 + LEVELS]  # The worst priced two.
    assert maker.ladder[1, Side.BUY, 0].order_id == 100
    refused = np.zeros(1, np.dtype([("kind", "u1"), ("order_id", "i8"), ("reason", "u1")]))[0]
    refused["kind"], refused["order_id"], refused["reason"] = Event.REJECTED, 100, Reject.UNKNOWN_ORDER
    maker.learn(refused, (1, Side.BUY, 0))
    top = Top(990, 1_010, 1_000)
    [intent] = [i for i in maker.act(1, LISTINGS[2], 1_000.0, top, every=True) if i.rung == (1, Side.BUY, 0)]
    assert intent.rows["kind"][0] == Command.PLACE


def test_a_walk_begins_at_the_market_and_comes_home():
    terms = dict(enumerate(LISTINGS, start=1))
    reference = LISTINGS[0].reference_ticks
    tops = {key: Top(0, 0, 2 * each.reference_ticks) for key, each in terms.items()}
    walk = Walk(terms, tops, np.random.default_rng(3))
    assert math.isclose(walk.fair_ticks(1), 2 * reference)
    now = 1
    for _ in range(6_000):  # 100 hours.
        walk.advance(now := now + 60_000_000_000)
    for key, each in terms.items():
        assert 0.7 < walk.fair_ticks(key) / each.reference_ticks < 1.4


def test_contracts_of_every_kind_are_quoted_and_have_marks(run):
    run.steps(150)
    state = run.node.machine.state
    for number, terms in run.demo.keeper._contracts.items():
        row = state.instruments[number]
        contract = state.contracts[row["contract"]]
        assert contract["kind"] == terms.kind and contract["mark_ticks"] > 0, terms.name
        assert 0 < row["best_bid_ticks"] < row["best_ask_ticks"], terms.name
        assert state.risks[contract["risk"]]["loads"] > 0, terms.name
    margins = state.margins[1 : 1 + 1 + sum(map(len, CONTRACTS))]
    assert (margins["equity_atoms"] > margins["initial_atoms"]).all() and (margins["stage"] == 0).all()
    assert collections.Counter(state.contracts["kind"][1:42].tolist()).keys() == {1, 2, 3, 4, 5}
