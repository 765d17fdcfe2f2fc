"""What the simulated traders think contracts are worth: the underlying's walk, and what each kind makes of it.

A perpetual wanders a few basis points around its underlying, a future stands above it by the carry, an option is worth
Black-76 at a smile, and the chance of an outcome wanders by itself.
"""

import math
from collections.abc import Mapping

import numpy as np

from emporion.instruments.black76 import price as black76
from emporion.instruments.option import YEAR_NS
from emporion.schema.codes import ContractKind
from emporion.services.contract_listings import ONE_TICKS, ContractTerms
from emporion.services.listings import TICKS
from emporion.services.makers import SECOND_NS, Walk

CARRY = 0.06  # Of a year.
VOL, SKEW, BEND = 0.52, -0.06, 0.12  # Of the smile, by logarithm of strike over forward.
BASIS_HOME_S, BASIS_BPS = 600.0, 1.2  # How fast a perpetual comes back, and how far it strays in a second's root.
CHANCE_HOME_S, CHANCE_STEP = 20_000.0, 0.006


class ContractFairs:
    """Fair prices of contracts, in their ticks."""

    def __init__(
        self, walk: Walk, spots: Mapping[str, int], terms: Mapping[int, ContractTerms], rng: np.random.Generator
    ) -> None:
        """`spots`: the instrument whose walk each underlying is."""
        self._walk, self._spots, self._terms, self._rng = walk, dict(spots), dict(terms), rng
        self._stray = {key: 0.0 for key in terms}  # Basis points, or of an outcome logits.
        self._now_ns = 0

    def advance(self, now_ns: int) -> None:
        """Move what is the contracts' own on to this time; the walk of what they are on is moved by its own traders."""
        seconds = min((now_ns - self._now_ns) / SECOND_NS, 60.0) if self._now_ns else 0.0
        self._now_ns = max(now_ns, self._now_ns)
        if seconds <= 0:
            return
        for key, each in self._terms.items():
            is_outcome = each.kind == ContractKind.OUTCOME
            home, step = (CHANCE_HOME_S, CHANCE_STEP) if is_outcome else (BASIS_HOME_S, BASIS_BPS)
            kept = math.exp(-seconds / home)
            self._stray[key] = self._stray[key] * kept + step * math.sqrt(seconds) * self._rng.standard_normal()

    def fair_ticks(self, instrument_id: int) -> float:
        """What one of it is worth now."""
        each = self._terms[instrument_id]
        if each.kind == ContractKind.OUTCOME:
            chance = float(each.reference)
            odds = math.log(chance / (1.0 - chance)) + self._stray[instrument_id]
            return ONE_TICKS / (1.0 + math.exp(-odds))
        spot = self._walk.fair_ticks(self._spots[each.on]) * TICKS[each.on]
        if each.kind == ContractKind.PERPETUAL:
            return spot * (1.0 + 1e-4 * self._stray[instrument_id]) / float(each.tick)
        years = max(0.0, (each.expiry_ns - self._now_ns) / YEAR_NS)
        forward = spot * math.exp(CARRY * years)
        if each.kind == ContractKind.FUTURE:
            return forward / float(each.tick)
        strike = float(each.strike)
        away = math.log(strike / forward)
        vol = VOL + SKEW * away + BEND * away * away
        premium = black76(forward, strike, years, vol, each.kind == ContractKind.CALL)
        return max(1.0, float(premium) / float(each.tick))
