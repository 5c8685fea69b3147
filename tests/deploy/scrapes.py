"""What Prometheus would have scraped: the samples of a registry, moment by moment.

Must not know what is done meanwhile.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from hashrange.telemetry.metrics import PrometheusObserver
from tests.deploy.promql import Series


class Scrapes:
    """What a registry held, at each moment that ``take`` was called.

    Attributes:
        observer: whose metrics they are.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.observer = PrometheusObserver(self._registry)
        self._series: dict[tuple[str, frozenset[tuple[str, str]]], Series] = {}

    @property
    def series(self) -> list[Series]:
        """Everything that was scraped."""
        return list(self._series.values())

    def take(self, at: float) -> None:
        """Scrape now; ``at`` is the moment, in seconds."""
        for metric in self._registry.collect():
            for sample in metric.samples:
                if not sample.name.endswith("_created"):
                    key = sample.name, frozenset(sample.labels.items())
                    made = Series(sample.name, dict(sample.labels), [])
                    self._series.setdefault(key, made).points.append((at, sample.value))
