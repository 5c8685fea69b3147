"""Idempotency: work once for each key; results, failures, payloads, what is refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hashrange.client import DynamoDB
from hashrange.errors import (
    ConfigurationError,
    FailedBefore,
    IdempotencyMismatch,
    ItemTooLarge,
    TypeMismatch,
    ValidationError,
)
from hashrange.key import Key
from hashrange.patterns.idempotency import Idempotency
from hashrange.testing import (
    FakeClock,
)

from .deliveries import EVENT, MINUTE, NOW, PydanticEvent, Receipt, StructEvent, World


@pytest.fixture
def world() -> World:
    return World()


# ── once ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_second_delivery_gets_the_first_ones_result(world: World) -> None:
    handle, elsewhere = world.handler(world.once), world.handler(world.machine())
    assert await handle(EVENT) == {"number": 1}
    assert await handle(EVENT) == {"number": 1}
    assert await elsewhere(EVENT) == {"number": 1}
    assert world.done == [EVENT]
    assert await handle({"id": "2"}) == {"number": 2}
    record = await world.record()
    assert record is not None
    assert (record["state"], record["result"], record["until"]) == ("done", {"number": 1}, NOW + 86_400)


async def test_the_function_stays_what_it_was(world: World) -> None:
    @world.once.once(key=lambda event, **options: event)
    async def handle(event: str, *, loud: bool = False) -> str:
        """Says it."""
        return event.upper() if loud else event

    assert handle.__name__ == "handle"
    assert handle.__doc__ == "Says it."
    assert await handle("a", loud=True) == "A"
    assert await handle("a") == "A"


async def test_functions_do_not_share_keys(world: World) -> None:
    @world.once.once(key=lambda event: event)
    async def one(event: str) -> str:
        return "one"

    @world.once.once(key=lambda event: event)
    async def two(event: str) -> str:
        return "two"

    assert [await one("a"), await two("a")] == ["one", "two"]


@pytest.mark.parametrize(
    "result", [None, "x", 5, Decimal("1.5"), True, b"x", [1, "a", None], {"a": {"b": [1]}}, {"x", "y"}]
)
async def test_results_come_back(world: World, result: Any) -> None:
    async def work(event: Any) -> Any:
        return result

    handle = world.handler(world.once, work)
    assert await handle(EVENT) == result
    assert await handle(EVENT) == result
    assert len(world.done) == 1


async def test_a_model_comes_back_as_one(world: World) -> None:
    async def work(event: Any) -> Any:
        return None if event["id"] == "none" else Receipt(7, 1.5)

    handle = world.handler(world.once, work, model=Receipt)
    for _ in range(2):
        assert await handle(EVENT) == Receipt(7, 1.5)
        assert await handle({"id": "none"}) is None
    assert len(world.done) == 2


async def test_after_the_ttl_it_is_another_event(world: World) -> None:
    handle = world.handler(world.once)
    await handle(EVENT)
    world.clock.advance(86_399)
    assert await handle(EVENT) == {"number": 1}
    world.clock.advance(1)
    assert await handle(EVENT) == {"number": 2}, "whether DynamoDB has deleted the record or not"


async def test_a_table_without_a_sort_key() -> None:
    from hashrange.simulator import TableSpec

    clock = FakeClock(NOW)
    db = DynamoDB.in_memory([TableSpec("once", partition_key="id", sort_key=None)], clock=clock)
    idempotency = Idempotency(db.table("once", "id", None, ttl_attribute="until"), prefix="")
    async with idempotency.guard("a") as run:
        run.result = 1
    assert (await db.table("once", "id", None).get_item(Key("a")) or {})["result"] == 1


# ── a block ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_block(world: World) -> None:
    for replayed in (False, True, True):
        async with world.once.guard("order-981") as run:
            assert run.replayed is replayed
            if not run.replayed:
                run.result = {"paid": 5}
        assert run.result == {"paid": 5}
    assert repr(run) == "<IdempotentRun replayed>"


async def test_a_block_without_a_result(world: World) -> None:
    async with world.once.guard("a"):
        world.done.append(1)
    async with world.once.guard("a") as run:
        assert (run.replayed, run.result) == (True, None)


async def test_an_error_in_a_replayed_block_changes_nothing(world: World) -> None:
    async with world.once.guard("a") as run:
        run.result = 1
    with pytest.raises(ZeroDivisionError):
        async with world.once.guard("a"):
            raise ZeroDivisionError
    async with world.once.guard("a") as run:
        assert run.result == 1


async def test_a_guard_is_used_once(world: World) -> None:
    guard = world.once.guard("a")
    async with guard:
        pass
    with pytest.raises(ValidationError, match="used once"):
        async with guard:
            pass


# ── failures ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_work_that_raised_is_tried_again(world: World) -> None:
    async def failing(event: Any) -> Any:
        if len(world.done) == 1:
            raise ZeroDivisionError("first")
        return "fine"

    handle = world.handler(world.once, failing)
    with pytest.raises(ZeroDivisionError):
        await handle(EVENT)
    assert await world.record() is None
    assert await handle(EVENT) == "fine"


async def test_a_failure_may_be_kept(world: World) -> None:
    async def failing(event: Any) -> Any:
        raise ZeroDivisionError("the reason")

    handle = world.handler(world.machine(keep_failures=True), failing)
    with pytest.raises(ZeroDivisionError):
        await handle(EVENT)
    with pytest.raises(FailedBefore, match="ZeroDivisionError: the reason"):
        await handle(EVENT)
    assert len(world.done) == 1


@pytest.mark.parametrize(
    ("result", "error"), [(object(), TypeMismatch), ("x" * 500_000, ItemTooLarge), (set(), ValidationError)]
)
async def test_a_result_that_cannot_be_stored_is_not_worked_for_again(
    world: World, result: Any, error: type[Exception]
) -> None:
    async def work(event: Any) -> Any:
        return result

    handle = world.handler(world.once, work)
    with pytest.raises(error):
        await handle(EVENT)
    with pytest.raises(FailedBefore, match="the work was done, but its result cannot be stored"):
        await handle(EVENT)
    assert len(world.done) == 1


async def test_a_model_of_another_kind_cannot_be_stored(world: World) -> None:
    async def work(event: Any) -> Any:
        return 5

    handle = world.handler(world.once, work, model=Receipt)
    with pytest.raises(TypeMismatch):
        await handle(EVENT)
    with pytest.raises(FailedBefore):
        await handle(EVENT)


# ── payloads ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_same_key_with_another_payload_is_refused(world: World) -> None:
    handle = world.handler(world.once, payload=lambda event: event["amount"])
    await handle(EVENT)
    assert await handle(EVENT | {"deliveries": 2}) == {"number": 1}
    with pytest.raises(IdempotencyMismatch, match="another payload"):
        await handle({"id": "1", "amount": 6})
    assert len(world.done) == 1


async def test_also_while_it_is_at_work_and_after_its_lease(world: World) -> None:
    await world.machine().guard("a", {"amount": 5}).__aenter__()
    for seconds in (0, 60):
        world.clock.advance(seconds)
        with pytest.raises(IdempotencyMismatch):
            async with world.once.guard("a", {"amount": 6}):
                pass
    async with world.once.guard("a", {"amount": 5}) as run:
        assert not run.replayed


async def test_without_a_payload_nothing_is_compared(world: World) -> None:
    async with world.once.guard("a", {"amount": 5}):
        pass
    async with world.once.guard("a") as run:
        assert run.replayed
    async with world.once.guard("b"):
        pass
    async with world.once.guard("b", {"amount": 5}) as run:
        assert run.replayed


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 3}),
        ({"x", "y", "z"}, {"z", "y", "x"}, {"x"}),
        ([1, 2], (1, 2), [2, 1]),
        (Receipt(1, 2.0), Receipt(1, 2.0), Receipt(2, 2.0)),
        (StructEvent("a"), StructEvent("a"), StructEvent("b")),
        (PydanticEvent(id="a"), PydanticEvent(id="a"), PydanticEvent(id="b")),
        (Decimal("1.5"), Decimal("1.5"), Decimal("1.6")),
    ],
)
async def test_payloads_of_all_kinds(world: World, one: Any, same: Any, other: Any) -> None:
    async with world.once.guard("a", one):
        pass
    async with world.once.guard("a", same) as run:
        assert run.replayed
    with pytest.raises(IdempotencyMismatch):
        await world.once.guard("a", other).__aenter__()


async def test_a_payload_without_a_form(world: World) -> None:
    with pytest.raises(ValidationError, match="payload of type object"):
        world.once.guard("a", object())


# ── bad input ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("key", ["", None, 5, b"a"])
async def test_keys_that_cannot_be(world: World, key: Any) -> None:
    with pytest.raises(ValidationError, match="the idempotency key is"):
        world.once.guard(key)
    with pytest.raises(ValidationError, match="the idempotency key is"):
        await world.handler(world.once)({"id": key})
    assert world.done == []


@pytest.mark.parametrize(
    "options",
    [
        {"ttl": 5},
        {"ttl": timedelta(0)},
        {"lease": -MINUTE},
        {"lease": timedelta(0)},
        {"lease": timedelta(days=2)},
        {"wait": -MINUTE},
        {"wait": 5},
        {"prefix": None},
    ],
)
def test_settings_that_cannot_be(world: World, options: Any) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        world.machine(**options)


def test_a_table_without_a_ttl_attribute(world: World) -> None:
    with pytest.raises(ConfigurationError, match="TTL attribute"):
        Idempotency(DynamoDB.in_memory(["app"]).table("app"))


async def test_an_item_that_is_no_record(world: World) -> None:
    await world.table.put_item({"PK": "IDEMPOTENCY#a", "SK": "RECORD", "name": "Ann"})
    with pytest.raises(ValidationError, match="no record"):
        await world.once.guard("a").__aenter__()


def test_repr(world: World) -> None:
    assert repr(world.once) == "<Idempotency in <Table 'app' (PK, SK)>: ttl 1 day, 0:00:00, lease 0:01:00>"
