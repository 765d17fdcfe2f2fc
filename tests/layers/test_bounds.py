"""The kernel is shipped with bounds checks: an index out of its table stops, it never reads on."""

import numpy as np
import pytest

from emporion.kernel.jit import BOUNDSCHECK, OPTIONS, kernel
from emporion.schema.limits import TINY
from emporion.schema.state import new_state


@kernel
def order_id_at(state, slot):
    return state.orders[slot].order_id


def test_an_index_out_of_range_stops():
    state = new_state(TINY)
    assert order_id_at(state[0], np.int64(TINY.orders - 1)) == 0
    with pytest.raises(IndexError):
        order_id_at(state[0], np.int64(TINY.orders))


def test_bounds_are_checked_as_shipped():
    assert BOUNDSCHECK, "unset EMPORION_BOUNDSCHECK: the tests run what is shipped"
    assert OPTIONS == {"boundscheck": True, "error_model": "python", "nogil": True}
