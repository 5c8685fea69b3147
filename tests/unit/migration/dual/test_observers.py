"""What a dual repository does shows in Prometheus, by repository, operation and outcome."""

from __future__ import annotations

import sys

import pytest
from prometheus_client import CollectorRegistry

from hashrange.errors import ConfigurationError
from hashrange.migration.dual.observers import DualRead, DualWrite, MigrationMetrics, Repaired


def test_events_become_metrics() -> None:
    registry = CollectorRegistry()
    metrics = MigrationMetrics(registry)
    for outcome in ("ok", "ok", "failed"):
        metrics.dual_write(DualWrite("orders", "create", outcome, 0.25))
    metrics.dual_read(DualRead("orders", "get", "different"))
    metrics.repaired(Repaired("orders", "aside"))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"dynamodb_migration_{name}", {"repository": "orders", **labels})

    assert value("writes_total", operation="create", outcome="ok") == 2
    assert value("writes_total", operation="create", outcome="failed") == 1
    assert value("write_seconds_sum", operation="create") == 0.75
    assert value("reads_total", operation="get", outcome="different") == 1
    assert value("repairs_total", outcome="aside") == 1


def test_two_in_one_registry_are_refused() -> None:
    registry = CollectorRegistry()
    MigrationMetrics(registry)
    with pytest.raises(ConfigurationError, match="the registry refuses the metrics"):
        MigrationMetrics(registry)


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(ConfigurationError) as caught:
        MigrationMetrics(CollectorRegistry())
    assert caught.value.hint == "pip install 'hashrange[prometheus]'"
