"""The report of `emporion bubble`: what was found, in sentences and one table."""

import textwrap

import numpy as np

from emporion.bubble.breaking import Breaking, sentence
from emporion.bubble.series import Series
from emporion.bubble.stamps import Episode, least_rows
from emporion.bubble.study import LIMITS, Study, evidence

WIDTH = 100
CONVENTIONS = {
    "family_wise": "of all dates together: without a bubble, {share} of histories pass it anywhere",
    "pointwise": "of each date alone: without a bubble, {share} of histories pass it then, and many more at some date",
    "sadf_quantile": "of the paper of 2015: at each date the quantile of SADF on the observations so far",
}


def report(of: Study, prices: Series, curve: Breaking | None = None, *, is_log: bool = False) -> str:
    """The whole text, without an end of line."""
    paragraphs = [
        _head(of, prices, is_log),
        "Explosive now?  " + _now(of),
        "Evidence        " + evidence(of),
        *(["Critical time   " + sentence(curve)] if curve is not None else []),
        "Statistics      " + _statistics(of),
        "Method          " + _method(of),
    ]
    text = [_wrapped(each) for each in paragraphs]
    text.append("\nEpisodes\n" + _table(of))
    text.append("\nWhat this cannot say\n" + "\n".join(_wrapped("- " + each, 2) for each in LIMITS))
    return "\n".join(text)


def _head(of: Study, prices: Series, is_log: bool) -> str:
    series, what = of.series, "logarithms of prices" if is_log else "prices"
    stretch = f"{series.at(0)} to {series.at(len(series) - 1)}"
    return f"{series.name}: {len(series):,} {what}, {stretch}, last {prices.values[-1]:,.6g}"


def _statistics(of: Study) -> str:
    names = ("gsadf", "sadf", "adf")
    three = [f"{name.upper()} {getattr(of.result, name):.3f} (p {getattr(of.p, name):.3f})" for name in names]
    largest = of.series.at(int(of.result.places[np.nanargmax(of.result.bsadf)]))
    three[0] += f" at {largest}"
    return "   ".join((*three, f"BSADF at the end {of.result.bsadf[-1]:.3f} against {of.line[-1]:.3f}"))


def _method(of: Study) -> str:
    plan, null = of.result.design, of.null
    lags = f"{plan.lags} lags" if plan.criterion is None else f"up to {plan.lags} lags by {plan.criterion.upper()}"
    line = CONVENTIONS[of.convention].format(share=f"{100 * (1 - of.level):.3g}%")
    horizon = "" if of.horizon is None else f" among the last {of.horizon}"
    return (
        f"windows of {plan.levels_min} observations and more, {lags}; {null.source}, {null.replications:,} "
        f"histories, seed {null.seed}; the line is {line}{horizon}"
    )


def _now(of: Study) -> str:
    now = of.now
    if now is None:
        return f"No: the last BSADF is below its line (p = {of.p_now:.3f})."
    kind = "rising" if now.direction == "up" else "falling, or coming back from a fall"
    return f"Yes, since {of.series.at(now.start)} ({now.rows:,} observations, {kind}; p = {of.p_now:.3f})."


def _table(of: Study) -> str:
    least = least_rows(of.result.design.length)
    rows = [("begin", "peak", "end", "rows", "direction", "change", "BSADF"), *(_row(of, each) for each in of.episodes)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    if not of.episodes:
        lines = [f"  none of {least} observations or more"]
    if of.brief:
        stretches = "1 shorter stretch" if of.brief == 1 else f"{of.brief} shorter stretches"
        lines.append(f"  ({stretches} above the line, under {least} observations, not counted)")
    return "\n".join(lines)


def _row(of: Study, each: Episode) -> tuple[str, ...]:
    at = of.series.at
    end = "goes on" if each.is_ongoing else at(each.end)
    return (
        at(each.start),
        at(each.peak),
        end,
        f"{each.rows:,}",
        each.direction,
        f"{each.change:+.1%}",
        f"{each.bsadf:.3f}",
    )


def _wrapped(text: str, indent: int = 16) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
