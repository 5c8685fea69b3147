"""Each runbook's situation, provoked in the simulator: the metrics that it names move, and its alert fires.

Time is virtual: half a minute of work, then a scrape, as often as it takes. What is scraped is what Prometheus would be
given; the evaluator says what Prometheus would make of it.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from hashrange import Attr, DynamoDB, Key, RetryPolicy, RetryRule, Update
from hashrange.errors import BatchError, DynamoDBError
from hashrange.simulator import Disorder, Engine, Throughput
from hashrange.testing import FakeClock, FaultPlan, Rule, internal_error, slow, success, unavailable
from hashrange.testing.happenings import Fault
from tests.deploy.promql import Series, evaluate, firing, parse
from tests.deploy.scrapes import Scrapes
from tests.deploy.sources import RUNBOOKS, alerts, queries, rules

EVERY = 30.0  # seconds between two scrapes

Work = Callable[[DynamoDB, int], Awaitable[None]]


async def record(
    engine: Engine, minutes: float, work: Work, faults: Sequence[Rule] = (), **config: Any
) -> list[Series]:
    """What is scraped while ``work`` is done once in every half minute, with the number of the half minute."""
    clock = engine.clock
    assert isinstance(clock, FakeClock)
    scrapes = Scrapes()

    def around(inner: Any) -> FaultPlan:
        return FaultPlan(inner, faults, seed=7, clock=clock)

    config |= {"capacity": "indexes", "observers": (scrapes.observer,), "randomness": random.Random(7)}
    async with DynamoDB.in_memory(engine=engine, transport=around, **config) as db:
        scrapes.take(0.0)
        for number in range(int(minutes * 60 / EVERY)):
            await work(db, number)
            until = (number + 1) * EVERY
            assert clock.monotonic() <= until, "the work of half a minute took longer"
            clock.advance(until - clock.monotonic())
            scrapes.take(until)
    return scrapes.series


def engine_of(*tables: Any, **trouble: Any) -> Engine:
    return Engine(tables or ["app"], clock=FakeClock(), randomness=random.Random(7), **trouble)


def fires(alert: str, series: list[Series]) -> list[dict[str, str]]:
    until = series[0].points[-1][0]
    return [dict(labels) for labels in firing(alerts()[alert], series, until, EVERY)]


def asked(runbook: str, number: int, series: list[Series]) -> dict[str, float]:
    """What a runbook's query says at the end: its values by those of its labels."""
    query = queries((RUNBOOKS / f"{runbook}.md").read_text(encoding="utf-8"))[number - 1]
    found = evaluate(parse(query), series, series[0].points[-1][0])
    assert isinstance(found, dict)
    return {" ".join(value for _, value in sorted(labels)): value for labels, value in found.items()}


SLOW_TABLE = {
    "TableName": "app",
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
}


async def test_throttling() -> None:
    async def work(db: DynamoDB, number: int) -> None:
        for each in range(400):
            with contextlib.suppress(DynamoDBError):
                await db.table("app").put_item({"PK": f"{number}", "SK": f"{each}"})

    engine = engine_of(SLOW_TABLE, throughput=Throughput(burst_seconds=0))
    series = await record(engine, 8, work, retry=RetryPolicy.none())
    assert fires("DynamoDBThrottling", series) == [{"table": "app"}]
    throttled = asked("throttling", 1, series)
    assert throttled["PutItem app"] == pytest.approx(13.2, abs=0.3)  # of 400 in half a minute, nearly all
    assert asked("throttling", 2, series)["ProvisionedThroughputExceeded app"] == pytest.approx(13.2, abs=0.3)
    assert asked("throttling", 4, series)["app"] < 1  # and few units were consumed meanwhile


async def test_transaction_failures() -> None:
    async def work(db: DynamoDB, number: int) -> None:
        app = db.table("app")
        for each in range(20):
            with contextlib.suppress(DynamoDBError):
                async with db.transaction() as tx:
                    tx.update(app, Key("A", f"{each}"), Update().add("n", 1))
                    tx.update(app, Key("B", f"{each}"), Update().add("n", 1))
            with contextlib.suppress(DynamoDBError):
                await app.put_item({"PK": "LOCK", "SK": "1"}, condition=Attr("PK").not_exists())

    series = await record(engine_of(disorder=Disorder(conflicts=0.7)), 6, work)
    assert asked("transaction-failures", 1, series)["TransactionCanceled"] > 0.1
    assert asked("transaction-failures", 2, series)["TransactWriteItems"] > 0.1
    assert asked("transaction-failures", 3, series)["PutItem app"] > 0
    assert len(asked("transaction-failures", 4, series)) == 2  # some succeed, some do not


