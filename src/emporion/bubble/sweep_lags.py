"""The sweep of `sweep` for any number of lags, and with lags chosen in each window by an information criterion.

Lags are eliminated from the windows' moments, never by a pass over residuals. Elimination takes the lags in
order, and after each the level and the change stand as if just those lags were in the regression: so one
elimination serves all the lengths that a criterion compares, on the same rows.
"""

import numpy as np

from emporion.bubble.jit import entry, inner
from emporion.bubble.newest import UNSURE, UNSURE_PIVOT, settle
from emporion.bubble.regression import FIXED, LAGS, D, X, rows_of, weight

TILE = 64  # Ends at a time. All moments of all lanes should stay in the caches.


@entry()
def sweep_with_lags(levels, lags, rows_min, penalty, badf, bsadf):
    """What `sweep.sweep` does, with any lags; `penalty` is regression.FIXED or a criterion's."""
    for one in range(levels.shape[0]):
        columns = rows_of(levels[one], lags)
        badf[one] = np.nan
        bsadf[one] = -np.inf
        _sweep(columns, rows_min, penalty, badf[one], bsadf[one])
        settle(columns, rows_min, penalty, badf[one], bsadf[one])


@inner()
def _sweep(columns, rows_min, penalty, badf, bsadf):
    """Fill both paths with signed squares, infinite where two passes have to decide."""
    width, count = columns.shape
    sums = width + width * (width + 1) // 2
    behind = np.zeros((rows_min, sums))
    ahead, moments = np.zeros((sums, TILE)), np.zeros((sums, TILE))
    carried = np.zeros(sums)
    lanes = np.zeros((7, TILE))
    factors = np.ones(count + 1)
    if penalty != FIXED:
        for rows in range(rows_min, count + 1):
            factors[rows] = weight(penalty, rows)
    for block in range(0, count - rows_min + 1, rows_min):
        anchor = block + rows_min - 1
        starts = min(rows_min, count - rows_min + 1 - block)
        carried[:] = 0.0
        for back in range(1, rows_min):
            _add_row(columns, anchor, anchor - back, carried)
            behind[back] = carried
        carried[:] = 0.0
        for begin in range(anchor, count, TILE):
            ends = min(TILE, count - begin)
            for lane in range(ends):
                _add_row(columns, anchor, begin + lane, carried)
                ahead[:, lane] = carried
            for back in range(rows_min - 1, rows_min - starts - 1, -1):
                low = max(0, rows_min - 1 - back - (begin - anchor))
                if low >= ends:
                    continue
                rows = begin - anchor + 1 + back  # Of the window that ends at lane 0.
                _squares(ahead, behind[back], moments, lanes, low, ends, rows, width, penalty, factors)
                for lane in range(low, ends):
                    at = begin + lane - rows_min + 1
                    value = lanes[0, lane]
                    if value > bsadf[at]:
                        bsadf[at] = value
                    if block == 0 and back == rows_min - 1:
                        badf[at] = value


@inner(checked=False)
def _add_row(columns, anchor, row, carried):
    """Add one row, centred at the anchor, to all sums: first of the columns, then of the products a <= b."""
    width = columns.shape[0]
    at = width
    for a in range(width):
        value = columns[a, row] - columns[a, anchor]
        carried[a] += value
        for b in range(a, width):
            carried[at] += value * (columns[b, row] - columns[b, anchor])
            at += 1


@inner(checked=False)
def _place(width, a, b):
    """Where the product of columns a and b is kept among the sums."""
    if a > b:
        a, b = b, a
    return width + a * width - a * (a - 1) // 2 + b - a


