"""Whether the next phase may begin: from what was counted, pure.

Source of the numbers: the phases' guide of AWS's modernizer workshop: less than 1 % failed writes and 99 % successful
dual writes over 24 hours before both sides are read, less than 0.1 % mismatches over 24 hours before DynamoDB is read,
48 hours without trouble before MySQL is left. Must not know where numbers are kept.
"""

from __future__ import annotations

from msgspec import Struct

from ...errors import ConfigurationError
from .phase import Phase


class Gates(Struct, frozen=True, kw_only=True):
    """What must hold before a phase.

    Attributes:
        write_errors_max: the share of writes whose second side failed, for phase 3.
        write_success_min: the share of writes that both sides have, for phase 3.
        write_hours: over which both are taken; phase 2 must last as long.
        writes_min: with fewer writes nothing is known.
        mismatches_max: the share of compared reads that differ, for phase 4.
        read_hours: over which it is taken; phase 3 must last as long.
        reads_min: with fewer comparisons nothing is known.
        stable_hours: phase 4 lasts so long, without a failed write, before phase 5.
        repairs_max: writes that still wait for their second side, before phases 3 and 4. Before 5, and on the way back
            from it, there must be none.
    """

    write_errors_max: float = 0.01
    write_success_min: float = 0.99
    write_hours: float = 24.0
    writes_min: int = 100
    mismatches_max: float = 0.001
    read_hours: float = 24.0
    reads_min: int = 1_000
    stable_hours: float = 48.0
    repairs_max: int = 100

    def __post_init__(self) -> None:
        for name in ("write_errors_max", "write_success_min", "mismatches_max"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ConfigurationError(f"{name} is {value!r}; it must be a share, 0 to 1")
        for name in ("write_hours", "read_hours", "stable_hours", "writes_min", "reads_min", "repairs_max"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise ConfigurationError(f"{name} is {value!r}; it must be a number of at least 0")

    def hours_of(self, phase: Phase) -> float:
        """Over how many hours numbers are wanted to leave a phase for the next."""
        return {2: self.write_hours, 3: self.read_hours, 4: self.stable_hours}.get(phase, 0.0)


class Facts(Struct, frozen=True, kw_only=True):
    """What is known.

    Attributes:
        hours_in_phase: since it took effect.
        writes, failed_writes: of both sides, over the gate's hours; failed: the second side did not take it at once.
        reads, mismatches: that were compared, and that differ.
        repairs: writes that wait for their second side.
        aside: of them, those that were given up.
    """

    hours_in_phase: float
    writes: int = 0
    failed_writes: int = 0
    reads: int = 0
    mismatches: int = 0
    repairs: int = 0
    aside: int = 0


class Verdict(Struct, frozen=True):
    """One gate: its name, whether it is open, why, and whether it may be passed over where it is closed: not where
    writes would be lost."""

    name: str
    open: bool
    said: str
    can_be_forced: bool = True


def verdicts(current: Phase, wanted: Phase, facts: Facts, gates: Gates) -> tuple[Verdict, ...]:
    """The gates between two neighbouring phases. Going back has none, except from phase 5."""
    if wanted < current:
        return (_repairs(facts, 0, lost=True),) if current == 5 else ()
    if current == 2:
        failed = facts.failed_writes / facts.writes if facts.writes else 0.0
        return (
            _lasted(facts, gates.write_hours),
            _at_least("writes", facts.writes, gates.writes_min),
            Verdict(
                "write errors", failed <= gates.write_errors_max,
                f"{failed:.3%} of {facts.writes:,} writes failed, at most {gates.write_errors_max:.3%} may",
            ),
            Verdict(
                "write success", 1 - failed >= gates.write_success_min,
                f"{1 - failed:.3%} succeeded, at least {gates.write_success_min:.3%} must",
            ),
            _repairs(facts, gates.repairs_max),
        )  # fmt: skip
    if current == 3:
        differ = facts.mismatches / facts.reads if facts.reads else 0.0
        return (
            _lasted(facts, gates.read_hours),
            _at_least("comparisons", facts.reads, gates.reads_min),
            Verdict(
                "mismatches", differ <= gates.mismatches_max,
                f"{differ:.3%} of {facts.reads:,} comparisons differ, at most {gates.mismatches_max:.3%} may",
            ),
            _repairs(facts, gates.repairs_max),
        )  # fmt: skip
    if current == 4:
        return (
            _lasted(facts, gates.stable_hours),
            Verdict("stability", not facts.failed_writes, f"{facts.failed_writes:,} writes failed, none may"),
            _repairs(facts, 0, lost=True),
        )
    return ()


def _lasted(facts: Facts, hours: float) -> Verdict:
    said = f"the phase has lasted {facts.hours_in_phase:.1f} h, {hours:g} h are wanted"
    return Verdict("time", facts.hours_in_phase >= hours, said)


def _at_least(name: str, count: int, least: int) -> Verdict:
    return Verdict(name, count >= least, f"{count:,} were counted, {least:,} are wanted")


def _repairs(facts: Facts, most: int, *, lost: bool = False) -> Verdict:
    """``lost``: another side is right from then on, and what waits would never be repaired."""
    is_open = facts.repairs <= most and facts.aside == 0
    said = f"{facts.repairs:,} writes wait for their second side and {facts.aside:,} were given up"
    return Verdict("repairs", is_open, f"{said}; {most:,} may wait, none be given up", can_be_forced=not lost)
