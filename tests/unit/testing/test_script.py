"""A script: one step for each request, in order; what comes after its end; which requests are steps at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hashrange import ConfigurationError, DynamoDBError
from hashrange.testing import Injection, Script, UnexpectedRequest, success, throttle, unavailable
from tests.fakes import FakeTransport, answer

from .clients import ITEM, KEY, World, put, request


def transport() -> FakeTransport:
    return FakeTransport(answer(), repeat=True)


async def test_each_request_meets_one_step() -> None:
    script = Script([throttle(), unavailable(), success()], transport())
    assert list(script.remaining) == [throttle(), unavailable(), success()]
    assert [(await script.send(request())).status for _ in range(2)] == [400, 503]
    assert not script.finished
    assert list(script.remaining) == [success()]
    assert (await script.send(put())).status == 200
    assert script.finished
    assert script.log[-1] == Injection("PutItem", "app", 3, success())
    assert repr(script).startswith("<Script 3 of 3 steps over ")


async def test_after_its_end_everything_passes() -> None:
    script = Script([throttle()], transport())
    assert [(await script.send(request())).status for _ in range(3)] == [400, 200, 200]
    assert len(script.log) == 1


async def test_a_strict_script_wants_no_more() -> None:
    script = Script([throttle(), success()], transport(), strict=True)
    await script.send(request())
    await script.send(put())
    with pytest.raises(UnexpectedRequest) as caught:
        await script.send(request())
    assert str(caught.value) == (
        "a GetItem came after the script's end (2 steps): GetItem met "
        "throttle(code='ProvisionedThroughputExceededException'), PutItem met success()"
    )
    with pytest.raises(UnexpectedRequest, match=r"\(0 steps\): it has none"):
        await Script([], transport(), strict=True).send(request())


async def test_an_unexpected_request_goes_through_the_client_unchanged() -> None:
    world = World()
    async with world.client(lambda inner: Script([throttle()], inner, strict=True, clock=world.clock)) as db:
        with pytest.raises(UnexpectedRequest):
            await db.table("app").get_item(KEY)
    assert issubclass(UnexpectedRequest, AssertionError)
    assert not issubclass(UnexpectedRequest, DynamoDBError)


async def test_only_some_operations_may_be_steps() -> None:
    world = World()
    made: list[Script] = []

    def scripted(inner: object) -> Script:
        made.append(Script([throttle()], world.transport, operations={"GetItem"}, strict=True, clock=world.clock))
        return made[0]

    async with world.client(scripted) as db:
        await db.table("app").put_item(ITEM)
        assert not made[0].finished
        with pytest.raises(UnexpectedRequest):
            await db.table("app").get_item(KEY)
    assert made[0].finished


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Script(throttle(), transport()), "steps is of type Throttle"),  # type: ignore[arg-type]
        (lambda: Script([throttle], transport()), r"steps\[0\] is of type function.*write throttle\(\)"),  # type: ignore[list-item]
        (lambda: Script([], transport(), operations="Getitem"), "no operation 'Getitem'"),
        (lambda: Script([], transport(), strict="yes"), "strict is 'yes'"),  # type: ignore[arg-type]
        (lambda: Script([], None), "transport is of type NoneType"),  # type: ignore[arg-type]
    ],
)
def test_a_script_that_cannot_be_is_refused(make: Callable[[], Script], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        make()
