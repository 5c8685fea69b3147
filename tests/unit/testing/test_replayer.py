"""Which recording answers which request, what a miss says, and what a replay does not do."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hashrange import (
    ClientClosed,
    ConditionFailed,
    ConfigurationError,
    DynamoDB,
    Key,
    RetryPolicy,
    Update,
)
from hashrange.errors import AttemptTimeout, ConnectionLost
from hashrange.testing import (
    CassetteError,
    CassetteMiss,
    FakeClock,
    FaultPlan,
    Recorder,
    Recording,
    Replayer,
    Rule,
    reset_before,
    throttle,
)
from hashrange.testing.cassette import Cassette, write
from hashrange.wire.transport import Request

from .clients import ITEM, KEY, World, request


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.jsonl"


def get(sort: str, *, answer: Any = None, **outcome: Any) -> Recording:
    key = {"PK": {"S": "a"}, "SK": {"S": sort}}
    outcome = outcome or {"status": 200, "answer": answer or {}}
    return Recording(operation="GetItem", request={"Key": key, "TableName": "app"}, **outcome)


def asked(sort: str, **more: Any) -> Request:
    return request("GetItem", TableName="app", Key={"SK": {"S": sort}, "PK": {"S": "a"}}, **more)


def replayer(path: Path, *recordings: Recording, mode: Any = "strict", redacted: Any = None, **more: Any) -> Replayer:
    write(path, Cassette(list(recordings), redacted))
    return Replayer(path, mode, **more)


# ── through a whole client ───────────────────────────────────────────────────────────────────────────────────────────
async def story(db: DynamoDB) -> list[Any]:
    """What a program sees: a refused write, retries, pages, a transaction."""
    app = db.table("app")
    seen: list[Any] = []
    await app.put_item({**ITEM, "tags": {"x", "y", "z"}, "email": "ada@example.org"})
    try:
        await app.update_item(KEY, Update().set("email", "bob@example.org"), condition=app_version())
    except ConditionFailed as refused:
        seen.append(sorted(refused.item))
    for number in range(5):
        await app.put_item({"PK": "many", "SK": str(number)})
    seen.append([item["SK"] async for item in app.query("many", page_size=2)])
    put = {"TableName": "app", "Item": {"PK": {"S": "t"}, "SK": {"S": "t"}}}
    await db.call("TransactWriteItems", {"TransactItems": [{"Put": put}], "ClientRequestToken": str(id(seen))})
    seen.append(await app.get_item(Key("t", "t")))
    return seen


def app_version() -> Any:
    from hashrange import Attr

    return Attr("version") == 3


@pytest.mark.parametrize("mode", ["strict", "any_order"])
@pytest.mark.parametrize("redact", [None, {"email"}])
async def test_a_program_sees_the_same_in_a_replay(path: Path, mode: Any, redact: Any) -> None:
    world = World()
    rules = [Rule(throttle(), nth=2), Rule(reset_before(), "Query", nth=1)]
    async with world.client(lambda inner: Recorder(FaultPlan(inner, rules), path, redact=redact)) as db:
        before = await story(db)
    calls = len(world.operations())
    made: list[Replayer] = []

    def replayed(inner: Any) -> Replayer:
        made.append(Replayer(path, mode))
        return made[0]

    async with world.client(replayed) as db:
        assert await story(db) == before
    assert made[0].unused == ()
    assert len(world.operations()) == calls, "nothing was sent"


async def test_cursors_of_redacted_keys_still_match(path: Path) -> None:
    world = World()
    async with world.client(lambda inner: Recorder(inner, path, redact={"PK", "SK"})) as db:
        app = db.table("app")
        for number in range(5):
            await app.put_item({"PK": "many", "SK": str(number)})
        assert len(await app.query("many", page_size=2).all()) == 5
    async with world.client(lambda inner: Replayer(path)) as db:
        app = db.table("app")
        for number in range(5):
            await app.put_item({"PK": "many", "SK": str(number)})
        assert len(await app.query("many", page_size=2).all()) == 5


# ── matching ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_strict_is_in_order(path: Path) -> None:
    transport = replayer(path, get("1", answer={"n": 1}), get("2", answer={"n": 2}))
    with pytest.raises(CassetteMiss):
        await transport.send(asked("2"))
    first = await transport.send(asked("1"))
    assert (first.status, first.body, first.request_id) == (200, b'{"n":1}', "app.jsonl:2")
    assert (await transport.send(asked("2"))).body == b'{"n":2}'
    assert repr(transport).startswith("<Replayer strict: 2 of 2 recordings of ")


async def test_any_order_uses_each_once_and_equal_ones_in_their_order(path: Path) -> None:
    recordings = [get("1", answer={"n": 1}), get("2", answer={"n": 2}), get("1", answer={"n": 3})]
    transport = replayer(path, *recordings, mode="any_order")
    order = ["2", "1", "1"]
    assert [(await transport.send(asked(each))).body for each in order] == [b'{"n":2}', b'{"n":1}', b'{"n":3}']
    with pytest.raises(CassetteMiss, match=r"used already\): the same"):
        await transport.send(asked("1"))


async def test_what_was_not_asked_for_is_listed(path: Path) -> None:
    transport = replayer(path, get("1"), get("2"), mode="any_order")
    await transport.send(asked("2"))
    assert transport.unused == (get("1"),)


async def test_a_token_made_by_chance_does_not_prevent_a_match(path: Path) -> None:
    transport = replayer(path, get("1"))
    assert (await transport.send(asked("1", ClientRequestToken="random"))).status == 200


async def test_errors_are_raised_as_they_were(path: Path) -> None:
    clock = FakeClock()
    recordings = [get("1", error="ConnectionLost", sent=False), get("1", error="AttemptTimeout", sent=True)]
    transport = replayer(path, *recordings, get("1", error="TokenExpired"), clock=clock)
    with pytest.raises(ConnectionLost, match="as recorded on line 2") as lost:
        await transport.send(asked("1"))
    with pytest.raises(AttemptTimeout) as late:
        await transport.send(asked("1"))
    assert (lost.value.sent, late.value.sent, clock.sleeps) == (False, True, [])


async def test_a_cancelled_request_waits_to_be_cancelled_again(path: Path) -> None:
    clock = FakeClock()
    transport = replayer(path, get("1", cancelled=True), get("1", cancelled=True))
    task = asyncio.create_task(transport.send(asked("1")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(AttemptTimeout, match="nobody waited"):
        await replayer(path, get("1", cancelled=True), clock=clock).send(asked("1"))
    assert clock.sleeps == [5.0]


async def test_after_the_end_nothing_is_answered(path: Path) -> None:
    transport = replayer(path, get("1"))
    await transport.close()
    with pytest.raises(ClientClosed) as caught:
        await transport.send(asked("1"))
    assert caught.value.sent is False
    assert len(transport.unused) == 1


# ── misses ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_miss_names_the_nearest_and_what_differs(path: Path) -> None:
    far = Recording(operation="GetItem", request={"Key": {}, "TableName": "other"}, status=200, answer={})
    transport = replayer(path, far, get("1"), mode="any_order")
    with pytest.raises(CassetteMiss) as caught:
        await transport.send(asked("2", ConsistentRead=True))
    near = caught.value.nearest
    assert [(each.line, len(each.differences)) for each in near] == [(3, 2), (2, 4)]
    text = str(caught.value)
    assert 'nearest: line 3 (GetItem): ConsistentRead is true, not recorded; Key.SK.S is "2", recorded "1" | ' in text
    assert 'TableName is "app", recorded "other"' in text
    assert str(pickle.loads(pickle.dumps(caught.value))) == text


async def test_a_strict_miss_says_what_was_due(path: Path) -> None:
    put = Recording(operation="PutItem", request={}, status=200, answer={})
    with pytest.raises(
        CassetteMiss, match=r"line 2, has a GetItem next, and there came another GetItem; nearest: line 2"
    ):
        await replayer(path, get("1"), get("2")).send(asked("2"))
    with pytest.raises(CassetteMiss, match=r"line 2, has a PutItem next, and there came a GetItem; nearest: line 3"):
        await replayer(path, put, get("1")).send(asked("2"))
    with pytest.raises(CassetteMiss, match=r"has no recording left, and there came a GetItem; left are: none"):
        await replayer(path).send(asked("2"))
    with pytest.raises(CassetteMiss, match=r"there came a GetItem; left are: PutItem x 2"):
        await replayer(path, put, put).send(asked("2"))


async def test_a_miss_is_not_retried(path: Path) -> None:
    world = World()
    write(path, Cassette([], None))
    async with world.client(lambda _: Replayer(path), retry=RetryPolicy.default()) as db:
        with pytest.raises(CassetteMiss) as caught:
            await db.table("app").get_item(KEY)
    assert (caught.value.attempts, caught.value.operation, caught.value.table) == (1, "GetItem", "app")
    assert world.clock.sleeps == []


# ── redaction ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_function_that_redacted_is_needed_again(path: Path) -> None:
    def hide(name: str, value: Any) -> Any:
        return {"S": "hidden"} if name == "SK" else value

    write(path, Cassette([get("hidden")], "custom"))
    with pytest.raises(CassetteError, match=r"was redacted by a function\. Hint: give the same function"):
        Replayer(path)
    assert (await Replayer(path, redact=hide).send(asked("secret"))).status == 200
    with pytest.raises(CassetteError, match="line 1: redacted is 'otherwise'"):
        replayer(path, redacted="otherwise")


@pytest.mark.parametrize(
    ("make", "error", "complaint"),
    [
        (lambda path: Replayer(path, "any"), ConfigurationError, "mode is 'any'"),  # type: ignore[arg-type]
        (lambda path: Replayer(path, clock=3), ConfigurationError, "clock is of type int"),  # type: ignore[arg-type]
        (lambda path: Replayer(path / "x"), CassetteError, "there is no cassette|cannot be read"),
        (lambda path: Replayer(None), CassetteError, "path is None"),  # type: ignore[arg-type]
    ],
)
def test_an_argument_that_cannot_be_is_named(
    path: Path, make: Callable[[Any], Any], error: type[Exception], complaint: str
) -> None:
    write(path, Cassette([], None))
    with pytest.raises(error, match=complaint):
        make(path)
