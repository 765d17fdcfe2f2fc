"""Products of three big numbers are those of whole numbers without bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.kernel import arith
from emporion.schema.limits import UNIT_SHIFT_MAX
from tests.conftest import IS_PURE

TOP = (1 << 62) - 1
SIZES = st.integers(0, 62).flatmap(lambda bits: st.integers(0, (1 << bits) - 1))  # As many small ones as large ones.

pytestmark = pytest.mark.skipif(not IS_PURE, reason="compiled, parts of the kernel are not called from Python")


@given(SIZES, SIZES, SIZES)
def test_a_product_over_a_divisor_is_exact(a, b, c):
    if c == 0 or a * b // c > TOP - 1:
        return
    numbers = tuple(np.int64(number) for number in (a, b, c))
    assert arith.mul_div_down(*numbers) == a * b // c
    assert arith.mul_div_up(*numbers) == -(-a * b // c)
    assert arith.mul_div_floor(*numbers) == a * b // c
    assert arith.mul_div_floor(-numbers[0], *numbers[1:]) == -a * b // c


@given(SIZES, SIZES, st.integers(0, UNIT_SHIFT_MAX), st.sampled_from([1, -1]), st.sampled_from([1, -1]))
def test_a_product_over_a_power_of_two_is_exact(a, v, shift, sign, other):
    a, v = sign * a, other * (v >> shift)  # Of 2^shift of them the value fits.
    if abs(a * v >> shift) > TOP:
        return
    assert arith.mul_shift(np.int64(a), np.int64(v), shift) == a * v >> shift
