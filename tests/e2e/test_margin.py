"""Contracts and margin in a real browser: a perpetual, why its margin is what it is, options, events."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import serious_faults
from tests.e2e.test_trading import place, table, trader
from tests.gateway import exchange
from tests.gateway.served import Served, good


@pytest.fixture
def perpetual(served: Served) -> str:
    """With a mark, and somebody who sells at it."""
    name = exchange.perpetual(served)
    bob = exchange.on_margin(served, "bob")
    good(bob.place("sell", "2", "101000", instrument=name), 201)
    return name


def go(page: Page, place_name: str) -> None:
    page.get_by_role("navigation", name="Places").get_by_role("link", name=place_name, exact=True).click()


def test_a_position_and_why_its_margin_is_what_it_is(served: Served, browser: Browser, perpetual: str):
    page = trader(served, browser, "margined")
    go(page, "Margin")
    page.get_by_test_id("open-margin").click()
    expect(page.get_by_test_id("required")).to_be_visible()

    page.goto(f"{served.url}/#/trade/{perpetual}")
    expect(page.get_by_test_id("contract-facts")).to_contain_text("Mark")
    place(page, "Buy", "101000", "0.5")
    row = table(page, "Positions")
    expect(row).to_have_count(1)
    expect(row.first).to_contain_text("0.5")

    go(page, "Margin")
    expect(page.get_by_role("img", name="Gain or loss of")).not_to_have_count(0)
    expect(page.get_by_role("table", name="Positions").locator("tbody tr")).to_have_count(1)
    assert serious_faults(page) == []

    page.goto(f"{served.url}/#/trade/{perpetual}")
    bob = served.one("bob")
    good(bob.place("buy", "2", "100000", instrument=perpetual), 201)
    table(page, "Positions").first.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_text("No positions.")).to_be_visible()
    assert page.complaints == []


def test_chains_and_cards(served: Served, browser: Browser):
    call, _ = exchange.option_pair(served)
    exchange.question(served)
    page = trader(served, browser, "looker")
    go(page, "Options")
    expect(page.get_by_role("button", name=f"12,000, trade {call}")).to_be_visible()
    assert serious_faults(page) == []
    go(page, "Events")
    expect(page.get_by_text("30%")).to_be_visible()
    assert serious_faults(page) == []
    page.get_by_role("button", name="Yes").first.click()
    expect(page.get_by_role("region", name="Order ticket")).to_be_visible()
    assert page.complaints == []
