"""What is recorded of a request, when it gets into the file, and what never does."""
# ruff: noqa: ASYNC240 - files of a few lines

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from hashrange import ConfigurationError, DynamoDB, DynamoDBError, TokenExpired
from hashrange.errors import AttemptTimeout, ConnectionLost, CredentialsNotFound
from hashrange.testing import CassetteError, FaultPlan, Recorder, Replayer, Rule, expired_token, throttle
from hashrange.testing.cassette import read
from hashrange.wire.transport import Request, Response
from tests.fakes import FakeTransport, answer, failure

from .clients import ITEM, KEY, WIRE_KEY, World, put, request


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.jsonl"


async def recorded(path: Path, *script: Any) -> list[Any]:
    """What is in the file after one GetItem for each step."""
    recorder = Recorder(FakeTransport(*script), path)
    for _ in script:
        try:
            await recorder.send(request())
        except DynamoDBError:
            continue
    await recorder.close()
    return read(path).recordings


async def test_a_request_and_its_answer(path: Path) -> None:
    (one, two) = await recorded(path, answer({"Item": WIRE_KEY}), failure("Gone", "it is gone"))
    assert (one.operation, one.request) == ("GetItem", {"Key": WIRE_KEY, "TableName": "app"})
    assert (one.status, one.answer) == (200, {"Item": WIRE_KEY})
    assert (two.status, two.answer["message"]) == (400, "it is gone")


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"null", b'"\xff"'])
async def test_an_answer_that_is_no_json_object_is_kept_byte_by_byte(path: Path, body: bytes) -> None:
    (one,) = await recorded(path, Response(502, body))
    assert (one.status, one.answer, one.answer_body) == (502, None, body)


async def test_an_error_is_its_class_and_whether_the_request_was_sent(path: Path) -> None:
    unsent = ConnectionLost("to db.internal.example")
    unsent.sent = False
    found = await recorded(path, unsent, AttemptTimeout("x"), CredentialsNotFound("no keys of arn:aws:iam::1:role/x"))
    assert [(each.error, each.sent, each.status) for each in found] == [
        ("ConnectionLost", False, 0),
        ("AttemptTimeout", True, 0),
        ("CredentialsNotFound", None, 0),
    ]
    assert b"internal" not in path.read_bytes()
    assert b"arn:" not in path.read_bytes()


async def test_the_order_is_that_of_sending(path: Path) -> None:
    gate = asyncio.Event()

    class Slow(FakeTransport):
        async def send(self, request: Request) -> Response:
            if request.operation == "PutItem":
                await gate.wait()
            return answer()

    recorder = Recorder(Slow(), path)
    slow = asyncio.create_task(recorder.send(put()))
    await asyncio.sleep(0)
    await recorder.send(request())
    gate.set()
    await slow
    await recorder.close()
    assert [each.operation for each in read(path).recordings] == ["PutItem", "GetItem"]


async def test_a_cancelled_request_is_recorded_as_such(path: Path) -> None:
    class Silent(FakeTransport):
        async def send(self, request: Request) -> Response:
            await asyncio.Event().wait()
            return answer()

    recorder = Recorder(Silent(), path)
    cancelled, under_way = (asyncio.create_task(recorder.send(each)) for each in (request(), put()))
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    await recorder.close()
    under_way.cancel()
    assert [repr(each) for each in read(path).recordings] == [
        "<Recording GetItem: cancelled>",
        "<Recording PutItem: cancelled>",
    ]


async def test_what_was_mended_below_is_mended_again_in_a_replay(path: Path) -> None:
    world = World()
    faults = [Rule(expired_token(), nth=1)]
    async with world.client(lambda inner: Recorder(FaultPlan(inner, faults), path)) as db:
        assert await db.table("app").get_item(KEY) is None
    assert [each.repaired for each in read(path).recordings] == [True, False]
    async with world.client(lambda _: Replayer(path)) as db:
        assert await db.table("app").get_item(KEY) is None


