"""A delta applied to the copy before gives the copy after, whatever the book did in between."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from emporion.feeds.depth import applied, changed_books, delta, image
from emporion.schema import build
from emporion.schema.messages import DEPTH_ROW
from tests.feeds.books import ALICE, BTC, buy, new_node, sell

levels = st.dictionaries(st.integers(1, 12), st.tuples(st.integers(1, 3), st.integers(1, 2)), max_size=12)


def side(found: dict, is_bid: bool) -> np.ndarray:
    return np.array([(price, *found[price]) for price in sorted(found, reverse=is_bid)], DEPTH_ROW)


@given(levels, levels, st.booleans())
def test_a_delta_leads_from_one_copy_to_the_next(before, after, is_bid):
    old, new = side(before, is_bid), side(after, is_bid)
    changes = delta(old, new)
    assert applied(old, changes, is_bid).tolist() == new.tolist()
    said = {price: (lots, orders) for price, lots, orders in changes.tolist()}
    assert len(said) == len(changes)
    assert said == {
        price: after.get(price, (0, 0)) for price in {*before, *after} if before.get(price) != after.get(price)
    }


def test_a_book_changes_with_entry_trade_and_cancel_and_with_nothing_else():
    with new_node() as node:
        events = node.submit(build.join(buy(1, 100), build.deposit(ALICE, 1, 5))).events
        assert changed_books(events) == {BTC}
        assert changed_books(node.submit(build.deposit(ALICE, 1, 5)).events) == set()
        assert changed_books(node.submit(build.cancel(ALICE, int(events["order_id"][0]))).events) == {BTC}


def test_an_image_shows_what_an_iceberg_shows_and_stays_as_it_was():
    with new_node() as node:
        node.submit(build.join(buy(50, 100, display_lots=5), buy(2, 100), buy(1, 90)))
        before = image(node.machine, BTC, 20)
        node.submit(sell(4, 90))
        assert before.bids.tolist() == [(100, 7, 2), (90, 1, 1)]
        assert image(node.machine, BTC, 1).bids.tolist() == [(100, 3, 2)]
        assert before.asks.tolist() == []
