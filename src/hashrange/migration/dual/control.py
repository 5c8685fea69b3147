"""The phase of a migration, with all that its next step depends on: what the command line and an application decide by.

Needs the state only: no contract, no source, no table. Must not know repositories.
"""

from __future__ import annotations

from msgspec import Struct

from ...clock import SYSTEM_CLOCK, SYSTEM_RANDOMNESS, Clock, Randomness
from ..state.store import Store
from .errors import PhaseRefused
from .gates import Facts, Gates, Verdict, verdicts
from .phase import Change, Phase, PhaseBook, Timing, as_phase
from .repair_queue import RepairQueue, Rules
from .statistics import Tally, counted

_HOUR_SECONDS = 3_600.0


class Standing(Struct, frozen=True):
    """Where a migration is.

    Attributes:
        phase: that holds now.
        last: the change that led there, or is about to lead on; None where there was none.
        next: the phase that follows; None in phase 5, and while a change takes effect.
        gates: on the way to it.
        facts: by which they were judged.
        tallies: repository to what all workers have counted in the gates' hours.
    """

    phase: Phase
    last: Change | None
    next: Phase | None
    gates: tuple[Verdict, ...]
    facts: Facts
    tallies: dict[str, Tally]

    @property
    def open(self) -> bool:
        """Whether the next phase may begin."""
        return self.next is not None and all(one.open for one in self.gates)


class PhaseControl:
    """Looks at the phase, and changes it.

    Args:
        state: of the migration.
        gates: what must hold before a phase.
        timing: as the workers have it.
        clock: for times.
        randomness: of the repair queue.
    """

    def __init__(
        self,
        state: Store,
        *,
        gates: Gates = Gates(),  # noqa: B008 - frozen
        timing: Timing = Timing(),  # noqa: B008 - frozen
        clock: Clock = SYSTEM_CLOCK,
        randomness: Randomness = SYSTEM_RANDOMNESS,
    ) -> None:
        self._state, self.gates, self._clock = state, gates, clock
        self._book = PhaseBook(state, timing, clock=clock)
        self.queue = RepairQueue(state, Rules(), clock=clock, randomness=randomness)

    def __repr__(self) -> str:
        return f"<PhaseControl in {self._state!r}>"

    async def history(self) -> tuple[Change, ...]:
        """All changes, oldest first."""
        return await self._book.history()

    async def standing(self, wanted: Phase | None = None) -> Standing:
        """Where the migration is, and whether it may go on.

        Args:
            wanted: the phase to go to; None: the next one.
        """
        history = await self._book.history()
        phase, now = await self._book.now(), self._clock.time()
        last = history[-1] if history else None
        changes = last is not None and last.phase != phase  # it takes effect later
        following = wanted or (as_phase(phase + 1) if phase < 5 and not changes else None)
        since = last.effective_at if last is not None and last.phase == phase else now
        hours = (now - since) / _HOUR_SECONDS
        tallies = await counted(self._state, min(self.gates.hours_of(phase), hours) if last else 0.0, now)
        total = Tally()
        for tally in tallies.values():
            total.add(tally)
        repairs, aside = await self.queue.count()
        facts = Facts(
            hours_in_phase=hours, writes=total.writes, failed_writes=total.failed_writes, reads=total.compared,
            mismatches=total.mismatches, repairs=repairs, aside=aside,
        )  # fmt: skip
        found = () if following is None else verdicts(phase, following, facts, self.gates)
        return Standing(phase, last, following, found, facts, tallies)

    async def set(
        self, phase: int, *, force: bool = False, reverse: bool = False, by: str = "", reason: str = ""
    ) -> Change:
        """Go one step on, or back.

        Args:
            phase: the new one.
            force: go through closed gates, but for those behind which writes would be lost.
            reverse: of phase 5: write MySQL behind DynamoDB, so that phase 4 can come again.
            by, reason: for the history.

        Returns:
            the change: when it takes effect, and when all workers follow it.

        Raises:
            PhaseRefused: a gate is closed; or see ``PhaseBook.change``.
        """
        wanted = as_phase(phase)
        standing = await self.standing(wanted)
        neighbours = abs(wanted - standing.phase) == 1
        shut = [one for one in standing.gates if not one.open] if neighbours else []
        closed = tuple(f"{one.name}: {one.said}" for one in shut)
        if closed and not (force and all(one.can_be_forced for one in shut)):
            raise PhaseRefused(
                f"phase {phase} may not begin yet: {'; '.join(closed)}",
                hint="wait, set right what is wrong, or force it",
                gates=closed,
            )
        return await self._book.change(wanted, reverse=reverse, forced=bool(closed), gates=closed, by=by, reason=reason)
