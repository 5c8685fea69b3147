"""Each runbook's situation, provoked in the simulator: the metrics that it names move, and its alert fires.

First all is well for some minutes, then the same work meets trouble. Time is virtual: half a minute of work, then a
scrape, as often as it takes. What is scraped is what Prometheus would be given; the evaluator says what Prometheus
would make of it, and promtool says the same of the alerts.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import pytest
from msgspec import Struct

import hashrange
from hashrange import Attr, DynamoDB, GlobalIndex, Key, RetryPolicy, RetryRule, Update
from hashrange.errors import BatchError, DynamoDBError, ProvisionedThroughputExceeded
from hashrange.simulator import Disorder, Engine, Throughput
from hashrange.simulator.declare import TableSpec
from hashrange.testing import FakeClock, FaultPlan, Rule, internal_error, slow, throttle, unavailable
from hashrange.testing.happenings import Fault
from tests.deploy import promtool
from tests.deploy.promql import Series, evaluate, firing, parse
from tests.deploy.scrapes import Scrapes
from tests.deploy.sources import DEPLOY, ROOT, RUNBOOKS, alerts, load, queries, rules
from tests.deploy.test_iam import NEEDED

EVERY: Final = 30.0  # seconds between two scrapes
CALM_MINUTES: Final = 6.0  # the queries look back on five

#: names that are not of this package
FOREIGN: Final = frozenset({"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"})

Work = Callable[[DynamoDB, int], Awaitable[None]]


class Story(Struct, frozen=True):
    """What was scraped, when the trouble began, and when it ended."""

    series: list[Series]
    began: float
    ended: float


async def tell(
    work: Work, minutes: float, trouble: Mapping[str, Any] | None = None, faults: Sequence[Rule] = (), **config: Any
) -> Story:
    """What is scraped while ``work`` is done once in every half minute, with the number of the half minute.

    Args:
        work: what a service does.
        minutes: how long the trouble lasts, after the calm.
        trouble: what the DynamoDB of that time is made with; None: it is the one that was there before.
        faults: of that time.
        config: of that time's client.
    """
    clock, scrapes = FakeClock(), Scrapes()
    ours: dict[str, Any] = {"tables": [TableSpec("app", indexes={"by_status": "status"})], "clock": clock}
    well = Engine(**ours, randomness=random.Random(7))

    async def phase(engine: Engine, minutes: float, faults: Sequence[Rule], **config: Any) -> None:
        def around(inner: Any) -> FaultPlan:
            return FaultPlan(inner, faults, seed=7, clock=clock)

        config |= {"capacity": "indexes", "observers": (scrapes.observer,), "randomness": random.Random(7)}
        async with DynamoDB.in_memory(engine=engine, transport=around, clock=clock, **config) as db:
            for number in range(int(minutes * 60 / EVERY)):
                until = clock.monotonic() + EVERY
                await work(db, number)
                assert clock.monotonic() <= until, "the work of half a minute took longer"
                clock.advance(until - clock.monotonic())
                scrapes.take(until)

    scrapes.take(0.0)
    await phase(well, CALM_MINUTES, [])
    began = clock.monotonic()
    troubled = well if trouble is None else Engine(**ours | dict(trouble), randomness=random.Random(7))
    await phase(troubled, minutes, faults, **config)
    return Story(scrapes.series, began, clock.monotonic())


def fires(alert: str, story: Story) -> list[dict[str, str]]:
    """The labels of an alert that fires at the end, by the evaluator; where promtool is there, it says the same."""
    found = [dict(labels) for labels in firing(alerts()[alert], story.series, story.ended, EVERY)]
    assert firing(alerts()[alert], story.series, story.began, EVERY) == {}, "all was well"
    if promtool.COMMAND:
        assert promtool.disagreement({alert: promtool.Scenario(alert, story.series, found)}, EVERY) == ""
    return found


def asked(runbook: str, number: int, series: list[Series], now: float) -> dict[str, float]:
    """What a runbook's query says at a moment: its values by those of its labels."""
    query = queries((RUNBOOKS / f"{runbook}.md").read_text(encoding="utf-8"))[number - 1]
    found = evaluate(parse(query), series, now)
    assert isinstance(found, dict)
    return {" ".join(value for _, value in sorted(labels)): value for labels, value in found.items()}


def moved(runbook: str, number: int, story: Story, labels: str) -> tuple[float, float]:
    """What a runbook's query says with these values of its labels: before the trouble (0 where nothing), and now."""
    before, now = (asked(runbook, number, story.series, at) for at in (story.began, story.ended))
    return before.get(labels, 0.0), now[labels]


#: five units a second, and an index that gets as much
SMALL: Final = {
    "TableName": "app",
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK", "status")],
    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_status",
            "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        }
    ],
}


