"""TimeToLive: only what is alive, how long it still has, and moving its end."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hashrange.client import DynamoDB
from hashrange.errors import ConfigurationError, ValidationError
from hashrange.expressions import Attr, begins_with
from hashrange.key import Key
from hashrange.patterns.ttl import TimeToLive
from hashrange.testing import FakeClock, FaultPlan, Rule, reset_after
from hashrange.time_to_live import TimeToLiveWarning
from hashrange.types import Item

NOW = 1_800_000_000
HOUR = timedelta(hours=1)


@dataclass
class Session:
    PK: str
    SK: str
    until: datetime | None = None


class World:
    def __init__(self, *rules: Rule) -> None:
        self.clock = FakeClock(NOW)
        self.db = DynamoDB.in_memory(
            ["app"], clock=self.clock, transport=lambda inner: FaultPlan(inner, rules, clock=self.clock)
        )
        self.table = self.db.table("app", ttl_attribute="until")
        self.ttl = TimeToLive(self.table)

    async def fill(self, **ends: int | None) -> None:
        for name, end in ends.items():
            await self.table.put_item(item(name, end))


def item(name: str, end: Any = None) -> Item:
    return {"PK": "S", "SK": name} | ({} if end is None else {"until": end})


@pytest.fixture
def world() -> World:
    return World()


def test_the_table_must_have_a_ttl_attribute(world: World) -> None:
    with pytest.raises(ConfigurationError, match=r"table 'app' has no TTL attribute.*ttl_attribute="):
        TimeToLive(world.db.table("app"))


async def test_the_attribute_may_be_read_from_the_service(world: World) -> None:
    await world.db.call(
        "UpdateTimeToLive",
        {"TableName": "app", "TimeToLiveSpecification": {"AttributeName": "gone_at", "Enabled": True}},
    )
    assert TimeToLive(await world.db.load_table("app")).attribute == "gone_at"


@pytest.mark.parametrize(("ttl", "end"), [(HOUR, NOW + 3600), (timedelta(milliseconds=1), NOW + 1)])
def test_expires_at(world: World, ttl: timedelta, end: int) -> None:
    assert world.ttl.expires_at(ttl) == end


@pytest.mark.parametrize("ttl", [timedelta(0), -HOUR, 3600, None])
def test_expires_at_refuses(world: World, ttl: Any) -> None:
    with pytest.raises(ValidationError, match="ttl is"):
        world.ttl.expires_at(ttl)


# ── what is alive ────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_query_active(world: World) -> None:
    await world.fill(over=NOW - 5, soon=NOW + 60, later=NOW + 7200, never=None)

    async def names(**options: Any) -> list[str]:
        return [found["SK"] for found in await world.ttl.query_active("S", **options).all()]

    assert await names() == ["later", "never", "soon"]
    assert await names(min_remaining=timedelta(seconds=59)) == ["later", "never", "soon"]
    assert await names(min_remaining=timedelta(seconds=60)) == ["later", "never"]
    assert await names(min_remaining=timedelta(hours=3)) == ["never"]
    assert await names(sort=begins_with("s")) == ["soon"]
    assert await names(filter=Attr("until").exists(), min_remaining=HOUR, descending=True) == ["later"]
    assert await names(limit=1) == ["later"]
    world.clock.advance(3600)
    assert await names() == ["later", "never"]


@pytest.mark.parametrize("least", [-HOUR, 60, None, "1h"])
def test_query_active_refuses(world: World, least: Any) -> None:
    with pytest.raises(ValidationError, match=r"min_remaining is .*table 'app'"):
        world.ttl.query_active("S", min_remaining=least)


async def test_query_active_warns_of_what_never_ends(world: World) -> None:
    await world.db.table("app").put_item(item("ms", NOW * 1000))
    with pytest.warns(TimeToLiveWarning, match="in milliseconds"):
        assert len(await world.ttl.query_active("S", min_remaining=HOUR).all()) == 1


# ── how long ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("end", "left"),
    [
        (NOW + 90, timedelta(seconds=90)),
        (Decimal(NOW) + Decimal("0.5"), timedelta(seconds=0.5)),
        (NOW, timedelta(0)),
        (NOW - 90, timedelta(0)),
        (None, None),
    ],
)
def test_remaining(world: World, end: Any, left: timedelta | None) -> None:
    assert world.ttl.remaining(item("a", end)) == left


def test_remaining_of_a_model(world: World) -> None:
    ttl = TimeToLive(world.db.table("app", model=Session, ttl_attribute="until"))
    assert ttl.remaining(Session("S", "a", datetime.fromtimestamp(NOW + 60, UTC))) == timedelta(seconds=60)
    assert ttl.remaining(Session("S", "a")) is None


@pytest.mark.parametrize(
    ("end", "said"), [("2027", "not a number"), (True, "not a number"), (NOW * 1000, "milliseconds")]
)
def test_remaining_warns_once(world: World, end: Any, said: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            world.ttl.remaining(item("a", end))
    assert [warning.category for warning in caught] == [TimeToLiveWarning]
    assert said in str(caught[0].message)


def test_remaining_of_what_lies_beyond_all_time(world: World) -> None:
    with pytest.warns(TimeToLiveWarning, match="milliseconds"):
        assert world.ttl.remaining(item("a", 10**30)) is None


# ── moving the end ───────────────────────────────────────────────────────────────────────────────────────────────────
async def test_renew(world: World) -> None:
    await world.fill(a=NOW + 60)
    assert await world.ttl.renew(Key("S", "a"), HOUR) == item("a", NOW + 3600)
    assert await world.ttl.renew(Key("S", "a"), timedelta(minutes=1)) == item("a", NOW + 60)
    world.clock.advance(60)
    assert await world.ttl.renew(Key("S", "a"), HOUR) is None, "what is over is not brought back"
    assert await world.table.get_item(Key("S", "a")) == item("a", NOW + 60)


async def test_renew_makes_nothing(world: World) -> None:
    assert await world.ttl.renew(Key("S", "nobody"), HOUR) is None
    assert await world.table.get_item(Key("S", "nobody")) is None


async def test_renew_leaves_what_never_ends(world: World) -> None:
    await world.fill(never=None)
    assert await world.ttl.renew(Key("S", "never"), HOUR) == item("never")
    assert await world.table.get_item(Key("S", "never")) == item("never")


@pytest.mark.parametrize("ttl", [timedelta(0), 60])
async def test_renew_refuses(world: World, ttl: Any) -> None:
    with pytest.raises(ValidationError, match="ttl is"):
        await world.ttl.renew(Key("S", "a"), ttl)


async def test_renew_whose_answer_is_lost() -> None:
    world = World(Rule(reset_after(), "UpdateItem", nth=1))
    await world.fill(a=NOW + 1)
    assert await world.ttl.renew(Key("S", "a"), HOUR) == item("a", NOW + 3600)


def test_repr(world: World) -> None:
    assert repr(world.ttl) == "<TimeToLive 'until' of <Table 'app' (PK, SK)>>"
