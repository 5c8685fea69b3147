"""What an entity is compiled to: a function for each attribute, each field, and each way to read a field back.

Plain data between ``compile``, which makes it, and ``entity``, which runs it. Must not know contracts or DynamoDB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from msgspec import Struct

from .fields import Field, Needs, Row

#: a record to the value of an attribute, None where there is none
Produce: TypeAlias = Callable[[Mapping[str, Any]], Any]


class Reader(Struct, frozen=True):
    """A way to tell a field from an attribute that is there: ``read`` takes the attribute's value."""

    attribute: str
    read: Callable[[Any], Any]


class Shape(Struct, frozen=True):
    """What the values of a key attribute look like: their Python types, and whether one fits: exactly, or in its
    literal parts at least, as what another program wrote may do."""

    attribute: str
    types: tuple[type, ...]
    exactly: Callable[[Any], bool]
    loosely: Callable[[Any], bool]


class EntityPlan(Struct, frozen=True, eq=False):
    """A compiled entity.

    Attributes:
        fields, needs: as ``EntityMapping`` has them.
        from_row: field to what makes it of a row.
        produce: attribute to what makes it of a record, in the contract's order.
        fields_of: attribute to the fields that it is made of.
        readers: readable field to the ways to read it, the best first.
        absent: readable field to what makes its value where the attribute is not there; None: it is NULL.
        row_key_fields: the fields of the source's key.
        prefixes: attribute to the literal text that all its values begin with.
        sets: attributes that cannot be NULL because an empty set is left out.
        shapes: of the key attributes.
        literal_chars: how much of the keys is literal text.
    """

    fields: dict[str, Field]
    needs: Needs
    from_row: dict[str, Callable[[Row], Any]]
    produce: dict[str, Produce]
    fields_of: dict[str, tuple[str, ...]]
    readers: dict[str, tuple[Reader, ...]]
    absent: dict[str, Callable[[], Any] | None]
    row_key_fields: tuple[str, ...]
    prefixes: dict[str, str]
    sets: frozenset[str]
    shapes: tuple[Shape, ...]
    literal_chars: int

    def fits(self, item: Mapping[str, Any], *, exactly: bool) -> bool:
        """Whether the keys of an item have this entity's shape."""
        for shape in self.shapes:
            value = item.get(shape.attribute)
            if type(value) not in shape.types or not (shape.exactly if exactly else shape.loosely)(value):
                return False
        return True
