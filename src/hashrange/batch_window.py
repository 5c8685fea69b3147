"""The sliding window of a batch: a line of entries, a few requests under way, and what comes back for another round.

Owns when what is sent: full chunks, never more requests at a time than allowed, none held up by a slow one; what an
answer left undone waits by the one backoff and joins others that wait; a chunk that was refused for a part of it is
sent in parts. Every entry ends in exactly one call of its ``Work``: done, given up, or failed. No task outlives
``drain``, ``stop`` or ``cancel``. Must not know what an entry is, or sockets.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Sized
from contextvars import Context, copy_context
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

from msgspec import Struct

from .errors import DeadlineExceeded, DynamoDBError, ThroughputError, ValidationError
from .operations.batch import ChunkLimits, Entry, split_chunk, take_chunk
from .resilience.backoff import delay
from .table import Core

E = TypeVar("E", bound=Entry)

#: how many times as many entries may wait for another round as may be ready or under way
WAITING_MAX_FACTOR: Final = 10
T = TypeVar("T")


class Work(Protocol[E]):
    """Whose entries these are. All but ``send`` are told, and must not wait or raise."""

    async def send(self, chunk: list[E], timeout: float | None) -> list[E]:
        """Send one request; give back what its answer left undone."""
        ...

    def done(self, entries: list[E]) -> None:
        """They are acknowledged."""
        ...

    def undone(self, entries: list[E]) -> list[E]:
        """An answer left them undone; those that are given back are sent again."""
        ...

    def given_up(self, entries: list[E], reason: DynamoDBError) -> None:
        """They were left undone too often, or there is no time to send them again."""
        ...

    def failed(self, entries: list[E], reason: DynamoDBError) -> None:
        """They cannot be done, or are not sent any more."""
        ...


class _Wait(Struct, Generic[E], eq=False):
    """Entries that wait before they are sent again.

    Attributes:
        due: when, on the clock's monotonic().
    """

    due: float
    entries: list[E]


class Window(Generic[E]):
    """Sends what is added to it.

    Args:
        work: whose entries these are.
        concurrency: how many requests may be under way.
        timeout: seconds from ``begin``, for everything together; None: only each request has the client's timeout.

    Attributes:
        limits: what one request may hold.
        pending_max: entries that have not ended and do not wait for another round; more need not be held to send as
            fast as is allowed.
        waiting, waiting_bytes: entries that wait for another round.
        ready, ready_bytes: the line of those to be sent, and their size.
        requests: how many were sent.
        retried: how often an entry was sent again.
        progress: set whenever a request has ended.

    Raises:
        ValidationError: the concurrency is not a number of requests.
    """

    def __init__(
        self, core: Core, work: Work[E], chunk_limits: ChunkLimits, *, concurrency: int, timeout: float | None
    ) -> None:
        if type(concurrency) is not int or concurrency < 1:
            raise ValidationError(f"concurrency is {concurrency!r}; it must be a whole number of at least 1")
        self._core, self._work, self.limits = core, work, chunk_limits
        self.pending_max = (concurrency + 1) * chunk_limits.count_max
        self._concurrency, self._timeout = concurrency, timeout
        self._deadline: float | None = None
        self._context: Context = copy_context()
        self._apart: deque[list[E]] = deque()  # parts of refused chunks, which are not to be mixed again
        self._waits: dict[asyncio.Task[None], _Wait[E]] = {}
        self._sends: dict[asyncio.Task[list[E]], list[E]] = {}
        self._flushing = False
        self._stopped: DynamoDBError | None = None
        self.ready: deque[E] = deque()
        self.ready_bytes = 0
        self.waiting = self.waiting_bytes = 0
        self.requests = self.retried = 0
        self.progress = asyncio.Event()

    @property
    def has_full_chunk(self) -> bool:
        return len(self.ready) >= self.limits.count_max or self.ready_bytes > self.limits.bytes_max

    def begin(self) -> None:
        """Time begins to count; requests run in the context of this call."""
        self._context = copy_context()
        if self._timeout is not None:
            self._deadline = self._core.clock.monotonic() + self._timeout

    def add(self, entry: E) -> None:
        """Put it at the end of the line; it is sent when there is a full chunk."""
        if self._stopped is not None:
            self._work.failed([entry], self._stopped)
            return
        self.ready.append(entry)
        self.ready_bytes += entry.size_bytes
        if self.has_full_chunk:
            self._pump()

    def resize(self, entry: E, size_bytes: int) -> None:
        """The entry is about to be another, of this size; it must not be under way."""
        if entry.place == "ready":
            self.ready_bytes += size_bytes - entry.size_bytes
        elif entry.place == "waiting":
            self.waiting_bytes += size_bytes - entry.size_bytes
        entry.size_bytes = size_bytes

    # ── how it ends ──────────────────────────────────────────────────────────────────────────────────────────────────
    async def drain(self) -> None:
        """Send all that is there, and return when everything has ended."""
        self._flushing = True
        self._pump()
        await self._all_ended()

    async def stop(self, reason: DynamoDBError) -> None:
        """Send nothing more, and return when the requests under way have ended; the rest has failed."""
        self._stopped = self._stopped or reason
        for task in self._waits:
            task.cancel()
        self._pump()
        await self._all_ended()

    def halt(self, reason: DynamoDBError) -> None:
        """Send nothing more, and cancel what is under way; that has ended when ``drain`` or ``cancel`` returns."""
        self._stopped = self._stopped or reason
        for task in [*self._waits, *self._sends]:
            task.cancel()
        self._pump()

    async def cancel(self, reason: DynamoDBError) -> None:
        """``halt``, and return when everything has ended: even if this is cancelled once more meanwhile. For somebody
        who is about to raise."""
        self.halt(reason)
        while self._waits or self._sends:
            try:
                await self._all_ended()
            except asyncio.CancelledError:
                self.halt(reason)

    async def _all_ended(self) -> None:
        while tasks := [*self._waits, *self._sends]:
            await asyncio.wait(tasks)

    # ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _pump(self) -> None:
        """Send as much as may be sent now."""
        if self._deadline is not None and not self._core.clock.monotonic() < self._deadline:
            self._stopped = self._stopped or DeadlineExceeded("the deadline came before it was sent")
        if self._stopped is not None:
            self._drop(self._stopped)
        while len(self._sends) < self._concurrency:
            if self._apart:
                chunk = self._apart.popleft()
            elif self.ready and (self._flushing or self.has_full_chunk):
                chunk = take_chunk(self.ready, self.limits)
                self.ready_bytes -= sum(entry.size_bytes for entry in chunk)
            else:
                break
            for entry in chunk:
                entry.place = "under_way"
            self._sends[self._spawn(self._send(chunk), self._answered)] = chunk

    def _drop(self, reason: DynamoDBError) -> None:
        while self.ready or self._apart:  # what fails may bring up another
            dropped = [*self.ready, *(entry for chunk in self._apart for entry in chunk)]
            self.ready.clear()
            self._apart.clear()
            self.ready_bytes = 0
            self._work.failed(dropped, reason)

    def _spawn(self, body: Coroutine[Any, Any, T], ended: Callable[[asyncio.Task[T]], None]) -> asyncio.Task[T]:
        # a context of its own for each: what one request sets there is not for the others
        task = asyncio.create_task(body, context=self._context.copy())
        task.add_done_callback(ended)  # not a 'finally' in the body: it would not run if the task is cancelled at once
        return task

    async def _send(self, chunk: list[E]) -> list[E]:
        self.requests += 1
        timeout = None
        if self._deadline is not None:
            timeout = min(self._core.timeout, max(0.0, self._deadline - self._core.clock.monotonic()))
        return await self._work.send(chunk, timeout)

    def _answered(self, task: asyncio.Task[list[E]]) -> None:
        chunk = self._sends.pop(task)
        if task.cancelled():
            self._work.failed(chunk, _cut_off())
        elif (error := task.exception()) is not None:
            self._refused(chunk, _as_reason(error))
        else:
            self._settle(chunk, task.result())
        self._pump()
        self.progress.set()

    def _settle(self, chunk: list[E], undone: list[E]) -> None:
        if not undone:
            self._work.done(chunk)
            return
        left = set(undone)
        self._work.done([entry for entry in chunk if entry not in left])
        for entry in undone:
            entry.rounds += 1
            entry.place = "waiting"
        self._again(self._work.undone(undone))

    def _refused(self, chunk: list[E], error: DynamoDBError) -> None:
        parts = split_chunk(chunk, error) if self._stopped is None else []
        if parts:
            self._apart.extend(parts)
        else:
            self._work.failed(chunk, error)

    # ── another round ────────────────────────────────────────────────────────────────────────────────────────────────
    def _again(self, entries: list[E]) -> None:
        policy = self._core.policy
        rounds_max = policy.throttling.max_attempts
        if tired := [entry for entry in entries if entry.rounds >= rounds_max]:
            times = "once" if rounds_max == 1 else f"{rounds_max} times"
            self._work.given_up(tired, ThroughputError(f"DynamoDB left it undone {times}", maybe_applied=False))
            entries = [entry for entry in entries if entry.rounds < rounds_max]
        if not entries:
            return
        if self._stopped is not None:
            self._work.failed(entries, self._stopped)
            return
        self._wait(entries, max(entry.rounds for entry in entries))

    def _wait(self, entries: list[E], rounds: int) -> None:
        """Send these again after a while: together with others, where the backoff might have chosen the same moment."""
        self._count_waiting(entries, 1)
        policy, now = self._core.policy, self._core.clock.monotonic()
        after = partial(delay, rounds, policy.throttling.base_delay, policy.max_delay)
        earliest, latest = now + after(0.0), now + after(1.0)
        for wait in self._waits.values():
            if earliest <= wait.due <= latest:
                wait.entries += entries
                return
        seconds = after(self._core.randomness.random())
        if self._deadline is not None and not now + seconds < self._deadline:
            self._count_waiting(entries, -1)
            late = DeadlineExceeded("DynamoDB left it undone, and the deadline comes before it could be sent again")
            self._work.given_up(entries, late)
            return
        task = self._spawn(self._core.clock.sleep(seconds), self._woken)
        self._waits[task] = _Wait(now + seconds, list(entries))

    def _count_waiting(self, entries: list[E], sign: int) -> None:
        self.waiting += sign * len(entries)
        self.waiting_bytes += sign * sum(entry.size_bytes for entry in entries)

    def _woken(self, task: asyncio.Task[None]) -> None:
        entries = self._waits.pop(task).entries
        self._count_waiting(entries, -1)
        error = None if task.cancelled() else task.exception()
        reason = self._stopped or (_as_reason(error) if error is not None else None)
        if reason is not None:
            self._work.failed(entries, reason)
        else:
            for entry in entries:
                entry.place = "ready"
            self.ready.extendleft(reversed(entries))
            self.ready_bytes += sum(entry.size_bytes for entry in entries)
            self.retried += len(entries)
        self._pump()
        self.progress.set()


class Room:
    """Waits, when awaited, until there is room for more in a window; it need not be awaited.

    There is none when every request that may be under way is, and a full chunk is ready besides; or when very many
    wait for another round: a few of these must not hold up the rest, but if most are left undone, the server is behind.
    """

    __slots__ = ("_pending", "_window")

    def __init__(self, window: Window[Any], pending: Sized) -> None:
        self._window, self._pending = window, pending

    def __await__(self) -> Generator[Any, None, None]:
        window = self._window
        while self._is_full(window):
            window.progress.clear()
            yield from window.progress.wait().__await__()

    def _is_full(self, window: Window[Any]) -> bool:
        return (
            len(self._pending) - window.waiting >= window.pending_max
            or window.waiting >= WAITING_MAX_FACTOR * window.pending_max
            or window.ready_bytes + window.waiting_bytes > window.limits.bytes_max
        )


def _cut_off() -> DynamoDBError:
    return DynamoDBError(
        "it was under way when the batch was cancelled", hint="read the item to find out", maybe_applied=True
    )


def _as_reason(error: BaseException | None) -> DynamoDBError:
    """An error of this package as it is; any other is a defect of a transport or an observer, and is told as one."""
    if isinstance(error, DynamoDBError):
        return error
    reason = DynamoDBError(f"{type(error).__name__}: {error}", maybe_applied=True)
    reason.__cause__ = error
    return reason