async def test_throttling() -> None:
    async def work(db: DynamoDB, number: int) -> None:
        app = db.table("app", indexes={"by_status": GlobalIndex("status")})
        for each in range(400):
            with contextlib.suppress(ProvisionedThroughputExceeded):
                await app.put_item({"PK": f"{number}", "SK": f"{each}", "status": f"{each % 10}"})
        for each in range(60):
            with contextlib.suppress(ProvisionedThroughputExceeded):
                await app.query(f"{each % 10}", index="by_status", page_size=40).first()

    small = {"tables": [SMALL], "throughput": Throughput(burst_seconds=0)}
    story = await tell(work, 8, small, retry=RetryPolicy.none())
    assert fires("DynamoDBThrottling", story) == [{"table": "app"}]

    for number, labels in ((1, "ProvisionedThroughputExceeded app"), (2, "PutItem app")):
        before, now = moved("throttling", number, story, labels)
        assert before == 0 < 12 < now < 16, number  # of 400 and more in half a minute, nearly all
    for number, labels in ((3, "app"), (4, "app"), (5, "by_status app"), (6, "by_status app")):
        before, now = moved("throttling", number, story, labels)
        assert 0 < now < before / 3, number  # few units are consumed meanwhile


async def test_transaction_failures() -> None:
    stocked: list[bool] = []

    async def work(db: DynamoDB, number: int) -> None:
        app = db.table("app")
        if not stocked:  # once: in the trouble, nothing is in stock any more
            await app.put_item({"PK": "STOCK", "SK": "lamp", "free": 1_000})
            stocked.append(True)
        for each in range(20):
            with contextlib.suppress(DynamoDBError):
                async with db.transaction() as tx:
                    tx.update(app, Key("A", f"{each}"), Update().add("n", 1))
                    tx.update(app, Key("B", f"{each}"), Update().add("n", 1))
        with contextlib.suppress(DynamoDBError):
            async with db.transaction() as tx:
                tx.put(app, {"PK": "ORDER", "SK": f"{number}"})
                tx.update(app, Key("STOCK", "lamp"), Update().add("free", -1), condition=Attr("free") >= 1)

    story = await tell(work, 6, {"disorder": Disorder(conflicts=0.7)})
    before, now = moved("transaction-failures", 1, story, "TransactionCanceled")
    assert before == 0 < 0.1 < now
    for status, rises in (("ok", False), ("error", True)):
        before, now = moved("transaction-failures", 2, story, status)
        assert (now > before) is rises
    before, now = moved("transaction-failures", 3, story, "TransactWriteItems")
    assert before == 0 < 0.1 < now
    before, now = moved("transaction-failures", 4, story, "TransactWriteItems app")
    assert before == 0 < now
    assert asked("transaction-failures", 5, story.series, story.ended) == {}, "nothing is throttled"


async def test_breaker_open() -> None:
    async def work(db: DynamoDB, number: int) -> None:
        for _ in range(20):
            with contextlib.suppress(DynamoDBError):
                await db.table("app").get_item(Key("A", "1"), timeout=1.0)

    story = await tell(work, 3, faults=[Rule(unavailable())], retry=RetryPolicy.none())
    ((endpoint, opened),) = asked("breaker-open", 1, story.series, story.ended).items()
    assert opened == 2.0
    assert asked("breaker-open", 1, story.series, story.began) == {endpoint: 0.0}
    assert fires("DynamoDBCircuitOpen", story) == [{"endpoint": endpoint}]
    unsent, failed = (moved("breaker-open", 2, story, kind) for kind in ("CircuitOpen", "ServiceUnavailable"))
    assert unsent[0] == failed[0] == 0
    assert unsent[1] > failed[1] > 0  # most were not sent

    story = await tell(work, 3, faults=[Rule(unavailable(), times=6)], retry=RetryPolicy.none())  # and it is back
    assert asked("breaker-open", 1, story.series, story.ended) == {endpoint: 0.0}
    assert fires("DynamoDBCircuitOpen", story) == []


class Cause(Struct, frozen=True):
    """Why calls may be slow: what happens to some of them, and the query of the runbook that shows it."""

    fault: Fault
    query: int
    labels: str


CAUSES: Final = {
    "slow answers": Cause(slow(0.8), 1, "GetItem app"),
    "throttling": Cause(throttle(), 3, "app"),
    "repeating": Cause(internal_error(), 4, "GetItem app"),
}


@pytest.mark.parametrize("name", CAUSES)
async def test_high_latency(name: str) -> None:
    async def work(db: DynamoDB, number: int) -> None:
        for _ in range(30):
            with contextlib.suppress(DynamoDBError):
                await db.table("app").get_item(Key("A", "1"))

    cause = CAUSES[name]
    patient = RetryPolicy(throttling=RetryRule(10, 0.3), internal=RetryRule(10, 0.3))
    story = await tell(work, 13, faults=[Rule(cause.fault, probability=0.3)], retry=patient, circuit=None)
    assert fires("DynamoDBLatencyHigh", story) == [{"operation": "GetItem", "table": "app"}]
    before, now = moved("high-latency", 1, story, "GetItem app")  # one in a hundred
    assert before < 0.5 < now
    assert max(moved("high-latency", 2, story, "GetItem app")) < 0.01, "the median stays"
    before, now = moved("high-latency", cause.query, story, cause.labels)
    assert before < 0.01 < 0.1 < now
    if cause.query == 1:
        assert asked("high-latency", 3, story.series, story.ended) == {}, "nothing is throttled"


