"""Finding heads without a loop agrees with the loop, whatever the rows say."""

import numpy as np
import pytest

from emporion.errors import BadValue
from emporion.schema.codes import Command
from emporion.schema.messages import COMMAND
from emporion.storage.rows import as_bytes, find_heads


def heads_by_loop(rows: np.ndarray) -> list[int] | None:
    """None when the last command's data rows are missing."""
    heads, place = [], 0
    while place < len(rows):
        heads.append(place)
        place += 1 + int(rows["data_rows"][place])
    return heads if place == len(rows) else None


@pytest.mark.parametrize("seed", range(200))
def test_heads_are_those_that_the_counts_lead_to(seed):
    rng = np.random.default_rng(seed)
    rows = np.zeros(int(rng.integers(1, 40)), COMMAND)
    rows["kind"] = rng.choice([Command.PLACE, Command.DATA, Command.TICK], len(rows))  # Not always where data is.
    rows["data_rows"] = rng.choice([0, 0, 1, 2, 200], len(rows), p=[0.3, 0.3, 0.2, 0.18, 0.02])
    expected = heads_by_loop(rows)
    if expected is None:
        with pytest.raises(BadValue, match="data rows"):
            find_heads(as_bytes(rows))
    else:
        found = find_heads(as_bytes(rows))
        assert (list(range(len(rows))) if found is None else found.tolist()) == expected


def test_well_formed_streams_take_the_short_way():
    rows = np.zeros(5, COMMAND)
    rows["kind"] = [Command.PLACE, Command.DATA, Command.PLACE, Command.PLACE, Command.DATA]
    rows["data_rows"] = [1, 77, 0, 1, 0]  # A data row's own byte there means something else.
    assert find_heads(as_bytes(rows)).tolist() == [0, 2, 3]


@pytest.mark.parametrize("rows", [np.zeros(3, "i8"), np.zeros((2, 2), COMMAND), [1, 2], None])
def test_what_is_not_rows_is_refused(rows):
    with pytest.raises(BadValue, match="64-byte rows"):
        as_bytes(rows)


def test_rows_that_do_not_lie_together_are_copied():
    rows = np.zeros(10, COMMAND)
    rows["order_id"] = range(10)
    assert as_bytes(rows[::2]).view("i8")[:, 1].tolist() == [0, 2, 4, 6, 8]
