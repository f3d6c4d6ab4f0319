"""What Prometheus reads. Each controller has a registry of its own; the counts of Jobs are taken when it is scraped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ltk8s.cluster.job import JobPhase
from ltk8s.controller.view import View

SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)


class Metrics:
    """The counters, by the names that dashboards and alerts use."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.releases = Counter("ltk8s_releases", "Held Jobs that this controller released.", registry=self.registry)
        self.release_seconds = Histogram(
            "ltk8s_release_seconds",
            "From the last commit that a held Job waited for to its release.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.errors = Counter(
            "ltk8s_reconcile_errors", "Requests of a reconciliation that failed.", ["of"], registry=self.registry
        )
        self.store_up = Gauge("ltk8s_store_up", "Whether the store answered when it was last asked.", registry=self.registry)
        for of in ("store", "cluster"):
            self.errors.labels(of)

    def count(self, view: View, blocked: Callable[[], int], restarts: Callable[[], Mapping[str, int]]) -> None:
        """From now on, tell how many Jobs there are, and how often each watch was begun anew."""
        self.registry.register(Counts(view, blocked, restarts))


class Counts(Collector):
    """Counts when it is asked."""

    def __init__(self, view: View, blocked: Callable[[], int], restarts: Callable[[], Mapping[str, int]]) -> None:
        self._view = view
        self._blocked = blocked
        self._restarts = restarts

    def collect(self) -> Iterator[Metric]:
        phases = self._view.phases()
        jobs = GaugeMetricFamily("ltk8s_jobs", "Jobs that commit to this controller's store, by phase.", labels=["phase"])
        for phase in get_args(JobPhase):
            jobs.add_metric([phase], phases[phase])
        yield jobs
        yield GaugeMetricFamily("ltk8s_held_jobs", "Jobs that wait to be released.", value=phases["held"])
        yield GaugeMetricFamily("ltk8s_blocked_jobs", "Held Jobs that cannot start as things are.", value=self._blocked())
        yield GaugeMetricFamily(
            "ltk8s_held_jobs_of_other_stores",
            "Held Jobs that another controller must release.",
            value=self._view.held_elsewhere(),
        )
        restarts = CounterMetricFamily("ltk8s_watch_restarts", "Watches that ended and were begun anew.", labels=["resource"])
        for resource, count in self._restarts().items():
            restarts.add_metric([resource], count)
        yield restarts
