"""Input that is fit to analyse, and what is said of input that is not."""

import gzip
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.bubble.explosive import explosive
from emporion.bubble.files import read_csv
from emporion.bubble.series import series, to_dates
from emporion.errors import BadValue

DAYS = [date(2024, 1, day) for day in range(1, 31)]
VALUES = np.random.default_rng(0).normal(100, 1, 30)
NAN = float("nan")


def changed(place, value):
    values = VALUES.copy()
    values[place] = value
    return values


@pytest.mark.parametrize(
    ("values", "asked", "text"),
    [
        (changed(4, NAN), {}, "series: the value at 2024-01-05 is missing .NaN.; mend it, or pass missing='drop'"),
        (changed(4, np.inf), {}, "the value at 2024-01-05 is infinite"),
        (changed(4, 0.0), {"positive": True}, "the value at 2024-01-05 is 0; prices must be above zero"),
        (changed(4, -3.5), {"positive": True, "name": "GOLD"}, "GOLD: the value at 2024-01-05 is -3.5; prices"),
        (np.full(30, 7.0), {}, "all values are 7; a constant cannot be tested"),
        (np.arange(30) * 0.1 + 5, {}, "the values lie on a straight line"),
        (np.full(30, NAN), {"missing": "drop"}, "every value is missing"),
        (VALUES[:29], {}, "29 values but 30 dates"),
        (VALUES[None], {}, "an array of 2 dimensions"),
        (["a"] * 30, {}, "not numbers"),
        (VALUES, {"missing": "guess"}, "missing='guess': it is one of error, drop, carry"),
        (VALUES, {"length_min": 31}, "30 values are too few; at least 31 are needed"),
    ],
)
def test_values_that_cannot_be_analysed(values, asked, text):
    with pytest.raises(BadValue, match=text):
        series(values, DAYS, **asked)


@pytest.mark.parametrize(
    ("dates", "text"),
    [
        (DAYS[::-1], "the dates run backwards, newest first; reverse the rows"),
        ([*DAYS[:5], DAYS[4], *DAYS[6:]], "the date 2024-01-05 stands twice .places 4 and 5.; keep one"),
        ([*DAYS[:5], DAYS[2], *DAYS[6:]], "not in order: 2024-01-03 comes after 2024-01-05 .place 5.; sort the rows"),
        (
            [datetime(2024, 1, 1, tzinfo=UTC), *[datetime(2024, 1, day) for day in range(2, 31)]],
            "2024-01-01 00:00:00.00:00 has a time zone and 2024-01-02 00:00:00 has none",
        ),
        (["2024-01-01", *["x"] * 29], "'x' at place 1 is no date"),
        (np.full(30, np.datetime64("NaT")), "the date at place 0 is missing .NaT."),
        ([3.5] * 30, "3.5 at place 0 is no date"),
    ],
)
def test_dates_that_cannot_be_taken(dates, text):
    with pytest.raises(BadValue, match=text):
        series(VALUES, dates)


def test_dates_of_any_kind_are_one():
    expected = np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[ns]")
    east = timezone(timedelta(hours=9))
    for dates in (
        expected.astype("datetime64[D]"),
        [date(2024, 1, 1), date(2024, 1, 2)],
        ["2024-01-01", "2024-01-02T00:00"],
        [datetime(2024, 1, 1, 9, tzinfo=east), datetime(2024, 1, 2, tzinfo=UTC)],
        list(expected),
    ):
        assert np.array_equal(to_dates(dates), expected)
    assert np.array_equal(to_dates(["2024-01", "2024-02"]), np.array(["2024-01-01", "2024-02-01"], "datetime64[ns]"))


def test_missing_values_are_dropped_or_carried():
    values = VALUES.copy()
    values[[0, 7, 8]] = NAN
    dropped = series(values, DAYS, missing="drop")
    assert len(dropped) == 27 and dropped.filled == 3 and str(dropped.dates[0])[:10] == "2024-01-02"
    carried = series(values, DAYS, missing="carry")
    assert len(carried) == 29 and carried.values[6] == carried.values[7] == VALUES[6]
    assert explosive(values, DAYS, missing="drop").dates is not None


