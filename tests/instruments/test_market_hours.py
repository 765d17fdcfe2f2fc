"""When reference markets are open, in New York's time with its summer time, and when ranges must be wide."""

import zoneinfo
from datetime import UTC, date, datetime

import pytest

from emporion.errors import BadValue
from emporion.instruments import market_hours
from emporion.instruments.market_hours import HOURS, SESSIONS, is_open, is_wide, next_close, next_open

HOUR_NS = 3_600 * 10**9
THANKSGIVING = {date(2026, 11, 26)}


def utc(text):
    """2026-11-27 is a Friday."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def text(ts_ns):
    return datetime.fromtimestamp(ts_ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("hours", "at", "open_"),
    [
        ("always", "2026-11-28 12:00", True),
        # In winter New York is five hours behind.
        ("us-shares", "2026-11-28 00:59", True),  # Friday 19:59.
        ("us-shares", "2026-11-28 01:00", False),
        ("us-shares", "2026-11-30 00:59", False),
        ("us-shares", "2026-11-30 01:00", True),  # Sunday 20:00.
        ("us-shares", "2026-12-01 01:00", True),  # No gap from one day to the next.
        # In summer four.
        ("us-shares", "2026-06-26 23:59", True),
        ("us-shares", "2026-06-27 00:00", False),
        ("us-shares", "2026-06-29 00:00", True),
        ("fx", "2026-11-27 21:59", True),
        ("fx", "2026-11-27 22:00", False),
        ("fx", "2026-11-29 22:00", True),
        ("metals", "2026-11-25 21:59", True),
        ("metals", "2026-11-25 22:30", False),  # The pause of a Wednesday.
        ("metals", "2026-11-25 23:00", True),
        ("metals", "2026-11-29 22:30", False),
        ("metals", "2026-11-29 23:00", True),
    ],
)
def test_open_or_closed(hours, at, open_):
    assert is_open(hours, utc(at)) is open_
    if not open_:
        opening = next_open(hours, utc(at))
        assert opening > utc(at) and is_open(hours, opening) and not is_open(hours, opening - 1)
    else:
        assert next_open(hours, utc(at)) == utc(at)


@pytest.mark.parametrize(
    ("hours", "at", "close"),
    [
        ("us-shares", "2026-11-24 15:00", "2026-11-28 01:00"),
        ("us-shares", "2026-11-28 15:00", "2026-12-05 01:00"),  # Closed: the close after the next opening.
        ("us-shares", "2026-10-30 15:00", "2026-10-31 00:00"),  # Summer time ends on 1 November, in the weekend.
        ("us-shares", "2026-11-02 15:00", "2026-11-07 01:00"),
        ("fx", "2026-11-24 15:00", "2026-11-27 22:00"),
        ("metals", "2026-11-24 15:00", "2026-11-27 22:00"),  # Pauses are passed over.
        ("metals", "2026-11-24 22:30", "2026-11-27 22:00"),
    ],
)
def test_the_next_close(hours, at, close):
    assert text(next_close(hours, utc(at))) == close


def test_coins_never_close():
    assert next_close("always", utc("2026-11-28 12:00")) is None
    assert not is_wide("always", utc("2026-11-28 12:00"), 10**18)


def test_a_holiday_is_a_day_without_a_session():
    wednesday = utc("2026-11-25 20:00")
    assert text(next_close("us-shares", wednesday, THANKSGIVING)) == "2026-11-26 01:00"
    assert not is_open("us-shares", utc("2026-11-26 15:00"), THANKSGIVING)
    assert text(next_open("us-shares", utc("2026-11-26 15:00"), THANKSGIVING)) == "2026-11-27 01:00"


@pytest.mark.parametrize("hours", sorted(SESSIONS))
def test_ranges_are_wide_from_before_the_close_until_the_opening(hours):
    lead = 2 * HOUR_NS
    tuesday = utc("2026-11-24 15:00")
    close = next_close(hours, tuesday)
    opening = next_open(hours, close)
    assert not is_wide(hours, tuesday, lead)
    assert not is_wide(hours, close - lead - 1, lead)
    assert is_wide(hours, close - lead, lead)
    assert is_wide(hours, close, lead) and is_wide(hours, (close + opening) // 2, lead)
    assert is_wide(hours, opening - 1, lead) and not is_wide(hours, opening, lead)


def test_a_short_pause_is_not_wide():
    assert not is_open("metals", utc("2026-11-24 22:30"))
    assert not is_wide("metals", utc("2026-11-24 22:30"), HOUR_NS)


def test_hours_that_nobody_keeps():
    for ask in (is_open, next_close, next_open):
        with pytest.raises(BadValue, match="hours: 'tokyo' is not one of " + ", ".join(HOURS)):
            ask("tokyo", 0)


def test_a_machine_without_time_zones(monkeypatch):
    def absent(name):
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(market_hours, "ZoneInfo", absent)
    market_hours._new_york.cache_clear()
    with pytest.raises(BadValue, match="pip install tzdata"):
        is_open("fx", 0)
    market_hours._new_york.cache_clear()
