"""The store's answers, from memory and from files of any size, against the plainest Python and the venue's frames."""

from functools import partial

import pytest

from emporion.history.feed import Feed
from emporion.history.store import HistoryStore
from tests.history.obvious import ENTRY, FILL, ORDER, TRADE, Obvious, array
from tests.history.stage import draw, live


def attached(node, folder=None, block_rows=64, tail_rows=50) -> HistoryStore:
    """A store over a node, with so small parts that there are many."""
    store = HistoryStore(Feed(folder, block_rows=block_rows, tail_rows=tail_rows))
    store.attach(node)
    return store


def caught_up(store: HistoryStore, node) -> HistoryStore:
    while store.is_behind or store.seq < node.seq:
        pass
    return store


def pages(ask, limit: int) -> list[tuple]:
    """Every row, page by page."""
    rows, place = [], None
    while len(page := ask(before=place, limit=limit)):
        assert len(page) <= limit
        rows += page.tolist()
        place = int(page["seq"][-1]), int(page["n"][-1])
    return rows


def newest_first(rows: list[dict], dtype, **equal) -> list[tuple]:
    return array([row for row in rows if all(row[name] == value for name, value in equal.items())], dtype)[
        ::-1
    ].tolist()


@pytest.mark.parametrize("kept", ["memory", "files", "both"])
@pytest.mark.parametrize("seed", range(4))
def test_pages_hold_every_row_once_newest_first(seed, kept, tmp_path):
    stretches = draw(seed)
    with live(stretches, tmp_path) as node:
        obvious = Obvious(node.commands())
        store = caught_up(attached(node, tmp_path, tail_rows=1 << 20 if kept == "memory" else 50), node)
        if kept == "files":
            store.close()
            store = attached(node, tmp_path)
        for limit in (1_000, 7):
            for number in obvious.listed:
                have = pages(partial(store.trades, number), limit)
                assert have == newest_first(obvious.trades, TRADE, instrument_id=number)
            for account_id in range(1, 12):
                have = pages(partial(store.fills, account_id), limit)
                assert have == newest_first(obvious.fills, FILL, account_id=account_id)
                have = pages(partial(store.fills, account_id, 2), limit)
                assert have == newest_first(obvious.fills, FILL, account_id=account_id, instrument_id=2)
                have = pages(partial(store.orders, account_id), limit)
                assert have == newest_first(obvious.ended, ORDER, account_id=account_id)
                have = pages(partial(store.ledger, account_id), limit)
                assert have == newest_first(obvious.entries, ENTRY, account_id=account_id)
                have = pages(partial(store.ledger, account_id, 2), limit)
                assert have == newest_first(obvious.entries, ENTRY, account_id=account_id, asset_id=2)
        store.close()
