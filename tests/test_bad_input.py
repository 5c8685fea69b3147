"""Every mistake that can be known before sending is refused before sending.

Nothing reaches the wire, and the error says on which table and in which operation, where in the input, and what to do.
"""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from hashrange.auth.chain import Environment
from hashrange.auth.static import Static
from hashrange.client import DynamoDB
from hashrange.config import Config
from hashrange.errors import (
    ConfigurationError,
    CredentialsNotFound,
    DynamoDBError,
    InvalidCredentials,
    InvalidCursor,
    InvalidExpression,
    InvalidKey,
    InvalidRegion,
    InvalidTable,
    ItemTooLarge,
    MissingRequiredKey,
    TypeMismatch,
    ValidationError,
)
from hashrange.expressions import Attr, Update, begins_with, between
from hashrange.key import Key
from hashrange.schema import GlobalIndex, LocalIndex
from hashrange.table import Table
from tests.fakes import FakeTransport, ItemCollection, client

KEY = Key("USER#1", "PROFILE")
ITEM = {"PK": "USER#1", "SK": "PROFILE"}
float_key: Any = 1.5
TOO_LONG = 10**39 + 1
TOO_PRECISE = Decimal("1." + "1" * 38)


class Case(NamedTuple):
    """A mistake, and what is said of it.

    ``said`` must stand in the error's message (the path of the value among it); ``operation`` is None where an
    expression is refused while it is built: then no table is known yet.
    """

    mistake: Callable[[Any], Any]
    error: type[DynamoDBError]
    said: str
    operation: str | None


def put(**attributes: Any) -> Callable[[Any], Any]:
    return lambda app: app.put_item(ITEM | attributes)


def get(key: Any) -> Callable[[Any], Any]:
    return lambda app: app.get_item(key)


def update(make: Callable[[], Any], key: Any = KEY) -> Callable[[Any], Any]:
    return lambda app: app.update_item(key, make())


def query(*positional: Any, **options: Any) -> Callable[[Any], Any]:
    return lambda app: app.query(*(positional or ("USER#1",)), **options)


def scan(**options: Any) -> Callable[[Any], Any]:
    return lambda app: app.scan(**options)


def nested(levels: int) -> Any:
    return [nested(levels - 1)] if levels else 0


