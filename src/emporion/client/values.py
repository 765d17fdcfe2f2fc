"""What callers give, as the wire carries it. The same values are refused, in the same words, as in process."""

import enum
import re
from decimal import Decimal
from typing import Any

from emporion.errors import BadValue, Refused
from emporion.schema.build import CL_ORD_ID_BYTES, halves
from emporion.schema.codes import Reject
from emporion.schema.units import parse_decimal
from emporion.venue.refusals import sentence
from emporion.venue.things import Account, Hold, Order
from emporion.venue.values import I64_MAX, Number, client_id, client_id_text, code

AccountLike = Account | str | int
OrderLike = Order | int
HoldLike = Hold | int
PLAIN = re.compile(r"[A-Za-z0-9_-]+")  # What no path has to escape.
DIGITS_MAX, PLACES_MAX = 20, 18  # Of wire.values.Dec.
# What the kernel says about a number below zero. The wire has none, so it is said here.
BELOW_ZERO = {
    "qty": Reject.BAD_QTY, "price": Reject.BAD_PRICE, "display": Reject.BAD_DISPLAY, "trigger": Reject.BAD_TRIGGER,
    "amount": Reject.BAD_AMOUNT, "seconds": Reject.BAD_VALUE,
}  # fmt: skip


def decimal_text(value: Number, name: str, what: str) -> str:
    """A number that is not negative, as plain decimal text.

    Raises:
        BadValue: a float, no number, or more digits than any asset has.
        Refused: below zero, with the kernel's reason; `what` is what was asked for.
    """
    text = signed_text(value, name)
    if text.startswith("-"):
        if name in BELOW_ZERO:
            raise Refused(BELOW_ZERO[name], sentence(what, BELOW_ZERO[name]))
        raise BadValue(f"{name}: {value} is below zero")
    return text


def signed_text(value: Number, name: str) -> str:
    """A number as plain decimal text, with a minus where it is below zero."""
    number = parse_decimal(value, name)
    if number and not -40 <= number.adjusted() <= 40:
        raise BadValue(f"{name}: {value!r} is far outside any range")
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    whole, _, places = text.lstrip("-").partition(".")
    if len(whole.lstrip("0")) > DIGITS_MAX or len(places) > PLACES_MAX:
        raise BadValue(f"{name}: {value} has more digits than any price, quantity or amount")
    sign = "-" if text.startswith("-") and number else ""
    whole = whole.lstrip("0") or "0"
    return f"{sign}{whole}.{places}" if places else f"{sign}{whole}"


def number_of(value: Number, name: str) -> Decimal:
    """The same as a Decimal."""
    return Decimal(signed_text(value, name))


def code_text(enumeration: type[enum.IntEnum], value: object, what: str) -> Any:
    """A code's name in lower case, or BadValue in the words of the in-process API."""
    return enumeration(code(enumeration, value, what)).name.lower()


def cl_ord_id_text(value: str | bytes | None) -> str | None:
    """A client's own id as the wire has it: text, or "0x" and the bytes where they are no printable text."""
    raw = client_id(value)
    if not raw:
        return None
    text = client_id_text(*halves(raw))
    return text if isinstance(text, str) else hexadecimal(raw)


def cl_ord_id_in_path(value: str | bytes) -> str:
    """The same for a path: as "0x" and the bytes where the text would have to be escaped."""
    text = cl_ord_id_text(value)
    assert text is not None
    return text if PLAIN.fullmatch(text) else hexadecimal(client_id(value))


def hexadecimal(raw: bytes) -> str:
    return "0x" + raw.ljust(CL_ORD_ID_BYTES, b"\0").hex()


def cl_ord_id_of(text: str | None) -> str | bytes | None:
    """The client's own id from the wire."""
    if text is None or len(text.encode()) <= CL_ORD_ID_BYTES:
        return text
    return bytes.fromhex(text[2:]).rstrip(b"\0")


def account_name(account: AccountLike | None) -> str:
    """An account as the wire names it; "" for None: the key's own. Numbers are "#7"."""
    if account is None:
        return ""
    if isinstance(account, Account):
        return account.name
    if isinstance(account, str):
        if not account:
            raise BadValue("no account is named ''; give a name, a number or an Account")
        return account
    if isinstance(account, int) and not isinstance(account, bool):
        if not 0 < account < 1 << 31:
            raise BadValue(f"account {account}: numbers begin at 1")
        return f"#{account}"
    raise BadValue(f"account: {account!r} is a {type(account).__name__}; give an Account, a name or a number")


def order_number(order: OrderLike, verb: str) -> int:
    """The number of an order given as record or number."""
    number = order.order_id if isinstance(order, Order) else order
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= I64_MAX:
        raise BadValue(f"{verb}: {order!r} is no order; give an Order or its number")
    return number


def hold_number(hold: HoldLike) -> int:
    """The number of a hold given as record or number."""
    number = hold.hold_id if isinstance(hold, Hold) else hold
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= I64_MAX:
        raise BadValue(f"hold: {hold!r}; give a Hold or its number")
    return number
