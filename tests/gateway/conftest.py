"""Fixtures of this folder."""

from collections.abc import Iterator

import pytest

from tests.gateway.served import Served


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One server for the tests of a file: they use names of their own, or leave things as they were."""
    with Served() as served:
        yield served
