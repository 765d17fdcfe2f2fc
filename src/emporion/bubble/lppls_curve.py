"""The curve of Johansen, Ledoit and Sornette, and how far a series is from the best one of given shape.

    ln p(t) = A + B x^m + C1 x^m cos(omega ln x) + C2 x^m sin(omega ln x),      x = tc - t in days

A, B, C1, C2 enter linearly: for given (tc, m, omega) they come from a 4x4 solve, and what is left to search has
three dimensions (variable projection; Filimonov and Sornette 2013). Inside, x is measured in windows, u = x / span,
which spans the same curves; columns are centred, so that a power near zero is not mistaken for the constant.
The constant then needs no column, and the solve is 3x3.
"""

import math

import numpy as np

from emporion.bubble.jit import inner
from emporion.bubble.lppls_elementary import cosines_sines, exponentials, logarithms

F, G, H, Y = 0, 1, 2, 3  # Rows of work: the three centred columns of the curve, and the centred series,
LOG, DELTA, INVERSE, SPARE = 4, 5, 6, 7  # ln u, days to the last observation, 1 / x, and a row to spoil,
D_LEAD, D_M, D_OMEGA, REST = 8, 9, 10, 11  # derivatives of the curve by ln(lead), m and omega, and the residuals.
ROWS = 12
LEAD, M, OMEGA = 0, 1, 2  # The shape: ln of the days from the last observation to tc, then m and omega.
LEAST_PIVOT = 1e-13  # A column of which the others explain all but this share says nothing of its own.


@inner(checked=False, strands=True)
def dot(a, b):
    """Sum of products."""
    found = 0.0
    for i in range(a.size):
        found += a[i] * b[i]
    return found


@inner(checked=False, strands=True)
def total(a):
    """Sum."""
    found = 0.0
    for i in range(a.size):
        found += a[i]
    return found


@inner(checked=False)
def lay_out(deltas, values, work):
    """Begin with a window: days to the last observation (any order) and the series. Returns (mean, sum of squares)."""
    n = deltas.size
    mean = total(values) / n
    for i in range(n):
        work[DELTA, i] = deltas[i]
        work[Y, i] = values[i] - mean
    return mean, dot(work[Y], work[Y])


@inner(checked=False)
def project(work, squares, span, shape, solved):
    """Sum of squared residuals of the best curve of this shape; infinite where the columns are not independent.

    Fills the columns of `work`, and in `solved` (row 0) the coefficients of F, G, H, (row 1) the columns' means
    and (rows 2 to 4) the factors of the 3x3 solve.
    """
    n = work.shape[1]
    lead, m, omega = math.exp(shape[LEAD]), shape[M], shape[OMEGA]
    scale = 1.0 / span
    x, spare = work[INVERSE], work[SPARE]
    for i in range(n):
        x[i] = (lead + work[DELTA, i]) * scale
    logarithms(x, work[LOG], spare)
    exponentials(work[LOG], m, work[F], spare)
    cosines_sines(work[LOG], omega, work[G], work[H], spare)
    for i in range(n):
        f = work[F, i]
        work[G, i] *= f
        work[H, i] *= f
    for a in range(3):
        mean = total(work[a]) / n
        solved[1, a] = mean
        column = work[a]
        for i in range(n):
            column[i] -= mean
    return squares - _solve(work, solved)


