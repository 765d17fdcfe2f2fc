"""A small market in memory that most tests here begin with."""

import pytest

import emporion
from emporion.engine.clock import ManualClock


def set_up(venue):
    """BTC/USDC, with alice who has dollars and bob who has bitcoin."""
    venue.list_asset("USDC", decimals=6, asset_class="stablecoin")
    venue.list_asset("BTC", decimals=8)
    venue.list_instrument("BTC/USDC", tick="0.01", lot="0.0001", reference="60000", band="0.1")
    venue.open_account("alice")
    venue.open_account("bob")
    venue.deposit("alice", "USDC", "100000")
    venue.deposit("bob", "BTC", "2")
    return venue


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def market(clock):
    with emporion.open(capacity="tiny", clock=clock) as venue:
        yield set_up(venue)
