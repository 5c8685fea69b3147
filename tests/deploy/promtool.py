"""What ``promtool``, Prometheus's own checker, says of the alert rules and of recorded samples.

Owns the format of its unit tests. Must not know which alerts there are.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from msgspec import Struct

from tests.deploy.promql import Series
from tests.deploy.sources import ALERTS, rules

COMMAND: Final = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    COMMAND is None, reason="promtool is not installed (Debian: apt-get install prometheus)"
)


class Scenario(Struct, frozen=True):
    """Samples, and the labels of the alerts of one rule that fire at their end."""

    alert: str
    series: list[Series]
    fires: list[dict[str, str]]

    @property
    def end(self) -> float:
        """When the last sample was taken, in seconds."""
        return max(series.points[-1][0] for series in self.series)


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What it prints; its exit code tells the verdict."""
    assert COMMAND is not None
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)


def disagreement(scenarios: Mapping[str, Scenario], every: float) -> str:
    """What promtool says where it does not see the same alerts, of the rules as they are shipped; empty: it does.

    Args:
        scenarios: by name.
        every: seconds between two samples, and two evaluations.
    """
    document = {
        "rule_files": [str(ALERTS)],
        "evaluation_interval": f"{every:g}s",
        "tests": [_unit_test(name, scenario, every) for name, scenario in scenarios.items()],
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tests.yml")
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        tested = promtool("test", "rules", str(path))
    return "" if tested.returncode == 0 else tested.stdout + tested.stderr


def _unit_test(name: str, scenario: Scenario, every: float) -> dict[str, Any]:
    return {
        "name": name,
        "interval": f"{every:g}s",
        "input_series": [
            {"series": _shown(series.name, series.labels), "values": _values(series, every)}
            for series in scenario.series
        ],
        # ALERTS holds the labels of an alert without its texts
        "promql_expr_test": [
            {
                "expr": f'ALERTS{{alertname="{scenario.alert}", alertstate="firing"}}',
                "eval_time": f"{scenario.end:g}s",
                "exp_samples": [
                    {"labels": _shown("ALERTS", _all_labels(scenario.alert, labels)), "value": 1}
                    for labels in scenario.fires
                ],
            }
        ],
    }


def _values(series: Series, every: float) -> str:
    """The samples in promtool's words: one for each step from the beginning, ``_`` where there is none."""
    samples = dict(series.points)
    steps = [number * every for number in range(round(series.points[-1][0] / every) + 1)]
    assert samples.keys() <= set(steps), "a sample between two steps"
    return " ".join(repr(samples[at]) if at in samples else "_" for at in steps)


def _all_labels(alert: str, labels: dict[str, str]) -> dict[str, str]:
    (rule,) = [each for each in rules() if each["alert"] == alert]
    return {"alertname": alert, "alertstate": "firing", **rule["labels"], **labels}


def _shown(name: str, labels: dict[str, str]) -> str:
    return name + "{" + ", ".join(f'{label}="{value}"' for label, value in labels.items()) + "}"
