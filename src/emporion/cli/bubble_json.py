"""What `emporion bubble` found, for programs: names as in the library, NaN as null, dates as ISO text."""

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from emporion.bubble.breaking import Breaking, sentence
from emporion.bubble.series import Series, date_text
from emporion.bubble.study import LIMITS, Study, evidence, strength
from emporion.version import VERSION


def as_json(of: Study, prices: Series, curve: Breaking | None = None) -> dict[str, Any]:
    """Everything of the report and the paths of the picture. `path` has a row for each date that has a statistic."""
    result, plan = of.result, of.result.design
    return {
        "emporion": VERSION,
        "series": {
            "name": of.series.name, "observations": len(of.series), "begin": of.series.at(0),
            "end": of.series.at(len(of.series) - 1), "last": float(prices.values[-1]), "filled": of.series.filled,
        },
        "method": {
            "lags": plan.lags, "criterion": plan.criterion, "window_min": plan.levels_min, "source": of.null.source,
            "replications": of.null.replications, "seed": of.null.seed, "level": of.level,
            "convention": of.convention, "horizon": of.horizon,
        },
        "now": {
            "is_explosive": of.is_explosive, "since": of.series.at(of.now.start) if of.now else None,
            "p": number(of.p_now), "bsadf": number(result.bsadf[-1]), "line": number(of.line[-1]),
        },
        "statistics": {
            name: {"value": number(getattr(result, name)), "p": number(getattr(of.p, name))}
            for name in ("gsadf", "sadf", "adf")
        },
        "evidence": {"strength": strength(of.p.gsadf), "text": evidence(of), "limits": list(LIMITS)},
        "critical_time": None if curve is None else _curve(curve),
        "episodes": [_episode(asdict(each), of.series) for each in of.episodes],
        "episodes_too_brief": of.brief,
        "path": {
            "date": None if result.dates is None else [date_text(each) for each in result.dates],
            "place": result.places.tolist(),
            "price": numbers(prices.values[plan.first_end :]),
            "badf": numbers(result.badf), "bsadf": numbers(result.bsadf), "line": numbers(of.line),
        },
    }  # fmt: skip


def _curve(of: Breaking) -> dict[str, Any]:
    low, median, high = of.range or (None, None, None)
    return {
        "direction": of.direction, "filter": of.filter, "windows": of.windows, "confidence": of.confidence, "p": of.p,
        "low": None if low is None else of.at(low), "median": None if median is None else of.at(median),
        "high": None if high is None else of.at(high), "times": [of.at(day) for day in of.times.tolist()],
        "text": sentence(of),
    }  # fmt: skip


def number(value: float) -> float | None:
    """A float, or None for what JSON cannot say."""
    return float(value) if math.isfinite(value) else None


def numbers(values: Iterable[float]) -> list[float | None]:
    return [number(value) for value in values]


def _episode(fields: dict[str, Any], series: Series) -> dict[str, Any]:
    made = {name: number(value) if isinstance(value, float) else value for name, value in fields.items()}
    for name in ("start", "peak", "end"):
        moment = fields[f"{name}_date"]
        made[f"{name}_date"] = date_text(moment) if isinstance(moment, np.datetime64) else None
    return made
