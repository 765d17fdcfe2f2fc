"""All windows that end at one observation, in time proportional to their number.

Sums run backwards from the last row, centred there, so that every window contains the point it is
centred at and no sum is ever a difference of large ones: a collapse from 100 to 0.0001 does no
harm. A new observation costs one such pass, whatever came before.
"""

import numpy as np

from emporion.bubble.jit import inner
from emporion.bubble.regression import FIXED, LAGS, D, X, by_two_passes, root, weight

UNSURE = 1e-4  # Share of a product of moments: less than this is left after cancelling, so two passes decide.
UNSURE_PIVOT = 1e-5  # The same for a column of which lags explain nearly all.


@inner()
def newest(columns, last, rows_min, penalty):
    """(signed square from the first row, the largest over all starts) of windows ending at row `last`."""
    if columns.shape[0] == LAGS:
        return _without_lags(columns, last, rows_min)
    if columns.shape[0] == LAGS + 1 and penalty == FIXED:
        return _with_one_lag(columns, last, rows_min)
    return _with_lags(columns, last, rows_min, penalty)


@inner()
def settle(columns, rows_min, penalty, badf, bsadf):
    """Turn the signed squares of both paths into t ratios; ends that the sweep was unsure of are done again here."""
    low = low_of(columns.shape[0] - LAGS, rows_min)
    for k in range(bsadf.size):
        if np.isinf(badf[k]) or not low < bsadf[k] < np.inf:
            badf[k], bsadf[k] = newest(columns, rows_min - 1 + k, rows_min, penalty)
        badf[k], bsadf[k] = root(badf[k]), root(bsadf[k])


@inner()
def low_of(lags, rows_min):
    """Below this is every window whose steep fall alone made it unsure; a maximum above it is none of them."""
    return -0.9 / UNSURE * (rows_min - 2 - lags)


@inner()
def square_of_moments(count, freedom, x, d, xx, xd, dd):
    """Signed square from sums; infinite where too little is left to trust (-: a steep fall), NaN where nothing is.

    t^2 = freedom Cxd^2 / (Cxx Cdd - Cxd^2): no square root, and one division.
    """
    cxx = count * xx - x * x
    cdd = count * dd - d * d
    cxd = count * xd - x * d
    product = cxx * cdd
    rest = product - cxd * cxd
    rest = rest if rest > UNSURE * product else 0.0
    return cxd * abs(cxd) * freedom / rest


@inner()
def square_with_lag(n, x, d, xx, xd, dd, l, ll, xl, dl):  # noqa: E741
    """Signed square with one lag eliminated; multiplied through by Cll, so that there is one division only."""
    cll = n * ll - l * l
    cxl = n * xl - x * l
    cdl = n * dl - d * l
    cxx = n * xx - x * x
    cdd = n * dd - d * d
    level = cxx * cll - cxl * cxl
    change = cdd * cll - cdl * cdl
    both = (n * xd - x * d) * cll - cxl * cdl
    product = level * change
    rest = product - both * both
    floor = UNSURE * (cxx * cll) * (cdd * cll)
    value = both * abs(both) * (n - 3.0) / (rest if rest > floor else 0.0)
    return np.inf if (rest <= floor) & ((product <= floor) | (rest > UNSURE * product)) & (floor > 0.0) else value


@inner()
def _without_lags(columns, last, rows_min):
    x0, d0 = columns[X, last], columns[D, last]
    x, d, xx, xd, dd = 0.0, 0.0, 0.0, 0.0, 0.0
    best, whole = -np.inf, np.nan
    for first in range(last, -1, -1):
        level, change = columns[X, first] - x0, columns[D, first] - d0
        x += level
        d += change
        xx += level * level
        xd += level * change
        dd += change * change
        count = last - first + 1
        if count < rows_min:
            continue
        value = square_of_moments(float(count), float(count - 2), x, d, xx, xd, dd)
        if value == np.inf or (first == 0 and value == -np.inf):
            value = by_two_passes(columns, first, last, FIXED)
        if value > best:
            best = value
        whole = value
    return whole, _settled(columns, last, rows_min, FIXED, best)


