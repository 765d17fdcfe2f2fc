"""The same steps on a venue in process and on a served one, and what came of each, made comparable."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from emporion.errors import EmporionError, Refused
from emporion.schema.codes import Command
from emporion.schema.messages import ORDER_COMMAND
from emporion.venue.book import Book
from emporion.venue.frames import Frame


def outcome(step: Callable[[], Any]) -> Any:
    """What a step returned, or how it failed: its kind, for a refusal reason and message, else that it was said why."""
    try:
        return comparable(step())
    except Refused as error:
        event = int(error.event["order_id"]) if error.event is not None else 0
        return (type(error), error.reason, str(error), event)
    except EmporionError as error:
        assert str(error)
        return type(error)


def comparable(found: Any) -> Any:
    """The same value without times, which differ; of frames everything, the whole numbers below included."""
    if isinstance(found, Book):
        return found.instrument, found.bids, found.asks, comparable(found.frame), repr(found)
    if isinstance(found, Frame):
        columns = [name for name in found.columns if name != "ts_ns"]
        units = [[found.unit(name, i) for i in range(len(found))] for name in columns if _is_decimal(found, name)]
        return columns, [comparable(row) for row in found], [found.raw(name).tolist() for name in columns], units
    if dataclasses.is_dataclass(found) and not isinstance(found, type):
        fields = [field.name for field in dataclasses.fields(found) if field.name != "ts_ns"]
        return type(found), [(name, comparable(getattr(found, name))) for name in fields]
    if isinstance(found, list | tuple):
        return [comparable(each) for each in found]
    return found, str(found)  # Two Decimals may be equal and print differently.


def _is_decimal(frame: Frame, name: str) -> bool:
    return frame._columns[name].kind == "decimal"


def comparable_rows(rows: Any) -> list[str]:
    """Rows of a journal but for what must differ: the time of head rows, and the tag by which a request is found."""
    plain = rows.copy().view(np.dtype("V64")).view(np.uint8).reshape(-1, 64)
    heads = plain[:, ORDER_COMMAND.fields["kind"][1]] < Command.DATA
    for name in ("ts_ns", "request_tag"):
        dtype, at = ORDER_COMMAND.fields[name][:2]
        plain[heads, at : at + dtype.itemsize] = 0
    return [row.tobytes().hex() for row in plain]
