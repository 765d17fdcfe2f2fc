"""The study of a bubble in a real browser: a price that ran away, its gauge, the dialog, and what it cannot say."""

import re
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Locator, expect

from tests.e2e.browser import open_page, serious_faults
from tests.gateway.served import Served, good
from tests.services.test_gauges import Lived

COUNT = 120  # Candles, of a second each.
STUDY_MS = 60_000  # A study is made by a process of low priority.


def approaching() -> list[float]:
    """Ticks of a price ten seconds from its critical time."""
    x = 10.0 + np.arange(COUNT)[::-1]
    path = 9.21 + 1.5 * (1.0 - (x / x[0]) ** 0.3 * (1.0 + 0.05 * np.cos(6.5 * np.log(x))))
    noise = 0.002 * np.random.default_rng(5).standard_normal(COUNT)
    return [round(float(ticks)) for ticks in np.exp(path + noise)]


def numbers(path: Locator) -> list[tuple[float, float]]:
    """The points of a line drawn as SVG."""
    drawn = path.get_attribute("d") or ""
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", drawn)]


def studied(served: Served) -> dict[str, Any]:
    """The study as the door tells it, once it is there."""
    end = time.monotonic() + STUDY_MS / 1_000
    while True:
        answer = served.public().get("/v1/gauge", instrument="BTC/USDC")
        if answer.status_code == 200 and (study := good(answer))["prices"]:
            return study
        assert time.monotonic() < end, "no study was made"
        time.sleep(0.1)


def test_a_price_that_ran_away_has_a_gauge_and_a_study(tmp_path: Path, browser: Browser):
    Lived(approaching(), tmp_path / "venue").close()
    with Served(tmp_path / "venue") as served:
        page = open_page(browser, f"{served.url}/#/trade/BTC/USDC")
        told = studied(served)
        page.reload()
        gauge = page.get_by_test_id("gauge")
        expect(gauge).to_contain_text("Explosive", timeout=STUDY_MS)
        gauge.click()

        dialog = page.get_by_role("dialog", name="Is BTC/USDC a bubble?")
        strength = {"strong": "Strong evidence", "fair": "Fair evidence"}[told["gauge"]["strength"]]
        expect(dialog.locator(".evidence")).to_contain_text(strength)
        expect(dialog.locator(".study-facts")).to_contain_text("Explosive")
        expect(dialog.locator(".study-facts")).to_contain_text("Critical time")
        expect(dialog.get_by_role("list").last.get_by_role("listitem")).to_have_count(4)
        expect(dialog).to_contain_text("What this cannot say")

        # The pictures are of what the door told: every price, the stretch, the path above its line at the end.
        price = dialog.get_by_role("img", name="Price, with explosive stretches shaded")
        drawn = numbers(price.locator("path.price"))
        assert len(drawn) == COUNT and drawn[-1][1] < drawn[0][1], "up is towards the top"
        expect(price.locator("rect.stretch")).to_have_count(len(told["episodes"]))
        expect(price.locator("line.fan")).to_have_count(len(told["critical_times_ns"]) + 1)  # And their median.
        assert len(told["critical_times_ns"]) > 0
        path = dialog.get_by_role("img", name="BSADF against its critical line")
        bsadf, line = numbers(path.locator("path.bsadf")), numbers(path.locator("path.line"))
        assert len(bsadf) == len(line) == len(told["bsadf"]) and bsadf[-1][1] < line[-1][1]
        assert serious_faults(page) == []

        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(gauge).to_be_focused()
        assert page.complaints == []


def test_a_price_without_a_past_says_so(served: Served, browser: Browser):
    page = open_page(browser, f"{served.url}/#/trade/BTC/USDC")
    gauge = page.get_by_test_id("gauge")
    expect(gauge).to_contain_text("Measuring")
    gauge.click()
    dialog = page.get_by_role("dialog", name="Is BTC/USDC a bubble?")
    expect(dialog).to_contain_text("There is nothing to say yet")
    expect(dialog.get_by_role("img")).to_have_count(0)
    assert serious_faults(page) == []
    assert page.complaints == []
