"""Black-76 against QuantLib, on a grid: 1e-8 relative.

Values near nothing are compared to 1e-15 of what the number is measured in (the forward for a price, one for a delta):
QuantLib takes a put's tail of the normal distribution as one less the other side, which leaves it that much. A price is
then wrong by less than a ten-thousandth of a micro-dollar at most, whatever the forward of the grid.
"""

from itertools import product

import numpy as np
import pytest

from emporion.instruments.black76 import greeks, implied_vol, price

ql = pytest.importorskip("QuantLib", reason="no QuantLib to compare with: pip install quantlib")

FORWARDS = [0.5, 100.0, 60_000.0]
MONEYNESS = [0.3, 0.6, 0.9, 1.0, 1.1, 1.5, 3.0]
VOLS = [0.05, 0.2, 0.8, 2.0]
YEARS = [1 / 8760, 1 / 52, 0.5, 3.0]
DISCOUNTS = [1.0, 0.97, 0.7]
GRID = np.array(list(product(FORWARDS, MONEYNESS, VOLS, YEARS, DISCOUNTS, [1.0, 0.0])))
FORWARD, RATIO, VOL, TIME, DISCOUNT, CALL = GRID.T
STRIKE, IS_CALL = FORWARD * RATIO, CALL == 1.0
RELATIVE, ABSOLUTE = 1e-8, 1e-15


def theirs(forward, ratio, vol, years, discount, call):
    kind = ql.Option.Call if call else ql.Option.Put
    black = ql.BlackCalculator(ql.PlainVanillaPayoff(kind, forward * ratio), forward, vol * years**0.5, discount)
    worth, delta = black.value(), black.deltaForward()
    rho = black.rho(years) - years * forward * delta  # QuantLib's holds the spot price still, ours the forward.
    return worth, delta, black.gammaForward(), black.vega(years), black.theta(forward, years), rho


THEIRS = dict(
    zip(["price", "delta", "gamma", "vega", "theta", "rho"], np.array([theirs(*row) for row in GRID]).T, strict=True)
)
# What one of each is measured in; the difference behind rho cancels a term of the forward's size.
SCALES = {
    "price": FORWARD, "delta": np.ones(len(GRID)), "gamma": 1 / FORWARD, "vega": FORWARD, "theta": FORWARD,
    "rho": FORWARD * TIME,
}  # fmt: skip


@pytest.mark.parametrize("name", list(SCALES))
def test_equal_to_quantlib(name):
    ours = getattr(greeks(FORWARD, STRIKE, TIME, VOL, IS_CALL, DISCOUNT), name)
    allowed = RELATIVE * np.abs(THEIRS[name]) + ABSOLUTE * SCALES[name]
    worst = int(np.argmax(np.abs(ours - THEIRS[name]) / allowed))
    assert np.all(np.abs(ours - THEIRS[name]) <= allowed), (
        f"{GRID[worst]}: {ours[worst]}, QuantLib {THEIRS[name][worst]}"
    )


def test_prices_alone_are_those_of_the_greeks():
    whole = greeks(FORWARD, STRIKE, TIME, VOL, IS_CALL, DISCOUNT).price
    assert np.array_equal(price(FORWARD, STRIKE, TIME, VOL, IS_CALL, DISCOUNT), whole)


def test_volatilities_of_quantlibs_prices():
    clear = ((RATIO >= 1.0) == CALL) & (THEIRS["price"] > 1e-4 * FORWARD) & (THEIRS["price"] < 0.7 * DISCOUNT * FORWARD)
    clear &= THEIRS["price"] < 0.7 * DISCOUNT * STRIKE
    assert clear.sum() > 300
    at = [array[clear] for array in (THEIRS["price"], FORWARD, STRIKE, TIME, IS_CALL, DISCOUNT)]
    assert np.max(np.abs(implied_vol(*at) / VOL[clear] - 1.0)) < RELATIVE
