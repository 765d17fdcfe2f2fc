"""The bubble benchmark on little work: that it measures what it says, not how fast."""

import pytest

from emporion.bench import bubble_figures, bubble_psy
from emporion.bubble.jit import COMPILED


@pytest.mark.skipif(not COMPILED, reason="measures; uncompiled it only takes long")
def test_psy_is_measured_beside_its_peer(monkeypatch):
    pytest.importorskip("exuber", reason="pyexuber is not installed: pip install 'emporion[bench]'")
    for name, value in (("GROWTH", (100, 200)), ("LISTINGS", 40), ("KEPT", 200), ("BOOTSTRAP_DRAWS", 39)):
        monkeypatch.setattr(bubble_psy, name, value)
    figures = bubble_psy.measure(2, True, lambda _: None)
    assert [one.goal for one in figures.beside] == [8.0, 6.0, 6.0]
    assert [one.agree for one in figures.beside] == [True, True, None]
    assert all(one.ratio == pytest.approx(one.peer_ms / one.ours_ms) for one in figures.beside)
    assert all(one.ours_ms > 0 for one in figures.loads)
    text = bubble_figures.text("PSY", figures)
    assert "pyexuber" in text and "a tick of 40 listings" in text and "NO" not in text


@pytest.mark.skipif(not COMPILED, reason="measures; uncompiled it only takes long")
def test_without_the_peer_we_are_measured_alone(monkeypatch):
    monkeypatch.setattr(bubble_psy, "_pyexuber", lambda: None)
    monkeypatch.setattr(bubble_psy, "BOOTSTRAP_DRAWS", 39)
    beside = bubble_psy._bootstrap(None, "not installed", 1)
    assert beside.ratio is None and beside.ours_ms > 0
    assert "not installed" in bubble_figures.text("PSY", bubble_figures.BubbleFigures([beside]))
