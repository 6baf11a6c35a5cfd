"""What is counted, as Prometheus reads it; labels are of few values, and never what a client wrote."""

from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from ostinato.serve.service import Service

BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """Counts answers by route and status, and reads the rest where it stands.

    Args:
        service: whose streams and batches are told.
    """

    def __init__(self, service: Service) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Streams(service))
        self._answers = Counter(
            "ostinato_answers", "answers by route and status", ["route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "ostinato_seconds",
            "from a request's headers to its answer's end",
            ["route"],
            registry=self._registry,
            buckets=BUCKETS,
        )

    def answered(self, scope: Any, status: int, seconds: float) -> None:
        """Note an answer; 499 is one whose client went before it came."""
        endpoint = scope.get("endpoint")
        route = endpoint.__name__ if callable(endpoint) else "none"
        self._answers.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Return all that is counted, in Prometheus' text format."""
        return generate_latest(self._registry)


class _Streams(Collector):
    """Tells of models and their streams at the moment when it is asked."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Any]:
        """Yield a family for each thing that is told."""
        live = GaugeMetricFamily("ostinato_streams", "live streams", labels=["model"])
        waiting = GaugeMetricFamily("ostinato_waiting", "requests that wait or run", labels=["model"])
        lag = GaugeMetricFamily(
            "ostinato_store_lag_seconds", "age of the oldest unsaved state", labels=["model"]
        )
        events = CounterMetricFamily(
            "ostinato_stream_events", "what happened to streams", labels=["model", "event"]
        )
        for name, served in self._service.models.items():
            population = served.population
            live.add_metric([name], len(population.table))
            waiting.add_metric([name], served.waiting)
            lag.add_metric([name], population.keeper.lag)
            for event in ("steps", "calls", "restarted", "expired", "evicted"):
                events.add_metric([name, event], population.counts[event])
            events.add_metric([name, "store_failures"], population.keeper.failures)
        yield from (live, waiting, lag, events)
