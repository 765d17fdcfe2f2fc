"""One folder is one venue, the same every time it is opened."""

import subprocess
import sys

import pytest

import emporion
from emporion.errors import BadValue, EmporionError, VenueLocked


def fill(venue):
    venue.list_asset("USDC", decimals=6)
    venue.list_asset("BTC", decimals=8)
    venue.list_instrument("BTC/USDC", tick="0.01", lot="0.0001")
    alice, bob = venue.open_account("alice"), venue.open_account("bob")
    venue.deposit(alice, "USDC", "100000")
    venue.deposit(bob, "BTC", "2")
    order = venue.place(bob, "BTC/USDC", "sell", qty="0.5", price="60000", cl_ord_id="first")
    venue.place(alice, "BTC/USDC", "buy", qty="0.2", price="60100", tif="ioc")
    return order


def seen(venue):
    """Everything a caller can see."""
    frames = (venue.balances(), venue.orders(), venue.fills(), venue.events(), venue.journal(), venue.ledger())
    return [venue.digest(), repr(venue.book("BTC/USDC")), venue.accounts, *map(list, frames)]


def test_a_venue_is_the_same_when_opened_again(tmp_path):
    with emporion.open(tmp_path, capacity="tiny") as venue:
        fill(venue)
        before = seen(venue)
    with emporion.open(tmp_path, capacity="tiny") as venue:
        assert seen(venue) == before
        venue.snapshot()
        venue.cancel(account="bob", cl_ord_id="first")
        after = seen(venue)
    with emporion.open(tmp_path, capacity="small") as venue:  # The size of the build makes no difference.
        assert seen(venue) == after
    with emporion.open(tmp_path, capacity="tiny", read_only=True) as venue:
        assert seen(venue) == after


def test_a_fork_and_its_origin_know_nothing_of_each_other(tmp_path):
    with emporion.open(tmp_path, capacity="tiny") as venue:
        order = fill(venue)
        before = seen(venue)
        with venue.fork() as twin:
            assert seen(twin) == before
            twin.cancel(order)
            twin.open_account("carol")
            assert twin.order(order).status == "canceled"
            changed = seen(twin)
            assert seen(venue) == before
            venue.deposit("bob", "BTC", "1")
            assert seen(twin) == changed
    with emporion.open(tmp_path, capacity="tiny") as venue:
        assert "carol" not in [account.name for account in venue.accounts]


def test_one_writer_and_any_number_who_look(tmp_path):
    with emporion.open(tmp_path, capacity="tiny") as venue:
        fill(venue)
        with pytest.raises(VenueLocked):
            emporion.open(tmp_path, capacity="tiny")
        with emporion.open(tmp_path, capacity="tiny", read_only=True) as other:
            assert seen(other) == seen(venue)
            before = seen(other)
            venue.deposit("bob", "BTC", "1")
            assert seen(other) == before, "what was opened to look at stays as it was, its past included"


def test_a_read_only_venue_sends_nothing(tmp_path):
    emporion.open(tmp_path, capacity="tiny").close()
    with (
        emporion.open(tmp_path, capacity="tiny", read_only=True) as venue,
        pytest.raises(EmporionError, match="read_only"),
    ):
        venue.list_asset("USDC", decimals=6)


def test_there_is_nothing_to_look_at(tmp_path):
    with pytest.raises(EmporionError, match="no venue"):
        emporion.open(tmp_path / "none", read_only=True)
    assert not (tmp_path / "none").exists()


def test_limits_are_the_venues_own():
    with emporion.open(capacity="tiny", limits={"orders": 1, "accounts": 6}) as venue:
        venue.open_account("alice")
        with pytest.raises(emporion.Refused, match="TABLE_FULL"):
            venue.open_account("bob")
        venue.set_limit("accounts", 7)
        assert venue.open_account("bob").account_id == 7


def test_what_is_not_a_capacity_or_a_limit_is_named():
    with pytest.raises(BadValue, match="tiny, small, large"):
        emporion.open(capacity="huge")
    with pytest.raises(BadValue, match="'orders'"):
        emporion.open(capacity="tiny", limits={"ordres": 5})


def test_importing_is_quick_and_opening_pulls_in_the_rest():
    code = (
        "import sys, emporion\n"
        "assert 'numba' not in sys.modules and 'numpy' not in sys.modules\n"
        "assert emporion.open and emporion.Venue.__name__ == 'Venue'\n"
        "assert 'numba' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="opne"):
        emporion.opne  # noqa: B018
