"""Rules as scripts that a trader could read, played through the machine and the model at once.

    play('''
        place  A  buy   4 @ 10  gtc   -> accepted #1 4
        place  C  sell  6 @ 10  ioc   -> accepted #2 6, filled #2 #1 10 4 2, canceled #2 2 IOC_REMAINDER
        cancel A  #1                  -> rejected UNKNOWN_ORDER
    ''')

Before the first line the stage is set: assets `base` and `cash`, the instrument `I` of one in the
other, OPEN, one atom a lot, one a tick and lot, no fees, no band. An account is opened when first
named (`A`; `A.x` is a sub-account of A) and given a million of each, unless `fund` came first.
Orders are `#1`, `#2` in the order they are accepted, holds `h1`, `h2`, TWAPs `t1`; `#?`, `h?` and `t?` never were.

What stands behind `->` is all the events of the line, in order: see `script_expect`. A line without
it must not be refused. Lines that begin with `balance`, `book`, `stops`, `last` or `pending` ask
instead of doing. After each arrow, and at the end, machine and model are compared, table by table. The
words of a line are those of the functions named `do_...` below, in script_orders.py and in script_margin.py; `[ ]` in
their docstrings may be left out.
"""

from collections.abc import Callable

import numpy as np

from emporion.schema import build
from emporion.schema.build import Rows
from emporion.schema.codes import AssetClass, Command, Event, InstrumentStatus, Limit
from emporion.schema.limits import (
    CLEARING_ACCOUNT,
    FEE_ACCOUNT,
    INSURANCE_ACCOUNT,
    LENDING_ACCOUNT,
    OUTSIDE_ACCOUNT,
    TINY,
    Capacity,
)
from emporion.schema.messages import COMMAND
from emporion.sim.both import Both
from emporion.sim.model import RULES, family
from emporion.sim.script_expect import expect, render
from emporion.sim.script_margin import MarginWords
from emporion.sim.script_orders import OrderWords
from emporion.sim.script_words import UNITS_NS, Options, duration, number

NEVER_WAS = 77 << 24 | 7_777
FUNDS = 1_000_000
BOUNDS = {"qty_max_lots": 1_000_000, "price_max_ticks": 1_000_000}
TERMS = ("base_atoms_per_lot", "atoms_per_tick_lot")
SYSTEM_NAMES = {
    "outside": OUTSIDE_ACCOUNT, "fees": FEE_ACCOUNT, "clearing": CLEARING_ACCOUNT, "lending": LENDING_ACCOUNT,
    "insurance": INSURANCE_ACCOUNT,
}  # fmt: skip


def play(text: str, capacity: Capacity = TINY) -> "Stage":
    """Play a script; raises AssertionError, with the line, where it does not go as written."""
    stage = Stage(capacity)
    for line_number, raw in enumerate(text.splitlines(), 1):
        line = raw.split("//")[0].strip()
        if not line:
            continue
        try:
            stage.play_line(line)
        except Exception as problem:
            problem.add_note(f"in line {line_number} of the script: {line}")
            raise
    stage.both.compare()
    return stage


