"""Answers about the past wait for a history that is still reading it, but not for ever."""

import pytest

from emporion.gateway.link import past


class Hours:
    """Time that passes only while somebody sleeps, and a history that is behind until a moment of it."""

    def __init__(self) -> None:
        self.now, self.until = 1_000.0, 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    @property
    def is_behind(self) -> bool:
        return self.now < self.until


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    hours = Hours()
    monkeypatch.setattr(past, "time", hours)
    return hours


def waited(patience: past.Patience, hours: Hours) -> float:
    started = hours.now
    patience.wait(hours)
    return hours.now - started


def test_a_history_that_has_come_is_not_waited_for(hours: Hours):
    assert waited(past.Patience(), hours) == 0


def test_it_is_waited_for_until_it_has_come(hours: Hours):
    hours.until = hours.now + 1
    assert waited(past.Patience(), hours) == pytest.approx(1, abs=past.LOOK_S)


def test_answers_share_one_patience(hours: Hours):
    patience, hours.until = past.Patience(), hours.now + 3_600
    assert waited(patience, hours) == pytest.approx(past.PATIENCE_S, abs=past.LOOK_S)
    assert waited(patience, hours) == 0  # The next goes at once, as far as the history has come.
    hours.now = hours.until
    patience.wait(hours)
    hours.until = hours.now + 1  # Behind another time: there is patience again.
    assert waited(patience, hours) == pytest.approx(1, abs=past.LOOK_S)
