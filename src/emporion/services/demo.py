"""The demonstration: a crowd of makers and takers, and the thread that lets them act at a steady rate."""

import logging
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from emporion.engine.node import Answer, Node
from emporion.engine.sequencer import Sequencer
from emporion.errors import EmporionError
from emporion.schema import build
from emporion.schema.codes import Event, Limit, OrderFlag, Reject, Side
from emporion.services.contract_fairs import ContractFairs
from emporion.services.contract_listings import ContractTerms
from emporion.services.keeper import Keeper
from emporion.services.listings import Terms
from emporion.services.makers import Intent, Maker, Quote, Taker, Top, Walk, tops_of
from emporion.services.setting_up import funds_atoms, numbers_of, set_up
from emporion.services.setting_up_contracts import DOLLAR, TRADER_DOLLARS, demo_groups, set_up_contracts

POOR = (Reject.INSUFFICIENT_FUNDS, Reject.INSUFFICIENT_MARGIN)
CONTRACT_SHARE = 0.4  # Of all commands.
KEEPER_NS = 1_000_000_000  # Between rounds of the keeper.
MAKER_SHARE = 0.82  # Of all commands.
STEP_SECONDS = 0.05
BURST_COMMANDS = 500  # The most that one step sends, however long the last one took.
log = logging.getLogger(__name__)


class Styles(NamedTuple):
    """How the members of a crowd differ."""

    makers: tuple[tuple[float, float, float], ...]  # width, step and size of each
    takers: tuple[float, ...]  # size of each


DELIVERY = Styles(((1.0, 0.9, 1.0), (1.5, 1.3, 1.8), (2.4, 2.1, 3.0)), (0.4, 0.7, 1.0, 1.5, 2.5, 4.0))
CONTRACTS = Styles(((1.0, 0.9, 1.0), (1.7, 1.4, 2.0)), (0.5, 1.0, 2.0))
Listed = Terms | ContractTerms


class Fairs(Protocol):
    """What a crowd thinks things are worth."""

    def advance(self, now_ns: int) -> None: ...

    def fair_ticks(self, instrument_id: int) -> float: ...


class Seen(NamedTuple):
    """What the crowd looks at before it acts."""

    tops: dict[int, Top]
    orders: dict[int, list[tuple[int, Quote, int]]]  # By account: instrument, order, side.


