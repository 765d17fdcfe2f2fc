"""Take the pictures of the page that docs/ shows: a demonstration, a trader with some orders, an operator.

Usage: python -m scripts.make_pictures [SECONDS]   lets the simulated traders trade so long first (120)
"""

import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import chromium, open_page

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
COLOURS = 256  # A palette: a page has few colours, and the file is a third of the size.
PORT = 8_099
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
ORDERS = [("Buy", 0.997, "0.05"), ("Buy", 0.994, "0.02"), ("Sell", 1.003, "0.03"), ("Buy", 0.99, "0.1")]


def main(arguments: list[str]) -> int:
    seconds = float(arguments[0]) if arguments else 120.0
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "emporion", "serve", "--dir", f"{folder}/venue", "--port", str(PORT), "--demo",
            "--rate", "400",
        ]  # fmt: skip
        server = subprocess.Popen(command, cwd=ROOT)
        try:
            print(f"pictures: traders trade for {seconds:.0f} s", flush=True)
            time.sleep(seconds)
            with chromium() as browser:
                take(browser, f"http://127.0.0.1:{PORT}/")
        finally:
            server.terminate()
            server.wait()
    return 0


def take(browser: Browser, url: str) -> None:
    page = enter(browser, url, "trader")
    buy(page)
    place_some(page)
    keep(page, "page.png")
    margin(enter(browser, url, "trader"), url)
    phone = enter(browser, url, "trader", viewport=PHONE, device_scale_factor=2)
    keep(phone, "page-phone.png")
    chinese = enter(browser, url, "trader", color_scheme="light", locale="zh-TW")
    buy(chinese)
    keep(chinese, "page-zh.png")
    operator = enter(browser, url, "operator")
    operator.goto(f"{url}#/operator")
    keep(operator, "page-operator.png")


def enter(browser: Browser, url: str, role: str, **context: object) -> Page:
    page = open_page(browser, url, **({"viewport": DESK} | context))
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id(f"demo-{role}").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.wait_for_timeout(2_500)
    return page


def margin(page: Page, url: str) -> None:
    """A perpetual and an event on one pool of margin, why it is what it is, and the option chain."""
    page.goto(f"{url}#/margin")
    page.get_by_test_id("open-margin").click()
    page.get_by_test_id("required").wait_for()
    for instrument, side, qty in (("BTC-PERP", "Buy", "0.5"), ("LARGEST-NVDA", "Buy", "4000")):
        page.goto(f"{url}#/trade/{instrument}")
        page.get_by_test_id("contract-facts").wait_for()
        ticket = page.get_by_role("region", name="Order ticket")
        ticket.get_by_role("radio", name=side, exact=True).click()
        page.get_by_role("button", name="Ask", exact=True).click()
        ticket.get_by_label("Quantity").fill(qty)
        page.get_by_test_id("submit-order").click()
        page.wait_for_timeout(1_000)
    page.goto(f"{url}#/margin")
    page.wait_for_timeout(6_000)  # The notices have gone by then.
    keep(page, "page-margin.png")
    page.goto(f"{url}#/options")
    keep(page, "page-options.png")


def buy(page: Page) -> None:
    """Something at the market, so that there is a position to show."""
    page.locator(".kinds [role=radio]").nth(1).click()
    page.locator("#ticket-qty").fill("0.02")
    page.get_by_test_id("submit-order").click()
    page.wait_for_timeout(500)
    page.locator(".kinds [role=radio]").nth(0).click()


def place_some(page: Page) -> None:
    last = float(page.get_by_test_id("last").inner_text().replace(",", ""))
    ticket = page.get_by_role("region", name="Order ticket")
    for side, share, qty in ORDERS:
        ticket.get_by_role("radio", name=side, exact=True).click()
        ticket.get_by_label("Price").fill(f"{last * share:.1f}")
        ticket.get_by_label("Quantity").fill(qty)
        page.get_by_test_id("submit-order").click()
        page.wait_for_timeout(400)
    ticket.get_by_label("Quantity").fill("0.25")  # Without sending: the preview tells what it would cost.
    page.wait_for_timeout(6_000)  # The notices have gone by then.


def keep(page: Page, name: str) -> None:
    page.wait_for_timeout(1_500)
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)
    print(f"pictures: {name}, {(IMAGES / name).stat().st_size // 1024} KiB", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
