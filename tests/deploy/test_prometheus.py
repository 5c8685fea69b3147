"""A real Prometheus scrapes a real endpoint while things go wrong: every panel and every runbook's query shows
something, and every alert fires.

What is waited for is what Prometheus does, never time. The rules are loaded twice: as they are shipped (in these few
seconds they become pending), and with a second instead of minutes.
"""

from __future__ import annotations

import asyncio
import math
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
import yaml
from prometheus_client import CollectorRegistry

from hashrange.telemetry import serve_metrics
from hashrange.telemetry.metrics import PrometheusObserver
from tests.deploy.prometheus_server import SCRAPE_SECONDS, Prometheus, Visits, prometheus
from tests.deploy.promql import filled_in
from tests.deploy.sources import ALERTS, DEPLOY, dashboard, expressions, load, rules
from tests.deploy.traffic import traffic

CONFIGURATION: Final = DEPLOY / "prometheus" / "prometheus.yml"
VISITS_MAX: Final = 60

Watched = tuple[Prometheus, Visits]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A Prometheus, with the shipped configuration but for its times and its target, after much has gone wrong."""
    registry = CollectorRegistry()
    observer, visits = PrometheusObserver(registry), Visits(registry)
    folder = tmp_path_factory.mktemp("prometheus")
    shutil.copy(ALERTS, folder)
    impatient: dict[str, Any] = load(ALERTS)
    for rule in rules_of(impatient):
        rule["for"] = "1s"
    impatient["groups"][0]["name"] = "impatient"
    (folder / "impatient.yml").write_text(yaml.safe_dump(impatient), encoding="utf-8")
    configuration: dict[str, Any] = load(CONFIGURATION)
    configuration["rule_files"].append("impatient.yml")
    often = f"{SCRAPE_SECONDS * 1000:.0f}ms"
    configuration["global"] = {"scrape_interval": often, "scrape_timeout": often, "evaluation_interval": often}
    with serve_metrics(0, registry=registry) as server:
        configuration["scrape_configs"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{server.port}"]
        with prometheus(configuration, folder) as found, asyncio.Runner() as runner:
            doing = traffic(observer, visits.wait)
            runner.run(doing.__aenter__())
            yield found, visits
            runner.run(doing.__aexit__(None, None, None))


def rules_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [rule for group in document["groups"] for rule in group["rules"]]


def until_nothing(visits: Visits, missing: Callable[[], Any]) -> Any:
    """What is missing in the end: nothing, as soon as nothing is missing, or what is after many more scrapes."""
    for _ in range(VISITS_MAX):
        if not (found := missing()):
            return found
        visits.wait(1)
    return missing()


def test_every_expression_shows_something(watched: Watched) -> None:
    server, visits = watched
    asked = {where: filled_in(each) for where, each in expressions().items() if not where.startswith("alert ")}
    assert len(asked) > 30

    def empty() -> list[str]:
        return [
            where
            for where, each in asked.items()
            if not any(math.isfinite(value) for value in server.query(each).values())
        ]

    assert until_nothing(visits, empty) == []


def test_the_choices_of_the_dashboard_are_filled(watched: Watched) -> None:
    server, _ = watched
    choices = {}
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            metric, label = variable["query"]["query"].removeprefix("label_values(").removesuffix(")").split(", ")
            choices[variable["name"]] = server.ask(f"label/{label}/values", **{"match[]": metric})
    assert choices["table"] == ["app"]
    assert {"GetItem", "PutItem", "Query", "TransactWriteItems"} <= set(choices["operation"])


def test_every_alert_becomes_pending_and_fires(watched: Watched) -> None:
    server, visits = watched
    groups: dict[str, dict[str, dict[str, Any]]] = {}

    def calm() -> list[str]:
        for group in server.ask("rules")["groups"]:
            groups[group["name"]] = {rule["name"]: rule for rule in group["rules"]}
        wanted = {"hashrange": "pending", "impatient": "firing"}
        return [
            name for group, state in wanted.items() for name, rule in groups[group].items() if rule["state"] != state
        ]

    assert until_nothing(visits, calm) == []
    assert groups["hashrange"].keys() == groups["impatient"].keys() == {rule["alert"] for rule in rules()}
    for rule in groups["impatient"].values():
        assert rule["health"] == "ok", rule.get("lastError")
        texts = [text for alert in rule["alerts"] for text in alert["annotations"].values()]
        assert texts
        assert [text for text in texts if "{{" in text or "<error" in text] == []


def test_promtool_takes_the_configuration() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    done = subprocess.run(
        [promtool, "check", "config", str(CONFIGURATION)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, "5 rules found" in done.stdout) == (0, True), done.stdout + done.stderr
