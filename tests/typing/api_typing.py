"""What type checkers must know about the client, its tables and its reads: checked by mypy and pyright, never run.

Mistakes that must be seen stand at the end, once for each checker: a comment that ignores one is itself reported where
it is not needed.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict, assert_type

import attrs
import msgspec
import pydantic

from hashrange import (
    AttemptFailed,
    Attr,
    CallFinished,
    CircuitChanged,
    CircuitOpen,
    CircuitRule,
    Config,
    DeleteResult,
    DynamoDB,
    DynamoDBError,
    GlobalIndex,
    Item,
    Key,
    LocalIndex,
    Page,
    PutResult,
    Query,
    QuotaRule,
    Raw,
    RetryPolicy,
    RetryRule,
    Scan,
    ScanCheckpoint,
    Table,
    TableDescription,
    Update,
    UpdateResult,
    Usage,
    begins_with,
    between,
)
from hashrange.resilience.breaker import CircuitState
from hashrange.types import WireObject
from hashrange.wire.transport import Transport


@dataclass
class User:
    PK: str
    SK: str
    name: str


@attrs.define
class Tool:
    name: str


class Order(msgspec.Struct):
    PK: str
    SK: str


class Movie(TypedDict):
    title: str


class Account(pydantic.BaseModel):
    owner: str


KEY = Key("USER#1", "PROFILE")


# ── clients and tables ───────────────────────────────────────────────────────────────────────────────────────────────
class MyClient(DynamoDB):
    pass


async def clients() -> None:
    async with DynamoDB.from_env() as db:
        assert_type(db, DynamoDB)
    async with MyClient.local(port=8000) as mine:
        assert_type(mine, MyClient)
    assert_type(MyClient.auto(), MyClient)
    assert_type(DynamoDB(Config(region="eu-west-1")).config, Config)
    assert_type(await db.call("ListTables"), WireObject)
    with db.track() as usage:
        assert_type(usage, Usage)
    assert_type(await db.describe_table("app"), TableDescription)


def around(inner: Transport) -> Transport:
    return inner


class Watching:
    """An observer."""

    def attempt_failed(self, event: AttemptFailed) -> None:
        assert_type(event.delay, float | None)

    def call_finished(self, event: CallFinished) -> None:
        assert_type(event.error, DynamoDBError | None)

    def circuit_changed(self, event: CircuitChanged) -> None:
        assert_type(event.after, CircuitState)


async def resilience(transport: Transport) -> None:
    config = Config(
        region="eu-west-1",
        circuit=CircuitRule(failures=3, open_seconds=10.0, successes=1),
        hedge_after=0.02,
        retry=RetryPolicy(throttling=RetryRule(3, 0.1), quota=QuotaRule(100)),
        observers=(Watching(),),
    )
    assert_type(DynamoDB(config, transport=transport), DynamoDB)
    assert_type(DynamoDB(config, transport=around), DynamoDB)
    assert_type(MyClient.in_memory(["app"], transport=around), MyClient)
    db = DynamoDB.in_memory(transport=transport)
    assert_type(db.circuit.state, CircuitState)
    db.circuit.reset()
    assert_type(RetryPolicy.aws_standard(), RetryPolicy)
    assert_type(await db.call("UpdateItem", {}, retry_ambiguous=True, timeout=1.0), WireObject)
    try:
        await db.call("ListTables")
    except CircuitOpen as error:
        assert_type(error.retry_at, float)
        assert_type(error.maybe_applied, bool)


async def tables(db: DynamoDB) -> None:
    assert_type(db.table("app"), Table[Item])
    assert_type(db.table("app", "id", None), Table[Item])
    assert_type(db.table("app", model=User), Table[User])
    assert_type(db.table("app", model=Tool), Table[Tool])
    assert_type(db.table("app", model=Order), Table[Order])
    assert_type(db.table("app", model=Movie), Table[Movie])
    assert_type(db.table("app", model=Account), Table[Account])
    assert_type(await db.load_table("app"), Table[Item])
    assert_type(await db.load_table("app", model=User, unknown="error"), Table[User])
    db.table("app", indexes={"a": GlobalIndex("x", "y"), "b": LocalIndex("z"), "c": "x", "d": ("x", None)})


# ── one item ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def get(users: Table[User], plain: Table[Item], movies: Table[Movie]) -> None:
    assert_type(await users.get_item(KEY), User | None)
    assert_type(await users.get_item(KEY, model=Order), Order | None)
    assert_type(await users.get_item(KEY, model=Movie), Movie | None)
    assert_type(await users.get_item(KEY, model=Account, consistent=True, projection=["owner"]), Account | None)
    assert_type(await plain.get_item(KEY), Item | None)
    assert_type(await movies.get_item(KEY), Movie | None)


async def put(users: Table[User], movies: Table[Movie]) -> None:
    done = await users.put_item(User("a", "b", "c"), condition=Attr("PK").not_exists(), ttl=timedelta(days=1))
    assert_type(done, PutResult[User])
    assert_type(done.old_item, User | None)
    await users.put_item({"PK": "a", "SK": "b", "name": "c"})
    await users.put_item({"PK": "a"}, condition=Raw("attribute_exists(PK)"))
    await movies.put_item({"title": "x"})


async def update(users: Table[User]) -> None:
    change = Update().set("name", "Bob").add("visits", 1)
    assert_type(await users.update_item(KEY, change), UpdateResult[User])
    assert_type(await users.update_item(KEY, change, returns="none"), UpdateResult[User])
    assert_type(await users.update_item(KEY, change, returns="all_old"), UpdateResult[User])
    assert_type(await users.update_item(KEY, change, returns="all_new"), UpdateResult[User])
    assert_type(await users.update_item(KEY, change, returns="updated_old"), UpdateResult[Item])
    assert_type(await users.update_item(KEY, change, returns="updated_new"), UpdateResult[Item])
    assert_type((await users.update_item(KEY, change, returns="all_new")).item, User | None)
    await users.update_item(KEY, Raw("SET a = b"), condition=Attr("version") == 3)
    assert_type(await users.update_item(KEY, change, retry_ambiguous=True), UpdateResult[User])
    assert_type(await users.update_item(KEY, change, returns="updated_new", retry_ambiguous=True), UpdateResult[Item])


async def delete(users: Table[User]) -> None:
    done = await users.delete_item(KEY, condition=Attr("status") == "closed", return_old=True)
    assert_type(done, DeleteResult[User])
    assert_type(done.old_item, User | None)


# ── queries and scans ────────────────────────────────────────────────────────────────────────────────────────────────
async def queries(users: Table[User]) -> None:
    assert_type(users.query("USER#1"), Query[User])
    assert_type(users.query("USER#1", begins_with("ORDER#"), model=Order, descending=True), Query[Order])
    assert_type(users.query("USER#1", between(1, 5), index="GSI1", limit=3), Query[User])
    assert_type(users.query(7, 3), Query[User])
    query = users.query("USER#1", model=Order)
    async for order in query:
        assert_type(order, Order)
    async for page in query.pages():
        assert_type(page, Page[Order])
        assert_type(page.items, list[Order])
        assert_type(page.cursor, str | None)
    assert_type(aiter(query), AsyncIterator[Order])
    assert_type(await query.page(cursor=None), Page[Order])
    assert_type(await query.all(max_items=3), list[Order])
    assert_type(await query.first(), Order | None)
    assert_type(await query.one(), Order)
    assert_type(await query.count(), int)


async def scans(users: Table[User], plain: Table[Item]) -> None:
    assert_type(users.scan(segments=8, checkpoint=ScanCheckpoint()), Scan[User])
    assert_type(users.scan(model=Movie), Scan[Movie])
    assert_type(await users.scan(segments=8).all(), list[User])
    assert_type(await plain.scan().first(), Item | None)
    async for user in users.scan():
        assert_type(user, User)


async def pages_in_parallel(users: Table[User]) -> None:
    async def process(page: Page[User]) -> None:
        assert_type(page.items[0].name, str)

    await users.scan().for_each_page(process, concurrency=3)


# ── mistakes ─────────────────────────────────────────────────────────────────────────────────────────────────────────
CHANGE = Update().set("name", "Bob")
USER = User("a", "b", "c")
MYPY = False  # which mypy takes for True


async def of_orders(page: Page[Order]) -> None: ...


async def mistakes_that_mypy_sees(
    db: DynamoDB, users: Table[User], user: User | None, done: PutResult[User], page: Page[User]
) -> None:
    db.table("app", indexes={"a": 3})  # type: ignore[dict-item]
    db.table("app", model=User, nulls="drop")  # type: ignore[call-overload]
    print(user.name)  # type: ignore[union-attr]
    await users.get_item("USER#1")  # type: ignore[call-overload]
    await users.put_item(Order("a", "b"))  # type: ignore[arg-type]
    await users.put_item(USER, condition="x")  # type: ignore[arg-type]
    await users.put_item(USER, ttl=60)  # type: ignore[arg-type]
    await users.update_item(KEY, CHANGE, returns="new")  # type: ignore[call-overload]
    await users.scan().for_each_page(of_orders)  # type: ignore[arg-type]
    await users.query("USER#1")  # type: ignore[misc]
    await users.scan()  # type: ignore[misc]
    for _ in users.query("USER#1"):  # type: ignore[attr-defined]
        pass
    users.query("USER#1", filter=Attr("a"))  # type: ignore[call-overload]
    users.query(1.5)  # type: ignore[call-overload]
    done.old_item = None  # type: ignore[misc]
    page.items = []  # type: ignore[misc]


if not MYPY:

    async def mistakes_that_pyright_sees(
        db: DynamoDB, users: Table[User], user: User | None, done: PutResult[User], page: Page[User]
    ) -> None:
        db.table("app", indexes={"a": 3})  # pyright: ignore[reportArgumentType]
        db.table("app", model=User, nulls="drop")  # pyright: ignore[reportArgumentType]
        print(user.name)  # pyright: ignore[reportOptionalMemberAccess]
        await users.get_item("USER#1")  # pyright: ignore[reportArgumentType]
        await users.put_item(Order("a", "b"))  # pyright: ignore[reportArgumentType]
        await users.put_item(USER, condition="x")  # pyright: ignore[reportArgumentType]
        await users.put_item(USER, ttl=60)  # pyright: ignore[reportArgumentType]
        await users.update_item(KEY, CHANGE, returns="new")  # pyright: ignore[reportArgumentType, reportCallIssue]
        await users.scan().for_each_page(of_orders)  # pyright: ignore[reportArgumentType]
        await users.query("USER#1")  # pyright: ignore[reportGeneralTypeIssues]
        await users.scan()  # pyright: ignore[reportGeneralTypeIssues]
        for _ in users.query("USER#1"):  # pyright: ignore[reportGeneralTypeIssues]
            pass
        users.query("USER#1", filter=Attr("a"))  # pyright: ignore[reportArgumentType]
        users.query(1.5)  # pyright: ignore[reportArgumentType]
        done.old_item = None  # pyright: ignore[reportAttributeAccessIssue]
        page.items = []  # pyright: ignore[reportAttributeAccessIssue]
