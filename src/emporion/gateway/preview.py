"""What an order would do as things stand: cost, fee, hold, what would fill at once. Nothing is sent."""

from typing import Any

import numpy as np

from emporion.gateway import judging
from emporion.gateway.call import Call
from emporion.gateway.client_ids import HALVES, NONE
from emporion.gateway.door import Door
from emporion.gateway.entry import Terms, place, terms_of
from emporion.gateway.link.pool_questions import Foresee
from emporion.gateway.link.questions import Accounts, Balances, Books, FindOrder, OpenOrders
from emporion.gateway.margin_views import DOLLARS
from emporion.gateway.problems import of_reject
from emporion.schema.codes import InstrumentStatus, OrderFlag, Reject, Side, Tif
from emporion.schema.messages import DEPTH_LEVELS
from emporion.wire.trading import MarginPreview, PlaceOrder, Preview

OWN_ORDERS_MAX = 10_000  # Of one account on one instrument that are looked at.


async def preview(door: Door, call: Call) -> Preview:
    """The order is judged by what the door can see: see judging.py."""
    body: PlaceOrder = call.body
    terms = terms_of(body, door.catalog)
    listed, account_id = terms.listed, call.who.account_id
    await door.catalog.refresh()
    row = door.catalog.rows[listed.instrument_id]
    books = await door.link.ask(Books([listed.instrument_id], DEPTH_LEVELS))
    opposite = books.books[0].asks if terms.side == Side.BUY else books.books[0].bids
    levels: list[judging.Level] = opposite.tolist()
    view = (await door.link.ask(Accounts(account_id=account_id))).accounts[0]
    asset = listed.quote if terms.side == Side.BUY else listed.base
    balances = (await door.link.ask(Balances(account_id))).balances
    free = int(balances["free_atoms"][balances["asset_id"] == asset.asset_id].sum())

    reason, limit = judging.reason_and_limit(terms, row, levels[0][0] if levels else 0, door.link.ts_ns)
    if view.frozen:
        reason = Reject.ACCOUNT_FROZEN
    if terms.cl_ord_id != NONE and await _is_taken(door, account_id, terms):
        reason = Reject.DUPLICATE
    # Of margin the kernel is the judge: it looks at everything but hidden quantities.
    foreseen = None
    if view.is_margin or row["contract"] or terms.flags not in judging.PLAIN_FLAGS or terms.link:
        foreseen = (await door.link.ask(Foresee(place(terms, account_id, 0)))).preview
        reason, limit = Reject(int(foreseen["reason"])), int(foreseen["limit_price_ticks"])
        asset = listed.base if terms.side == Side.SELL and not row["contract"] else listed.quote
        free = int(balances["free_atoms"][balances["asset_id"] == asset.asset_id].sum())
    maker_ppm, taker_ppm = door.catalog.rates(int(row["fee_schedule"]), view.fee_tier)
    rate = max(maker_ppm, taker_ppm, 0)
    notional = limit * terms.qty_lots * listed.atoms_per_tick_lot
    hold = judging.entry_hold(terms, limit, rate) if foreseen is None else int(foreseen["hold_atoms"])
    fate = judging.Fate(0, 0)
    if row["status"] == InstrumentStatus.OPEN and not terms.flags & OrderFlag.STOP and limit:
        fate = judging.sweep(terms, limit, levels, await _own(door, account_id, terms))
    if not reason and terms.tif == Tif.FOK and fate.lots < terms.qty_lots:
        reason = Reject.FOK_UNFILLABLE
    if not reason and foreseen is None and free < hold:
        reason = Reject.INSUFFICIENT_FUNDS
    if reason:
        fate = judging.Fate(0, 0)
    cost = fate.tick_lots * listed.atoms_per_tick_lot
    amount = listed.quote.amount.plain
    what = f"place {body.side} {body.qty} {body.instrument} for {call.who.account}"
    return Preview(
        accepted=not reason,
        problem=of_reject(reason, what) if reason else None,
        price=listed.price.text(limit) if limit else None,
        notional=amount(notional),
        fee_max=amount(judging.fee_due(rate, notional)),
        hold=asset.amount.plain(hold),
        hold_asset=asset.name,
        free=asset.amount.plain(free),
        fills_qty=listed.qty.text(fate.lots),
        fills_cost=amount(cost),
        fills_fee=amount(judging.fee_due(taker_ppm, cost)),
        average=listed.price.text((2 * fate.tick_lots + fate.lots) // (2 * fate.lots)) if fate.lots else None,
        maker_ppm=maker_ppm,
        taker_ppm=taker_ppm,
        margin=_margin(foreseen) if foreseen is not None and view.is_margin else None,
    )


def _margin(foreseen: Any) -> MarginPreview:
    equity, after = int(foreseen["equity_atoms"]), int(foreseen["required_after_atoms"])
    return MarginPreview(
        equity=DOLLARS.plain(equity),
        required=DOLLARS.plain(foreseen["required_atoms"]),
        required_after=DOLLARS.plain(after),
        available_after=DOLLARS.plain(equity - after),
        order_risk=DOLLARS.plain(foreseen["risk_atoms"]),
    )


async def _is_taken(door: Door, account_id: int, terms: Terms) -> bool:
    found = await door.link.ask(FindOrder(0, account_id, *HALVES.unpack(terms.cl_ord_id)))
    return bool(len(found.order_raw)) or found.status >= 0


async def _own(door: Door, account_id: int, terms: Terms) -> dict[int, judging.Level]:
    """The owner's own orders on the other side by price: self-trade is judged by master account."""
    levels: dict[int, judging.Level] = {}
    for number in door.catalog.accounts_of(door.catalog.master(account_id)):
        answer = await door.link.ask(OpenOrders(number, terms.listed.instrument_id, 0, OWN_ORDERS_MAX))
        rows: Any = answer.orders
        rows = rows[(rows["side"] != terms.side) & (rows["flags"] & OrderFlag.STOP == 0)]
        shown = np.where(
            rows["display_lots"] > 0, np.minimum(rows["display_lots"], rows["leaves_lots"]), rows["leaves_lots"]
        )
        for price, lots in zip(rows["price_ticks"].tolist(), shown.tolist(), strict=True):
            _, before, orders = levels.get(price, (price, 0, 0))
            levels[price] = (price, before + lots, orders + 1)
    return levels
