"""docs/client.md does what it says: its blocks are one program, run against a real server."""

import contextlib
import io

from emporion.client import connect
from tests.client.serving import serving
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "client.md"


def test_the_blocks_print_what_the_page_says():
    everything = list(blocks(PAGE))
    assert sum(block.language == "py" for block in everything) > 6
    with serving() as served:
        served.venue.open_account("house")
        key = served.key("house", "house", ("read", "trade", "withdraw", "operate"))
        names: dict[str, object] = {"__name__": "__main__", "KEY": key["key"], "SECRET": key["secret"]}
        for block, behind in zip(everything, [*everything[1:], None], strict=True):
            if block.language != "py":
                continue
            text = block.text.replace("http://127.0.0.1:8000", served.url)
            code = compile("\n" * (block.line - 1) + text, str(block.path), "exec")
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(code, names)
            if behind is not None and behind.language == "text":
                assert printed.getvalue() == behind.text, block.where


def test_what_the_page_says_is_not_there_is_not_there():
    with connect("http://127.0.0.1:1") as venue:
        there = set(dir(type(venue)))
    assert not there & {"table", "events", "journal", "snapshot", "fork", "submit", "node"}
    assert {"candles", "ticker", "tickers", "preview", "holds", "order_history", "fees", "state"} <= there
