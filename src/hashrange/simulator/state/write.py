"""A planned write of one item: what it replaces, and what it does to each index. Must not know who carries it out."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..values import Item
from .index import Index
from .store import Record


@dataclass(slots=True, eq=False)
class IndexChange:
    """What a write does to one index: an entry appears (no ``old``), disappears (no ``new``) or changes."""

    index: Index
    old: Record | None
    new: Record | None


@dataclass(slots=True, eq=False)
class Write:
    """A planned write of one item.

    Attributes:
        old: what is stored; None where nothing is.
        new: what is to be stored; None where the item is to go. The same as ``old`` where nothing is written.
        item: the new item.
        changes: one for each index that is touched; one whose entry stays as it is is not touched.
    """

    old: Record | None
    new: Record | None
    item: Item | None = None
    changes: list[IndexChange] = field(default_factory=list)

    @property
    def size_max(self) -> int:
        """Bytes of the larger of the two images."""
        return max(0 if self.old is None else self.old.size, 0 if self.new is None else self.new.size)
