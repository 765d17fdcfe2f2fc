"""Logarithm, exponential, sine and cosine of whole arrays, written so that compilers turn them into vector code.

A fit spends nearly all its time here; the C library's functions take one number at a time. The formulas are
the classical ones: split off a power of two or a quarter turn, then a short polynomial. Each is within two units
in the last place of the exact value in the stated range, and the same on every machine that fuses alike.
Source of the coefficients: Sun's fdlibm (e_log.c, k_sin.c, k_cos.c); Taylor's for the exponential.
"""

import numpy as np

from emporion.bubble.jit import inner

HALF_BITS = 0x3FE6A09E667F3BCD  # The bits of sqrt(1/2): what lies above it keeps its power of two.
ONE_BITS = 0x3FF0000000000000
MAGIC = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to a whole number, which then stands in the low bits.
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
LOG2_E = 1.44269504088896338700
QUARTER_HIGH, QUARTER_LOW = 1.57079632673412561417, 6.07710050650619224932e-11
QUARTERS = 6.36619772367581382433e-01


@inner(checked=False)
def logarithms(x, out, spare):
    """out = ln(x) for positive, normal x. `spare` is overwritten."""
    bits, whole = x.view(np.int64), spare.view(np.int64)
    for i in range(x.size):
        power = (bits[i] - HALF_BITS) >> 52
        out[i] = power
        whole[i] = bits[i] - (power << 52)
    for i in range(x.size):
        f = spare[i] - 1.0
        s = f / (2.0 + f)
        z = s * s
        r = 1.531383769920937332e-01 + z * 1.479819860511658591e-01
        r = 2.222219843214978396e-01 + z * (1.818357216161805012e-01 + z * r)
        r = z * (6.666666666666735130e-01 + z * (3.999999999940941908e-01 + z * (2.857142874366239149e-01 + z * r)))
        half = 0.5 * f * f
        k = out[i]
        out[i] = k * LN2_HIGH - ((half - (s * (half + r) + k * LN2_LOW)) - f)


@inner(checked=False)
def exponentials(x, factor, out, spare):
    """out = exp(factor * x), for |factor * x| below 700. `spare` is overwritten."""
    bits = spare.view(np.int64)
    for i in range(x.size):
        spare[i] = factor * x[i] * LOG2_E + MAGIC
    for i in range(x.size):
        k = spare[i] - MAGIC
        r = (factor * x[i] - k * LN2_HIGH) - k * LN2_LOW
        p = 1.0 / 479001600.0 + r * (1.0 / 6227020800.0)
        p = 1.0 / 3628800.0 + r * (1.0 / 39916800.0 + r * p)
        p = 1.0 / 40320.0 + r * (1.0 / 362880.0 + r * p)
        p = 1.0 / 720.0 + r * (1.0 / 5040.0 + r * p)
        p = 1.0 / 24.0 + r * (1.0 / 120.0 + r * p)
        out[i] = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * p)))
    for i in range(x.size):
        bits[i] = (bits[i] << 52) + ONE_BITS
    for i in range(x.size):
        out[i] *= spare[i]


@inner(checked=False)
def cosines_sines(x, factor, cosines, sines, spare):
    """cosines, sines = cos(factor * x), sin(factor * x), for |factor * x| below 100,000. `spare` is overwritten."""
    bits = spare.view(np.int64)
    for i in range(x.size):
        spare[i] = factor * x[i] * QUARTERS + MAGIC
    for i in range(x.size):
        k = spare[i] - MAGIC
        r = (factor * x[i] - k * QUARTER_HIGH) - k * QUARTER_LOW
        z = r * r
        p = -2.50507602534068634195e-08 + z * 1.58969099521155010221e-10
        p = -1.98412698298579493134e-04 + z * (2.75573137070700676789e-06 + z * p)
        p = -1.66666666666666324348e-01 + z * (8.33333333332248946124e-03 + z * p)
        sines[i] = r + r * z * p
        q = 2.08757232129817482790e-09 + z * -1.13596475577881948265e-11
        q = 2.48015872894767294178e-05 + z * (-2.75573143513906633035e-07 + z * q)
        q = 4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 + z * q)
        cosines[i] = 1.0 - 0.5 * z + z * z * q
    for i in range(x.size):
        sine, cosine, quarter = sines[i], cosines[i], bits[i]
        is_odd = quarter & 1
        swapped_sine = cosine if is_odd == 1 else sine
        swapped_cosine = sine if is_odd == 1 else cosine
        sines[i] = -swapped_sine if quarter & 2 != 0 else swapped_sine
        cosines[i] = -swapped_cosine if (quarter + 1) & 2 != 0 else swapped_cosine
