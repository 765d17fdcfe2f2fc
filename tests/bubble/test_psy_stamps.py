"""Episodes: which stretches count, what is said of each."""

import numpy as np
import pytest

from emporion.bubble.explosive import Explosive
from emporion.bubble.series import series
from emporion.bubble.stamps import episodes, is_explosive, least_rows
from emporion.bubble.windows import design
from emporion.errors import BadValue

PLAN = design(30, min_window=10)
DATES = np.datetime64("2024-01-01") + np.arange(30)


def result(above, values=None, dates=DATES):
    """A series whose BSADF is 2 at the named places and 0 elsewhere."""
    bsadf = np.zeros(PLAN.ends)
    for place in above:
        bsadf[place - PLAN.first_end] = 2.0
    values = np.arange(30.0) ** 1.1 if values is None else values
    return Explosive(series(values, dates), PLAN, bsadf - 1.0, bsadf)


def test_stretches_above_the_line():
    found = episodes(result([12, 13, 14, 20, 24, 25, 26, 27, 28]), 1.0)
    assert least_rows(30) == 3
    assert [(e.start, e.end, e.rows, e.is_ongoing) for e in found] == [(12, 14, 3, False), (24, 28, 5, False)]
    assert str(found[0].start_date) == "2024-01-13T00:00:00.000000000" and found[0].bsadf == 2.0
    assert len(episodes(result([12, 13, 14, 20]), 1.0, rows_min=1)) == 2
    assert episodes(result([]), 1.0) == () and episodes(result([12]), 5.0, rows_min=1) == ()


def test_what_goes_on_is_kept_however_short():
    (episode,) = episodes(result([29]), 1.0, rows_min=5)
    assert episode.is_ongoing and episode.start == episode.end == 29
    assert is_explosive(result([29]), np.array([1.0])) and not is_explosive(result([28]), np.ones(PLAN.ends))


def test_the_line_may_differ_by_date():
    line = np.ones(PLAN.ends)
    line[14 - PLAN.first_end] = 3.0
    assert [(e.start, e.end) for e in episodes(result([12, 13, 14, 15, 16]), line, rows_min=2)] == [(12, 13), (15, 16)]


def test_direction_is_that_of_the_price():
    """A collapse, and the way back from one, are explosive too."""
    values = np.concatenate((np.linspace(100, 90, 15), 90 * 0.8 ** np.arange(1, 16)))
    at = range(18, 23)
    (episode,) = episodes(result(at, values), 1.0)
    assert episode.direction == "down"
    assert episode.change == pytest.approx(values[episode.peak] / values[17] - 1)
    assert episodes(result(at, values), 1.0, direction="up") == ()
    assert len(episodes(result(at), 1.0, direction="up")) == 1


def test_without_dates_places_are_enough():
    (episode,) = episodes(result([12, 13, 14], dates=None), 1.0)
    assert episode.start == 12 and episode.start_date is None and episode.end_date is None


def test_no_statistic_is_not_above():
    one = result([12, 13, 14])
    one.bsadf[13 - PLAN.first_end] = np.nan
    assert [(e.start, e.end) for e in episodes(one, 1.0, rows_min=1)] == [(12, 12), (14, 14)]


def test_what_cannot_be_done_is_said():
    with pytest.raises(BadValue, match="a line of 3 points for 21 dates"):
        episodes(result([]), [1.0, 1.0, 1.0])
    with pytest.raises(BadValue, match="rows_min=0"):
        episodes(result([]), 1.0, rows_min=0)
