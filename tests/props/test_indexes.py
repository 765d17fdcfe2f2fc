"""Indexes under the worst that account and asset numbers can do to them."""

import numpy as np
import pytest

from emporion.kernel.machine import Machine
from emporion.schema import build
from emporion.schema.codes import Event, Limit
from emporion.schema.limits import FIRST_ACCOUNT, TINY

ASSETS, ACCOUNTS = 62, 250


@pytest.mark.parametrize("residue", [0, 3, 15])
def test_balances_of_accounts_that_share_a_place(residue):
    """Sixteen accounts lie together in the index: here every sixteenth has them all, until the table is full."""
    machine = Machine(TINY)
    rows = [build.genesis(capacity=TINY)]
    rows += [build.list_asset(f"A{number}", 0) for number in range(ASSETS)]
    rows += [build.open_account() for _ in range(ACCOUNTS)]
    assert not (machine.apply(build.join(*rows))["kind"] == Event.REJECTED).any()
    accounts = [number for number in range(FIRST_ACCOUNT, ACCOUNTS + FIRST_ACCOUNT) if number % 16 == residue]
    deposits = [build.deposit(account, asset, asset) for account in accounts for asset in range(1, ASSETS + 1)]
    events = machine.apply(build.join(*deposits))
    done = events[events["kind"] == Event.DEPOSITED]
    book = machine.array["tables"][0, Limit.BALANCES]
    assert len(done) > 800 and int(book["live"]) == min(int(book["limit"]), len(done) + ASSETS)
    again = machine.apply(build.join(*(build.deposit(int(e["account_id"]), int(e["asset_id"]), 1) for e in done)))
    assert (again["kind"] == Event.DEPOSITED).all()
    balances = machine.array["balances"][0]
    own = balances[balances["account_id"] >= FIRST_ACCOUNT]
    assert np.array_equal(own["free_atoms"], own["asset_id"] + 1)
    assert machine.audit() == []
