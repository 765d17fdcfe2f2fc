"""The polish: Levenberg and Marquardt's method on (ln lead, m, omega) within a box, the linear part projected out."""

import math

import numpy as np

from emporion.bubble.jit import entry, inner
from emporion.bubble.lppls_curve import LEAD, OMEGA, REST, ROWS, M, lay_out, project, slopes, unscaled
from emporion.bubble.lppls_scan import scan, valleys

FIRST_STEPS = 6  # From each valley, on a thinned window; then only the best go on:
FINISHED, NEAR = 2, 0.02  # so many at most, the second only if its sum of squares is above the least by no more.
FIRST_ROWS = 64  # What a window is thinned to, at most.
STEPS = 100
CLOSE = 1e-10  # A step that promises to gain less than this share is the last.
DAMPING, HARDER, EASIER = 1e-3, 8.0, 0.2
DAMPING_MAX = 1e9
OUT_LEAD, OUT_M, OUT_OMEGA, OUT_A, OUT_B, OUT_C1, OUT_C2, OUT_SSE, OUT_ERROR, OUT_ERROR_MAX, OUT_STEPS = range(11)
OUT = 11


@entry()
def fit_nested(deltas, values, counts, grid_lead, grid_m, grid_omega, box, lead_max, starts, free, out):
    """Fit every window of every series: scan, then polish from `starts` valleys. out[series, window, OUT].

    deltas, values, counts, lead_max as in `scan`. box[2, 3]: least and largest shape; the largest lead is further
    limited per window. free[3]: 1 for what may move in the polish, 0 for what stays at the grid.
    """
    n = counts[-1]
    best = np.empty((values.shape[0], counts.size, grid_lead.size, grid_omega.size))
    node = np.empty_like(best)
    # The scan only finds where to begin: long windows are thinned for it.
    stride = (counts[0] + FIRST_ROWS - 1) // FIRST_ROWS
    thinned = (counts + stride - 1) // stride
    work = np.empty((ROWS, n))
    chosen = np.empty(starts, np.int64)
    shapes, limits = np.empty((starts, 3)), box.copy()
    centred = values.copy()
    for one in range(values.shape[0]):
        centred[one] -= values[one, 0]
    some, few = deltas[::stride].copy(), np.ascontiguousarray(centred[:, ::stride])
    scan(some, few, thinned, grid_lead, grid_m, grid_omega, lead_max, best, node)
    for window in range(counts.size):
        size = counts[window]
        limits[1, LEAD] = math.log(lead_max[window])
        narrow = work.ravel()[: ROWS * size].reshape((ROWS, size))
        for one in range(values.shape[0]):
            found = valleys(best[one, window], chosen)
            for k in range(found):
                lead, omega = chosen[k] // grid_omega.size, chosen[k] % grid_omega.size
                shapes[k, LEAD] = math.log(grid_lead[lead])
                shapes[k, M] = grid_m[int(node[one, window, lead, omega])]
                shapes[k, OMEGA] = grid_omega[omega]
            polish_best(deltas[:size], values[one, :size], shapes[:found], limits, free, narrow, out[one, window])


@inner()
def polish_best(deltas, values, shapes, box, free, work, out):
    """A few steps from each of the shapes, which move, on a thinned window; all that it takes from the best, on all."""
    span = deltas.max()
    solved, gradient, curvature = np.empty((7, 3)), np.empty(3), np.empty((3, 3))
    seconds = np.zeros((shapes.shape[0], 3, 3))
    stride = (deltas.size + FIRST_ROWS - 1) // FIRST_ROWS
    if shapes.shape[0] > 1:
        few, some = deltas[::stride].copy(), values[::stride].copy()
        thin = work.ravel()[: ROWS * few.size].reshape((ROWS, few.size))
        squares = lay_out(few, some, thin)[1]
        for k in range(shapes.shape[0]):
            _descend(
                thin, squares, span, shapes[k], box, free, seconds[k], solved, gradient, curvature, FIRST_STEPS, out
            )
    mean, squares = lay_out(deltas, values, work)
    reached = np.empty(shapes.shape[0])
    for k in range(shapes.shape[0]):
        reached[k] = project(work, squares, span, shapes[k], solved)
    out[:] = np.nan
    near = reached.min() + NEAR * abs(reached.min())  # An exact fit may be below zero by rounding.
    trial, least = np.empty(OUT), np.inf
    for _ in range(FINISHED):
        k = int(reached.argmin())
        if not (reached[k] <= near and reached[k] < np.inf):
            break
        shape, second = shapes[k], seconds[k]
        second *= stride  # What was learnt from every so many rows, for all of them.
        value = _descend(work, squares, span, shape, box, free, second, solved, gradient, curvature, STEPS, trial)
        if value < least:
            least = value
            out[OUT_STEPS], out[OUT_SSE] = trial[OUT_STEPS], value
            out[OUT_LEAD], out[OUT_M], out[OUT_OMEGA] = math.exp(shape[LEAD]), shape[M], shape[OMEGA]
            unscaled(mean, span, shape, solved, out[OUT_A:OUT_SSE])
            _errors(work[REST], out)
        for other in range(shapes.shape[0]):  # What has come to the same place need not go there again.
            is_same = abs(shapes[other, LEAD] - shape[LEAD]) < 1.0 and abs(shapes[other, OMEGA] - shape[OMEGA]) < 0.5
            if other == k or is_same:
                reached[other] = np.inf


