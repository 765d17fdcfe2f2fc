"""A stranger comes to the page, signs up, trades, and sees it all move: a real browser, a real venue."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.browser import open_page, serious_faults
from tests.gateway.served import PASSWORD, Served, good

NETWORK = "console: "  # A server that is away is said in the console by the browser itself.


def sign_up(page: Page, login: str) -> None:
    page.get_by_test_id("sign-in").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="New here?").click()
    dialog.get_by_label("Login").fill(login)
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign up", exact=True).click()
    expect(page.get_by_test_id("sign-out")).to_be_visible()


def place(page: Page, side: str, price: str, qty: str) -> None:
    ticket = page.get_by_role("region", name="Order ticket")
    ticket.get_by_role("radio", name=side, exact=True).click()
    ticket.get_by_label("Price").fill(price)
    ticket.get_by_label("Quantity").fill(qty)
    ticket.get_by_test_id("submit-order").click()


def table(page: Page, name: str) -> Locator:
    """The rows under the chart behind one of its tabs."""
    page.get_by_role("tab", name=re.compile(name)).click()
    return page.get_by_role("table", name=name, exact=True).locator("tbody tr")


def trader(served: Served, browser: Browser, login: str, **context) -> Page:
    """A page signed up and funded, live on BTC/USDC."""
    page = open_page(browser, f"{served.url}/", **context)
    sign_up(page, login)
    served.act("deposit", account=login, asset="USDC", amount="250000")
    expect(page.get_by_test_id("link")).to_have_attribute("data-state", "live")
    return page


def test_a_stranger_signs_up_trades_and_sees_it(served: Served, browser: Browser):
    page = trader(served, browser, "newcomer")
    balances = table(page, "Balances")
    expect(balances.filter(has_text="USDC")).to_contain_text("250,000")

    # It rests, in the table of open orders and in the book.
    place(page, "Buy", "99000", "1.5")
    orders = table(page, "Open orders")
    expect(orders).to_have_count(1)
    expect(orders.first).to_contain_text("99,000")
    book = page.get_by_role("region", name="Order book")
    expect(book).to_contain_text("99,000.0")

    # Changed in place.
    orders.first.get_by_role("button", name="Edit order").click()
    orders.first.get_by_label("Price").fill("99500")
    orders.first.get_by_role("button", name="Save").click()
    expect(orders.first).to_contain_text("99,500")

    # Somebody else sells into it: fill, balances, last price, chart, tape.
    bob = served.api("bob")
    good(bob.place("sell", "0.5", "99500"), 201)
    expect(page.get_by_test_id("last")).to_have_text("99,500.0")
    expect(page.get_by_role("region", name="Trades", exact=True)).to_contain_text("99,500.0")
    expect(table(page, "Fills")).to_have_count(1)
    expect(table(page, "Balances").filter(has_text="BTC")).to_contain_text("0.5")
    expect(table(page, "Open orders").first).to_contain_text("0.5")
    candles = good(served.public().get("/v1/candles", instrument="BTC/USDC", interval="1m"))["items"]
    assert candles[-1]["close"] == "99500" or float(candles[-1]["close"]) == 99500

    # Cancelled in place.
    table(page, "Open orders").first.get_by_role("button", name="Cancel order").click()
    expect(page.get_by_text("No open orders.")).to_be_visible()
    assert page.complaints == []


def test_the_page_survives_a_restart_of_the_server(served: Served, browser: Browser):
    page = trader(served, browser, "patient")
    place(page, "Buy", "98000", "1")
    expect(table(page, "Open orders")).to_have_count(1)
    link = page.get_by_test_id("link")

    served.stop()
    expect(link).to_have_attribute("data-state", "down")
    expect(table(page, "Open orders")).to_have_count(1)  # Still shown, as it was last known.
    served.start()

    expect(link).to_have_attribute("data-state", "live")
    expect(table(page, "Open orders")).to_have_count(1)
    good(served.api("bob").place("sell", "0.25", "98000"), 201)
    expect(page.get_by_test_id("last")).to_have_text("98,000.0")
    expect(table(page, "Fills")).to_have_count(1)
    assert [said for said in page.complaints if not said.startswith(NETWORK)] == []


def test_a_click_on_a_price_fills_the_ticket_and_the_preview_tells_the_hold(served: Served, browser: Browser):
    good(served.api("bob").place("sell", "2", "100500"), 201)
    page = trader(served, browser, "careful")
    page.get_by_role("region", name="Order book").get_by_text("100,500.0").first.click()
    ticket = page.get_by_role("region", name="Order ticket")
    expect(ticket.get_by_label("Price")).to_have_value(re.compile(r"^100500(\.0)?$"))
    ticket.get_by_label("Quantity").fill("1")
    expect(ticket).to_contain_text("100,600.5")  # Notional, fee of a thousandth, and the atom of DESIGN: 100600.500001.


def test_a_problem_is_said_where_it_is(served: Served, browser: Browser):
    page = trader(served, browser, "hasty")
    place(page, "Buy", "99000", "1000")
    expect(page.get_by_role("region", name="Order ticket")).to_contain_text(re.compile("balance|funds", re.I))
    expect(table(page, "Open orders")).to_have_count(0)


def test_whoever_is_signed_in_elsewhere_is_signed_out_from_here(served: Served, browser: Browser):
    page = open_page(browser, f"{served.url}/")
    sign_up(page, "roaming")
    elsewhere = [served.public() for _ in range(2)]
    for client in elsewhere:
        good(client.post("/v1/session", {"login": "roaming", "password": PASSWORD}, headers={"user-agent": "Kiosk/1"}))
    page.get_by_role("navigation").get_by_role("link", name="API keys").click()
    rows = page.get_by_role("table", name="Where you are signed in").locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="this one")).to_contain_text("Chrome")
    rows.filter(has_text="Kiosk/1").first.get_by_role("button", name="End").click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="End all others").click()
    page.get_by_role("dialog").get_by_role("button", name="End all others").click()
    expect(rows).to_have_count(1)
    assert [client.get("/v1/session").status_code for client in elsewhere] == [401, 401]
    assert page.request.get(f"{served.url}/v1/session").ok


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(served: Served, browser: Browser, scheme: str):
    good(served.api("bob").place("sell", "2", "100500"), 201)
    page = open_page(browser, f"{served.url}/", color_scheme=scheme)
    expect(page.get_by_role("region", name="Order book")).to_contain_text("100,500.0")
    assert serious_faults(page) == []
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    sign_up(page, "seeing")
    served.act("deposit", account="seeing", asset="USDC", amount="250000")
    for place_name in ("Portfolio", "Statement", "API keys", "Settings"):
        page.get_by_role("navigation").get_by_role("link", name=place_name).click()
        page.wait_for_timeout(300)
        assert serious_faults(page) == [], place_name


@pytest.mark.parametrize(("language", "word"), [("繁體中文", "登入"), ("简体中文", "登录"), ("English", "Sign in")])
def test_it_speaks_three_languages_at_any_width(served: Served, browser: Browser, language: str, word: str):
    page = open_page(browser, f"{served.url}/")
    page.get_by_label(re.compile("Language|語言|语言")).select_option(label=language)
    expect(page.get_by_test_id("sign-in")).to_have_text(word)
    expect(page.locator("html")).to_have_attribute("lang", re.compile("en|zh-Hant|zh-Hans"))
    for width in (360, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert sideways <= 0, f"{sideways} px too wide at {width}"
