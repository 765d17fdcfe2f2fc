"""Health, readiness, metrics, the OpenAPI document and its page."""

from typing import Literal

import msgspec

from emporion.gateway.call import Answer, Call
from emporion.gateway.docs_page import STYLE
from emporion.gateway.door import Door
from emporion.gateway.link.questions import Fees
from emporion.gateway.router import Route
from emporion.gateway.security import PAGES
from emporion.wire.values import Seq

PROMETHEUS = b"text/plain; version=1.0.0; charset=utf-8"
CACHED = (*PAGES, (b"cache-control", b"no-cache"))


class Health(msgspec.Struct, frozen=True):
    """This process answers."""

    status: Literal["ok"]
    seq: Seq


async def health(door: Door, call: Call) -> Health:
    return Health("ok", door.link.seq)


async def ready(door: Door, call: Call) -> Health:
    """Asks the node, which does not answer once it has stopped."""
    return Health("ok", (await door.link.ask(Fees())).seq)


async def metrics(door: Door, call: Call) -> Answer:
    return Answer(door.metrics.text(), content_type=PROMETHEUS)


async def document(door: Door, call: Call) -> Answer:
    return Answer(door.openapi)


async def docs(door: Door, call: Call) -> Answer:
    return Answer(door.docs, content_type=b"text/html; charset=utf-8", headers=CACHED, is_page=True)


async def docs_style(door: Door, call: Call) -> Answer:
    return Answer(STYLE, content_type=b"text/css; charset=utf-8", headers=CACHED, is_page=True)


ROUTES = (
    Route("GET", "/healthz", health, "This process answers.", "service", result=Health),
    Route("GET", "/readyz", ready, "The venue answers: orders are taken.", "service", result=Health, problems=(503,)),
    Route("GET", "/metrics", metrics, "Figures for Prometheus.", "service", content_type="text/plain"),
    Route("GET", "/openapi.json", document, "This API as an OpenAPI 3.1 document.", "service"),
    Route("GET", "/docs", docs, "This API as a page.", "service", content_type="text/html"),
    Route("GET", "/docs.css", docs_style, "The style of that page.", "service", content_type="text/css"),
)
