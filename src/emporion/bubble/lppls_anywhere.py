"""The least squares of the LPPLS curve wherever its parameters may go: to compare with fits that have no bounds.

`lppls.fit` searches a stated box, in which tc, m and omega mean something; that is what a person needs, and the
default. Other software lets a local search go where it will: to a tc a second after the last price, where the
curve is a spike; thousands of windows away, where it is an exponential wave; to an omega of zero, where it is a power
times a parabola in ln x; or to before the first price, from where it tells of a price that slows down (x = t - tc).
Sums of squares compare only if both may look everywhere. So this looks in boxes that together cover these places, and
follows the best of what it finds by Newton's method to bounds far outside of what means anything.

No search of an endless space is sure, and where the sum of squares falls for ever on the way to a limit (tc to
infinity, omega to zero) there is no least: what is returned then stands at the bound, as near as digits allow.
Deterministic: the same input gives the same bits in every run.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from emporion.bubble.lppls import SEARCH, Lppls, Search, days_of, fit_windows, prices, usual_step
from emporion.bubble.lppls_polish import OUT_LEAD, OUT_M, OUT_OMEGA, OUT_SSE
from emporion.bubble.series import Floats, Missing, Series
from emporion.errors import BadValue

LEAD_DAYS_MIN, LEAD_SPANS_MAX = 1e-8, 1e5  # How near tc may come to an observation, and how far it may go.
GROWTH_MAX = 100.0  # |m| ln(largest x / least x), at most.
POWER_MAX = 600.0  # |m ln x|, at most, so that B can be written.
PHASE_MIN, PHASE_MAX = 1e-4, 1000.0  # The same of omega: what the wave turns within the window.
FAR_ROWS = 128  # What a window is thinned to for a first look far away.
KEPT, HOPELESS = 6, 2.0  # So many of the boxes' curves are followed, unless so many times above the best.
STEPS, CLOSE, NUDGE = 100, 1e-13, 1e-3
CROSSED = ((1, 0), (2, 0), (2, 1))
SIGNS = ((1, 1), (1, -1), (-1, 1), (-1, -1))
AXES = np.eye(3)
STENCIL = np.array(  # Where second differences are taken: here, along each axis, across each pair.
    [np.zeros(3), *(sign * axis for axis in AXES for sign in (1, -1))]
    + [one * AXES[k] + other * AXES[j] for k, j in CROSSED for one, other in SIGNS]
)


def fit_anywhere(
    values: "ArrayLike | Series", dates: Any = None, *, missing: Missing = "error", name: str = "series"
) -> Lppls:
    """The curve of least squares with tc anywhere outside of the window, and any m and omega.

    A lead below zero means a tc before the first observation. Never above `fit` with its default search. Where omega
    has gone to zero B, C1 and C2 are huge and cancel, so that `curve` loses some eight digits; `sse` does not. It takes
    about a thousand times as long as `fit`. Raises BadValue as `fit` does.
    """
    made = prices(values, dates, name, missing)
    days, logs = days_of(made), np.log(made.values)
    best: tuple[float, bool, Floats] | None = None
    for is_behind in (False, True):
        # Time turned around: then tc before the first observation is one after the last.
        t, y = (days[0] - days[::-1], logs[::-1].copy()) if is_behind else (days - days[-1], logs)
        starts = _starts(t, y, made.name) + _far(t, y)
        starts.sort(key=lambda one: one[0])
        for start, shape in _apart(starts)[:KEPT]:
            if best is not None and start > HOPELESS * best[0]:
                break
            sse, reached = _follow(t, y, shape)
            if best is None or sse < best[0]:
                best = sse, is_behind, reached
    assert best is not None  # `_far` has always something.
    return _made(made, days, logs, *best)


def _apart(starts: list[tuple[float, Floats]]) -> list[tuple[float, Floats]]:
    """Without those that are another's again."""
    return [
        one for at, one in enumerate(starts)
        if all(np.abs(one[1] - other[1]).max() > 0.1 for _, other in starts[:at])
    ]  # fmt: skip


