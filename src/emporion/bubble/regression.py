"""One window at a time: the rows of a Dickey-Fuller regression, and its t statistic by two passes over the data.

The regression of a window with k lags is

    dy[t] = a + b * y[t-1] + g1 * dy[t-1] + ... + gk * dy[t-k] + e[t]

and the statistic is the t ratio of b. Throughout the compiled code it travels as its *signed
square* b |b| / var(b), which orders windows the same way and needs no square root; `root` turns it
back. NaN stands for a window in which it does not exist (constant prices).
"""

import math

import numpy as np

from emporion.bubble.jit import inner

X, D, LAGS = 0, 1, 2  # Columns of the rows: the level before, the change, and the lagged changes from here on.
FIXED = 0.0  # Penalty that stands for "all lags, always"; AIC's is 2, BIC's is negative for log(n).
BIC = -1.0
NOTHING_LEFT = 1e-26  # Share of a column's squares below which the rest is rounding.


@inner()
def rows_of(levels, lags):
    """Columns (lags + 2, rows): level before, change, lagged changes; scaled by a power of two, unseen by t."""
    count = levels.size - 1 - lags
    largest = 0.0
    for i in range(1, levels.size):
        largest = max(largest, abs(levels[i] - levels[0]))
    scale = 1.0
    if largest > 0.0:
        scale = math.ldexp(1.0, -math.frexp(largest)[1])
    columns = np.empty((lags + 2, count))
    for row in range(count):
        at = row + lags
        columns[X, row] = levels[at] * scale  # Not shifted: small levels far from the first keep their digits.
        for lag in range(lags + 1):
            columns[D + lag, row] = (levels[at + 1 - lag] - levels[at - lag]) * scale
    return columns


@inner()
def root(square):
    """The t ratio from its signed square."""
    return math.copysign(math.sqrt(abs(square)), square)


@inner()
def weight(penalty, rows):
    """What a further lag multiplies the residual sum of squares with: exp(penalty / n).

    Choosing the least rss * weight**lags is choosing the least n log(rss / n) + penalty * lags, the
    criterion with estimated variance, so units do not matter.
    """
    if penalty < 0.0:
        return math.exp(math.log(rows) / rows)
    return math.exp(penalty / rows)


@inner()
def by_two_passes(columns, first, last, penalty):
    """Signed square of the window of rows first..last, from centred columns made orthogonal one after the other."""
    lags = columns.shape[0] - LAGS
    count = last - first + 1
    centred = np.empty((lags + LAGS, count))
    squares = np.empty(lags + LAGS)
    for a in range(lags + LAGS):
        mean = 0.0
        for row in range(count):
            mean += columns[a, first + row] - columns[a, first]
        mean = columns[a, first] + mean / count
        squares[a] = 0.0
        for row in range(count):
            centred[a, row] = columns[a, first + row] - mean
            squares[a] += centred[a, row] ** 2
        if squares[a] == 0.0:
            return np.nan
    result, least = np.nan, np.inf
    for used in range(lags + 1):
        if used > 0:
            _take_out(centred, LAGS + used - 1, squares)
        if penalty == FIXED and used < lags:
            continue
        value, rss = _t_square(centred, squares, count - 2 - used)
        score = rss * weight(penalty, count) ** used
        if penalty == FIXED or score < least:
            result, least = value, score
    return result


@inner()
def _take_out(centred, pivot, squares):
    """Make the level, the change and the later lags orthogonal to one lag; a lag that is nothing new is passed over."""
    count = centred.shape[1]
    length = 0.0
    for row in range(count):
        length += centred[pivot, row] ** 2
    if length <= NOTHING_LEFT * squares[pivot]:
        return
    for a in range(centred.shape[0]):
        if a >= LAGS and a <= pivot:
            continue
        product = 0.0
        for row in range(count):
            product += centred[pivot, row] * centred[a, row]
        factor = product / length
        for row in range(count):
            centred[a, row] -= factor * centred[pivot, row]


@inner()
def _t_square(centred, squares, freedom):
    """(signed square, residual sum of squares) of the change on the level; NaN where either has nothing left."""
    count = centred.shape[1]
    length, product = 0.0, 0.0
    for row in range(count):
        length += centred[X, row] ** 2
        product += centred[X, row] * centred[D, row]
    if length <= NOTHING_LEFT * squares[X]:
        return np.nan, np.inf
    slope = product / length
    rss = 0.0
    for row in range(count):
        rss += (centred[D, row] - slope * centred[X, row]) ** 2
    if rss <= NOTHING_LEFT * squares[D]:
        return np.nan, np.inf
    return slope * abs(slope) * length * freedom / rss, rss
