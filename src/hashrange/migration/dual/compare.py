"""Whether two sides have the same record: attribute by attribute, by values and not by their text.

Fields of a record are turned into what their attributes would hold, where one holds just that; a time with more digits
than an item keeps is no difference, nor is 1.0 for 1, nor the order of a set. Secrets are compared and not shown. Must
not know where records are from.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from ..errors import RowRefused
from ..mapping.entity import EntityMapping
from ..secrecy import is_secret
from ..verify.canonical import canonical
from ..verify.report import AttributeDifference
from .primary import value_of

_SHOWN_MAX_CHARS: Final = 200
_HIDDEN: Final = "(hidden)"


class Comparison:
    """Compares records of one entity."""

    def __init__(self, mapping: EntityMapping) -> None:
        self._mapping = mapping
        self._names: tuple[str, ...] = tuple(name for name, one in mapping.fields.items() if one.readable)

    def fields(self, thing: Any) -> dict[str, Any]:
        """The fields that a mapping or an object has, by name; those of columns with another name, too."""
        found: dict[str, Any] = {}
        for name in self._names:
            field = self._mapping.fields[name]
            column = field.column.name if field.column is not None and field.from_own_row else name
            for one in dict.fromkeys((name, column)):
                if one in thing if isinstance(thing, Mapping) else hasattr(thing, one):
                    found[name] = value_of(thing, one)
                    break
        return found

    def differences(self, expected: Any, found: Any) -> tuple[AttributeDifference, ...]:
        """What differs of two records, in the fields that both have."""
        one, other = self.fields(expected), self.fields(found)
        return tuple(
            AttributeDifference(name, _shown(name, one[name]), _shown(name, other[name]))
            for name in one
            if name in other and self._form(name, one[name]) != self._form(name, other[name])
        )

    def _form(self, name: str, value: Any) -> Any:
        mapping = self._mapping
        if value is not None and name in mapping.entity.attributes and mapping.fields[name].attributes:
            try:
                return canonical(mapping.attribute_value(name, {name: value}))
            except (RowRefused, KeyError):
                pass  # its attribute is made of more, or takes no such value: compared as it is
        return canonical(_plain(value))


def same_result(one: Any, other: Any, comparison: Comparison) -> bool:
    """Whether two results of a read are the same: records, lists of them in their order, or plain values."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(same_result(a, b, comparison) for a, b in zip(one, other, strict=True))
    if one is None or other is None or isinstance(one, (bool, int, float, str)):
        return bool(one == other)
    return not comparison.differences(one, other)


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {str(name): _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return value


def _shown(name: str, value: Any) -> str | None:
    if value is None:
        return None
    return _HIDDEN if is_secret(name) else repr(value)[:_SHOWN_MAX_CHARS]
