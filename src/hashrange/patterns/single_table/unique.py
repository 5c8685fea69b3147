"""Guards: items beside an entity's own that keep a value unique.

For each unique value there is one guard, whose key is made of the value. It is put in the transaction that writes the
item, under the condition that there is none, or that it belongs to that very item. Owns the guards' form. Must not know
transactions.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from ...errors import ConfigurationError, InvalidKey
from ...expressions import Attr, Condition, Update
from ...key import Key
from ...types import Item
from .kinds import REST, Kind, kind_of
from .layout import Layout
from .shapes import ANYTHING, Shape
from .unfit import Unfit

_WORD: Final = "UNIQUE"
_OWNER: Final = "owner"


class Constraint(Struct, frozen=True):
    """Fields of an entity of which no two items have the same values."""

    layout: Layout[Any]
    fields: tuple[str, ...]
    kinds: tuple[Kind, ...]

    @property
    def prefix(self) -> str:
        return f"{_WORD}#{self.layout.entity.name}#{'+'.join(self.fields)}#"

    @property
    def shape(self) -> Shape:
        """The shape of its guards' partition keys."""
        return (self.prefix, ANYTHING)

    def key(self, read: Callable[[str], Any]) -> Key | None:
        """The key of the guard of an item's values; None where one of them is None: those are not unique.

        Raises:
            InvalidKey: a value cannot stand in a key.
        """
        texts: list[str] = []
        for field, kind in zip(self.fields, self.kinds, strict=True):
            value = read(field)
            if value is None:
                return None
            try:
                text = kind.text(value)
            except Unfit as unfit:
                raise InvalidKey(
                    f"entity {self.layout.entity.name!r}: unique field {field!r} {unfit.reason}", hint=unfit.hint
                ) from None
            texts.append(text.replace("%", "%25").replace("#", "%23"))
        partition = self.prefix + "#".join(texts)
        return Key(partition) if self.layout.primary.sort is None else Key(partition, _WORD)

    def guard(self, key: Key, owner: Key) -> Item:
        """The guard itself."""
        keys = self.layout.schema.keys
        return {**key.to_item(keys), _OWNER: owner.to_item(keys)}

    def is_free_or_of(self, owner: Key) -> Condition:
        """That there is no guard, or that of this item."""
        keys = self.layout.schema.keys
        return Attr(keys.partition_key).not_exists() | (Attr(_OWNER) == owner.to_item(keys))


def constraints_of(layout: Layout[Any]) -> tuple[Constraint, ...]:
    """The constraints of an entity.

    Raises:
        ConfigurationError: a field's type has no text, or the table's keys are numbers, which cannot hold guards.
    """
    found: list[Constraint] = []
    for fields in layout.entity.unique:
        if any(template.number for _, template in layout.primary.templates):
            raise ConfigurationError(
                f"entity {layout.entity.name!r}: unique needs keys that are text", hint="make the key 'USER#{id}'"
            )
        found.append(Constraint(layout, fields, tuple(_kind(layout, field) for field in fields)))
    return tuple(found)


def _kind(layout: Layout[Any], field: str) -> Kind:
    annotation = layout.entity.fields[field].annotation
    try:
        try:
            kind = kind_of(annotation, REST, "")
        except Unfit:
            kind = kind_of(annotation, "", "")
    except Unfit as unfit:
        raise ConfigurationError(
            f"entity {layout.entity.name!r}: unique field {field!r} {unfit.reason}", hint=unfit.hint
        ) from None
    if kind.number:  # 1, 1.0 and 1E0 are one number
        return Kind(_number_text(kind), kind.value, kind.stored, kind.shape)
    return kind


def _number_text(kind: Kind) -> Callable[[Any], str]:
    return lambda value: f"{Decimal(kind.text(value)).normalize():f}"


# ── what a write must hold to ────────────────────────────────────────────────────────────────────────────────────────
def unchanged(layout: Layout[Any], old: Any) -> Condition:
    """That what is there has the unique values of ``old``, or that there is nothing where old is None: the guards that
    a write gives up were made out of these."""
    there = Attr(layout.schema.keys.partition_key)
    if old is None:
        return there.not_exists()
    values, _ = layout.to_item(old)
    condition: Condition = there.exists()
    for attribute in dict.fromkeys(layout.attribute(field) for fields in layout.entity.unique for field in fields):
        value = values.get(attribute)
        path = Attr(attribute)
        condition &= (path.not_exists() | path.has_type("NULL")) if value is None else path == value
    return condition


def touched_by(constraints: tuple[Constraint, ...], update: Update) -> tuple[Constraint, ...]:
    """The constraints of which an update changes a field."""
    return tuple(
        constraint
        for constraint in constraints
        if update.attribute_names.intersection(constraint.layout.attribute(field) for field in constraint.fields)
    )


def has_moved(constraints: tuple[Constraint, ...], old: Any, there: Any) -> bool:
    """Whether what is there has not the unique values of ``old`` any more."""
    if old is None or there is None:
        return (old is None) != (there is None)
    if type(there) is not type(old):  # it did not fit the model
        return True
    read = constraints[0].layout.entity.reader
    return any(constraint.key(read(old)) != constraint.key(read(there)) for constraint in constraints)
