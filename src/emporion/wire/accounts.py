"""Balances, statements, money in and out, sub-accounts."""

from typing import Literal

import msgspec

from emporion.wire.values import AssetName, ClOrdId, Dec, Name, Ns, Reference, Seq, SignedDec


class Account(msgspec.Struct, frozen=True):
    """Who holds balances and orders."""

    account_id: int
    name: str
    master: str | None
    fee_tier: int
    frozen: bool
    deadman_ns: Ns | None = None  # When the dead man's switch fires, if it is set.


class Balance(msgspec.Struct, frozen=True):
    """What an account has of one asset: total = free + in_orders + held."""

    account: str
    asset: AssetName
    total: SignedDec
    free: SignedDec
    in_orders: Dec
    held: Dec  # Withdrawals under way and freezes.
    value: SignedDec | None = None  # In the venue's first stablecoin at last prices; None where there is no price.


class Balances(msgspec.Struct, frozen=True):
    items: list[Balance]
    seq: Seq
    value_asset: str | None  # What `value` counts.


class Hold(msgspec.Struct, frozen=True):
    """An amount set aside by name: a withdrawal under way, or a freeze."""

    hold_id: int
    account: str
    asset: AssetName
    amount: Dec
    kind: Literal["withdrawal", "freeze"]
    reference: int


class Entry(msgspec.Struct, frozen=True):
    """One change of an account's total of one asset. Their sum is the balance."""

    seq: Seq
    ts_ns: Ns
    account: str
    asset: AssetName
    kind: Literal[
        "deposit", "transfer", "withdrawal", "buy", "sell", "fee", "realized", "funding", "marked", "settled",
        "interest", "liquidation_fee", "insurance",
    ]  # fmt: skip
    amount: SignedDec
    order_id: int  # Of the order or hold; 0 for none.


class Withdraw(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Phase one: the amount is held until the operator settles or refuses it."""

    asset: AssetName
    amount: Dec
    cl_ord_id: ClOrdId | None = None
    reference: Reference = 0


class Transfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From the request's account to another of the same master; for operators to any."""

    to: Name
    asset: AssetName
    amount: Dec
    cl_ord_id: ClOrdId | None = None
    reference: Reference = 0


class OpenSubAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name  # Of the whole: by custom "master.desk".


class Done(msgspec.Struct, frozen=True):
    """The command took effect."""

    seq: Seq


class AccountPage(msgspec.Struct, frozen=True):
    items: list[Account]
    next: str | None = None


class HoldPage(msgspec.Struct, frozen=True):
    items: list[Hold]
    next: str | None = None


class EntryPage(msgspec.Struct, frozen=True):
    items: list[Entry]
    next: str | None = None
