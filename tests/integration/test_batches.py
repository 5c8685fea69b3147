"""Reading and writing many items, on every target; and what no server does by itself, by a transport in between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from hashrange.client import DynamoDB
from hashrange.errors import (
    BatchError,
    DeadlineExceeded,
    DynamoDBError,
    ItemTooLarge,
    ResourceNotFound,
    ValidationError,
)
from hashrange.key import Key
from hashrange.resilience.retry import RetryPolicy, RetryRule
from hashrange.wire.transport import Request, Response, Transport

from .conftest import Connect, MakeTable


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"PK": f"USER#{number:04d}", "SK": "PROFILE", "n": number, **more}


def key(number: int) -> Key:
    return Key(f"USER#{number:04d}", "PROFILE")


async def stored(db: DynamoDB, name: str) -> list[int]:
    return sorted(item["n"] for item in await db.table(name).scan(consistent=True).all())


async def test_many_items_are_written_and_read(db: DynamoDB, make_table: MakeTable) -> None:
    name = await make_table()
    app = db.table(name)
    async with app.batch() as batch:
        for number in range(330):
            await batch.put(row(number))
    assert (batch.report.processed, batch.report.requests) == (330, 14)
    wanted = [*range(329, -1, -1), 999, 5, 5]
    found = await app.batch_get([key(number) for number in wanted], consistent=True)
    assert found == [row(number) if number != 999 else None for number in wanted]
    assert found.unprocessed == ()
    async with app.batch() as batch:
        for number in range(330):
            batch.delete(key(number))
    assert await stored(db, name) == []


async def test_a_later_operation_on_a_key_wins(db: DynamoDB, make_table: MakeTable) -> None:
    name = await make_table()
    app = db.table(name)
    async with app.batch(concurrency=4) as batch:
        for turn in range(40):
            for number in range(10):
                batch.put(row(number, turn=turn))
            batch.delete(key(9))
            if turn % 7 == 0:
                await app.get_item(key(0))
    assert await stored(db, name) == list(range(9))
    assert {item["turn"] for item in await app.scan().all()} == {39}


async def test_numbers_as_keys(db: DynamoDB, make_table: MakeTable) -> None:
    definition = {"AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "N"}]}
    name = await make_table(KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}], **definition)
    app = db.table(name, sort_key=None)
    await app.batch_write([{"PK": 1, "v": "first"}, {"PK": 1.0, "v": "last"}, {"PK": 2.5}])
    found = await app.batch_get([Key(1), Key(2), Key(1)], projection=["v"])
    assert found == [{"v": "last"}, None, {"v": "last"}]


async def test_large_items_are_read_in_several_answers(db: DynamoDB, make_table: MakeTable) -> None:
    """100 items of 200 KB are more than the 16 MB that one answer has."""
    app = db.table(await make_table())
    report = await app.batch_write([row(number, text="x" * 200_000) for number in range(100)])
    assert report.processed == 100
    found = await app.batch_get([key(number) for number in range(100)], projection=["n", "text"])
    assert [item and item["n"] for item in found] == list(range(100))
    assert found.unprocessed == ()


async def test_a_request_may_be_16_mb(db: DynamoDB, make_table: MakeTable) -> None:
    name = await make_table()
    text = "\x01" * 390_000  # six bytes of JSON for each character
    report = await db.table(name).batch_write([row(number, text=text) for number in range(9)])
    assert (report.processed, report.requests) == (9, 2)
    assert await stored(db, name) == list(range(9))


async def test_an_item_over_400_kb_in_the_middle(db: DynamoDB, make_table: MakeTable) -> None:
    name = await make_table()
    items = [row(number) for number in range(40)]
    items[20]["text"] = "x" * 410_000
    with pytest.raises(ItemTooLarge, match="operation 21 of the batch") as caught:
        await db.table(name).batch_write(items)
    assert caught.value.key == key(20)
    assert await stored(db, name) == []
    async with db.table(name).batch() as batch:
        for item in items:
            if item["n"] == 20:
                with pytest.raises(ItemTooLarge):
                    batch.put(item)
            else:
                batch.put(item)
    assert len(await stored(db, name)) == 39


async def test_an_item_that_only_the_service_refuses(db: DynamoDB, make_table: MakeTable) -> None:
    """The keys are text, which this side does not know."""
    name = await make_table()
    items = [row(number) for number in range(60)]
    items[30]["PK"] = 30
    with pytest.raises(BatchError) as caught:
        await db.table(name).batch_write(items)
    (failed,) = caught.value.failed
    assert (failed.number, failed.key) == (31, Key(30, "PROFILE"))
    assert isinstance(failed.reason, ValidationError)
    assert await stored(db, name) == [number for number in range(60) if number != 30]


async def test_an_unknown_table_in_the_middle(db: DynamoDB, make_table: MakeTable) -> None:
    name = await make_table()
    app, gone = db.table(name), db.table("no-such-table")
    with pytest.raises(BatchError) as caught:
        await db.batch_write([((app, gone)[number % 2], row(number)) for number in range(30)])
    assert {(one.table, type(one.reason)) for one in caught.value.failed} == {(gone.name, ResourceNotFound)}
    assert await stored(db, name) == list(range(0, 30, 2))
    with pytest.raises(ResourceNotFound) as missing:
        await db.batch_get([(app, key(0)), (gone, key(1))])
    assert missing.value.table == gone.name


async def test_several_tables_at_once(db: DynamoDB, make_table: MakeTable) -> None:
    one, other = db.table(await make_table()), db.table(await make_table())
    async with db.batch() as batch:
        for number in range(60):
            batch.put((one, other)[number % 2], row(number))
        batch.delete(one, key(0))
    found = await db.batch_get([((one, other)[number % 2], key(number)) for number in range(61)])
    assert [item and item["n"] for item in found] == [None, *range(1, 60), None]


async def test_a_body_that_raises(db: DynamoDB, make_table: MakeTable) -> None:
    name = await make_table()

    async def fill() -> None:
        async with db.table(name).batch() as batch:
            for number in range(40):
                batch.put(row(number))
            raise ZeroDivisionError

    with pytest.raises(BatchError) as caught:
        await fill()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert [one.item["n"] for one in caught.value.failed] == list(range(25, 40))
    assert await stored(db, name) == list(range(25))


async def test_a_batch_that_has_no_time(db: DynamoDB, make_table: MakeTable) -> None:
    name = await make_table()
    with pytest.raises(BatchError) as caught:
        await db.table(name).batch_write([row(number) for number in range(30)], timeout=0)
    assert {type(one.reason) for one in caught.value.failed} == {DeadlineExceeded}
    assert len(caught.value.failed) == 30
    assert await stored(db, name) == []


async def test_consumed_capacity_is_summed(connect: Connect, make_table: MakeTable) -> None:
    name = await make_table()
    async with connect(capacity="total") as db:
        report = await db.table(name).batch_write([row(number) for number in range(30)])
        found = await db.table(name).batch_get([key(number) for number in range(30)], consistent=True)
    assert report.consumed is not None
    assert report.consumed.write_units == 30.0
    assert found.consumed is not None
    assert found.consumed.read_units == 30.0


# ── what is left undone ──────────────────────────────────────────────────────────────────────────────────────────────
class Partly:
    """Applies only a part of every batch, and answers that the rest was left undone: as a throttled table does."""

    def __init__(self, beneath: Transport, leaves: int) -> None:
        self._beneath, self._leaves = beneath, leaves
        self.left = 0

    async def send(self, request: Request) -> Response:
        if request.operation not in ("BatchWriteItem", "BatchGetItem"):
            return await self._beneath.send(request)
        payload = msgspec.json.decode(request.body)
        ((table, part),) = payload["RequestItems"].items()
        operations = part["Keys"] if request.operation == "BatchGetItem" else part
        left = [operations.pop() for _ in range(min(self._leaves, len(operations) - 1))]
        self.left += len(left)
        body = msgspec.json.encode(payload)
        response = await self._beneath.send(Request(request.operation, body, request.timeout, request.table))
        answer = msgspec.json.decode(response.body)
        name, undone = ("UnprocessedKeys", {"Keys": left}) if part is not operations else ("UnprocessedItems", left)
        answer[name] = {table: undone} if left else {}
        return Response(response.status, msgspec.json.encode(answer), response.request_id)

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return self._beneath.repair(error, response)

    async def close(self) -> None:
        await self._beneath.close()


async def test_what_a_throttled_table_leaves_undone_is_done_in_the_end(db: DynamoDB, make_table: MakeTable) -> None:
    name = await make_table()
    partly = Partly(db._transport, 3)
    config = replace(db.config, retry=RetryPolicy(throttling=RetryRule(10, 0.002), max_delay=0.1))
    throttled = DynamoDB(config, transport=partly).table(name)  # it is the other client that is closed
    report = await throttled.batch_write([row(number) for number in range(200)])
    assert (report.processed, report.unprocessed) == (200, 0)
    assert report.retried == partly.left > 20
    assert await stored(db, name) == list(range(200))
    found = await throttled.batch_get([key(number) for number in range(200)])
    assert [item and item["n"] for item in found] == list(range(200))
