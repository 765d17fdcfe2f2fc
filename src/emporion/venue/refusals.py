"""Every reason to refuse, in words: what the venue found, and what the caller can do about it.

The numbers are the kernel's (`codes.Reject`); this is the one place where they become sentences,
so that the Python API and every other door say the same thing.
"""

from emporion.schema.codes import Reject

# Reason: (what is the matter, what to do). A cancel's reason has nothing to do about it: "".
SENTENCES: dict[Reject, tuple[str, str]] = {
    Reject.NONE: ("nothing was refused", ""),
    Reject.UNKNOWN_KIND: ("the row is of no kind that commands have", "build rows with emporion.schema.build"),
    Reject.NO_GENESIS: (
        "a venue takes GENESIS first and only once", "let Node.open create the venue instead of sending GENESIS",
    ),
    Reject.BAD_DATA_ROWS: (
        "the data rows behind the head are missing, too many or not DATA", "build rows with emporion.schema.build",
    ),
    Reject.BAD_SIDE: ("the side is neither buy nor sell", 'give side="buy" or side="sell"'),
    Reject.BAD_TIF: ("the time in force is unknown", 'give tif="gtc", "ioc", "fok" or "gtd"'),
    Reject.BAD_STP: (
        "the self-trade prevention mode is unknown",
        'give stp="cancel_resting", "cancel_taker", "cancel_both" or "decrement"',
    ),
    Reject.BAD_FLAGS: (
        "a flag is set that such an order does not have", "use the flags of codes.OrderFlag that go together",
    ),
    Reject.BAD_VALUE: (
        "a field is outside its stated range", "compare it with the bounds in emporion/schema/limits.py",
    ),
    Reject.UNKNOWN_ACCOUNT: ("there is no such account", "open it first with open_account"),
    Reject.SYSTEM_ACCOUNT: (
        "the account is one of the venue's own (outside world, fees, clearing, lending, insurance), which do not trade",
        "use an account opened with open_account",
    ),
    Reject.DUPLICATE: (
        "the client id is taken: a command with it was already accepted",
        "if this was a retry it is done; otherwise give a new client id",
    ),
    Reject.ACCOUNT_FROZEN: (
        "the account is frozen, or being liquidated: it may cancel and receive, nothing else",
        "unfreeze_account lifts a freeze; a liquidation ends by itself, see margin(account).stage",
    ),
    Reject.UNKNOWN_ASSET: ("there is no such asset", "list it first with list_asset"),
    Reject.UNKNOWN_INSTRUMENT: ("there is no such instrument", "list it first with list_instrument"),
    Reject.UNKNOWN_ORDER: (
        "the account has no such open order: it was never there, is another account's, or has ended",
        "look at orders(account) for what is open and fills(account) for what was done",
    ),
    Reject.UNKNOWN_HOLD: (
        "there is no such hold of this kind: already settled, refused or released, or another account's",
        "look at table('holds') for those that stand",
    ),
    Reject.BAD_STATUS: (
        "the instrument's status does not allow this (halted, closed, or not open yet)",
        "look at instrument(name).status; set_status changes it, but nothing opens a closed one again",
    ),
    Reject.POST_ONLY_STATUS: (
        "the instrument is taking post-only orders for now", "add post_only=True, or wait until it is open",
    ),
    Reject.UNKNOWN_GROUP: ("there is no such risk group", "make it first with set_group"),
    Reject.UNKNOWN_QUESTION: ("there is no such question", "list it first with list_question"),
    Reject.NOT_A_CONTRACT: (
        "the instrument is delivered, and this is for contracts only", "see instrument(name).asset_class",
    ),
    Reject.NOT_A_MARGIN_ACCOUNT: (
        "the account holds everything in full, and contracts are traded on margin",
        "set_margin makes it a margin account",
    ),
    Reject.BAD_COMBINATION: (
        "these attributes exclude each other",
        "post_only goes with neither market, stop, ioc nor fok; display only with a plain gtc or gtd order; market "
        "orders are ioc or fok, with a stop ioc; a stop is not fok; fok not with stp='decrement'; "
        "a trigger needs a stop and an expiry gtd",
    ),
    Reject.BAD_QTY: ("the quantity is zero or negative", "give a positive quantity"),
    Reject.QTY_TOO_SMALL: ("the quantity is below the instrument's least", "see instrument(name).qty_min"),
    Reject.QTY_TOO_LARGE: (
        "the quantity is above the instrument's largest", "see instrument(name).qty_max and split the order",
    ),
    Reject.BAD_PRICE: ("the price is missing or negative", "give a positive limit price"),
    Reject.PRICE_TOO_HIGH: ("the price is above the instrument's highest", "see instrument(name).price_max"),
    Reject.BAD_DISPLAY: (
        "the displayed quantity is above the whole or below a hundredth of it", "show at least a hundredth",
    ),
    Reject.BAD_TRIGGER: (
        "the trigger is missing or above the instrument's highest price", "give trigger between one tick and price_max",
    ),
    Reject.BAD_EXPIRY: ("the expiry is missing or not in the future", "give expire later than now with tif='gtd'"),
    Reject.TRIGGERS_PENDING: (
        "stops of this instrument are still firing, so a new one cannot be placed among them", "try again at once",
    ),
    Reject.NO_LIQUIDITY: ("nothing rests on the other side for a market order", "place a limit order instead"),
    Reject.PRICE_REQUIRED: (
        "the instrument has no price band, so a market order has no protection", "give a price: the worst you accept",
    ),
    Reject.OUTSIDE_BAND: (
        "the price is too far from the last trade (or the reference price)",
        "come closer than instrument(name).band allows; if the market has moved, amend_instrument sets the band",
    ),
    Reject.WOULD_TRIGGER: (
        "the last trade is already past the trigger, so the stop would fire at once", "place the order without a stop",
    ),
    Reject.NOTIONAL_TOO_SMALL: (
        "price x quantity is below the instrument's least", "see instrument(name).notional_min",
    ),
    Reject.NOTIONAL_TOO_LARGE: (
        "price x quantity is above the instrument's largest", "see instrument(name).notional_max and split the order",
    ),
    Reject.WOULD_MATCH: (
        "the order would trade at once, but it is post-only or the instrument is not open yet",
        "price it behind the best opposite price, or drop post_only",
    ),
    Reject.FOK_UNFILLABLE: (
        "the book cannot fill all of it within the limit", "use tif='ioc' to take what there is",
    ),
    Reject.REDUCE_ONLY: (
        "the order would not reduce a position", "see positions(account), or leave out reduce_only",
    ),
    Reject.POSITION_LIMIT: (
        "the position, with the open orders on that side, would pass the largest an account may have",
        "see contract(name).position_max; cancel orders, or ask for less",
    ),
    Reject.OPEN_INTEREST_LIMIT: (
        "all positions together would pass the contract's largest open interest",
        "see contract(name).open_interest_max; an order that reduces a position is taken",
    ),
    Reject.NO_MARK: (
        "the contract, or an asset it is valued in, has no price or no risk array yet",
        "operators give them with set_price, set_value and set_risk",
    ),
    Reject.UNKNOWN_RELATED: (
        "the order it is to be tied to is not open, is another account's, or is tied already",
        "look at orders(account) and give the number of an open one",
    ),
    Reject.BAD_AMOUNT: ("the amount is zero, negative or above the largest supply", "give a positive amount"),
    Reject.SUPPLY_LIMIT: ("the asset's supply in the venue would pass its limit of 2^61 atoms", "deposit less"),
    Reject.INSUFFICIENT_FUNDS: (
        "the free balance does not cover it (a buy order holds price x quantity and the highest fee)",
        "see balances(account); deposit, cancel other orders, or ask for less",
    ),
    Reject.NOTHING_TO_LEND: (
        "the order would have to borrow more of the asset than the lending account has left",
        "deposit the asset, ask for less, or try again when others have paid back",
    ),
    Reject.LEVERAGE_LIMIT: (
        "positions and orders would be larger than the account's own leverage cap allows",
        "ask for less, or change the cap with set_margin",
    ),
    Reject.INSUFFICIENT_MARGIN: (
        "the account's equity would not cover its initial margin",
        "see margin(account) and explain(account); deposit, reduce positions, or ask for less",
    ),
    Reject.TABLE_FULL: (
        "a table of the venue is full",
        "cancel what is not needed, raise the limit with set_limit, or use a larger capacity",
    ),
    Reject.WORK_LIMIT: (
        "one command may not cancel so many orders at once", "mass_cancel the account's orders first, then freeze",
    ),
    Reject.BUSY: ("too many mass cancels are still being worked off", "try again in a moment"),
    Reject.BY_OWNER: ("cancelled by its owner", ""),
    Reject.BY_MASS_CANCEL: ("cancelled by a mass cancel", ""),
    Reject.BY_DEADMAN: ("cancelled by the dead man's switch: the account was not heard of in time", ""),
    Reject.BY_ACCOUNT_FREEZE: ("cancelled because the account was frozen", ""),
    Reject.BY_BALANCE_FREEZE: ("cancelled to free a balance that was frozen", ""),
    Reject.BY_CLOSE: ("cancelled because the instrument was closed", ""),
    Reject.BY_REPLACE: ("cancelled: replaced down to what was already done", ""),
    Reject.SELF_TRADE: ("cancelled: it would have traded with an order of the same owner", ""),
    Reject.IOC_REMAINDER: ("the rest was cancelled: immediate orders do not rest", ""),
    Reject.FILL_LIMIT: ("the rest was cancelled: one order may meet only so many resting ones", ""),
    Reject.REDUCED: ("the rest was cancelled: the position was closed, and the order could only reduce it", ""),
    Reject.BY_LIQUIDATION: ("cancelled because the account is being liquidated", ""),
    Reject.BY_EXPIRY: ("cancelled because the contract has ended", ""),
    Reject.BY_OTHER: ("cancelled: the order it was tied to traded, fired or ended", ""),
    Reject.BY_PARENT: ("cancelled because its parent ended without a fill", ""),
    Reject.BY_LOAN: ("cancelled because the account's free balance fell below zero", ""),
    Reject.BY_POSITION: ("cancelled because the position it was tied to has ended", ""),
    Reject.NO_ROOM: ("the rest was cancelled: the tables of the book had no room for it", ""),
}  # fmt: skip


def explain(reason: int) -> str:
    """One sentence about a reason, with what to do where something can be done."""
    try:
        matter, remedy = SENTENCES[Reject(reason)]
    except ValueError:
        return f"reason {reason} is not known to this version"
    return f"{matter}; {remedy}" if remedy else matter


def sentence(what: str, reason: int, bounds: str = "") -> str:
    """The message of `Refused`: what was asked for, the code, and what to do.

    `bounds`: which values such a command takes, said where one of them was out of range.

    Example: `place sell 0.5 BTC/USDC for bob: INSUFFICIENT_FUNDS: the free balance does not cover it ...`
    """
    name = Reject(reason).name if reason in Reject.__members__.values() else str(reason)
    if bounds and reason == Reject.BAD_VALUE:
        return f"{what}: {name}: {SENTENCES[Reject.BAD_VALUE][0]}: {bounds}"
    return f"{what}: {name}: {explain(reason)}"
