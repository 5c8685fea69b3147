"""Every shipped PromQL expression is PromQL, and asks for metrics and labels that there are."""

from __future__ import annotations

import random
from typing import Any

import promql_parser as grammar
import pytest

from hashrange import Attr, ConditionFailed, Config, DynamoDB, Key
from hashrange.simulator import Disorder, Engine
from hashrange.simulator.declare import TableSpec
from hashrange.telemetry.measures import METRICS as EXPORTED
from hashrange.testing import FakeClock, FaultPlan, LocalServer, Rule, throttle
from tests.deploy.promql import nodes, parse
from tests.deploy.scrapes import Scrapes
from tests.deploy.sources import METRICS, dashboard, expressions, samples

SCRAPED = samples()
#: what Prometheus adds to every sample by itself
ADDED = frozenset({"instance", "job"})


def wrongs(expression: str) -> list[str]:
    """What is not as the exporter has it."""
    tree = parse(expression)
    found = []
    known: frozenset[str] = ADDED
    for node in nodes(tree):
        if isinstance(node, grammar.VectorSelector):
            name: Any = node.name
            if name not in SCRAPED:
                found.append(f"no metric {name}")
                continue
            known |= SCRAPED[name]
            used = {matcher.name for matcher in node.matchers.matchers}
            found += [f"{name} has no label {label}" for label in sorted(used - SCRAPED[name] - ADDED)]
        if isinstance(node, grammar.AggregateExpr) and node.modifier is not None:
            inner = [SCRAPED.get(str(each.name), frozenset()) for each in nodes(node) if hasattr(each, "matchers")]
            missing = set(node.modifier.labels) - ADDED - frozenset().union(*inner)
            found += [f"nothing to group by {label}" for label in sorted(missing)]
    return found


@pytest.mark.parametrize("where", sorted(expressions()))
def test_an_expression_asks_for_what_there_is(where: str) -> None:
    assert wrongs(expressions()[where]) == []


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("rate(dynamodb_throttle_total[5m])", "no metric dynamodb_throttle_total"),
        ("rate(dynamodb_conditional_check_failures[5m])", "no metric dynamodb_conditional_check_failures"),
        ('rate(dynamodb_errors_total{operation="x"}[5m])', "dynamodb_errors_total has no label operation"),
        ("sum by (index) (rate(dynamodb_errors_total[5m]))", "nothing to group by index"),
    ],
)
def test_what_there_is_not_would_be_seen(expression: str, wrong: str) -> None:
    assert wrongs(expression) == [wrong]


def test_what_is_not_promql_would_be_seen() -> None:
    with pytest.raises(ValueError, match="unclosed left parenthesis"):
        parse("sum by (table (rate(x[5m]))")


def test_quantiles_keep_the_bound_of_the_buckets() -> None:
    trees = {where: parse(text) for where, text in expressions().items()}
    calls = [(where, each) for where, tree in trees.items() for each in nodes(tree) if isinstance(each, grammar.Call)]
    quantiles = [(where, each) for where, each in calls if each.func.name == "histogram_quantile"]
    assert len(quantiles) >= 3
    for where, call in quantiles:
        aggregation = call.args[1]
        assert isinstance(aggregation, grammar.AggregateExpr), where
        assert aggregation.modifier is not None, where
        assert "le" in aggregation.modifier.labels, where


def test_counters_are_never_shown_without_a_rate() -> None:
    for where, text in expressions().items():
        bare = [each.name for each in nodes(parse(text)) if isinstance(each, grammar.VectorSelector)]
        rated = [each.vector_selector.name for each in nodes(parse(text)) if isinstance(each, grammar.MatrixSelector)]
        for name in rated:
            bare.remove(name)
        assert [name for name in bare if str(name).endswith(("_total", "_bucket", "_sum", "_count"))] == [], where


def test_variables_ask_for_labels_that_there_are() -> None:
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            metric, label = variable["query"]["query"].removeprefix("label_values(").removesuffix(")").split(", ")
            assert label in SCRAPED[metric]


def test_the_exporter_has_these_metrics_and_no_others() -> None:
    exported = {each.name: (each.kind, frozenset(each.labels)) for each in EXPORTED}
    assert exported == METRICS


async def do_all_that_is_measured(db: DynamoDB) -> None:
    app = await db.load_table("app")
    item = {"PK": "A", "SK": "1", "status": "open"}
    await app.put_item(item)
    with pytest.raises(ConditionFailed):
        await app.put_item(item, condition=Attr("PK").not_exists())
    assert await app.get_item(Key("A", "1")) == item
    assert await app.query("open", index="by_status").all() == [item]
    await app.batch_write(puts=[{"PK": "B", "SK": f"{number}"} for number in range(25)])


async def test_what_is_scraped_has_these_names_and_labels() -> None:
    scrapes = Scrapes()
    app_table, chance = TableSpec("app", indexes={"by_status": "status"}), random.Random(7)
    engine = Engine([app_table], randomness=chance, disorder=Disorder(unprocessed=0.5))
    config: dict[str, Any] = {"observers": (scrapes.observer,), "capacity": "indexes", "clock": FakeClock()}

    def around(inner: Any) -> FaultPlan:
        return FaultPlan(inner, [Rule(throttle(), "GetItem", nth=1)])

    with LocalServer(engine) as server:  # over sockets, for the connections
        async with DynamoDB(Config.local(server.port, **config), transport=around) as db:
            await do_all_that_is_measured(db)
            scrapes.take(0.0)
    found: dict[str, set[str]] = {}
    for series in scrapes.series:
        found.setdefault(series.name, set()).update(series.labels)
    assert found == {name: set(labels) for name, labels in SCRAPED.items()}