@inner()
def _descend(work, squares, span, shape, box, free, second, solved, gradient, curvature, steps, out):
    """Sum of squared residuals at the end of at most `steps` accepted or refused steps; `shape` moves there.

    second: what is known of the part that Gauss and Newton's matrix leaves out; zeros at first. It is learnt.
    """
    trial, step, before = np.empty(3), np.empty(3), np.empty(3)
    whole = np.empty((3, 3))
    damping = DAMPING
    value = project(work, squares, span, shape, solved)
    if not value < np.inf:
        return np.inf
    value = slopes(work, span, shape, solved, gradient, curvature)
    _sum(curvature, second, whole)
    is_here = True  # Whether `work` and `solved` are those of `shape`.
    for taken in range(steps):
        out[OUT_STEPS] = taken
        promised = _step(shape, box, free, gradient, whole, damping, step)
        if not promised > CLOSE * value and (damping <= DAMPING or not promised > 0.0):
            break
        for a in range(3):
            trial[a] = min(max(shape[a] + step[a], box[0, a]), box[1, a])
        reached = project(work, squares, span, trial, solved)
        if reached < value:
            is_here = True
            step[:] = trial - shape
            before[:] = gradient
            shape[:] = trial
            value = slopes(work, span, shape, solved, gradient, curvature)
            _learn(step, before, gradient, curvature, second, whole)
            damping = max(damping * EASIER, 1e-12)
        else:
            is_here = False
            damping *= HARDER
            if damping > DAMPING_MAX:
                break
    if not is_here:
        project(work, squares, span, shape, solved)
        value = slopes(work, span, shape, solved, gradient, curvature)
    return value


@inner()
def _learn(step, before, gradient, curvature, second, whole):
    """Learn from a step what Gauss and Newton's matrix leaves out; whole = both, where that has a minimum.

    Residuals are large here, so without it convergence is slow. The update is that of NL2SOL (Dennis, Gay and
    Welsch 1981): symmetric, of rank two, sized down when it would be too large.
    """
    along, seen, left = 0.0, 0.0, 0.0
    missed = np.empty(3)
    for a in range(3):
        change = before[a] - gradient[a]  # Of the true gradient; ours points downhill.
        missed[a] = change
        old = 0.0
        for b in range(3):
            missed[a] -= curvature[a, b] * step[b]
            old += second[a, b] * step[b]
        along += change * step[a]
        seen += missed[a] * step[a]
        left += old * step[a]
    whole[:] = curvature
    if not along > 0.0:
        return
    if left != 0.0:
        second *= min(1.0, abs(seen / left))
    rest = 0.0
    for a in range(3):
        for b in range(3):
            missed[a] -= second[a, b] * step[b]
        rest += missed[a] * step[a]
    for a in range(3):
        for b in range(3):
            y, z = before[a] - gradient[a], before[b] - gradient[b]
            second[a, b] += (missed[a] * z + y * missed[b]) / along - rest * y * z / (along * along)
    _sum(curvature, second, whole)


@inner()
def _sum(curvature, second, whole):
    """whole = curvature + second where that has a minimum, else curvature alone."""
    whole[:] = curvature
    whole += second
    minor = whole[0, 0] * whole[1, 1] - whole[0, 1] * whole[1, 0]
    determinant = (
        whole[2, 2] * minor
        - whole[0, 2] * (whole[0, 2] * whole[1, 1] - whole[0, 1] * whole[1, 2])
        - whole[1, 2] * (whole[0, 0] * whole[1, 2] - whole[0, 1] * whole[0, 2])
    )
    if not (whole[0, 0] > 0.0 and minor > 0.0 and determinant > 0.0):
        whole[:] = curvature


@inner()
def _step(shape, box, free, gradient, curvature, damping, step):
    """The damped step of what is free and does not push against the box; returns the decrease that it promises."""
    moves = np.empty(3, np.bool_)
    for a in range(3):
        blocked = (shape[a] <= box[0, a] and gradient[a] < 0.0) or (shape[a] >= box[1, a] and gradient[a] > 0.0)
        moves[a] = free[a] != 0 and not blocked and curvature[a, a] > 0.0
        step[a] = 0.0
    lower, z = np.zeros((3, 3)), np.zeros(3)
    for a in range(3):  # Cholesky's factors, of the rows that move.
        if not moves[a]:
            continue
        for b in range(a + 1):
            if not moves[b]:
                continue
            value = curvature[a, b]
            if a == b:
                value *= 1.0 + damping
            for k in range(b):
                value -= lower[a, k] * lower[b, k]
            if a == b:
                lower[a, a] = math.sqrt(max(value, 1e-300))
            else:
                lower[a, b] = value / lower[b, b]
        value = gradient[a]
        for k in range(a):
            value -= lower[a, k] * z[k]
        z[a] = value / lower[a, a]
    for a in range(2, -1, -1):
        if moves[a]:
            value = z[a]
            for k in range(a + 1, 3):
                value -= lower[k, a] * step[k]
            step[a] = value / lower[a, a]
    promised = 0.0
    for a in range(3):
        promised += step[a] * gradient[a]
    return promised


@inner(checked=False)
def _errors(rest, out):
    """Mean and largest of |fitted price / price - 1|."""
    mean, largest = 0.0, 0.0
    for i in range(rest.size):
        error = abs(math.expm1(-rest[i]))
        mean += error
        largest = max(largest, error)
    out[OUT_ERROR], out[OUT_ERROR_MAX] = mean / rest.size, largest
