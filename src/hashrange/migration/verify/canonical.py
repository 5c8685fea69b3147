"""One form for each value of an item, whoever wrote it, and checksums over it.

1, 1.0 and 1E0 are one number, sets and maps have no order, and the JSON in a text attribute is compared as a document:
its spaces and the order of its names mean nothing. Must not know sources or tables.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any, Final

import msgspec

from ...key import Key
from ...types import Item
from ..contract.model import Construction
from ..mapping.entity import EntityMapping

_DIGEST_BYTES: Final = 16
_DIGITS_MAX: Final = 200  # more than any number of DynamoDB, so that normalising never rounds


def canonical(value: Any) -> Any:
    """A value with its type, as JSON has it: equal for values that DynamoDB takes for equal, and for no others."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return ["S", value]
    if isinstance(value, (int, float, Decimal)):
        return ["N", _number(value)]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return ["B", bytes(value).hex()]
    if isinstance(value, (set, frozenset)):
        return ["set", sorted((canonical(one) for one in value), key=repr)]
    if isinstance(value, Mapping):
        return {str(name): canonical(one) for name, one in value.items()}
    return ["L", [canonical(one) for one in value]]


class Checksums:
    """Digests of the keys and items of one entity."""

    def __init__(self, mapping: EntityMapping) -> None:
        self._table = mapping.table_name
        self._keys = (mapping.table.pk,) if mapping.table.sk is None else (mapping.table.pk, mapping.table.sk)
        #: attributes of type S that hold JSON
        self.documents = frozenset(_documents(mapping))

    def digest(self, item: Item) -> bytes:
        """Tells an item's key, and table, from all others."""
        return digest([self._table, *(canonical(item.get(name)) for name in self._keys)])

    def checksum(self, item: Item) -> bytes:
        """Of the whole item."""
        return digest(self.form(item))

    def form(self, item: Item) -> dict[str, Any]:
        """Its attributes in their one form."""
        documents = self.documents
        if not documents:
            return {name: canonical(value) for name, value in item.items()}
        return {
            name: _parsed(value) if name in documents and isinstance(value, str) else canonical(value)
            for name, value in item.items()
        }

    def key(self, item: Item) -> Key:
        return Key(*(item[name] for name in self._keys))


def digest(form: Any) -> bytes:
    """Of anything that ``canonical`` gives."""
    return hashlib.blake2b(msgspec.json.encode(form, order="sorted"), digest_size=_DIGEST_BYTES).digest()


def _number(value: float | Decimal) -> str:
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number:
        return "0"
    with localcontext() as context:
        context.prec = _DIGITS_MAX
        return str(number.normalize())


def _parsed(value: str) -> Any:
    try:
        return ["json", canonical(json.loads(value, parse_float=Decimal))]
    except ValueError:
        return ["S", value]


def _documents(mapping: EntityMapping) -> list[str]:
    embedded = [
        one.name
        for one in mapping.entity.attributes.values()
        if one.type == "S" and isinstance(one.value, Construction)
    ]
    columns = [
        name
        for field in mapping.fields.values()
        if field.column is not None and field.column.family == "json"
        for name in field.attributes
        if mapping.attribute_type(name) == "S"
    ]
    return [*embedded, *columns]