def test_logarithms_and_parts():
    one = series(VALUES, DAYS)
    assert one.log().values == pytest.approx(np.log(VALUES))
    assert len(one.since(10)) == 20 and one.since(10).dates[0] == one.dates[10]
    with pytest.raises(BadValue, match="only a positive number has a logarithm"):
        series(changed(3, 0.0)).log()
    values = VALUES.copy()
    kept = series(values)
    values[:] = 0.0
    assert kept.values[0] != 0.0, "the series is its own"


@pytest.mark.parametrize(
    "text",
    [
        "Date,Close\n2024-01-01,1.5\n2024-01-02,2\n2024-01-03,2.5\n2024-01-05,1\n",
        "Date,Open,Close,Adj Close\n2024-01-01,9,9,1.5\n2024-01-02,9,9,2\n2024-01-03,9,9,2.5\n2024-01-05,9,9,1\n",
        "\ufeffprice;date\n1,5;2024-01-01\n2;2024-01-02\n2,5;2024-01-03\n1;2024-01-05\n",
        "timestamp\tvalue\n1704067200\t1.5\n1704153600\t2\n1704240000000\t2.5\n1704412800\t1\n",
        "day,whatever\n20240101,1.5\n2024/01/02,2\n\n2024-01-03,2.5\n2024-01-05T00:00:00,1\n",
        '"Date","Close"\n"2024-01-01","1.5"\n"2024-01-02","2"\n"2024-01-03","2.5"\n"2024-01-05","1"\n',
    ],
)
def test_any_table_with_dates_and_prices(tmp_path, text):
    path = tmp_path / "gold.csv"
    path.write_text(text, encoding="utf-8")
    one = read_csv(path)
    assert one.values.tolist() == [1.5, 2.0, 2.5, 1.0] and one.name == "gold"
    assert [str(day)[:10] for day in one.dates] == ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-05"]
    packed = tmp_path / "gold.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert np.array_equal(read_csv(packed).values, one.values)


def test_a_format_of_dates_may_be_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("when,a,b\n31.12.2024,1,5\n01.01.2025,2,6\n02.01.2025,3,5\n")
    one = read_csv(path, date="when", price="B", date_format="%d.%m.%Y")
    assert one.values.tolist() == [5, 6, 5] and str(one.dates[0])[:10] == "2024-12-31"


@pytest.mark.parametrize(
    ("text", "asked", "message"),
    [
        ("Date,Close\n2024-01-01,1\n2024-01-02,x\n", {}, "a.csv, line 3: 'x' is no number"),
        ("Date,Close\n2024-01-01,1\n31/12/2024,2\n", {}, "a.csv, line 3: '31/12/2024' is no date; write 2024-12-31"),
        ("Date,Close\n2024-01-01,1\n2024-01-02\n", {}, "a.csv, line 3: 1 fields, but the header has 2"),
        ("Date,Close\n", {}, "a header and rows of numbers are needed; it has 1 rows"),
        ("Date,a,b\n2024-01-01,1,2\n", {}, "which column is the price. Name one of Date, a, b"),
        ("Date,a\n2024-01-01,1\n", {"price": "c"}, "no column 'c'; there are Date, a"),
        ("Date,Close\n2024-01-01,1\n2024-01-02,\n2024-01-03,2\n", {}, "the value at 2024-01-02 is missing"),
        ("Date,Close\n2024-01-01,1\n2024-01-02,0\n2024-01-03,2\n", {}, "the value at 2024-01-02 is 0; prices must be"),
        ("Date,Close\n2024-01-01,-1\n2024-01-02,4\n2024-01-03,2\n", {}, "the value at 2024-01-01 is -1; prices must"),
        ("Date,Close\n2024-01-02,1\n2024-01-01,3\n2023-12-30,2\n", {}, "newest first"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, text, asked, message):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(BadValue, match=message):
        read_csv(path, **asked)


def test_what_is_no_price_may_be_negative(tmp_path):
    path = tmp_path / "spread.csv"
    path.write_text("date,value\n2024-01-01,-1\n2024-01-02,4\n2024-01-03,0\n")
    assert read_csv(path, positive=False).values.tolist() == [-1, 4, 0]
    with pytest.raises(BadValue, match="prices must be above zero"):
        explosive([*VALUES, -1.0], positive=True)


def test_files_that_are_none(tmp_path):
    with pytest.raises(BadValue, match="cannot be read"):
        read_csv(tmp_path / "none.csv")
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadValue, match="is no text in UTF-8"):
        read_csv(tmp_path / "a.csv")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(data)
    try:
        read_csv(path)
    except BadValue as error:
        assert str(error)
