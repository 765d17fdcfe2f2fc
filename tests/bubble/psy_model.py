"""The PSY statistics as anyone would write them down: a least-squares fit of each window. It judges the fast code."""

import numpy as np


def t_ratio(window, lags, drop):
    """t of the level in a regression with `lags` lags, on the rows that `drop` lags leave; residual squares; rows.

    In extended precision, and from means: after a collapse a plain `numpy.linalg.lstsq` is good for five digits.
    """
    window = np.asarray(window, dtype=np.longdouble)
    changes = np.diff(window)
    columns = [changes[drop - lag : changes.size - lag] for lag in range(1, lags + 1)]
    columns += [window[drop:-1], changes[drop:]]
    columns = [column - column.mean() for column in columns]
    slope = 0.0
    for at in range(len(columns) - 1):  # Gram and Schmidt: take each column out of all that follow.
        column = columns[at]
        for later in range(at + 1, len(columns)):
            slope = (column @ columns[later]) / (column @ column)
            columns[later] = columns[later] - slope * column
    level, rest = columns[-2], columns[-1]
    rss = rest @ rest
    variance = rss / (rest.size - 2 - lags) / (level @ level)
    return float(slope / np.sqrt(variance)), float(rss), rest.size


def by_lstsq(window, lags):
    """The same by the library's least squares, for ordinary windows."""
    changes = np.diff(window)
    y = changes[lags:]
    x = [np.ones(y.size), window[lags:-1], *(changes[lags - lag : changes.size - lag] for lag in range(1, lags + 1))]
    x = np.stack(x, axis=1)
    beta, rss, _, _ = np.linalg.lstsq(x, y, rcond=None)
    return beta[1] / np.sqrt(rss[0] / (y.size - x.shape[1]) * np.linalg.inv(x.T @ x)[1, 1])


def statistic(window, lags, criterion):
    if criterion is None:
        return t_ratio(window, lags, lags)[0]
    tried = [t_ratio(window, used, lags) for used in range(lags + 1)]
    penalty = 2.0 if criterion == "aic" else np.log(tried[0][2])
    scores = [rows * np.log(rss / rows) + penalty * used for used, (_, rss, rows) in enumerate(tried)]
    return tried[int(np.argmin(scores))][0]


def paths(values, levels_min, lags=0, criterion=None):
    """(BADF, BSADF)."""
    ends = range(levels_min, len(values) + 1)
    badf = [statistic(values[:end], lags, criterion) for end in ends]
    bsadf = [
        max(statistic(values[start:end], lags, criterion) for start in range(end - levels_min + 1)) for end in ends
    ]
    return np.array(badf), np.array(bsadf)
