"""What operators ask for about contracts and margin: listings, prices, risk, lending, liquidation."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from emporion.wire.values import AssetName, Dec, InstrumentName, InstrumentStatusText, Name, Ns

Schedule = Annotated[int, Meta(ge=0, le=7)]
Count = Annotated[int, Meta(ge=0, le=1 << 60)]
Micro = Annotated[int, Meta(ge=-(1 << 60), le=1 << 60)]  # Micro-dollars of 2^unit_shift lots or atoms.


class ListContract(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A contract of one kind; what is not given is proposed from `reference`, today's price of what it is on.

    future, call and put need `expiry_ns`; call and put `strike`; outcome `question`.
    """

    name: InstrumentName
    kind: Literal["perpetual", "future", "call", "put", "outcome"]
    settle: AssetName
    reference: Dec | None = None
    expiry_ns: Ns | None = None
    window: Dec | None = None  # Seconds over which the final price is averaged.
    strike: Dec | None = None
    question: Annotated[str, Meta(min_length=1, max_length=16)] | None = None
    outcome: Annotated[int, Meta(ge=0, le=15)] = 0
    tick: Dec | None = None
    lot: Dec | None = None
    band: Dec | None = None
    qty_min: Dec | None = None
    qty_max: Dec | None = None
    price_max: Dec | None = None
    notional_min: Dec | None = None
    notional_max: Dec | None = None
    position_max: Dec | None = None
    open_interest_max: Dec | None = None
    fee_schedule: Schedule = 0
    status: InstrumentStatusText = "open"
    binary_fees: bool = True  # Of an outcome: fees on p (1 - p), not on p.


class AmendContract(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays. Rates are 10^-12 of the notional, of the period of the premium."""

    position_max: Dec | None = None
    open_interest_max: Dec | None = None
    interest_e12: Annotated[int, Meta(ge=-(10**12), le=10**12)] | None = None
    clamp_e12: Annotated[int, Meta(ge=0, le=10**12)] | None = None
    cap_e12: Annotated[int, Meta(ge=0, le=10**12)] | None = None
    divisor: Annotated[int, Meta(ge=1, le=1 << 30)] | None = None


class ListQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=16)]
    outcomes: Annotated[int, Meta(ge=1, le=16)] = 2
    challenge: Dec = "0"  # Seconds in which an answer may be challenged.
    tick: Dec = "0.001"


class SetPrice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a contract: its index, its mark, or both. Of an asset: what one unit is worth in US dollars."""

    instrument: InstrumentName | None = None
    index: Dec | None = None
    mark: Dec | None = None
    asset: AssetName | None = None
    dollars: Dec | None = None


class SetGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["price", "rates"] = "price"
    maintenance: Dec = "0.5"  # Maintenance margin over initial.
    group_id: Annotated[int, Meta(ge=0, le=1 << 20)] = 0  # 0 makes the next.


class GroupMade(msgspec.Struct, frozen=True):
    group_id: int


class SetRisk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One load of a contract or an asset: what 2^unit_shift lots or atoms gain in each scenario."""

    name: Annotated[str, Meta(min_length=1, max_length=16)]  # Of the instrument or asset.
    group_id: Annotated[int, Meta(ge=0, le=1 << 20)]
    array: Annotated[list[Micro], Meta(max_length=16)]
    load: Annotated[int, Meta(ge=0, le=2)] = 0
    unit_shift: Annotated[int, Meta(ge=0, le=40)] = 0
    cap: Dec | None = None
    short_min: Count = 0
    addon_from: Dec | None = None
    addon: Count = 0
    sold_on: InstrumentName | None = None


class SetLending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of an asset is lent, and the interest of an hour: at no use, at `kink_at` of use, at full use."""

    asset: AssetName
    cap: Dec
    base: Dec = "0"
    kink: Dec = "0"
    full: Dec = "0.001"
    kink_at: Dec = "0.8"


class SetLiquidation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    backstop: Name | None = None
    slice_part: Dec = "0.25"
    slice_min: Dec = "1000"  # US dollars.
    interval: Dec = "1"  # Seconds.
    backstop_at: Dec = "0.5"
    fee: Dec = "0.005"
    slippage: Dec = "0.02"


class Sweep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    accounts: Annotated[int, Meta(ge=1, le=4_096)] = 1_000


class Swept(msgspec.Struct, frozen=True):
    begun: int  # Liquidations.
