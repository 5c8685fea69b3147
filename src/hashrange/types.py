"""The vocabulary of values: what Python sees, what the wire carries, and the words of the API.

Owns type aliases and the tables that turn the API's lower-case words into the service's upper-case ones.
Must not know how a value is encoded (``codec``) or a request is built (``operations``).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, TypeAlias

#: A value as Python code sees it. int, float and Decimal are numbers (N); tuple is written as a list (L).
Value: TypeAlias = (
    str
    | int
    | float
    | Decimal
    | bytes
    | bytearray
    | memoryview
    | bool
    | list[Any]
    | tuple[Any, ...]
    | dict[str, Any]
    | set[Any]
    | frozenset[Any]
    | None
)
#: An item as Python code sees it: attribute name to value.
Item: TypeAlias = dict[str, Any]

#: A value as the wire carries it: one type letter to its content, ``{"S": "text"}``, ``{"N": "1.5"}``.
AttributeValue: TypeAlias = dict[str, Any]
#: An item or a key as the wire carries it.
WireItem: TypeAlias = dict[str, AttributeValue]
#: A request or an answer as decoded JSON, in the service's own shape.
WireObject: TypeAlias = dict[str, Any]
WireMapping: TypeAlias = Mapping[str, Any]

#: A key attribute: DynamoDB allows S, N and B.
KeyValue: TypeAlias = str | int | Decimal | bytes

Returns = Literal["none", "all_old", "updated_old", "all_new", "updated_new"]
Capacity = Literal["none", "total", "indexes"]
Numbers = Literal["exact", "float"]
Nulls = Literal["omit", "keep"]
Unknown = Literal["ignore", "error"]
AttributeType = Literal["S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"]

RETURN_VALUES: dict[str, str] = {
    "none": "NONE",
    "all_old": "ALL_OLD",
    "updated_old": "UPDATED_OLD",
    "all_new": "ALL_NEW",
    "updated_new": "UPDATED_NEW",
}
RETURN_CONSUMED_CAPACITY: dict[str, str] = {"none": "NONE", "total": "TOTAL", "indexes": "INDEXES"}
ATTRIBUTE_TYPES: frozenset[str] = frozenset({"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"})