class Crowd:
    """All simulated traders. Decides what to send, and learns from the answers; sends nothing itself."""

    def __init__(
        self, instruments: Mapping[int, Listed], account_ids: list[int], seen: Seen, fairs: Fairs,
        rng: np.random.Generator, styles: Styles,
    ) -> None:  # fmt: skip
        self._instruments = dict(instruments)
        self._rng = rng
        self._fairs = fairs
        self._ids = np.array(sorted(instruments))
        activity = np.array([instruments[key].activity for key in self._ids.tolist()])
        self._share = activity / activity.sum()
        split = len(styles.makers)
        pairs = zip(account_ids[:split], styles.makers, strict=True)
        self.makers = {account_id: Maker(account_id, *style, rng) for account_id, style in pairs}
        self.takers = [Taker(each, size, rng) for each, size in zip(account_ids[split:], styles.takers, strict=True)]
        self._spare = [
            Intent(maker.account_id, rows, 0, 0)
            for maker in self.makers.values()
            for rows in maker.adopt(seen.orders.get(maker.account_id, []))
        ]
        self._poor: set[tuple[int, int, int]] = set()  # account, instrument, side that lacked funds.

    def opening(self, now_ns: int, tops: Mapping[int, Top]) -> list[Intent]:
        """What brings every ladder into shape at once: all of it on a new venue, little after a restart."""
        self._fairs.advance(now_ns)
        intents, self._spare = self._spare, []
        for instrument_id, terms in self._instruments.items():
            fair, top = self._fairs.fair_ticks(instrument_id), tops[instrument_id]
            for maker in self.makers.values():
                intents += maker.act(instrument_id, terms, fair, top, every=True)
        return intents

    def decide(self, now_ns: int, tops: Mapping[int, Top], commands: int) -> list[Intent]:
        """The next commands of the crowd, about as many as asked for."""
        self._fairs.advance(now_ns)
        intents: list[Intent] = []
        busy: set[tuple] = set()  # A rung is mended once a step: its answer is not known before.
        for instrument_id in self._rng.choice(self._ids, commands, p=self._share).tolist():
            terms, top = self._instruments[instrument_id], tops[instrument_id]
            fair = self._fairs.fair_ticks(instrument_id)
            if self._rng.random() < MAKER_SHARE:
                maker = list(self.makers.values())[int(self._rng.integers(len(self.makers)))]
                for intent in maker.act(instrument_id, terms, fair, top):
                    if (maker.account_id, intent.rung) not in busy:
                        busy.add((maker.account_id, intent.rung))
                        intents.append(intent)
            else:
                taker = self.takers[int(self._rng.integers(len(self.takers)))]
                taking = taker.act(instrument_id, terms, fair, top, now_ns)
                if taking is not None:
                    intents.append(taking)
        return intents

    def learn(self, intents: list[Intent], answer: Answer) -> None:
        """Take in the answer to these commands, given in their order."""
        for event in answer.events:
            at = int(event["seq"]) - answer.first_seq
            intent = intents[at] if 0 <= at < len(intents) else None
            if intent is not None and event["kind"] == Event.REJECTED and event["reason"] in POOR:
                self._poor.add((intent.account_id, intent.instrument_id, intent.side))
            maker = self.makers.get(int(event["account_id"]))
            if maker is not None:
                own = intent is not None and intent.account_id == maker.account_id
                maker.learn(event, intent.rung if own and intent is not None else None)

    def deposits(self, numbers: Mapping[int, tuple[int, int]]) -> list[NDArray[np.void]]:
        """Fresh funds for accounts that ran out; `numbers` are base and quote asset by instrument."""
        rows = []
        for account_id, instrument_id, side in sorted(self._poor):
            base, quote = numbers[instrument_id]
            terms = self._instruments[instrument_id]
            if isinstance(terms, ContractTerms):
                rows.append(build.deposit(account_id, quote, TRADER_DOLLARS * DOLLAR // 10))
                continue
            base_atoms, quote_atoms = funds_atoms(terms)
            asset_id, atoms = (quote, quote_atoms) if side == Side.BUY else (base, base_atoms)
            rows.append(build.deposit(account_id, asset_id, atoms))
        self._poor.clear()
        return rows


class Demo:
    """Runs a crowd against a sequencer, by hand (`step`) or on a thread of its own (`start`)."""

    def __init__(self, sequencer: Sequencer, seed: int = 1, rate: float = 100.0) -> None:
        """Sets the venue up as far as it is not, and puts every ladder in shape; `rate` is commands a second, about."""
        self._sequencer, self._rate, self._clock = sequencer, rate, sequencer.node.clock
        self.failed: BaseException | None = None
        self.commands = 0
        self._crowds: list[Crowd] = []
        instruments, account_ids = set_up(sequencer, sum(map(len, DELIVERY)))
        first = account_ids[-1] + 2  # Behind the backstop's; visitors come after all of them.
        contracts, group_ids, traders = set_up_contracts(sequencer, sum(map(len, CONTRACTS)), first)
        self._ids = sorted([*instruments, *contracts])
        everybody = [*account_ids, *traders]
        seen, seq, self._assets = sequencer.call(lambda node: _see(node, self._ids, everybody)).result()
        # Another stretch of chance after each restart, and still the same for the same venue.
        self._rng = rng = np.random.default_rng([seed, seq])
        walk = Walk(instruments, seen.tops, rng)
        spots = {terms.base: number for number, terms in instruments.items()}
        fairs = ContractFairs(walk, spots, contracts, rng)
        self._crowds = [
            Crowd(instruments, account_ids, seen, walk, rng, DELIVERY),
            Crowd(contracts, traders, seen, fairs, rng, CONTRACTS),
        ]
        self._send(0, self._crowds[0].opening(self._clock.now_ns(), seen.tops))
        assets = numbers_of(sequencer, Limit.ASSETS)
        self.keeper = Keeper(sequencer, contracts, demo_groups(), group_ids, spots, assets)
        self._keep(self._clock.now_ns())  # Nobody trades a contract that has no mark.
        tops = sequencer.call(lambda node: _tops(node, self._ids)).result()
        self._send(1, self._crowds[1].opening(self._clock.now_ns(), tops))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo", daemon=True)

    def step(self, commands: int) -> int:
        """Look, act, learn; returns how many commands were sent."""
        now_ns = self._clock.now_ns()
        if now_ns - self._kept_ns >= KEEPER_NS:
            self._keep(now_ns)
        tops = self._sequencer.call(lambda node: _tops(node, self._ids)).result()
        of_contracts = int(self._rng.binomial(commands, CONTRACT_SHARE))
        shares = (commands - of_contracts, of_contracts)
        return sum(
            self._send(number, crowd.decide(now_ns, tops, share))
            for number, (crowd, share) in enumerate(zip(self._crowds, shares, strict=True))
        )

    def _keep(self, now_ns: int) -> None:
        self.keeper.round()
        self._kept_ns = now_ns

    def start(self) -> None:
        """Go on by itself until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, once the step under way is done. Orders stay as they are; the next start adopts them."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        due, before = 0.0, time.monotonic()
        try:
            while not self._stopping.wait(STEP_SECONDS):
                now = time.monotonic()
                due, before = min(due + (now - before) * self._rate, BURST_COMMANDS), now
                if due >= 1:
                    due -= self.step(int(due)) or int(due)
        except BaseException as error:
            self.failed = error
            if self._stopping.is_set():
                return
            if isinstance(error, EmporionError):
                log.error("the simulated traders stopped: %s", error)
            else:
                log.exception("the simulated traders stopped")

    def _send(self, number: int, intents: list[Intent]) -> int:
        """Submit commands of a crowd as one group, and deposits for whoever could not pay."""
        for start in range(0, len(intents), BURST_COMMANDS):
            part = intents[start : start + BURST_COMMANDS]
            answer = self._sequencer.submit(build.join(*(intent.rows for intent in part))).result()
            self._crowds[number].learn(part, answer)
            self.commands += len(part)
        deposits = self._crowds[number].deposits(self._assets)
        if deposits:
            self._sequencer.submit(build.join(*deposits)).result()
        return len(intents)


def _tops(node: Node, instrument_ids: list[int]) -> dict[int, Top]:
    """Best prices, copied between batches."""
    return tops_of(node.machine.state, instrument_ids)


def _see(node: Node, instrument_ids: list[int], account_ids: list[int]) -> tuple[Seen, int, dict[int, tuple[int, int]]]:
    """Best prices, the accounts' own resting orders, the sequence, and each instrument's assets."""
    state = node.machine.state
    rows = state.orders[1 : int(state.tables[Limit.ORDERS].high_water) + 1]
    rows = rows[(rows["order_id"] != 0) & np.isin(rows["account_id"], account_ids)]
    orders: dict[int, list[tuple[int, Quote, int]]] = {}
    for row in rows[(rows["flags"] & OrderFlag.STOP) == 0]:
        quote = Quote(int(row["order_id"]), int(row["price_ticks"]), int(row["qty_lots"]), int(row["leaves_lots"]))
        orders.setdefault(int(row["account_id"]), []).append((int(row["instrument_id"]), quote, int(row["side"])))
    listed = state.instruments[instrument_ids]
    assets = {
        key: (int(row["base_asset_id"]), int(row["quote_asset_id"]))
        for key, row in zip(instrument_ids, listed, strict=True)
    }
    return Seen(_tops(node, instrument_ids), orders), node.seq, assets
