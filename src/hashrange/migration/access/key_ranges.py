"""From known fields to the keys of a query: the partition key, and the condition on the sort key.

All fields of the sort key: equality. The first of them: begins_with what they make. A condition on the next one: a
range. How a value becomes text is the mapping's; what a key begins with is found by making it with two values that
differ from the first character on. Must not know requests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from ...errors import InvalidExpression, MissingRequiredKey
from ...expressions import SortCondition, begins_with, between, ge, gt, le, lt
from ...types import KeyValue
from ..contract.model import Formatted, FromColumn, Lookup, Transformed
from ..errors import RowRefused
from ..expressions.nodes import Column
from ..mapping.entity import EntityMapping
from ..mapping.fields import Field
from .lookups import key_fields_of

_FUNCTIONS: Final = {"lt": lt, "le": le, "gt": gt, "ge": ge}
#: types whose text in a key sorts as they do
_SORTED_AS_TEXT: Final = frozenset({"str", "bytes", "date", "datetime"})
#: values of each type whose texts have no first character in common
_SAMPLES: Final[dict[str, tuple[Any, ...]]] = {
    "str": ("a", "b", "0"),
    "bytes": (b"a", b"b"),
    "int": (1, *(9 * 10**digits for digits in range(19))),
    "Decimal": (Decimal(1), *(9 * Decimal(10) ** digits for digits in range(19))),
    "float": (1.5, 9.5),
    "bool": (False, True),
    "date": (date(1111, 11, 11), date(2222, 2, 22)),
    "datetime": (datetime(1111, 11, 11, 11, 11, 11, tzinfo=UTC), datetime(2222, 2, 22, 22, 22, 22, tzinfo=UTC)),
    "time": (time(11, 11, 11), time(22, 22, 22)),
}
_LAST_CHAR: Final = "\U0010ffff"


class KeyRange(Struct, frozen=True):
    """What a query reads.

    Attributes:
        partition: the value of the partition key.
        sort: the condition on the sort key; None: there is none.
        sort_key: the name of the sort key's attribute; "" where there is none.
        without: a value of it that the condition covers and that is to be left out; None: none.
    """

    partition: KeyValue
    sort: SortCondition | KeyValue | None = None
    sort_key: str = ""
    without: KeyValue | None = None


def key_range(mapping: EntityMapping, index: str | None, values: Mapping[str, Any]) -> KeyRange:
    """The keys that these fields stand for.

    Args:
        mapping: the entity's.
        index: whose keys; None: the table's.
        values: by field: all of the partition key's, and of the sort key's the first ones, the last a value or a
            condition (``ge(...)``, ``between(...)``).

    Raises:
        MissingRequiredKey: a field of the partition key is missing.
        InvalidExpression: a field is not in the key, or one before it is missing; a condition on what does not sort.
        RowRefused: a value cannot stand in a key.
    """
    declared = mapping.table if index is None else mapping.table.indexes[index]
    partition, sort = key_fields_of(mapping, index)
    missing = [name for name in partition if name not in values]
    if missing:
        raise MissingRequiredKey(
            f"{mapping.name}: {missing[0]!r} is missing, which the partition key {declared.pk!r} is made of",
            hint=f"give {', '.join(partition)}",
        )
    extra = [name for name in values if name not in partition and name not in sort]
    if extra:
        raise InvalidExpression(
            f"{mapping.name}: {extra[0]!r} is part of neither key of {index or 'the table'}",
            hint=f"they are made of {', '.join((*partition, *sort))}; anything else is a filter",
        )
    made = mapping.attribute_value(declared.pk, values)
    if made is None:
        raise MissingRequiredKey(f"{mapping.name}: the partition key {declared.pk!r} is NULL with these values")
    if declared.sk is None:
        return KeyRange(made)
    rest = tuple(name for name in sort if name not in partition)
    condition, without = _Sort(mapping, declared.sk, rest, values).condition()
    return KeyRange(made, condition, declared.sk, without)


class _Sort:
    """The condition on one sort key."""

    def __init__(
        self, mapping: EntityMapping, attribute: str, fields: tuple[str, ...], values: Mapping[str, Any]
    ) -> None:
        self._mapping, self._attribute, self._fields, self._values = mapping, attribute, fields, values

    def condition(self) -> tuple[SortCondition | KeyValue | None, KeyValue | None]:
        given = [name for name in self._fields if name in self._values]
        if given != list(self._fields[: len(given)]):
            before = next(name for name in self._fields if name not in self._values)
            raise self._refused(given[-1], f"{before!r} stands before it in the key, and is not given")
        ranges = [name for name in given if isinstance(self._values[name], SortCondition)]
        if ranges and ranges != given[-1:]:
            raise self._refused(ranges[0], "only the last field that is given can be a condition")
        if ranges:
            return self._range(ranges[0], self._values[ranges[0]])
        if len(given) == len(self._fields):
            return self._exact(self._values) if self._fields or self._is_literal() else self._begins({}), None
        return self._begins({name: self._values[name] for name in given}), None

    def _is_literal(self) -> bool:
        return self._attribute in self._mapping.entity.attributes

    def _begins(self, known: Mapping[str, Any]) -> SortCondition | None:
        text = self._prefix(known) if known else self._mapping.prefix(self._attribute)
        return begins_with(text) if text else None

    def _exact(self, values: Mapping[str, Any]) -> KeyValue:
        made: KeyValue | None = self._mapping.attribute_value(self._attribute, values)
        if made is None:
            raise MissingRequiredKey(
                f"{self._mapping.name}: the sort key {self._attribute!r} is NULL with these values"
            )
        return made

    # ── ranges ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _range(self, name: str, condition: SortCondition) -> tuple[SortCondition, KeyValue | None]:
        before = {other: self._values[other] for other in self._fields[: self._fields.index(name)]}
        is_last = name == self._fields[-1]
        if self._mapping.attribute_type(self._attribute) == "N":
            bounds = [self._exact({**self._values, name: bound}) for bound in condition.values]
            return (between(*bounds) if condition.word == "between" else _FUNCTIONS[condition.word](*bounds)), None
        prefix = self._prefix(before) if before else self._mapping.prefix(self._attribute)
        if condition.word == "begins_with":
            return begins_with(prefix + self._folded(name, condition.values[0])), None
        if self._mapping.fields[name].type not in _SORTED_AS_TEXT:
            raise self._refused(name, "its text in the key does not sort as its values do")
        texts: list[Any] = [
            self._exact({**self._values, name: bound}) if is_last else self._prefix({**before, name: bound})
            for bound in condition.values
        ]
        return _of_texts(condition.word, texts, prefix, is_last=is_last)

    def _folded(self, name: str, text: Any) -> str:
        if not isinstance(text, str):
            raise self._refused(name, "begins_with() takes text")
        column = self._mapping.fields[name].column
        folds = self._mapping.conventions.fold_keys and column is not None and column.ignores_case
        return text.lower() if folds else text

    # ── what keys begin with ─────────────────────────────────────────────────────────────────────────────────────────
    def _prefix(self, known: Mapping[str, Any]) -> str:
        """What the keys of all items with these first fields begin with."""
        self._check_plain(list(known)[-1])
        rest = [self._mapping.fields[name] for name in self._fields if name not in known]
        base = {name: value for name, value in self._values.items() if name not in self._fields} | dict(known)
        made = [text for sample in _samples(rest) if (text := self._tried({**base, **sample})) is not None]
        if len(made) < 2:
            raise self._refused(next(iter(known)), "what the key begins with cannot be told; give all of its fields")
        return _shared(made)

    def _tried(self, values: Mapping[str, Any]) -> str | None:
        try:
            made = self._mapping.attribute_value(self._attribute, values)
        except RowRefused:  # a sample that this key cannot have
            return None
        return made if isinstance(made, str) else None

    def _check_plain(self, name: str) -> None:
        """Only of keys that are fields in a row, with text between, is it known what they begin with."""
        value = self._mapping.entity.attributes[self._attribute].value
        if isinstance(value, Formatted):
            plain = all(isinstance(part, (str, Column)) for part in value.parts)
        else:
            plain = isinstance(value, (FromColumn, Lookup, Transformed))
        if not plain:
            raise self._refused(name, "this key is not made of fields in a row; give all of them, or none")

    def _refused(self, name: str, reason: str) -> InvalidExpression:
        return InvalidExpression(
            f"{self._mapping.name}: {name!r}: {reason}", hint=f"sort key {self._attribute!r} is made of {self._fields}"
        )


def _shared(texts: Sequence[str]) -> str:
    """What all of them begin with."""
    first, last = min(texts), max(texts)
    length = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[:length]


def _samples(fields: Sequence[Field]) -> list[dict[str, Any]]:
    """Values for what is not known, of which the first field's have nothing in common."""
    if not fields:
        return []
    first, *others = fields
    rest = {one.name: _of_field(one)[0] for one in others}
    return [{first.name: value, **rest} for value in _of_field(first)]