CASES: dict[str, Case] = {
    # ── values ──
    "NaN": Case(put(price=float("nan")), ValidationError, "price: nan", "PutItem"),
    "NaN within": Case(put(a={"b": [1, float("nan")]}), ValidationError, "a.b[1]: nan", "PutItem"),
    "infinity": Case(put(price=float("-inf")), ValidationError, "price: -inf", "PutItem"),
    "Decimal NaN": Case(put(price=Decimal("NaN")), ValidationError, "price: NaN", "PutItem"),
    "39 digits": Case(put(a={"n": TOO_LONG}), ValidationError, "a.n: ", "PutItem"),
    "39 digits, Decimal": Case(
        put(n=TOO_PRECISE), ValidationError, "n: the number has 39 significant digits", "PutItem"
    ),
    "too large": Case(put(n=10**126), ValidationError, "n: the number is out of range", "PutItem"),
    "too small": Case(put(n=1e-131), ValidationError, "n: the number is out of range", "PutItem"),
    "empty set": Case(put(tags=set()), ValidationError, "tags: the set is empty", "PutItem"),
    "empty set within": Case(put(a=[{"b": frozenset()}]), ValidationError, "a[0].b: the set is empty", "PutItem"),
    "mixed set": Case(put(tags={1, "a"}), TypeMismatch, "tags: the set holds int, str", "PutItem"),
    "set of what cannot be": Case(put(tags={(1, 2)}), TypeMismatch, "tags: the set holds tuple", "PutItem"),
    "a datetime": Case(put(at=datetime.now(UTC)), TypeMismatch, "at: datetime has no DynamoDB type", "PutItem"),
    "an object": Case(put(a=[object()]), TypeMismatch, "a[0]: object has no DynamoDB type", "PutItem"),
    "a name that is no text": Case(put(a={1: "x"}), TypeMismatch, "attribute name 1", "PutItem"),
    "lone surrogate": Case(put(note="\ud800"), ValidationError, "note", "PutItem"),
    "too deep": Case(
        put(a=nested(40)),
        ValidationError,
        "nested deeper than 32 levels",
        "PutItem",
    ),
    "NaN in an update": Case(update(lambda: Update().set("price", float("nan"))), ValidationError, "price", None),
    "empty set in an update": Case(update(lambda: Update().add("tags", set())), ValidationError, "tags", None),
    "NaN in a condition": Case(
        lambda app: app.delete_item(KEY, condition=Attr("price") == float("nan")), ValidationError, "price", None
    ),
    # ── items ──
    "no item": Case(lambda app: app.put_item(None), TypeMismatch, "an item is a mapping, not NoneType", "PutItem"),
    "over 400 KB": Case(put(text="x" * 410_000), ItemTooLarge, "largest: 'text' 410004 bytes", "PutItem"),
    "no partition key": Case(lambda app: app.put_item({"SK": "a"}), MissingRequiredKey, "'PK'", "PutItem"),
    "no sort key": Case(lambda app: app.put_item({"PK": "a"}), MissingRequiredKey, "'SK'", "PutItem"),
    "empty index key": Case(put(email=""), InvalidKey, "'email' is empty", "PutItem"),
    "index key of no key type": Case(put(total=[1]), InvalidKey, "'total' is of type L", "PutItem"),
    # ── keys ──
    "empty partition key": Case(get(Key("", "a")), InvalidKey, "'PK' is empty", "GetItem"),
    "empty sort key": Case(get(Key("a", "")), InvalidKey, "'SK' is empty", "GetItem"),
    "empty binary key": Case(get(Key(b"", "a")), InvalidKey, "'PK' is empty", "GetItem"),
    "long partition key": Case(get(Key("x" * 2049, "a")), InvalidKey, "'PK' is 2049 bytes long", "GetItem"),
    "long sort key": Case(get(Key("a", "ä" * 513)), InvalidKey, "'SK' is 1026 bytes long", "GetItem"),
    "a key that is a float": Case(get(Key(float_key, "a")), InvalidKey, "'PK' is of type float", "GetItem"),
    "a key without its sort value": Case(get(Key("a")), InvalidKey, "the key has no sort value", "GetItem"),
    "a text for a key": Case(get("USER#1"), InvalidKey, "a key is a Key, not str", "GetItem"),
    "a tuple for a key": Case(
        lambda app: app.delete_item(("a", "b")), InvalidKey, "a key is a Key, not tuple", "DeleteItem"
    ),
    "empty key in an item": Case(put(PK=""), InvalidKey, "'PK' is empty", "PutItem"),
    "long key in an item": Case(put(SK="x" * 1025), InvalidKey, "'SK' is 1025 bytes long", "PutItem"),
    "empty key in a query": Case(query(""), InvalidKey, "'PK' is empty", "Query"),
    "no key in a query": Case(query(None), ValidationError, "the partition key is None", "Query"),
    "long sort value in a query": Case(query("a", "x" * 1025), InvalidKey, "'SK' is 1025 bytes long", "Query"),
    "empty prefix": Case(lambda app: app.query("a", begins_with("")), InvalidKey, "begins_with() has an empty", None),
    "bounds in the wrong order": Case(lambda app: app.query("a", between(2, 1)), InvalidExpression, "between", None),
    # ── expressions ──
    "empty update": Case(update(Update), InvalidExpression, "the update is empty", "UpdateItem"),
    "same path twice": Case(update(lambda: Update().set("a", 1).remove("a")), InvalidExpression, "a", None),
    "overlapping paths": Case(
        update(lambda: Update().set(Attr("a").b, 1).set(Attr("a").b.c, 2)), InvalidExpression, "a.b", None
    ),
    "overlapping elements": Case(
        update(lambda: Update().remove(Attr("l")[0]).set(Attr("l")[0].x, 2)), InvalidExpression, "l[0]", None
    ),
    "an update of the key": Case(
        update(lambda: Update().set("SK", "b")), InvalidExpression, "the update changes 'SK'", "UpdateItem"
    ),
    "an update as text": Case(update(lambda: "SET a = 1"), InvalidExpression, "of type str", "UpdateItem"),
    "a condition as text": Case(
        lambda app: app.put_item(ITEM, condition="attribute_not_exists(PK)"),
        InvalidExpression,
        "of type str",
        "PutItem",
    ),
    "a filter as text": Case(scan(filter="a = 1"), InvalidExpression, "filter is of type str", "Scan"),
    "a projection as text": Case(query(projection="a"), InvalidExpression, "not str", "Query"),
    "an empty projection": Case(scan(projection=[]), InvalidExpression, "the projection is empty", "Scan"),
    "a word that returns nothing": Case(
        lambda app: app.update_item(KEY, Update().remove("a"), returns="ALL_NEW"),
        InvalidExpression,
        "returns is 'ALL_NEW'",
        "UpdateItem",
    ),
    # ── reads ──
    "consistent on a global index": Case(
        query("a@b", index="by_email", consistent=True), ValidationError, "'by_email' is global", "Query"
    ),
    "consistent scan of a global index": Case(
        scan(index="by_email", consistent=True), ValidationError, "'by_email' is global", "Scan"
    ),
    "unknown index": Case(query(index="by_name"), InvalidTable, "known indexes: 'by_email', 'by_total'", "Query"),
    "unknown index of a scan": Case(scan(index="by_name"), InvalidTable, "no index 'by_name'", "Scan"),
    "sort condition without a sort key": Case(
        query("a@b", "c", index="by_email"), InvalidKey, "has no sort key", "Query"
    ),
    "a cursor that is none": Case(
        lambda app: app.query("a").page("x"), InvalidCursor, "the cursor is damaged", "Query"
    ),
    "a cursor that is no text": Case(lambda app: app.scan(cursor=3).all(), InvalidCursor, "a cursor is text", "Scan"),
    "a negative limit": Case(query(limit=-1), ValidationError, "limit is -1", "Query"),
    "a limit that is no number": Case(scan(limit="10"), ValidationError, "limit is '10'", "Scan"),
    "an empty page": Case(query(page_size=0), ValidationError, "page_size is 0", "Query"),
    "no segments": Case(scan(segments=0), ValidationError, "segments is 0", "Scan"),
    "a page of several segments": Case(lambda app: app.scan(segments=4).page(), ValidationError, "cursor", "Scan"),
    # ── time to live ──
    "ttl in seconds": Case(lambda app: app.put_item(ITEM, ttl=60), ValidationError, "ttl is of type int", "PutItem"),
    "ttl that is over": Case(
        lambda app: app.put_item(ITEM, ttl=timedelta(0)), ValidationError, "must be a time to come", "PutItem"
    ),
}
#: limits and the like say what is allowed in the message itself
SELF_EXPLAINING = {
    "a word that returns nothing",
    "a negative limit",
    "a limit that is no number",
    "an empty page",
    "no segments",
    "ttl that is over",
}


