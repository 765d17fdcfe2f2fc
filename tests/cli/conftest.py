"""A venue on disk, and a way to call the command line."""

import json

import pytest

import emporion
from emporion.cli.main import main


@pytest.fixture
def folder(tmp_path):
    """A closed venue of a few commands, with a snapshot."""
    path = tmp_path / "venue"
    with emporion.open(path, capacity="tiny") as venue:
        venue.list_asset("USDC", decimals=6)
        venue.list_asset("BTC", decimals=8)
        venue.list_instrument("BTC/USDC", tick="0.01", lot="0.0001")
        venue.open_account("bob")
        venue.deposit("bob", "BTC", "2")
        venue.snapshot()
        venue.place("bob", "BTC/USDC", "sell", qty="0.5", price="60000", cl_ord_id="étude")
    return path


@pytest.fixture
def run(capsys):
    """Run a command line: exit code, what stdout says as lines of JSON, stderr."""

    def call(*words):
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, [json.loads(line) for line in out.splitlines()] if out.startswith("{") else out, err

    return call