def _of_field(one: Field) -> tuple[Any, ...]:
    if one.column is not None and one.column.family == "enum" and one.column.members:
        return one.column.members * 2  # all that there are; one alone is what they have in common
    return _SAMPLES.get(one.type, ("a", "b"))


def _of_texts(word: str, texts: list[Any], prefix: str, *, is_last: bool) -> tuple[SortCondition, KeyValue | None]:
    """A range of keys between texts, within those that begin with a prefix."""
    end = texts[-1] if is_last else _after(texts[-1])
    if word == "between":
        return between(texts[0], end), None
    (text,) = texts
    match word:
        case "ge":
            return (between(text, _after(prefix)) if prefix else ge(text)), None
        case "gt":
            begin = f"{text}\0" if is_last else _after(text)
            return (between(begin, _after(prefix)) if prefix else ge(begin)), None
        case "le":
            return (between(prefix, end) if prefix else le(end)), None
        case _:
            return (between(prefix, text), text if is_last else None) if prefix else (lt(text), None)


def _after(prefix: str) -> str:
    """The first text after all that begin with a prefix."""
    stem, last = prefix[:-1], ord(prefix[-1])
    if last == ord(_LAST_CHAR):
        return prefix + _LAST_CHAR
    return stem + chr(0xE000 if last == 0xD7FF else last + 1)  # there is no text with surrogates
