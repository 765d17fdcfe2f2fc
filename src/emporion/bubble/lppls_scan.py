"""The scan: every node of a grid over (tc, m, omega), for all windows that end at one observation, in one pass.

Columns of the curve depend on the days to the last observation only, so a pass from there backwards meets every nested
window on its way: when it arrives at a window's first observation, the sums of that window are complete. Several
series on the same dates (the simulated ones of a null distribution) share columns, their products and the
factors of the solve. The vector lanes are the omegas, which is why a scan yields, for each window, the least sum of
squares for each lead and omega: its valleys are where a polish begins.
"""

import numpy as np

from emporion.bubble.jit import inner
from emporion.bubble.lppls_elementary import cosines_sines, exponentials, logarithms

LEAST_LEFT = 1e-9  # Of a column's squares, after the others: below this the sums have lost their digits.
SG, SH, FG, FH, GG, GH, LGF, LHF, LHG, I2, I3 = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
STEP = 4  # Observations added at a time.


@inner(checked=False)
def scan(deltas, values, counts, grid_lead, grid_m, grid_omega, lead_max, best, node):
    """Fill best[series, window, lead, omega] with sums of squared residuals and node with the place of m.

    deltas: days to the last observation, newest first, from 0. values: (series, observations), newest first.
    counts: observations of the windows, rising. lead_max: per window, in days; leads beyond are passed over.
    """
    if counts.size == 1:
        _scan_one(deltas, values, grid_lead, grid_m, grid_omega, lead_max[0], best[:, 0], node[:, 0])
        return
    n, lanes = counts[-1], grid_omega.size
    span = deltas[n - 1]
    x, logs, spare = np.empty(n), np.empty(n), np.empty(n)
    powers = np.empty((grid_m.size, n))
    cosines, sines = np.empty((n, lanes)), np.empty((n, lanes))
    sums = np.empty((11, lanes))
    with_values = np.empty((values.shape[0], 2, lanes))
    plain = np.empty((values.shape[0], 3))
    best[:] = np.inf
    node[:] = 0
    for lead in range(grid_lead.size):
        if grid_lead[lead] > lead_max[-1]:
            continue
        for i in range(n):
            x[i] = (grid_lead[lead] + deltas[i]) / span
        logarithms(x, logs, spare)
        for m in range(grid_m.size):
            exponentials(logs, grid_m[m], powers[m], spare)
        _waves(logs, grid_omega, cosines, sines, spare)
        for m in range(grid_m.size):
            _one_pass(
                values, counts, powers[m], cosines, sines, grid_lead[lead], lead_max,
                float(m), sums, with_values, plain, best[:, :, lead], node[:, :, lead],
            )  # fmt: skip


@inner(checked=False)
def _scan_one(deltas, values, grid_lead, grid_m, grid_omega, lead_max, best, node):
    """The scan of a single window. A lane's sums are then taken one after the other, at twice the speed."""
    n, lanes = values.shape[1], grid_omega.size
    span = deltas[n - 1]
    x, logs, spare, power = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    cosines, sines = np.empty((lanes, n)), np.empty((lanes, n))
    turn_c, turn_s = np.empty(n), np.empty(n)
    sums, with_values = np.empty((11, lanes)), np.empty((2, lanes))
    weighted = np.empty(n)
    best[:] = np.inf
    node[:] = 0
    for lead in range(grid_lead.size):
        if grid_lead[lead] > lead_max:
            continue
        for i in range(n):
            x[i] = (grid_lead[lead] + deltas[i]) / span
        logarithms(x, logs, spare)
        cosines_sines(logs, grid_omega[0], cosines[0], sines[0], spare)
        cosines_sines(logs, grid_omega[1] - grid_omega[0], turn_c, turn_s, spare)
        for k in range(1, lanes):
            _turned(cosines[k - 1], sines[k - 1], turn_c, turn_s, -1.0, cosines[k])
            _turned(sines[k - 1], cosines[k - 1], turn_c, turn_s, 1.0, sines[k])
        for m in range(grid_m.size):
            exponentials(logs, grid_m[m], power, spare)
            sf, sff = _plain(power, power)
            for k in range(lanes):
                found = _products(power, cosines[k], sines[k])
                sums[SG, k], sums[SH, k], sums[FG, k], sums[FH, k], sums[GG, k], sums[GH, k] = found
            _factor(float(n), sf, sff, sums)
            for one in range(values.shape[0]):
                sy, syy = _plain(values[one], values[one])
                _, sfy = _plain(values[one], power)
                for i in range(n):
                    weighted[i] = values[one, i] * power[i]
                for k in range(lanes):
                    with_values[0, k], with_values[1, k] = _products_with(weighted, cosines[k], sines[k])
                _judge(
                    float(n), sf, sff, sy, syy, sfy, sums, with_values, float(m), best[one, lead], node[one, lead]
                )  # fmt: skip