def _starts(t: Floats, y: Floats, name: str) -> list[tuple[float, Floats]]:
    """The best curve of each of many boxes: (sum of squares, (ln lead, growth, phase))."""
    step, span = usual_step(t), t[-1] - t[0]
    found = []
    for search in _boxes(step, span):
        try:
            row = fit_windows(t, y[None], np.array([t.size]), search, name)[0, 0]
        except BadValue:  # Of the default search, by a window too short for it.
            continue
        if math.isfinite(row[OUT_SSE]):
            width = math.log1p(span / row[OUT_LEAD])
            shape = np.array([math.log(row[OUT_LEAD]), row[OUT_M] * width, row[OUT_OMEGA] * width])
            found.append((float(row[OUT_SSE]), shape))
    return found


def _boxes(step: float, span: float) -> list[Search]:
    """The default search, and others around it: nearer than a step, as far as a window, as far as ten."""
    boxes = [SEARCH]
    omegas = ((0.05, 1.5), (1.0, 5.0), (4.0, 9.0), (8.0, 14.0), (13.0, 26.0))
    for near, until in ((LEAD_DAYS_MIN, step), (step, span)):
        for omega in omegas:
            for m in ((-1.5, 0.2), (0.0, 2.0)):
                boxes.append(Search(m, omega, near, until / span, leads=12, powers=5, omegas=24, starts=6))
    for omega in ((0.1, 6.0), (5.0, 15.0), (14.0, 40.0), (35.0, 110.0)):
        boxes.append(Search((-9.0, 9.0), omega, 0.5 * span, 10.0, leads=12, powers=10, omegas=32, starts=6))
    return boxes


