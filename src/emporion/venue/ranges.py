"""Which values the commands of contracts and margin take, in words: said where one was outside.

The numbers are those of `schema/limits.py`; what exactly is checked is in docs/rules (C, R, N, Q, X).
"""

from emporion.schema.limits import (
    CHALLENGE_MAX_NS,
    DAY_NS,
    FEE_PPM_MAX,
    LEVERAGE_MAX,
    OUTCOMES_MAX,
    PPM,
    SCENARIOS,
    SWEEP_MAX,
    TWAP_INTERVAL_MIN_NS,
    TWAP_SLICES_MAX,
    UNIT_SHIFT_MAX,
    WINDOW_MAX_NS,
)  # fmt: skip

SECOND_NS = 1_000_000_000

TERMS = (
    f"an expiry is later than now, its window at most {WINDOW_MAX_NS // DAY_NS} days, the strike at most price_max, "
    "an outcome one of its question's that has no contract yet"
)
CAPS = (
    "position_max and open_interest_max are above 0, and such a position at price_max stays within what sums hold; "
    "funding terms are of perpetuals"
)
QUESTION = f"outcomes is 1 to {OUTCOMES_MAX}, challenge 0 to {CHALLENGE_MAX_NS // DAY_NS} days, the tick a part of 1"
PAYOUTS = "payouts are one for each outcome, not negative, and add up to 1"
PRICE = "a price is above 0 and at most price_max; an outcome has a mark and no index"
VALUE = "dollars is above 0, and what counts as collateral is worth less than some four billion"
GROUP = 'maintenance is above 0 and at most 1, and 1 where kind is "event"'
RISK = (
    f"group_id is one that set_group made, array has {SCENARIOS} whole numbers, load is 0 or follows those there are, "
    f"unit_shift is 0 to {UNIT_SHIFT_MAX} and as before; an asset needs a cap; "
    "else the array times the cap is too large: lower the cap or raise unit_shift"
)
LEVERAGE = f"leverage_max is 0 (none) to {LEVERAGE_MAX:,}"
LENDING = "cap is not negative; 0 <= base <= kink <= full <= 0.01 an hour; kink_at is at least 0 and below 1"
LIQUIDATION = (
    f"parts are 0 to 1, the fee at most {FEE_PPM_MAX / PPM:g}, slice_min not negative, the interval at most a day"
)
SWEEP = f"accounts is 1 to {SWEEP_MAX:,}"
TWAP = (
    f"seconds is above 0, every at least {TWAP_INTERVAL_MIN_NS // SECOND_NS}, at most {TWAP_SLICES_MAX:,} slices, "
    "slippage 0 to 1"
)