@inner(checked=False)
def _squares(ahead, behind, moments, lanes, first, last, rows, width, penalty, factors):
    """lanes[0]: the signed square of each window from one start. lanes[1:]: least, scale, factor, trust, 1 / n, n."""
    result, least, scale, factor, trust = lanes[0], lanes[1], lanes[2], lanes[3], lanes[4]
    inverse, counts = lanes[5], lanes[6]
    low, high = np.uint64(first), np.uint64(last)  # Unsigned: no index can wrap, so the loops become vectors.
    for lane in range(first, last):
        counts[lane], factor[lane] = rows + lane, factors[rows + lane]
    for lane in range(low, high):
        result[lane], least[lane], scale[lane], trust[lane] = np.nan, np.inf, 1.0, 1.0
        inverse[lane] = 1.0 / counts[lane]
    for a in range(width):
        for b in range(a, width):
            at = _place(width, a, b)
            _centre(ahead[at], behind[at], ahead[a], behind[a], ahead[b], behind[b], inverse, moments[at], low, high)
    for a in range(width):  # The diagonals as they were, in the places of the sums.
        moments[a, first:last] = moments[_place(width, a, a), first:last]
    for used in range(width - LAGS + 1):
        if used > 0:
            pivot = LAGS + used - 1
            _eliminate(moments, width, pivot, trust, low, high)
            if penalty != FIXED:
                for lane in range(low, high):
                    scale[lane] *= factor[lane]
        if penalty == FIXED and used < width - LAGS:
            continue
        _judge(
            moments[_place(width, X, X)], moments[_place(width, X, D)], moments[_place(width, D, D)],
            moments[X], moments[D], result, least, scale, trust, counts, low, high, 2.0 + used, penalty == FIXED,
        )  # fmt: skip
    for lane in range(low, high):
        if not trust[lane] > UNSURE_PIVOT:
            result[lane] = np.inf


@inner(checked=False)
def _centre(product, product0, a, a0, b, b0, inverse, out, low, high):
    for lane in range(low, high):
        out[lane] = (product[lane] + product0) - (a[lane] + a0) * (b[lane] + b0) * inverse[lane]


@inner(checked=False)
def _eliminate(moments, width, pivot, trust, low, high):
    """Take one lag out of the level, the change and the lags after it."""
    square = moments[_place(width, pivot, pivot)]
    before = moments[pivot]
    for lane in range(low, high):
        share = square[lane] / before[lane]
        trust[lane] = share if share < trust[lane] else trust[lane]
    for a in range(width):
        if a >= LAGS and a <= pivot:
            continue
        first = moments[_place(width, a, pivot)]
        for b in range(a, width):
            if b >= LAGS and b <= pivot:
                continue
            _subtract(moments[_place(width, a, b)], first, moments[_place(width, b, pivot)], square, low, high)


@inner(checked=False)
def _subtract(out, a, b, square, low, high):
    for lane in range(low, high):
        out[lane] -= a[lane] * b[lane] / square[lane]


@inner(checked=False)
def _judge(xx, xd, dd, level, change, result, least, scale, trust, counts, low, high, spent, is_only):
    """Keep this number of lags in the lanes where its criterion is least (in all of them, when it is the only one)."""
    for lane in range(low, high):
        rest = dd[lane] - xd[lane] * xd[lane] / xx[lane]
        sound = (xx[lane] > UNSURE_PIVOT * level[lane]) & (rest > UNSURE_PIVOT * change[lane])
        exists = (level[lane] > 0.0) & (change[lane] > 0.0)
        doubted = exists & ~sound
        steep = (dd[lane] > UNSURE_PIVOT * change[lane]) & (rest < UNSURE * dd[lane])
        falls = is_only & (xx[lane] > UNSURE_PIVOT * level[lane]) & steep & (xd[lane] < 0.0)
        value = xd[lane] * abs(xd[lane]) * (counts[lane] - spent) / (xx[lane] * rest)
        value = -np.inf if doubted & falls else value
        trust[lane] = 0.0 if doubted & ~falls else trust[lane]
        score = rest * scale[lane]
        better = is_only | (score < least[lane])
        least[lane] = score if better else least[lane]
        result[lane] = value if better else result[lane]
