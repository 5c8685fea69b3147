"""One at a time: over tasks, over processes, after a crash, and when a renewal fails."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hashrange.migration.errors import AlreadyRunning
from hashrange.migration.state.file_store import FileStore
from hashrange.migration.state.lease import Lease
from tests.suspensions import for_each_suspension


class Ticking:
    """A clock whose sleeps end when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        self._sleepers.append((self.now + seconds, event))
        await event.wait()

    def advance(self, seconds: float) -> None:
        self.now += seconds
        for due, event in self._sleepers:
            if due <= self.now:
                event.set()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FileStore]:
    found = FileStore(tmp_path / "state")
    yield found
    await found.close()


async def entry(store: FileStore) -> dict[str, Any]:
    found = await store.read("lease/backfill")
    assert found is not None
    value: dict[str, Any] = found.value
    return value


async def test_the_second_is_refused_and_told_who_is_at_work(store: FileStore) -> None:
    async with Lease(store, "backfill"):
        with pytest.raises(AlreadyRunning, match=r"another backfill is at work .* process \d+ on .*, for \d+ s"):
            async with Lease(store, "backfill"):
                raise AssertionError("two hold it")
        async with Lease(store, "export") as other:
            other.check()
    async with Lease(store, "backfill") as again:
        again.check()


async def test_of_two_that_begin_at_once_one_is_refused(store: FileStore) -> None:
    leases = [Lease(store, "backfill") for _ in range(2)]
    found = await asyncio.gather(*(lease.__aenter__() for lease in leases), return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["AlreadyRunning", "Lease"]
    for lease in leases:
        await lease.__aexit__(None, None, None)
    assert await store.read("lease/backfill") is None


async def test_it_is_renewed_as_long_as_it_is_held(store: FileStore) -> None:
    clock = Ticking()
    async with Lease(store, "backfill", seconds=30, clock=clock) as lease:
        for _ in range(9):
            until = (await entry(store))["until"]
            clock.advance(10.5)
            while (await entry(store))["until"] == until:
                continue
            lease.check()
        with pytest.raises(AlreadyRunning):
            async with Lease(store, "backfill", seconds=30, clock=clock):
                pass


async def test_one_that_was_not_renewed_in_time_is_over(store: FileStore) -> None:
    clock = Ticking()
    lease = Lease(store, "backfill", seconds=30, clock=clock)
    await lease.__aenter__()
    stolen = await entry(store) | {"owner": "another", "host": "elsewhere", "until": clock.now + 100}
    found = await store.read("lease/backfill")
    assert found is not None
    await store.write("lease/backfill", stolen, version=found.version)
    clock.advance(11)
    while "not held" not in repr(lease):
        await store.read("lease/backfill")
    with pytest.raises(AlreadyRunning, match="was lost"):
        lease.check()
    await lease.__aexit__(None, None, None)
    assert await entry(store) == stolen  # what is another's stays


async def test_a_lease_of_another_machine_holds_until_it_is_over(store: FileStore) -> None:
    clock = Ticking()
    held = {"owner": "x", "until": clock.now + 20, "host": "elsewhere", "process": 1, "process_started": "1"}
    await store.write("lease/backfill", held, version=None)
    with pytest.raises(AlreadyRunning, match="process 1 on elsewhere, for 20 s more"):
        async with Lease(store, "backfill", clock=clock):
            pass
    clock.advance(20)
    async with Lease(store, "backfill", clock=clock) as lease:
        lease.check()


HOLDER = """
import asyncio, os, sys
from hashrange.migration.state.file_store import FileStore
from hashrange.migration.state.lease import Lease
async def main():
    async with Lease(FileStore(sys.argv[1]), "backfill", seconds=3600):
        print("held", flush=True)
        await asyncio.sleep(3600)
asyncio.run(main())
"""


def started(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def test_the_lease_of_a_killed_process_of_this_machine_is_taken_at_once(store: FileStore) -> None:
    command = [sys.executable, "-c", HOLDER, str(store.path)]
    with started(command) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning, match=f"process {process.pid} "):
            async with Lease(store, "backfill"):
                pass
        process.kill()
    async with Lease(store, "backfill") as lease:
        lease.check()


@pytest.mark.parametrize("when", ["waiting", "woken"])
async def test_wherever_it_is_cancelled_it_is_free_afterwards(store: FileStore, when: Any) -> None:
    async def body() -> None:
        async with Lease(store, "backfill"):
            await asyncio.sleep(0)

    async def after() -> None:
        async with Lease(store, "backfill") as lease:
            lease.check()

    assert await for_each_suspension(body, after, when) >= 4
