"""Writing and reading two sides while a migration goes on: phases 1 to 5, repairs, comparisons, and the way back.

``DualLayer`` makes a ``DualRepository`` of each entity, ``PhaseControl`` moves from phase to phase, ``SqlRepository``
is MySQL's side where the application has no repository of its own.
"""

from __future__ import annotations

from .control import PhaseControl, Standing
from .errors import DualWriteFailed, PhaseRefused, PhaseUnknown, ReadMismatch
from .gates import Gates
from .layer import DualLayer
from .observers import DualObserver, MigrationMetrics
from .options import Options
from .phase import Change, Timing
from .primary import PreparesWrites, Primary
from .repair_queue import Repair, Rules
from .repairs import RepairReport
from .repository import DualRepository
from .rows import SourceRows
from .sql_repository import SqlRepository
from .statistics import Mismatch, Tally

__all__ = [
    "Change",
    "DualLayer",
    "DualObserver",
    "DualRepository",
    "DualWriteFailed",
    "Gates",
    "MigrationMetrics",
    "Mismatch",
    "Options",
    "PhaseControl",
    "PhaseRefused",
    "PhaseUnknown",
    "PreparesWrites",
    "Primary",
    "ReadMismatch",
    "Repair",
    "RepairReport",
    "Rules",
    "SourceRows",
    "SqlRepository",
    "Standing",
    "Tally",
    "Timing",
]  # fmt: skip
