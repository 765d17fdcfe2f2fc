"""All windows of a series: the BADF path (windows from the first row) and the BSADF path (largest over all starts).

How it is exact: starts are taken in blocks of as many as the least window has rows, so that one row,
the anchor, is in every window of a block. Sums run from the anchor both ways, centred there. No sum is
ever a difference of large ones, as it is with running sums over the whole series.

How it is fast: the lane of the vector unit is the window's end. Ends are taken in tiles that stay in the
first cache; four starts at a time share what is loaded; the maximum is taken lane by lane. Indexes are
unsigned and rows of the tile a constant apart, which is what lets LLVM make vectors of the loops. The
fixed lags 0 and 1 are written out here; `sweep_lags` has all else.
"""

import numpy as np

from emporion.bubble.jit import entry, inner
from emporion.bubble.newest import settle, square_of_moments, square_with_lag
from emporion.bubble.regression import FIXED, LAGS, D, X, rows_of

TILE = 512  # Ends at a time: 7 rows of it fill the first cache.
T1, T2, T3, T4, T5, T6, T7, T8, T9, T10 = (np.uint64(TILE * k) for k in range(1, 11))
ROWS_OF_TILE = 11  # Nine sums, the count, the best so far.


@entry()
def sweep(levels, lags, rows_min, badf, bsadf):
    """Fill a row of both paths for each row of `levels`, with no lag or one.

    Entry k is the t ratio of the windows ending at the regression's row rows_min - 1 + k; NaN: no window has one.
    """
    for one in range(levels.shape[0]):
        columns = rows_of(levels[one], lags)
        badf[one] = np.nan
        bsadf[one] = -np.inf
        _sweep(columns, rows_min, lags == 1, badf[one], bsadf[one])
        settle(columns, rows_min, FIXED, badf[one], bsadf[one])


@inner()
def _sweep(columns, rows_min, has_lag, badf, bsadf):
    count = columns.shape[1]
    tile = np.zeros(TILE * ROWS_OF_TILE)
    behind = np.zeros((rows_min + 3, 9))
    carried = np.zeros(9)
    for block in range(0, count - rows_min + 1, rows_min):
        anchor = block + rows_min - 1
        starts = min(rows_min, count - rows_min + 1 - block)
        carried[:] = 0.0
        if has_lag:
            _behind_with_lag(columns, anchor, behind)
        else:
            _behind(columns, anchor, behind)
        for begin in range(anchor, count, TILE):
            ends = min(TILE, count - begin)
            if has_lag:
                _ahead_with_lag(columns, anchor, begin, ends, tile, carried)
            else:
                _ahead(columns, anchor, begin, ends, tile, carried)
            _tile(tile, behind, begin - anchor, ends, starts, rows_min, has_lag, bsadf[begin - rows_min + 1 :])
            if block == 0:
                _from_the_first(tile, behind[rows_min - 1], rows_min - 1, ends, has_lag, badf[begin - anchor :])


@inner(checked=False)
def _behind(columns, anchor, behind):
    """behind[back]: sums of the `back` rows before the anchor, as (x, d, xx, xd, dd)."""
    x, d, xx, xd, dd = 0.0, 0.0, 0.0, 0.0, 0.0
    for back in range(1, behind.shape[0] - 3):
        level = columns[X, anchor - back] - columns[X, anchor]
        change = columns[D, anchor - back] - columns[D, anchor]
        x += level
        d += change
        xx += level * level
        xd += level * change
        dd += change * change
        behind[back, 0], behind[back, 1] = x, d
        behind[back, 2], behind[back, 3], behind[back, 4] = xx, xd, dd


@inner(checked=False)
def _ahead(columns, anchor, begin, ends, tile, carried):
    """Rows of the tile: the same sums from the anchor to each end, then the count of rows."""
    x, d, xx, xd, dd = carried[0], carried[1], carried[2], carried[3], carried[4]
    for lane in range(ends):
        level = columns[X, begin + lane] - columns[X, anchor]
        change = columns[D, begin + lane] - columns[D, anchor]
        x += level
        d += change
        xx += level * level
        xd += level * change
        dd += change * change
        tile[lane], tile[lane + TILE] = x, d
        tile[lane + 2 * TILE], tile[lane + 3 * TILE], tile[lane + 4 * TILE] = xx, xd, dd
        tile[lane + 9 * TILE] = begin - anchor + lane + 1.0
    carried[0], carried[1], carried[2], carried[3], carried[4] = x, d, xx, xd, dd


