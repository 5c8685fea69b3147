"""Keys of items: the values (Key) and the names they go by (KeySchema).

Owns shape and limits of keys. Must not know the wire form of a value (``codec``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from . import limits
from .errors import InvalidKey, InvalidTable, MissingRequiredKey
from .types import Item, KeyValue

_KEY_TYPES = (str, int, Decimal, bytes)


@dataclass(frozen=True, slots=True)
class Key:
    """The key of one item: a partition key value and, where the table has a sort key, a sort key value.

    Values are str, int, Decimal or bytes (DynamoDB's S, N and B). Keys are hashable and compare part by part.
    """

    partition: KeyValue
    sort: KeyValue | None = None

    @classmethod
    def from_item(cls, item: Mapping[str, Any], schema: KeySchema) -> Key:
        """The key of an item in Python values.

        Raises:
            MissingRequiredKey: the item lacks a key attribute.
        """
        try:
            if schema.sort_key is None:
                return cls(item[schema.partition_key])
            return cls(item[schema.partition_key], item[schema.sort_key])
        except KeyError as missing:
            raise MissingRequiredKey(
                f"the item has no attribute {missing.args[0]!r}, which is part of the key {schema}",
                hint="put every key attribute into the item",
            ) from None

    def to_item(self, schema: KeySchema) -> Item:
        """The key's attributes by name, in Python values.

        Raises:
            InvalidKey: the schema has a sort key and this key does not, or the other way round; or a value is not one
                that a key may have (empty, too long, or not str, int, Decimal or bytes).
        """
        partition = self.partition
        if type(partition) is not str or not partition or len(partition) > _SURELY_SHORT_CHARS:
            check_key_value(partition, schema.partition_key, limits.PARTITION_KEY_MAX_BYTES)
        sort, sort_key = self.sort, schema.sort_key
        if sort is None:
            if sort_key is not None:
                raise InvalidKey(
                    f"the table has the sort key {sort_key!r}, and the key has no sort value",
                    hint="give both: Key(partition, sort)",
                )
            return {schema.partition_key: partition}
        if sort_key is None:
            raise InvalidKey(
                "the key has a sort value, and the table has no sort key",
                hint="declare it: db.table(name, partition_key=..., sort_key=...), or use Key(partition)",
            )
        if type(sort) is not str or not sort or len(sort) > _SURELY_SHORT_CHARS:
            check_key_value(sort, sort_key, limits.SORT_KEY_MAX_BYTES)
        return {schema.partition_key: partition, sort_key: sort}


#: a str of at most so many characters is within every key limit, whatever its UTF-8 length
_SURELY_SHORT_CHARS = limits.SORT_KEY_MAX_BYTES // 4


@dataclass(frozen=True, slots=True)
class KeySchema:
    """The names of a table's or an index's key attributes.

    Attributes:
        partition_key: that of the partition key.
        sort_key: that of the sort key; None where there is none.

    Raises:
        InvalidTable: a name is not one that a key attribute can have, or both are the same.
    """

    partition_key: str
    sort_key: str | None = None

    def __post_init__(self) -> None:
        for name in self.names:
            if not _is_attribute_name(name):
                raise InvalidTable(f"{name!r} is not a name that a key attribute can have: 1 to 255 bytes of text")
        if self.partition_key == self.sort_key:
            raise InvalidTable(f"partition key and sort key are both named {self.partition_key!r}")

    @property
    def names(self) -> tuple[str, ...]:
        """One name or two, the partition key's first."""
        return (self.partition_key,) if self.sort_key is None else (self.partition_key, self.sort_key)

    def __str__(self) -> str:
        return f"({', '.join(self.names)})"


def _is_attribute_name(name: Any) -> bool:
    try:
        return isinstance(name, str) and 1 <= len(name.encode()) <= limits.KEY_ATTRIBUTE_NAME_MAX_BYTES
    except UnicodeEncodeError:  # a lone surrogate: no text that could be sent
        return False


def check_key_value(value: Any, name: str, max_bytes: int) -> None:
    """Refuse what cannot be the value of key attribute ``name``.

    Raises:
        InvalidKey: not str, int, Decimal or bytes; empty; or longer than ``max_bytes`` (text is counted as UTF-8;
            numbers have no length limit).
    """
    if isinstance(value, bool) or not isinstance(value, _KEY_TYPES):
        raise InvalidKey(
            f"key attribute {name!r} is of type {type(value).__name__}",
            hint="a key value is str, int, Decimal or bytes",
        )
    if isinstance(value, (str, bytes)):
        if not value:
            raise InvalidKey(f"key attribute {name!r} is empty", hint="DynamoDB does not store empty key values")
        size_bytes = len(value) if isinstance(value, bytes) else len(value.encode("utf-8", "surrogatepass"))
        if size_bytes > max_bytes:
            raise InvalidKey(
                f"key attribute {name!r} is {size_bytes} bytes long; at most {max_bytes} are allowed",
                hint="hash or shorten the value",
            )