def app_on(transport: FakeTransport) -> Table[Any]:
    indexes: dict[str, Any] = {"by_email": GlobalIndex("email"), "by_total": LocalIndex("total")}
    return client(transport).table("app", indexes=indexes, ttl_attribute="until")


async def refusal(mistake: Callable[[Any], Any], subject: Any) -> DynamoDBError:
    """The error that a mistake meets, at once or when it is awaited."""

    async def make() -> None:
        found = mistake(subject)
        if inspect.isawaitable(found):
            await found

    with pytest.raises(DynamoDBError) as caught:
        await make()
    return caught.value


@pytest.mark.parametrize("name", CASES)
async def test_a_mistake_is_refused_before_sending(name: str) -> None:
    case, transport = CASES[name], FakeTransport()
    error = await refusal(case.mistake, app_on(transport))
    assert transport.requests == []
    assert isinstance(error, case.error)
    assert case.said in error.message
    assert error.attempts == 0
    assert name in SELF_EXPLAINING or error.hint
    if case.operation is not None:
        assert (error.table, error.operation) == ("app", case.operation)
        assert f"[{case.operation} on table 'app'" in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


async def test_what_the_cases_leave_out_is_right() -> None:
    """The same calls without the mistakes go through: the cases are refused for what is wrong with them."""
    server = ItemCollection([{"PK": {"S": "USER#1"}, "SK": {"S": "PROFILE"}}])
    app = client(server).table("app", indexes={"by_total": LocalIndex("total")})
    assert await app.query("USER#1", begins_with("P")).all() == [ITEM]
    assert await app.scan(segments=4, limit=10, page_size=3).all() == [ITEM]
    assert len(server.payloads) == 5


