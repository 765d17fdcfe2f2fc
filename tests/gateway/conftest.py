"""Fixtures of this folder."""

from collections.abc import Iterator

import pytest

from tests.gateway.venue_for_tests import Venue


@pytest.fixture
def venue() -> Iterator[Venue]:
    venue = Venue()
    yield venue
    venue.close()