@inner(checked=False)
def _turned(a, b, turn_c, turn_s, sign, out):
    for i in range(out.size):
        out[i] = a[i] * turn_c[i] + sign * (b[i] * turn_s[i])


@inner(checked=False, strands=True)
def _plain(a, b):
    """Sums of a and of a * b."""
    sa, sab = 0.0, 0.0
    for i in range(a.size):
        sa += a[i]
        sab += a[i] * b[i]
    return sa, sab


@inner(checked=False, strands=True)
def _products(power, cosines, sines):
    """The sums of one lane, in the order of their names."""
    sg, sh, fg, fh, gg, gh = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(power.size):
        f = power[i]
        g, h = f * cosines[i], f * sines[i]
        sg += g
        sh += h
        fg += f * g
        fh += f * h
        gg += g * g
        gh += g * h
    return sg, sh, fg, fh, gg, gh


@inner(checked=False, strands=True)
def _products_with(weighted, cosines, sines):
    sc, ss = 0.0, 0.0
    for i in range(weighted.size):
        sc += weighted[i] * cosines[i]
        ss += weighted[i] * sines[i]
    return sc, ss


@inner(checked=False)
def _waves(logs, omegas, cosines, sines, spare):
    """cosines[i, k], sines[i, k] of omegas[k] * logs[i]; the omegas are equally spaced, so each turns from the last."""
    n, lanes = cosines.shape
    turn = omegas[1] - omegas[0]
    row_c, row_s = np.empty((STEP, n)), np.empty((STEP, n))
    turn_c, turn_s = np.empty(n), np.empty(n)
    for k in range(STEP):
        cosines_sines(logs, omegas[k], row_c[k], row_s[k], spare)
    cosines_sines(logs, turn * STEP, turn_c, turn_s, spare)
    for i in range(n):
        c0, c1, c2, c3 = row_c[0, i], row_c[1, i], row_c[2, i], row_c[3, i]
        s0, s1, s2, s3 = row_s[0, i], row_s[1, i], row_s[2, i], row_s[3, i]
        c, s = turn_c[i], turn_s[i]
        for k in range(0, lanes, STEP):
            cosines[i, k], cosines[i, k + 1], cosines[i, k + 2], cosines[i, k + 3] = c0, c1, c2, c3
            sines[i, k], sines[i, k + 1], sines[i, k + 2], sines[i, k + 3] = s0, s1, s2, s3
            c0, s0 = c0 * c - s0 * s, s0 * c + c0 * s
            c1, s1 = c1 * c - s1 * s, s1 * c + c1 * s
            c2, s2 = c2 * c - s2 * s, s2 * c + c2 * s
            c3, s3 = c3 * c - s3 * s, s3 * c + c3 * s


@inner(checked=False)
def _one_pass(
    values, counts, power, cosines, sines, lead, lead_max, number, sums, with_values, plain, best, node
):  # fmt: skip
    sums[:] = 0.0
    with_values[:] = 0.0
    plain[:] = 0.0
    sf, sff, at = 0.0, 0.0, 0
    for window in range(counts.size):
        end = counts[window]
        while at + STEP <= end:
            _add_four(power, cosines, sines, at, sums)
            for one in range(values.shape[0]):
                _add_values_four(power, cosines, sines, values[one], at, with_values[one])
            at += STEP
        while at < end:
            _add_one(power, cosines, sines, at, sums)
            for one in range(values.shape[0]):
                _add_values_one(power, cosines, sines, values[one], at, with_values[one])
            at += 1
        begin = counts[window - 1] if window > 0 else 0
        for i in range(begin, end):
            sf += power[i]
            sff += power[i] * power[i]
        for one in range(values.shape[0]):
            sy, syy, sfy = plain[one, 0], plain[one, 1], plain[one, 2]
            for i in range(begin, end):
                y = values[one, i]
                sy += y
                syy += y * y
                sfy += y * power[i]
            plain[one, 0], plain[one, 1], plain[one, 2] = sy, syy, sfy
        if lead <= lead_max[window]:
            _factor(float(end), sf, sff, sums)
            for one in range(values.shape[0]):
                _judge(
                    float(end), sf, sff, plain[one, 0], plain[one, 1], plain[one, 2], sums, with_values[one], number,
                    best[one, window], node[one, window],
                )  # fmt: skip


@inner(checked=False)
def _add_one(power, cosines, sines, at, sums):
    f = power[at]
    for k in range(sums.shape[1]):
        g, h = f * cosines[at, k], f * sines[at, k]
        sums[SG, k] += g
        sums[SH, k] += h
        sums[FG, k] += f * g
        sums[FH, k] += f * h
        sums[GG, k] += g * g
        sums[GH, k] += g * h


