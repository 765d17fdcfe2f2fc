"""Recorded days of NASDAQ through the whole venue. The files are not ours to ship.

They are looked for in the folder that EMPORION_DATA names, or in `shared/data` beside the checkout;
without them these tests are skipped. LOBSTER's free samples are at lobsterdata.com.
"""

import os
from pathlib import Path

import pytest

import emporion
from emporion.engine.clock import ManualClock
from emporion.services import lobster, lobster_files

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("EMPORION_DATA") or CHECKOUT.parent / "shared" / "data") / "l3" / "lobster"
HAS_TIME = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"

pytestmark = [
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recorded days: {FOLDER} is not there; set EMPORION_DATA"),
    pytest.mark.skipif(not HAS_TIME, reason="sixty thousand commands take too long uncompiled"),
]


def replayed(name, levels, rows=None):
    files = (FOLDER / f"{name}_{kind}_{levels}.csv.gz" for kind in ("message", "orderbook"))
    day = lobster_files.read(*files, rows)
    clock = ManualClock(day.messages[0].time_ns)
    with emporion.open(clock=clock) as venue:
        result = lobster.replay(venue, day, clock=clock)
        assert venue.node.machine.audit() == []
    assert result.first_mismatch is None and result.is_consistent
    assert result.executions_wrong == 0
    return result


def test_apple_at_ten_levels():
    result = replayed("AAPL_2012-06-21_first999", 10, rows=998)
    assert (result.rows, result.mismatches_per_level) == (998, [0] * 10)
    assert (result.executions, result.executions_named, result.executions_adopted) == (98, 94, 4)
    assert result.hidden == 61 and result.executions_out_of_turn == 0


def test_google_for_a_whole_day_at_one_level():
    result = replayed("GOOG_2012-06-21_fullday", 1)
    assert (result.rows, result.mismatches_per_level) == (49_482, [0])
    assert result.executions == 7_764
    assert (result.executions_named, result.executions_adopted, result.executions_mixed) == (5_275, 2_470, 19)
    assert result.executions_out_of_turn == 4, "the file itself passes over older orders that were in view"