# ── cursors of other queries ─────────────────────────────────────────────────────────────────────────────────────────
async def test_a_cursor_of_another_query_is_refused_before_sending() -> None:
    items = [{"PK": {"S": "USER#1"}, "SK": {"S": str(number)}, "total": {"N": "1"}} for number in range(4)]
    cursor = (await client(ItemCollection(items)).table("app").query("USER#1", limit=2).page()).cursor
    assert cursor is not None
    transport = FakeTransport()
    db = client(transport)
    app = db.table("app", indexes={"by_total": LocalIndex("total")})
    others = [
        app.query("USER#2"),
        app.query("USER#1", index="by_total"),
        app.scan(),
        db.table("other").query("USER#1"),
    ]
    for other in others:
        error = await refusal(lambda read: read.page(cursor), other)
        assert isinstance(error, InvalidCursor)
        assert "belongs to another query" in error.message
        assert "table, index and partition key" in (error.hint or "")
        assert error.table in ("app", "other")
        assert error.operation in ("Query", "Scan")
    assert transport.requests == []


# ── a query that was forgotten to be used ────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("kind", ["query", "scan"])
async def test_awaiting_a_read_is_a_type_error_that_says_what_to_do(kind: str) -> None:
    transport = FakeTransport()
    app = app_on(transport)
    read: Any = app.query("USER#1") if kind == "query" else app.scan()
    with pytest.raises(TypeError, match=r"cannot be awaited: use 'async for item in \.\.\.', 'await \.\.\.\.all\(\)'"):
        await read
    assert transport.requests == []


# ── configuration ────────────────────────────────────────────────────────────────────────────────────────────────────
CONFIGURATIONS: dict[str, tuple[Callable[[], Any], type[DynamoDBError], str]] = {
    "missing region": (lambda: Config(), InvalidRegion, "region is missing"),
    "missing region in the environment": (lambda: DynamoDB.from_env({}), InvalidRegion, "region is missing"),
    "region with a space": (lambda: Config(region="eu west 1"), InvalidRegion, "'eu west 1'"),
    "region that is a host": (lambda: Config(region="evil.example.org/"), InvalidRegion, "'evil.example.org/'"),
    "region of the environment": (lambda: Config.from_env({"AWS_REGION": "EU!"}), InvalidRegion, "AWS_REGION"),
    "endpoint without a scheme": (
        lambda: Config(region="eu-west-1", endpoint_url="localhost:8000"),
        ConfigurationError,
        "endpoint_url",
    ),
    "endpoint with a path": (
        lambda: Config(region="eu-west-1", endpoint_url="http://localhost:8000/x"),
        ConfigurationError,
        "endpoint_url",
    ),
    "endpoint of the environment": (
        lambda: Config.from_env({"AWS_REGION": "eu-west-1", "DYNAMODB_ENDPOINT": "ftp://x"}),
        ConfigurationError,
        "DYNAMODB_ENDPOINT",
    ),
    "credentials that are none": (
        lambda: Config(region="eu-west-1", credentials=("a", "b")),  # type: ignore[arg-type]
        InvalidCredentials,
        "credentials is of type tuple",
    ),
    "keys that are empty": (lambda: Static("", ""), InvalidCredentials, "empty"),
    "a table that cannot be": (lambda: client(FakeTransport()).table("my table"), InvalidTable, "'my table'"),
    "an index that cannot be": (
        lambda: client(FakeTransport()).table("app", indexes={"x": "A"}),
        InvalidTable,
        "'x' is not the name of an index",
    ),
    "a key twice": (lambda: client(FakeTransport()).table("app", "PK", "PK"), InvalidTable, "both named 'PK'"),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_setting_that_cannot_be_is_refused_when_it_is_made(name: str) -> None:
    make, cls, said = CONFIGURATIONS[name]
    with pytest.raises(cls) as caught:
        make()
    assert said in str(caught.value)


@dataclass
class Asked:
    """A network that nobody should ask."""

    urls: list[str]

    async def __call__(self, method: str, url: str, headers: Any, body: bytes = b"", *, timeout: float) -> Any:
        self.urls.append(url)
        raise AssertionError("nobody should ask")


async def test_missing_credentials_are_told_without_a_word_on_the_wire(tmp_path: Any) -> None:
    network = Asked([])
    environ = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    provider = Environment(environ, region="eu-west-1", fetch=network)
    async with DynamoDB(Config(endpoint_url="http://127.0.0.1:1", credentials=provider)) as db:
        with pytest.raises(CredentialsNotFound, match="no credentials found; tried") as caught:
            await db.table("app").get_item(KEY)
    assert (caught.value.table, caught.value.operation, caught.value.key) == ("app", "GetItem", KEY)
    assert "db.credentials.explain()" in (caught.value.hint or "")
    assert network.urls == []
