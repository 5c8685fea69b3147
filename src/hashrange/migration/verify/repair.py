"""Writes what a verification found missing or different, and deletes what it found extra, when told.

Each write has the condition that the item still is as it was seen: an application that writes meanwhile is never
written over. Doing it again does no harm. Must not know how discrepancies were found.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from ...client import DynamoDB
from ...errors import ConditionFailed
from ...expressions import Attr, Condition
from ...key import Key
from ...types import Item
from .report import Discrepancy


class Repairs(Struct):
    """What was done.

    Attributes:
        written: items that were missing or different.
        deleted: items that were extra.
        changed: items that had changed since they were seen, and were left: verify again.
        left: discrepancies that nothing was done about: collisions, and extra items without leave to delete.
    """

    written: int = 0
    deleted: int = 0
    changed: int = 0
    left: int = 0

    def __str__(self) -> str:
        return (
            f"{self.written:,} written, {self.deleted:,} deleted, {self.changed:,} changed meanwhile, "
            f"{self.left:,} left as they are"
        )


async def repair(db: DynamoDB, discrepancies: Iterable[Discrepancy], *, delete_extra: bool = False) -> Repairs:
    """Make items as their rows say.

    Args:
        db: where the items are.
        discrepancies: of a ``Report``.
        delete_extra: also delete items that no row makes.

    Raises:
        DynamoDBError: a write failed for another reason; what was done before stays.
    """
    done = Repairs()
    for one in discrepancies:
        if one.kind == "collision" or (one.kind == "extra" and not delete_extra):
            done.left += 1
            continue
        try:
            await _repaired(db, one)
        except ConditionFailed:
            done.changed += 1
        else:
            done.deleted += one.kind == "extra"
            done.written += one.kind != "extra"
    return done


async def _repaired(db: DynamoDB, one: Discrepancy) -> None:
    partition, *sort = one.key
    table = db.table(one.table, partition_key=partition, sort_key=sort[0] if sort else None)
    if one.expected is not None:
        await table.put_item(one.expected, condition=_as_seen(partition, one.found, one.expected))
    else:
        await table.delete_item(Key(*one.key.values()), condition=_as_seen(partition, one.found, {}))


def _as_seen(partition: str, found: Item | None, expected: Item) -> Condition:
    """That an item is as it was seen: each of its attributes, and none that would be lost by writing over it."""
    if found is None:
        return Attr(partition).not_exists()
    condition: Condition = Attr(partition).exists()
    for name, value in found.items():
        condition &= Attr(name) == value
    for name in expected:
        if name not in found:
            condition &= Attr(name).not_exists()
    return condition
