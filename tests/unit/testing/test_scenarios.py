"""Every scenario through a whole client, on a clock that nobody waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hashrange import (
    Attr,
    ConditionFailed,
    ConfigurationError,
    DynamoDB,
    Item,
    ProvisionedThroughputExceeded,
    Table,
    TransactionCanceled,
    TransactionConflict,
    Update,
)
from hashrange.testing import Script, scenarios

from .clients import ITEM, KEY, World

TRANSACTION = {"TransactItems": [{"Put": {"TableName": "app", "Item": {"PK": {"S": "a"}, "SK": {"S": "b"}}}}]}


class Scripted:
    """A world whose client meets a script, strictly."""

    def __init__(self, *steps: Any, operations: set[str] | None = None) -> None:
        self.world = World()
        self.scripts: list[Script] = []
        self.steps, self.operations = steps, operations
        self.db: DynamoDB = self.world.client(self._script)
        self.app: Table[Item] = self.db.table("app")

    def _script(self, inner: Any) -> Script:
        clock = self.world.clock
        self.scripts.append(Script(self.steps, inner, operations=self.operations, strict=True, clock=clock))
        return self.scripts[0]

    @property
    def finished(self) -> bool:
        return self.scripts[0].finished


async def test_throttle_then_succeed() -> None:
    scripted = Scripted(*scenarios.throttle_then_succeed())
    await scripted.app.put_item(ITEM)
    assert scripted.finished
    assert scripted.world.clock.sleeps == pytest.approx([0.05, 0.1])
    assert len(scripted.world.stored()) == 1


async def test_throttle_past_the_limit() -> None:
    scripted = Scripted(*scenarios.throttle_past_the_limit())
    with pytest.raises(ProvisionedThroughputExceeded) as caught:
        await scripted.app.put_item(ITEM)
    assert (caught.value.attempts, scripted.finished, scripted.world.stored()) == (10, True, [])


async def test_condition_fails() -> None:
    scripted = Scripted(*scenarios.condition_fails({**ITEM, "visits": 7}))
    with pytest.raises(ConditionFailed) as caught:
        await scripted.app.put_item(ITEM, condition=Attr("PK").not_exists())
    assert caught.value.item == {**ITEM, "visits": 7}
    assert caught.value.attempts == 1


async def test_optimistic_lock_retry() -> None:
    winner = {**ITEM, "version": 4}
    scripted = Scripted(*scenarios.optimistic_lock_retry(winner), operations={"UpdateItem"})
    await scripted.app.put_item({**ITEM, "version": 4})
    expected, tries = 3, 0
    while True:
        tries += 1
        update = Update().set("name", "Ada").set("version", expected + 1)
        try:
            await scripted.app.update_item(KEY, update, condition=Attr("version") == expected)
            break
        except ConditionFailed as lost:
            expected = lost.item["version"]
    stored = await scripted.app.get_item(KEY)
    assert stored is not None
    assert (tries, scripted.finished, stored["version"], stored["name"]) == (2, True, 5, "Ada")


async def test_conflict_then_succeed() -> None:
    scripted = Scripted(*scenarios.conflict_then_succeed())
    await scripted.db.call("TransactWriteItems", {**TRANSACTION, "ClientRequestToken": "one"})
    assert scripted.finished
    assert scripted.world.clock.sleeps == pytest.approx([0.1, 0.2])
    (call,) = scripted.world.engine.calls("TransactWriteItems")
    assert call.request["ClientRequestToken"] == "one"
    single = Scripted(*scenarios.conflict_then_succeed(1))
    await single.app.put_item(ITEM)
    assert single.finished


async def test_a_conflict_past_the_limit_is_its_own_error() -> None:
    scripted = Scripted(*scenarios.conflict_then_succeed(3)[:3])
    with pytest.raises(TransactionConflict):
        await scripted.app.put_item(ITEM)
    assert scripted.finished


async def test_canceled_without_retry() -> None:
    scripted = Scripted(*scenarios.canceled_without_retry())
    with pytest.raises(TransactionCanceled) as caught:
        await scripted.db.call("TransactWriteItems", TRANSACTION)
    assert (caught.value.attempts, scripted.finished) == (1, True)
    assert scripted.world.stored() == []


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (scenarios.throttle_then_succeed, "times"),
        (scenarios.throttle_past_the_limit, "attempts"),
        (scenarios.conflict_then_succeed, "times"),
        (lambda times: scenarios.optimistic_lock_retry(None, times), "times"),
    ],
)
@pytest.mark.parametrize("count", [0, -1, 1.0, "2"])
def test_a_count_that_cannot_be_is_named(make: Callable[[Any], Any], name: str, count: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} is {count!r}"):
        make(count)