@inner()
def _with_one_lag(columns, last, rows_min):
    x0, d0, l0 = columns[X, last], columns[D, last], columns[LAGS, last]
    x, d, xx, xd, dd, one, ll, xl, dl = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    best, whole = -np.inf, np.nan
    for first in range(last, -1, -1):
        level, change, lagged = columns[X, first] - x0, columns[D, first] - d0, columns[LAGS, first] - l0
        x += level
        d += change
        xx += level * level
        xd += level * change
        dd += change * change
        one += lagged
        ll += lagged * lagged
        xl += level * lagged
        dl += change * lagged
        count = last - first + 1
        if count < rows_min:
            continue
        value = square_with_lag(float(count), x, d, xx, xd, dd, one, ll, xl, dl)
        if value == np.inf or (first == 0 and value == -np.inf):
            value = by_two_passes(columns, first, last, FIXED)
        if value > best:
            best = value
        whole = value
    return whole, _settled(columns, last, rows_min, FIXED, best)


@inner()
def _settled(columns, last, rows_min, penalty, best):
    """`best`, unless an unsure window could be above it: then all are done by two passes. NaN: none has a value."""
    if best > low_of(columns.shape[0] - LAGS, rows_min):
        return best
    for first in range(last - rows_min + 2):
        value = by_two_passes(columns, first, last, penalty)
        if value > best:
            best = value
    return best if best > -np.inf else np.nan


@inner()
def _with_lags(columns, last, rows_min, penalty):
    width = columns.shape[0]
    sums, products = np.zeros(width), np.zeros((width, width))
    moments, row = np.empty((width, width)), np.empty(width)
    best, whole = -np.inf, np.nan
    for first in range(last, -1, -1):
        for a in range(width):
            row[a] = columns[a, first] - columns[a, last]
        for a in range(width):
            sums[a] += row[a]
            for b in range(a, width):
                products[a, b] += row[a] * row[b]
        count = last - first + 1
        if count < rows_min:
            continue
        for a in range(width):
            for b in range(a, width):
                moments[a, b] = products[a, b] - sums[a] * sums[b] / count
        value = _square_with_lags(moments, count, penalty)
        if value == np.inf or (first == 0 and value == -np.inf):
            value = by_two_passes(columns, first, last, penalty)
        if value > best:
            best = value
        whole = value
    return whole, _settled(columns, last, rows_min, penalty, best)


@inner()
def _square_with_lags(moments, count, penalty):
    """Signed square after the lags are eliminated, one by one, from the moments (upper half); they are spent by it."""
    width = moments.shape[0]
    squares = np.empty(width)
    for a in range(width):
        squares[a] = moments[a, a]
        if squares[a] == 0.0:
            return np.nan
    factor = weight(penalty, count) if penalty != FIXED else 1.0
    scale, least, result = 1.0, np.inf, np.nan
    for used in range(width - LAGS + 1):
        if used > 0:
            pivot = LAGS + used - 1
            if not moments[pivot, pivot] > UNSURE_PIVOT * squares[pivot]:
                return np.inf
            _eliminate(moments, pivot)
            scale *= factor
        if penalty == FIXED and used < width - LAGS:
            continue
        xx, xd, dd = moments[X, X], moments[X, D], moments[D, D]
        rest = dd - xd * xd / xx
        if not (xx > UNSURE_PIVOT * squares[X] and rest > UNSURE_PIVOT * squares[D]):
            falls = xx > UNSURE_PIVOT * squares[X] and dd > UNSURE_PIVOT * squares[D] and xd < 0.0
            return -np.inf if falls and rest < UNSURE * dd and penalty == FIXED else np.inf
        if penalty == FIXED or rest * scale < least:
            least = rest * scale
            result = xd * abs(xd) * (count - 2 - used) / (xx * rest)
    return result


@inner()
def _eliminate(moments, pivot):
    """Take one lag out of the level, the change and the lags after it."""
    width = moments.shape[0]
    column = np.empty(width)
    for a in range(width):
        column[a] = moments[a, pivot] if a < pivot else moments[pivot, a]
    for a in range(width):
        if a < LAGS or a > pivot:
            for b in range(a, width):
                if b < LAGS or b > pivot:
                    moments[a, b] -= column[a] * column[b] / column[pivot]
