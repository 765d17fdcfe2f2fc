"""What a line of a script expects, and how events read in the same words.

An event is its name and some of its numbers in a fixed order, as many as one cares for, and any
others by name: `canceled #1 4 BY_OWNER amount=40`. A match is one phrase for its two events:
`filled #taker #maker price qty leaves-of-taker [fees=maker/taker]`. `nothing` is no event.
"""

from typing import Any, Protocol

import numpy as np

from emporion.schema.codes import Event, InstrumentStatus, Limit, LiquidationStage, Reject, Side

POSITIONS = {
    Event.REJECTED: ("reason",),
    Event.ACCEPTED: ("order", "leaves"),
    Event.CANCELED: ("order", "qty", "reason"),
    Event.EXPIRED: ("order", "qty"),
    Event.REPLACED: ("order", "leaves"),
    Event.TRIGGERED: ("order", "leaves"),
    Event.REFRESHED: ("order", "qty"),
    Event.DECREMENTED: ("order", "qty", "leaves"),
    Event.MASS_CANCELED: ("account",),
    Event.DEADMAN_SET: ("account",),
    Event.DEADMAN_FIRED: ("account",),
    Event.TWAP_STARTED: ("twap", "qty"),
    Event.TWAP_SLICED: ("order", "qty", "reason"),
    Event.TWAP_ENDED: ("twap", "leaves", "reason"),
    Event.DEPOSITED: ("account", "asset", "amount"),
    Event.TRANSFERRED: ("account", "asset", "amount"),
    Event.WITHDRAWAL_REQUESTED: ("hold", "amount"),
    Event.WITHDRAWAL_SETTLED: ("hold", "amount"),
    Event.WITHDRAWAL_REFUSED: ("hold", "amount"),
    Event.BALANCE_FROZEN: ("hold", "amount"),
    Event.BALANCE_RELEASED: ("hold", "amount"),
    Event.LIMIT_SET: ("limit", "amount"),
    Event.ASSET_LISTED: ("asset",),
    Event.INSTRUMENT_LISTED: ("instrument",),
    Event.INSTRUMENT_AMENDED: ("instrument",),
    Event.STATUS_CHANGED: ("status",),
    Event.ACCOUNT_OPENED: ("account",),
    Event.ACCOUNT_SET: ("account",),
    Event.ACCOUNT_FROZEN: ("account",),
    Event.ACCOUNT_UNFROZEN: ("account",),
    Event.PRICE_SET: ("price", "qty"),
    Event.SWEPT: ("qty", "leaves"),
    Event.MARGIN_SET: ("account",),
    Event.FUNDING_SET: ("instrument", "amount"),
    Event.DAILY_SETTLED: ("instrument", "price"),
    Event.EXPIRED_CONTRACT: ("instrument", "price"),
    Event.POSITION: ("account", "qty", "amount"),
    Event.FUNDING_PAID: ("account", "amount"),
    Event.MARKED_TO_CASH: ("account", "amount"),
    Event.POSITION_SETTLED: ("account", "amount"),
    Event.INTEREST_PAID: ("account", "asset", "amount"),
    Event.LIQUIDATION_BEGUN: ("account",),
    Event.LIQUIDATION_STEP: ("account", "stage", "qty", "leaves", "amount"),
    Event.LIQUIDATION_ENDED: ("account",),
    Event.BACKSTOP_TOOK: ("account", "qty", "price", "amount"),
    Event.DELEVERAGED: ("account", "qty", "price"),
    Event.INSURANCE_PAID: ("account", "asset", "amount"),
    Event.LOSS_LEFT: ("account", "amount"),
}
FIELDS = {  # What a number is called in scripts, and where it stands in the row.
    "order": "order_id", "hold": "order_id", "twap": "order_id", "price": "price_ticks", "qty": "qty_lots",
    "leaves": "leaves_lots", "amount": "amount_atoms", "account": "account_id", "instrument": "instrument_id",
    "asset": "asset_id", "side": "side", "reason": "reason", "flags": "flags", "status": "flags", "limit": "flags",
    "stage": "flags",
}  # fmt: skip


class Names(Protocol):
    """What a script calls things."""

    orders: list[int]
    holds: list[int]
    twaps: list[int]
    accounts: dict[str, int]
    assets: dict[str, int]
    instruments: dict[str, int]


def expect(names: Names, events: np.ndarray, wanted: str) -> None:
    """The events are those of the phrases, one by one; else AssertionError with both."""
    phrases = [phrase.strip() for phrase in wanted.split(",")]
    phrases = [] if phrases == ["nothing"] else phrases
    found = describe(names, events)
    fits = len(found) == len(phrases) and all(
        matches(phrase.split(), event) for phrase, event in zip(phrases, found, strict=True)
    )
    if not fits:
        raise AssertionError(f"expected: {wanted.strip()}\n   found: {render(names, events)}")


def matches(words: list[str], event: dict[str, str]) -> bool:
    """Each word of the phrase agrees with the event; what the phrase leaves out may be anything."""
    name, positional = words[0], [word for word in words[1:] if "=" not in word]
    order = event["order of words"].split()
    given = dict(word.split("=") for word in words[1:] if "=" in word)
    if name != event["name"] or len(positional) > len(order):
        return False
    given |= dict(zip(order, positional, strict=False))
    return all(key in event and same(value, event[key]) for key, value in given.items())


def same(wanted: str, found: str) -> bool:
    return wanted.replace("_", "") == found.replace("_", "")


def describe(names: Names, events: np.ndarray) -> list[dict[str, str]]:
    """Each event, and each match of two, by the names that scripts use."""
    described = []
    rows = list(events)
    while rows:
        row = rows.pop(0)
        event = describe_one(names, row)
        if row["kind"] == Event.FILLED:
            taker = describe_one(names, rows.pop(0))
            event = taker | {
                "maker": event["order"], "fees": f"{event['amount']}/{taker['amount']}",
                "order of words": "order maker price qty leaves fees",
            }  # fmt: skip
        described.append(event)
    return described


def describe_one(names: Names, row: Any) -> dict[str, str]:
    kind = Event(int(row["kind"]))
    event = {"name": kind.name.lower(), "order of words": " ".join(POSITIONS.get(kind, ()))}
    for name, field in FIELDS.items():
        event[name] = str(int(row[field]))
    event["order"] = called(names.orders, int(row["order_id"]), "#")
    event["hold"] = called(names.holds, int(row["order_id"]), "h")
    event["twap"] = called(names.twaps, int(row["order_id"]), "t")
    event["reason"] = Reject(int(row["reason"])).name
    event["side"] = Side(int(row["side"])).name.lower() if row["side"] in (1, 2) else "none"
    known = (("account", names.accounts), ("asset", names.assets), ("instrument", names.instruments))
    for name, table in known:
        event[name] = next((key for key, value in table.items() if str(value) == event[name]), event[name])
    if kind == Event.STATUS_CHANGED:
        event["status"] = InstrumentStatus(int(row["flags"])).name
    if kind == Event.LIQUIDATION_STEP:
        event["stage"] = LiquidationStage(int(row["flags"])).name
    if kind == Event.LIMIT_SET:
        event["limit"] = Limit(int(row["flags"])).name.lower()
    return event


def called(known: list[int], identity: int, mark: str) -> str:
    return f"{mark}{known.index(identity) + 1}" if identity in known else str(identity)


def render(names: Names, events: np.ndarray) -> str:
    """Events as a script would expect them."""
    phrases = (
        " ".join([event["name"], *(event[word] for word in event["order of words"].split())])
        for event in describe(names, events)
    )
    return ", ".join(phrases) or "nothing"
