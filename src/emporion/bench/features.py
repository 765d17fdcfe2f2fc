"""What each group of features costs: mix (b) varied, commands a second of the kernel beside the plain mix.

Varied rows would make other orders end than those drawn, and so other ids: the variants that do so are
made of the mix with client ids, whose cancels find their order all the same.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np

from emporion.bench.draw import draw
from emporion.bench.kernel import Progress, in_pieces, time_apply
from emporion.bench.mixes import LOW_TICKS, MIXES, Mix, setup
from emporion.bench.reference import Reference
from emporion.kernel.machine import Machine
from emporion.schema.codes import Command, Event, OrderFlag, Reject, Side, Tif
from emporion.schema.limits import FIRST_ACCOUNT
from emporion.schema.messages import ADMIN_COMMAND, COMMAND, ORDER_EXTRA

SHARE = 0.05  # Of the orders that rest, in the variants.
MASTERS = 20  # A meeting in twenty is with an order of the same owner.
CENTRE_TICKS = LOW_TICKS + 1_024


@dataclass
class Cost:
    name: str
    commands_per_second: float
    relative: float  # To the plain mix it is a variant of.
    happened: dict[str, int]  # Events that show that the feature was at work.


def measure(reference: Reference | None, folder: Path, runs: int, divisor: int, progress: Progress) -> list[Cost]:
    """The variants in turn, so that a busy moment of the machine meets all of them."""
    plain = MIXES["b"].smaller(divisor)
    with_ids = plain.with_client_ids()
    progress("features: drawing the mix twice")
    prefill, rows = _drawn(plain, folder, reference)
    id_prefill, id_rows = _drawn(with_ids, folder, reference)
    variants = [
        ("plain", "plain", plain, prefill, rows, 0),
        ("no fees", "plain", replace(plain, maker_ppm=0, taker_ppm=0), prefill, rows, 0),
        ("client ids", "plain", with_ids, id_prefill, id_rows, 0),
        ("5% icebergs", "client ids", with_ids, id_prefill, with_icebergs(id_rows), 0),
        ("5% stops", "client ids", with_ids, id_prefill, with_stops(id_rows), 0),
        ("self-trades", "client ids", with_ids, id_prefill, id_rows, MASTERS),
    ]
    prepared = {}
    progress("features: setting the venues up")
    for name, _, mix, before, _, masters in variants:
        prepared[name] = _prepare(mix, before, masters)
    happened: dict[str, dict[str, int]] = {}
    speeds: dict[str, list[float]] = {name: [] for name in prepared}
    for turn in range(runs):
        for name, _, _, _, timed, _ in variants:
            progress(f"features: run {turn + 1} of {runs}: {name}")
            if name not in happened:  # Once with its events counted; it warms up, too.
                happened[name] = _count(prepared[name].fork(), timed)
            heads = int((timed["kind"] != Command.DATA).sum())
            speeds[name].append(heads / time_apply(prepared[name].fork(), timed))
    middle = {name: median(values) for name, values in speeds.items()}
    return [Cost(name, middle[name], middle[name] / middle[base], happened[name]) for name, base, *_ in variants]


def _drawn(mix: Mix, folder: Path, reference: Reference | None) -> tuple[np.ndarray, np.ndarray]:
    drawn = draw(mix, folder, reference)
    rows = drawn.rows()
    drawn.path.unlink()
    return rows[: drawn.prefill], rows[drawn.prefill :]


def with_icebergs(rows: np.ndarray) -> np.ndarray:
    """Every twentieth resting order shows a fifth of itself."""
    chosen = _chosen(rows)
    extra = np.zeros(len(chosen), ORDER_EXTRA)
    extra["display_lots"] = -(-rows["qty_lots"][chosen] // 5)
    return _with_extras(rows, chosen, extra)


def with_stops(rows: np.ndarray) -> np.ndarray:
    """Every twentieth resting order becomes a stop as far beyond the centre as it was short of it."""
    rows = rows.copy()
    chosen = _chosen(rows)
    trigger = 2 * CENTRE_TICKS - rows["price_ticks"][chosen]
    buys = rows["side"][chosen] == Side.BUY
    rows["price_ticks"][chosen] = np.clip(trigger + np.where(buys, 8, -8), LOW_TICKS, LOW_TICKS + 2_047)
    rows["flags"][chosen] = OrderFlag.STOP
    extra = np.zeros(len(chosen), ORDER_EXTRA)
    extra["trigger_price_ticks"] = trigger
    return _with_extras(rows, chosen, extra)


def _chosen(rows: np.ndarray) -> np.ndarray:
    resting = np.flatnonzero((rows["kind"] == Command.PLACE) & (rows["tif"] == Tif.GTC))
    return resting[:: round(1 / SHARE)]


def _with_extras(rows: np.ndarray, chosen: np.ndarray, extra: np.ndarray) -> np.ndarray:
    """The same rows with a data row behind each chosen one."""
    extra["kind"] = Command.DATA
    rows = rows.copy()
    rows["data_rows"][chosen] = 1
    return np.insert(rows.view("V64"), chosen + 1, extra.view("V64")).view(COMMAND)


def _prepare(mix: Mix, prefill: np.ndarray, masters: int) -> Machine:
    """The venue of the mix; with `masters`, every account behind the first few is below one of them."""
    machine = Machine(mix.capacity)
    for rows in setup(mix):
        if masters and rows["kind"][0] == Command.OPEN_ACCOUNT:
            rows = rows.view(ADMIN_COMMAND).copy()
            rows["master_id"][masters:] = FIRST_ACCOUNT + np.arange(masters, len(rows)) % masters
        machine.apply(rows)
    for _ in in_pieces(machine, prefill):
        pass
    return machine


def _count(machine: Machine, timed: np.ndarray) -> dict[str, int]:
    counts = np.zeros(256, np.int64)
    self_trades = 0
    for events in in_pieces(machine, timed):
        counts += np.bincount(events["kind"], minlength=256)
        self_trades += int((events["reason"] == Reject.SELF_TRADE).sum())
    shown = (Event.FILLED, Event.CANCELED, Event.TRIGGERED, Event.REFRESHED, Event.REJECTED)
    return {kind.name: int(counts[kind]) for kind in shown} | {"SELF_TRADE": self_trades}
