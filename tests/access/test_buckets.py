"""Token buckets against the plainest bucket there is: a level in fractions, filled up by the time that passed."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.access.buckets import Buckets, Rate
from emporion.access.tickets import TicketRefused
from emporion.errors import BadValue

from .conftest import NOW_NS, SECOND_NS


class PlainBucket:
    """What a bucket is, slowly."""

    def __init__(self, rate, now_ns):
        self.rate, self.level, self.at_ns = rate, Fraction(rate.burst), now_ns

    def take(self, cost, now_ns):
        """Level afterwards, and milliseconds to wait: None if taken."""
        gained = Fraction(now_ns - self.at_ns, self.rate.unit_ns)
        self.level, self.at_ns = min(Fraction(self.rate.burst), self.level + gained), now_ns
        if cost > self.level:
            return self.level, (cost - self.level) * self.rate.unit_ns
        self.level -= cost
        return self.level, None


RATES = st.builds(Rate, st.integers(1, 5_000), st.integers(1, 100))
STEPS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2 * SECOND_NS), st.integers(1, 120)), max_size=60)


@given(RATES, STEPS)
def test_buckets_equal_plain_buckets(rate, steps):
    buckets, plain, now_ns = Buckets(rate), {}, NOW_NS
    for name, passed_ns, cost in steps:
        now_ns += passed_ns
        level, wait_ns = plain.setdefault(name, PlainBucket(rate, now_ns)).take(cost, now_ns)
        if wait_ns is None:
            passed = buckets.take(name, cost, now_ns)
        else:
            with pytest.raises(TicketRefused) as caught:
                buckets.take(name, cost, now_ns)
            passed = caught.value.passed
            expected = 0 if cost > rate.burst else -(-wait_ns // 1_000_000)
            assert (caught.value.code, caught.value.retry_after_ms) == ("RATE_LIMITED", expected)
        assert (passed.limit, passed.remaining) == (rate.burst, int(level))
        assert passed.reset_ms == -((level - rate.burst) * rate.unit_ns // 1_000_000)
        assert buckets.look(name, now_ns) == passed


def test_waiting_as_told_is_enough():
    buckets = Buckets(Rate(3, 2))
    buckets.take("a", 2, NOW_NS)
    with pytest.raises(TicketRefused) as caught:
        buckets.take("a", 1, NOW_NS)
    assert buckets.take("a", 1, NOW_NS + caught.value.retry_after_ms * 1_000_000).remaining == 0


def test_a_name_may_have_a_rate_of_its_own():
    own = {"desk": Rate(10_000, 20_000)}
    buckets = Buckets(Rate(10, 10), own.get)
    assert buckets.take("desk", 5_000, NOW_NS).remaining == 15_000
    assert buckets.take("desk", 15_000, NOW_NS)[:2] == (20_000, 0)
    assert buckets.take("other", 1, NOW_NS)[:2] == (10, 9)
    own["desk"] = Rate(1, 1)  # Counts once the bucket has been full.
    assert buckets.take("desk", 10_000, NOW_NS + SECOND_NS).limit == 20_000
    assert buckets.take("desk", 1, NOW_NS + 10 * SECOND_NS).limit == 1
    del own["desk"]
    for _ in range(2):  # The second time it is not full.
        assert buckets.take("desk", 1, NOW_NS + 20 * SECOND_NS).limit == 10


def test_who_rests_is_forgotten():
    buckets = Buckets(Rate(100, 100))
    for number in range(50_000):
        buckets.take(f"{number}", 1, NOW_NS + number * 100_000)  # Each is full again after 10 ms, 100 names later.
    assert len(buckets) <= 2_048


def test_names_are_bounded():
    """Even where nobody's bucket is full: who is known longest is let off, and each name costs a constant."""
    buckets, sweeps = Buckets(Rate(1, 2), names_max=5_000), 0
    for number in range(20_000):
        before = len(buckets)
        buckets.take(f"{number}", 1, NOW_NS + number)
        sweeps += len(buckets) <= before
        assert len(buckets) <= 5_000
    assert sweeps <= 20
    assert buckets.take("19999", 1, NOW_NS + 20_000).remaining == 0
    assert buckets.take("0", 1, NOW_NS + 20_000).remaining == 1


def test_a_clock_that_goes_back_gives_nothing():
    buckets = Buckets(Rate(1_000, 5))
    buckets.take("a", 5, NOW_NS)
    with pytest.raises(TicketRefused):
        buckets.take("a", 1, NOW_NS - SECOND_NS)


@pytest.mark.parametrize("rate", [(0, 1), (1, 0), (2_000_000, 1), (-1, 5)])
def test_a_rate_that_cannot_be_kept_is_refused(rate):
    with pytest.raises(BadValue, match="a second"):
        Buckets(Rate(*rate))
