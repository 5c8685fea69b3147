"""Writes under a version: what is stored, conflicts and their errors, what is refused, and answers that get lost."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from hashrange.client import DynamoDB
from hashrange.errors import (
    ConditionFailed,
    ConfigurationError,
    ConnectionLost,
    InvalidExpression,
    MissingRequiredKey,
    ValidationError,
    VersionConflict,
)
from hashrange.expressions import Raw, Update
from hashrange.key import Key
from hashrange.patterns.marks import parse_marks
from hashrange.patterns.versioning import Versioned
from hashrange.simulator.engine import Engine
from hashrange.table import Table
from hashrange.testing import FakeClock, FaultPlan, Rule, reset_after, reset_before
from hashrange.types import Item
from tests.fakes import Chance

KEY = Key("DOC#1", "TEXT")
DOC: Item = {"PK": "DOC#1", "SK": "TEXT", "text": "one"}


@dataclass
class Doc:
    PK: str
    SK: str
    text: str
    version: int = 0


class World:
    """A table, a versioned view of it, and one whose first writes meet faults."""

    def __init__(self, *rules: Rule) -> None:
        self.clock = FakeClock()
        self.engine = Engine(["app"], clock=self.clock)
        self.db = DynamoDB.in_memory(engine=self.engine, randomness=Chance(0.5))
        self.table = self.db.table("app")
        self.docs = Versioned(self.table)
        self.faulty_db = DynamoDB.in_memory(
            engine=self.engine,
            randomness=Chance(0.5),
            transport=lambda inner: FaultPlan(inner, rules, clock=self.clock),
        )
        self.faulty = Versioned(self.faulty_db.table("app"))

    async def stored(self) -> Item | None:
        item = await self.table.get_item(KEY, consistent=True)
        if item is not None:
            item.pop("version_marks", None)
        return item


@pytest.fixture
def world() -> World:
    return World()


# ── what is stored ───────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_new_item_has_version_1_and_each_write_one_more(world: World) -> None:
    first = await world.docs.put_versioned(DOC, None)
    assert first == DOC | {"version": 1} == await world.stored()
    second = await world.docs.put_versioned(first | {"text": "two"}, 1)
    assert second == DOC | {"text": "two", "version": 2} == await world.stored()
    third = await world.docs.update_versioned(KEY, Update().set("text", "three").add("n", 1), 2)
    assert third == DOC | {"text": "three", "n": 1, "version": 3} == await world.stored()
    await world.docs.delete_versioned(KEY, 3)
    assert await world.stored() is None


async def test_the_version_in_the_item_does_not_count(world: World) -> None:
    assert (await world.docs.put_versioned(DOC | {"version": 77}, None))["version"] == 1
    assert (await world.docs.put_versioned(DOC | {"version": "x"}, 1))["version"] == 2


async def test_what_is_given_is_not_changed(world: World) -> None:
    given = dict(DOC)
    await world.docs.put_versioned(given, None)
    assert given == DOC


async def test_with_a_model(world: World) -> None:
    docs: Versioned[Doc] = Versioned(world.db.table("app", model=Doc))
    first = await docs.put_versioned(Doc("DOC#1", "TEXT", "one"), None)
    assert first == Doc("DOC#1", "TEXT", "one", 1)
    assert await docs.update_versioned(KEY, Update().set("text", "two"), first.version) == Doc(
        "DOC#1", "TEXT", "two", 2
    )
    with pytest.raises(VersionConflict) as caught:
        await docs.put_versioned(first, first.version)
    assert caught.value.item == Doc("DOC#1", "TEXT", "two", 2)


async def test_an_item_that_does_not_fit_the_model_is_shown_as_it_is(world: World) -> None:
    await world.table.put_item({"PK": "DOC#1", "SK": "TEXT", "version": 4})
    docs: Versioned[Doc] = Versioned(world.db.table("app", model=Doc))
    with pytest.raises(VersionConflict) as caught:
        await docs.put_versioned(Doc("DOC#1", "TEXT", "one"), 3)
    assert caught.value.item == {"PK": "DOC#1", "SK": "TEXT", "version": 4}


async def test_another_attribute_and_no_marks(world: World) -> None:
    docs = Versioned(world.table, "rev", marks=None)
    assert await docs.put_versioned(DOC, None) == DOC | {"rev": 1} == await world.table.get_item(KEY)
    assert await docs.update_versioned(KEY, Update(), 1) == DOC | {"rev": 2} == await world.table.get_item(KEY)


async def test_an_item_without_a_version_is_adopted_with_0(world: World) -> None:
    with pytest.raises(VersionConflict, match="there is no item, and version 0 was expected"):
        await world.docs.put_versioned(DOC, 0)
    await world.table.put_item(DOC)
    with pytest.raises(VersionConflict, match="has no version, not 1"):
        await world.docs.put_versioned(DOC, 1)
    assert (await world.docs.update_versioned(KEY, Update(), 0))["version"] == 1
    with pytest.raises(VersionConflict, match="has version 1, not none"):
        await world.docs.update_versioned(KEY, Update(), 0)
    await world.table.put_item(DOC | {"version": 0})
    assert (await world.docs.put_versioned(DOC, 0))["version"] == 1


async def test_an_update_creates_with_none(world: World) -> None:
    assert (await world.docs.update_versioned(KEY, Update().set("text", "x"), None))["version"] == 1
    with pytest.raises(VersionConflict, match="there is an item already"):
        await world.docs.update_versioned(KEY, Update().set("text", "x"), None)


async def test_marks_go_on_in_a_dict_that_was_read_whole(world: World) -> None:
    await world.docs.put_versioned(DOC, None)
    read = await world.table.get_item(KEY)
    assert read is not None
    await Versioned(world.table).put_versioned(read, 1)
    marks = parse_marks((await world.table.get_item(KEY) or {})["version_marks"])
    assert marks is not None
    assert [version for _, version in marks.lanes] == [2, 1]


# ── conflicts ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("write", ["put", "update", "delete"])
async def test_a_conflict_says_what_was_expected_and_what_is_there(world: World, write: str) -> None:
    await world.docs.put_versioned(DOC, None)
    await world.docs.put_versioned(DOC | {"text": "two"}, 1)
    writes: dict[str, Callable[[], Awaitable[Any]]] = {
        "put": lambda: world.docs.put_versioned(DOC, 1),
        "update": lambda: world.docs.update_versioned(KEY, Update().set("text", "x"), 1),
        "delete": lambda: world.docs.delete_versioned(KEY, 1),
    }
    with pytest.raises(VersionConflict, match="the item has version 2, not 1") as caught:
        await writes[write]()
    error = caught.value
    assert isinstance(error, ConditionFailed)
    assert (error.expected, error.found, error.item) == (1, 2, DOC | {"text": "two", "version": 2})
    assert (error.table, error.key, error.code) == ("app", KEY, "ConditionalCheckFailedException")
    assert not error.maybe_applied
    assert await world.stored() == DOC | {"text": "two", "version": 2}
    again = pickle.loads(pickle.dumps(error))
    assert (again.expected, again.found, again.item) == (error.expected, error.found, error.item)
    assert "DOC#1" not in str(error)


async def test_a_conflict_with_nothing(world: World) -> None:
    for write in (world.docs.put_versioned(DOC, 3), world.docs.delete_versioned(KEY, 3)):
        with pytest.raises(VersionConflict, match="there is no item, and version 3 was expected") as caught:
            await write
        assert (caught.value.item, caught.value.found, caught.value.expected) == (None, None, 3)


async def test_of_many_at_once_one_wins(world: World) -> None:
    await world.docs.put_versioned(DOC, None)
    ends = await asyncio.gather(*(world.docs.put_versioned(DOC, 1) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(end, VersionConflict) for end in ends) == 19


# ── bad input ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("expected", ["3", 3.0, Decimal("2.5"), True, -1, b"3", [3]])
async def test_an_expected_version_that_is_no_whole_number(world: World, expected: Any) -> None:
    for write in (
        world.docs.put_versioned(DOC, expected),
        world.docs.update_versioned(KEY, Update(), expected),
        world.docs.delete_versioned(KEY, expected),
    ):
        with pytest.raises(ValidationError, match=r"the expected version is .* on table 'app'"):
            await write
    assert world.engine.calls() == []


async def test_a_delete_needs_a_version(world: World) -> None:
    nothing: Any = None
    with pytest.raises(ValidationError, match="not None"):
        await world.docs.delete_versioned(KEY, nothing)


@pytest.mark.parametrize("stored", ["3", True, Decimal("2.5"), None, -4, {"a": 1}])
async def test_a_stored_version_that_is_no_whole_number(world: World, stored: Any) -> None:
    await world.table.put_item(DOC | {"version": stored})
    for write in (
        world.docs.put_versioned(DOC, 3),
        world.docs.update_versioned(KEY, Update(), 3),
        world.docs.delete_versioned(KEY, 3),
        world.docs.modify(KEY, lambda item: item),
    ):
        with pytest.raises(ValidationError, match=r"version: the stored version is .* not a whole number"):
            await write


async def test_an_update_of_the_version_itself(world: World) -> None:
    for name in ("version", "version_marks"):
        with pytest.raises(InvalidExpression, match=f"the update changes '{name}'"):
            await world.docs.update_versioned(KEY, Update().set(name, 5), 1)
    raw: Any = Raw("SET a = b")
    with pytest.raises(InvalidExpression, match="of type Raw"):
        await world.docs.update_versioned(KEY, raw, 1)


async def test_an_item_without_its_key(world: World) -> None:
    with pytest.raises(MissingRequiredKey):
        await world.docs.put_versioned({"PK": "DOC#1"}, None)


@pytest.mark.parametrize(
    "names", [{"attribute": ""}, {"attribute": 5}, {"attribute": "PK"}, {"marks": "SK"}, {"marks": "version"}]
)
def test_names_that_cannot_be(world: World, names: Any) -> None:
    with pytest.raises(ConfigurationError):
        Versioned(world.table, **names)


# ── lost answers ─────────────────────────────────────────────────────────────────────────────────────────────────────
def losing(operation: str, *, applied: bool = True, times: int = 1) -> World:
    return World(Rule(reset_after() if applied else reset_before(), operation, times=times))


@pytest.mark.parametrize("applied", [True, False])
async def test_a_write_whose_answer_is_lost_is_written_once(applied: bool) -> None:
    world = losing("PutItem", applied=applied)
    assert (await world.faulty.put_versioned(DOC, None))["version"] == 1
    assert await world.stored() == DOC | {"version": 1}
    world = losing("UpdateItem", applied=applied)
    await world.docs.put_versioned(DOC | {"n": 1}, None)
    assert (await world.faulty.update_versioned(KEY, Update().add("n", 1), 1))["n"] == 2
    assert await world.stored() == DOC | {"n": 2, "version": 2}


class Meddling:
    """A transport that lets somebody else act after the first write, whose answer is lost."""

    def __init__(self, inner: Any, applied: bool, act: Any) -> None:
        self.inner, self.applied, self.act, self.done = inner, applied, act, False

    async def send(self, request: Any) -> Any:
        if self.done or request.operation not in ("PutItem", "UpdateItem", "DeleteItem"):
            return await self.inner.send(request)
        self.done = True
        if self.applied:
            await self.inner.send(request)
        await self.act()
        raise ConnectionLost("reset")

    def repair(self, error: Any, response: Any) -> bool:
        return False

    async def close(self) -> None:
        await self.inner.close()


def meddled(world: World, act: Any, *, applied: bool, **options: Any) -> Versioned[Item]:
    db = DynamoDB.in_memory(
        engine=world.engine, randomness=Chance(0.5), transport=lambda inner: Meddling(inner, applied, act)
    )
    return Versioned(db.table("app"), **options)


@pytest.mark.parametrize("operation", ["put", "update"])
async def test_the_same_content_of_somebody_else_is_not_taken_for_its_own(world: World, operation: str) -> None:
    """Both write the very same under one version; the request of one never arrives. It must not believe that it won."""
    await world.docs.put_versioned(DOC | {"visits": 7}, None)
    same = DOC | {"visits": 8}

    async def other() -> None:
        await world.docs.put_versioned(same, 1)

    one = meddled(world, other, applied=False)
    writes = {
        "put": lambda: one.put_versioned(same, 1),
        "update": lambda: one.update_versioned(KEY, Update().set("visits", 8), 1),
    }
    with pytest.raises(VersionConflict) as caught:
        await writes[operation]()
    assert not caught.value.maybe_applied, "it is certain that it was not applied"
    assert caught.value.found == 2


async def test_without_marks_it_is(world: World) -> None:
    plain = Versioned(world.table, marks=None)
    await plain.put_versioned(DOC, None)

    async def other() -> None:
        await plain.put_versioned(DOC | {"visits": 8}, 1)

    one = meddled(world, other, applied=False, marks=None)
    assert (await one.put_versioned(DOC | {"visits": 8}, 1))["version"] == 2


async def test_a_write_that_was_written_over_knows_that_it_was_applied(world: World) -> None:
    await world.docs.put_versioned(DOC | {"visits": 7}, None)

    async def other() -> None:
        await world.docs.modify(KEY, lambda item: item | {"visits": item["visits"] + 1})

    one = meddled(world, other, applied=True)
    assert (await one.put_versioned(DOC | {"visits": 8}, 1))["version"] == 2
    assert await world.stored() == DOC | {"visits": 9, "version": 3}


async def test_where_marks_do_not_tell_nobody_knows(world: World) -> None:
    await world.docs.put_versioned(DOC, None)

    async def other() -> None:
        await world.docs.put_versioned(DOC, 2)  # of a dict without the marks

    one = meddled(world, other, applied=True)
    with pytest.raises(VersionConflict) as caught:
        await one.put_versioned(DOC, 1)
    assert caught.value.maybe_applied
    assert caught.value.found == 3


async def test_a_deletion_whose_answer_is_lost_is_not_known() -> None:
    world = losing("DeleteItem")
    await world.docs.put_versioned(DOC, None)
    with pytest.raises(VersionConflict) as caught:
        await world.faulty.delete_versioned(KEY, 1)
    assert caught.value.maybe_applied
    assert await world.stored() is None


def test_repr(world: World) -> None:
    assert repr(world.docs) == "<Versioned <Table 'app' (PK, SK)> by 'version'>"
    table: Table[Item] = world.docs.table
    assert table is world.table
