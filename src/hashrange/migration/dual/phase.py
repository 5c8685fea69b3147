"""The phases of a migration: what is written and read in each, and the one entry of the state that says which it is.

    1  MySQL only                                     5  DynamoDB only
    2  both are written, MySQL is read                4  both are written, DynamoDB is read
    3  both are written and read, and compared; MySQL's answer counts

Workers follow the entry: each reads it anew every ``poll_seconds``, and believes what it has read for at most
``age_max_seconds``. What a worker can do that has not heard of a change yet, and how long it takes until all have:

- *1 → 2.* A stale worker writes MySQL only, and DynamoDB lacks it. So begin the backfill when ``settled_at`` is over:
  its snapshot holds what they have written.
- *2 → 1.* A stale worker writes DynamoDB, too, after MySQL: no harm. What others write meanwhile DynamoDB lacks: after
  2 again, backfill or repair again.
- *2 ↔ 3, 3 ↔ 4.* Both sides are written the same way: stale workers read the other side. No harm.
- *4 → 5, 5 → 4.* Another side is right from then on: a stale worker would write over what others have written to the
  new one. Therefore the change takes effect only at ``effective_at``, when nobody can be stale and writes that began
  before are over; until then the old phase is read, and writes wait for it (some seconds: see ``drain_seconds``).
- A worker that cannot read the entry for ``age_max_seconds`` writes nothing any more: PhaseUnknown.

Owns the entry ``dual/phase``, its history, and this fence. Must not know gates or repositories.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import DynamoDBError
from ..errors import StateConflict
from ..state.store import Store
from .errors import PhaseRefused, PhaseUnknown

Phase: TypeAlias = Literal[1, 2, 3, 4, 5]

LOG: Final = logging.getLogger("hashrange.migration")
_KEY: Final = "dual/phase"
_HISTORY_MAX: Final = 200
_SKEW_SECONDS: Final = 2.0  # by which clocks of machines may differ


class Flags(Struct, frozen=True):
    """What a phase is."""

    writes_source: bool
    writes_table: bool
    dual_read: bool
    reads_table: bool
    validates: bool


FLAGS: Final[dict[Phase, Flags]] = {
    1: Flags(True, False, False, False, False),
    2: Flags(True, True, False, False, False),
    3: Flags(True, True, True, False, True),
    4: Flags(True, True, False, True, False),
    5: Flags(False, True, False, True, False),
}


class Change(Struct, frozen=True, kw_only=True):
    """A change of the phase.

    Attributes:
        phase, before: the new one, and the one that it follows.
        at: when it was decided; seconds since the epoch.
        effective_at: from when on it holds.
        settled_at: from when on no worker follows the one before.
        reverse: in phase 5: MySQL is written behind DynamoDB, so that one can go back.
        forced: closed gates were passed over.
        gates: what the closed ones said.
        by, reason: as they were given.
    """

    phase: Phase
    before: Phase
    at: float
    effective_at: float
    settled_at: float
    reverse: bool = False
    forced: bool = False
    gates: tuple[str, ...] = ()
    by: str = ""
    reason: str = ""


class Timing(Struct, frozen=True, kw_only=True):
    """How long things take. All workers must have the same.

    Attributes:
        poll_seconds: between two reads of the phase.
        age_max_seconds: so long is one believed that cannot be read again.
        write_seconds: a dual write is over after so long, or is given up.
    """

    poll_seconds: float = 2.0
    age_max_seconds: float = 10.0
    write_seconds: float = 20.0

    @property
    def drain_seconds(self) -> float:
        """How long writes wait on the way to phase 5, and back."""
        return self.age_max_seconds + self.write_seconds + _SKEW_SECONDS


class PhaseBook:
    """The phase, as one worker knows it.

    Args:
        store: the state.
        timing: see there.
        clock: for its age, and for when changes take effect.
    """

    def __init__(self, store: Store, timing: Timing = Timing(), *, clock: Clock = SYSTEM_CLOCK) -> None:  # noqa: B008 - frozen
        self._store, self.timing, self._clock = store, timing, clock
        self._known: tuple[Change, ...] = ()
        self._version: int | None = None
        self._read_at: float | None = None  # monotonic, before the read
        self._tried_at = float("-inf")
        self._reading = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<PhaseBook in phase {self._phase_now()}, in {self._store!r}>"

    # ── for workers ──────────────────────────────────────────────────────────────────────────────────────────────────
    async def for_read(self) -> Phase:
        """The phase to read in. One that cannot be read again is believed: reading does no harm.

        Raises:
            PhaseUnknown: it was never read.
        """
        await self._refresh()
        if self._read_at is None:
            raise self._unknown()
        return self._phase_now()

    async def for_write(self) -> Phase:
        """The phase to write in. Waits where it is about to change to 5, or back.

        Raises:
            PhaseUnknown: it could not be read for too long.
        """
        while True:
            await self._refresh()
            if self._read_at is None or self._clock.monotonic() - self._read_at > self.timing.age_max_seconds:
                raise self._unknown()
            wait = self._known[-1].effective_at - self._clock.time() if self._known else 0.0
            if wait <= 0:
                return self._phase_now()
            await self._clock.sleep(min(wait, self.timing.poll_seconds))

    @property
    def reverse(self) -> bool:
        """Whether MySQL is written behind DynamoDB, as the last change said."""
        return bool(self._known) and self._known[-1].reverse

    def _phase_now(self) -> Phase:
        if not self._known:
            return 1
        last = self._known[-1]
        return last.phase if last.effective_at <= self._clock.time() else last.before

    def _unknown(self) -> PhaseUnknown:
        return PhaseUnknown(
            f"the phase of the migration could not be read for {self.timing.age_max_seconds:g} s",
            hint="see whether the state can be reached; until then nothing is written, since others may have gone on",
        )

    async def _refresh(self) -> None:
        async with self._reading:
            now = self._clock.monotonic()
            if self._read_at is not None and now - self._read_at < self.timing.poll_seconds:
                return
            if self._read_at is not None and now - self._tried_at < self.timing.poll_seconds:
                return  # it has just failed
            self._tried_at = now
            try:
                await self._read()
            except DynamoDBError as error:
                LOG.warning("the phase cannot be read: %s", type(error).__name__)

    async def _read(self) -> None:
        before, phase = self._clock.monotonic(), self._phase_now() if self._read_at is not None else None
        entry = await self._store.read(_KEY)
        self._known = () if entry is None else tuple(msgspec.convert(one, Change) for one in entry.value["changes"])
        self._version = None if entry is None else entry.version
        self._read_at = before
        if phase is not None and phase != self._phase_now():
            LOG.info("phase %d -> %d", phase, self._phase_now(), extra={"phase": self._phase_now()})

    # ── for whoever decides ──────────────────────────────────────────────────────────────────────────────────────────
    async def history(self) -> tuple[Change, ...]:
        """All changes, oldest first; read now."""
        await self._read()
        return self._known

    async def now(self) -> Phase:
        """The phase, read now."""
        await self._read()
        return self._phase_now()

    async def change(
        self,
        phase: Phase,
        *,
        reverse: bool = False,
        forced: bool = False,
        gates: tuple[str, ...] = (),
        by: str = "",
        reason: str = "",
    ) -> Change:
        """Write a change. Whether it should be is the caller's to know.

        Raises:
            PhaseRefused: it is not a neighbour of the phase, the last change does not hold yet, somebody else has just
                changed it, or it goes back from 5 where nothing was written to MySQL since.
        """
        await self._read()
        current, now = self._phase_now(), self._clock.time()
        check_step(current, phase, self._known, now)
        fenced = 5 in (current, phase)
        timing = self.timing
        change = Change(
            phase=phase, before=current, at=now, reverse=reverse and phase == 5, forced=forced, gates=gates, by=by,
            reason=reason,
            effective_at=now + timing.drain_seconds if fenced else now,
            settled_at=now + (timing.drain_seconds if fenced else timing.age_max_seconds + timing.write_seconds),
        )  # fmt: skip
        changes = [*self._known, change][-_HISTORY_MAX:]
        value: dict[str, Any] = {"changes": msgspec.to_builtins(changes)}
        try:
            await self._store.write(_KEY, value, version=self._version)
        except StateConflict as error:
            raise PhaseRefused(
                "somebody else has just changed the phase", hint="look at it, and decide again"
            ) from error
        await self._read()
        LOG.info("the phase changes from %d to %d", current, phase, extra={"phase": phase, "forced": forced})
        return change


def check_step(current: Phase, phase: int, known: tuple[Change, ...], now: float) -> None:
    """Refuse what is no step from here.

    Raises:
        PhaseRefused: see ``PhaseBook.change``.
    """
    if phase not in FLAGS:
        raise PhaseRefused(f"there is no phase {phase!r}", hint="phases are 1 to 5")
    if known and known[-1].effective_at > now:
        left = known[-1].effective_at - now
        raise PhaseRefused(
            f"the change from {known[-1].before} to {known[-1].phase} takes effect in {left:.0f} s",
            hint="wait for it",
        )
    if abs(phase - current) != 1:
        raise PhaseRefused(
            f"phase {phase} does not follow phase {current}",
            hint="phases change one step at a time, in both directions",
        )
    if current == 5 and not known[-1].reverse:
        raise PhaseRefused(
            "phase 5 was begun without writing MySQL behind DynamoDB: MySQL lacks what was written since",
            hint="it cannot be gone back; begin phase 5 with reverse=True where that must be possible",
        )


def as_phase(number: int) -> Phase:
    """A number as a phase. Raises PhaseRefused where it is none."""
    if number not in FLAGS:
        raise PhaseRefused(f"there is no phase {number!r}", hint="phases are 1 to 5")
    return number
