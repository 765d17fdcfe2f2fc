"""The fan-out benchmark on a workload of a second: that it measures what it says, not how fast."""

import pytest

from emporion.bench import fanout, report
from emporion.kernel.jit import COMPILED


@pytest.mark.skipif(not COMPILED, reason="measures; uncompiled it only takes long")
def test_every_command_is_measured_at_every_subscriber_and_every_book_is_right(tmp_path):
    figures = fanout.measure(tmp_path, 1.0, lambda _: None, subscribers=30)
    assert (figures.lost, figures.lagged, figures.wrong) == (0, 0, 0)
    assert figures.verified > fanout.READERS * fanout.BOOKS
    assert 0.5 * fanout.RATE < figures.commands_per_second < 1.5 * fanout.RATE
    delays = list(figures.percentiles_ms.values())
    assert 0 < delays[0] <= delays[1] <= delays[2] <= delays[3]
    assert figures.server_cpu > figures.mover_cpu > 0 and figures.load_cpu > 0
    text = report.text(report.Figures({}, {}, fanout=figures))
    assert "10 books to 30 subscribers" in text and "TROUBLE" not in text
