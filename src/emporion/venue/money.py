"""Money in and out, between accounts, and set aside by name."""

from decimal import Decimal

from emporion.errors import BadValue
from emporion.schema import build
from emporion.schema.codes import Event, HoldKind, Limit
from emporion.schema.limits import SLOT_BITS
from emporion.schema.units import to_text
from emporion.venue.catalog import I64_MAX
from emporion.venue.core import AccountLike, Core, Number
from emporion.venue.things import Hold
from emporion.venue.values import client_id, text_of

HOLD_TEXTS = text_of(HoldKind)
HoldLike = Hold | int


class Money(Core):
    """Deposits, transfers, withdrawals in two phases, freezes.

    `cl_ord_id`, up to 16 bytes, makes a retry safe: a repeat is refused as DUPLICATE. `reference`
    is a number of your own (a payment, a case) that the journal keeps.
    """

    def deposit(
        self, account: AccountLike, asset: str, amount: Number, cl_ord_id: str | bytes | None = None, reference: int = 0
    ) -> None:
        """Money has arrived from outside: it is the account's to use."""
        number, asset_id = self._account_id(account), self._catalog.asset_id(asset)
        atoms = self._amount(asset_id, amount, "amount")
        rows = build.deposit(number, asset_id, atoms, client_id(cl_ord_id), _reference(reference))
        self._send(rows, f"deposit {amount} {asset} to {self._names.name_of(number)}")

    def transfer(
        self,
        account: AccountLike,
        to: AccountLike,
        asset: str,
        amount: Number,
        cl_ord_id: str | bytes | None = None,
        reference: int = 0,
    ) -> None:
        """From one account's free balance to another's."""
        number, to_number, asset_id = self._account_id(account), self._account_id(to), self._catalog.asset_id(asset)
        atoms = self._amount(asset_id, amount, "amount")
        rows = build.transfer(number, to_number, asset_id, atoms, client_id(cl_ord_id), _reference(reference))
        names = f"{self._names.name_of(number)} to {self._names.name_of(to_number)}"
        self._send(rows, f"transfer {amount} {asset} from {names}")

    def withdraw(
        self, account: AccountLike, asset: str, amount: Number, cl_ord_id: str | bytes | None = None, reference: int = 0
    ) -> Hold:
        """Phase one: the amount is held. Then `settle` when it has left, or `refuse` to give it back."""
        number, asset_id = self._account_id(account), self._catalog.asset_id(asset)
        atoms = self._amount(asset_id, amount, "amount")
        rows = build.withdraw(number, asset_id, atoms, client_id(cl_ord_id), _reference(reference))
        what = f"withdraw {amount} {asset} from {self._names.name_of(number)}"
        return self.hold(int(self._first(rows, what, Event.WITHDRAWAL_REQUESTED)["order_id"]))

    def settle(self, hold: HoldLike) -> None:
        """Phase two of a withdrawal: it has left the venue."""
        self._send(build.withdraw_settle(_hold_id(hold)), f"settle withdrawal {_hold_id(hold)}")

    def refuse(self, hold: HoldLike) -> None:
        """Phase two of a withdrawal: it does not leave, and is free again."""
        self._send(build.withdraw_refuse(_hold_id(hold)), f"refuse withdrawal {_hold_id(hold)}")

    def freeze(
        self, account: AccountLike, asset: str, amount: Number, cl_ord_id: str | bytes | None = None, reference: int = 0
    ) -> Hold:
        """Set an amount aside until `release`. Where free does not suffice, orders are cancelled, newest first."""
        number, asset_id = self._account_id(account), self._catalog.asset_id(asset)
        atoms = self._amount(asset_id, amount, "amount")
        rows = build.freeze_balance(number, asset_id, atoms, client_id(cl_ord_id), _reference(reference))
        what = f"freeze {amount} {asset} of {self._names.name_of(number)}"
        return self.hold(int(self._first(rows, what, Event.BALANCE_FROZEN)["order_id"]))

    def release(self, hold: HoldLike) -> None:
        """A frozen amount is free again."""
        self._send(build.release_balance(_hold_id(hold)), f"release freeze {_hold_id(hold)}")

    def hold(self, hold_id: int) -> Hold:
        """A hold that stands, by its number."""
        slot = hold_id & (1 << SLOT_BITS) - 1
        rows = self._catalog.rows(Limit.HOLDS)
        if not 0 < slot < len(rows) or rows[slot]["hold_id"] != hold_id:
            raise BadValue(f"there is no hold {hold_id}: it was settled, refused or released, or never was")
        row = rows[slot]
        asset_id = int(row["asset_id"])
        return Hold(
            hold_id=hold_id,
            account=self._names.name_of(int(row["account_id"])),
            asset=self._catalog.asset_names[asset_id],
            amount=Decimal(to_text(row["amount_atoms"], self._catalog.atoms[asset_id])),
            kind=HOLD_TEXTS[row["kind"]],
            reference=int(row["reference"]),
        )


def _hold_id(hold: HoldLike) -> int:
    number = hold.hold_id if isinstance(hold, Hold) else hold
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= I64_MAX:
        raise BadValue(f"hold: {hold!r}; give a Hold or its number")
    return number


def _reference(reference: int) -> int:
    if isinstance(reference, bool) or not isinstance(reference, int) or abs(reference) > I64_MAX:
        raise BadValue(f"reference: {reference!r} is not a 64-bit whole number")
    return reference