async def test_high_latency_of_large_pages() -> None:
    async def work(db: DynamoDB, number: int) -> None:
        app = db.table("app")
        await app.batch_write(puts=[{"PK": "A", "SK": f"{number:03}-{each:03}"} for each in range(30)])
        await app.query("A").all()

    story = await tell(work, 6)
    before, now = moved("high-latency", 6, story, "Query app")
    assert 100 < before < now  # as the partition grows
    assert fires("DynamoDBLatencyHigh", story) == []


@pytest.mark.parametrize(("share", "firing_now"), [(0.5, True), (0.05, False)])
async def test_unprocessed_items(share: float, firing_now: bool) -> None:
    async def work(db: DynamoDB, number: int) -> None:
        puts = [{"PK": f"{number}", "SK": f"{each}"} for each in range(300)]
        with contextlib.suppress(BatchError):
            await db.table("app").batch_write(puts=puts)

    quick = RetryPolicy(throttling=RetryRule(10, 0.001))
    story = await tell(work, 13, {"disorder": Disorder(unprocessed=share)}, retry=quick)
    assert fires("DynamoDBUnprocessedItems", story) == [{"table": "app"}] * firing_now
    before, now = moved("unprocessed-items", 1, story, "BatchWriteItem app")
    assert before == 0 < now
    assert (now > 5) is firing_now
    if firing_now:  # of what is sent again some is refused as a whole
        assert moved("unprocessed-items", 2, story, "BatchWriteItem app")[1] > 0
    before, now = moved("unprocessed-items", 3, story, "BatchWriteItem app")
    assert now > before == pytest.approx(0.4, rel=0.05)  # twelve requests in half a minute, and more
    before, now = moved("unprocessed-items", 4, story, "app")
    assert now == pytest.approx(before, rel=0.05) == pytest.approx(10, rel=0.05)  # everything arrives


async def test_error_rate() -> None:
    async def work(db: DynamoDB, number: int) -> None:
        for _ in range(40):
            with contextlib.suppress(DynamoDBError):
                await db.table("app").get_item(Key("A", "1"))

    some = [Rule(internal_error(), probability=0.1)]
    story = await tell(work, 8, faults=some, retry=RetryPolicy.none(), circuit=None)
    assert fires("DynamoDBErrorRateHigh", story) == [{"table": "app"}]
    for number, labels in ((1, "InternalServerError app"), (2, "app"), (3, "GetItem error app"), (4, "")):
        before, now = moved("error-rate", number, story, labels)
        assert before == 0 < 0.05 < now, number

    story = await tell(work, 8, faults=some)  # with retries, nobody notices
    assert fires("DynamoDBErrorRateHigh", story) == []


PAGES: Final = {path.stem: path.read_text(encoding="utf-8") for path in sorted(RUNBOOKS.glob("*.md"))}


@pytest.mark.parametrize("name", PAGES)
def test_a_runbook_has_its_parts(name: str) -> None:
    text = PAGES[name]
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == ["Symptoms", "Diagnosis", "Resolution"]
    assert re.search(r"^It is over when ", text, flags=re.MULTILINE)
    diagnosis = text.partition("## Diagnosis\n")[2].partition("## Resolution\n")[0]
    steps = re.split(r"^\*\*(\d+)\. [^*]+\?\*\*", diagnosis, flags=re.MULTILINE)
    assert steps[1::2] == [str(number) for number in range(1, len(steps) // 2 + 1)], "each step asks a question"
    assert queries(steps[0]) == [], "a query answers a question"
    assert len(queries(diagnosis)) == len(queries(text)) > 2
    for query in queries(text):
        lines = [line for line in query.splitlines() if not line.startswith("#")]
        assert len(lines) == 1, "what is pasted is one query"


@pytest.mark.parametrize("name", PAGES)
def test_what_a_runbook_speaks_of_is_there(name: str) -> None:
    text = PAGES[name]
    kinds = {each for found in re.findall(r'error_type=~"([^"]+)"', text) for each in found.split("|")}
    kinds |= set(re.findall(r"`((?:[A-Z][a-z]+){2,}|Throttling)`", text))
    known = {*dir(hashrange), *NEEDED, *alerts(), *FOREIGN}
    assert kinds - known == set()
    for path in re.findall(r"`(deploy/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path
    deployment = load(DEPLOY / "kubernetes" / "deployment.yaml")["metadata"]
    for namespace, rest in re.findall(r"kubectl --namespace (\S+) (.+)", text):
        assert namespace == deployment["namespace"]
        assert not (found := re.search(r"deploy/(\S+)", rest)) or found[1] == deployment["name"]


def test_an_alert_leads_to_a_runbook_and_each_has_a_test() -> None:
    assert PAGES.keys() >= {"throttling", "transaction-failures", "breaker-open", "high-latency", "unprocessed-items"}
    led_to = {rule["annotations"]["runbook_url"] for rule in rules()}
    assert {f"docs/runbooks/{name}.md" for name in PAGES} - led_to == {"docs/runbooks/transaction-failures.md"}
    for name in PAGES:
        assert f"test_{name.replace('-', '_')}" in globals()
