"""Operators' actions: methods of the Python API, by name, so that names, templates and refusals exist once."""

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np

from emporion.engine.node import Answer, Node
from emporion.errors import BadValue
from emporion.gateway.link.rows import tagged
from emporion.schema.messages import COMMAND
from emporion.venue.names import Names
from emporion.venue.venue import Venue

ALLOWED = frozenset(
    {
        "list_asset", "list_instrument", "amend_instrument", "set_status", "set_fees", "set_limit", "open_account",
        "set_account", "freeze_account", "unfreeze_account", "deposit", "transfer", "withdraw", "settle", "refuse",
        "freeze", "release", "mass_cancel", "set_deadman", "account", "hold", "asset", "instrument", "list_perpetual",
        "list_future", "list_option", "list_question", "list_outcome", "amend_contract", "set_price", "set_value",
        "set_group", "set_risk", "set_margin", "set_lending", "set_liquidation", "sweep", "propose", "challenge",
        "resolve", "place_twap", "cancel_twap",
    }
)  # fmt: skip


class Acting(Venue):
    """The Python API over the server's node. Its commands carry the tag of the request that asks for them."""

    def __init__(self, node: Node, names: Names) -> None:
        super().__init__(node, names)
        self._tag = 0

    def act(self, name: str, args: dict[str, Any], tag: int) -> dict[str, Any]:
        """Call a method; its record as plain values. BadValue, Refused and the like as it raises them."""
        if name not in ALLOWED:
            raise BadValue(f"{name!r} is not one of {', '.join(sorted(ALLOWED))}")
        method: Callable[..., Any] = getattr(self, name)
        self._tag = tag
        try:
            result = method(**args)
        except TypeError as error:  # A wrong or missing argument: the door's own mistake.
            raise BadValue(f"{name}: {error}") from error
        finally:
            self._tag = 0
        if result is None:
            return {}
        if isinstance(result, int):
            return {"number": result}
        if dataclasses.is_dataclass(result) and not isinstance(result, type):
            return {field.name: _plain(getattr(result, field.name)) for field in dataclasses.fields(result)}
        return {"order_ids": list(result)}

    def submit(self, rows: np.ndarray) -> Answer:
        marked, _ = tagged(rows.tobytes(), self._tag)
        return super().submit(np.frombuffer(marked, COMMAND))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return f"{value:f}" if isinstance(value, Decimal) else value
