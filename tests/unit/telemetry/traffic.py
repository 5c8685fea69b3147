"""Calls that move every metric: on the simulator what it does, and by a scripted transport what seldom happens."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.client import DynamoDB
from hashrange.errors import CircuitOpen, ConditionFailed, DeadlineExceeded, DynamoDBError, TransactionCanceled
from hashrange.expressions import Attr, Update
from hashrange.key import Key
from hashrange.resilience.breaker import CircuitRule
from hashrange.resilience.retry import RetryPolicy
from hashrange.schema import GlobalIndex
from hashrange.simulator.declare import TableSpec
from tests.fakes import Chance, FakeClock, FakeTransport, answer, client, failure

ENDPOINT = "http://localhost"
KEY = Key("USER#1", "PROFILE")
#: stands in every item that is written, and must be seen nowhere
VALUE = "an item's secret value"
THROTTLED = failure("ProvisionedThroughputExceededException", "slow down")
LEFT = {"PutRequest": {"Item": {"PK": {"S": "b"}, "SK": {"S": "1"}}}}


async def usual(*observers: Any, **config: Any) -> None:
    """One or more calls of each of the ten operations; one condition fails, alone and in a transaction."""
    spec = TableSpec("app", indexes={"GSI1": ("email", None)})
    settings: dict[str, Any] = {"capacity": "indexes"} | config
    async with DynamoDB.in_memory([spec, "log"], observers=observers, **settings) as db:
        app = db.table("app", indexes={"GSI1": GlobalIndex("email")})
        log = db.table("log")
        item = {"PK": "USER#1", "SK": "PROFILE", "email": "a@b.c", "note": VALUE}
        await app.put_item(item, condition=Attr("PK").not_exists() | (Attr("note") == VALUE))
        await app.update_item(KEY, Update().set("note", VALUE).add("visits", 1))
        await app.get_item(KEY, consistent=True)
        with pytest.raises(ConditionFailed):
            await app.put_item(item, condition=Attr("PK").not_exists())
        await app.query("a@b.c", index="GSI1", limit=5).all()
        await app.scan(segments=2).all()
        await app.batch_get([KEY, Key("USER#1", "NOTHING")])
        await app.batch_write(
            puts=[{"PK": "b", "SK": str(n), "note": VALUE} for n in range(3)], deletes=[Key("c", "1")]
        )
        async with db.transaction() as tx:
            tx.put(log, {"PK": "t", "SK": "1", "note": VALUE})
            tx.put(app, {"PK": "t", "SK": "2"})
        with pytest.raises(TransactionCanceled):
            async with db.transaction() as tx:
                tx.check(app, KEY, Attr("note") == "other")
        await db.transact_get([(app, KEY), (log, Key("nobody", "1"))])
        await app.delete_item(KEY)


async def trouble(*observers: Any, **config: Any) -> DynamoDB:
    """A throttled read that succeeds, a batch that is left undone once, a circuit that opens; the client afterwards."""
    transport = FakeTransport(
        THROTTLED, answer({}), answer({"UnprocessedItems": {"app": [LEFT]}}), answer({}),
        failure("InternalServerError", "it broke", status=500), repeat=True,
    )  # fmt: skip
    settings: dict[str, Any] = {
        "region": "us-east-1",
        "clock": FakeClock(),
        "randomness": Chance(0.5),
        "circuit": CircuitRule(failures=1),
    }
    db = client(transport, observers=observers, **{**settings, **config})
    app = db.table("app")
    await app.get_item(KEY)
    await app.batch_write(puts=[{"PK": "b", "SK": "1", "note": VALUE}])
    for _ in range(2):
        with pytest.raises((DeadlineExceeded, CircuitOpen)):
            await app.get_item(KEY, timeout=0.01)
    return db


async def failing(error_code: str, *observers: Any, **config: Any) -> DynamoDBError:
    """One call that fails with this code of the service."""
    db = client(
        FakeTransport(failure(error_code, "it failed")), observers=observers, retry=RetryPolicy.none(), **config
    )
    with pytest.raises(DynamoDBError) as caught:
        await db.table("app").get_item(KEY)
    return caught.value
