"""The client's life against a real server: many calls at once, many loops, closing, and nothing left behind."""

from __future__ import annotations

import asyncio
import gc

import pytest

from hashrange import ClientClosed, DynamoDB, Item, Key, Table, Update

from .conftest import Connect, MakeTable


@pytest.fixture
async def app(db: DynamoDB, make_table: MakeTable) -> Table[Item]:
    table = db.table(await make_table())
    await table.put_item({"PK": "a", "SK": "b", "n": 1})
    return table


KEY = Key("a", "b")


async def test_a_hundred_calls_at_once(app: Table[Item]) -> None:
    found = await asyncio.gather(*(app.get_item(KEY) for _ in range(100)))
    assert found == [{"PK": "a", "SK": "b", "n": 1}] * 100


async def test_more_calls_than_connections(connect: Connect, app: Table[Item]) -> None:
    async with connect(max_connections=3) as narrow:
        table = narrow.table(app.name)
        await asyncio.gather(*(table.update_item(KEY, Update().add("n", 1)) for _ in range(30)))
    assert (await app.get_item(KEY, consistent=True) or {})["n"] == 31


async def test_a_closed_client_says_so(connect: Connect, app: Table[Item]) -> None:
    other = connect()
    table = other.table(app.name)
    assert await table.get_item(KEY) is not None
    await other.close()
    await other.close()
    with pytest.raises(ClientClosed) as caught:
        await table.get_item(KEY)
    assert (caught.value.table, caught.value.operation) == (app.name, "GetItem")


async def test_a_client_may_be_closed_without_a_call(connect: Connect) -> None:
    async with connect():
        pass


async def test_cancelled_calls_leave_the_client_well(app: Table[Item]) -> None:
    for turns in (0, 1, 2, 4, 8, 16, 32):
        tasks = [asyncio.create_task(app.get_item(KEY)) for _ in range(20)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert await app.get_item(KEY) == {"PK": "a", "SK": "b", "n": 1}


async def test_tracking_counts_the_calls_inside(db: DynamoDB, app: Table[Item]) -> None:
    with db.track() as usage:
        await asyncio.gather(*(app.get_item(KEY) for _ in range(5)))
    await app.get_item(KEY)
    assert (usage.calls, usage.failed_calls, usage.retries) == (5, 0, 0)
    assert usage.elapsed > 0


def test_one_client_serves_one_loop_after_another(connect: Connect) -> None:
    """As module-level clients in scripts, Lambda handlers and test suites do."""
    db = connect()

    async def one_call() -> list[str]:
        names: list[str] = (await db.call("ListTables"))["TableNames"]
        return names

    for _ in range(3):
        assert isinstance(asyncio.run(one_call()), list)
    gc.collect()
    asyncio.run(db.close())
