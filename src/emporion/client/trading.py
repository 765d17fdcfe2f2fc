"""Orders: place, replace, cancel, and the switch that cancels when nobody is there. As `venue.trading`, from afar."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from emporion.client import problems, records
from emporion.client.core import Core, encode, with_query
from emporion.client.exchange import Repeat
from emporion.client.flow import Flow, method
from emporion.client.values import (
    AccountLike,
    OrderLike,
    account_name,
    cl_ord_id_in_path,
    cl_ord_id_text,
    code_text,
    decimal_text,
    order_number,
)
from emporion.errors import BadValue, Refused
from emporion.schema.codes import Reject, Side, Stp, Tif
from emporion.venue.refusals import sentence
from emporion.venue.things import Order, Refusal
from emporion.venue.ties import LINK_TEXTS, SOURCES, tie_of
from emporion.venue.values import Number, expire_ns
from emporion.wire import accounts, trading

LINKS: list[Any] = [text if number else None for number, text in enumerate(LINK_TEXTS)]


class Trading(Core):
    """Everything an account does with orders."""

    @method
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
    ) -> Flow[Order]:
        """Place one order; what it did at once is in the record returned, its fills included.

        The arguments are those of `Venue.place`. With `cl_ord_id` it is sent again when the connection is
        lost, with the same id, until the venue says what became of it; without, a lost answer raises
        OutcomeUnknown.

        Raises:
            BadValue, Refused: as in process.
            OutcomeUnknown: the answer was lost, and there is no `cl_ord_id` by which the venue knows a repeat.
            NotAllowed, RateLimited, ConnectionFailed: nothing was done.
        """
        at = f" at {price}" if price is not None else ""
        what = f"place {side} {qty} {instrument}{at} for {self._named(account)}"
        wanted = _wanted(
            what, instrument, side, qty=qty, price=price, tif=tif, market=market, post_only=post_only,
            display=display, trigger=trigger, trigger_by=trigger_by, take_profit=take_profit, trail=trail,
            reduce_only=reduce_only, oco_with=oco_with, child_of=child_of, tied_to_position=tied_to_position,
            expire=expire, stp=stp, cl_ord_id=cl_ord_id,
        )  # fmt: skip
        reply = yield from self._exchange.ask(
            "POST", "/v1/orders", what, body=encode(wanted), account=self._acting(account),
            repeat=Repeat.ONCE if wanted.cl_ord_id is None else Repeat.NAMED, remedy=_find_out(account, cl_ord_id),
        )  # fmt: skip
        said = problems.decode(reply.answer, trading.Order, what)
        if said.repeated and not (reply.perhaps_before and _is_of(said, wanted)):
            raise _duplicate(what, said)
        return self._order(said)

    @method
    def place_many(self, many: Iterable[Mapping[str, Any]]) -> Flow[list[Order | Refusal]]:
        """Place several orders as one durable batch; each mapping has the arguments of `place`.

        A refused one does not stop the others: its place in the answer holds a `Refusal`. Orders of
        several accounts go as one batch an account, in the order in which the accounts first appear. A
        batch of more than a thousand is sent in parts. It is sent again after a lost connection when every
        order has a `cl_ord_id`.
        """
        items = [dict(item) for item in many]
        batches: dict[str, list[int]] = {}
        whats, all_wanted = [], []
        for number, item in enumerate(items):
            try:
                account = item.pop("account")
                what = f"place {item['side']} {item['qty']} {item['instrument']} for {self._named(account)}"
                wanted = _wanted(what, **item)
                listed = yield from self._know([wanted.instrument])
                listed.check(wanted)
                all_wanted.append(wanted)
            except BadValue as error:
                raise BadValue(f"order {number}: {error}") from None
            batch = batches.setdefault(self._acting(account), [])
            batch.append(number)
            whats.append(what)
        answers: list[Order | Refusal] = [Refusal(Reject.NONE, "")] * len(items)
        for account, numbers in batches.items():
            for start in range(0, len(numbers), trading.BATCH_MAX):
                part = numbers[start : start + trading.BATCH_MAX]
                found = yield from self._place_batch(account, [all_wanted[i] for i in part], [whats[i] for i in part])
                for number, answer in zip(part, found, strict=True):
                    answers[number] = answer
        return answers

    def _place_batch(
        self, account: str, wanted: list[trading.PlaceOrder], whats: list[str]
    ) -> Flow[list[Order | Refusal]]:
        what = f"place {len(wanted)} orders for {account or self._named(None)}"
        is_named = all(each.cl_ord_id is not None for each in wanted)
        reply = yield from self._exchange.ask(
            "POST", "/v1/orders/batch", what, body=encode(trading.PlaceOrders(wanted)), account=account,
            repeat=Repeat.NAMED if is_named else Repeat.ONCE, remedy=_find_out(account or None, None),
        )  # fmt: skip
        placed = problems.decode(reply.answer, trading.PlacedOrders, what).results
        answers: list[Order | Refusal] = []
        for said, each, each_what in zip(placed, wanted, whats, strict=True):
            if said.order is None:
                assert said.problem is not None
                answers.append(_refusal(said.problem, each_what))
            elif said.order.repeated and not (reply.perhaps_before and _is_of(said.order, each)):
                answers.append(Refusal(Reject.DUPLICATE, str(_duplicate(each_what, said.order))))
            else:
                answers.append(self._order(said.order))
        return answers

    @method
    def replace(
        self,
        order: OrderLike | None = None,
        *,
        qty: Number | None = None,
        price: Number | None = None,
        cl_ord_id: str | bytes | None = None,
        account: AccountLike | None = None,
    ) -> Flow[Order]:
        """Change an open order. `qty` is the new total, what is done included; at or below that it is cancelled.

        The same price and no more quantity keep its place in the queue. Name the order, and
        `cl_ord_id` is a new id for it; or give `account` and `cl_ord_id` to find it by that id. Sent again
        after a lost connection with a new id only: a late copy of an older change would undo a newer one.
        """
        path, acting, what = self._path_of(order, cl_ord_id, account, "replace")
        new_id = cl_ord_id_text(cl_ord_id) if order is not None else None
        body = trading.ReplaceOrder(
            qty=decimal_text(qty, "qty", what) if qty is not None else None,
            price=decimal_text(price, "price", what) if price is not None else None,
            new_cl_ord_id=new_id,
        )
        if body.price is not None and not Decimal(body.price):
            raise BadValue("price: 0 is no limit; leave price out to keep the present one")
        reply = yield from self._exchange.ask(
            "PATCH", path, what, body=encode(body), account=acting,
            repeat=Repeat.ONCE if new_id is None else Repeat.NAMED, remedy="order(number) tells how it stands.",
        )  # fmt: skip
        if reply.perhaps_before and problems.is_refused(reply.answer, Reject.DUPLICATE, Reject.UNKNOWN_ORDER):
            now = yield from self._ask(trading.Order, "GET", path, what, account=acting)
            if now.cl_ord_id == new_id:  # The first sending was heard: it goes by the new id.
                return self._order(now)
        return self._order(problems.decode(reply.answer, trading.Order, what))

    @method
    def cancel(
        self,
        order: OrderLike | None = None,
        *,
        cl_ord_id: str | bytes | None = None,
        account: AccountLike | None = None,
    ) -> Flow[Order]:
        """Cancel an open order, named by its record or number, or by `account` and `cl_ord_id`.

        Cancelling twice does no harm, so it is sent again after a lost connection.
        """
        path, acting, what = self._path_of(order, cl_ord_id, account, "cancel")
        reply = yield from self._exchange.ask(
            "DELETE", path, what, account=acting, repeat=Repeat.NAMED, remedy="order(number) tells how it stands."
        )
        if reply.perhaps_before and problems.is_refused(reply.answer, Reject.UNKNOWN_ORDER):
            now = yield from self._ask(trading.Order, "GET", path, what, account=acting)
            if now.reason == Reject.BY_OWNER.name.lower():
                return self._order(now)
        return self._order(problems.decode(reply.answer, trading.Order, what))

    @method
    def mass_cancel(
        self, account: AccountLike | None = None, instrument: str | None = None, side: str | None = None
    ) -> Flow[tuple[int, ...]]:
        """Cancel an account's orders, all or of one instrument or side; the numbers of those cancelled.

        Without an account it is the operator's: everybody's orders on one instrument that is halted
        or closed. For the account of the key or of `connect`, name it.
        """
        side_text = code_text(Side, side, "side") if side is not None else None
        if account is not None:
            target = with_query("/v1/orders", instrument=instrument, side=side_text)
        elif instrument is None:
            what = "mass cancel for everybody"
            raise Refused(Reject.UNKNOWN_INSTRUMENT, sentence(what, Reject.UNKNOWN_INSTRUMENT))
        else:
            target = with_query("/v1/operator/instrument/orders", instrument=instrument, side=side_text)
        what = f"mass cancel for {self._named(account) if account is not None else 'everybody'}"
        done = yield from self._ask(
            trading.MassCanceled, "DELETE", target, what, account=account_name(account), repeat=Repeat.ONCE,
            remedy="orders(account) tells; cancelling again does no harm.",
        )  # fmt: skip
        return tuple(done.order_ids)

    @method
    def set_deadman(self, account: AccountLike, seconds: Number) -> Flow[None]:
        """Dead man's switch: cancel all its orders unless this is called again in time; 0 switches it off."""
        what = f"set dead man's switch of {self._named(account)}"
        body = trading.Deadman(decimal_text(seconds, "seconds", what))
        yield from self._ask(
            accounts.Done, "PUT", "/v1/deadman", what, body, account=self._acting(account), repeat=Repeat.NAMED
        )

    @method
    def preview(
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
    ) -> Flow[records.Preview]:
        """What `place` with these arguments would do as things stand: cost, fee, hold, or why it would be refused."""
        what = f"preview {side} {qty} {instrument} for {self._named(account)}"
        wanted = _wanted(
            what, instrument, side, qty=qty, price=price, tif=tif, market=market, post_only=post_only,
            display=display, trigger=trigger, trigger_by=trigger_by, take_profit=take_profit, trail=trail,
            reduce_only=reduce_only, oco_with=oco_with, child_of=child_of, tied_to_position=tied_to_position,
            expire=expire, stp=stp,
        )  # fmt: skip
        said = yield from self._ask(
            trading.Preview, "POST", "/v1/orders/preview", what, wanted, account=self._acting(account)
        )
        return records.Preview(
            accepted=said.accepted,
            problem=_refusal(said.problem, what) if said.problem is not None else None,
            price=records.exact_or_none(said.price),
            notional=records.exact(said.notional),
            fee_max=records.exact(said.fee_max),
            hold=records.exact(said.hold),
            hold_asset=said.hold_asset,
            free=records.exact(said.free),
            fills_qty=records.exact(said.fills_qty),
            fills_cost=records.exact(said.fills_cost),
            fills_fee=records.exact(said.fills_fee),
            average=records.exact_or_none(said.average),
            maker_ppm=said.maker_ppm,
            taker_ppm=said.taker_ppm,
            equity=records.exact(said.margin.equity) if said.margin is not None else None,
            required=records.exact(said.margin.required) if said.margin is not None else None,
            required_after=records.exact(said.margin.required_after) if said.margin is not None else None,
            order_risk=records.exact(said.margin.order_risk) if said.margin is not None else None,
        )

    def _path_of(
        self, order: OrderLike | None, cl_ord_id: str | bytes | None, account: AccountLike | None, verb: str
    ) -> tuple[str, str, str]:
        """Path of an order, the account acted for, and what is about to happen, in words."""
        if order is None:
            if cl_ord_id is None or account is None:
                raise BadValue(f"{verb}: give an order, or account= and cl_ord_id=")
            path = f"/v1/orders/by-client-id/{cl_ord_id_in_path(cl_ord_id)}"
            return path, account_name(account), f"{verb} the order {cl_ord_id!r} of {account_name(account)}"
        number = order_number(order, verb)
        return f"/v1/orders/{number}", self._owner_of(order, number, account), f"{verb} order {number}"


