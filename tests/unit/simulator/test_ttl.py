"""Time to live: which items go, and when."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.clock import SYSTEM_CLOCK
from hashrange.simulator.state.definitions import IndexDefinition, TableDefinition, TimeToLive
from hashrange.simulator.state.expiry import ExpiryQueue
from hashrange.simulator.ttl import ClockWatch
from tests.fakes import NOW, FakeClock
from tests.simulated_items import World, item, keys

TABLE = "Expiring"
YEAR = 365 * 86_400


@pytest.fixture
def world() -> World:
    index = IndexDefinition("by-v", keys("v"))
    ttl = TimeToLive("ends_at", enabled=True, changed_at=0.0)
    return World(TableDefinition(TABLE, keys("pk"), {"pk": "S", "v": "S"}, {"by-v": index}, time_to_live=ttl))


def names(world: World) -> set[str]:
    """Who is there, without asking the engine: that would look for expired items."""
    return {record.item["pk"]["S"] for record in world.engine.catalog.tables[0].records()}


def put(world: World, name: str, until: Any) -> None:
    world.put(TABLE, pk=name, v="v", ends_at=until if isinstance(until, dict) else {"N": str(until)})


def test_items_go_when_the_clock_was_advanced(world: World) -> None:
    put(world, "soon", NOW + 10)
    put(world, "later", NOW + 100)
    put(world, "never", {"S": str(NOW + 10)})
    world.put(TABLE, pk="unlimited")
    world.clock.advance(9.5)
    assert world.get(TABLE, pk="soon") is not None
    world.clock.advance(0.5)
    assert world.get(TABLE, pk="soon") is None
    assert names(world) == {"later", "never", "unlimited"}
    assert world.engine.catalog.tables[0].index_store("by-v").count == 2
    world.clock.advance(1000)
    assert world.engine.expire() == 1
    assert names(world) == {"never", "unlimited"}


def test_an_expired_item_can_be_read_until_somebody_looks(world: World) -> None:
    put(world, "past", NOW - 1)
    assert world.get(TABLE, pk="past") is not None
    assert world.engine.expire() == 1
    assert world.get(TABLE, pk="past") is None


def test_what_expired_five_years_ago_is_taken_for_a_mistake(world: World) -> None:
    put(world, "old", NOW - 5 * YEAR + 1)
    put(world, "older", NOW - 5 * YEAR - 1)
    put(world, "huge", "1" + "0" * 125)
    assert world.engine.expire() == 1
    assert names(world) == {"older", "huge"}


def test_an_item_goes_by_what_it_says_last(world: World) -> None:
    put(world, "a", NOW + 10)
    put(world, "b", NOW + 10)
    world.engine.expire()
    put(world, "a", NOW + 1000)
    world("UpdateItem", TableName=TABLE, Key=item(pk="b"), UpdateExpression="REMOVE ends_at")
    put(world, "c", NOW + 20)
    world("DeleteItem", TableName=TABLE, Key=item(pk="c"))
    world.clock.advance(50)
    assert world.engine.expire() == 0
    assert names(world) == {"a", "b"}


def test_nothing_expires_while_it_is_disabled(world: World) -> None:
    world("UpdateTimeToLive", TableName=TABLE, TimeToLiveSpecification={"Enabled": False, "AttributeName": "ends_at"})
    put(world, "a", NOW - 1)
    world.clock.advance(7200)
    assert world.engine.expire() == 0
    world("UpdateTimeToLive", TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends_at"})
    assert world.engine.expire() == 1


def test_the_system_s_clock_is_never_advanced() -> None:
    assert not ClockWatch(SYSTEM_CLOCK).advanced()
    clock = FakeClock()
    watch = ClockWatch(clock)
    assert not watch.advanced()
    clock.advance(0.1)
    assert watch.advanced()
    assert not watch.advanced()


def test_a_queue_does_not_grow_with_every_write(world: World) -> None:
    table = world.engine.catalog.table(TABLE)
    put(world, "a", NOW + 10)
    world.engine.expire()
    queue = table.expiry
    assert isinstance(queue, ExpiryQueue)
    for _ in range(3):
        for number in range(4000):
            new = item(pk="a", ends_at={"N": str(int(NOW) + number)})
            table.commit(table.plan_write(table.get(item(pk="a")), new))
    assert len(queue) == 12_001
    world.engine.expire()
    assert len(queue) == 1
