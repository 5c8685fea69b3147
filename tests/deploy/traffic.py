"""Everything that the metrics are about, done in a moment: what succeeds, what fails, what an operator is woken for.

Must not know Prometheus, nor what is asked of the metrics.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from hashrange import Attr, CircuitRule, Config, DynamoDB, Key, RetryPolicy, Update
from hashrange.errors import DynamoDBError
from hashrange.simulator import Disorder, Engine
from hashrange.simulator.declare import TableSpec
from hashrange.telemetry.metrics import PrometheusObserver
from hashrange.testing import FakeClock, FaultPlan, LocalServer, Rule, internal_error, slow, throttle, unavailable


@contextlib.asynccontextmanager
async def traffic(observer: PrometheusObserver, pause: Callable[[], None]) -> AsyncIterator[None]:
    """Little of everything, a pause, much of everything, a pause; then connections stay open and a circuit stays so.

    Args:
        observer: of all clients.
        pause: is called where somebody may want to look.
    """
    engine = Engine([TableSpec("app", indexes={"by_status": "status"})], randomness=random.Random(7))
    with LocalServer(engine) as server:
        async with DynamoDB(Config.local(server.port, observers=(observer,), capacity="indexes")) as db:
            for times in (20, 2_000):
                await _usual(db)
                await _trouble(observer, times)
                pause()
            yield


async def _usual(db: DynamoDB) -> None:
    """All operations, an index, a condition that does not hold, batches, transactions."""
    app = await db.load_table("app")
    item = {"PK": "A", "SK": "1", "status": "open", "n": 1}
    await app.put_item(item)
    with contextlib.suppress(DynamoDBError):
        await app.put_item(item, condition=Attr("PK").not_exists())
    await app.get_item(Key("A", "1"))
    await app.update_item(Key("A", "1"), Update().add("n", 1))
    assert len(await app.query("open", index="by_status").all()) == 1
    await app.scan().all()
    await app.batch_write(puts=[{"PK": "B", "SK": f"{number}"} for number in range(25)])
    await app.batch_get([Key("B", f"{number}") for number in range(25)])
    async with db.transaction() as tx:
        tx.update(app, Key("A", "1"), Update().add("n", 1))
        tx.put(app, {"PK": "C", "SK": "1"})
    await db.transact_get([(app, Key("A", "1"))])


async def _trouble(observer: PrometheusObserver, times: int) -> None:
    """``times`` calls that are throttled, and some that fail or are slow; batches, conflicts, an endpoint away."""
    await _calls(observer, [Rule(throttle())], times)
    await _calls(observer, [Rule(internal_error())], times // 10)
    await _calls(observer, [Rule(slow(0.8))], times // 10)
    await _calls(observer, [Rule(throttle(), probability=0.5)], 10, retry=RetryPolicy.default())
    await _calls(observer, [Rule(unavailable())], 10, circuit=CircuitRule())
    disorder = Disorder(unprocessed=0.5, conflicts=0.7)
    async with _client(observer, disorder=disorder, retry=RetryPolicy.default()) as db:
        app = db.table("app")
        for number in range(10):
            with contextlib.suppress(DynamoDBError):
                await app.batch_write(puts=[{"PK": f"{number}", "SK": f"{each}"} for each in range(times // 10)])
            with contextlib.suppress(DynamoDBError):
                await app.batch_get([Key(f"{number}", f"{each}") for each in range(25)])
            with contextlib.suppress(DynamoDBError):
                async with db.transaction() as tx:
                    tx.update(app, Key("A", "1"), Update().add("n", 1))
                    tx.update(app, Key("A", "2"), Update().add("n", 1))


async def _calls(observer: PrometheusObserver, faults: Sequence[Rule], times: int, **config: Any) -> None:
    async with _client(observer, faults, **config) as db:
        for _ in range(times):
            with contextlib.suppress(DynamoDBError):
                await db.table("app").get_item(Key("A", "1"))


def _client(
    observer: PrometheusObserver, faults: Sequence[Rule] = (), disorder: Disorder | None = None, **config: Any
) -> DynamoDB:
    """A client of a DynamoDB of its own; what waits, waits in virtual time."""
    clock = FakeClock()
    engine = Engine(["app"], clock=clock, randomness=random.Random(7), disorder=disorder or Disorder())

    def around(inner: Any) -> FaultPlan:
        return FaultPlan(inner, faults, seed=7, clock=clock)

    settings: dict[str, Any] = {"retry": RetryPolicy.none(), "circuit": None, "capacity": "indexes"} | config
    settings |= {"observers": (observer,), "randomness": random.Random(7)}
    return DynamoDB.in_memory(engine=engine, transport=around, **settings)
