"""The C++ reference, the kernel and the model apply the same rows and tell of the same events."""

from dataclasses import replace

import numpy as np
import pytest

from emporion.bench.draw import draw
from emporion.bench.kernel import check, sum_of_balances
from emporion.bench.mixes import LOW_TICKS, MIXES, Mix, setup
from emporion.bench.reference import Reference, find_compiler
from emporion.kernel.machine import Machine
from emporion.schema.codes import Command, Event, Reject, Side, Tif
from emporion.schema.limits import CLIENT_ID_AGE_NS, FEE_ACCOUNT, SMALL
from emporion.schema.messages import EVENT
from emporion.sim.model import Model

needs_compiler = pytest.mark.skipif(find_compiler() is None, reason="no C++ compiler: the reference cannot be built")

SMALL_MIX = {
    "a": replace(MIXES["a"], commands=2_500, resting=120, accounts=40, levels=200),
    "b": replace(MIXES["b"], commands=2_500, resting=200, accounts=40, levels=100),
    "c": replace(MIXES["c"], commands=2_500, resting=300, accounts=20, instruments=6, levels=80, capacity=SMALL),
    # Little money: many orders are refused for want of it, and holds are all that is left of some balances.
    "poor": replace(MIXES["a"], commands=2_500, resting=30, accounts=40, levels=200, deposit_atoms=60_000_000),
    "free of fees": replace(MIXES["b"], commands=1_000, resting=100, accounts=40, levels=60, maker_ppm=0, taker_ppm=0),
}
BOTH_IDS = [pytest.param(ids, id="client ids" if ids else "engine ids") for ids in (False, True)]


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference.build()


def small(name: str, ids: bool) -> Mix:
    return SMALL_MIX[name].with_client_ids() if ids else SMALL_MIX[name]


def apply_all(engine: Machine | Model, mix: Mix, rows: np.ndarray) -> np.ndarray:
    for piece in setup(mix):
        assert not (engine.apply(piece)["kind"] == Event.REJECTED).any()
    return engine.apply(rows)


@needs_compiler
@pytest.mark.parametrize("ids", BOTH_IDS)
@pytest.mark.parametrize("name", SMALL_MIX)
def test_reference_kernel_and_model_end_in_the_same(name, ids, reference, tmp_path):
    mix = small(name, ids)
    drawn = draw(mix, tmp_path, reference)
    rows = drawn.rows()
    told = tmp_path / "events"
    sums = reference.check(mix, drawn, events=told)
    want = np.fromfile(told, EVENT)

    machine, model = Machine(mix.capacity), Model()
    have = apply_all(machine, mix, rows)
    np.testing.assert_array_equal(have, want)
    np.testing.assert_array_equal(apply_all(model, mix, rows), want)
    assert sums == check(mix, rows)
    assert sums.balances_sum == sum_of_balances(machine)
    assert machine.audit() == []
    assert {Event.ACCEPTED, Event.FILLED, Event.CANCELED} <= set(have["kind"].tolist())


@needs_compiler
@pytest.mark.parametrize("ids", BOTH_IDS)
def test_fetching_memory_ahead_changes_nothing(ids, reference, tmp_path):
    mix = small("c", ids)
    drawn = draw(mix, tmp_path, reference)
    assert reference.check(mix, drawn, ahead=True) == reference.check(mix, drawn)


