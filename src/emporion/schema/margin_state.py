"""Rows of the tables that contracts and margin need. How tables work, and the record they are in: schema/state.py."""

from emporion.schema.limits import LOADS, OUTCOMES_MAX, PAGE_HOLDINGS, RANKS, SCENARIOS
from emporion.schema.messages import row

TRIE = row(  # A price index: see kernel/prices.py.
    ("anchor_ticks", "i8"),  # The price it is centred on.
    ("root", "i4"),  # A leaf when height is 1, else a node. 0 when nothing rests.
    ("height", "i4"),
)
GROUP = row(
    ("group_id", "i4"),
    ("kind", "i4"),  # codes.GroupKind
    ("maintenance_ppm", "i8"),  # Of the group's loss.
)
RISK = row(  # What one contract or asset does to margin. Rules R.
    (
        "arrays",
        "i8",
        (LOADS * SCENARIOS,),
    ),  # Micro-dollars of 2^unit_shift lots or atoms long, in each scenario: load x 16 + scenario.
    ("group_ids", "i4", (LOADS,)),  # 0 for none.
    ("loads", "i4"),
    ("instrument_id", "i4"),  # Of a contract,
    ("asset_id", "i4"),  # or of an asset.
    ("unit_shift", "i8"),
    ("cap", "i8"),  # Quantity up to which products are known to fit; of an asset, what counts as collateral.
    ("value_atoms", "i8"),  # Of an asset: micro-dollars of 2^unit_shift atoms. 0 until a price is set.
    ("short_min_atoms", "i8"),  # Least loss of its group, of 2^unit_shift lots short.
    ("addon_from", "i8"),  # Quantity above which it costs more,
    ("addon_atoms", "i8"),  # so much for 2^unit_shift of it.
    ("reserved", "u1", (56,)),
)
RANK = row(("score", "i8"), ("margin", "i4"), ("reserved", "u1", (4,)))
CONTRACT = row(  # The part of an instrument that only contracts have.
    ("instrument_id", "i4"),
    ("risk", "i4"),  # Row in risks.
    ("clearing_balance", "i4"),  # Row of the clearing account's balance in what it settles in.
    ("question_id", "i4"),
    ("kind", "i1"),  # codes.ContractKind
    ("outcome", "i1"),
    ("fee_form", "i1"),  # codes.FeeForm
    ("is_settled", "i1"),  # Its final price is known.
    ("divisor", "i4"),
    ("mark_ticks", "i8"),  # 0 until the first SET_PRICE.
    ("index_ticks", "i8"),
    ("priced_ns", "i8"),
    (
        "clearing_atoms",
        "i8",
    ),  # Minus the sum of entry_atoms of all positions: what gains and losses are posted against.
    ("funding_atoms", "i8"),  # Funding received and not yet paid on, with what rounding leaves.
    ("open_interest_lots", "i8"),  # Sum of the long positions.
    ("position_max_lots", "i8"),
    ("open_interest_max_lots", "i8"),
    # Perpetuals. Rules F.
    ("funding_index", "i8"),  # Atoms x 10^9 a lot long has paid so far.
    ("funding_rate_e12", "i8"),  # Of the last interval.
    ("premium_sum_e12", "i8"),  # Of the samples of this interval.
    ("premium_samples", "i8"),
    ("interest_e12", "i8"),
    ("clamp_e12", "i8"),
    ("cap_e12", "i8"),
    ("funding_interval_ns", "i8"),
    ("impact_notional_atoms", "i8"),
    ("next_due_ns", "i8"),  # Of its deadline: funding, daily settlement, expiry.
    # Futures and options.
    ("expiry_ns", "i8"),
    ("window_ns", "i8"),
    ("strike_ticks", "i8"),
    ("index_sum", "i8"),  # Of the samples of the window.
    ("index_samples", "i8"),
    ("daily_ticks", "i8"),
    ("settle_ticks", "i8"),  # Final.
    # Outcomes.
    ("one_ticks", "i8"),
    # Orders that wait for the mark or the index: as those of an instrument wait for its trades. Rules T.
    ("tries", TRIE, (4,)),  # MARK_RISE, MARK_FALL, INDEX_RISE, INDEX_FALL
    ("mark_low_ticks", "i8"),  # Range still to be compared with triggers; 0 for none.
    ("mark_high_ticks", "i8"),
    ("index_low_ticks", "i8"),
    ("index_high_ticks", "i8"),
    ("first_trailing", "i4"),
    ("trailing", "i4"),  # How many.
    ("deadline", "i4"),
    ("reserved", "u1", (44,)),
    ("long_ranks", RANK, (RANKS,)),  # Who is deleveraged first. Rule Q-7.
    ("short_ranks", RANK, (RANKS,)),
)
MARK_RISE, MARK_FALL, INDEX_RISE, INDEX_FALL = 0, 1, 2, 3  # Which of a contract's tries.
QUESTION = row(
    ("name", "u1", (16,)),
    ("question_id", "i4"),
    ("group_id", "i4"),
    ("outcomes", "i4"),
    ("status", "i4"),  # codes.QuestionStatus
    ("challenge_ns", "i8"),
    ("one_ticks", "i8"),
    ("due_ns", "i8"),  # End of the challenge window.
    ("deadline", "i4"),
    ("listed", "i4"),  # Outcomes that have a contract.
    ("instrument_ids", "i4", (OUTCOMES_MAX,)),
    ("payout_ticks", "i8", (OUTCOMES_MAX,)),  # Proposed or final.
)
MARGIN = row(  # A margin account. Rules R.
    ("epoch", "i8"),  # Of the prices and arrays its sums are right for; 0: none, they are made anew at the next look.
    ("hour", "i8"),  # Up to which its positions are marked to cash.
    ("equity_atoms", "i8"),  # Micro-dollars, as the next five.
    ("initial_atoms", "i8"),  # Sum over groups of the loss with open orders, and add-ons. Not risk_atoms of orders.
    ("maintenance_atoms", "i8"),
    ("order_risk_atoms", "i8"),  # Sum of risk_atoms of its open orders.
    ("gross_atoms", "i8"),  # Sum of its holdings' gross_atoms.
    ("addon_atoms", "i8"),
    ("account_id", "i4"),
    ("first_page", "i4"),  # Its holdings.
    ("pages", "i4"),
    ("first_exposure", "i4"),  # Its groups, while it is active.
    ("leverage_max", "i4"),  # 0 for none of its own.
    ("stage", "i4"),  # codes.LiquidationStage
    ("next_liquidation", "i4"),  # Queue of those to go on with.
    ("deadline", "i4"),
    ("orders", "i4"),  # Open orders of it that add to exposures.
    ("first_tied", "i4"),  # Row in extras: its orders that end with a position. Rule K-4.
    ("tied", "i4"),  # How many.
    ("ranked", "i4"),  # Entries it has in the ranks of contracts.
    ("is_spent", "i4"),  # A loss of it was left, with nothing to sell: rule Q-8.
    ("reserved", "u1", (12,)),
)
HOLDING = row(  # One asset or contract of a margin account.
    ("pos_lots", "i8"),  # Contract: signed. Asset: 0, its balance says.
    ("entry_atoms", "i8"),  # What pos_lots cost, signed as it; since the last marking to cash.
    ("shown_entry_atoms", "i8"),  # The same since the position was opened: for people.
    ("paid_index", "i8"),  # Funding or interest index up to which it has paid.
    ("buy_leaves", "i8"),  # Of open orders: lots, or atoms of an asset.
    ("sell_leaves", "i8"),
    ("value_atoms", "i8"),  # Micro-dollars it adds to equity,
    ("gross_atoms", "i8"),  # to gross exposure,
    ("addon_atoms", "i8"),  # and to margin for its size.
    ("instrument_id", "i4"),  # Of a contract,
    ("asset_id", "i4"),  # or of an asset. Both 0 in a free place.
    ("balance", "i4"),  # Row in balances: of the asset, or of what the contract settles in.
    ("exposures", "i4", (LOADS,)),  # Rows in exposures that it adds to.
)
HOLDING_PAGE = row(  # A few holdings of one account, side by side.
    ("account_id", "i4"),
    ("next_page", "i4"),  # Of the account. In a free row: the next free row.
    ("used", "i4"),  # How many of its places are taken.
    ("reserved", "u1", (20,)),
    ("holdings", HOLDING, (PAGE_HOLDINGS,)),
)
EXPOSURE = row(  # One account's exposure to one group.
    ("held", "i8", (SCENARIOS,)),  # Gain or loss of its holdings in each scenario, micro-dollars.
    ("ordered", "i8", (SCENARIOS,)),  # The worst that open orders may add: not above 0.
    ("held_loss_atoms", "i8"),  # Loss of the holdings alone,
    ("loss_atoms", "i8"),  # and with orders.
    ("held_short_atoms", "i8"),  # Least loss for short options among holdings,
    ("short_atoms", "i8"),  # and with orders.
    ("account_id", "i4"),
    ("group_id", "i4"),
    ("next_exposure", "i4"),  # Of the account. In a free row: the next free row.
    ("holdings", "i4"),  # How many holdings add to it.
    ("reserved", "u1", (16,)),
)
TWAP = row(
    ("twap_id", "i8"),
    ("qty_lots", "i8"),
    ("done_lots", "i8"),
    ("start_ns", "i8"),
    ("end_ns", "i8"),
    ("interval_ns", "i8"),
    ("limit_price_ticks", "i8"),  # 0 for none.
    ("slippage_ppm", "i8"),
    ("account_id", "i4"),
    ("instrument_id", "i4"),
    ("side", "i4"),
    ("flags", "i4"),
    ("stp", "i4"),
    ("generation", "i4"),
    ("deadline", "i4"),
    ("next_free", "i4"),
    ("reserved", "u1", (32,)),
)
