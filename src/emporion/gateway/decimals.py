"""Counts of a unit (ticks, lots, atoms) as decimal text and back, exactly, and quick enough for every order.

`schema.units` does the same by way of `Decimal`; here whole numbers are cut and filled with zeros. A
price or quantity is written with as many places as its unit has, so that columns line up; an amount
of money without zeros that say nothing.
"""

from decimal import Decimal

from emporion.errors import BadValue
from emporion.schema.limits import PPM

I64_MAX = (1 << 63) - 1


class OffGrid(BadValue):
    """Decimal text that lies between two multiples of its unit, or beyond what a row can hold."""


class Scale:
    """One unit and how its multiples are written."""

    def __init__(self, unit: Decimal, name: str = "unit") -> None:
        """`name` is for messages: "tick", "lot", "USDC atom"."""
        _, digits, exponent = unit.normalize().as_tuple()
        assert isinstance(exponent, int)
        self.unit, self.name = unit, name
        self.places = max(-exponent, 0)
        self._step = int("".join(map(str, digits))) * 10 ** max(exponent, 0)
        self._one = 10**self.places

    def text(self, count: int) -> str:
        """`count` units, such as "97012.50"."""
        scaled = int(count) * self._step
        places = self.places
        if not places:
            return str(scaled)
        if scaled < 0:
            return "-" + self.text(-count)
        digits = str(scaled)
        if len(digits) <= places:
            digits = digits.rjust(places + 1, "0")
        return f"{digits[:-places]}.{digits[-places:]}"

    def plain(self, count: int) -> str:
        """The same without zeros at the end: "97012.5"."""
        text = self.text(count)
        return text.rstrip("0").rstrip(".") if self.places else text

    def count(self, text: str) -> int:
        """How many units decimal text is, which has the form of wire.values.Dec.

        Raises:
            OffGrid: it is no whole number of units; the message names the nearest that are.
        """
        whole, _, part = text.partition(".")
        places = self.places
        if len(part) > places:
            if part[places:].strip("0"):
                raise self._off_grid(text)
            part = part[:places]
        elif len(part) < places:
            part = part.ljust(places, "0")
        scaled = int(whole + part)
        if self._step != 1:
            scaled, rest = divmod(scaled, self._step)
            if rest:
                raise self._off_grid(text)
        if scaled > I64_MAX:
            raise OffGrid(f"{text} is beyond what can be counted ({I64_MAX} x {self.unit:f})")
        return scaled

    def _off_grid(self, text: str) -> OffGrid:
        whole, _, part = text.partition(".")
        low = int(whole + part[: self.places].ljust(self.places, "0")) // self._step
        return OffGrid(
            f"{text} is not a multiple of the {self.name} {self.unit:f}; "
            f"the nearest are {self.plain(low)} and {self.plain(low + 1)}"
        )


def ratio_text(numerator: int, denominator: int, per: int, places: int) -> str:
    """`per` x numerator / denominator, rounded half up in size: for display, never for money."""
    assert denominator > 0
    one = 10**places
    scaled = (2 * abs(numerator) * per * one + denominator) // (2 * denominator)
    whole, part = divmod(scaled, one)
    sign = "-" if numerator < 0 and scaled else ""
    return f"{sign}{whole}.{part:0{places}d}"


PPM_SCALE = Scale(Decimal(1) / PPM, "millionth")
