"""Answers about the past wait for a history that is still reading it, but not for ever."""

import time
from dataclasses import dataclass

import pytest

from emporion.gateway.link import past


@dataclass
class Reading:
    """A history, as far as waiting for it goes: behind until a moment."""

    until: float

    @property
    def is_behind(self) -> bool:
        return time.monotonic() < self.until


def waited(patience: past.Patience, history: Reading) -> float:
    started = time.monotonic()
    patience.wait(history)
    return time.monotonic() - started


def test_a_history_that_has_come_is_not_waited_for():
    assert waited(past.Patience(), Reading(0.0)) < past.LOOK_S


def test_answers_share_one_patience(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(past, "PATIENCE_S", 0.2)
    patience, history = past.Patience(), Reading(time.monotonic() + 3_600)
    assert waited(patience, history) >= 0.19
    assert waited(patience, history) < 0.15  # The next goes at once, as far as the history has come.
    history.until = 0.0
    patience.wait(history)
    history.until = time.monotonic() + 0.1  # Behind another time: there is patience again.
    assert waited(patience, history) >= 0.05
