"""Questions about the past, put to the history store. On a thread of its own: an answer may take milliseconds."""

import time
from typing import Protocol

import numpy as np

from emporion.errors import BadValue
from emporion.gateway.link import questions as q
from emporion.schema.limits import TS_MAX

Cursor = tuple[int, int]
PATIENCE_S = 5.0
LOOK_S = 0.02


class History(Protocol):
    """What is asked of the history: history.store.HistoryStore."""

    @property
    def seq(self) -> int: ...

    @property
    def is_behind(self) -> bool: ...

    def trades(self, instrument_id: int, before: Cursor | None = None, limit: int = 100) -> np.ndarray: ...

    def fills(
        self, account_id: int, instrument_id: int = 0, before: Cursor | None = None, limit: int = 100
    ) -> np.ndarray: ...

    def ledger(
        self, account_id: int, asset_id: int = 0, before: Cursor | None = None, limit: int = 100
    ) -> np.ndarray: ...

    def orders(
        self, account_id: int, instrument_id: int = 0, before: Cursor | None = None, limit: int = 100
    ) -> np.ndarray: ...

    def fundings(self, instrument_id: int, before: Cursor | None = None, limit: int = 100) -> np.ndarray: ...

    def order(self, order_id: int, account_id: int = 0) -> tuple[np.ndarray, np.ndarray]: ...

    def order_by_client_id(self, account_id: int, hi: int, lo: int) -> np.ndarray: ...

    def candles(
        self, instrument_id: int, interval: str, start_ns: int = 0, end_ns: int = TS_MAX, limit: int = 1_000
    ) -> np.ndarray: ...


class Patience:
    """Right after a start the history may still be reading what came before: answers wait, up to PATIENCE_S in all.

    Half the past told as the whole is worse than a late answer. After that they go as far as it has come.
    """

    def __init__(self) -> None:
        self._until: float | None = None

    def wait(self, history: History) -> None:
        """To be called on the one thread that asks."""
        while history.is_behind:
            now = time.monotonic()
            self._until = self._until or now + PATIENCE_S
            if now >= self._until:
                return
            time.sleep(LOOK_S)
        self._until = None


def answer(history: History, asked: q.HistoryQuestion, patience: Patience) -> q.HistoryAnswer:
    """The store's rows, in a form that travels."""
    patience.wait(history)
    seq = history.seq  # Before: the rows reach at least so far.
    if isinstance(asked, q.HistoryOrder):
        return _order(history, asked, seq)
    if isinstance(asked, q.HistoryCandles):
        rows = history.candles(
            asked.instrument_id, asked.interval, asked.start_ns, asked.end_ns or TS_MAX, _page(asked.limit)
        )
        return q.HistoryAnswer(q.Table.of(rows), seq)
    before = (asked.before_seq, asked.before_n) if asked.before_seq else None
    if isinstance(asked, q.HistoryTrades):
        rows = history.trades(asked.instrument_id, before, _page(asked.limit))
    elif isinstance(asked, q.HistoryFundings):
        rows = history.fundings(asked.instrument_id, before, _page(asked.limit))
    elif isinstance(asked, q.HistoryFills):
        rows = history.fills(asked.account_id, asked.instrument_id, before, _page(asked.limit))
    elif isinstance(asked, q.HistoryLedger):
        rows = history.ledger(asked.account_id, asked.asset_id, before, _page(asked.limit))
    else:
        rows = history.orders(asked.account_id, asked.instrument_id, before, _page(asked.limit))
    return q.HistoryAnswer(q.Table.of(rows), seq)


def _order(history: History, asked: q.HistoryOrder, seq: int) -> q.HistoryAnswer:
    order_id = asked.order_id
    if not order_id:
        named = history.order_by_client_id(asked.account_id, asked.cl_ord_id_hi, asked.cl_ord_id_lo)
        if not len(named):
            return q.HistoryAnswer(q.Table.of(named), seq)
        order_id = int(named["order_id"][0])
    rows, fills = history.order(order_id, asked.account_id)
    return q.HistoryAnswer(q.Table.of(rows), seq, q.Table.of(fills))


def _page(limit: int) -> int:
    if limit < 1:
        raise BadValue(f"limit: {limit}; ask for 1 row or more")
    return min(limit, q.PAGE_MAX)
