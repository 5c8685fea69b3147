"""The Grafana dashboard is one that Grafana takes, and shows what an operator asks for."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from tests.deploy.sources import dashboard

WIDTH = 24  # columns of Grafana's grid

PANELS = {
    "Operations rate": "dynamodb_operations_total",
    "p99 latency": "dynamodb_operation_duration_seconds_bucket",
    "Throttle rate": "dynamodb_throttles_total",
    "Consumed capacity": "dynamodb_consumed_wcu_total",
    "Error rate": "dynamodb_errors_total",
    "Conditional failures": "dynamodb_conditional_check_failures_total",
    "Unprocessed items": "dynamodb_batch_unprocessed_items_total",
    "Breaker state": "dynamodb_circuit_breaker_state",
}


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dashboard()["panels"]
    return found


@pytest.mark.parametrize("title", PANELS)
def test_a_wanted_panel_shows_its_metric(title: str) -> None:
    (panel,) = [each for each in panels() if each["title"] == title]
    assert any(PANELS[title] in target["expr"] for target in panel["targets"])
    assert panel["description"]


def test_grafana_takes_it() -> None:
    board = dashboard()
    assert board["schemaVersion"] >= 36, "the older ones name data sources by text"
    assert board["title"]
    assert len(board["uid"]) <= 40
    assert "id" not in board, "an id belongs to one Grafana; a file that has one replaces another dashboard there"
    assert "__inputs" not in board, "provisioning from a file does not ask"
    assert [each["name"] for each in board["templating"]["list"]] == ["datasource", "table", "operation"]


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: str(panel["title"]))
def test_a_panel_is_whole(panel: dict[str, Any]) -> None:
    assert panel["type"] in {"timeseries", "state-timeline"}
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert [target["refId"] for target in panel["targets"]] == ["A", "B", "C", "D"][: len(panel["targets"])]
    for each in (panel, *panel["targets"]):
        assert each["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    for target in panel["targets"]:
        assert target["legendFormat"]


def test_panels_have_ids_and_places_of_their_own() -> None:
    assert len({panel["id"] for panel in panels()}) == len(panels())
    for panel in panels():
        place = panel["gridPos"]
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= WIDTH
    for one, other in combinations((panel["gridPos"] for panel in panels()), 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]


def test_the_breaker_has_words_for_each_state() -> None:
    (panel,) = [each for each in panels() if each["title"] == "Breaker state"]
    ((mapping,),) = [panel["fieldConfig"]["defaults"]["mappings"]]
    words = {value: option["text"] for value, option in mapping["options"].items()}
    assert words == {"0": "closed", "1": "half-open", "2": "open"}
