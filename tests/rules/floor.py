"""A small venue with contracts for rule tests: dollars, a perpetual, people with margin, and a clock that is set."""

from collections.abc import Sequence

import numpy as np

from emporion.kernel.machine import Machine
from emporion.schema import build, build_margin
from emporion.schema.build import Rows
from emporion.schema.codes import ContractKind, Event, InstrumentStatus, Reject, Side, Tif
from emporion.schema.limits import DAY_NS, E12, FIRST_ACCOUNT, HOUR_NS, TINY

START_NS = 20_000 * DAY_NS  # Midnight, some day.
FUNDS = 1_000_000_000
CASH = 1
BUY, SELL = Side.BUY, Side.SELL
FLAT = [0] * 16  # An array that nothing moves.


class Floor:
    """Commands in, the events they gave out as dictionaries of the fields that are not 0.

    Dollars are asset 1, an atom a micro-dollar. Contracts are listed by `perpetual` and its likes, OPEN, with an array
    that asks for a tenth of what they are worth.
    """

    def __init__(self) -> None:
        self.machine = Machine(TINY)
        self.now_ns = START_NS
        self.accounts: dict[str, int] = {}
        self.do(build.genesis(capacity=TINY))
        self.do(build.list_asset("usd", 6))
        self.group = self.do(build_margin.set_group())[0]["amount_atoms"]
        self.do(build_margin.set_risk(self.group, FLAT, asset_id=CASH, cap=10**15))
        self.do(build_margin.set_value(CASH, 1))

    def send(self, *rows: Rows) -> list[dict[str, int]]:
        """Events of commands at this moment, refused or not."""
        events = self.machine.apply(build.stamp(build.join(*rows), self.now_ns))
        assert self.machine.audit() == []
        return [_fields(event) for event in events]

    def do(self, *rows: Rows) -> list[dict[str, int]]:
        """The same, and none may be refused."""
        events = self.send(*rows)
        refused = [Reject(event["reason"]).name for event in events if event["kind"] == Event.REJECTED]
        assert not refused, refused
        return events

    def refusal(self, *rows: Rows) -> Reject:
        """Why a command is refused; it may have no other event, and change nothing but sequence and time."""
        events = self.send(*rows)
        assert [event["kind"] for event in events] == [Event.REJECTED], events
        return Reject(events[0]["reason"])

    def wait(self, ns: int) -> list[dict[str, int]]:
        """Time passes, and what is due is done."""
        self.now_ns += ns
        return self.do(build.tick())

    def account(self, name: str, funds: int = FUNDS) -> int:
        """The number of a margin account, opened with dollars when named first."""
        if name not in self.accounts:
            number = self.accounts[name] = FIRST_ACCOUNT + len(self.accounts)
            self.do(build.open_account(), build.deposit(number, CASH, funds), build_margin.set_margin(number))
        return self.accounts[name]

    def enter(self, rows: Rows, array: Sequence[int] | None = None, mark: int = 0, index: int = 0) -> int:
        """Lists a contract, opens it, and gives it an array of one lot and prices where these are given."""
        number = self.do(rows)[0]["instrument_id"]
        self.do(build.set_status(number))
        if array is not None:
            self.do(build_margin.set_risk(self.group, array, instrument_id=number))
        if mark or index:
            self.do(build_margin.set_price(number, index, mark))
        return number

    def perpetual(self, mark: int = 100, index: int = 100, caps: dict[str, int] | None = None, **terms: int) -> int:
        """A perpetual of which a lot is worth its price in atoms; funding is the premium, each hour."""
        caps = {"cap_e12": E12} | (caps or {})
        rows = build_margin.list_contract("BTC-PERP", CASH, caps=caps, **terms)
        array = [10, -10] * 8
        return self.enter(rows, array, mark, index)

    def future(self, expiry_ns: int, mark: int = 100, index: int = 100, **terms: int) -> int:
        """The same of a dated future; CALL or PUT with `contract_kind` and a strike."""
        kind = terms.pop("contract_kind", ContractKind.FUTURE)
        rows = build_margin.list_contract("BTC-DEC", CASH, kind, expiry_ns=expiry_ns, **terms)
        return self.enter(rows, [10, -10] * 8, mark, index)

    def outcome(self, question_id: int, outcome: int = 0, mark: int = 0, **terms: int) -> int:
        """The contract of an outcome; a lot pays 1,000 micro-dollars."""
        given = {"price_max_ticks": 999, "quote_asset_id": CASH} | terms
        rows = build_margin.list_contract(
            f"OUT-{outcome}", contract_kind=ContractKind.OUTCOME, question_id=question_id, outcome=outcome,
            one_ticks=1_000, **given,
        )  # fmt: skip
        return self.enter(rows, None, mark)

    def order(self, name: str, instrument_id: int, side: int, lots: int, price: int, tif: int = Tif.GTC) -> list[dict]:
        return self.do(build.place(self.account(name), instrument_id, side, lots, price, tif))

    def trade(self, buyer: str, seller: str, instrument_id: int, lots: int, price: int) -> list[dict]:
        """The seller rests, the buyer takes: both have a position."""
        self.order(seller, instrument_id, SELL, lots, price)
        return self.order(buyer, instrument_id, BUY, lots, price, Tif.IOC)

    def touch(self, *names: str) -> list[dict[str, int]]:
        """What is due on accounts is settled, as a sweep over all of them does."""
        rows = self.do(build_margin.sweep(len(self.accounts)))
        numbers = {self.accounts[name] for name in names}
        return [row for row in rows if not names or row.get("account_id") in numbers]

    def cash(self, name: str) -> int:
        """Free dollars."""
        rows = self.machine.array["balances"][0]
        number = self.accounts.get(name) or SYSTEM[name]
        found = rows[(rows["account_id"] == number) & (rows["asset_id"] == CASH)]
        return int(found["free_atoms"].sum())

    def contract(self, instrument_id: int) -> np.record:
        return self.machine.state.contracts[self.machine.state.instruments[instrument_id].contract]

    def close(self, instrument_id: int) -> list[dict[str, int]]:
        return self.do(build.set_status(instrument_id, InstrumentStatus.CLOSED))


SYSTEM = {"fees": 2, "clearing": 3, "lending": 4, "insurance": 5}


def told(events: list[dict[str, int]], kind: Event) -> list[dict[str, int]]:
    """Those of one kind, without the kind and the sequence."""
    return [
        {name: value for name, value in event.items() if name not in ("kind", "seq")}
        for event in events
        if event["kind"] == kind
    ]


def _fields(event: np.void) -> dict[str, int]:
    return {name: int(event[name]) for name in event.dtype.names if event[name]}


HOUR = HOUR_NS
DAY = DAY_NS
