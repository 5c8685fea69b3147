"""Which region of a global table a call may go to.

Owns the table from operations to regions. It decides over names: must not know whether a region can be reached, or send
anything.

    eventually consistent read        the nearest region, then the others
    consistent read, TransactGetItems where writes go
    put, update, delete of one item   home; with ``write_failover="next"`` another one while home cannot be reached
    everything else                   home

Batches stay at home: one batch is several requests, of which each would find its own way. So do transactions: a token
is known only in the region that saw it, and elsewhere the same transaction would be applied again. So does whatever
else may change something, and what tells of one region only (DescribeTable).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..types import Reads, WriteFailover
from .replay_safety import is_write

_READS: Final = frozenset({"GetItem", "BatchGetItem", "Query", "Scan"})
_MOVABLE_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem"})


class Routes:
    """The regions that each call may go to, the preferred one first.

    Args:
        regions: in the order of nearness.
        home: one of them.
        reads, write_failover: see ``Config``.
    """

    __slots__ = ("_anywhere", "_home", "_where_writes_go")

    def __init__(self, regions: tuple[str, ...], home: str, reads: Reads, write_failover: WriteFailover) -> None:
        home_first = (home, *(region for region in regions if region != home))
        self._home = (home,)
        self._anywhere = regions if reads == "nearest" else home_first
        self._where_writes_go = home_first if write_failover == "next" else self._home

    def regions(self, operation: str, payload: Mapping[str, Any]) -> tuple[str, ...]:
        """Where a call may be done."""
        if operation in _READS:
            return self._where_writes_go if _is_consistent(payload) else self._anywhere
        if operation in _MOVABLE_WRITES or operation == "TransactGetItems":
            return self._where_writes_go
        return self._home


def may_go_on_elsewhere(operation: str) -> bool:
    """Whether a call that failed in one region may be tried in another: never a write, which may have been applied."""
    return not is_write(operation)


def _is_consistent(payload: Mapping[str, Any]) -> bool:
    if payload.get("ConsistentRead"):
        return True
    tables = payload.get("RequestItems")  # of BatchGetItem; what is malformed is the service's to refuse
    if not isinstance(tables, Mapping):
        return False
    return any(isinstance(one, Mapping) and one.get("ConsistentRead") for one in tables.values())