@needs_compiler
def test_ids_used_again_are_answered_alike(reference, tmp_path):
    """Of open orders, of ended ones remembered or pushed out, and a day later: by reference, kernel and model."""
    mix = replace(small("b", True), client_ids_per_account=3)
    drawn = draw(mix, tmp_path, reference)
    rows = drawn.rows()
    again = rows[rows["kind"] == Command.PLACE]
    again["ts_ns"] = rows["ts_ns"][-1]
    again["tif"] = Tif.GTC
    again["price_ticks"] = np.where(again["side"] == Side.BUY, LOW_TICKS, LOW_TICKS + 2_047)  # Meets nobody.
    later = again.copy()
    later["ts_ns"] += CLIENT_ID_AGE_NS
    rows = np.concatenate([rows, again, later])
    rows.tofile(drawn.path)
    told = tmp_path / "events"
    reference.check(mix, drawn, events=told)
    want = np.fromfile(told, EVENT)
    np.testing.assert_array_equal(apply_all(Machine(mix.capacity), mix, rows), want)
    np.testing.assert_array_equal(apply_all(Model(), mix, rows), want)
    is_later = want["seq"] > want["seq"][-1] - len(later)
    for refused in (want["reason"][~is_later], want["reason"][is_later]):
        assert 0 < (refused == Reject.DUPLICATE).sum() < len(again)


@needs_compiler
def test_the_poor_are_refused(reference, tmp_path):
    mix = small("poor", False)
    events = apply_all(Machine(mix.capacity), mix, draw(mix, tmp_path, reference).rows())
    refused = events[events["kind"] == Event.REJECTED]["reason"]
    assert (refused == Reject.INSUFFICIENT_FUNDS).sum() > 50


@needs_compiler
def test_sums_notice_a_changed_fill_and_a_changed_balance(reference, tmp_path):
    mix = small("b", False)
    drawn = draw(mix, tmp_path, reference)
    rows = drawn.rows()
    sums = reference.check(mix, drawn)
    last_trade = np.flatnonzero((rows["kind"] == Command.PLACE) & (rows["tif"] == Tif.IOC))[-1]
    rows["qty_lots"][last_trade] += 1
    changed = check(mix, rows)
    assert changed.trades_sum != sums.trades_sum
    assert changed.balances_sum != sums.balances_sum
    assert changed.events_sum != sums.events_sum


@needs_compiler
def test_one_commands_share_is_as_the_mix_says(reference, tmp_path):
    mix = replace(MIXES["a"], commands=20_000)
    drawn = draw(mix, tmp_path, reference)
    rows = drawn.rows()[drawn.prefill :]
    assert shares(rows) == pytest.approx({"gtc": 0.09, "ioc": 0.03, "cancel": 0.06, "move": 0.82}, abs=0.01)
    assert drawn.resting == pytest.approx(1_000, rel=0.05)
    assert drawn.levels == pytest.approx(750, rel=0.1)
    assert set(rows["side"][rows["kind"] == Command.PLACE].tolist()) == {Side.BUY, Side.SELL}


@pytest.mark.parametrize("ids", BOTH_IDS)
def test_a_mix_is_drawn_without_a_compiler_too(ids, tmp_path):
    mix = small("a", ids)
    drawn = draw(mix, tmp_path, None)
    rows = drawn.rows()
    machine = Machine(mix.capacity)
    events = apply_all(machine, mix, rows)
    timed = rows[drawn.prefill :]
    assert len(timed) == mix.commands
    assert shares(timed) == pytest.approx({"gtc": 0.09, "ioc": 0.03, "cancel": 0.06, "move": 0.82}, abs=0.03)
    refused = events[events["kind"] == Event.REJECTED]
    assert len(refused) < 0.05 * len(timed)  # Targets that ended within their block.
    assert set(refused["reason"].tolist()) <= {Reject.UNKNOWN_ORDER}
    assert (events["kind"] == Event.FILLED).sum() > 50
    fees = machine.array["balances"][0]
    assert fees[fees["account_id"] == FEE_ACCOUNT]["free_atoms"].sum() > 0


def shares(rows: np.ndarray) -> dict[str, float]:
    kind, immediate = rows["kind"], rows["tif"] == Tif.IOC
    cancels = (kind == Command.CANCEL) | (kind == Command.CANCEL_BY_CL_ORD_ID)
    return {
        "gtc": float(((kind == Command.PLACE) & ~immediate).mean()),
        "ioc": float(((kind == Command.PLACE) & immediate).mean()),
        "cancel": float(cancels.mean()),
        "move": float((kind == Command.REPLACE).mean()),
    }
