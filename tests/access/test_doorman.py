"""The doorman: no nonce twice, against a model that forgets nothing; nothing spent where nothing is let in."""

import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.access.buckets import Rate
from emporion.access.limits import Doorman, Limits
from emporion.access.tickets import Pass, Ticket, TicketRefused
from emporion.errors import BadValue
from emporion.wire.signing import AHEAD_NS, WINDOW_NS

from .conftest import NOW_NS, SECOND_NS

WIDE = Limits(key=Rate(1_000_000, 10_000_000))


def refused(doorman, ticket, now_ns):
    with pytest.raises(TicketRefused) as caught:
        doorman.admit(ticket, now_ns)
    return caught.value


class PlainDoorman:
    """Lets each (key, nonce) in once inside the window, and remembers them all for ever."""

    def __init__(self):
        self.seen = set()

    def code(self, ticket, now_ns):
        if not now_ns - WINDOW_NS <= ticket.time_ns <= now_ns + AHEAD_NS:
            return "STALE_TIME"
        if (ticket.key, ticket.nonce) in self.seen:
            return "REPLAYED"
        self.seen.add((ticket.key, ticket.nonce))
        return None


OFFSETS = st.one_of(
    st.integers(-WINDOW_NS - 5, -WINDOW_NS + 5),
    st.integers(AHEAD_NS - 5, AHEAD_NS + 5),
    st.integers(-WINDOW_NS, AHEAD_NS),
)
ASKED = st.tuples(st.sampled_from(["k1", "k2"]), st.integers(0, 12), OFFSETS, st.integers(0, 3 * SECOND_NS))


@given(st.lists(ASKED, max_size=80))
def test_the_window_of_nonces_equals_remembering_all(asked):
    """A nonce stands for one request, so its time is that of its first use; a thief sends it again much later."""
    doorman, plain, now_ns, times = Doorman(WIDE), PlainDoorman(), NOW_NS, {}
    for key, number, offset_ns, passed_ns in asked:
        now_ns += passed_ns
        time_ns = times.setdefault((key, number), now_ns + offset_ns)
        ticket = Ticket(key, f"nonce-{number}", time_ns, 1)
        expected = plain.code(ticket, now_ns)
        if expected is None:
            doorman.admit(ticket, now_ns)
        else:
            assert refused(doorman, ticket, now_ns).code == expected


