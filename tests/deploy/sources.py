"""Where the shipped files are, what is in them, and the metrics that they may speak of.

Owns ``METRICS``, the contract between the exporter, the dashboard, the alert rules and the runbooks. Must not import
the exporter: a test holds the two against each other.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import yaml

from tests.deploy.promql import Alert

ROOT: Final = Path(__file__).resolve().parent.parent.parent
DEPLOY: Final = ROOT / "deploy"
RUNBOOKS: Final = ROOT / "docs" / "runbooks"
ALERTS: Final = DEPLOY / "prometheus" / "alerts.yml"

#: metric → (type, labels)
METRICS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    name: (kind, frozenset(labels.split()))
    for name, kind, labels in (
        ("dynamodb_operations_total", "counter", "operation table status"),
        ("dynamodb_operation_duration_seconds", "histogram", "operation table"),
        ("dynamodb_consumed_capacity_total", "counter", "table operation"),
        ("dynamodb_consumed_rcu_total", "counter", "table operation"),
        ("dynamodb_consumed_wcu_total", "counter", "table operation"),
        ("dynamodb_gsi_consumed_rcu_total", "counter", "table index"),
        ("dynamodb_gsi_consumed_wcu_total", "counter", "table index"),
        ("dynamodb_items_returned", "histogram", "operation table"),
        ("dynamodb_throttles_total", "counter", "table operation"),
        ("dynamodb_conditional_check_failures", "counter", "table operation"),
        ("dynamodb_errors_total", "counter", "error_type table"),
        ("dynamodb_retries_total", "counter", "operation table"),
        ("dynamodb_batch_unprocessed_items", "counter", "table operation"),
        ("dynamodb_circuit_breaker_state", "gauge", "endpoint"),
        ("dynamodb_pool_connections", "gauge", "endpoint"),
        ("dynamodb_pool_wait_seconds", "histogram", "endpoint"),
    )
}


def samples() -> dict[str, frozenset[str]]:
    """The names as they are scraped, with their labels: counters end in ``_total``, a histogram is three."""
    found: dict[str, frozenset[str]] = {}
    for name, (kind, labels) in METRICS.items():
        if kind == "counter":
            found[name if name.endswith("_total") else f"{name}_total"] = labels
        elif kind == "histogram":
            found |= {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}
        else:
            found[name] = labels
    return found


def dashboard() -> dict[str, Any]:
    """The Grafana dashboard."""
    loaded: dict[str, Any] = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text(encoding="utf-8"))
    return loaded


def load(path: Path) -> Any:
    """The one document of a YAML file, read by the loader that makes nothing but plain data."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def rules() -> list[dict[str, Any]]:
    """The alert rules as they are written."""
    return [rule for group in load(ALERTS)["groups"] for rule in group["rules"]]


def alerts() -> dict[str, Alert]:
    """The alert rules as the evaluator takes them, by name."""
    units = {"s": 1, "m": 60, "h": 3600}
    return {
        rule["alert"]: Alert(rule["alert"], rule["expr"], float(rule["for"][:-1]) * units[rule["for"][-1]])
        for rule in rules()
    }


def queries(text: str) -> list[str]:
    """The PromQL of a runbook, fence by fence: each is one query, comments included, to be pasted as it stands."""
    return [fence.strip() for fence in re.findall(r"```promql\n(.*?)```", text, flags=re.DOTALL)]


def expressions() -> dict[str, str]:
    """Every PromQL expression that is shipped, by where it stands."""
    found = {f"alert {rule['alert']}": rule["expr"] for rule in rules()}
    for panel in dashboard()["panels"]:
        found |= {f"panel {panel['title']} {target['refId']}": target["expr"] for target in panel["targets"]}
    for path in sorted(RUNBOOKS.glob("*.md")):
        numbered = enumerate(queries(path.read_text(encoding="utf-8")), 1)
        found |= {f"runbook {path.stem} {number}": query for number, query in numbered}
    return found
