"""Questions about gauges, put to the service that keeps them. On a thread: an answer may unpack a study."""

from typing import Protocol

from emporion.gateway.link import questions as q
from emporion.schema.limits import TS_MAX
from emporion.wire.gauges import Gauge, GaugePoint, GaugeStudy


class GaugeKeeper(Protocol):
    """What is asked of the gauges: services.gauges.Gauges."""

    def gauges(self) -> list[Gauge]: ...

    def study(self, instrument_id: int) -> GaugeStudy | None: ...

    def points(
        self, instrument_id: int, start_ns: int = 0, end_ns: int = TS_MAX, limit: int = 500
    ) -> list[GaugePoint]: ...


def answer(keeper: GaugeKeeper | None, asked: q.GaugeQuestion) -> q.GaugesAnswer | q.StudyAnswer | q.GaugePointsAnswer:
    """Nothing where no gauges are kept."""
    if isinstance(asked, q.Gauges):
        return q.GaugesAnswer([] if keeper is None else keeper.gauges())
    if isinstance(asked, q.Study):
        return q.StudyAnswer(None if keeper is None else keeper.study(asked.instrument_id))
    end_ns, limit = asked.end_ns or TS_MAX, min(asked.limit, q.PAGE_MAX)
    return q.GaugePointsAnswer(
        [] if keeper is None else keeper.points(asked.instrument_id, asked.start_ns, end_ns, limit)
    )
