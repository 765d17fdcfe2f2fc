"""Fields that go as one word, compiled or a field at a time: the same bytes, and no others."""

import numba
import numpy as np
import pytest
from numba.core.errors import TypingError

from emporion.kernel import bits, words
from emporion.kernel.jit import COMPILED
from emporion.schema.messages import EVENT, ORDER_COMMAND
from emporion.schema.state import ORDER

needs_compiler = pytest.mark.skipif(not COMPILED, reason="uncompiled, fields go one by one and need not be neighbours")


def called(function):
    """The function as kernel code calls it."""
    return numba.njit(function) if COMPILED else function


def filled(kind, draw):
    """A row of arbitrary bytes."""
    return np.frombuffer(np.random.default_rng(draw).bytes(kind.itemsize), kind).copy()


@pytest.mark.parametrize(
    ("targets", "sources"),
    [
        ("price_ticks leaves_lots", "price_ticks qty_lots"),
        ("account_id instrument_id", "account_id instrument_id"),
        ("side tif flags stp", "side tif flags stp"),
    ],
)
@pytest.mark.parametrize("draw", range(4))
def test_a_copy_moves_these_fields_and_no_other(targets, sources, draw):
    copy = words.copier(targets, sources)
    move = called(lambda target, source: copy(target[0], source[0]))
    order, command = filled(ORDER, draw), filled(ORDER_COMMAND, draw + 100)
    wanted = order.copy()
    for to, of in zip(targets.split(), sources.split(), strict=True):
        wanted[to] = command[of]
    move(order, command)
    assert order.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("values", [(11, 2, 0, 1), (255, -1, 255, 128), (0, 0, 0, 0), (10, 1, 100, 127)])
def test_four_bytes_written_at_once(values):
    fields = "kind side reason flags"
    write = words.writer(fields)
    put = called(lambda row, a, b, c, d: write(row[0], a, b, c, d))
    event = filled(EVENT, 5)
    wanted = event.copy()
    for name, value in zip(fields.split(), values, strict=True):
        wanted[name] = value
    put(event, *values)
    assert event.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("draw", range(4))
def test_four_bytes_read_as_one_number(draw):
    read = words.reader("side tif flags stp")
    row = filled(ORDER_COMMAND, draw)
    at = ORDER_COMMAND.fields["side"][1]
    assert called(lambda row: read(row[0]))(row) == int.from_bytes(row.tobytes()[at : at + 4], "little")


@needs_compiler
@pytest.mark.parametrize(
    ("targets", "sources", "what"),
    [
        ("price_ticks account_id", "price_ticks qty_lots", "account_id does not follow"),
        ("account_id instrument_id", "price_ticks qty_lots", "not laid out alike"),
    ],
)
def test_fields_that_are_no_neighbours_do_not_compile(targets, sources, what):
    copy = words.copier(targets, sources)
    with pytest.raises(TypingError, match=what):
        called(lambda target, source: copy(target[0], source[0]))(filled(ORDER, 1), filled(ORDER_COMMAND, 2))


@pytest.mark.parametrize(
    ("number", "bound", "is_it"),
    [
        (0, 1, True),
        (1, 1, False),
        (-1, 5, False),
        (4, -1, True),
        (-1, -1, False),
        (0, 0, False),
        (2**62, 2**62 + 1, True),
    ],
)
def test_one_comparison_for_both_ends(number, bound, is_it):
    assert called(lambda a, b: bits.is_below(a, b))(number, bound) is is_it
