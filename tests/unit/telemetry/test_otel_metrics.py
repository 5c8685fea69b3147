"""OpenTelemetry metrics, as the real SDK collects them: the names and labels of Prometheus, and the same values."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from hashrange.client import DynamoDB
from hashrange.config import Config
from hashrange.telemetry.otel_metrics import OtelMetrics

from .traffic import trouble, usual

KINDS = {"Sum": "counter", "Histogram": "histogram", "Gauge": "gauge"}
NAMED = {
    "dynamodb_operations_total": ("counter", {"operation", "table", "status"}),
    "dynamodb_operation_duration_seconds": ("histogram", {"operation", "table"}),
    "dynamodb_consumed_capacity_total": ("counter", {"table", "operation"}),
    "dynamodb_consumed_rcu_total": ("counter", {"table", "operation"}),
    "dynamodb_consumed_wcu_total": ("counter", {"table", "operation"}),
    "dynamodb_gsi_consumed_rcu_total": ("counter", {"table", "index"}),
    "dynamodb_gsi_consumed_wcu_total": ("counter", {"table", "index"}),
    "dynamodb_items_returned": ("histogram", {"operation", "table"}),
    "dynamodb_throttles_total": ("counter", {"table", "operation"}),
    "dynamodb_conditional_check_failures": ("counter", {"table", "operation"}),
    "dynamodb_errors_total": ("counter", {"error_type", "table"}),
    "dynamodb_retries_total": ("counter", {"operation", "table"}),
    "dynamodb_batch_unprocessed_items": ("counter", {"table", "operation"}),
    "dynamodb_circuit_breaker_state": ("gauge", {"endpoint"}),
    "dynamodb_pool_connections": ("gauge", {"endpoint"}),
    "dynamodb_pool_wait_seconds": ("histogram", {"endpoint"}),
}


class Collected:
    """A meter of the SDK, and what it has collected."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        self._provider = MeterProvider([self._reader], shutdown_on_exit=False)
        self.observer = OtelMetrics(self._provider.get_meter("test"))

    def metrics(self) -> dict[str, Any]:
        data = self._reader.get_metrics_data()
        assert data is not None
        scopes = (scope for resource in data.resource_metrics for scope in resource.scope_metrics)
        return {metric.name: metric.data for scope in scopes for metric in scope.metrics}

    def value(self, name: str, **labels: str) -> Any:
        [point] = [one for one in self.metrics()[name].data_points if dict(one.attributes) == labels]
        return point.value


async def test_every_metric_has_its_name_kind_and_labels() -> None:
    collected = Collected()
    await usual(collected.observer)
    await trouble(collected.observer)
    async with DynamoDB(Config.local(port=1, observers=(collected.observer,))):
        metrics = collected.metrics()
    found = {
        name: (KINDS[type(data).__name__], {label for point in data.data_points for label in point.attributes})
        for name, data in metrics.items()
    }
    assert found == NAMED


async def test_values() -> None:
    collected = Collected()
    await usual(collected.observer)
    db = await trouble(collected.observer)
    app = {"table": "app", "operation": "PutItem"}
    assert collected.value("dynamodb_operations_total", **app, status="ok") == 1
    assert collected.value("dynamodb_conditional_check_failures", **app) == 1
    assert collected.value("dynamodb_consumed_wcu_total", **app) == 2.0
    assert collected.value("dynamodb_circuit_breaker_state", endpoint=db.config.endpoint.url) == 2
    [waits] = [
        point
        for point in collected.metrics()["dynamodb_operation_duration_seconds"].data_points
        if point.attributes == {"operation": "Query", "table": "app"}
    ]
    assert (waits.count, waits.explicit_bounds[0]) == (1, pytest.approx(0.001))