def test_a_repeat_is_refused_at_every_moment_until_its_time_is_over():
    for offset_ns in (-WINDOW_NS, -1, 0, 1, AHEAD_NS):
        doorman, ticket = Doorman(), Ticket("k", "n" * 16, NOW_NS + offset_ns, 1)
        doorman.admit(ticket, NOW_NS)
        codes = [refused(doorman, ticket, NOW_NS + passed * SECOND_NS // 4).code for passed in range(60)]
        over = codes.index("STALE_TIME")
        assert set(codes[:over]) <= {"REPLAYED"} and set(codes[over:]) == {"STALE_TIME"}


def test_a_clock_set_back_brings_no_repeat_back():
    doorman, ticket = Doorman(), Ticket("k", "n" * 16, NOW_NS, 1)
    doorman.admit(ticket, NOW_NS)
    doorman.admit(Ticket("k", "m" * 16, NOW_NS + 3600 * SECOND_NS, 1), NOW_NS + 3600 * SECOND_NS)  # All forgotten.
    again = refused(doorman, ticket, NOW_NS)
    assert again.code == "STALE_TIME" and again.retry_after_ms > 0


def test_the_same_nonce_of_another_key_is_another():
    doorman = Doorman()
    for key, nonce in (("k1", "n1"), ("k2", "n1"), ("k1", "n2")):
        doorman.admit(Ticket(key, nonce, NOW_NS, 1), NOW_NS)


def test_a_repeat_spends_nothing():
    doorman, ticket = Doorman(Limits(key=Rate(1, 10))), Ticket("k", "n" * 16, NOW_NS, 4)
    assert doorman.admit(ticket, NOW_NS) == Pass(10, 6, 4_000)
    for _ in range(20):
        assert refused(doorman, ticket, NOW_NS).code == "REPLAYED"
    assert doorman.admit(Ticket("k", "m" * 16, NOW_NS, 6), NOW_NS).remaining == 0


def test_who_is_refused_for_the_rate_may_send_the_same_again():
    doorman, ticket = Doorman(Limits(key=Rate(10, 10))), Ticket("k", "n" * 16, NOW_NS, 10)
    doorman.admit(Ticket("k", "m" * 16, NOW_NS, 10), NOW_NS)
    told = refused(doorman, ticket, NOW_NS)
    assert (told.code, told.retry_after_ms, told.passed) == ("RATE_LIMITED", 1_000, Pass(10, 0, 1_000))
    assert doorman.admit(ticket, NOW_NS + SECOND_NS).remaining == 0


def test_sessions_have_no_nonce():
    doorman, ticket = Doorman(Limits(key=Rate(1, 2))), Ticket("s-1", "", 0, 1)
    assert [doorman.admit(ticket, NOW_NS).remaining for _ in range(2)] == [1, 0]
    assert refused(doorman, ticket, NOW_NS).code == "RATE_LIMITED"


def test_what_is_remembered_is_bounded():
    doorman = Doorman(Limits(key=Rate(1_000_000, 1_000_000), nonces_max=100))
    for number in range(100):
        doorman.admit(Ticket("k", f"{number}", NOW_NS, 1), NOW_NS)
    assert refused(doorman, Ticket("k", "new", NOW_NS, 1), NOW_NS).code == "RATE_LIMITED"
    later_ns = NOW_NS + WINDOW_NS + SECOND_NS
    doorman.admit(Ticket("k", "new", later_ns, 1), later_ns)


def test_a_stale_time_says_how_far_the_clock_is_off():
    told = refused(Doorman(), Ticket("k", "n" * 16, NOW_NS - 60 * SECOND_NS, 1), NOW_NS)
    assert "60000 ms behind" in told.detail and str(NOW_NS) in told.detail
    told = refused(Doorman(), Ticket("k", "n" * 16, NOW_NS + 60 * SECOND_NS, 1), NOW_NS)
    assert "60000 ms ahead of" in told.detail


def test_after_a_restart_no_request_of_before_comes_in():
    """Whatever the forgotten doorman let in lies before `since_ns` + the lead that clocks are allowed."""
    before = Doorman()
    tickets = [Ticket("k", f"n{offset}", NOW_NS + offset * SECOND_NS // 10, 1) for offset in range(-99, 21, 3)]
    for ticket in tickets:
        before.admit(ticket, NOW_NS)
    after = Doorman(since_ns=NOW_NS)
    for passed in range(0, 15):
        for ticket in tickets:
            assert refused(after, ticket, NOW_NS + passed * SECOND_NS).code == "STALE_TIME"
    told = refused(after := Doorman(since_ns=NOW_NS), Ticket("k", "fresh", NOW_NS + SECOND_NS, 1), NOW_NS + SECOND_NS)
    assert 1_000 <= told.retry_after_ms <= 1_001 and re.search("sign it again", told.detail)
    when_ns = NOW_NS + SECOND_NS + told.retry_after_ms * 1_000_000
    after.admit(Ticket("k", "fresh", when_ns, 1), when_ns)


def test_a_refusal_travels_between_processes():
    told = TicketRefused("RATE_LIMITED", "wait", 20, Pass(1, 0, 20))
    twin = pickle.loads(pickle.dumps(told))
    assert vars(twin) == vars(told) and str(twin) == str(told) == "RATE_LIMITED: wait"


def test_limits_are_checked():
    with pytest.raises(BadValue):
        Limits(window_ns=0)
    with pytest.raises(BadValue, match="limit of an address"):
        Limits(address=Rate(0, 1))
