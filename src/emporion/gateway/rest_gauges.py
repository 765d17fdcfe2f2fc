"""Gauges: whether prices are explosive, from the venue's own candles. services/gauges.py keeps them."""

from typing import Annotated

from msgspec import Meta

from emporion.gateway.call import Call
from emporion.gateway.cursors import Page
from emporion.gateway.door import Door
from emporion.gateway.entry import nanoseconds
from emporion.gateway.link.questions import GaugePoints, Gauges, Study
from emporion.gateway.problems import fail
from emporion.gateway.rest_market import InstrumentQuery
from emporion.gateway.router import Route
from emporion.wire.gauges import Gauge, GaugePoint, GaugeStudy
from emporion.wire.values import Ns

POINTS_MAX = 5_000


class GaugePointsQuery(InstrumentQuery, frozen=True, forbid_unknown_fields=True):
    """The last `limit` at or after `start_ns` and before `end_ns`."""

    start_ns: Ns = "0"
    end_ns: Ns | None = None
    limit: Annotated[int, Meta(ge=1, le=POINTS_MAX)] = 500


async def gauges(door: Door, call: Call) -> Page[Gauge]:
    return Page((await door.link.ask(Gauges())).gauges)


async def gauge(door: Door, call: Call) -> GaugeStudy:
    listed = door.catalog.instrument(call.query.instrument)
    study: GaugeStudy | None = (await door.link.ask(Study(listed.instrument_id))).study
    if study is None:
        raise fail(
            404, "NO_GAUGE", "There is no gauge of this instrument.",
            "The venue keeps none, or the instrument was listed a moment ago.",
        )  # fmt: skip
    return study


async def gauge_history(door: Door, call: Call) -> Page[GaugePoint]:
    query = call.query
    listed = door.catalog.instrument(query.instrument)
    start, end = nanoseconds(query.start_ns, "start_ns"), nanoseconds(query.end_ns or "0", "end_ns")
    return Page((await door.link.ask(GaugePoints(listed.instrument_id, start, end, query.limit))).points)


ROUTES = (
    Route("GET", "/v1/gauges", gauges, "Whether each price is explosive now.", "market", result=Page[Gauge]),
    Route(
        "GET", "/v1/gauge", gauge, "The last study of an instrument: episodes, BSADF and its line, critical times.",
        "market", query=InstrumentQuery, result=GaugeStudy, problems=(404,), cost=4,
    ),
    Route(
        "GET", "/v1/gauge-history", gauge_history, "How a gauge stood, oldest first: the end of a stretch of time.",
        "market", query=GaugePointsQuery, result=Page[GaugePoint], problems=(404,),
    ),
)  # fmt: skip
