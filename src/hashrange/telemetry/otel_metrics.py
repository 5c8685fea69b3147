"""Metrics for OpenTelemetry: ``Config(observers=(OtelMetrics(meter),))``; the same names and labels as for Prometheus.

Uses the metrics API only; which SDK and exporter are behind it is the program's choice. Needs the extra ``otel``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..extras import imported
from .measures import CIRCUIT, CONNECTIONS, METRICS, Labels, Measures, Metric

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter, Observation


class OtelMetrics(Measures):
    """An observer that records to an OpenTelemetry meter. Several clients may share it.

    Args:
        meter: None: that of the global meter provider, named ``hashrange``.

    Raises:
        ConfigurationError: opentelemetry-api is not installed.
    """

    def __init__(self, meter: Meter | None = None) -> None:
        super().__init__()
        api = imported("opentelemetry.metrics", "otel")
        self._observation: Any = api.Observation
        meter = api.get_meter("hashrange") if meter is None else meter
        assert meter is not None
        self._instruments: dict[str, Any] = {}
        for metric in METRICS:
            named = {"name": metric.name, "unit": metric.unit, "description": metric.help}
            if metric.kind == "counter":
                self._instruments[metric.name] = meter.create_counter(**named)
            elif metric.kind == "histogram":
                self._instruments[metric.name] = meter.create_histogram(
                    **named, explicit_bucket_boundaries_advisory=list(metric.buckets)
                )
        for metric, callback in ((CIRCUIT, self._circuits), (CONNECTIONS, self._connections)):
            meter.create_observable_gauge(metric.name, [callback], metric.unit, metric.help)

    def count(self, metric: Metric, labels: Labels, value: float = 1.0) -> None:
        self._instruments[metric.name].add(value, dict(zip(metric.labels, labels, strict=True)))

    def observe(self, metric: Metric, labels: Labels, value: float) -> None:
        self._instruments[metric.name].record(value, dict(zip(metric.labels, labels, strict=True)))

    def _circuits(self, options: Any) -> Iterator[Observation]:
        for endpoint, state in dict(self.circuits).items():
            yield self._observation(state, {"endpoint": endpoint})

    def _connections(self, options: Any) -> Iterator[Observation]:
        for endpoint, count in self.connections().items():
            yield self._observation(count, {"endpoint": endpoint})
