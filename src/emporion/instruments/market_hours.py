"""When the markets that prices are taken from are open. The venue itself never closes.

While its reference market is closed, a price says less and the next one may be far away, so a group's ranges are wider
(`closed_range`). Arrays with the wider ranges go out some time before the close, so that nobody learns of them when the
market he could have hedged in is shut: `is_wide` says from when.

A session belongs to a trading day of New York, Monday to Friday, and is told in that city's time: the markets move with
its summer time. Holidays are handed in as dates, since they are decided year by year.

    always      coins: never closed.
    us-shares   from 20:00 of the day before to 20:00: the extended sessions and the night follow each other without a
                gap, so it is open from Sunday 20:00 to Friday 20:00.
    fx          from 17:00 of the day before to 17:00: Sunday 17:00 to Friday 17:00.
    metals      from 18:00 of the day before to 17:00, as the futures trade: an hour's pause each day.
    rates       as metals: the futures on government bonds trade the same hours.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emporion.errors import BadValue

ALWAYS = "always"
SESSIONS = {  # Begins on the evening before its trading day, ends on the day; New York time.
    "us-shares": (time(20), time(20)),
    "fx": (time(17), time(17)),
    "metals": (time(18), time(17)),
    "rates": (time(18), time(17)),
}
HOURS = (ALWAYS, *SESSIONS)
NS = 1_000_000_000
DAY = timedelta(days=1)
SATURDAY = 5
DAYS_AHEAD = 21  # No run of holidays keeps a market shut for longer.
PAUSE_NS_MAX = 3_600 * NS  # A pause as short as this is no close: what can happen in it is within the ranges.


def is_open(hours: str, ts_ns: int, holidays: Collection[date] = ()) -> bool:
    """Whether the reference market trades at this time (ns since 1970, UTC)."""
    if _check(hours) == ALWAYS:
        return True
    return any(begin <= ts_ns < end for begin, end in _sessions(hours, ts_ns, holidays))


def next_close(hours: str, ts_ns: int, holidays: Collection[date] = ()) -> int | None:
    """When the session that runs ends (ns), or the next one if none does. None: never.

    A pause of an hour at most, as metals have each day, is passed over: it is closed then, but the ranges need not
    widen.
    """
    if _check(hours) == ALWAYS:
        return None
    close = None
    for begin, end in _sessions(hours, ts_ns, holidays):
        if end <= ts_ns:
            continue
        if close is not None and begin - close > PAUSE_NS_MAX:
            break
        close = end
    return close


def next_open(hours: str, ts_ns: int, holidays: Collection[date] = ()) -> int:
    """When the market is open next (ns): `ts_ns` itself if it is open then."""
    if is_open(hours, ts_ns, holidays):
        return ts_ns
    return min(begin for begin, _ in _sessions(hours, ts_ns, holidays) if begin > ts_ns)


def is_wide(hours: str, ts_ns: int, lead_ns: int, holidays: Collection[date] = ()) -> bool:
    """Whether arrays should have the ranges of a closed market: it is closed, or closes within `lead_ns`.

    Not so in a short pause.
    """
    if _check(hours) == ALWAYS:
        return False
    opening = next_open(hours, ts_ns, holidays)
    if opening > ts_ns and opening - _last_close(hours, ts_ns, holidays) > PAUSE_NS_MAX:
        return True
    close = next_close(hours, ts_ns, holidays)
    return close is not None and close - ts_ns <= lead_ns


def _last_close(hours: str, ts_ns: int, holidays: Collection[date]) -> int:
    return max((end for _, end in _sessions(hours, ts_ns, holidays, back=DAYS_AHEAD) if end <= ts_ns), default=0)


def _sessions(hours: str, ts_ns: int, holidays: Collection[date], back: int = 2) -> Iterator[tuple[int, int]]:
    """Begin and end (ns) of each session from `back` days before to DAYS_AHEAD days after, in order."""
    zone = _new_york()
    begins, ends = SESSIONS[hours]
    today = datetime.fromtimestamp(ts_ns // NS, zone).date()
    for offset in range(-back, DAYS_AHEAD):
        day = today + offset * DAY
        if day.weekday() < SATURDAY and day not in holidays:
            yield _ns(day - DAY, begins, zone), _ns(day, ends, zone)


def _ns(day: date, at: time, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, at, zone).astimezone(UTC).timestamp()) * NS


def _check(hours: str) -> str:
    if hours not in HOURS:
        raise BadValue(f"hours: {hours!r} is not one of {', '.join(HOURS)}")
    return hours


@cache
def _new_york() -> ZoneInfo:
    try:
        return ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        raise BadValue(
            "hours: this machine has no database of time zones; install it with: pip install tzdata"
        ) from None