async def test_breaker_open() -> None:
    async def work(db: DynamoDB, number: int) -> None:
        for _ in range(20):
            with contextlib.suppress(DynamoDBError):
                await db.table("app").get_item(Key("A", "1"), timeout=1.0)

    down = [Rule(unavailable())]
    series = await record(engine_of(), 3, work, down, retry=RetryPolicy.none())
    assert [labels.keys() for labels in fires("DynamoDBCircuitOpen", series)] == [{"endpoint"}]
    assert list(asked("breaker-open", 1, series).values()) == [2.0]
    kinds = asked("breaker-open", 2, series)
    assert kinds["CircuitOpen"] > kinds["ServiceUnavailable"] > 0  # most were not sent

    back = [Rule(unavailable(), times=6)]
    series = await record(engine_of(), 3, work, back, retry=RetryPolicy.none())
    assert list(asked("breaker-open", 1, series).values()) == [0.0]
    assert fires("DynamoDBCircuitOpen", series) == []


@pytest.mark.parametrize(("fault", "firing_now"), [(slow(0.8), True), (success(), False)], ids=["slow", "quick"])
async def test_high_latency(fault: Fault, firing_now: bool) -> None:
    async def work(db: DynamoDB, number: int) -> None:
        for _ in range(30):
            await db.table("app").get_item(Key("A", "1"))

    series = await record(engine_of(), 13, work, [Rule(fault, probability=0.3)])
    assert fires("DynamoDBLatencyHigh", series) == [{"operation": "GetItem", "table": "app"}] * firing_now
    assert (asked("high-latency", 1, series)["GetItem app"] > 0.5) is firing_now  # one in a hundred
    assert asked("high-latency", 2, series)["GetItem app"] < 0.1  # the median


@pytest.mark.parametrize(("share", "firing_now"), [(0.5, True), (0.05, False)])
async def test_unprocessed_items(share: float, firing_now: bool) -> None:
    async def work(db: DynamoDB, number: int) -> None:
        puts = [{"PK": f"{number}", "SK": f"{each}"} for each in range(300)]
        with contextlib.suppress(BatchError):
            await db.table("app").batch_write(puts=puts)

    quick = RetryPolicy(throttling=RetryRule(10, 0.001))
    series = await record(engine_of(disorder=Disorder(unprocessed=share)), 13, work, retry=quick)
    assert fires("DynamoDBUnprocessedItems", series) == [{"table": "app"}] * firing_now
    assert (asked("unprocessed-items", 1, series)["BatchWriteItem app"] > 5) is firing_now
    assert asked("unprocessed-items", 3, series)["BatchWriteItem app"] > 0.4
    assert asked("unprocessed-items", 4, series)["app"] == pytest.approx(10, rel=0.05)  # everything arrives


async def test_error_rate() -> None:
    async def work(db: DynamoDB, number: int) -> None:
        for _ in range(40):
            with contextlib.suppress(DynamoDBError):
                await db.table("app").get_item(Key("A", "1"))

    some = [Rule(internal_error(), probability=0.1)]
    series = await record(engine_of(), 8, work, some, retry=RetryPolicy.none(), circuit=None)
    assert fires("DynamoDBErrorRateHigh", series) == [{"table": "app"}]
    assert asked("error-rate", 1, series)["InternalServerError app"] > 0.05
    assert asked("error-rate", 2, series)["app"] == pytest.approx(0.1, abs=0.05)

    series = await record(engine_of(), 8, work, some)  # with retries, nobody notices
    assert fires("DynamoDBErrorRateHigh", series) == []


def test_a_runbook_has_its_parts_and_an_alert_has_a_runbook() -> None:
    for path in RUNBOOKS.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == ["Symptoms", "Diagnosis", "Resolution"], path.name
        assert queries(text), path.name
    names = {path.stem for path in RUNBOOKS.glob("*.md")}
    assert names >= {"throttling", "transaction-failures", "breaker-open", "high-latency", "unprocessed-items"}
    led_to = {rule["annotations"]["runbook_url"] for rule in rules()}
    assert {f"docs/runbooks/{name}.md" for name in names} - led_to == {"docs/runbooks/transaction-failures.md"}


async def test_each_situation_has_a_test() -> None:
    for path in RUNBOOKS.glob("*.md"):
        assert f"test_{path.stem.replace('-', '_')}" in globals()
