"""Each alert fires when it should and not otherwise: over recorded samples, by the evaluator here and by promtool."""

from __future__ import annotations

from typing import Any

import pytest

from tests.deploy.promql import Series, evaluate, firing, parse
from tests.deploy.promtool import Scenario, disagreement, needs_promtool, promtool
from tests.deploy.sources import ALERTS, ROOT, alerts, rules

EVERY = 30.0  # seconds between two samples, and two evaluations

WANTED = {  # thresholds, durations and severities that were agreed on
    "DynamoDBThrottling": ("> 10", "5m", "warning"),
    "DynamoDBErrorRateHigh": ("> 0.05", "5m", "critical"),
    "DynamoDBCircuitOpen": ("== 2", "1m", "critical"),
    "DynamoDBLatencyHigh": ("> 0.5", "10m", "warning"),
    "DynamoDBUnprocessedItems": ("> 5", "10m", "warning"),
}


def line(name: str, values: list[float], **labels: str) -> Series:
    return Series(name, labels, [(at * EVERY, value) for at, value in enumerate(values)])


def counter(name: str, *phases: tuple[float, float], **labels: str) -> Series:
    """A counter that grows by so much a second, for so many minutes; one phase after the other."""
    values = [0.0]
    for rate, minutes in phases:
        values += [values[-1] + rate * EVERY * step for step in range(1, int(minutes * 60 / EVERY) + 1)]
    return line(name, values, **labels)


def latencies(minutes: float, **counts: float) -> list[Series]:
    """Calls a second by the bucket (``le_0_5`` is 0.5) up to which they are counted."""
    name = "dynamodb_operation_duration_seconds_bucket"
    bounds = {key: key.removeprefix("le_").replace("_", ".").replace("inf", "+Inf") for key in counts}
    return [
        counter(name, (rate, minutes), operation="Query", table="app", le=bounds[key]) for key, rate in counts.items()
    ]


def throttles(*phases: tuple[float, float], table: str = "app", operation: str = "PutItem") -> Series:
    return counter("dynamodb_throttles_total", *phases, table=table, operation=operation)


def calls(rate: float, minutes: float, table: str = "app") -> Series:
    return counter("dynamodb_operations_total", (rate, minutes), operation="GetItem", table=table, status="ok")


def errors(rate: float, minutes: float, kind: str = "InternalServerError", table: str = "app") -> Series:
    return counter("dynamodb_errors_total", (rate, minutes), error_type=kind, table=table)


def state(*values: float, endpoint: str = "one") -> Series:
    return line("dynamodb_circuit_breaker_state", list(values), endpoint=endpoint)


def unprocessed(*phases: tuple[float, float], operation: str = "BatchWriteItem") -> Series:
    return counter("dynamodb_batch_unprocessed_items_total", *phases, table="app", operation=operation)


APP, ONE = {"table": "app"}, {"endpoint": "one"}
SLOW = {"operation": "Query", "table": "app"}

