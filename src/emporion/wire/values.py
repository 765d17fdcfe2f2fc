"""Values as JSON carries them, with the bounds that any reader may check before sending.

Prices, quantities and amounts are decimal text, so that no reader rounds them; times are whole
nanoseconds since 1970 UTC as text, since they pass 2^53. Sequences and order ids stay below 2^53 and
are numbers.
"""

from typing import Annotated, Literal

from msgspec import Meta

DECIMAL_PATTERN = r"^[0-9]{1,20}(\.[0-9]{1,18})?$"
SIGNED_PATTERN = r"^-?[0-9]{1,20}(\.[0-9]{1,18})?$"
SAFE_MAX = (1 << 53) - 1

Dec = Annotated[str, Meta(pattern=DECIMAL_PATTERN, max_length=40, examples=["97012.5"])]  # Not negative.
SignedDec = Annotated[str, Meta(pattern=SIGNED_PATTERN, max_length=41, examples=["-0.25"])]
Ns = Annotated[str, Meta(pattern=r"^[0-9]{1,19}$", max_length=19, examples=["1790000000000000000"])]
Seq = Annotated[int, Meta(ge=0, le=SAFE_MAX)]
Id = Annotated[int, Meta(ge=1, le=SAFE_MAX)]  # Of an order or a hold.
Name = Annotated[str, Meta(min_length=1, max_length=64)]  # Of an account.
AssetName = Annotated[str, Meta(min_length=1, max_length=16, examples=["USDC"])]
InstrumentName = Annotated[str, Meta(min_length=1, max_length=16, examples=["BTC/USDC"])]
# Text of 1 to 16 bytes, or "0x" and 32 hexadecimal digits for any 16 bytes.
ClOrdId = Annotated[str, Meta(min_length=1, max_length=34, examples=["quote-17"])]
Reference = Annotated[int, Meta(ge=-SAFE_MAX, le=SAFE_MAX)]
Cursor = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]

SideText = Literal["buy", "sell"]
TifText = Literal["gtc", "ioc", "fok", "gtd"]
StpText = Literal["cancel_resting", "cancel_taker", "cancel_both", "decrement"]
TriggerText = Literal["last", "mark", "index"]
LinkText = Literal["cancels_other", "child", "position"]
StatusText = Literal["new", "partially_filled", "filled", "canceled", "expired"]
InstrumentStatusText = Literal["pre_open", "open", "post_only", "halted", "closed"]
ClassText = Literal[
    "coin",
    "share",
    "fund",
    "bond",
    "gold",
    "currency",
    "stablecoin",
    "private",
    "perpetual",
    "future",
    "option",
    "event",
]
Interval = Literal[
    "1s", "5s", "15s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "3d", "1w", "1M"
]
Scope = Literal["read", "trade", "withdraw", "operate"]
