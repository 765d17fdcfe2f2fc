"""Fixtures of this folder."""

from collections.abc import Iterator

import pytest

import emporion
from emporion.client import Client
from tests.client.serving import Served, serving, set_up


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A venue served for the tests of one file, with an operator's user that has an account."""
    with serving() as served:
        yield served


@pytest.fixture(params=["embedded", "served"])
def market(request) -> Iterator[object]:
    """The same small market twice: in process, and over the wire."""
    if request.param == "embedded":
        with emporion.open(capacity="tiny") as venue:
            yield set_up(venue)
    else:
        with serving() as served, served.operator() as client:
            yield set_up(client)


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    with served.operator() as client:
        yield client