@inner(checked=False)
def _add_four(power, cosines, sines, at, sums):
    f0, f1, f2, f3 = power[at], power[at + 1], power[at + 2], power[at + 3]
    for k in range(sums.shape[1]):
        g0, h0 = f0 * cosines[at, k], f0 * sines[at, k]
        g1, h1 = f1 * cosines[at + 1, k], f1 * sines[at + 1, k]
        g2, h2 = f2 * cosines[at + 2, k], f2 * sines[at + 2, k]
        g3, h3 = f3 * cosines[at + 3, k], f3 * sines[at + 3, k]
        sums[SG, k] += (g0 + g1) + (g2 + g3)
        sums[SH, k] += (h0 + h1) + (h2 + h3)
        sums[FG, k] += (f0 * g0 + f1 * g1) + (f2 * g2 + f3 * g3)
        sums[FH, k] += (f0 * h0 + f1 * h1) + (f2 * h2 + f3 * h3)
        sums[GG, k] += (g0 * g0 + g1 * g1) + (g2 * g2 + g3 * g3)
        sums[GH, k] += (g0 * h0 + g1 * h1) + (g2 * h2 + g3 * h3)


@inner(checked=False)
def _add_values_one(power, cosines, sines, values, at, out):
    y = values[at] * power[at]
    for k in range(out.shape[1]):
        out[0, k] += y * cosines[at, k]
        out[1, k] += y * sines[at, k]


@inner(checked=False)
def _add_values_four(power, cosines, sines, values, at, out):
    y0, y1 = values[at] * power[at], values[at + 1] * power[at + 1]
    y2, y3 = values[at + 2] * power[at + 2], values[at + 3] * power[at + 3]
    for k in range(out.shape[1]):
        out[0, k] += (y0 * cosines[at, k] + y1 * cosines[at + 1, k]) + (
            y2 * cosines[at + 2, k] + y3 * cosines[at + 3, k]
        )
        out[1, k] += (y0 * sines[at, k] + y1 * sines[at + 1, k]) + (y2 * sines[at + 2, k] + y3 * sines[at + 3, k])


@inner(checked=False)
def _factor(n, sf, sff, sums):
    """L and 1/D of the products of the centred columns; 1/D is zero for a column that says nothing of its own."""
    mean = sf / n
    inverse, one = 1.0 / n, 1.0 / (sff - mean * sf)
    for k in range(sums.shape[1]):
        sg, sh = sums[SG, k], sums[SH, k]
        fg, fh = sums[FG, k] - mean * sg, sums[FH, k] - mean * sh
        gg = sums[GG, k]
        hh = sff - gg
        l_gf, l_hf = fg * one, fh * one
        g2 = gg - sg * sg * inverse - l_gf * fg
        gh2 = sums[GH, k] - sg * sh * inverse - l_gf * fh
        i2 = 1.0 / g2 if g2 > LEAST_LEFT * gg else 0.0
        l_hg = gh2 * i2
        h2 = hh - sh * sh * inverse - l_hf * fh - l_hg * gh2
        sums[LGF, k], sums[LHF, k], sums[LHG, k] = l_gf, l_hf, l_hg
        sums[I2, k] = i2
        sums[I3, k] = 1.0 / h2 if h2 > LEAST_LEFT * hh else 0.0


@inner(checked=False)
def _judge(n, sf, sff, sy, syy, sfy, sums, with_values, number, best, node):
    mean = sy / n
    z0 = sfy - mean * sf
    rest = syy - mean * sy - z0 * z0 / (sff - sf * sf / n)
    for k in range(sums.shape[1]):
        z1 = with_values[0, k] - mean * sums[SG, k] - sums[LGF, k] * z0
        z2 = with_values[1, k] - mean * sums[SH, k] - sums[LHF, k] * z0 - sums[LHG, k] * z1
        score = rest - z1 * z1 * sums[I2, k] - z2 * z2 * sums[I3, k]
        is_better = score < best[k]
        best[k] = score if is_better else best[k]
        node[k] = number if is_better else node[k]


@inner()
def valleys(best, chosen):
    """Places (lead * omegas + omega) of the lowest local minima, lowest first, to `chosen`; returns their number."""
    leads, lanes = best.shape
    count = 0
    for lead in range(leads):
        for k in range(lanes):
            value = best[lead, k]
            if not value < np.inf or _has_lower(best, lead, k, value):
                continue
            at = min(count, chosen.size)
            while at > 0 and best[chosen[at - 1] // lanes, chosen[at - 1] % lanes] > value:
                if at < chosen.size:
                    chosen[at] = chosen[at - 1]
                at -= 1
            if at < chosen.size:
                chosen[at] = lead * lanes + k
                count = min(count + 1, chosen.size)
    return count


@inner()
def _has_lower(best, lead, k, value):
    for other in range(max(lead - 1, 0), min(lead + 2, best.shape[0])):
        for at in range(max(k - 1, 0), min(k + 2, best.shape[1])):
            if best[other, at] < value:
                return True
    return False