@inner(checked=False)
def _behind_with_lag(columns, anchor, behind):
    """The sums of `_behind`, then (l, ll, xl, dl)."""
    x, d, xx, xd, dd, one, ll, xl, dl = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for back in range(1, behind.shape[0] - 3):
        level = columns[X, anchor - back] - columns[X, anchor]
        change = columns[D, anchor - back] - columns[D, anchor]
        lagged = columns[LAGS, anchor - back] - columns[LAGS, anchor]
        x += level
        d += change
        xx += level * level
        xd += level * change
        dd += change * change
        one += lagged
        ll += lagged * lagged
        xl += level * lagged
        dl += change * lagged
        behind[back, 0], behind[back, 1], behind[back, 2] = x, d, xx
        behind[back, 3], behind[back, 4], behind[back, 5] = xd, dd, one
        behind[back, 6], behind[back, 7], behind[back, 8] = ll, xl, dl


@inner(checked=False)
def _ahead_with_lag(columns, anchor, begin, ends, tile, carried):
    x, d, xx, xd, dd = carried[0], carried[1], carried[2], carried[3], carried[4]
    one, ll, xl, dl = carried[5], carried[6], carried[7], carried[8]
    for lane in range(ends):
        level = columns[X, begin + lane] - columns[X, anchor]
        change = columns[D, begin + lane] - columns[D, anchor]
        lagged = columns[LAGS, begin + lane] - columns[LAGS, anchor]
        x += level
        d += change
        xx += level * level
        xd += level * change
        dd += change * change
        one += lagged
        ll += lagged * lagged
        xl += level * lagged
        dl += change * lagged
        tile[lane], tile[lane + TILE], tile[lane + 2 * TILE] = x, d, xx
        tile[lane + 3 * TILE], tile[lane + 4 * TILE], tile[lane + 5 * TILE] = xd, dd, one
        tile[lane + 6 * TILE], tile[lane + 7 * TILE], tile[lane + 8 * TILE] = ll, xl, dl
        tile[lane + 9 * TILE] = begin - anchor + lane + 1.0
    carried[0], carried[1], carried[2], carried[3], carried[4] = x, d, xx, xd, dd
    carried[5], carried[6], carried[7], carried[8] = one, ll, xl, dl


@inner(checked=False)
def _tile(tile, behind, offset, ends, starts, rows_min, has_lag, bsadf):
    """Take the maxima over a block's starts into `bsadf`, whose entry 0 is the tile's first end.

    The start `back` rows before the anchor has a whole window from the end `rows_min - 1 - back` after it.
    """
    for lane in range(ends):
        tile[lane + 10 * TILE] = bsadf[lane]
    last = rows_min - starts  # The start nearest to the anchor, in rows before it.
    for back in range(rows_min - 1, last - 1, -4):
        together = max(0, rows_min - 1 - (back - 3) - offset)  # From here on all four have a whole window.
        if back - 3 < last:
            together = ends
        low, high = np.uint64(min(together, ends)), np.uint64(ends)
        if has_lag:
            _four_starts_with_lag(tile, behind, back, low, high)
        else:
            _four_starts(tile, behind, back, low, high)
        for one in range(back, max(back - 4, last - 1), -1):
            alone = np.uint64(min(max(0, rows_min - 1 - one - offset), ends))
            if has_lag:
                _one_start_with_lag(tile, behind, one, alone, low)
            else:
                _one_start(tile, behind, one, alone, low)
    for lane in range(ends):
        bsadf[lane] = tile[lane + 10 * TILE]


@inner(checked=False)
def _larger(a, b):
    return a if a > b else b


@inner(checked=False)
def _four_starts(tile, behind, back, low, high):
    n0 = float(back)
    x0, d0, xx0, xd0, dd0 = behind[back, 0], behind[back, 1], behind[back, 2], behind[back, 3], behind[back, 4]
    back -= 1
    x1, d1, xx1, xd1, dd1 = behind[back, 0], behind[back, 1], behind[back, 2], behind[back, 3], behind[back, 4]
    back -= 1
    x2, d2, xx2, xd2, dd2 = behind[back, 0], behind[back, 1], behind[back, 2], behind[back, 3], behind[back, 4]
    back -= 1
    x3, d3, xx3, xd3, dd3 = behind[back, 0], behind[back, 1], behind[back, 2], behind[back, 3], behind[back, 4]
    for lane in range(low, high):
        x, d, xx, xd, dd = tile[lane], tile[lane + T1], tile[lane + T2], tile[lane + T3], tile[lane + T4]
        n = tile[lane + T9] + n0
        best = tile[lane + T10]
        best = _larger(square_of_moments(n, n - 2.0, x + x0, d + d0, xx + xx0, xd + xd0, dd + dd0), best)
        n -= 1.0
        best = _larger(square_of_moments(n, n - 2.0, x + x1, d + d1, xx + xx1, xd + xd1, dd + dd1), best)
        n -= 1.0
        best = _larger(square_of_moments(n, n - 2.0, x + x2, d + d2, xx + xx2, xd + xd2, dd + dd2), best)
        n -= 1.0
        best = _larger(square_of_moments(n, n - 2.0, x + x3, d + d3, xx + xx3, xd + xd3, dd + dd3), best)
        tile[lane + T10] = best


