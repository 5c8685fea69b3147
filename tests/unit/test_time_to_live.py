"""Times to live in a table: what has expired is hidden, and what would never expire is refused or warned of."""

from __future__ import annotations

import re
import warnings
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hashrange.client import DynamoDB
from hashrange.errors import ConfigurationError, InvalidExpression, ItemDecodeError, TypeMismatch, ValidationError
from hashrange.expressions import Attr, Raw, Update
from hashrange.key import Key
from hashrange.table import Table
from hashrange.testing import FakeClock
from hashrange.time_to_live import LATEST_EPOCH_SECONDS, ExpiryWatch, TimeToLiveWarning, is_over
from hashrange.types import Item, WireItem

NOW = 1_800_000_000
MILLISECONDS = NOW * 1000


@dataclass
class Session:
    PK: str
    SK: str
    user: str | None = None
    until: int | None = None


def key(name: str) -> Key:
    return Key("S", name)


def session(name: str, until: Any = None) -> Item:
    found: Item = {"PK": "S", "SK": name, "user": "Ann"}
    return found if until is None else found | {"until": until}


@pytest.fixture
def db() -> DynamoDB:
    return DynamoDB.in_memory(["app"], clock=FakeClock(NOW))


@pytest.fixture
async def sessions(db: DynamoDB) -> Table[Item]:
    """Written without a TTL attribute: nobody looks at what is stored."""
    plain = db.table("app")
    ends = {"over": NOW - 1, "now": NOW, "alive": NOW + 1, "never": None, "text": "x", "ms": MILLISECONDS, "null": None}
    for name, until in ends.items():
        await plain.put_item(session(name, until))
    await plain.put_item(session("null") | {"until": None})
    return db.table("app", ttl_attribute="until")


# ── reads ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("name", "there"), [("over", False), ("now", False), ("alive", True), ("never", True), ("null", True)]
)
async def test_what_has_expired_is_hidden(sessions: Table[Item], name: str, there: bool) -> None:
    assert (await sessions.get_item(key(name)) is not None) is True
    assert (await sessions.get_item(key(name), hide_expired=True) is not None) is there
    (one,) = await sessions.batch_get([key(name)], hide_expired=True)
    assert (one is not None) is there
    found = await sessions.query("S", name, hide_expired=True).all()
    assert bool(found) is there


async def test_batches_of_tables(db: DynamoDB, sessions: Table[Item]) -> None:
    found = await db.batch_get([(sessions, key("over")), (sessions, key("alive"))], hide_expired=True)
    assert [item and item["SK"] for item in found] == [None, "alive"]
    assert found.unprocessed == ()


async def test_a_projection_does_not_show_what_was_read_for_it(sessions: Table[Item]) -> None:
    for projection, shown in (
        (["user"], {"user": "Ann"}),
        (["user", "until"], {"user": "Ann", "until": NOW + 1}),
        ([Attr("user")], {"user": "Ann"}),
    ):
        assert await sessions.get_item(key("alive"), projection=projection, hide_expired=True) == shown
        assert await sessions.batch_get([key("alive")], projection=projection, hide_expired=True) == [shown]
        assert await sessions.get_item(key("over"), projection=projection, hide_expired=True) is None
        assert await sessions.batch_get([key("over")], projection=projection, hide_expired=True) == [None]


async def test_with_a_model(db: DynamoDB, sessions: Table[Item]) -> None:
    typed = db.table("app", model=Session, ttl_attribute="until")
    assert await typed.get_item(key("alive"), hide_expired=True) == Session("S", "alive", "Ann", NOW + 1)
    assert await typed.get_item(key("over"), hide_expired=True) is None
    assert await sessions.get_item(key("over"), model=Session, hide_expired=True) is None
    assert await sessions.batch_get([key("over")], model=Session, hide_expired=True) == [None]


async def test_hiding_needs_the_name_of_the_attribute(db: DynamoDB) -> None:
    app = db.table("app")
    for read in (app.get_item(key("a"), hide_expired=True), app.batch_get([key("a")], hide_expired=True)):
        with pytest.raises(ConfigurationError, match="hide_expired needs the name of the TTL attribute of table 'app'"):
            await read


async def test_nothing_can_be_added_to_raw_text(sessions: Table[Item]) -> None:
    with pytest.raises(InvalidExpression, match="Raw text"):
        await sessions.get_item(key("a"), projection=Raw("user"), hide_expired=True)


