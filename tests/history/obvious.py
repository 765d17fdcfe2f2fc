"""The tables in the plainest Python: one event after the other, one dictionary an order."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from emporion.history.rows import CANDLE, ENTRY, FILL, ORDER, TRADE
from emporion.kernel.machine import Machine
from emporion.schema.codes import Command, Event, FillFlag, OrderFlag, OrderStatus, Side, Tif
from emporion.schema.limits import (
    CLEARING_ACCOUNT,
    FEE_ACCOUNT,
    INSURANCE_ACCOUNT,
    LENDING_ACCOUNT,
    OUTSIDE_ACCOUNT,
    TINY,
    TS_MAX,
)
from emporion.schema.messages import INSTRUMENT_TERMS, ORDER_EXTRA
from emporion.venue.history import heads_of

DEPOSIT, TRANSFER, WITHDRAWAL, BUY, SELL, FEE, REALIZED, FUNDING, MARKED, SETTLED, INTEREST, CHARGED, INSURED = range(
    13
)
MOVES = {  # Event: kind of line, who is on the other side. None: each side has an event of its own.
    Event.DEPOSITED: (DEPOSIT, OUTSIDE_ACCOUNT), Event.TRANSFERRED: (TRANSFER, None),
    Event.WITHDRAWAL_SETTLED: (WITHDRAWAL, OUTSIDE_ACCOUNT), Event.POSITION: (REALIZED, CLEARING_ACCOUNT),
    Event.FUNDING_PAID: (FUNDING, CLEARING_ACCOUNT), Event.MARKED_TO_CASH: (MARKED, CLEARING_ACCOUNT),
    Event.POSITION_SETTLED: (SETTLED, CLEARING_ACCOUNT), Event.INTEREST_PAID: (INTEREST, LENDING_ACCOUNT),
    Event.INSURANCE_PAID: (INSURED, INSURANCE_ACCOUNT),
}  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECONDS = {
    "1s": 1, "5s": 5, "15s": 15, "1m": 60, "3m": 180, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "2h": 7200,
    "4h": 14400, "8h": 28800, "12h": 43200, "1d": 86400, "3d": 3 * 86400,
}  # fmt: skip


class Obvious:
    """Takes in all rows of a journal at once."""

    def __init__(self, rows: np.ndarray) -> None:
        self.trades: list[dict] = []
        self.fills: list[dict] = []
        self.entries: list[dict] = []
        self.ended: list[dict] = []
        self.fundings: list[dict] = []
        self.open: dict[int, dict] = {}
        self.listed: dict[int, dict] = {}
        self.last_position_of = 0
        machine, now_ns = Machine(TINY), 0
        heads = heads_of(rows).tolist()
        for seq, (start, stop) in enumerate(zip(heads, [*heads[1:], len(rows)], strict=True), 1):
            command = rows[start:stop]
            if command["ts_ns"][0] <= TS_MAX:
                now_ns = max(now_ns, int(command["ts_ns"][0]))
            events = machine.apply(command)
            names = events.dtype.names
            for n, event in enumerate(events.tolist()):
                self._see(command, seq, now_ns, n, dict(zip(names, event, strict=True)))
        self.machine = machine

    def _see(self, command: np.ndarray, seq: int, now_ns: int, n: int, event: dict) -> None:
        kind = event["kind"]
        place = {"seq": seq, "ts_ns": now_ns, "n": n}
        if kind == Event.INSTRUMENT_LISTED:
            terms = command[1:2].view(INSTRUMENT_TERMS)[0]
            self.listed[event["instrument_id"]] = {name: int(terms[name]) for name in (
                "base_asset_id", "quote_asset_id", "base_atoms_per_lot", "atoms_per_tick_lot",
            )}  # fmt: skip
        elif kind == Event.FUNDING_SET:
            same = {name: event[name] for name in ("price_ticks", "instrument_id")}
            self.fundings.append(place | same | {"rate_e12": event["amount_atoms"]})
        elif kind in MOVES:
            self._move(place, event, *MOVES[kind], event["amount_atoms"])
        elif kind == Event.LIQUIDATION_STEP:
            self._move(place, event, CHARGED, INSURANCE_ACCOUNT, -event["amount_atoms"])
        elif kind == Event.BACKSTOP_TOOK:
            self._move(place, event, CHARGED, self.last_position_of, -event["amount_atoms"])
        if kind == Event.POSITION:
            self.last_position_of = event["account_id"]
        if Event.ACCEPTED <= kind <= Event.DECREMENTED or (kind == Event.TWAP_SLICED and event["order_id"]):
            self._order(command[0], command[1:], place, event)
        if kind == Event.FILLED:
            self._fill(place, event)

    def _move(self, place: dict, event: dict, word: int, other_id: int | None, amount: int) -> None:
        if not amount and word > WITHDRAWAL:
            return
        self._line(place, 0, event, event["account_id"], event["asset_id"], amount, word)
        if other_id is not None:
            self._line(place, 1, event, other_id, event["asset_id"], -amount, word)

    def _line(self, place: dict, k: int, event: dict, account_id: int, asset_id: int, amount: int, kind: int) -> None:
        self.entries.append({
            **place, "n": 4 * place["n"] + k, "order_id": event["order_id"], "account_id": account_id,
            "asset_id": asset_id, "amount_atoms": amount, "kind": kind,
        })  # fmt: skip

    def _fill(self, place: dict, event: dict) -> None:
        of = self.listed[event["instrument_id"]]
        same = ("order_id", "price_ticks", "qty_lots", "leaves_lots", "account_id", "instrument_id", "side")
        fill = place | {name: event[name] for name in same}
        self.fills.append(fill | {"fee_atoms": event["amount_atoms"], "role": event["flags"] & 3})
        if event["flags"] & FillFlag.TAKER:
            n = sum(trade["seq"] == place["seq"] for trade in self.trades[-1000:])
            keep = ("price_ticks", "qty_lots", "instrument_id", "side")
            self.trades.append(place | {"n": n} | {name: event[name] for name in keep})
        base = event["qty_lots"] * of["base_atoms_per_lot"]
        quote = event["price_ticks"] * event["qty_lots"] * of["atoms_per_tick_lot"]
        sign, word = (1, BUY) if event["side"] == Side.BUY else (-1, SELL)
        account_id = event["account_id"]
        if of["base_asset_id"]:  # Else a contract, and a fill moves nothing but the fee.
            self._line(place, 0, event, account_id, of["base_asset_id"], sign * base, word)
            self._line(place, 1, event, account_id, of["quote_asset_id"], -sign * quote, word)
        if fee := event["amount_atoms"]:
            self._line(place, 2, event, account_id, of["quote_asset_id"], -fee, FEE)
            self._line(place, 3, event, FEE_ACCOUNT, of["quote_asset_id"], fee, FEE)

    def _order(self, head: Any, data: np.ndarray, place: dict, event: dict) -> None:
        kind, order_id = event["kind"], event["order_id"]
        if kind in (Event.ACCEPTED, Event.TWAP_SLICED):
            is_own = head["kind"] == Command.PLACE and kind == Event.ACCEPTED  # Else a slice that the venue sends.
            same = ("order_id", "account_id", "instrument_id", "side")
            order = dict.fromkeys(ORDER.names, 0) | {name: event[name] for name in same}
            order |= {"entry_seq": place["seq"], "entry_ns": place["ts_ns"]}
            if is_own:
                order |= {name: int(head[name]) for name in ("tif", "flags", "stp", "cl_ord_id_hi", "cl_ord_id_lo")}
            else:
                order["tif"] = Tif.IOC
            order |= {"price_ticks": event["price_ticks"], "qty_lots": event["qty_lots"]}
            if is_own and len(data):
                extra = data[:1].view(ORDER_EXTRA)[0]
                order["display_lots"], order["expire_ns"] = int(extra["display_lots"]), int(extra["expire_ns"])
                order["trigger_ticks"] = int(extra["trigger_price_ticks"])
                order |= {name: int(extra[name]) for name in ("trail_ticks", "related_id", "link")}
            self.open[order_id] = order
        order = self.open[order_id]
        order["leaves_lots"] = event["leaves_lots"]
        if kind == Event.FILLED:
            unit = self.listed[event["instrument_id"]]["atoms_per_tick_lot"]
            order["cum_lots"] += event["qty_lots"]
            order["notional_atoms"] += event["price_ticks"] * event["qty_lots"] * unit
            order["fee_atoms"] += event["amount_atoms"]
            order["status"] = OrderStatus.PARTIALLY_FILLED if event["leaves_lots"] else OrderStatus.FILLED
        elif kind == Event.REPLACED:
            order["price_ticks"], order["qty_lots"] = event["price_ticks"], event["qty_lots"]
            hi, lo = int(head["cl_ord_id_hi"]), int(head["cl_ord_id_lo"])
            if head["kind"] == Command.REPLACE and head["order_id"] == order_id and (hi or lo):
                order["cl_ord_id_hi"], order["cl_ord_id_lo"] = hi, lo
        elif kind == Event.DECREMENTED:
            order["qty_lots"] -= event["qty_lots"]
        elif kind == Event.TRIGGERED:
            order["flags"] &= ~(OrderFlag.STOP | OrderFlag.MARKET)
        elif kind in (Event.CANCELED, Event.EXPIRED):
            order["status"] = OrderStatus.CANCELED if kind == Event.CANCELED else OrderStatus.EXPIRED
            order["reason"] = event["reason"]
        if order["status"] not in (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED):
            self.ended.append(self.open.pop(order_id) | place)

    def candles(self, instrument_id: int, interval: str) -> list[dict]:
        """All candles of an instrument, by the calendar of the standard library."""
        unit = self.listed[instrument_id]["atoms_per_tick_lot"]
        candles: dict[int, dict] = {}
        for trade in self.trades:
            if trade["instrument_id"] != instrument_id:
                continue
            start, price = start_ns(trade["ts_ns"], interval), trade["price_ticks"]
            candle = candles.setdefault(start, {
                "start_ns": start, "open": price, "high": price, "low": price, "qty": 0, "turnover": 0, "trades": 0,
                "first_seq": trade["seq"],
            })  # fmt: skip
            candle |= {"close": price, "last_seq": trade["seq"]}
            candle["high"], candle["low"] = max(candle["high"], price), min(candle["low"], price)
            candle["qty"] += trade["qty_lots"]
            candle["turnover"] += price * trade["qty_lots"] * unit
            candle["trades"] += 1
        return list(candles.values())


def start_ns(ts_ns: int, interval: str) -> int:
    """When the interval began that a time lies in."""
    when = EPOCH + timedelta(seconds=ts_ns // 1_000_000_000)
    midnight = when.replace(hour=0, minute=0, second=0)
    if interval == "1M":
        begin = midnight.replace(day=1)
    elif interval == "1w":
        begin = midnight - timedelta(days=when.weekday())
    else:
        begin = EPOCH + (when - EPOCH) // timedelta(seconds=SECONDS[interval]) * timedelta(seconds=SECONDS[interval])
    return int((begin - EPOCH).total_seconds()) * 1_000_000_000


def array(rows: Iterable[dict], dtype: np.dtype) -> np.ndarray:
    """Dictionaries as rows."""
    assert dtype.names is not None
    return np.array([tuple(row[name] for name in dtype.names) for row in rows], dtype)


def candle_dicts(candles: np.ndarray) -> list[dict]:
    """Rows of CANDLE as `Obvious.candles` has them."""
    assert candles.dtype == CANDLE
    short = {"open_ticks": "open", "high_ticks": "high", "low_ticks": "low", "close_ticks": "close", "qty_lots": "qty"}
    dicts = []
    for row in candles:
        candle = {short.get(name, name): int(row[name]) for name in CANDLE.names}
        candle["turnover"] = (candle.pop("turnover_hi") << 32) + candle.pop("turnover_lo")
        dicts.append(candle)
    return dicts


DTYPES = {"trades": TRADE, "fills": FILL, "entries": ENTRY, "ended": ORDER}
