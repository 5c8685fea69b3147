"""How two sides are kept: checked settings, and what the parts of a dual layer share. Must not know what they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from ...clock import Clock, Randomness
from ...errors import ConfigurationError
from ..state.store import Store
from .observers import DualObserver, DualRead, DualWrite, Repaired
from .phase import PhaseBook, Timing
from .repair_queue import RepairQueue, Rules
from .statistics import Statistics


class Options(Struct, frozen=True, kw_only=True):
    """Settings of a dual layer.

    Attributes:
        on_failure: where the second side cannot be written: "repair": the write counts, its result is returned, and the
            second side follows; "compensate": it is undone on the first side, and fails with DualWriteFailed.
        on_mismatch: where two sides that are compared differ: "report": counted, remembered and logged, and MySQL's
            record is returned; "raise": ReadMismatch.
        compared_share: of reads in phase 3 are both sides read, 0 to 1.
        recheck_seconds: before the second look at sides that differ: what is being written is no mismatch.
        consistent_reads: in phases 4 and 5 reads by key see every write before, as MySQL's do; they cost twice.
        newer_by: the attribute that holds the time of a row's last change, the same of all entities, or by repository.
            Only where that time never goes back.
        timing: of phases.
        repairs: when what was left undone is done.
        flush_seconds: between two writes of statistics to the state.

    Raises:
        ConfigurationError: a setting is not what it may be.
    """

    on_failure: Literal["repair", "compensate"] = "repair"
    on_mismatch: Literal["report", "raise"] = "report"
    compared_share: float = 1.0
    recheck_seconds: float = 0.2
    consistent_reads: bool = True
    newer_by: str | Mapping[str, str] | None = None
    timing: Timing = Timing()
    repairs: Rules = Rules()
    flush_seconds: float = 15.0

    def __post_init__(self) -> None:
        for name, allowed in (("on_failure", ("repair", "compensate")), ("on_mismatch", ("report", "raise"))):
            value: Any = getattr(self, name)
            if value not in allowed:
                raise ConfigurationError(f"{name} is {value!r}; it must be {allowed[0]!r} or {allowed[1]!r}")
        if not 0 <= self.compared_share <= 1:
            raise ConfigurationError(f"compared_share is {self.compared_share!r}; it must be 0 to 1")
        if self.repairs.grace_seconds <= self.timing.write_seconds:
            raise ConfigurationError(
                f"repairs.grace_seconds is {self.repairs.grace_seconds:g}, and timing.write_seconds "
                f"{self.timing.write_seconds:g}: a write would be repaired while it is under way",
                hint="grace_seconds must be greater",
            )

    def newer_by_of(self, repository: str) -> str | None:
        """The attribute for one entity."""
        return (
            self.newer_by if self.newer_by is None or isinstance(self.newer_by, str) else self.newer_by.get(repository)
        )


class Shared(Struct, frozen=True):
    """What the repositories of a dual layer have in common."""

    state: Store
    options: Options
    phases: PhaseBook
    queue: RepairQueue
    statistics: Statistics
    observers: tuple[DualObserver, ...]
    clock: Clock
    randomness: Randomness

    def told(self, event: DualWrite | DualRead | Repaired) -> None:
        """Tell all observers."""
        for one in self.observers:
            match event:
                case DualWrite():
                    one.dual_write(event)
                case DualRead():
                    one.dual_read(event)
                case Repaired():
                    one.repaired(event)
