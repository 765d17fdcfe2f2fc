"""Numbers as text: exact, with the places of their unit."""

from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from emporion.gateway.decimals import Scale, ratio_text

UNITS = st.builds(lambda digits, places: Decimal(digits).scaleb(places), st.integers(1, 999), st.integers(-12, 3))


@given(UNITS, st.integers(-(1 << 53), 1 << 53))
def test_text_is_the_exact_product_with_the_units_places(unit, count):
    text = Scale(unit).text(count)
    assert Decimal(text) == count * unit
    places = -min(unit.normalize().as_tuple().exponent, 0)
    assert len(text.partition(".")[2]) == places


@given(st.integers(-(1 << 60), 1 << 60), st.integers(1, 1 << 60))
def test_a_ratio_is_rounded_half_up(numerator, denominator):
    expected = int((abs(numerator) * 10_000 * 2 + denominator) // (2 * denominator))
    text = ratio_text(numerator, denominator, 100, 2)
    assert abs(Decimal(text)) == Decimal(expected).scaleb(-2)
    assert text.startswith("-") == (numerator < 0 and expected > 0)


def test_ratios_that_people_know():
    assert ratio_text(-53, 10_000, 100, 2) == "-0.53"
    assert ratio_text(1, 3, 100, 2) == "33.33"
    assert ratio_text(1, 8, 1, 2) == str(Decimal("0.125").quantize(Decimal("0.01"), ROUND_HALF_UP)) == "0.13"
    assert ratio_text(-1, 10_000_000, 100, 2) == "0.00"