def _far(t: Floats, y: Floats) -> list[tuple[float, Floats]]:
    """Exponential waves, of a tc far away: the lowest valleys of a grid over growth and phase."""
    span, stride = float(t[-1] - t[0]), 1 + (t.size - 1) // FAR_ROWS
    few, some = t[::-stride][::-1], y[::-stride][::-1]
    growths, phases = np.linspace(-6.0, 6.0, 13), np.linspace(0.2, 50.0, 84)
    found: list[tuple[float, Floats]] = []
    for spans in (10.0, 300.0):
        shapes = np.array([(math.log(spans * span), g, p) for g in growths for p in phases])
        sums = np.concatenate([_sums(few, some, part) for part in np.array_split(shapes, 26)]).reshape(13, 84)
        padded = np.pad(sums, 1, constant_values=np.inf)
        around = [padded[1 + i : 14 + i, 1 + j : 85 + j] for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
        valleys = np.flatnonzero((sums <= np.min(around, axis=0)).ravel())
        best = valleys[np.argsort(sums.ravel()[valleys], kind="stable")][:KEPT]
        found += zip(_sums(t, y, shapes[best]).tolist(), shapes[best], strict=True)
    return found


def _columns(t: Floats, shapes: Floats) -> tuple[Floats, Floats, Floats]:
    """For each shape the curve's columns, in a basis that stays independent when growth and phase go to zero.

    With z = ln x from its middle, in widths: exp(growth z), and this times sin(phase z) / phase and
    (1 - cos(phase z)) / phase**2. Returns (columns[shape, row, 3], middles of ln x, widths).
    """
    lead = np.exp(shapes[:, 0])[:, None]
    ahead = (t[-1] - t)[None]
    relative = np.log1p(ahead / lead)  # ln x, from its least.
    width = np.log1p(ahead.max() / lead)
    z = relative / width - 0.5
    growth, phase = shapes[:, 1][:, None], shapes[:, 2][:, None]
    power = np.exp(growth * z - 0.5 * np.abs(growth))
    half = np.sin(0.5 * phase * z) / phase
    made = np.stack((power, power * np.sin(phase * z) / phase, 2.0 * power * half * half), axis=2)
    return made, (np.log(lead) + 0.5 * width)[:, 0], width[:, 0]


def _sums(t: Floats, y: Floats, shapes: Floats) -> Floats:
    """Sum of squared residuals of the best curve of each shape."""
    columns = _columns(t, shapes)[0]
    columns = columns - columns.mean(axis=1, keepdims=True)
    columns /= np.maximum(np.sqrt((columns**2).sum(axis=1, keepdims=True)), 1e-300)
    centred = y - y.mean()
    base, _ = np.linalg.qr(columns)
    rest = centred - np.einsum("kij,kj->ki", base, np.einsum("kij,i->kj", base, centred))
    return (rest**2).sum(axis=1)


def _follow(t: Floats, y: Floats, shape: Floats) -> tuple[float, Floats]:
    """Newton's method with differences, kept downhill and within the bounds, to the bottom of a valley."""
    at, damping = _within(t, shape)[0], 1e-3
    sums = _sums(t, y, at + NUDGE * STENCIL)
    for _ in range(STEPS):
        value = sums[0]
        slope, bend = _differences(sums)
        _, low, high = _within(t, at)
        free = ~(((at <= low) & (slope > 0)) | ((at >= high) & (slope < 0)))
        bend = np.where(np.outer(free, free), bend, np.diag(np.ones(3)))
        slope = np.where(free, slope, 0.0)
        sizes, axes = np.linalg.eigh(bend)
        sizes = np.maximum(np.abs(sizes), 1e-12 * value)
        while damping < 1e9:
            step = -axes @ ((axes.T @ slope) / (sizes * (1.0 + damping)))
            trial = _within(t, at + step)[0]
            reached = _sums(t, y, trial + NUDGE * STENCIL)
            if reached[0] < value:
                break
            damping = max(8.0 * damping, 1e-3)
        else:
            break
        at, sums, damping = trial, reached, 0.1 * damping
        if value - sums[0] <= CLOSE * value:
            break
    return float(sums[0]), at


def _within(t: Floats, shape: Floats) -> tuple[Floats, Floats, Floats]:
    """The shape moved within its bounds, and these."""
    span = float(t[-1] - t[0])
    lead = min(max(float(shape[0]), math.log(LEAD_DAYS_MIN)), math.log(LEAD_SPANS_MAX * span))
    width = math.log1p(span * math.exp(-lead))
    growth = min(GROWTH_MAX, POWER_MAX * width / max(abs(lead), abs(lead + width), 1.0))
    low = np.array([math.log(LEAD_DAYS_MIN), -growth, PHASE_MIN])
    high = np.array([math.log(LEAD_SPANS_MAX * span), growth, PHASE_MAX])
    return np.clip(shape, low, high), low, high


def _differences(sums: Floats) -> tuple[Floats, Floats]:
    """Gradient and second derivatives from the sums at the stencil's points."""
    slope = (sums[1:7:2] - sums[2:7:2]) / (2 * NUDGE)
    bend = np.diag((sums[1:7:2] - 2 * sums[0] + sums[2:7:2]) / NUDGE**2)
    cross = sums[7:].reshape(3, 4)
    for (k, j), (pp, pm, mp, mm) in zip(CROSSED, cross, strict=True):
        bend[k, j] = bend[j, k] = (pp - pm - mp + mm) / (4 * NUDGE**2)
    return slope, bend


def _made(made: Series, days: Floats, logs: Floats, sse: float, is_behind: bool, shape: Floats) -> Lppls:
    """The fit in the words of the model: tc, m, omega, A, B, C1, C2."""
    t, y = (days[0] - days[::-1], logs[::-1]) if is_behind else (days - days[-1], logs)
    stacked, middles, widths = _columns(t, shape[None])
    columns, middle, width = stacked[0], float(middles[0]), float(widths[0])
    scale = np.abs(columns).max(axis=0)
    b, s, c = np.linalg.lstsq(np.column_stack((columns / scale, np.ones(t.size))), y, rcond=None)[0][:3] / scale
    a = float((y - columns @ np.array([b, s, c])).mean())
    rest = y - a - columns @ np.array([b, s, c])
    errors = np.abs(np.expm1(-rest))
    growth, phase = float(shape[1]), float(shape[2])
    m, omega = growth / width, phase / width
    factor = math.exp(-m * middle - 0.5 * abs(growth))
    wave_c, wave_s, turn = -c / phase**2, s / phase, omega * middle
    lead = math.exp(shape[0])
    return Lppls(
        made.name, float(days[0]), float(days[-1]), len(made), made.dates is not None,
        -lead - float(days[-1] - days[0]) if is_behind else lead, m, omega, a, (b + c / phase**2) * factor,
        (wave_c * math.cos(turn) - wave_s * math.sin(turn)) * factor,
        (wave_c * math.sin(turn) + wave_s * math.cos(turn)) * factor,
        sse, float(errors.mean()), float(errors.max()),
    )  # fmt: skip