@inner(checked=False)
def _solve(work, solved):
    """Sum of squares explained by F, G, H; the coefficients and the factors L and 1/D of their products to `solved`."""
    ff, fg, fh = dot(work[F], work[F]), dot(work[F], work[G]), dot(work[F], work[H])
    gg, gh, hh = dot(work[G], work[G]), dot(work[G], work[H]), dot(work[H], work[H])
    fy, gy, hy = dot(work[F], work[Y]), dot(work[G], work[Y]), dot(work[H], work[Y])
    if not ff > 0.0:
        return -np.inf
    l_gf, l_hf = fg / ff, fh / ff
    g2 = gg - l_gf * fg
    if not g2 > LEAST_PIVOT * gg:
        return -np.inf
    gh2 = gh - l_gf * fh
    l_hg = gh2 / g2
    h2 = hh - l_hf * fh - l_hg * gh2
    if not h2 > LEAST_PIVOT * hh:
        return -np.inf
    z0 = fy
    z1 = gy - l_gf * z0
    z2 = hy - l_hf * z0 - l_hg * z1
    c = z2 / h2
    b = z1 / g2 - l_hg * c
    solved[0, 0], solved[0, 1], solved[0, 2] = z0 / ff - l_gf * b - l_hf * c, b, c
    solved[2, 0], solved[2, 1], solved[2, 2] = l_gf, l_hf, l_hg
    solved[3, 0], solved[3, 1], solved[3, 2] = 1.0 / ff, 1.0 / g2, 1.0 / h2
    return z0 * z0 / ff + z1 * z1 / g2 + z2 * z2 / h2


@inner(checked=False)
def slopes(work, span, shape, solved, gradient, curvature):
    """After `project`: half the negative gradient of the sum of squares, and Gauss and Newton's matrix.

    The gradient is exact, since residuals are orthogonal to the columns; the matrix is Kaufman's. Returns the sum
    of squared residuals from the residuals themselves.
    """
    n = work.shape[1]
    lead, m, omega = math.exp(shape[LEAD]), shape[M], shape[OMEGA]
    b, c1, c2 = solved[0, 0], solved[0, 1], solved[0, 2]
    mean_f, mean_g, mean_h = solved[1, 0], solved[1, 1], solved[1, 2]
    by_lead = lead / span
    for i in range(n):
        f, g, h = work[F, i], work[G, i], work[H, i]
        work[REST, i] = work[Y, i] - b * f - c1 * g - c2 * h
        f, g, h = f + mean_f, g + mean_g, h + mean_h
        curve, turned = b * f + c1 * g + c2 * h, c2 * g - c1 * h
        work[D_LEAD, i] = by_lead * (m * curve + omega * turned) / work[INVERSE, i]
        work[D_M, i] = work[LOG, i] * curve
        work[D_OMEGA, i] = work[LOG, i] * turned
    for a in range(3):
        column = work[D_LEAD + a]
        mean = total(column) / n
        for i in range(n):
            column[i] -= mean
        gradient[a] = dot(column, work[REST])
        z0, z1, z2 = dot(column, work[F]), dot(column, work[G]), dot(column, work[H])
        z1 -= solved[2, 0] * z0
        z2 -= solved[2, 1] * z0 + solved[2, 2] * z1
        solved[4 + a, 0], solved[4 + a, 1], solved[4 + a, 2] = z0, z1, z2
        for b_at in range(a + 1):
            value = dot(column, work[D_LEAD + b_at])
            for k in range(3):
                value -= solved[4 + a, k] * solved[4 + b_at, k] * solved[3, k]
            curvature[a, b_at] = value
            curvature[b_at, a] = value
    return dot(work[REST], work[REST])


@inner(checked=False)
def unscaled(mean, span, shape, solved, out):
    """A, B, C1, C2 of the curve in days, from the coefficients of the scaled and centred one, to out[0:4]."""
    m, omega = shape[M], shape[OMEGA]
    b, c1, c2 = solved[0, 0], solved[0, 1], solved[0, 2]
    out[0] = mean - b * solved[1, 0] - c1 * solved[1, 1] - c2 * solved[1, 2]
    factor, turn = math.exp(-m * math.log(span)), omega * math.log(span)
    out[1] = b * factor
    out[2] = (c1 * math.cos(turn) - c2 * math.sin(turn)) * factor
    out[3] = (c1 * math.sin(turn) + c2 * math.cos(turn)) * factor
