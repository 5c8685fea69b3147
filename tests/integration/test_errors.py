"""What the service refuses, and what becomes of it; and what the target never does by itself, by faults on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hashrange import (
    Attr,
    ConditionFailed,
    ConnectionLost,
    DeadlineExceeded,
    DynamoDB,
    DynamoDBError,
    InternalServerError,
    Item,
    Key,
    ProvisionedThroughputExceeded,
    Raw,
    ResourceNotFound,
    RetryPolicy,
    RetryRule,
    Table,
    Update,
    ValidationError,
)
from hashrange.wire.transport import Request, Response, Transport
from tests.fakes import Listener, failure

from .conftest import MakeTable

KEY = Key("a", "b")
QUICK = RetryRule(3, 0.001)
QUICK_RETRIES = RetryPolicy(QUICK, QUICK, QUICK, QUICK, QUICK)


@pytest.fixture
async def app(db: DynamoDB, make_table: MakeTable) -> Table[Item]:
    return db.table(await make_table())


# ── what the service refuses ─────────────────────────────────────────────────────────────────────────────────────────
async def test_a_table_that_is_not_there(db: DynamoDB) -> None:
    missing = db.table("no-such-table")
    calls: list[tuple[Any, str, Any]] = [
        (missing.get_item(KEY), "GetItem", KEY),
        (missing.put_item({"PK": "a", "SK": "b"}), "PutItem", KEY),
        (missing.update_item(KEY, Update().remove("x")), "UpdateItem", KEY),
        (missing.delete_item(KEY), "DeleteItem", KEY),
        (missing.query("a").all(), "Query", "a"),
        (missing.scan(segments=3).all(), "Scan", None),
        (missing.scan().count(), "Scan", None),
    ]
    for call, operation, key in calls:
        with pytest.raises(ResourceNotFound) as caught:
            await call
        error = caught.value
        assert (error.table, error.operation, error.key) == ("no-such-table", operation, key)
        assert (error.code, error.status, error.attempts) == ("ResourceNotFoundException", 400, 1)
        assert error.request_id
        assert error.message


async def test_an_index_that_is_not_there(db: DynamoDB, app: Table[Item]) -> None:
    wrong = db.table(app.name, indexes={"nope": "email"})
    with pytest.raises(ValidationError) as caught:
        await wrong.query("x", index="nope").all()
    assert (caught.value.code, caught.value.table, caught.value.operation) == ("ValidationException", app.name, "Query")


async def test_a_key_of_the_wrong_type(app: Table[Item]) -> None:
    with pytest.raises(ValidationError) as caught:
        await app.get_item(Key(1, "b"))
    assert (caught.value.code, caught.value.key) == ("ValidationException", Key(1, "b"))


async def test_an_expression_that_the_service_cannot_parse(app: Table[Item]) -> None:
    with pytest.raises(ValidationError):
        await app.put_item({"PK": "a", "SK": "b"}, condition=Raw("this is no condition"))


async def test_an_operation_that_is_not_there(db: DynamoDB) -> None:
    with pytest.raises(DynamoDBError) as caught:
        await db.call("MakeCoffee", {"TableName": "app"})
    assert (caught.value.operation, caught.value.table) == ("MakeCoffee", "app")


# ── faults on the way ────────────────────────────────────────────────────────────────────────────────────────────────
class Faulty:
    """A transport before another one: each fault of the script takes the place of an answer.

    ``lost=True``: the request reaches the service, and only its answer is lost.
    """

    def __init__(self, inner: Transport, *faults: Response | DynamoDBError, lost: bool = False) -> None:
        self._inner, self._faults, self._lost = inner, list(faults), lost
        self.sent = 0

    async def send(self, request: Request) -> Response:
        self.sent += 1
        if not self._faults:
            return await self._inner.send(request)
        fault = self._faults.pop(0)
        if self._lost:
            await self._inner.send(request)
        if isinstance(fault, DynamoDBError):
            raise fault
        return fault

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return self._inner.repair(error, response)

    async def close(self) -> None:
        return None


def through(db: DynamoDB, *faults: Response | DynamoDBError, lost: bool = False, **config: Any) -> DynamoDB:
    """A client of the same server with faults on the way."""
    transport = Faulty(db._transport, *faults, lost=lost)
    return DynamoDB(replace(db.config, **{"retry": QUICK_RETRIES, **config}), transport=transport)


THROTTLED = failure("ProvisionedThroughputExceededException", request_id="FAULT")


async def test_a_throttled_call_is_tried_again(db: DynamoDB, app: Table[Item]) -> None:
    shaky = through(db, THROTTLED, THROTTLED)
    with shaky.track() as usage:
        await shaky.table(app.name).put_item({"PK": "a", "SK": "b"})
    assert (usage.calls, usage.retries) == (1, 2)
    assert await app.get_item(KEY) == {"PK": "a", "SK": "b"}


async def test_a_call_that_stays_throttled_fails(db: DynamoDB, app: Table[Item]) -> None:
    shaky = through(db, *[THROTTLED] * 3)
    with pytest.raises(ProvisionedThroughputExceeded) as caught:
        await shaky.table(app.name).put_item({"PK": "a", "SK": "b"})
    assert (caught.value.attempts, caught.value.request_id) == (3, "FAULT")
    assert await app.get_item(KEY) is None


async def test_a_server_error_and_a_lost_connection_are_tried_again(db: DynamoDB, app: Table[Item]) -> None:
    shaky = through(db, failure("InternalServerError", status=500), ConnectionLost("reset"))
    await shaky.table(app.name).put_item({"PK": "a", "SK": "b"})
    assert await app.get_item(KEY) == {"PK": "a", "SK": "b"}


async def test_a_put_whose_answer_was_lost_is_there_once(db: DynamoDB, app: Table[Item]) -> None:
    shaky = through(db, ConnectionLost("reset"), lost=True)
    await shaky.table(app.name).put_item({"PK": "a", "SK": "b"})
    assert await app.scan().all() == [{"PK": "a", "SK": "b"}]


async def test_a_query_goes_on_after_a_throttled_page(db: DynamoDB, app: Table[Item]) -> None:
    for number in range(6):
        await app.put_item({"PK": "a", "SK": str(number)})
    shaky = through(db, THROTTLED).table(app.name)
    assert len(await shaky.query("a", page_size=2).all()) == 6
    assert len(await through(db, THROTTLED, THROTTLED).table(app.name).scan(segments=3).all()) == 6


async def test_the_deadline_ends_the_retries(db: DynamoDB, app: Table[Item]) -> None:
    patient = RetryPolicy(RetryRule(10, 60.0), max_delay=60.0)
    shaky = through(db, THROTTLED, retry=patient).table(app.name)
    with pytest.raises(DeadlineExceeded) as caught:
        await shaky.get_item(KEY, timeout=5.0)
    assert isinstance(caught.value.__cause__, ProvisionedThroughputExceeded)
    assert caught.value.attempts == 1


async def test_observers_hear_of_everything(db: DynamoDB, app: Table[Item]) -> None:
    listener = Listener()
    shaky = through(db, failure("InternalServerError", status=500), observers=(listener,)).table(app.name)
    await shaky.put_item({"PK": "a", "SK": "b"})
    with pytest.raises(ConditionFailed):
        await shaky.put_item({"PK": "a", "SK": "b"}, condition=Attr("PK").not_exists())
    assert [type(event.error) for event in listener.failed] == [InternalServerError, ConditionFailed]
    assert [(event.operation, event.table, event.attempts) for event in listener.finished] == [
        ("PutItem", app.name, 2),
        ("PutItem", app.name, 1),
    ]
    assert all(event.request_id for event in listener.finished)
    assert all(event.elapsed > 0 for event in listener.finished)