SCENARIOS = {
    "throttled for long": Scenario("DynamoDBThrottling", [throttles((11, 8))], [APP]),
    "throttled below it": Scenario("DynamoDBThrottling", [throttles((9, 20))], []),
    "throttled not for long": Scenario("DynamoDBThrottling", [throttles((0, 10), (50, 4))], []),
    "throttled in a burst": Scenario("DynamoDBThrottling", [throttles((0, 10), (100, 1), (0, 3))], []),
    "throttled, and over": Scenario("DynamoDBThrottling", [throttles((50, 10), (0, 5))], []),
    "operations add up": Scenario(
        "DynamoDBThrottling", [throttles((6, 8)), throttles((6, 8), operation="UpdateItem")], [APP]
    ),
    "tables do not": Scenario("DynamoDBThrottling", [throttles((6, 8)), throttles((6, 8), table="other")], []),
    "one table of two": Scenario("DynamoDBThrottling", [throttles((11, 8)), throttles((1, 8), table="other")], [APP]),
    "a restart is no throttling": Scenario(
        "DynamoDBThrottling",
        [line("dynamodb_throttles_total", [90_000.0] * 10 + [0.0] * 20, table="app", operation="PutItem")],
        [],
    ),
    "6 % fail": Scenario("DynamoDBErrorRateHigh", [calls(100, 8), errors(6, 8)], [APP]),
    "4 % fail": Scenario("DynamoDBErrorRateHigh", [calls(100, 20), errors(4, 20)], []),
    "kinds of errors add up": Scenario(
        "DynamoDBErrorRateHigh", [calls(100, 8), errors(4, 8), errors(4, 8, "Throttling")], [APP]
    ),
    "conditions are answers": Scenario(
        "DynamoDBErrorRateHigh", [calls(100, 8), errors(50, 8, "ConditionFailed"), errors(1, 8, "VersionConflict")], []
    ),
    "cancelled transactions are answers": Scenario(
        "DynamoDBErrorRateHigh", [calls(100, 8), errors(50, 8, "TransactionCanceled")], []
    ),
    "a busy table does not hide another": Scenario(
        "DynamoDBErrorRateHigh",
        [calls(1000, 8), calls(10, 8, "small"), errors(5, 8, table="small")],
        [{"table": "small"}],
    ),
    "nobody calls": Scenario("DynamoDBErrorRateHigh", [calls(0, 8), errors(0, 8)], []),
    "open for two minutes": Scenario("DynamoDBCircuitOpen", [state(0, 2, 2, 2, 2)], [ONE]),
    "open for half a minute": Scenario("DynamoDBCircuitOpen", [state(0, 0, 2, 2)], []),
    "open, and closed again": Scenario("DynamoDBCircuitOpen", [state(0, 2, 2, 2, 2, 0)], []),
    "closed": Scenario("DynamoDBCircuitOpen", [state(*[0] * 20)], []),
    "tried in vain between": Scenario("DynamoDBCircuitOpen", [state(0, 2, 1, 2, 1, 2, 1)], [ONE]),
    "half-open is not open": Scenario("DynamoDBCircuitOpen", [state(0, 2, *[1] * 10)], []),
    "one endpoint of two": Scenario("DynamoDBCircuitOpen", [state(*[2] * 6), state(*[0] * 6, endpoint="two")], [ONE]),
    "2 % take a second": Scenario(
        "DynamoDBLatencyHigh", latencies(12, le_0_1=98, le_0_5=98, le_1_0=100, le_inf=100), [SLOW]
    ),
    "2 % take forever": Scenario("DynamoDBLatencyHigh", latencies(12, le_0_1=98, le_1_0=98, le_inf=100), [SLOW]),
    "0.5 % take a second": Scenario(
        "DynamoDBLatencyHigh", latencies(30, le_0_1=99.5, le_0_5=99.5, le_1_0=100, le_inf=100), []
    ),
    "slow not for long": Scenario("DynamoDBLatencyHigh", latencies(9, le_0_1=50, le_1_0=100, le_inf=100), []),
    "nobody waits": Scenario("DynamoDBLatencyHigh", latencies(30, le_0_1=0, le_1_0=0, le_inf=0), []),
    "unprocessed for long": Scenario("DynamoDBUnprocessedItems", [unprocessed((6, 13))], [APP]),
    "unprocessed below it": Scenario("DynamoDBUnprocessedItems", [unprocessed((4, 30))], []),
    "unprocessed not for long": Scenario("DynamoDBUnprocessedItems", [unprocessed((0, 5), (60, 9))], []),
    "reads and writes unprocessed": Scenario(
        "DynamoDBUnprocessedItems", [unprocessed((3, 13)), unprocessed((3, 13), operation="BatchGetItem")], [APP]
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_alert_fires_when_it_should(name: str) -> None:
    scenario = SCENARIOS[name]
    found = firing(alerts()[scenario.alert], scenario.series, scenario.end, EVERY)
    assert sorted(map(sorted, found)) == sorted(sorted(labels.items()) for labels in scenario.fires)


def test_every_alert_is_seen_both_firing_and_not() -> None:
    for alert in alerts():
        outcomes = {bool(scenario.fires) for scenario in SCENARIOS.values() if scenario.alert == alert}
        assert outcomes == {True, False}, alert


def test_the_alerts_are_those_that_were_agreed_on() -> None:
    found = {rule["alert"]: (rule["expr"].strip(), rule["for"], rule["labels"]["severity"]) for rule in rules()}
    assert found.keys() == WANTED.keys()
    for name, (threshold, lasting, severity) in WANTED.items():
        expression, *rest = found[name]
        assert rest == [lasting, severity], name
        assert expression.endswith(threshold), name


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_tells_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    runbook = ROOT / rule["annotations"]["runbook_url"]
    assert runbook.parent == ROOT / "docs" / "runbooks"
    assert f"`{rule['alert']}`" in runbook.read_text(encoding="utf-8")


def test_a_rate_is_carried_on_to_the_ends_of_its_range() -> None:
    series = [Series("x_total", {}, [(10.0, 5.0), (20.0, 10.0), (30.0, 15.0), (40.0, 2.0), (50.0, 7.0)])]

    def rate(seconds: int, now: float) -> list[float]:
        found = evaluate(parse(f"rate(x_total[{seconds}s])"), series, now)
        assert isinstance(found, dict)
        return [round(value, 6) for value in found.values()]

    assert rate(60, 60.0) == [round((10 + 7) * 60 / 40 / 60, 6)]  # 10 s more at each end: no more than a step
    assert rate(25, 30.0) == [0.5]
    assert rate(5, 30.0) == []  # one sample is no rate


@pytest.mark.parametrize("expression", ["avg by (a) (x)", "sum(x)", "x offset 5m + x", "delta(x[5m])", "x or x"])
def test_the_evaluator_does_not_guess(expression: str) -> None:
    series = [Series("x", {"a": "1"}, [(0.0, 1.0)])]
    with pytest.raises((ValueError, KeyError)):
        evaluate(parse(expression), series, 0.0)


@needs_promtool
def test_promtool_takes_the_rules() -> None:
    checked = promtool("check", "rules", str(ALERTS))
    assert (checked.returncode, "SUCCESS: 5 rules found" in checked.stdout) == (0, True), checked.stderr


@needs_promtool
def test_promtool_sees_the_same_alerts() -> None:
    assert disagreement(SCENARIOS, EVERY) == ""


@needs_promtool
def test_promtool_can_disagree() -> None:
    wrong = Scenario("DynamoDBThrottling", [throttles((9, 20))], [APP])
    assert "got: nil" in disagreement({"below it": wrong}, EVERY)
