"""The simulator's own figures for Prometheus: what ``hashrange serve --metrics-port`` shows.

Needs the extra ``prometheus``. Must not know where the figures come from.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from ..simulator.figures import BUCKETS, Figures
from .command import CommandError

if TYPE_CHECKING:
    from .. import MetricsServer

REQUESTS: Final = "dynamodb_simulator_requests_total"
DURATION: Final = "dynamodb_simulator_request_duration_seconds"


class _Collector:
    """What prometheus_client asks when it is scraped."""

    def __init__(self, figures: Figures, families: Any) -> None:
        self._figures, self._families = figures, families

    def collect(self) -> Iterator[Any]:
        requests = self._families.CounterMetricFamily(
            REQUESTS, "Requests that were answered.", labels=("operation", "status")
        )
        for (operation, status), count in list(self._figures.requests.items()):
            requests.add_metric([operation, str(status)], count)
        yield requests
        durations = self._families.HistogramMetricFamily(
            DURATION, "Time from a whole request to its answer.", labels=("operation",)
        )
        bounds = [*map(repr, BUCKETS), "+Inf"]
        for operation, one in list(self._figures.durations.items()):
            durations.add_metric([operation], list(zip(bounds, accumulate(one.counts), strict=True)), one.seconds)
        yield durations


def serve_figures(figures: Figures, host: str, port: int) -> MetricsServer:
    """Serve the figures over HTTP until the server is closed.

    Raises:
        CommandError: the extra is not installed, or the address cannot be had.
    """
    from .. import ConfigurationError, serve_metrics

    try:
        from prometheus_client import CollectorRegistry, core
    except ImportError:
        hint = "pip install 'hashrange[prometheus]'"
        raise CommandError("--metrics-port needs prometheus_client, which is not installed", hint) from None
    registry = CollectorRegistry()
    registry.register(_Collector(figures, core))
    try:
        return serve_metrics(port, host=host, registry=registry)
    except ConfigurationError as error:
        raise CommandError(error.message, "--metrics-port 0 takes a free one") from None