@inner(checked=False)
def _one_start(tile, behind, back, low, high):
    n0 = float(back)
    x0, d0, xx0, xd0, dd0 = behind[back, 0], behind[back, 1], behind[back, 2], behind[back, 3], behind[back, 4]
    for lane in range(low, high):
        x, d, xx, xd, dd = tile[lane], tile[lane + T1], tile[lane + T2], tile[lane + T3], tile[lane + T4]
        n = tile[lane + T9] + n0
        value = square_of_moments(n, n - 2.0, x + x0, d + d0, xx + xx0, xd + xd0, dd + dd0)
        tile[lane + T10] = _larger(value, tile[lane + T10])


@inner(checked=False)
def _four_starts_with_lag(tile, behind, back, low, high):
    """Two and two: nine sums for each of four starts would not stay in registers."""
    for pair in range(2):
        _two_starts_with_lag(tile, behind, back - 2 * pair, low, high)


@inner(checked=False)
def _two_starts_with_lag(tile, behind, back, low, high):
    n0 = float(back)
    x0, d0, xx0, xd0, dd0 = behind[back, 0], behind[back, 1], behind[back, 2], behind[back, 3], behind[back, 4]
    l0, ll0, xl0, dl0 = behind[back, 5], behind[back, 6], behind[back, 7], behind[back, 8]
    back -= 1
    x1, d1, xx1, xd1, dd1 = behind[back, 0], behind[back, 1], behind[back, 2], behind[back, 3], behind[back, 4]
    l1, ll1, xl1, dl1 = behind[back, 5], behind[back, 6], behind[back, 7], behind[back, 8]
    for lane in range(low, high):
        x, d, xx, xd, dd = tile[lane], tile[lane + T1], tile[lane + T2], tile[lane + T3], tile[lane + T4]
        one, ll, xl, dl = tile[lane + T5], tile[lane + T6], tile[lane + T7], tile[lane + T8]
        n = tile[lane + T9] + n0
        value = square_with_lag(
            n, x + x0, d + d0, xx + xx0, xd + xd0, dd + dd0, one + l0, ll + ll0, xl + xl0, dl + dl0
        )
        best = _larger(value, tile[lane + T10])
        value = square_with_lag(
            n - 1.0, x + x1, d + d1, xx + xx1, xd + xd1, dd + dd1, one + l1, ll + ll1, xl + xl1, dl + dl1
        )
        tile[lane + T10] = _larger(value, best)


@inner(checked=False)
def _one_start_with_lag(tile, behind, back, low, high):
    n0 = float(back)
    x0, d0, xx0, xd0, dd0 = behind[back, 0], behind[back, 1], behind[back, 2], behind[back, 3], behind[back, 4]
    l0, ll0, xl0, dl0 = behind[back, 5], behind[back, 6], behind[back, 7], behind[back, 8]
    for lane in range(low, high):
        x, d, xx, xd, dd = tile[lane], tile[lane + T1], tile[lane + T2], tile[lane + T3], tile[lane + T4]
        one, ll, xl, dl = tile[lane + T5], tile[lane + T6], tile[lane + T7], tile[lane + T8]
        value = square_with_lag(
            tile[lane + T9] + n0,
            x + x0, d + d0, xx + xx0, xd + xd0, dd + dd0, one + l0, ll + ll0, xl + xl0, dl + dl0,
        )  # fmt: skip
        tile[lane + T10] = _larger(value, tile[lane + T10])


@inner(checked=False)
def _from_the_first(tile, b, back, ends, has_lag, badf):
    """The BADF path: windows that begin at the first row."""
    for lane in range(ends):
        n = tile[lane + 9 * TILE] + back
        x, d, xx = tile[lane] + b[0], tile[lane + TILE] + b[1], tile[lane + 2 * TILE] + b[2]
        xd, dd = tile[lane + 3 * TILE] + b[3], tile[lane + 4 * TILE] + b[4]
        if has_lag:
            one, ll = tile[lane + 5 * TILE] + b[5], tile[lane + 6 * TILE] + b[6]
            xl, dl = tile[lane + 7 * TILE] + b[7], tile[lane + 8 * TILE] + b[8]
            badf[lane] = square_with_lag(n, x, d, xx, xd, dd, one, ll, xl, dl)
        else:
            badf[lane] = square_of_moments(n, n - 2.0, x, d, xx, xd, dd)
