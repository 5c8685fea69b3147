"""The right to be the only one: an entry of the state that says who is at work, and until when.

Taken over when it has run out, or at once when the process that held it is known to be gone (same machine, no such
process any more). Owns the entry ``lease/<name>`` and its renewal. Must not know what is done under it.

Clocks of machines that share a state must agree within a few seconds: whether a lease is over is judged by the reader's
own. What is written under a lease should therefore be safe to be written twice; a backfill's is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import DynamoDBError
from ..errors import AlreadyRunning, StateConflict
from .store import Entry, Store

_RENEWALS: Final = 3  # so often is it renewed in the time for which it is taken


class Lease:
    """``async with Lease(store, "backfill") as lease``: one at a time, over all processes that share the state.

    Args:
        store: the state.
        name: what there may be one of.
        seconds: how long it holds without a renewal; so long must others wait after a machine was lost.
        clock: for expiry and renewal.

    Raises:
        AlreadyRunning: on entering: somebody else holds it; says who, and for how long.
    """

    def __init__(self, store: Store, name: str, *, seconds: float = 30.0, clock: Clock = SYSTEM_CLOCK) -> None:
        self._store, self.name, self._seconds, self._clock = store, name, seconds, clock
        self._key = f"lease/{name}"
        self._owner = secrets.token_hex(8)
        self._version: int | None = None
        self._holds_until = 0.0  # monotonic
        self._renewing: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Lease {self.name!r}, {'held' if self._version is not None else 'not held'}>"

    async def __aenter__(self) -> Lease:
        entry = await self._store.read(self._key)
        if entry is not None and (why := self._held(entry)) is not None:
            raise AlreadyRunning(
                f"another {self.name} is at work with the same state: {why}",
                hint="wait for its end; after a crash on another machine, until its lease is over",
            )
        try:
            await self._write(None if entry is None else entry.version)
        except StateConflict as error:
            raise AlreadyRunning(f"another {self.name} has just begun with the same state") from error
        except BaseException:
            await _whatever_comes(self._release())  # a write that was cancelled may have been applied
            raise
        self._renewing = asyncio.create_task(self._keep(), name=f"lease {self.name}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await _whatever_comes(self._release())

    def check(self) -> None:
        """Say that one may go on.

        Raises:
            AlreadyRunning: the lease could not be renewed in time: somebody else may be at work by now.
        """
        if self._version is None or self._clock.monotonic() >= self._holds_until:
            raise AlreadyRunning(
                f"the lease of this {self.name} was lost: it could not be renewed in {self._seconds:g} s, "
                "or somebody else has taken it",
                hint="see whether another one runs; else the same command goes on",
            )

    async def _release(self) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        self._version = None
        with contextlib.suppress(DynamoDBError):  # it is over soon, and what has happened is more important
            entry = await self._store.read(self._key)  # the version that is there, should a renewal have been cut off
            if entry is not None and entry.value["owner"] == self._owner:
                await self._store.delete(self._key, version=entry.version)

    async def _keep(self) -> None:
        while True:
            await self._clock.sleep(self._seconds / _RENEWALS)
            try:
                await self._write(self._version)
            except StateConflict:
                self._version = None  # it is somebody else's
                return
            except DynamoDBError:
                continue  # there is time for another try; ``check`` sees when there is none

    async def _write(self, version: int | None) -> None:
        before = self._clock.monotonic()
        value = {
            "owner": self._owner,
            "until": self._clock.time() + self._seconds,
            "host": socket.gethostname(),
            "process": os.getpid(),
            "process_started": _started(os.getpid()),
        }
        self._version = await self._store.write(self._key, value, version=version)
        self._holds_until = before + self._seconds

    def _held(self, entry: Entry) -> str | None:
        """Who holds it; None where nobody does any more."""
        value: dict[str, Any] = entry.value
        left = value["until"] - self._clock.time()
        here = value["host"] == socket.gethostname()
        if left <= 0 or (here and not _lives(value["process"], value["process_started"])):
            return None
        return f"process {value['process']} on {value['host']}, for {left:.0f} s more unless it is renewed"


async def _whatever_comes(work: Coroutine[Any, Any, None]) -> None:
    """Do something to its end, also when the caller is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


def _started(process: int) -> str | None:
    """When a process began, in ticks since the machine did; None where the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return fields[19]


def _lives(process: int, started: str | None) -> bool:
    """Whether that process is still there; True where that cannot be known."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    now = _started(process)
    return now is None or started is None or now == started
