"""How much capacity is being used, how often DynamoDB throttles, and bulk work that goes at the speed this allows.

``CapacityMonitor`` is an observer with a sliding window; ``Pacer`` is awaited before each piece of bulk work. Owns the
window and the speed: up slowly while nothing is throttled, halved when it is. Must not know what the work is.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from math import inf
from types import TracebackType
from typing import Any, Final, TypeVar

from msgspec import Struct

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import ConfigurationError
from ..telemetry.events import AttemptFailed, CallFinished, CircuitChanged

T = TypeVar("T")

#: the window moves on in so many steps
STEPS: Final = 20
#: attempts in the window below which a throttle rate says nothing
ATTEMPTS_MIN_COUNT: Final = 10
#: seconds that are too short to sleep: what is due so soon goes at once
_SLEEP_MIN: Final = 0.005


class CapacityReport(Struct, frozen=True):
    """What happened in the window.

    Attributes:
        attempts, throttled: requests that were sent, and those of them that were throttled.
        throttle_rate: their ratio, from 0 to 1.
        read_units, write_units: consumed capacity units a second, on average; 0 without ``Config.capacity``.
    """

    attempts: int = 0
    throttled: int = 0
    throttle_rate: float = 0.0
    read_units: float = 0.0
    write_units: float = 0.0


class _Step(Struct):
    """A part of the window; ``number`` counts the parts of all time."""

    number: int = -1
    attempts: int = 0
    throttled: int = 0
    read_units: float = 0.0
    write_units: float = 0.0


class CapacityMonitor:
    """Watches what a client consumes: ``Config(observers=(monitor,), capacity="total")``.

    Args:
        table: only calls of this table; None: all. A batch over several tables counts for none of them alone.
        window: seconds that are looked back on.
        throttle_rate: above this part of attempts being throttled, work should slow down.
        read_units, write_units: units a second that are to be used at most, for example 80 % of what is provisioned, so
            that others have their part; None: any.
        clock: whose seconds count: the client's.

    Raises:
        ConfigurationError: an argument is not what it may be.
    """

    def __init__(
        self,
        *,
        table: str | None = None,
        window: float = 10.0,
        throttle_rate: float = 0.02,
        read_units: float | None = None,
        write_units: float | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        _check("window", window)
        if type(throttle_rate) not in (int, float) or not 0 <= throttle_rate < 1:
            raise ConfigurationError(f"throttle_rate is {throttle_rate!r}; it must be a number from 0 to less than 1")
        for name, value in (("read_units", read_units), ("write_units", write_units)):
            if value is not None:
                _check(name, value)
        self._table, self._throttle_rate, self._now = table, throttle_rate, clock.monotonic
        self._read_units_max = inf if read_units is None else read_units
        self._write_units_max = inf if write_units is None else write_units
        self._step_seconds = window / STEPS
        self._steps = [_Step() for _ in range(STEPS)]
        self._began = self._now()

    def __repr__(self) -> str:
        return f"<CapacityMonitor {self.report()}>"

    def report(self) -> CapacityReport:
        """What happened in the window; of a monitor that is younger, since it began."""
        now = self._now()
        first = int(now / self._step_seconds) - STEPS + 1
        steps = [step for step in self._steps if step.number >= first]
        covered = now - first * self._step_seconds  # the window, but for the part of a step that has gone
        seconds = max(min(now - self._began, covered), self._step_seconds)
        attempts, throttled = sum(step.attempts for step in steps), sum(step.throttled for step in steps)
        return CapacityReport(
            attempts,
            throttled,
            throttled / attempts if attempts else 0.0,
            sum(step.read_units for step in steps) / seconds,
            sum(step.write_units for step in steps) / seconds,
        )

    def should_backoff(self) -> bool:
        """Whether work that can wait should slow down: too many attempts were throttled, or too much is consumed."""
        found = self.report()
        return (
            (found.attempts >= ATTEMPTS_MIN_COUNT and found.throttle_rate > self._throttle_rate)
            or found.read_units > self._read_units_max
            or found.write_units > self._write_units_max
        )

    # ── Observer ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def attempt_failed(self, event: AttemptFailed) -> None:
        if self._table is None or event.table == self._table:
            step = self._step()
            step.attempts += 1
            step.throttled += event.error.throttling

    def call_finished(self, event: CallFinished) -> None:
        answered = event.error is None and not event.cancelled
        if answered and (self._table is None or event.table == self._table):
            reads, writes = event.units()
            step = self._step()
            step.attempts += 1
            step.read_units += reads
            step.write_units += writes
            unprocessed = event.answer.get("UnprocessedItems") or event.answer.get("UnprocessedKeys")
            if unprocessed:  # this is how a batch is throttled
                step.throttled += 1

    def circuit_changed(self, event: CircuitChanged) -> None:
        return None

    def _step(self) -> _Step:
        """The part of the window that is now."""
        number = int(self._now() / self._step_seconds)
        step = self._steps[number % STEPS]
        if step.number != number:
            step.number, step.attempts, step.throttled = number, 0, 0
            step.read_units = step.write_units = 0.0
        return step


class Pacer:
    """Lets bulk work go on at a speed that follows a monitor: ``await pacer.wait()`` before each piece of it.

    Halves its speed while the monitor says that it should, once in ``every`` seconds, and raises it by a tenth
    otherwise. Waiting never blocks the event loop, and waiting tasks go on in their order.

    Args:
        monitor: an observer of the client that does the work.
        rate: pieces a second to begin with.
        least, most: the speeds between which it stays.
        every: seconds between changes of the speed.
        clock: whose seconds count: the client's.

    Raises:
        ConfigurationError: an argument is not what it may be.
    """

    def __init__(
        self,
        monitor: CapacityMonitor,
        *,
        rate: float = 100.0,
        least: float = 1.0,
        most: float = 10_000.0,
        every: float = 1.0,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        for name, value in (("rate", rate), ("least", least), ("most", most), ("every", every)):
            _check(name, value)
        if not least <= rate <= most:
            raise ConfigurationError(f"rate is {rate:g}; it must be from least ({least:g}) to most ({most:g})")
        self._monitor, self._clock = monitor, clock
        self._rate, self._least, self._most, self._every = float(rate), least, most, every
        self._free_at = clock.monotonic()  # when the next piece may begin
        self._judged_at = self._free_at

    def __repr__(self) -> str:
        return f"<Pacer {self._rate:g} a second>"

    @property
    def rate(self) -> float:
        """Pieces a second, now."""
        return self._rate

    async def wait(self, pieces: float = 1) -> None:
        """Return when so many pieces of work may be done (items, or units).

        Raises:
            ConfigurationError: that is not a number of pieces.
        """
        if type(pieces) not in (int, float) or not 0 <= pieces < inf:
            raise ConfigurationError(f"pieces is {pieces!r}; it must be a number, 0 or more")
        now = self._clock.monotonic()
        self._adapt(now)
        begin = max(now, self._free_at)
        self._free_at = begin + pieces / self._rate
        if begin - now >= _SLEEP_MIN:
            await self._clock.sleep(begin - now)

    async def over(self, pieces: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
        """The pieces one by one, each when it may be done: ``async for row in pacer.over(rows): batch.put(row)``."""
        if isinstance(pieces, AsyncIterable):
            async for piece in pieces:
                await self.wait()
                yield piece
        else:
            for piece in pieces:
                await self.wait()
                yield piece

    async def __aenter__(self) -> Pacer:
        await self.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def _adapt(self, now: float) -> None:
        if now - self._judged_at < self._every:
            return
        self._judged_at = now
        if self._monitor.should_backoff():
            self._rate = max(self._least, self._rate / 2)
        else:
            self._rate = min(self._most, self._rate * 1.1)


def _check(name: str, value: Any) -> None:
    if type(value) not in (int, float) or not 0 < value < inf:
        raise ConfigurationError(f"{name} is {value!r}; it must be a number greater than 0")
