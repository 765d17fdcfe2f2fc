"""Orders: place, replace, cancel, and the switch that cancels when nobody is there."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import numpy as np

from emporion.errors import BadValue, Refused
from emporion.schema import build
from emporion.schema.codes import Event, Limit, Reject, Side, Stp, Tif
from emporion.schema.units import to_text
from emporion.venue import orders, ties
from emporion.venue.catalog import I64_MAX, whole
from emporion.venue.core import SECOND, AccountLike, Core, Number, Rows, refusal
from emporion.venue.refusals import sentence
from emporion.venue.things import Order, Refusal
from emporion.venue.values import client_id, code, expire_ns

OrderLike = Order | int


class Trading(Core):
    """Everything an account does with orders."""

    def place(
        self,
        account: AccountLike,
        instrument: str,
        side: str,
        *,
        qty: Number,
        price: Number | None = None,
        tif: str | None = None,
        market: bool = False,
        post_only: bool = False,
        display: Number | None = None,
        trigger: Number | None = None,
        trigger_by: str = "last",
        take_profit: bool = False,
        trail: Number | None = None,
        reduce_only: bool = False,
        oco_with: OrderLike | None = None,
        child_of: OrderLike | None = None,
        tied_to_position: bool = False,
        expire: int | datetime | None = None,
        stp: str = "cancel_resting",
        cl_ord_id: str | bytes | None = None,
    ) -> Order:
        """Place one order; what it did at once is in the record returned, its fills included.

        Args:
            price: limit, on a tick. With `market` the worst you accept, and may be left out where
                the instrument has a band.
            tif: "gtc" (rests until cancelled), "ioc" (what can be had now), "fok" (all now or
                refused), "gtd" (rests until `expire`). By default gtd with an expiry, ioc with
                `market`, else gtc.
            post_only: refuse rather than trade at once.
            display: iceberg: show this much at a time.
            trigger: a stop: wait until the price is at or past this one. With `price` a stop-limit
                order, with `market` a stop-market order.
            trigger_by: whose price: "last" of trades, or of contracts "mark" or "index".
            take_profit: with trigger: wait for the price on the other side, a buy for it to fall.
            trail: with trigger: the trigger follows the price at this distance, never back.
            reduce_only: of contracts: closes a position or a part of it, never opens or turns one.
            oco_with: one cancels the other: the order it is tied to, by record or number.
            child_of: of a bracket: a reduce-only stop that sleeps until its parent fills, and is as large as
                that has done.
            tied_to_position: a reduce-only stop as large as the position when it fires, and ends with it.
            expire: for gtd: an aware datetime, or nanoseconds since 1970.
            stp: what gives way when it would meet an order of the same owner: "cancel_resting",
                "cancel_taker", "cancel_both" or "decrement".
            cl_ord_id: your own id, text or bytes, at most 16 bytes: a retry with it is refused as
                DUPLICATE instead of placed twice.

        Raises:
            BadValue: something that cannot be sent: an unknown name, a float, a price off the tick.
            Refused: the venue said no; `reason` is a codes.Reject and the message says what to do.
        """
        rows = self._place_rows(
            account, instrument, side, qty=qty, price=price, tif=tif, market=market, post_only=post_only,
            display=display, trigger=trigger, trigger_by=trigger_by, take_profit=take_profit, trail=trail,
            reduce_only=reduce_only, oco_with=oco_with, child_of=child_of, tied_to_position=tied_to_position,
            expire=expire, stp=stp, cl_ord_id=cl_ord_id,
        )  # fmt: skip
        at = f" at {price}" if price is not None else ""
        events = self._send(rows, f"place {side} {qty} {instrument}{at} for {self._name(account)}")
        return self._placed(rows, events[events["kind"] == Event.ACCEPTED][0], events)

    def place_many(self, many: Iterable[Mapping[str, Any]]) -> list[Order | Refusal]:
        """Place several orders as one durable batch; each mapping has the arguments of `place`.

        A refused one does not stop the others: its place in the answer holds a `Refusal`. A value
        that cannot be sent raises BadValue before anything is sent.
        """
        wanted = [dict(item) for item in many]
        all_rows = []
        for number, item in enumerate(wanted):
            try:
                all_rows.append(self._place_rows(**item))
            except BadValue as error:
                raise BadValue(f"order {number}: {error}") from None
        if not all_rows:
            return []
        answer = self.submit(build.join(*all_rows))
        answers: list[Order | Refusal] = []
        for number, rows in enumerate(all_rows):
            own = answer.events[answer.events["seq"] == answer.first_seq + number]
            accepted = own[own["kind"] == Event.ACCEPTED]
            if len(accepted):
                answers.append(self._placed(rows, accepted[0], answer.events))
            else:
                item = wanted[number]
                what = f"place {item['side']} {item['qty']} {item['instrument']} for {self._name(item['account'])}"
                refused = refusal(own[own["kind"] == Event.REJECTED][0], what)
                answers.append(Refusal(refused.reason, str(refused)))
        return answers

    def replace(
        self,
        order: OrderLike | None = None,
        *,
        qty: Number | None = None,
        price: Number | None = None,
        cl_ord_id: str | bytes | None = None,
        account: AccountLike | None = None,
    ) -> Order:
        """Change an open order. `qty` is the new total, what is done included; at or below that it is cancelled.

        The same price and no more quantity keep its place in the queue. Name the order, and
        `cl_ord_id` is a new id for it; or give `account` and `cl_ord_id` to find it by that id.
        """
        story, what = self._find_open(order, cl_ord_id, account, "replace")
        number = story.instrument_id
        rows = build.replace(
            story.account_id,
            story.order_id if order is not None else 0,
            self._qty(number, qty) if qty is not None else story.qty_lots,
            self._price(number, price) if price is not None else 0,
            client_id(cl_ord_id),
        )
        if price is not None and not rows["price_ticks"][0]:
            raise BadValue("price: 0 is no limit; leave price out to keep the present one")
        return self._lived(story, self._send(rows, what))

    def cancel(
        self,
        order: OrderLike | None = None,
        *,
        cl_ord_id: str | bytes | None = None,
        account: AccountLike | None = None,
    ) -> Order:
        """Cancel an open order, named by its record or number, or by `account` and `cl_ord_id`."""
        story, what = self._find_open(order, cl_ord_id, account, "cancel")
        if order is None:
            rows = build.cancel_by_cl_ord_id(story.account_id, client_id(cl_ord_id))
        else:
            rows = build.cancel(story.account_id, story.order_id)
        return self._lived(story, self._send(rows, what))

    def mass_cancel(
        self, account: AccountLike | None = None, instrument: str | None = None, side: str | None = None
    ) -> tuple[int, ...]:
        """Cancel an account's orders, all or of one instrument or side; the numbers of those cancelled.

        Without an account it is the operator's: everybody's orders on one instrument that is halted
        or closed.
        """
        number = self._account_id(account) if account is not None else 0
        instrument_id = self._catalog.instrument_id(instrument) if instrument is not None else 0
        rows = build.mass_cancel(number, instrument_id, code(Side, side, "side") if side is not None else 0)
        events = self._send(rows, f"mass cancel for {self._name(account) if account is not None else 'everybody'}")
        is_ours = (events["kind"] == Event.CANCELED) & (events["reason"] == Reject.BY_MASS_CANCEL)
        return tuple(events["order_id"][is_ours].tolist())

    def set_deadman(self, account: AccountLike, seconds: Number) -> None:
        """Dead man's switch: cancel all its orders unless this is called again in time; 0 switches it off."""
        rows = build.set_deadman(self._account_id(account), whole(seconds, SECOND, "seconds", "nanosecond"))
        self._send(rows, f"set dead man's switch of {self._name(account)}")

    # --- Rows ---

    def _place_rows(
        self,
        account: AccountLike,
        instrument: str,
        side: str,
        *,
        qty: Number,
        price: Number | None = None,
        tif: str | None = None,
        market: bool = False,
        post_only: bool = False,
        display: Number | None = None,
        trigger: Number | None = None,
        trigger_by: str = "last",
        take_profit: bool = False,
        trail: Number | None = None,
        reduce_only: bool = False,
        oco_with: OrderLike | None = None,
        child_of: OrderLike | None = None,
        tied_to_position: bool = False,
        expire: int | datetime | None = None,
        stp: str = "cancel_resting",
        cl_ord_id: str | bytes | None = None,
    ) -> Rows:
        number = self._catalog.instrument_id(instrument)
        if tif is None:
            tif = "ioc" if market else "gtd" if expire is not None else "gtc"
        flags = ties.flags_of(
            post_only=post_only, market=market, has_trigger=trigger is not None, reduce_only=reduce_only,
            take_profit=take_profit, trigger_by=trigger_by,
        )  # fmt: skip
        link, related_id = ties.tie_of(oco_with, child_of, tied_to_position)
        return build.place(
            account_id=self._account_id(account),
            instrument_id=number,
            side=code(Side, side, "side"),
            qty_lots=self._qty(number, qty),
            price_ticks=self._price(number, price) if price is not None else 0,
            tif=code(Tif, tif, "tif"),
            flags=flags,
            stp=code(Stp, stp, "stp"),
            cl_ord_id=client_id(cl_ord_id),
            display_lots=self._qty(number, display, "display") if display is not None else 0,
            trigger_price_ticks=self._price(number, trigger, "trigger") if trigger is not None else 0,
            expire_ns=expire_ns(expire),
            trail_ticks=self._price(number, trail, "trail") if trail is not None else 0,
            related_id=related_id,
            link=link,
        )

    # --- From events to records ---

    def _placed(self, rows: Rows, accepted: Any, events: Rows) -> Order:
        story = orders.from_command(rows, accepted)
        own = orders.of_order(events, story.order_id)
        return self._lived(story, own[own["kind"] != Event.ACCEPTED])

    def _lived(self, story: orders.Story, events: Rows) -> Order:
        """The order after events of this call. What the state knows of it, if it is still open, goes first."""
        own = orders.of_order(events, story.order_id)
        story = orders.tell(story, own, self._now_ns(), self._catalog, self._names)
        slot = self._slot(story.order_id)
        if slot:
            now = orders.from_state(self._catalog, slot)
            now.fills = story.fills
            story = now
        return story.order(self._catalog, self._names)

    def _find_open(
        self, order: OrderLike | None, cl_ord_id: str | bytes | None, account: AccountLike | None, verb: str
    ) -> tuple[orders.Story, str]:
        """The open order that is meant, and what is about to happen to it, in words."""
        if order is None:
            if cl_ord_id is None or account is None:
                raise BadValue(f"{verb}: give an order, or account= and cl_ord_id=")
            number = self._account_id(account)
            what = f"{verb} the order {cl_ord_id!r} of {self._names.name_of(number)}"
            slot = self._slot_by_client_id(number, client_id(cl_ord_id))
        else:
            order_id = order.order_id if isinstance(order, Order) else order
            if isinstance(order_id, bool) or not isinstance(order_id, int | np.integer) or not 0 < order_id <= I64_MAX:
                raise BadValue(f"{verb}: {order!r} is no order; give an Order or its number")
            what = f"{verb} order {order_id}"
            slot = self._slot(int(order_id))
        if slot == 0:
            raise Refused(Reject.UNKNOWN_ORDER, sentence(what, Reject.UNKNOWN_ORDER))
        story = orders.from_state(self._catalog, slot)
        if account is not None and story.account_id != self._account_id(account):
            raise Refused(Reject.UNKNOWN_ORDER, sentence(what, Reject.UNKNOWN_ORDER))
        lots = to_text(story.leaves_lots, self._catalog.lots[story.instrument_id])
        return story, f"{what} ({orders.SIDE_TEXTS[story.side]} {lots} open)"

    def _slot_by_client_id(self, account_id: int, raw: bytes) -> int:
        hi, lo = build.halves(raw)
        named = self._catalog.rows(Limit.CLIENT_IDS)
        is_it = (
            (named["account_id"] == account_id) & (named["cl_ord_id_hi"] == hi) & (named["cl_ord_id_lo"] == lo)
            & (named["ended_ns"] == 0)
        )  # fmt: skip
        found = named["order_id"][is_it]
        return self._slot(int(found[0])) if len(found) else 0

    def _name(self, account: AccountLike) -> str:
        return self._names.name_of(self._account_id(account))
