"""Rows found by the kernel's indexes are those that a look through the whole table finds."""

import numpy as np
import pytest

from emporion.gateway.link.look_ups import LookUps
from emporion.schema import build
from emporion.schema.codes import Limit
from emporion.schema.limits import FIRST_ACCOUNT
from tests.engine.stage import ACCOUNTS, open_node, opening


@pytest.fixture
def node():
    with open_node(None) as node:
        node.submit(opening())
        rng = np.random.default_rng(7)
        for n in range(400):
            account = int(rng.choice(ACCOUNTS))
            node.submit(
                build.join(
                    build.place(account, 1, 1 + n % 2, 5, int(rng.integers(95, 106)), cl_ord_id=b"id-%d" % (n % 350)),
                    build.cancel_by_cl_ord_id(account, b"id-%d" % rng.integers(0, 350)),
                )
            )
        yield node


def test_client_ids(node):
    look_ups = LookUps(node.machine)
    rows = node.machine.array["client_ids"][0]
    used = np.flatnonzero(rows["account_id"])
    assert len(used) > 200 and (rows["ended_ns"][used] == 0).any() and (rows["ended_ns"][used] != 0).any()
    for slot in used.tolist():
        row = rows[slot]
        assert look_ups.client_id(*(int(row[name]) for name in ("account_id", "cl_ord_id_hi", "cl_ord_id_lo"))) == slot
    for account in (0, 1, -1, *ACCOUNTS):
        assert look_ups.client_id(account, *build.halves(b"never used")) == 0
    assert look_ups.client_id(3, -(1 << 63), (1 << 63) - 1) == 0


def test_balances(node):
    look_ups = LookUps(node.machine)
    rows = node.machine.array["balances"][0]
    assets = int(node.machine.array["tables"]["high_water"][0, Limit.ASSETS])
    for account in range(8):
        found = look_ups.balances(account)
        assert rows["account_id"][found].tolist() == [account] * len(found)
        assert rows["asset_id"][found].tolist() == sorted(rows["asset_id"][found].tolist())
        assert (
            sorted(found.tolist())
            == (np.flatnonzero((rows["account_id"] == account) & (rows["asset_id"] > 0))).tolist()
        )
        assert len(found) <= assets


def test_balances_of_many_assets_and_accounts():
    """Probes run into each other."""
    with open_node(None) as node:
        accounts, assets = 60, 15
        node.submit(build.join(*(build.list_asset(f"A{n}", 0) for n in range(assets))))
        node.submit(build.join(*(build.open_account() for _ in range(accounts))))
        rng = np.random.default_rng(3)
        pairs = {
            (int(rng.integers(FIRST_ACCOUNT, accounts + FIRST_ACCOUNT)), int(rng.integers(1, assets + 1)))
            for _ in range(600)
        }
        node.submit(build.join(*(build.deposit(account, asset, 1) for account, asset in sorted(pairs))))
        rows, look_ups = node.machine.array["balances"][0], LookUps(node.machine)
        for account in range(FIRST_ACCOUNT, accounts + FIRST_ACCOUNT):
            expected = sorted(asset for holder, asset in pairs if holder == account)
            assert rows["asset_id"][look_ups.balances(account)].tolist() == expected
