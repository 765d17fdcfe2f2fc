"""Numbers as text: exact, with the places of their unit."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.errors import BadValue
from emporion.gateway.decimals import I64_MAX, OffGrid, Scale, ratio_text
from emporion.schema.units import to_text, to_units

UNITS = st.builds(lambda digits, places: Decimal(digits).scaleb(places), st.integers(1, 999), st.integers(-12, 3))


@given(UNITS, st.integers(-(1 << 53), 1 << 53))
def test_text_is_the_exact_product_with_the_units_places(unit, count):
    text = Scale(unit).text(count)
    assert Decimal(text) == count * unit
    places = -min(unit.normalize().as_tuple().exponent, 0)
    assert len(text.partition(".")[2]) == places


@given(UNITS, st.integers(-(1 << 60), 1 << 60))
def test_plain_text_is_the_venues(unit, count):
    assert Scale(unit).plain(count) == to_text(count, unit)


@given(UNITS, st.integers(0, 1 << 60), st.integers(0, 8))
def test_text_comes_back_as_the_same_count_however_many_zeros_are_added(unit, count, zeros):
    scale = Scale(unit)
    text = scale.text(count)
    more = text + ("0" * zeros if "." in text else "." + "0" * zeros if zeros else "")
    assert scale.count(text) == scale.count(scale.plain(count)) == scale.count(more) == count


@given(UNITS, st.from_regex(r"[0-9]{1,20}(\.[0-9]{1,18})?", fullmatch=True))
def test_text_counts_as_the_venue_counts_it(unit, text):
    """Equal to schema.units on every text that the wire lets through, refusals and what they name included."""
    try:
        expected = to_units(text, unit, "price", "tick")
    except BadValue as error:
        with pytest.raises(OffGrid) as caught:
            Scale(unit, "tick").count(text)
        nearest = str(error).rpartition("nearest are ")[2]
        low, _, high = nearest.partition(" and ")
        named = str(caught.value).rpartition("the nearest are ")[2].partition(" and ")
        assert (Decimal(named[0]), Decimal(named[2])) == (Decimal(low), Decimal(high))
        return
    if expected > I64_MAX:
        with pytest.raises(OffGrid, match="beyond"):
            Scale(unit).count(text)
    else:
        assert Scale(unit).count(text) == expected


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
