"""A database of its own for each test, with passwords that cost next to nothing."""

import pytest

from emporion.access.access import Access
from emporion.access.passwords import Cost, Passwords

NOW_NS = 1_790_000_000_000_000_000
SECOND_NS = 1_000_000_000
PASSWORD = "correct horse battery"
HOME = "192.0.2.7"
CHEAP = Cost(passes=1, bytes=8192)


@pytest.fixture
def access(tmp_path):
    with Access.open(tmp_path, passwords=Passwords(CHEAP)) as opened:
        yield opened


@pytest.fixture
def ann(access):
    return access.people.sign_up("ann", PASSWORD, NOW_NS, account=(5, "ann"))


@pytest.fixture
def root(access):
    return access.people.sign_up("root", PASSWORD, NOW_NS, is_operator=True)


@pytest.fixture
def denied():
    """A block that is denied with a code: `with denied("WRONG_CODE"): ...`."""
    import contextlib

    from emporion.access.denied import AccessDenied

    @contextlib.contextmanager
    def check(code, field=None):
        with pytest.raises(AccessDenied) as caught:
            yield caught
        assert caught.value.code == code, caught.value
        assert field is None or caught.value.field == field

    return check
