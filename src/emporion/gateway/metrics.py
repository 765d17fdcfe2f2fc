"""Figures for Prometheus at /metrics, and how long requests of the last minute took."""

import time
from collections import deque
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from emporion.wire.operator import Latency

BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
RECENT_S = 60.0
RECENT_MAX = 4_096  # Requests of one route that are looked back on.


class Metrics:
    """One process' figures. Its own registry, so that several servers in one process do not mix.

    Of gateways that share a port each scrape meets one, whichever takes the connection. So each marks its figures with
    its number, and counters of one are not mistaken for those of another that began again.
    """

    def __init__(self, gateway: int = 0) -> None:
        """`gateway`: the number of this process among several; 0 where it is the only one."""
        self._labels = {"gateway": str(gateway)} if gateway else {}
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        self._requests = Counter("emporion_requests", "Requests answered.", ("route", "status"), registry=registry)
        self._seconds = Histogram(
            "emporion_request_seconds", "Time from the request's head to its answer.", ("route",), buckets=BUCKETS_S,
            registry=registry,
        )  # fmt: skip
        self.commands = Counter("emporion_commands", "Commands the venue has taken.", registry=registry)
        self.events = Counter("emporion_events", "Events the venue has given.", registry=registry)
        self.fills = Counter("emporion_fills", "Matches.", registry=registry)
        self._counts: dict[tuple[str, int], Counter] = {}
        self._times: dict[str, tuple[Histogram, deque[tuple[float, float]]]] = {}

    def gauge(self, name: str, what: str, value: Callable[[], float]) -> None:
        """A figure that is looked up when it is asked for."""
        Gauge(name, what, registry=self.registry).set_function(value)

    def seen(self, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        count = self._counts.get((route, status))
        if count is None:
            count = self._counts[route, status] = self._requests.labels(route, str(status))
        count.inc()
        times = self._times.get(route)
        if times is None:
            times = self._times[route] = (self._seconds.labels(route), deque(maxlen=RECENT_MAX))
        times[0].observe(seconds)
        times[1].append((time.monotonic(), seconds))

    def latencies(self) -> list[Latency]:
        """Of each route in the last minute: how many, and how long."""
        since = time.monotonic() - RECENT_S
        answer = []
        for route, (_, recent) in sorted(self._times.items()):
            ms = sorted(seconds * 1e3 for at, seconds in recent if at >= since)
            if ms:
                p50, p99 = (ms[min(len(ms) - 1, len(ms) * part // 100)] for part in (50, 99))
                answer.append(Latency(route, len(ms), round(p50, 3), round(p99, 3)))
        return answer

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self)

    def collect(self) -> Iterator[Metric]:
        """All figures, marked."""
        for metric in self.registry.collect():
            if self._labels:
                metric.samples = [each._replace(labels=self._labels | each.labels) for each in metric.samples]
            yield metric
