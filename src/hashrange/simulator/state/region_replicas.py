"""How the states of a table's replicas in other regions follow each other. Must not know requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .definitions import RegionReplica, TableDefinition


def with_settled_replicas(definition: TableDefinition, now: float) -> TableDefinition:
    """A table with its replicas as they are now (monotonic seconds); without any it has no consistency with others."""
    if not definition.replicas:
        return definition
    replicas = tuple(
        replace(replica, status="ACTIVE", settles_at=None) if _is_due(replica, now) else replica
        for replica in definition.replicas
        if not (replica.status == "DELETING" and _is_due(replica, now))
    )
    return replace(definition, replicas=replicas, consistency=definition.consistency if replicas else None)


def due_at(replicas: Iterable[RegionReplica], now: float) -> tuple[RegionReplica, ...]:
    """The replicas with whatever is under way due now."""
    return tuple(replica if replica.settles_at is None else replace(replica, settles_at=now) for replica in replicas)


def _is_due(replica: RegionReplica, now: float) -> bool:
    return replica.settles_at is not None and now >= replica.settles_at
