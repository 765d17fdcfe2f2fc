"""A series from a CSV file with dates and prices, whatever its columns are called."""

import csv
import gzip
import io
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from emporion.bubble.series import Missing, Series, series
from emporion.errors import BadValue

DATE_NAMES = ("date", "datetime", "timestamp", "time", "day", "month", "period", "open time")
PRICE_NAMES = ("adj close", "adj_close", "adjusted close", "close", "last", "price", "value", "index", "pd", "sp500")
EMPTY = {"", "na", "nan", "n/a", "null", "none", "-", "."}
BYTES_MAX = 256 * 2**20
BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


def read_csv(
    path: str | Path,
    *,
    price: str | None = None,
    date: str | None = None,
    date_format: str | None = None,
    missing: Missing = "error",
    positive: bool = True,
) -> Series:
    """Read one series. `price` and `date` name columns; by default the usual names are looked for.

    Fields are parted by comma, semicolon (then 1,5 is a number), tab or bar; the file may be gzipped. Dates are ISO
    text, years and months, 20241231, seconds or milliseconds since 1970, or `date_format` as of strptime. Without a
    column of dates the rows count. `positive=False` lets in what is no price: spreads, logarithms. Raises BadValue
    with the line where something is wrong.
    """
    path = Path(path)
    rows, lines, delimiter = _rows(path)
    header = [name.strip().strip('"') for name in rows[0]]
    at_date = _column(header, date, DATE_NAMES, path)
    at_price = _column(header, price, PRICE_NAMES, path)
    if at_date is None and date is None and at_price != 0 and header[0].lower() in ("", "unnamed: 0", "index"):
        at_date = 0
    if at_price is None:
        others = [k for k in range(len(header)) if k != at_date]
        if len(others) != 1:
            raise BadValue(f"{path.name}: which column is the price? Name one of {', '.join(filter(None, header))}")
        at_price = others[0]
    needed = max(at_price, -1 if at_date is None else at_date)
    values, dates = [], []
    for row, line in zip(rows[1:], lines[1:], strict=True):
        if len(row) <= needed:
            raise BadValue(f"{path.name}, line {line}: {len(row)} fields, but the header has {len(header)}")
        values.append(_number(row[at_price], f"{path.name}, line {line}", delimiter == ";"))
        if at_date is not None:
            dates.append(_date(row[at_date], date_format, f"{path.name}, line {line}"))
    name = path.name.removesuffix(".gz").removesuffix(".csv")
    return series(np.array(values), dates or None, name=name, missing=missing, positive=positive)


def _rows(path: Path) -> tuple[list[list[str]], list[int], str]:
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            with gzip.open(io.BytesIO(data)) as file:
                data = file.read(BYTES_MAX + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise BadValue(f"{path}: cannot be read ({error.strerror or error})") from None
    except (UnicodeDecodeError, EOFError) as error:
        raise BadValue(f"{path.name}: is no text in UTF-8 ({error}); save it as CSV in UTF-8") from None
    if len(data) > BYTES_MAX:
        raise BadValue(f"{path.name}: larger than {BYTES_MAX >> 20} MiB")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    rows, lines = [], []
    try:
        for row in reader:
            if any(field.strip() for field in row):
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise BadValue(f"{path.name}, line {reader.line_num}: {error}") from None
    if len(rows) < 2:
        raise BadValue(f"{path.name}: a header and rows of numbers are needed; it has {len(rows)} rows")
    return rows, lines, delimiter


def _column(header: list[str], wanted: str | None, usual: tuple[str, ...], path: Path) -> int | None:
    names = [name.lower() for name in header]
    if wanted is not None:
        if wanted.lower() not in names:
            raise BadValue(f"{path.name}: no column {wanted!r}; there are {', '.join(header)}")
        return names.index(wanted.lower())
    return next((names.index(name) for name in usual if name in names), None)


def _number(text: str, where: str, has_comma: bool) -> float:
    text = text.strip()
    if text.lower() in EMPTY:
        return math.nan
    plain = text.replace(".", "").replace(",", ".") if has_comma and "," in text else text.replace(",", "")
    try:
        return float(plain)
    except ValueError:
        raise BadValue(f"{where}: {text!r} is no number") from None


def _date(text: str, date_format: str | None, where: str) -> datetime:
    text = text.strip()
    try:
        if date_format is not None:
            return datetime.strptime(text, date_format)
        if text.isdigit() and len(text) >= 9:
            seconds = int(text) / (1000 if len(text) >= 12 else 1)
            return (BEGIN + timedelta(seconds=seconds)).replace(tzinfo=None)
        if len(text) == 7 and text[4] in "-/":
            text += text[4] + "01"
        return datetime.fromisoformat(text.replace("/", "-"))
    except (ValueError, OverflowError):
        hint = f"it does not fit {date_format!r}" if date_format else "write 2024-12-31, or give date_format"
        raise BadValue(f"{where}: {text!r} is no date; {hint}") from None