class Stage(OrderWords, MarginWords):
    """Names, time and both venues during one script."""

    def __init__(self, capacity: Capacity = TINY) -> None:
        self.both = Both(capacity)
        self.limits: dict[Limit, int] = {}
        self.terms: dict[str, dict[str, int]] = {"I": dict(BOUNDS)}  # Of instruments: what `amend` starts from.
        self.assets = {"base": 1, "cash": 2}
        self.instruments = {"I": 1}
        self.accounts = SYSTEM_NAMES | {"nobody": 0, "all": 0}
        self.groups: dict[str, int] = {}
        self.questions: dict[str, int] = {}
        self.orders: list[int] = []
        self.holds: list[int] = []
        self.twaps: list[int] = []
        self.now_ns = 1_700_000_000 * UNITS_NS["s"]
        self.is_set = False

    def play_line(self, line: str) -> None:
        action, arrow, wanted = line.partition("->")
        words = action.split()
        if words[0] in ("limits", "instrument") and not self.is_set:
            self._prepare(words)
            return
        if not self.is_set and words[0] != "send":
            self._set()
        ask: Callable[[list[str]], None] | None = getattr(self, f"ask_{words[0]}", None)
        if ask is not None:
            ask(words[1:])
            return
        do: Callable[[list[str]], Rows | None] = getattr(self, f"do_{words[0]}")
        rows = do(words[1:])
        if rows is None:
            return
        events = self.send(rows)
        if arrow:
            expect(self, events, wanted)
        elif any(events["kind"] == Event.REJECTED):
            raise AssertionError(f"refused: {render(self, events)}")
        if arrow:
            self.both.compare()

    def send(self, rows: Rows) -> np.ndarray:
        """Apply rows, at the script's time, to both; note the numbers that are given out."""
        events = self.both.apply(build.stamp(rows, self.now_ns))
        for event in events:
            if event["kind"] == Event.ACCEPTED:
                self.orders.append(int(event["order_id"]))
            elif event["kind"] in (Event.WITHDRAWAL_REQUESTED, Event.BALANCE_FROZEN):
                self.holds.append(int(event["order_id"]))
            elif event["kind"] == Event.TWAP_SLICED and event["order_id"]:
                self.orders.append(int(event["order_id"]))
            elif event["kind"] == Event.TWAP_STARTED:
                self.twaps.append(int(event["order_id"]))
            elif event["kind"] == Event.GENESIS_DONE:
                self.is_set = True
        return events

    # --- The stage -----------------------------------------------------------------------------------

    def _prepare(self, words: list[str]) -> None:
        """`limits orders=5 ...` and `instrument I qty_max_lots=9 ...` before anything else."""
        values = {name: number(value) for name, value in (word.split("=") for word in words if "=" in word)}
        if words[0] == "limits":
            self.limits = {Limit[name.upper()]: value for name, value in values.items()}
        else:
            self.terms["I"] |= values

    def _set(self) -> None:
        self.must(build.genesis(self.limits, TINY))
        self.must(build.list_asset("base", 2), build.list_asset("cash", 2))
        self.must(build.list_instrument("I", 1, 2, **self.terms["I"]), build.set_status(1))

    def must(self, *rows: Rows) -> None:
        events = self.send(build.join(*rows))
        if any(events["kind"] == Event.REJECTED):
            raise AssertionError(f"the stage was refused: {render(self, events)}")

    def account(self, name: str) -> int:
        """The number of an account, opened and funded when it is named first."""
        if name.isdigit():
            return int(name)
        if name not in self.accounts:
            self._open(name)
            self.must(*(build.deposit(self.accounts[name], asset, FUNDS) for asset in (1, 2)))
        return self.accounts[name]

    def _open(self, name: str, tier: int = 0) -> Rows:
        master, dot, _ = name.partition(".")
        rows = build.open_account(self.account(master) if dot else 0, tier)
        self.must(rows)
        self.accounts[name] = len(self.both.model.venue.accounts)
        return rows

    def order(self, word: str) -> int:
        return self.numbered(word, "#", self.orders)

    def hold(self, word: str) -> int:
        return self.numbered(word, "h", self.holds)

    def numbered(self, word: str, mark: str, known: list[int]) -> int:
        if not word.startswith(mark):
            raise ValueError(f"{word!r}: expected {mark} and a number")
        return NEVER_WAS if word[1:] == "?" else known[int(word[1:]) - 1]

    # --- Ledger ----------------------------------------------------------------------------------------

    def do_accounts(self, words: list[str]) -> None:
        """accounts A B: opens them now, so that no later line does it on the way"""
        for name in words:
            self.account(name)

    def do_fund(self, words: list[str]) -> None:
        """fund A cash=100 [base=5]: opens the account with so much and no more"""
        self._open(words[0])
        for asset, amount in (word.split("=") for word in words[1:]):
            self.must(build.deposit(self.accounts[words[0]], self.assets[asset], number(amount)))

    def do_deposit(self, words: list[str]) -> Rows:
        """deposit A cash 100 [as name] [ref 7]"""
        return self._move(build.deposit, words)

    def do_withdraw(self, words: list[str]) -> Rows:
        """withdraw A cash 100 [as name] [ref 7]"""
        return self._move(build.withdraw, words)

    def do_freeze(self, words: list[str]) -> Rows:
        """freeze A cash 100 [as name] [ref 7]: of a balance"""
        return self._move(build.freeze_balance, words)

    def do_transfer(self, words: list[str]) -> Rows:
        """transfer A B cash 100 [as name]"""
        source, target, asset, amount, *rest = words
        options = Options(rest, {"as": "as"})
        return build.transfer(
            self.account(source), self.account(target), self._asset(asset), number(amount),
            options.text("as").encode(),
        )  # fmt: skip

    def do_settle(self, words: list[str]) -> Rows:
        """settle h1 [A]: a withdrawal has left the venue"""
        return build.withdraw_settle(self.hold(words[0]), self.account(words[1]) if words[1:] else 0)

    def do_refuse(self, words: list[str]) -> Rows:
        """refuse h1 [A]: a withdrawal"""
        return build.withdraw_refuse(self.hold(words[0]), self.account(words[1]) if words[1:] else 0)

    def do_release(self, words: list[str]) -> Rows:
        """release h1 [A]: of a frozen balance"""
        return build.release_balance(self.hold(words[0]), self.account(words[1]) if words[1:] else 0)

    def _move(self, kind: Callable[..., Rows], words: list[str]) -> Rows:
        account, asset, amount, *rest = words
        options = Options(rest, {"as": "as", "ref": "ref"})
        name = options.text("as").encode()
        return kind(self.account(account), self._asset(asset), number(amount), name, options.number("ref"))

    def _asset(self, name: str) -> int:
        return self.assets[name] if name in self.assets else int(name)

    # --- Time and operators --------------------------------------------------------------------------

    def do_wait(self, words: list[str]) -> None:
        """wait 5s: the next command comes later; nothing is sent"""
        self.now_ns += duration(words[0])

    def do_tick(self, words: list[str]) -> Rows:
        return build.tick()

    def do_continue(self, words: list[str]) -> Rows:
        return build.continue_work()

    def do_status(self, words: list[str]) -> Rows:
        """status HALTED [J]"""
        name = words[1] if words[1:] else "I"
        return build.set_status(self.instruments[name], InstrumentStatus[words[0]])

    def do_amend(self, words: list[str]) -> Rows:
        """amend [J] qty_max_lots=9 ...: other bounds stay as they are"""
        name = "I" if not words or "=" in words[0] else words[0]
        self.terms[name] |= {key: number(value) for key, value in (word.split("=") for word in words if "=" in word)}
        bounds = {key: value for key, value in self.terms[name].items() if key not in TERMS}
        return build.amend_instrument(self.instruments[name], **bounds)

    def do_instrument(self, words: list[str]) -> Rows:
        """instrument J base=gold quote=cash [qty_max_lots=9 ...]"""
        pairs = dict(word.split("=") for word in words[1:])
        base, quote = (self._asset(pairs.pop(which)) for which in ("base", "quote"))
        self.instruments[words[0]] = len(self.both.model.venue.instruments) + 1
        self.terms[words[0]] = BOUNDS | {key: number(value) for key, value in pairs.items()}
        return build.list_instrument(words[0], base, quote, **self.terms[words[0]])

    def do_asset(self, words: list[str]) -> Rows:
        """asset gold [decimals=2] [class=5]"""
        pairs = {key: number(value) for key, value in (word.split("=") for word in words[1:])}
        self.assets[words[0]] = len(self.both.model.venue.assets) + 1
        return build.list_asset(words[0], pairs.get("decimals", 2), pairs.get("class", AssetClass.COIN))

    def do_fees(self, words: list[str]) -> Rows:
        """fees maker=100 taker=200 [schedule=0] [tier=0], in millionths"""
        pairs = {key: number(value) for key, value in (word.split("=") for word in words)}
        return build.set_fees(pairs.get("schedule", 0), pairs.get("tier", 0), pairs["maker"], pairs["taker"])

    def do_limit(self, words: list[str]) -> Rows:
        """limit orders 5"""
        return build.set_limit(Limit[words[0].upper()], number(words[1]))

    def do_open(self, words: list[str]) -> Rows:
        """open A [tier=1], or A.x below A; or `below=99` for a number. It has no money."""
        pairs = {key: number(value) for key, value in (word.split("=") for word in words if "=" in word)}
        master, dot, _ = words[0].partition(".")
        above = self.account(master) if dot else pairs.get("below", 0)
        self.accounts[words[0]] = len(self.both.model.venue.accounts) + 1
        return build.open_account(above, pairs.get("tier", 0))

    def do_tier(self, words: list[str]) -> Rows:
        """tier A 3"""
        return build.set_account(self.account(words[0]), number(words[1]))

    def do_freeze_account(self, words: list[str]) -> Rows:
        return build.freeze_account(self.account(words[0]))

    def do_unfreeze_account(self, words: list[str]) -> Rows:
        return build.unfreeze_account(self.account(words[0]))

    def do_send(self, words: list[str]) -> Rows:
        """send PLACE side=9 ... [| display_lots=-1 ...]: any row with any numbers, data rows behind bars"""
        kind = Command[words[0]] if words[0] in Command.__members__ else int(words[0])
        shapes = RULES[kind][1] if kind in RULES else [[]]
        parts = " ".join(words[1:]).split("|")
        rows = []
        for place, part in enumerate(parts):
            shape = max(shapes, key=len)
            dtype = family(kind) if place == 0 else shape[place - 1] if place <= len(shape) else COMMAND
            row = np.zeros(1, dtype)
            row["kind"] = kind if place == 0 else Command.DATA
            if place == 0:
                row["data_rows"] = len(parts) - 1
            for key, value in (word.split("=") for word in part.split()):
                row[key] = self.account(value) if value in self.accounts else number(value)
            rows.append(row.view(COMMAND))
        return build.join(*rows)

    # --- Questions -------------------------------------------------------------------------------------

    def ask_balance(self, words: list[str]) -> None:
        """balance A cash free=90 [held=10] [named=0]"""
        found = self.both.model.balances().get((self.account(words[0]), self._asset(words[1])), (0, 0, 0))
        named = dict(zip(("free", "held", "named"), found, strict=True))
        wanted = {key: number(value) for key, value in (word.split("=") for word in words[2:])}
        if any(named[key] != value for key, value in wanted.items()):
            raise AssertionError(f"the balance is {named}")

    def ask_book(self, words: list[str]) -> None:
        """book #1 4 @ 10, #2 3 @ 9 | #3 5 @ 12: bids and asks on show, in the order they would be met"""
        self._ask_queues(words, "bids", "asks")

    def ask_stops(self, words: list[str]) -> None:
        """stops #4 2 @ 12 | #5 1 @ 8: waiting to buy and to sell, lowest trigger first"""
        self._ask_queues(words, "buy_stops", "sell_stops")

    def _ask_queues(self, words: list[str], left: str, right: str) -> None:
        book = self.both.model.book(1)
        found = " | ".join(
            ", ".join(f"#{self.orders.index(order) + 1} {shown} @ {price}" for price, order, _, shown in book[side])
            for side in (left, right)
        )
        if found.split() != " ".join(words).split():
            raise AssertionError(f"it is: {found}")

    def ask_last(self, words: list[str]) -> None:
        """last 10: the price of the last trade"""
        if self.both.model.venue.instruments[1].last_price != number(words[0]):
            raise AssertionError(f"it is {self.both.model.venue.instruments[1].last_price}")

    def ask_pending(self, words: list[str]) -> None:
        """pending yes, or no: whether CONTINUE is needed"""
        if self.both.machine.pending() != (words[0] == "yes"):
            raise AssertionError(f"it is {self.both.machine.pending()}")
