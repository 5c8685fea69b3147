"""Keys made by hand, in the form that templates have: words and values with a separator between.

For tables without entities, and for odd items among them. Must not know entities.
"""

from __future__ import annotations

from ...errors import InvalidKey
from ...key import Key


class EntityKey:
    """A thing and what lies below it: ``EntityKey("USER", "123").child("ORDER", "001")``.

    The first word and value are the partition key (``USER#123``); those of children follow each other in the sort key
    (``ORDER#001``). Immutable and hashable.

    Args:
        kind: a word.
        id: a value; None for a word alone, as in ``child("PROFILE")``.
        separator: what stands between.

    Raises:
        InvalidKey: a word or value is empty, no text, or contains the separator.
    """

    __slots__ = ("_parts", "partition", "separator")

    def __init__(self, kind: str, id: str | None = None, *, separator: str = "#") -> None:
        if not isinstance(separator, str) or not separator:
            raise InvalidKey(f"the separator is {separator!r}", hint="give text, for example '#'")
        self.separator = separator
        self.partition = _joined(kind, id, separator)
        self._parts: tuple[str, ...] = ()

    def child(self, kind: str, id: str | None = None) -> EntityKey:
        """A thing below this one."""
        made = object.__new__(EntityKey)
        made.separator, made.partition = self.separator, self.partition
        made._parts = (*self._parts, _joined(kind, id, self.separator))
        return made

    @property
    def sort(self) -> str | None:
        """The sort key: that of all children in a row; None where there are none."""
        return self.separator.join(self._parts) or None

    @property
    def key(self) -> Key:
        """The key of the item."""
        return Key(self.partition, self.sort)

    def prefix(self, kind: str) -> str:
        """What the sort keys of the children of that kind begin with, for ``begins_with``."""
        return self.separator.join((*self._parts, _checked(kind, self.separator), ""))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EntityKey) and (self.key, self.separator) == (other.key, other.separator)

    def __hash__(self) -> int:
        return hash((self.key, self.separator))

    def __repr__(self) -> str:
        return f"<EntityKey {self.partition!r} {self.sort!r}>"


def _joined(kind: str, id: str | None, separator: str) -> str:
    word = _checked(kind, separator)
    return word if id is None else f"{word}{separator}{_checked(id, separator)}"


def _checked(text: str, separator: str) -> str:
    if not isinstance(text, str):
        raise InvalidKey(f"a part of a key is of type {type(text).__name__}", hint="give text; pad numbers: f'{n:08d}'")
    if not text:
        raise InvalidKey("a part of a key is empty")
    if separator in text:
        raise InvalidKey(f"a part of a key contains the separator {separator!r}: another thing could get the same key")
    return text
