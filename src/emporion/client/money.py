"""Money in and out, between accounts, and set aside by name. As `venue.money`, from afar."""

from typing import Any

from emporion.client import problems, records
from emporion.client.core import Core, encode
from emporion.client.exchange import Repeat, Reply
from emporion.client.flow import Flow, method
from emporion.client.values import (
    AccountLike,
    HoldLike,
    account_name,
    cl_ord_id_text,
    decimal_text,
    hold_number,
)
from emporion.errors import BadValue
from emporion.schema.codes import Reject
from emporion.venue.things import Hold
from emporion.venue.values import I64_MAX, Number
from emporion.wire import accounts, operator
from emporion.wire.values import SAFE_MAX

REMEDY = "ledger(account) and balances(account) tell. With cl_ord_id= it would have been asked again by itself."


class Money(Core):
    """Deposits, transfers, withdrawals in two phases, freezes.

    `cl_ord_id`, up to 16 bytes, makes a retry safe: the client itself asks again when the connection is
    lost, and a repeat that you send is refused as DUPLICATE. `reference` is a number of your own (a
    payment, a case) that the journal keeps.
    """

    @method
    def deposit(
        self, account: AccountLike, asset: str, amount: Number, cl_ord_id: str | bytes | None = None, reference: int = 0
    ) -> Flow[None]:
        """Money has arrived from outside: it is the account's to use. For operators."""
        what = f"deposit {amount} {asset} to {account_name(account)}"
        body = _funds(account, asset, amount, cl_ord_id, reference, what)
        self._moved((yield from self._move("/v1/operator/deposits", what, body, "")), what)

    @method
    def transfer(
        self,
        account: AccountLike,
        to: AccountLike,
        asset: str,
        amount: Number,
        cl_ord_id: str | bytes | None = None,
        reference: int = 0,
    ) -> Flow[None]:
        """From one account's free balance to another's: of the same master, or for operators to any."""
        what = f"transfer {amount} {asset} from {self._named(account)} to {account_name(to)}"
        body = accounts.Transfer(
            account_name(to), asset, decimal_text(amount, "amount", what), cl_ord_id_text(cl_ord_id),
            _reference(reference),
        )  # fmt: skip
        self._moved((yield from self._move("/v1/transfers", what, body, self._acting(account))), what)

    @method
    def withdraw(
        self, account: AccountLike, asset: str, amount: Number, cl_ord_id: str | bytes | None = None, reference: int = 0
    ) -> Flow[Hold]:
        """Phase one: the amount is held. Then `settle` when it has left, or `refuse` to give it back."""
        what = f"withdraw {amount} {asset} from {self._named(account)}"
        body = accounts.Withdraw(
            asset, decimal_text(amount, "amount", what), cl_ord_id_text(cl_ord_id), _reference(reference)
        )
        reply = yield from self._move("/v1/withdrawals", what, body, self._acting(account))
        return (yield from self._held(reply, what))

    @method
    def settle(self, hold: HoldLike) -> Flow[None]:
        """Phase two of a withdrawal: it has left the venue. For operators."""
        yield from self._close(hold, "POST", "/v1/operator/withdrawals/{}/settle", "settle withdrawal")

    @method
    def refuse(self, hold: HoldLike) -> Flow[None]:
        """Phase two of a withdrawal: it does not leave, and is free again. For operators."""
        yield from self._close(hold, "POST", "/v1/operator/withdrawals/{}/refuse", "refuse withdrawal")

    @method
    def freeze(
        self, account: AccountLike, asset: str, amount: Number, cl_ord_id: str | bytes | None = None, reference: int = 0
    ) -> Flow[Hold]:
        """Set an amount aside until `release`. Where free does not suffice, orders are cancelled, newest first."""
        what = f"freeze {amount} {asset} of {account_name(account)}"
        body = _funds(account, asset, amount, cl_ord_id, reference, what)
        reply = yield from self._move("/v1/operator/freezes", what, body, "")
        return (yield from self._held(reply, what))

    @method
    def release(self, hold: HoldLike) -> Flow[None]:
        """A frozen amount is free again. For operators."""
        yield from self._close(hold, "DELETE", "/v1/operator/freezes/{}", "release freeze")

    @method
    def hold(self, hold_id: int) -> Flow[Hold]:
        """A hold that stands, by its number: for operators any, else of the key's own accounts."""
        return (yield from self._hold(hold_number(hold_id)))

    @method
    def holds(self, account: AccountLike | None = None) -> Flow[tuple[Hold, ...]]:
        """What stands set aside of an account: withdrawals under way, freezes."""
        what = f"look at holds of {self._named(account)}"
        found = yield from self._pages(accounts.Hold, "/v1/withdrawals", what, self._acting(account))
        return tuple(records.hold(each) for each in found)

    def _hold(self, hold_id: int) -> Flow[Hold]:
        what = f"look at hold {hold_id}"
        own = yield from self._own_accounts()
        lists = [("/v1/withdrawals", each.name) for each in own]
        if self._operates:
            lists = [("/v1/operator/withdrawals", ""), ("/v1/operator/freezes", "")]
        for path, name in lists:
            for each in (yield from self._pages(accounts.Hold, path, what, name)):
                if each.hold_id == hold_id:
                    return records.hold(each)
        raise BadValue(f"there is no hold {hold_id}: it was settled, refused or released, or never was")

    def _move(self, path: str, what: str, body: Any, account: str) -> Flow[Reply]:
        """Ask once to move money, or again under its client id."""
        is_named = body.cl_ord_id is not None
        return (
            yield from self._exchange.ask(
                "POST", path, what, body=encode(body), account=account,
                repeat=Repeat.NAMED if is_named else Repeat.ONCE,
                remedy="Ask again with the same cl_ord_id." if is_named else REMEDY,
            )
        )  # fmt: skip

    def _moved(self, reply: Reply, what: str) -> None:
        if not _was_heard(reply):
            problems.decode(reply.answer, accounts.Done, what)

    def _held(self, reply: Reply, what: str) -> Flow[Hold]:
        if _was_heard(reply):
            return (yield from self._hold(problems.problem_of(reply.answer).order_id or 0))
        return records.hold(problems.decode(reply.answer, accounts.Hold, what))

    def _close(self, hold: HoldLike, verb: str, path: str, words: str) -> Flow[None]:
        number = hold_number(hold)
        yield from self._ask(
            accounts.Done, verb, path.format(number), f"{words} {number}", account="", repeat=Repeat.ONCE,
            remedy="hold(number) tells whether it still stands.",
        )  # fmt: skip


def _was_heard(reply: Reply) -> bool:
    """Whether the venue refuses a repeat of ours because it heard an earlier sending: then it is done."""
    return reply.perhaps_before and problems.is_refused(reply.answer, Reject.DUPLICATE)


def _funds(
    account: AccountLike, asset: str, amount: Number, cl_ord_id: str | bytes | None, reference: int, what: str
) -> operator.MoveFunds:
    name, number = account_name(account), _reference(reference)
    return operator.MoveFunds(name, asset, decimal_text(amount, "amount", what), cl_ord_id_text(cl_ord_id), number)


def _reference(reference: int) -> int:
    if isinstance(reference, bool) or not isinstance(reference, int) or abs(reference) > I64_MAX:
        raise BadValue(f"reference: {reference!r} is not a 64-bit whole number")
    if abs(reference) > SAFE_MAX:
        raise BadValue(f"reference: {reference} is above 2^53, which JSON does not carry exactly")
    return reference
