"""The keeper: a client that keeps the prices, risk arrays and health of a venue's contracts up to date.

Each round it looks at the books, takes what the underlyings cost there for their index, makes marks (`marks`,
`smiles`), has the risk service work out arrays (`risk_arrays`), and submits what has changed: SET_RISK, SET_PRICE, and
a SWEEP that looks at the next margin accounts. It acts by commands alone, and whoever replays the journal sees them.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from emporion.engine.node import Node
from emporion.engine.sequencer import Sequencer
from emporion.instruments.future import WINDOW_NS
from emporion.instruments.option import YEAR_NS, averaged_years
from emporion.instruments.scenarios import Group
from emporion.schema import build, build_margin
from emporion.schema.codes import AssetClass, ContractKind, Event, Limit
from emporion.schema.limits import SWEEP_MAX
from emporion.services.contract_listings import ContractTerms
from emporion.services.listings import LISTINGS, QUOTE, TICKS
from emporion.services.makers import Top, tops_of
from emporion.services.marks import FutureMark, OutcomeMark, PerpetualMark
from emporion.services.risk_arrays import Bond, Linear, Option, RiskArrays, Target, commands
from emporion.services.smiles import Smile, marks

TOLERANCE = 0.005  # Arrays that moved by less than this part of their largest entry are left.
COLLATERAL_DOLLARS = 50_000_000  # Of one asset, that counts for an account.
CASH_CAP_ATOMS = 1 << 49  # Of the dollar stablecoin: half a billion.
FIRST_VOL = 0.52
NOTES_YEARS = 5
GROUP_OF = {
    "BTC": "BTC", "ETH": "ETH", "SOL": "SOL", "NVDA": "NVDA", "AAPL": "AAPL", "SPY": "SPY", "MSTR": "MSTR",
    "XAU": "GOLD", "EURC": "EUR", "USDT": "STABLE",
}  # fmt: skip
COIN_OF = {"MSTR": ("BTC", 1.4)}  # A treasury company's share moves with its coin, so many times.
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Look:
    """What the keeper sees of the venue between two batches."""

    tops: Mapping[int, Top]
    ended: frozenset[int]  # Contracts whose final price is known.
    margins: int
    ts_ns: int


class Keeper:
    """Call `round` every second or so."""

    def __init__(
        self, sequencer: Sequencer, contracts: Mapping[int, ContractTerms], groups: Mapping[str, Group],
        group_ids: Mapping[str, int], spots: Mapping[str, int], assets: Mapping[str, int],
    ) -> None:  # fmt: skip
        """`spots`: instrument on which each base trades; `assets`: numbers by name."""
        self._sequencer, self._contracts = sequencer, dict(contracts)
        self._spots, self._assets, self._group_ids = dict(spots), dict(assets), dict(group_ids)
        self._arrays = RiskArrays(groups, tolerance=TOLERANCE)
        self._add_assets()
        self._marks: dict[int, PerpetualMark | FutureMark | OutcomeMark] = {}
        self._smiles: dict[int, Smile] = {}  # By expiry.
        self._said: dict[int, tuple[int, int]] = {}
        for number, terms in self._contracts.items():
            self._add_contract(number, terms)

    def round(self) -> int:
        """Look, work out, submit; returns how many rows were sent."""
        look = self._sequencer.call(self._look).result()
        prices = self._prices(look)
        rows = [commands(self._arrays.changed(look.ts_ns), self._group_ids)]
        rows += [build_margin.set_value(asset_id, value) for asset_id, value in self._arrays.values()]
        rows += [
            build_margin.set_price(number, index, mark)
            for number, (index, mark) in prices.items()
            if self._said.get(number) != (index, mark) or self._contracts[number].kind == ContractKind.PERPETUAL
        ]
        self._said |= prices
        if look.margins:
            rows.append(build_margin.sweep(min(look.margins, SWEEP_MAX)))
        sent = build.join(*rows)
        if len(sent):
            events = self._sequencer.submit(sent).result().events
            refused = events[events["kind"] == Event.REJECTED]
            if len(refused):
                log.warning("the keeper was refused %d times, the first: %s", len(refused), refused[0])
        return len(sent)

    # --- What it keeps ---------------------------------------------------------------------------------

    def _add_assets(self) -> None:
        cash = Linear("STABLE", 1e-6, CASH_CAP_ATOMS, is_derivative=False, headroom=1)
        self._arrays.add(Target(asset_id=self._assets[QUOTE]), cash)
        for terms in LISTINGS:
            target = Target(asset_id=self._assets[terms.base], sold_on=self._spots[terms.base])
            atom = 10.0**-terms.decimals
            cap = int(COLLATERAL_DOLLARS / (float(terms.reference) * atom))
            if terms.asset_class == AssetClass.BOND:
                maturity_ns = self._sequencer.node.clock.now_ns() + NOTES_YEARS * YEAR_NS
                self._arrays.add(target, Bond("USD-RATES", 100.0 * atom, cap, 0.04, 2, maturity_ns))
            elif terms.base in GROUP_OF:
                coin, beta = COIN_OF.get(terms.base, (None, 0.0))
                self._arrays.add(target, Linear(GROUP_OF[terms.base], atom, cap, False, coin, beta))

    def _add_contract(self, number: int, terms: ContractTerms) -> None:
        lot, cap = float(terms.lot), terms.position_max_lots
        target = Target(instrument_id=number)
        if terms.kind == ContractKind.OUTCOME:
            self._marks[number] = OutcomeMark()  # Its array is the kernel's.
        elif terms.kind in (ContractKind.CALL, ContractKind.PUT):
            self._smiles.setdefault(terms.expiry_ns, Smile(FIRST_VOL))
            is_call = terms.kind == ContractKind.CALL
            self._arrays.add(
                target,
                Option(GROUP_OF[terms.on], float(terms.strike), terms.expiry_ns, is_call, lot, cap, WINDOW_NS),
            )
        else:
            is_perpetual = terms.kind == ContractKind.PERPETUAL
            self._marks[number] = PerpetualMark() if is_perpetual else FutureMark(terms.expiry_ns, WINDOW_NS)
            self._arrays.add(target, Linear(GROUP_OF[terms.on], lot, cap, is_derivative=True))

    # --- One round ---------------------------------------------------------------------------------------

    def _look(self, node: Node) -> Look:
        state = node.machine.state
        ids = [*self._spots.values(), *self._contracts]
        settled = state.contracts["is_settled"][state.instruments["contract"][ids]]
        ended = frozenset(key for key, is_settled in zip(ids, settled.tolist(), strict=True) if is_settled)
        return Look(tops_of(state, ids), ended, int(state.tables[Limit.MARGINS].live), node.clock.now_ns())

    def _prices(self, look: Look) -> dict[int, tuple[int, int]]:
        """Index and mark of each contract that trades, in its ticks; tells the risk service on the way."""
        spot = {base: self._middle(look.tops[number], TICKS[base]) for base, number in self._spots.items()}
        self._arrays.price(Target(asset_id=self._assets[QUOTE]), 1.0)
        for terms in LISTINGS:
            price = spot[terms.base]
            target = Target(asset_id=self._assets[terms.base], sold_on=self._spots[terms.base])
            if price is not None and (terms.base in GROUP_OF or terms.asset_class == AssetClass.BOND):
                self._arrays.price(target, price / 100.0 if terms.asset_class == AssetClass.BOND else price)
        prices: dict[int, tuple[int, int]] = {}
        for number, contract in self._contracts.items():
            if number in look.ended or number not in self._marks:
                continue
            index = spot.get(contract.on)
            mark = self._mark(number, contract, look, index)
            if mark is None:
                continue
            tick = float(contract.tick)
            mark_ticks = min(max(1, round(mark / tick)), contract.price_max_ticks)
            prices[number] = (0 if index is None else max(1, round(index / tick)), mark_ticks)
            if contract.kind != ContractKind.OUTCOME:
                self._arrays.price(Target(instrument_id=number), mark)
        for expiry_ns in self._smiles:
            prices |= self._option_prices(expiry_ns, spot, look)
        return prices

    def _mark(self, number: int, terms: ContractTerms, look: Look, index: float | None) -> float | None:
        top, tick = look.tops[number], float(terms.tick)
        bid, ask, last = (ticks * tick if ticks else None for ticks in (top.bid, top.ask, top.last))
        kept = self._marks[number]
        if isinstance(kept, OutcomeMark):
            known = kept.update(look.ts_ns, bid, ask, last)
            return float(terms.reference) if known is None else known  # Nobody may quote before there is a mark.
        return None if index is None else kept.update(look.ts_ns, index, bid, ask, last)

    def _option_prices(
        self, expiry_ns: int, spot: Mapping[str, float | None], look: Look
    ) -> dict[int, tuple[int, int]]:
        """The chain of one expiry, marked on one curve. Forwards are the future's mark of that day, else the index."""
        chain = [
            (number, terms)
            for number, terms in self._contracts.items()
            if terms.expiry_ns == expiry_ns and terms.strike and number not in look.ended
        ]
        index = spot[chain[0][1].on] if chain else None
        if index is None or look.ts_ns >= expiry_ns:
            return {}
        years = float(averaged_years((expiry_ns - look.ts_ns) / YEAR_NS, WINDOW_NS / YEAR_NS))
        forward = self._forward(expiry_ns, chain[0][1].on, index)
        strikes = np.array([float(terms.strike) for _, terms in chain])
        is_call = np.array([terms.kind == ContractKind.CALL for _, terms in chain])
        tick = np.array([float(terms.tick) for _, terms in chain])
        tops = [look.tops[number] for number, _ in chain]
        bids = np.array([top.bid or math.nan for top in tops]) * tick
        asks = np.array([top.ask or math.nan for top in tops]) * tick
        curve = self._smiles[expiry_ns].update(look.ts_ns, forward, years, strikes, bids, asks, is_call)
        values = marks(curve, forward, years, strikes, is_call)
        self._arrays.options([number for number, _ in chain], forward, curve.vols(forward, strikes, years))
        return {
            number: (max(1, round(index / step)), min(max(1, round(value / step)), terms.price_max_ticks))
            for (number, terms), value, step in zip(chain, values.tolist(), tick.tolist(), strict=True)
        }

    def _forward(self, expiry_ns: int, on: str, index: float) -> float:
        for number, terms in self._contracts.items():
            if terms.kind == ContractKind.FUTURE and terms.on == on and terms.expiry_ns == expiry_ns:
                said = self._said.get(number)
                if said is not None:
                    return said[1] * float(terms.tick)
        return index

    @staticmethod
    def _middle(top: Top, tick: float) -> float | None:
        if top.bid and top.ask:
            return 0.5 * (top.bid + top.ask) * tick
        return top.last * tick if top.last else None
