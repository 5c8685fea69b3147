"""The endpoint that Prometheus scrapes, and what is said where a library is missing or a port is taken."""

from __future__ import annotations

import subprocess
import sys
import urllib.request

import pytest
from prometheus_client import CollectorRegistry, Gauge

import hashrange
from hashrange import telemetry
from hashrange.errors import ConfigurationError


def test_a_registry_is_served_until_it_is_closed() -> None:
    registry = CollectorRegistry()
    Gauge("answer", "it", registry=registry).set(42)
    with telemetry.serve_metrics(0, registry=registry) as server:
        assert server.url == f"http://127.0.0.1:{server.port}/metrics"
        with urllib.request.urlopen(server.url, timeout=10) as found:
            assert "answer 42.0\n" in found.read().decode()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(server.url, timeout=10)
    server.close()


def test_a_port_in_use_is_said() -> None:
    registry = CollectorRegistry()
    with (
        hashrange.serve_metrics(0, registry=registry) as server,
        pytest.raises(ConfigurationError, match=f"port {server.port}: it is in use"),
    ):
        hashrange.serve_metrics(server.port, registry=registry)


@pytest.mark.parametrize(
    ("made", "module", "extra"),
    [
        ("PrometheusObserver()", "prometheus_client", "prometheus"),
        ("serve_metrics(0)", "prometheus_client", "prometheus"),
        ("SpanObserver()", "opentelemetry", "otel"),
        ("OtelMetrics()", "opentelemetry", "otel"),
    ],
)
def test_a_missing_extra_is_named(made: str, module: str, extra: str) -> None:
    program = f"import sys; sys.modules[{module!r}] = None\nimport hashrange\nhashrange.{made}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{module} is not installed. Hint: pip install 'hashrange[{extra}]'" in done.stderr
