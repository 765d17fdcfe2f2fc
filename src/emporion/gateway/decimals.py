"""Counts of a unit as decimal text with the unit's own number of places, so that columns line up.

Exact like `schema.units.to_text`, which drops zeros at the end; this one keeps them and is quick
enough for a book ten times a second.
"""

from decimal import Decimal

from emporion.schema.limits import PPM


class Scale:
    """One unit (a tick, a lot) and how its multiples are written."""

    def __init__(self, unit: Decimal) -> None:
        _, digits, exponent = unit.normalize().as_tuple()
        assert isinstance(exponent, int)
        self.unit = unit
        self.places = max(-exponent, 0)
        self._step = int("".join(map(str, digits))) * 10 ** max(exponent, 0)
        self._one = 10**self.places

    def text(self, count: int) -> str:
        """`count` units, such as "97012.50"."""
        scaled = int(count) * self._step
        if not self.places:
            return str(scaled)
        whole, part = divmod(abs(scaled), self._one)
        return f"{'-' if scaled < 0 else ''}{whole}.{part:0{self.places}d}"


def ratio_text(numerator: int, denominator: int, per: int, places: int) -> str:
    """`per` x numerator / denominator, rounded half up in size: for display, never for money."""
    assert denominator > 0
    one = 10**places
    scaled = (2 * abs(numerator) * per * one + denominator) // (2 * denominator)
    whole, part = divmod(scaled, one)
    sign = "-" if numerator < 0 and scaled else ""
    return f"{sign}{whole}.{part:0{places}d}"


def ppm_text(ppm: int) -> str:
    """A rate in parts per million as percent, exactly: 250 is "0.0250"."""
    return ratio_text(ppm, PPM, 100, 4)