@pytest.mark.parametrize(("name", "said"), [("text", "of type S, not a number"), ("ms", "in milliseconds")])
async def test_what_never_expires_is_shown_with_a_warning_once(sessions: Table[Item], name: str, said: str) -> None:
    def reads() -> list[Awaitable[Any]]:
        one = key(name)
        return [
            sessions.get_item(one, hide_expired=True),
            sessions.batch_get([one], hide_expired=True),
            sessions.query("S", name, hide_expired=True).all(),
        ]

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = [await read for read in reads()]
    assert None not in (found[0], *found[1])
    assert len(found[2]) == 1
    assert [warning.category for warning in caught] == [TimeToLiveWarning]
    assert re.search(rf"table 'app': .* 'until' is .*{said}", str(caught[0].message))


async def test_a_query_warns_too_and_reads_that_hide_nothing_do_not(sessions: Table[Item]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(await sessions.query("S").all()) == 7
    with pytest.warns(TimeToLiveWarning):
        assert len(await sessions.scan(hide_expired=True).all()) == 5


# ── writes ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("until", [MILLISECONDS, float(MILLISECONDS), Decimal(MILLISECONDS), LATEST_EPOCH_SECONDS + 1])
async def test_milliseconds_are_refused(db: DynamoDB, sessions: Table[Item], until: Any) -> None:
    with pytest.raises(ValidationError, match=r"until: the time to live is in milliseconds.*table 'app'"):
        await sessions.put_item(session("a", until))
    with pytest.raises(ValidationError, match="until: the time to live is in milliseconds"):
        await sessions.update_item(key("a"), Update().set("until", until))
    with pytest.raises(ValidationError, match="in milliseconds"):
        await sessions.batch_write([session("a", until)])
    with pytest.raises(ValidationError, match="in milliseconds"):
        async with db.transaction() as tx:
            tx.put(sessions, session("a", until))
    assert await sessions.get_item(key("a")) is None


@pytest.mark.parametrize("until", ["2027-01-01", b"x", True, [1]])
async def test_what_is_no_number_is_written_with_a_warning_once(sessions: Table[Item], until: Any) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        await sessions.put_item(session("a", until))
        await sessions.update_item(key("a"), Update().set("until", until))
    assert [warning.category for warning in caught] == [TimeToLiveWarning]
    assert re.search("written in 'until' is of type .*, not a number", str(caught[0].message))


@pytest.mark.parametrize("until", [None, 0, NOW, LATEST_EPOCH_SECONDS, NOW + 0.5])
async def test_seconds_are_written(sessions: Table[Item], until: Any) -> None:
    await sessions.put_item(session("a", until))
    await sessions.update_item(key("a"), Update().set("until", until).set("n", 1))
    await sessions.update_item(key("a"), Update().remove("until").add("n", 1))
    await sessions.put_item(session("b"), ttl=timedelta(hours=1))
    assert (await sessions.get_item(key("b")) or {})["until"] == NOW + 3600


def test_what_is_over() -> None:
    assert is_over({"t": {"N": "1.5E1"}}, "t", 15.9)
    assert not is_over({"t": {"N": "16"}}, "t", 15.9)
    assert not is_over({"t": {"S": "1"}}, "t", 15.9)
    assert not is_over({}, "t", 15.9)


def test_the_watch_warns_of_each_kind_once() -> None:
    watch = ExpiryWatch("app", "t")
    items: list[WireItem] = [{"t": {"S": "x"}}, {"t": {"N": str(MILLISECONDS)}}, {"other": {"S": "x"}}]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for item in items * 2:
            watch.read(item)
    assert [warning.category for warning in caught] == [TimeToLiveWarning] * 2


# ── tables and models ────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_table_with_another_model(db: DynamoDB, sessions: Table[Item]) -> None:
    typed = sessions.with_model(Session)
    assert (typed.name, typed.schema, typed.config) == (sessions.name, sessions.schema, db.config)
    found = await typed.get_item(key("alive"))
    assert found is not None
    assert found == Session("S", "alive", "Ann", NOW + 1)
    assert typed.to_item(found) == session("alive", NOW + 1) == typed.to_item(session("alive", NOW + 1))
    assert typed.from_item(session("alive", NOW + 1)) == found
    plain: Any = typed.with_model(dict)
    assert plain.from_item(session("a")) == session("a") == plain.to_item(session("a"))


async def test_values_that_do_not_fit_name_the_table(sessions: Table[Item]) -> None:
    typed: Any = sessions.with_model(Session)
    with pytest.raises(TypeMismatch, match="on table 'app'"):
        typed.to_item(5)
    with pytest.raises(ItemDecodeError, match="on table 'app'"):
        typed.from_item({"PK": 1})
