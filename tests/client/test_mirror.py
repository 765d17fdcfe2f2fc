"""What can be asked of a venue in process can be asked of a served one, in the same words."""

import inspect
from typing import Any

import pytest

from emporion.client import AsyncClient, Client
from emporion.client.flow import fact, method
from emporion.venue.venue import Venue

# The node's own: rows, files and copies of the whole state. docs/client.md says so.
NODE_ONLY = {"events", "fork", "iter_events", "journal", "names", "node", "snapshot", "submit", "table"}
REST = inspect.Parameter.VAR_KEYWORD
MIRRORED = sorted(name for name in dir(Venue) if not name.startswith("_") and name not in NODE_ONLY)


def declared(kind: type, name: str) -> Any:
    """As a class declares it: neither bound nor called."""
    return inspect.getattr_static(kind, name)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("name", MIRRORED)
def test_each_method_is_there_with_the_same_arguments(kind, name):
    here, there = declared(Venue, name), declared(kind, name)
    if isinstance(here, property):
        assert isinstance(there, fact), "an attribute in process is one from afar"
        return
    if not isinstance(there, method):
        assert name == "close"
        return
    mine, theirs = inspect.signature(here).parameters, inspect.signature(there.flow).parameters
    takes_any = any(each.kind is REST for each in theirs.values())
    for each in mine.values():
        if each.kind is REST or (takes_any and each.name not in theirs and each.kind is each.KEYWORD_ONLY):
            continue
        assert each.name in theirs, f"{name} has no {each.name}"
        other = theirs[each.name]
        assert each.kind is other.kind or each.name == "self", f"{name}: {each.name} is given in another way"
        assert other.default == each.default or each.default is each.empty, f"{name}: another default of {each.name}"


def test_no_method_of_the_client_needs_what_the_venue_does_not():
    for name in MIRRORED:
        there = declared(Client, name)
        if isinstance(there, method):
            mine = inspect.signature(declared(Venue, name)).parameters
            for each in inspect.signature(there.flow).parameters.values():
                is_free = each.name in mine or each.default is not each.empty or each.kind is REST
                assert is_free or any(other.kind is REST for other in mine.values()), f"{name} needs {each.name}"
