"""Metrics for Prometheus: ``Config(observers=(PrometheusObserver(),))``.

A collector of its own, which adds up in plain dicts and is read when Prometheus asks: a call costs it a few additions.
Needs the extra ``prometheus``. One process, one observer: what prometheus_client does with several processes (by files)
is not supported.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from ..extras import imported
from .events import AttemptFailed, CallFinished
from .measures import CIRCUIT, CONNECTIONS, METRICS, Labels, Measures, Metric

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric as Family


class _Histogram:
    """Values of one series: how many in each bucket, the last one without a bound, and their sum."""

    __slots__ = ("counts", "sum")

    def __init__(self, metric: Metric) -> None:
        self.counts = [0] * (len(metric.buckets) + 1)
        self.sum = 0.0


class PrometheusObserver(Measures):
    """An observer that registers itself with a registry of prometheus_client. Several clients may share it.

    prometheus_client ends the name of every counter in ``_total``, so ``dynamodb_conditional_check_failures`` is seen
    as ``dynamodb_conditional_check_failures_total``.

    Args:
        registry: None: prometheus_client's own, ``REGISTRY``.

    Raises:
        ConfigurationError: prometheus_client is not installed, or the registry has such metrics already.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        super().__init__()
        self._families: Any = imported("prometheus_client.core", "prometheus")
        self._lock = Lock()  # a registry is read in another thread
        self._counters: dict[str, dict[Labels, float]] = {each.name: {} for each in METRICS if each.kind == "counter"}
        self._histograms: dict[str, dict[Labels, _Histogram]] = {
            each.name: {} for each in METRICS if each.kind == "histogram"
        }
        chosen: Any = self._families.REGISTRY if registry is None else registry
        try:
            chosen.register(self)
        except ValueError as error:
            raise ConfigurationError(
                f"the registry refuses the metrics: {error}", hint="share one PrometheusObserver between clients"
            ) from None

    def __repr__(self) -> str:
        series = sum(map(len, self._counters.values())) + sum(map(len, self._histograms.values()))
        return f"<PrometheusObserver of {series} series>"

    # ── additions ────────────────────────────────────────────────────────────────────────────────────────────────────
    def attempt_failed(self, event: AttemptFailed) -> None:
        with self._lock:
            super().attempt_failed(event)

    def call_finished(self, event: CallFinished) -> None:
        with self._lock:
            super().call_finished(event)

    def count(self, metric: Metric, labels: Labels, value: float = 1.0) -> None:
        series = self._counters[metric.name]
        series[labels] = series.get(labels, 0.0) + value

    def observe(self, metric: Metric, labels: Labels, value: float) -> None:
        series = self._histograms[metric.name]
        histogram = series.get(labels)
        if histogram is None:
            histogram = series[labels] = _Histogram(metric)
        histogram.counts[bisect_left(metric.buckets, value)] += 1
        histogram.sum += value

    # ── what prometheus_client asks for ──────────────────────────────────────────────────────────────────────────────
    def describe(self) -> Iterable[Family]:
        """The metrics without values: what the registry compares with those it has."""
        return [self._family(metric) for metric in METRICS]

    def collect(self) -> Iterator[Family]:
        """The metrics with all values."""
        gauges: dict[str, dict[str, Any]] = {CIRCUIT.name: dict(self.circuits), CONNECTIONS.name: self.connections()}
        fill: dict[str, Callable[[Any, Metric], None]] = {"counter": self._counts, "histogram": self._buckets}
        for metric in METRICS:
            family = self._family(metric)
            if metric.kind == "gauge":
                for endpoint, value in gauges[metric.name].items():
                    family.add_metric([endpoint], value)
            else:
                with self._lock:
                    fill[metric.kind](family, metric)
            yield family

    def _family(self, metric: Metric) -> Any:
        kinds = {"counter": "CounterMetricFamily", "histogram": "HistogramMetricFamily", "gauge": "GaugeMetricFamily"}
        return getattr(self._families, kinds[metric.kind])(metric.name, metric.help, labels=metric.labels)

    def _counts(self, family: Any, metric: Metric) -> None:
        for labels, value in self._counters[metric.name].items():
            family.add_metric(labels, value)

    def _buckets(self, family: Any, metric: Metric) -> None:
        bounds = [*map(repr, metric.buckets), "+Inf"]
        for labels, histogram in self._histograms[metric.name].items():
            family.add_metric(labels, list(zip(bounds, accumulate(histogram.counts), strict=True)), histogram.sum)
