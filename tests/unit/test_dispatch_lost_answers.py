"""Writes whose answer is lost, through a whole client over the simulator: sent again only where that cannot apply them
twice, taken for done only where the stored item proves it, and else reported as what they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest

from hashrange.errors import (
    AmbiguousWrite,
    AttemptTimeout,
    BadResponse,
    CircuitOpen,
    ClientClosed,
    ConditionFailed,
    ConnectFailed,
    ConnectionLost,
    DeadlineExceeded,
    DynamoDBError,
    InternalServerError,
    ItemDecodeError,
    Throttling,
    ValidationError,
)
from hashrange.expressions import Attr, Raw, Update
from hashrange.key import Key
from hashrange.resilience.breaker import CircuitRule
from hashrange.resilience.retry import RetryPolicy
from hashrange.wire.transport import Response
from tests.fakes import Listener, failure

from .losing import LOSSES, UNSENT, Loss, World

KEY = Key("a", "b")
WIRE_KEY = {"PK": {"S": "a"}, "SK": {"S": "b"}}
BEFORE = {"PK": "a", "SK": "b", "n": 1, "list": [1], "tags": {"x"}, "version": 3}
LOST: Loss = LOSSES["ConnectionLost"]

Write: TypeAlias = Callable[[World], Awaitable[Any]]


def raw(operation: str, **request: Any) -> Write:
    return lambda world: world.db.call(operation, {"TableName": "app", **request})


def update(change: Update | Raw, **options: Any) -> Write:
    return lambda world: world.app.update_item(KEY, change, **options)


async def transaction(world: World) -> None:
    async with world.db.transaction() as tx:
        tx.update(world.app, KEY, Update().add("n", 1))


async def batch(world: World) -> None:
    await world.app.batch_write(puts=[{"PK": "a", "SK": "b", "n": 2}])


ADD_N = {"UpdateExpression": "ADD n :v", "ExpressionAttributeValues": {":v": {"N": "1"}}}
SET_N = {"UpdateExpression": "SET n = :v", "ExpressionAttributeValues": {":v": {"N": "2"}}}
IN_TRANSACTION = {"TransactItems": [{"Update": {"TableName": "app", "Key": WIRE_KEY, **ADD_N}}]}

#: what they are called → the operation, and the write; all of them make n 2 where they are applied once
SAFE: dict[str, tuple[str, Write]] = {
    "put": ("PutItem", lambda world: world.app.put_item({**BEFORE, "n": 2})),
    "set": ("UpdateItem", update(Update().set("n", 2))),
    "set and remove": ("UpdateItem", update(Update().set("n", 2).remove("tags"))),
    "set another attribute": ("UpdateItem", update(Update().set("n", 2).set("copy", Attr("version")))),
    "set and delete": ("UpdateItem", update(Update().set("n", 2).delete("tags", {"x"}))),
    "Raw set": ("UpdateItem", update(Raw("SET #n = :v REMOVE tags", {"#n": "n"}, {":v": 2}))),
    "raw put": ("PutItem", raw("PutItem", Item={**WIRE_KEY, "n": {"N": "2"}})),
    "raw set": ("UpdateItem", raw("UpdateItem", Key=WIRE_KEY, **SET_N)),
    "raw legacy put": (
        "UpdateItem",
        raw("UpdateItem", Key=WIRE_KEY, AttributeUpdates={"n": {"Value": {"N": "2"}}}),
    ),
    "batch": ("BatchWriteItem", batch),
    "transaction": ("TransactWriteItems", transaction),
    "raw transaction with a token": (
        "TransactWriteItems",
        lambda world: world.db.call("TransactWriteItems", {**IN_TRANSACTION, "ClientRequestToken": "t"}),
    ),
}
UNSAFE: dict[str, tuple[str, Write]] = {
    "add": ("UpdateItem", update(Update().add("n", 1))),
    "increment": ("UpdateItem", update(Update().increment("n"))),
    "set to itself and one more": ("UpdateItem", update(Update().set("n", Attr("n") + 1))),
    "add beside set": ("UpdateItem", update(Update().set("other", 1).add("n", 1))),
    "append": ("UpdateItem", update(Update().set("n", 2).append("list", [2]))),
    "a list index": ("UpdateItem", update(Update().set("n", 2).set(Attr("list")[7], 2))),
    "Raw add": ("UpdateItem", update(Raw("ADD n :v", None, {":v": 1}))),
    "Raw plus": ("UpdateItem", update(Raw("SET n = n + :v", None, {":v": 1}))),
    "conditional add": ("UpdateItem", update(Update().add("n", 1), condition=Attr("version") == 3)),
    "raw add": ("UpdateItem", raw("UpdateItem", Key=WIRE_KEY, **ADD_N)),
    "raw legacy add": (
        "UpdateItem",
        raw("UpdateItem", Key=WIRE_KEY, AttributeUpdates={"n": {"Action": "ADD", "Value": {"N": "1"}}}),
    ),
    "raw transaction without a token": (
        "TransactWriteItems",
        lambda world: world.db.call("TransactWriteItems", IN_TRANSACTION),
    ),
}


async def world_of(*steps: tuple[bool, Loss], **config: Any) -> World:
    world = World(*steps, **config)
    await world.prepare(BEFORE)
    return world


async def n_of(world: World) -> Any:
    item = await world.table.get_item(KEY)
    assert item is not None
    return item["n"]


# ── every write × every loss ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("arrives", [True, False], ids=["applied", "not applied"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", SAFE)
async def test_what_cannot_be_applied_twice_is_sent_again(name: str, loss: str, arrives: bool) -> None:
    operation, write = SAFE[name]
    world = await world_of((arrives, LOSSES[loss]))
    await write(world)
    assert world.sent == [operation] * 2
    assert world.arrived(operation) == (2 if arrives else 1)
    assert await n_of(world) == 2


CAUSES: dict[str, type[DynamoDBError]] = {
    "ConnectionLost": ConnectionLost,
    "AttemptTimeout": AttemptTimeout,
    "BadResponse": BadResponse,
    "HTTP 500": InternalServerError,
    "HTTP 502": InternalServerError,
    "not JSON": BadResponse,
}


@pytest.mark.parametrize("arrives", [True, False], ids=["applied", "not applied"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", UNSAFE)
async def test_what_could_be_applied_twice_is_not(name: str, loss: str, arrives: bool) -> None:
    operation, write = UNSAFE[name]
    world = await world_of((arrives, LOSSES[loss]))
    with pytest.raises(AmbiguousWrite, match="its answer was lost") as caught:
        await write(world)
    assert world.sent == [operation]
    assert await n_of(world) == (2 if arrives else 1)
    error, cause = caught.value, caught.value.__cause__
    assert isinstance(cause, CAUSES[loss])
    assert (error.operation, error.attempts, error.maybe_applied, cause.maybe_applied) == (operation, 1, True, True)
    assert "it may have been applied" in str(error)
    assert world.clock.sleeps == []


@pytest.mark.parametrize("loss", UNSENT)
@pytest.mark.parametrize("name", [*SAFE, *UNSAFE])
async def test_what_was_not_sent_or_was_refused_is_sent_again_whatever_it_is(name: str, loss: str) -> None:
    operation, write = {**SAFE, **UNSAFE}[name]
    world = await world_of((False, UNSENT[loss]))
    await write(world)
    assert world.sent == [operation] * 2
    assert world.arrived(operation) == 1
    assert await n_of(world) == 2


@pytest.mark.parametrize("loss", LOSSES)
async def test_a_delete_is_sent_again(loss: str) -> None:
    world = await world_of((True, LOSSES[loss]))
    done = await world.app.delete_item(KEY, return_old=True)
    assert world.sent == ["DeleteItem"] * 2
    assert done.old_item is None  # what the last attempt found
    assert await world.table.get_item(KEY) is None


async def test_who_says_that_twice_does_no_harm_gets_it_sent_again() -> None:
    world = await world_of((True, LOST), (True, LOST))
    await world.app.update_item(KEY, Update().add("n", 1), retry_ambiguous=True)
    assert (world.sent, await n_of(world)) == (["UpdateItem"] * 3, 4)
    world = await world_of((True, LOST))
    await world.db.call("UpdateItem", {"TableName": "app", "Key": WIRE_KEY, **ADD_N}, retry_ambiguous=True)
    assert (world.sent, await n_of(world)) == (["UpdateItem"] * 2, 3)


async def test_a_policy_without_retries_tells_what_happened_as_it_is() -> None:
    world = await world_of((True, LOST), retry=RetryPolicy.none())
    with pytest.raises(ConnectionLost) as caught:
        await world.app.put_item({**BEFORE, "n": 2})
    assert caught.value.maybe_applied
    world = await world_of((True, LOST), retry=RetryPolicy.none())
    with pytest.raises(AmbiguousWrite):
        await world.app.update_item(KEY, Update().add("n", 1))


async def test_a_client_that_is_closed_in_the_middle_leaves_an_unsafe_write_open() -> None:
    world = await world_of((True, lambda: ClientClosed("the client was closed")))
    with pytest.raises(AmbiguousWrite) as caught:
        await world.app.update_item(KEY, Update().add("n", 1))
    assert isinstance(caught.value.__cause__, ClientClosed)


async def test_counting_under_many_losses_never_counts_twice() -> None:
    kinds = [(arrives, loss) for loss in LOSSES.values() for arrives in (True, False)]
    unsent = [(False, loss) for loss in UNSENT.values()]
    world = await world_of(*[step for pair in zip(kinds, unsent * 3, strict=False) for step in pair], circuit=None)
    acknowledged = ambiguous = 0
    while world.sent.count("UpdateItem") < 60:
        try:
            await world.app.update_item(KEY, Update().add("n", 1))
        except AmbiguousWrite:
            ambiguous += 1
        else:
            acknowledged += 1
    assert ambiguous == len(kinds)
    assert await n_of(world) == 1 + acknowledged + len(kinds) // 2  # half of the ambiguous ones had arrived


# ── conditional writes: applied, lost, sent again, refused ───────────────────────────────────────────────────────────
@pytest.mark.parametrize("loss", LOSSES)
async def test_a_conditional_put_that_finds_its_own_item_has_succeeded(loss: str) -> None:
    world = World((True, LOSSES[loss]))
    item = {"PK": "a", "SK": "b", "n": 1.0, "tags": {"y", "x", "z"}, "ids": {3, 1, 2}}
    done = await world.app.put_item(item, condition=Attr("PK").not_exists(), return_old=True)
    assert done.old_item is None
    assert world.outcomes("PutItem") == [None, "ConditionalCheckFailedException"]


async def test_a_conditional_update_that_finds_its_own_changes_has_succeeded() -> None:
    change = Update().set("version", 4.0).set("tags", {"y", "x"}).set(Attr("deep").k, 1).remove("list")
    after = {"PK": "a", "SK": "b", "n": 1, "version": 4, "tags": {"x", "y"}, "deep": {"k": 1, "other": 2}}
    gives = {
        "none": None,
        "all_new": after,
        "updated_new": {"version": 4, "tags": {"x", "y"}, "deep": {"k": 1}},
        "all_old": None,
        "updated_old": None,
    }
    for returns, given in gives.items():
        world = await world_of((True, LOST))
        await world.prepare({**BEFORE, "deep": {"other": 2}})
        options: Any = {"returns": returns}
        done = await world.app.update_item(KEY, change, condition=Attr("version") == 3, **options)
        assert (done.item, world.sent) == (given, ["UpdateItem"] * 2)
        assert await world.table.get_item(KEY) == after


async def test_what_such_an_update_gives_is_what_the_service_would_have_given() -> None:
    change = Update().set("n", 5).set(Attr("list")[0], 9).set(Attr("deep").b.c, 1).remove("tags")
    given = []
    for steps in ([], [(True, LOST)]):
        world = await world_of(*steps)
        await world.prepare({**BEFORE, "list": [1, 2, 3], "deep": {"a": 0, "b": {"d": 0}}})
        done = await world.app.update_item(
            KEY, change, condition=Attr("n") == 1, returns="updated_new", retry_ambiguous=True
        )
        given.append(done.item)
    assert given == [{"n": 5, "list": [9], "deep": {"b": {"c": 1}}}] * 2


async def test_a_conditional_delete_that_finds_nothing_is_not_taken_for_done() -> None:
    world = await world_of((True, LOST))
    with pytest.raises(ConditionFailed) as caught:
        await world.app.delete_item(KEY, condition=Attr("version") == 3)
    error = caught.value
    assert (error.maybe_applied, error.item, error.attempts) == (True, None, 2)
    assert "it may have been applied" in str(error)
    world = World((False, LOST))  # the same, but there never was an item
    with pytest.raises(ConditionFailed) as caught:
        await world.app.delete_item(KEY, condition=Attr("PK").exists())
    assert caught.value.maybe_applied


OTHERS: dict[str, tuple[Write, bool]] = {
    "put": (lambda world: world.app.put_item({"PK": "a", "SK": "b"}, condition=Attr("PK").not_exists()), True),
    "update": (update(Update().set("version", 4).set("owner", "me"), condition=Attr("version") == 2), True),
    "update that removes": (update(Update().remove("gone"), condition=Attr("version") == 2), True),
    "Raw update": (update(Raw("SET version = :v", None, {":v": 3}), condition=Attr("version") == 2), True),
    "delete": (lambda world: world.app.delete_item(KEY, condition=Attr("version") == 2), True),
    "raw put": (
        raw("PutItem", Item=WIRE_KEY, ConditionExpression="attribute_not_exists(PK)"),
        False,  # it did not ask for the item
    ),
}


@pytest.mark.parametrize("name", OTHERS)
async def test_another_item_proves_nothing(name: str) -> None:
    write, shown = OTHERS[name]
    world = await world_of((True, LOST))
    with pytest.raises(ConditionFailed) as caught:
        await write(world)
    assert caught.value.maybe_applied
    assert caught.value.item == (BEFORE if shown else None)
    assert await world.table.get_item(KEY) == BEFORE


@pytest.mark.parametrize("name", OTHERS)
async def test_without_a_lost_answer_a_refusal_is_a_refusal(name: str) -> None:
    write, _ = OTHERS[name]
    world = await world_of((False, UNSENT["throttled"]), (False, UNSENT["ConnectFailed"]))
    with pytest.raises(ConditionFailed) as caught:
        await write(world)
    assert not caught.value.maybe_applied
    assert "may have been applied" not in str(caught.value)


async def test_the_same_item_is_no_success_where_no_answer_was_lost() -> None:
    world = await world_of()
    with pytest.raises(ConditionFailed) as caught:
        await world.app.put_item(BEFORE, condition=Attr("PK").not_exists())
    assert (caught.value.item, caught.value.maybe_applied) == (BEFORE, False)


async def test_a_conditional_write_that_had_not_arrived_is_simply_done() -> None:
    world = await world_of((False, LOST))
    await world.app.put_item({**BEFORE, "version": 4}, condition=Attr("version") == 3)
    assert world.outcomes("PutItem") == [None]


async def test_success_after_a_refusal_is_told_as_a_success() -> None:
    listener = Listener()
    world = World((True, LOST), observers=(listener,), capacity="total")
    with world.db.track() as usage:
        done = await world.app.put_item({"PK": "a", "SK": "b"}, condition=Attr("PK").not_exists())
    assert done.consumed is None
    assert [type(event.error) for event in listener.failed] == [ConnectionLost]
    assert [(event.error, event.attempts) for event in listener.finished] == [(None, 2)]
    assert (usage.calls, usage.failed_calls, usage.retries) == (1, 0, 1)


# ── maybe_applied on whatever comes after a lost answer ──────────────────────────────────────────────────────────────
def closed() -> DynamoDBError:
    error = ClientClosed("the client was closed")
    error.sent = False
    return error


AFTER: dict[str, tuple[Loss, type[DynamoDBError]]] = {
    "throttled": (UNSENT["throttled"], Throttling),
    "ConnectFailed": (UNSENT["ConnectFailed"], ConnectFailed),
    "lost again": (LOST, ConnectionLost),
    "refused": (lambda: failure("ValidationException"), ValidationError),
    "closed": (closed, ClientClosed),
}


@pytest.mark.parametrize("name", AFTER)
async def test_a_later_failure_does_not_hide_that_an_answer_was_lost(name: str) -> None:
    loss, cls = AFTER[name]
    world = await world_of((True, LOST), *[(False, loss)] * 10)
    with pytest.raises(cls) as caught:
        await world.app.put_item({**BEFORE, "n": 2})
    assert type(caught.value) is cls
    assert caught.value.maybe_applied
    assert await n_of(world) == 2


@pytest.mark.parametrize("name", sorted(AFTER.keys() - {"lost again"}))
async def test_without_a_lost_answer_nothing_may_have_been_applied(name: str) -> None:
    loss, cls = AFTER[name]
    world = await world_of(*[(False, loss)] * 10)
    with pytest.raises(cls) as caught:
        await world.app.put_item({**BEFORE, "n": 2})
    assert not caught.value.maybe_applied


async def test_the_deadline_does_not_hide_it() -> None:
    world = await world_of((True, LOST), *[(False, UNSENT["throttled"])] * 10)
    with pytest.raises(DeadlineExceeded) as caught:
        await world.app.put_item(BEFORE, timeout=0.15)
    cause = caught.value.__cause__
    assert isinstance(cause, Throttling)
    assert (caught.value.maybe_applied, cause.maybe_applied, caught.value.attempts) == (True, True, 2)


async def test_after_a_lost_answer_an_unsafe_write_that_may_be_sent_again_tells_it_too() -> None:
    world = await world_of((True, LOST), *[(False, UNSENT["ConnectFailed"])] * 3)
    with pytest.raises(ConnectFailed) as caught:
        await world.app.update_item(KEY, Update().add("n", 1), retry_ambiguous=True)
    assert caught.value.maybe_applied


async def test_a_call_that_an_open_circuit_refused_was_not_applied() -> None:
    world = await world_of((True, LOST), retry=RetryPolicy.none(), circuit=CircuitRule(failures=1))
    with pytest.raises(ConnectionLost) as lost:
        await world.app.put_item(BEFORE)
    with pytest.raises(CircuitOpen) as refused:
        await world.app.put_item(BEFORE)
    assert (lost.value.maybe_applied, refused.value.maybe_applied) == (True, False)


@pytest.mark.parametrize("loss", LOSSES)
async def test_a_read_never_may_have_been_applied(loss: str) -> None:
    world = await world_of(*[(True, LOSSES[loss])] * 3)
    with pytest.raises(DynamoDBError) as caught:
        await world.app.get_item(KEY)
    assert (world.sent, caught.value.maybe_applied) == (["GetItem"] * 3, False)


@dataclass
class Other:
    PK: str
    SK: str
    version: str


async def test_an_answer_that_does_not_fit_the_model_is_that_of_a_write_that_was_applied() -> None:
    world = await world_of()
    others = world.db.table("app", model=Other)
    with pytest.raises(ItemDecodeError) as caught:
        await others.put_item(Other("a", "b", "new"), return_old=True)
    assert caught.value.maybe_applied
    assert await world.table.get_item(KEY) == {"PK": "a", "SK": "b", "version": "new"}


def test_losses_are_made_anew() -> None:
    for loss in (*LOSSES.values(), *UNSENT.values()):
        made = loss()
        assert isinstance(made, Response) or made is not loss()
