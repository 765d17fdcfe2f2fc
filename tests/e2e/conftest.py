"""Fixtures of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import CHROMIUM, ROOT, chromium
from tests.gateway.served import Served

PICTURES = ROOT / "build" / "e2e"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: sh scripts/browser.sh")
    with chromium() as browser:
        yield browser


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A venue in a folder, so that its server may be stopped and started again."""
    with Served(tmp_path / "venue") as served:
        yield served


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A test that fails leaves what its windows showed in build/e2e."""
    report = yield
    if report.when == "call" and report.failed and (browser := getattr(item, "funcargs", {}).get("browser")):
        PICTURES.mkdir(parents=True, exist_ok=True)
        pages = [page for context in browser.contexts for page in context.pages]
        for number, page in enumerate(pages):
            page.screenshot(path=PICTURES / f"{item.name}-{number}.png")
    return report


@pytest.fixture(autouse=True)
def no_windows_left(browser: Browser) -> Iterator[None]:
    yield
    for context in browser.contexts:
        context.close()