async def test_the_transport_below_gets_back_what_is_its_own(path: Path) -> None:
    origin = object()
    seen: list[Response] = []

    class Below(FakeTransport):
        def repair(self, error: DynamoDBError, response: Response) -> bool:
            seen.append(response)
            return False

    recorder = Recorder(Below(Response(400, b"{}", origin=origin)), path)
    response = await recorder.send(request())
    assert recorder.repair(TokenExpired("x"), response) is False
    assert recorder.repair(TokenExpired("x"), Response(400, b"")) is False
    assert seen[0].origin is origin


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_nothing_is_written_before_the_end(path: Path) -> None:
    path.write_bytes(b"the old one")
    world = World()
    recorder = Recorder(world.transport, path)
    await recorder.send(put())
    assert repr(recorder).startswith("<Recorder of 1 requests for ")
    assert [(each.name, each.read_bytes()) for each in path.parent.iterdir()] == [("app.jsonl", b"the old one")]
    await recorder.close()
    assert [each.operation for each in read(path).recordings] == ["PutItem"]
    assert [each.name for each in path.parent.iterdir()] == ["app.jsonl"]


async def test_closing_again_or_sending_afterwards_changes_nothing(path: Path) -> None:
    world = World()
    recorder = Recorder(world.transport, path)
    await recorder.send(put())
    await recorder.close()
    before = path.stat().st_mtime_ns, path.read_bytes()
    with pytest.raises(DynamoDBError, match="closed"):
        await recorder.send(put())
    await recorder.close()
    recorder.save()
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before


async def test_it_may_be_saved_on_the_way(path: Path) -> None:
    recorder = Recorder(World().transport, path)
    recorder.save()
    assert read(path).recordings == []
    await recorder.send(put())
    recorder.save()
    assert len(read(path).recordings) == 1


async def test_a_cassette_that_cannot_be_written_still_closes_the_transport(tmp_path: Path) -> None:
    below = FakeTransport(answer())
    recorder = Recorder(below, tmp_path)
    await recorder.send(request())
    with pytest.raises(CassetteError, match="cannot be written"):
        await recorder.close()
    assert below.closed == 1


async def test_many_at_once(path: Path) -> None:
    world = World()
    async with world.client(lambda inner: Recorder(inner, path)) as db:
        app = db.table("app")
        await asyncio.gather(*(app.put_item({"PK": str(number), "SK": "x"}) for number in range(200)))
    assert len(read(path).recordings) == 200


async def test_redacted_values_do_not_get_into_the_file(path: Path) -> None:
    world = World()
    async with world.client(lambda inner: Recorder(inner, path, redact={"email"})) as db:
        await db.table("app").put_item({**ITEM, "email": "ada@example.org"})
        assert await db.table("app").get_item(KEY) == {**ITEM, "email": "ada@example.org"}
    assert b"ada@" not in path.read_bytes()
    assert read(path).redacted == ["email"]
    recorder = Recorder(FakeTransport(Response(502, b"<p>ada@example.org")), path, redact=lambda name, value: value)
    await recorder.send(request())
    await recorder.close()
    assert b"ada" not in read(path).recordings[0].answer_body, "of garbage nobody knows what is an attribute"
    assert read(path).redacted == "custom"


@pytest.mark.parametrize(
    ("make", "error", "complaint"),
    [
        (lambda: Recorder(7, "x"), ConfigurationError, "transport is of type int"),  # type: ignore[arg-type]
        (lambda: Recorder(FakeTransport(), ""), CassetteError, "path is ''"),
        (lambda: Recorder(FakeTransport(), "x", redact="email"), ConfigurationError, "redact is 'email'"),
    ],
)
def test_an_argument_that_cannot_be_is_named(make: Callable[[], Any], error: type[Exception], complaint: str) -> None:
    with pytest.raises(error, match=complaint):
        make()


async def test_a_plan_around_a_recorder_is_not_recorded_and_within_it_is(path: Path) -> None:
    async def attempts(make: Callable[[Any], Any]) -> int:
        world = World()
        async with world.client(make) as db:
            await db.table("app").get_item(KEY)
        return len(read(path).recordings)

    rules = [Rule(throttle(), nth=1)]
    assert await attempts(lambda inner: FaultPlan(Recorder(inner, path), rules)) == 1
    assert await attempts(lambda inner: Recorder(FaultPlan(inner, rules), path)) == 2


def test_a_client_may_record_in_several_loops_one_after_the_other(path: Path) -> None:
    db: DynamoDB = World().client(lambda inner: Recorder(inner, path))

    async def put_once() -> None:
        await db.table("app").put_item(ITEM)

    steps: list[Callable[[], Awaitable[None]]] = [put_once, put_once, db.close]
    for step in steps:
        asyncio.run(_awaited(step))
    assert len(read(path).recordings) == 2


async def _awaited(step: Callable[[], Awaitable[None]]) -> None:
    await step()
