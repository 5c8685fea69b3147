"""What the writes of single items give back. Must not know requests or tables."""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import Struct

from .telemetry.usage import ConsumedCapacity

M = TypeVar("M")


class PutResult(Struct, Generic[M], frozen=True):
    """What a put gives.

    Attributes:
        old_item: the item that was replaced, with ``return_old=True``; else None.
        consumed: capacity; None unless ``Config.capacity`` asks for it.
    """

    old_item: M | None = None
    consumed: ConsumedCapacity | None = None


class DeleteResult(Struct, Generic[M], frozen=True):
    """What a delete gives.

    Attributes:
        old_item: the item that was deleted, with ``return_old=True``; None where there was none.
        consumed: capacity; None unless ``Config.capacity`` asks for it.
    """

    old_item: M | None = None
    consumed: ConsumedCapacity | None = None


class UpdateResult(Struct, Generic[M], frozen=True):
    """What an update gives.

    Attributes:
        item: what ``returns`` asked for: the whole item (all_old, all_new) as the model; the changed attributes
            (updated_old, updated_new) as a dict; None for none, and where there was nothing.
        consumed: capacity; None unless ``Config.capacity`` asks for it.
    """

    item: M | None = None
    consumed: ConsumedCapacity | None = None
