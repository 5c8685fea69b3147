"""The language in which the shapes of requests are written, and what is done with one: ``convert``, then ``check``.

``convert`` turns decoded JSON into values or raises SerializationException; ``check`` collects what the service calls
"N validation errors detected". The order of a structure's members is the order of both. A shape says nothing of what
values mean together: that is an action's work. Must not know operations, tables or the clock.
"""

from __future__ import annotations

from copy import copy
from typing import Any, Final, TypeVar

from ..limits import INDEX_NAME_MAX_CHARS, INDEX_NAME_MIN_CHARS
from .shape_kinds import (
    NAME_PATTERN,
    Anything,
    Blob,
    Boolean,
    ControlTableName,
    Number,
    Shape,
    String,
    TableName,
    Wording,
    is_table_arn,
)
from .shape_structures import ATTRIBUTE_VALUE, ItemShape, List, Map, Structure

__all__ = [
    "ATTRIBUTE_VALUE",
    "CONTROL_TABLE_NAME",
    "INDEX_NAME",
    "ITEM",
    "NAMES",
    "NAME_PATTERN",
    "RETURN_CONSUMED_CAPACITY",
    "RETURN_ITEM_COLLECTION_METRICS",
    "TABLE_NAME",
    "Shape",
    "Structure",
    "Wording",
    "alone_in_2026",
    "anything",
    "blob",
    "boolean",
    "check",
    "convert",
    "double",
    "integer",
    "is_table_arn",
    "list_of",
    "long",
    "map_of",
    "required",
    "required_unless",
    "reworded_in_2026",
    "string",
    "structure",
    "unprinted_in_2026",
]

AnyShape = TypeVar("AnyShape", bound=Shape)

string, boolean, blob, list_of, map_of, anything = String, Boolean, Blob, List, Map, Anything


def integer(least: int | None = None, most: int | None = None) -> Number:
    return Number("Integer", least, most)


def long(least: int | None = None, most: int | None = None) -> Number:
    return Number("Long", least, most)


def double() -> Number:
    return Number("Double")


def structure(name: str, **members: Shape) -> Structure:
    """A structure; the order of its members is the one in which they are converted and checked."""
    return Structure(name, members)


def required(shape: AnyShape) -> AnyShape:
    """The same shape for a member that must not be null."""
    changed = copy(shape)
    changed.required = True
    return changed


def required_unless(shape: AnyShape, *others: str) -> AnyShape:
    """The same shape for a member that must not be null, except where one of the others is there."""
    changed = required(shape)
    changed.unless = others
    return changed


def unprinted_in_2026(shape: AnyShape) -> AnyShape:
    """The same shape, its violations worded ``Value at 'Limit' failed …`` in the newest wording."""
    changed = copy(shape)
    changed.unprinted_in_2026 = True
    return changed


def alone_in_2026(shape: Structure, *names: str) -> Structure:
    """The same request; the newest wording answers the first violation of these members alone, in this order."""
    changed = copy(shape)
    changed.alone_in_2026 = names
    return changed


def reworded_in_2026(shape: Structure, newest: Structure) -> Structure:
    """The same request, which the newest wording checks by another structure of the same members."""
    assert shape.members.keys() == newest.members.keys(), "only orders and constraints may differ"
    changed = copy(shape)
    changed.shape_in_2026 = newest
    return changed


ITEM: Final = ItemShape()
NAMES: Final = map_of(string())
TABLE_NAME: Final = required(TableName())
CONTROL_TABLE_NAME: Final = required(ControlTableName())
INDEX_NAME: Final = string(INDEX_NAME_MIN_CHARS, INDEX_NAME_MAX_CHARS, NAME_PATTERN)
RETURN_CONSUMED_CAPACITY: Final = string(enum=("INDEXES", "TOTAL", "NONE"))
RETURN_ITEM_COLLECTION_METRICS: Final = string(enum=("SIZE", "NONE"))


def convert(shape: Structure, json: Any) -> dict[str, Any]:
    """The request in decoded JSON: unknown members dropped, null as absence, types converted.

    Raises:
        ApiError: SerializationException for the first wrong type in the order of members.
    """
    return shape.convert_request(json)


def check(shape: Structure, value: dict[str, Any], wording: Wording = "classic") -> None:
    """Check all constraints.

    Raises:
        ApiError: one ValidationException for all violations.
    """
    shape.check(value, wording)
