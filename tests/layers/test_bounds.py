"""The kernel is shipped with bounds checks: an index out of its table stops, it never reads on."""

import pytest

from emporion.kernel.jit import BOUNDSCHECK, OPTIONS
from emporion.kernel.machine import Machine
from emporion.schema.limits import TINY


def test_an_index_out_of_range_stops():
    machine = Machine(TINY)
    assert [len(side) for side in machine.depth(TINY.instruments - 1)] == [0, 0]
    with pytest.raises(IndexError):
        machine.depth(TINY.instruments)


def test_bounds_are_checked_as_shipped():
    assert BOUNDSCHECK, "unset EMPORION_BOUNDSCHECK: the tests run what is shipped"
    assert OPTIONS["boundscheck"] is True
    assert OPTIONS["error_model"] == "python"  # A division by zero stops as well.