def _wanted(
    what: str,
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
) -> trading.PlaceOrder:
    """The order as the wire carries it; BadValue for what cannot be sent."""
    if not isinstance(instrument, str):
        raise BadValue(f"instrument: {instrument!r} is a {type(instrument).__name__}; give its name")
    until = expire_ns(expire)
    if until < 0:
        raise Refused(Reject.BAD_VALUE, sentence(what, Reject.BAD_VALUE))
    if trigger_by not in SOURCES:
        raise BadValue(f"trigger_by: {trigger_by!r} is not one of {', '.join(map(repr, SOURCES))}")
    link, related_id = tie_of(oco_with, child_of, tied_to_position)
    return trading.PlaceOrder(
        instrument=instrument,
        side=code_text(Side, side, "side"),
        qty=decimal_text(qty, "qty", what),
        price=decimal_text(price, "price", what) if price is not None else None,
        tif=code_text(Tif, tif, "tif") if tif is not None else None,
        market=bool(market),
        post_only=bool(post_only),
        display=decimal_text(display, "display", what) if display is not None else None,
        trigger=decimal_text(trigger, "trigger", what) if trigger is not None else None,
        trigger_by=trigger_by,  # type: ignore[arg-type]  # One of them, as was seen to.
        take_profit=bool(take_profit),
        trail=decimal_text(trail, "trail", what) if trail is not None else None,
        reduce_only=bool(reduce_only),
        link=LINKS[link],
        related_id=related_id or None,
        expire_ns=str(until) if expire is not None else None,
        stp=code_text(Stp, stp, "stp"),
        cl_ord_id=cl_ord_id_text(cl_ord_id),
    )


def _is_of(said: trading.Order, wanted: trading.PlaceOrder) -> bool:
    """Whether the order known by this client id can be the one just asked for, and not one of another day."""
    return (said.instrument, said.side, said.stp) == (wanted.instrument, wanted.side, wanted.stp)


def _duplicate(what: str, first: trading.Order) -> Refused:
    return problems.refused(Reject.DUPLICATE, sentence(what, Reject.DUPLICATE), first.order_id)


def _refusal(problem: Any, what: str) -> Refusal:
    """A problem within an answer. What the door could not send on has the reason BAD_VALUE."""
    error = problems.exception_of(problem, what)
    reason = error.reason if isinstance(error, Refused) else Reject.BAD_VALUE
    return Refusal(reason, str(error))


def _find_out(account: AccountLike | None, cl_ord_id: str | bytes | None) -> str:
    name = account_name(account)
    where = repr(name) if name else ""
    if cl_ord_id is not None:
        return f"Ask again with the same cl_ord_id: the venue knows it for the same. orders({where}) tells, too."
    return f"orders({where}) and fills({where}) tell. With cl_ord_id= it would have been asked again by itself."
