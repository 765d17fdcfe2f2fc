"""Decimal text to integers of the venue and back, exactly. Nothing here rounds.

A price is a whole number of ticks, a quantity of lots, an amount of atoms. Text that falls
between two of them is refused, with the nearest values named.
"""

from decimal import ROUND_FLOOR, Decimal, InvalidOperation, localcontext

from emporion.errors import BadValue


def parse_decimal(text: str | int | Decimal, what: str) -> Decimal:
    """A finite decimal from text, an integer or a Decimal; floats are refused: they are not exact."""
    if isinstance(text, bool) or not isinstance(text, str | int | Decimal):
        raise BadValue(f"{what}: {text!r} is a {type(text).__name__}; give decimal text such as '0.10'")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise BadValue(f"{what}: {text!r} is not a decimal number") from None
    if not value.is_finite():
        raise BadValue(f"{what}: {text!r} is not a finite number")
    return value


def to_units(text: str | int | Decimal, unit: Decimal, what: str, unit_name: str) -> int:
    """How many `unit`s `text` is: a whole number, or BadValue."""
    value = parse_decimal(text, what)
    if value and not -40 <= value.adjusted() <= 40:
        raise BadValue(f"{what}: {text!r} is far outside any range")
    with localcontext() as context:
        context.prec = 120  # Any text that passes above, over any unit, divides exactly within this.
        count = value / unit
        if count != count.to_integral_value():
            low = count.to_integral_value(ROUND_FLOOR) * unit
            raise BadValue(
                f"{what}: {text} is not a multiple of the {unit_name} {unit:f}; nearest are {low:f} and {low + unit:f}"
            )
        return int(count)


def to_text(count: int, unit: Decimal) -> str:
    """`count` units as plain decimal text, without exponent or superfluous zeros."""
    with localcontext() as context:
        context.prec = 120
        text = f"{Decimal(int(count)) * unit:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text or "0"
