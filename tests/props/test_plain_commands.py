"""The short way of plain commands against the general one: the same history, told to do without the short way.

And that commands do go the short way, or the comparison would compare nothing.
"""

import numba
import numpy as np
import pytest

from emporion.kernel import plain, plain_margin
from emporion.kernel.machine import Machine
from emporion.schema import build, build_margin
from emporion.schema.codes import Event, InstrumentStatus, OrderFlag, Side, Stp, Tif
from emporion.schema.limits import FIRST_ACCOUNT, SCENARIOS, SMALL, TINY
from emporion.sim.crowd import Crowd
from emporion.sim.workload import Workload

ACCOUNTS = 4
POST, REDUCE = OrderFlag.POST_ONLY, OrderFlag.REDUCE_ONLY
SHORT_WAYS = [(plain, name) for name in ("place", "replace", "cancel", "by_client_id")]
SHORT_WAYS_OF_MARGIN = [(plain_margin, name) for name in ("place", "replace", "cancel")]  # The former lead to them.
pytestmark = pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="functions are exchanged: uncompiled only")


def history(seed: int, has_margin: bool) -> list:
    """A random stream with hostile rows, or one of many plain orders in few books; or one in a perpetual's book."""
    if has_margin:
        return perpetual_history(seed)
    machine = Machine(TINY)
    work = Workload(40_000 + seed) if seed % 2 else Crowd(40_000 + seed, hostile=0.02)
    parts = [work.opening()]
    work.learn(machine.apply(parts[0]))
    for _ in range(25):
        parts.append(work.draw(20))
        work.learn(machine.apply(parts[-1]))
    return parts


def perpetual_history(seed: int) -> list:
    """Margin accounts, one of them poor, in one book: new orders, moves, cancels, and now and then another mark."""
    rng = np.random.default_rng(40_000 + seed)
    parts = [
        build.genesis(capacity=TINY),
        build.set_fees(0, 0, 100, 500),
        build.list_asset("USD", 6),
        build_margin.set_group(),
        build_margin.set_risk(1, [0] * SCENARIOS, asset_id=1),
        build_margin.set_value(1, 1),
        build_margin.list_contract("P", 1, qty_max_lots=50, price_max_ticks=200, caps={"position_max_lots": 300}),
        build_margin.set_risk(1, rng.integers(-20, 21, SCENARIOS).tolist(), instrument_id=1),
        build_margin.set_price(1, 100, 100),
        build.set_status(1, InstrumentStatus.OPEN),
        *(build.open_account() for _ in range(ACCOUNTS)),
    ]
    for place in range(ACCOUNTS):
        account_id = FIRST_ACCOUNT + place
        parts.append(build_margin.set_margin(account_id, 5 * (place == 1)))
        parts.append(build.deposit(account_id, 1, 100_000 if place else 2_000))
    machine, open_orders = Machine(TINY), {}
    machine.apply(build.join(*parts))
    for _ in range(300):
        parts.append(_perpetual_row(rng, open_orders))
        for event in machine.apply(parts[-1]):
            if event["kind"] == Event.ACCEPTED:
                open_orders[int(event["order_id"])] = (int(event["account_id"]), int(event["qty_lots"]))
    return parts


def _perpetual_row(rng: np.random.Generator, open_orders: dict[int, tuple[int, int]]) -> np.ndarray:
    """Orders that ended long ago are named too."""
    kind, price = rng.random(), int(rng.integers(90, 111))
    if kind < 0.03:
        return build_margin.set_price(1, 100, int(rng.integers(97, 104)))
    if kind < 0.5 or not open_orders:
        tif, flags = ((Tif.GTC, 0), (Tif.GTC, 0), (Tif.GTC, POST), (Tif.GTC, REDUCE), (Tif.IOC, 0))[rng.integers(5)]
        stp = (Stp.CANCEL_RESTING, Stp.DECREMENT)[rng.integers(2)]
        return build.place(
            FIRST_ACCOUNT + int(rng.integers(ACCOUNTS)), 1, Side(int(rng.integers(1, 3))), int(rng.integers(1, 40)),
            price, tif, flags, stp,
        )  # fmt: skip
    order_id = list(open_orders)[-1 - int(rng.integers(min(len(open_orders), 30)))]
    account_id, qty_lots = open_orders[order_id]
    if kind < 0.85:
        return build.replace(account_id, order_id, qty_lots if rng.random() < 0.9 else 7, price)
    return build.cancel(account_id, order_id)


@pytest.mark.parametrize("has_margin", [False, True], ids=["cash", "margin"])
def test_the_general_code_ends_in_the_same_events_and_the_same_state(seed, has_margin, monkeypatch):
    parts = history(seed, has_margin)
    short, general = Machine(TINY), Machine(SMALL)
    told = [short.apply(rows).tobytes() for rows in parts]
    for module, name in SHORT_WAYS:
        monkeypatch.setattr(module, name, lambda *_: False)
    assert [general.apply(rows).tobytes() for rows in parts] == told
    assert general.digest() == short.digest()


def test_commands_do_go_the_short_way(monkeypatch):
    """Sooner or later each short way is taken, and each is left to the general code."""
    ways = SHORT_WAYS + SHORT_WAYS_OF_MARGIN
    verdicts = {f"{module.__name__} {name}": {True: 0, False: 0} for module, name in ways}

    def counting(way, function):
        def counted(*args):
            done = function(*args)
            verdicts[way][bool(done)] += 1
            return done

        return counted

    for module, name in ways:
        monkeypatch.setattr(module, name, counting(f"{module.__name__} {name}", getattr(module, name)))
    for seed in range(30):
        history(seed, seed % 3 == 2)
        if all(count > 0 for by_way in verdicts.values() for count in by_way.values()):
            return
    pytest.fail(f"never: {verdicts}")
