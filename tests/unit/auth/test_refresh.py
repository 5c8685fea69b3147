"""The cache of a client: windows, the single flight, failures; with a clock that the test turns."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import random
from itertools import pairwise
from typing import cast

import pytest

from hashrange.auth.credentials import Credentials
from hashrange.auth.refresh import CredentialCache
from hashrange.errors import AuthenticationError, CredentialsNotFound, DynamoDBError

from .servers import HOUR, NOW, ManualClock, hushed
from .steered import MINUTE, Source, World, settle


# ── the usual life ───────────────────────────────────────────────────────────────────────────────────────────────────
async def test_first_fetch() -> None:
    world = World()
    assert world.current() is None
    assert world.source.fetches == 0  # current() alone starts nothing where there is nothing to give
    assert await world.get() == 1
    assert world.current() == 1
    assert world.cache.current() is world.cache.current()  # the same object: signers key their caches by it
    assert await world.get() == 1
    assert world.source.fetches == 1


@pytest.mark.parametrize("chance", [0.0, 0.999])
async def test_windows_of_an_hour(chance: float) -> None:
    """Renewed in the background from 15 (at the latest 12.5) minutes before the end; waited for from 10 minutes on."""
    world = World(chance=chance)
    await world.get()
    begin = NOW + 45 * MINUTE + chance * 2.5 * MINUTE
    world.clock.now = begin - 1
    assert world.current() == 1
    await settle()
    assert world.source.fetches == 1
    world.clock.now = begin
    assert world.current() == 1  # given at once, while the renewal is on its way
    assert await world.get() == 1
    await settle()
    assert world.source.fetches == 2
    assert world.current() == 2


async def test_in_the_last_minutes_the_renewal_is_waited_for() -> None:
    world = World()
    await world.get()
    world.clock.now = NOW + 50 * MINUTE - 1
    assert world.current() == 1
    await settle()
    world = World()
    await world.get()
    world.clock.now = NOW + 50 * MINUTE
    assert world.current() is None
    assert await world.get() == 2


@pytest.mark.parametrize("life", [900.0, 60.0, 10.0])
async def test_short_lives_have_short_windows(life: float) -> None:
    world = World(life)
    await world.get()
    world.clock.now = NOW + life * 0.74
    assert world.current() == 1
    await settle()
    assert world.source.fetches == 1
    world.clock.now = NOW + life * 0.76
    assert world.current() == 1
    await settle()
    assert world.source.fetches == 2
    world.clock.now += life * 0.84
    assert world.current() is None


async def test_a_source_that_gives_the_same_again_is_not_asked_all_the_time() -> None:
    """The instance metadata service has new ones only some minutes before the end of the old ones."""
    world = World()
    await world.get()
    world.source.life = None
    end = NOW + HOUR
    while world.clock.now < end - 1:
        world.clock.now += 1.0
        world.source.life = end - world.clock.now
        assert await world.get() is not None
        await settle(5)
    assert world.source.fetches < 12


async def test_long_lives_are_renewed_a_quarter_of_an_hour_before_their_end() -> None:
    world = World(12 * HOUR)
    await world.get()
    world.clock.now = NOW + 12 * HOUR - 15 * MINUTE - 1
    assert world.current() == 1
    await settle()
    assert world.source.fetches == 1


async def test_those_that_do_not_expire_are_never_renewed() -> None:
    world = World(None)
    await world.get()
    world.clock.now += 10 * 365 * 24 * HOUR
    assert world.current() == 1
    assert await world.get() == 1
    assert world.source.fetches == 1


async def test_never_gives_expired_ones() -> None:
    """Over many lives, with any chance and any pace of calls."""
    chance = random.Random(7)
    clock = ManualClock()
    source = Source(clock)
    cache = CredentialCache(source, clock, chance)
    for _ in range(2000):
        source.life = chance.choice([2.0, 30.0, 900.0, HOUR])
        clock.now += chance.choice([0.1, 5.0, 300.0, 1000.0, 5000.0])
        found = cache.current() or await cache.get()
        assert found.expires_at is not None
        assert found.expires_at > clock.now
        await settle(3)


# ── one flight ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_hundred_callers_share_one_flight() -> None:
    world = World()
    world.source.gate = asyncio.Event()
    callers = [asyncio.create_task(world.get()) for _ in range(100)]
    await settle()
    world.source.gate.set()
    assert await asyncio.gather(*callers) == [1] * 100
    assert world.source.fetches == 1


async def test_a_hundred_callers_share_one_failure_and_each_has_its_own_error() -> None:
    world = World()
    world.source.gate, world.source.error = asyncio.Event(), CredentialsNotFound("none", hint="look")
    callers = [asyncio.create_task(world.get()) for _ in range(100)]
    await settle()
    world.source.gate.set()
    errors = await asyncio.gather(*callers, return_exceptions=True)
    assert world.source.fetches == 1
    assert {type(error) for error in errors} == {CredentialsNotFound}
    assert len({id(error) for error in errors}) == 100
    assert isinstance(errors[0], DynamoDBError)
    assert isinstance(errors[1], DynamoDBError)
    assert errors[0].with_context(table="users").table == "users"
    assert (errors[1].table, errors[1].hint) == (None, "look")


async def test_a_cancelled_caller_does_not_end_the_flight_of_the_others() -> None:
    world = World()
    world.source.gate = asyncio.Event()
    callers = [asyncio.create_task(world.get()) for _ in range(5)]
    await settle()
    callers[0].cancel()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await world.get()
    world.source.gate.set()
    assert await asyncio.gather(*callers[1:]) == [1] * 4
    assert callers[0].cancelled()
    assert world.source.fetches == 1


async def test_a_flight_that_everybody_left_still_lands() -> None:
    world = World()
    world.source.gate = asyncio.Event()
    caller = asyncio.create_task(world.get())
    await settle()
    caller.cancel()
    await settle()
    world.source.gate.set()
    await settle()
    assert world.current() == 1
    failing = World()
    failing.source.gate, failing.source.error = asyncio.Event(), CredentialsNotFound("none")
    caller = asyncio.create_task(failing.get())
    await settle()
    caller.cancel()
    await settle()
    failing.source.gate.set()
    await settle()  # a failure that nobody hears is not complained of by the loop either: warnings are errors here
    assert failing.current() is None


async def test_a_flight_begun_before_the_last_one_is_cleared_away_is_kept() -> None:
    world = World()
    await world.get()
    world.source.error = AuthenticationError("down")
    world.clock.now = NOW + 46 * MINUTE

    def begin_another() -> None:  # runs after the failing task ended, and before its callbacks
        world.source.during = lambda: None
        world.source.gate = asyncio.Event()
        world.clock.now += 2
        assert world.current() == 1

    world.source.during = lambda: asyncio.get_running_loop().call_soon(begin_another)
    assert world.current() == 1
    await settle()
    assert world.source.fetches == 3
    await world.cache.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_flight_belongs_to_nobody_s_call() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")
    variable.set("a call's")
    seen: list[str] = []
    world = World()
    world.source.during = lambda: seen.append(variable.get())
    await world.get()
    assert seen == ["none"]


# ── failures ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_failure_without_old_ones_comes_out_and_the_next_call_tries_again() -> None:
    world = World()
    world.source.error = AuthenticationError("down")
    for fetches in (1, 2):
        with pytest.raises(AuthenticationError, match="down"):
            await world.get()
        assert world.source.fetches == fetches
    world.source.error = None
    assert await world.get() == 3


@pytest.mark.parametrize("minute", [46, 55])
async def test_old_ones_are_given_until_they_expire(minute: int, caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    await world.get()
    world.source.error = AuthenticationError("down")
    world.clock.now = NOW + minute * MINUTE
    assert await world.get() == 1
    await settle()
    assert world.current() == 1
    assert world.source.fetches == 2
    assert [(record.levelno, record.name) for record in caplog.records] == [(logging.WARNING, "hashrange.auth")]
    assert "credentials could not be renewed; the old ones (access key …0001" in caplog.text
    assert "down" in caplog.text
    world.clock.now = NOW + HOUR - 0.001
    assert await world.get() == 1
    await settle()
    world.clock.now = NOW + HOUR
    assert world.current() is None
    with pytest.raises(AuthenticationError, match="down"):
        await world.get()
    world.source.error = None
    assert await world.get() == world.source.fetches
    assert hushed(caplog.text)


async def test_attempts_after_a_failure_keep_a_growing_distance_and_nobody_waits_for_them() -> None:
    world = World(12 * HOUR)
    await world.get()
    world.source.error = AuthenticationError("down")
    world.clock.now = end = NOW + 12 * HOUR - 12 * MINUTE
    attempts: list[float] = []
    world.source.during = lambda: attempts.append(world.clock.now - end)
    while world.clock.now < end + 200:
        assert world.current() == 1  # also in the last minutes: only the first failure was waited for
        await settle(5)
        world.clock.now += 0.5
    gaps = [later - earlier for earlier, later in pairwise(attempts)]
    assert attempts[0] == 0
    assert gaps == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_success_after_failures_starts_afresh() -> None:
    world = World()
    await world.get()
    world.source.error = AuthenticationError("down")
    world.clock.now = NOW + 51 * MINUTE
    assert await world.get() == 1
    world.source.error = None
    world.clock.now += 2
    assert world.current() == 1
    await settle()
    assert world.current() == 3
    assert "last failure" not in repr(world.cache)
    world.clock.now += 51 * MINUTE
    assert world.current() is None  # the first attempt of this round is waited for again


async def test_what_no_provider_should_raise_is_wrapped() -> None:
    world = World()
    world.source.error = ZeroDivisionError("hush")
    with pytest.raises(AuthenticationError, match="from source: it raised ZeroDivisionError") as caught:
        await world.get()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert "hush" not in str(caught.value)


async def test_what_a_provider_of_the_user_s_gives_by_mistake_is_refused() -> None:
    class Confused:
        name = "confused"

        async def fetch(self) -> Credentials:
            return cast("Credentials", ("AKIA", "hush"))

    with pytest.raises(AuthenticationError, match="from confused: it gave tuple, not Credentials") as caught:
        await CredentialCache(Confused()).get()
    assert hushed(caught.value)


async def test_new_ones_that_have_expired_are_a_failure() -> None:
    world = World(0.0)
    with pytest.raises(AuthenticationError, match="source gave credentials that have expired") as caught:
        await world.get()
    assert caught.value.hint is not None
    assert "clock" in caught.value.hint
    assert world.current() is None


# ── invalidate ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_refused_credentials_are_not_given_again() -> None:
    world = World(None)
    bad = await world.cache.get()
    world.cache.invalidate(bad)
    assert world.current() is None
    assert await world.get() == 2
    world.cache.invalidate(bad)  # late: somebody else was quicker
    assert world.current() == 2
    assert world.source.fetches == 2


async def test_refused_credentials_are_not_given_again_even_if_there_are_no_others() -> None:
    world = World()
    world.cache.invalidate(await world.cache.get())
    world.source.error = AuthenticationError("down")
    with pytest.raises(AuthenticationError, match="down"):
        await world.get()


# ── telling ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_explains_what_is_tried_and_held() -> None:
    world = World()
    before = await world.cache.explain()
    assert (before.found, before.held) == ("source", "nothing")
    await world.get()
    world.source.error = AuthenticationError("down")
    world.clock.now = NOW + 51 * MINUTE
    await world.get()
    after = await world.cache.explain()
    assert after.found is None
    assert after.steps[0].detail == "down"
    assert after.held.startswith(
        "access key …0002, expires 2027-01-15T09:00:00Z; last failure 2027-01-15T08:51:00Z: down"
    )
    assert hushed(before, after)


async def test_repr_shows_the_state_and_no_secret() -> None:
    world = World()
    assert repr(world.cache) == "<CredentialCache of source: nothing>"
    await world.get()
    assert repr(world.cache) == "<CredentialCache of source: access key …0001, expires 2027-01-15T09:00:00Z>"
    assert hushed(world.cache)
