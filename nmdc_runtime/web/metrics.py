"""What the hub counts about itself, for Prometheus; each application has counters of its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from nmdc_runtime.web.context import Served

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
#: Upper ends of the classes of durations, in s: from a document by id to an export.
BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: In place of what clients make up, which would become a time series each.
OTHER: Final = "(other)"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that was asked for just now."""

    name: str
    help_text: str
    value: float


class HubMetrics:
    """Counts requests by the template of their route; whoever else has figures adds a gauge.

    No label holds what a client may make up: no path, no id, no name.
    """

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._in_flight = Gauge(
            "nmdc_http_requests_in_flight", "Requests being answered.", registry=registry
        )
        self._requests = Counter(
            "nmdc_http_requests",
            "Requests answered, by route, method and status.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._durations = Histogram(
            "nmdc_http_request_duration_seconds",
            "How long answers took, to their last byte.",
            ("method", "route"),
            buckets=BUCKETS,
            registry=registry,
        )
        #: Of each method, route and status seen: to look them up by their labels takes longer.
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._running = 0
        self._in_flight.set_function(lambda: self._running)

    def began(self) -> None:
        """Count a request that is being answered."""
        self._running += 1

    def ended(self, served: Served) -> None:
        """Count an answer."""
        self._running -= 1
        method = served.method if served.method in METHODS else OTHER
        route = served.route or OTHER
        key = (method, route, served.status)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = (
                self._requests.labels(*key),
                self._durations.labels(method, route),
            )
        requests, durations = series
        requests.inc()
        durations.observe(served.duration_s)

    def add_gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Show a figure that is read whenever somebody asks."""
        Gauge(name, help_text, registry=self._registry).set_function(read)

    def add_facts(self, name: str, help_text: str, **facts: str) -> None:
        """Show facts that do not change, as labels of a gauge that is always 1."""
        Gauge(name, help_text, tuple(facts), registry=self._registry).labels(**facts).set(1)

    def as_text(self, figures: Iterable[Figure] = ()) -> bytes:
        """Return everything, and these figures, in Prometheus' text format."""
        just_now = CollectorRegistry()
        for figure in figures:
            Gauge(figure.name, figure.help_text, registry=just_now).set(figure.value)
        return generate_latest(self._registry) + generate_latest(just_now)
