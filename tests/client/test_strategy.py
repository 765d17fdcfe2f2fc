"""The strategy of examples/ does the same on a venue in process and on a served one, to the row of the journal."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import emporion
from emporion.client import connect
from emporion.schema.codes import Command
from tests.client.outcomes import comparable, comparable_rows
from tests.client.serving import serving

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "examples" / "strategy.py"
SCOPES = ("read", "trade", "withdraw", "operate")


@pytest.fixture(scope="module")
def strategy():
    spec = importlib.util.spec_from_file_location("strategy", PATH)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def play(strategy, venue, seed):
    strategy.set_up(venue)
    strategy.trade(venue, rounds=60, seed=seed)
    views = [venue.balances("maker"), venue.balances("customer"), venue.fills("maker"), venue.fills("customer")]
    return [comparable(view) for view in [*views, venue.trades(), venue.ledger("maker"), venue.orders("maker")]]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_embedded_and_served_write_the_same_journal(strategy, tmp_path, seed):
    with emporion.open(tmp_path / "embedded") as venue:
        venue.open_account("house")
        embedded = play(strategy, venue, seed)
        embedded_rows = venue.node.commands(from_seq=1)
    with serving(tmp_path / "served") as served:
        served.venue.open_account("house")  # The operator's own, so that its key opens none.
        with connect(served.url, **served.key("house", "house", SCOPES)) as client:
            remote = play(strategy, client, seed)
    assert embedded == remote

    # Row by row, but for the times and the tags by which requests are found. What is read here is the disk.
    with emporion.open(tmp_path / "served", read_only=True) as venue:
        remote_rows = venue.node.commands(from_seq=1)
    assert comparable_rows(embedded_rows) == comparable_rows(remote_rows)
    kinds = embedded_rows["kind"].tolist()
    assert {Command.PLACE, Command.REPLACE, Command.MASS_CANCEL} <= set(kinds) and kinds.count(Command.PLACE) > 50
    heads = remote_rows["kind"] < Command.DATA
    assert (remote_rows["request_tag"][heads] != 0).any() and not embedded_rows["request_tag"].any()


def test_a_row_that_differs_is_noticed():
    with emporion.open(capacity="tiny") as one, emporion.open(capacity="tiny") as other:
        for venue, decimals in ((one, 6), (other, 7)):
            venue.list_asset("USDC", decimals)
        assert comparable_rows(one.node.commands(from_seq=1)) != comparable_rows(other.node.commands(from_seq=1))


def test_the_example_runs_as_it_says(tmp_path):
    embedded = run(tmp_path)
    with serving() as served:
        key = served.operator_key()
        remote = run(tmp_path, served.url, key["key"], key["secret"])
    assert embedded == remote and "fills" in embedded


def run(folder, *arguments):
    done = subprocess.run(
        [sys.executable, str(PATH), *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout
