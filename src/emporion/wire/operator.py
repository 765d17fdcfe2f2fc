"""What operators ask for: listings, statuses, fees, accounts, money from outside, and how the venue is doing."""

from typing import Annotated

import msgspec
from msgspec import Meta

from emporion.wire.values import (
    AssetName,
    ClassText,
    ClOrdId,
    Dec,
    InstrumentName,
    InstrumentStatusText,
    Name,
    Ns,
    Reference,
    Seq,
    SignedDec,
)

Tier = Annotated[int, Meta(ge=0, le=15)]
Schedule = Annotated[int, Meta(ge=0, le=7)]


class ListAsset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: AssetName
    decimals: Annotated[int, Meta(ge=0, le=18)]
    asset_class: ClassText = "coin"


class ListInstrument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either tick and lot, or a template with today's price as reference."""

    name: InstrumentName
    tick: Dec | None = None
    lot: Dec | None = None
    base: AssetName | None = None
    quote: AssetName | None = None
    template: ClassText | None = None
    asset_class: ClassText | None = None
    reference: Dec | None = None
    band: Dec | None = None
    qty_min: Dec | None = None
    qty_max: Dec | None = None
    price_max: Dec | None = None
    notional_min: Dec | None = None
    notional_max: Dec | None = None
    fee_schedule: Schedule = 0
    status: InstrumentStatusText = "open"


class AmendInstrument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays."""

    qty_min: Dec | None = None
    qty_max: Dec | None = None
    price_max: Dec | None = None
    notional_min: Dec | None = None
    notional_max: Dec | None = None
    reference: Dec | None = None
    band: Dec | None = None
    fee_schedule: Schedule | None = None


class SetStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    status: InstrumentStatusText


class SetFees(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fractions of the notional, at most a tenth; a negative maker fee is a rebate."""

    maker: SignedDec
    taker: SignedDec
    schedule: Schedule = 0
    tier: Tier = 0


class Fees(msgspec.Struct, frozen=True):
    schedule: int
    tier: int
    maker: SignedDec
    taker: SignedDec


class OpenAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    master: Name | None = None
    tier: Tier = 0


class SetTier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tier: Tier


class MoveFunds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A deposit from outside, or a freeze of a balance in part."""

    account: Name
    asset: AssetName
    amount: Dec
    cl_ord_id: ClOrdId | None = None
    reference: Reference = 0


class SetLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(max_length=32)]  # codes.Limit in lower case.
    value: Annotated[int, Meta(ge=1, le=1 << 31)]


class TableUse(msgspec.Struct, frozen=True):
    name: str
    used: int
    limit: int


class Latency(msgspec.Struct, frozen=True):
    """Of requests answered in the last minute, milliseconds."""

    route: str
    count: int
    p50_ms: float
    p99_ms: float


class VenueState(msgspec.Struct, frozen=True):
    """How the venue is doing."""

    seq: Seq
    ts_ns: Ns
    digest: str
    journal_bytes: int
    durable_seq: Seq
    sync: str
    commands_per_second: float  # Over the last seconds.
    fills_per_second: float
    gateways: int
    subscribers: int
    tables: list[TableUse]
    latencies: list[Latency]
    history_seq: Seq  # How far the history on disk is.


class FeesList(msgspec.Struct, frozen=True):
    items: list[Fees]
