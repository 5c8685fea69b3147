"""From what is known of a key's fields to the key condition of a query.

All of the sort key's fields: equality. The first of them: begins_with the longest known prefix. A condition on the next
one (``placed_at=between(a, b)``): a range of that prefix. Also owns the choice of the table or index that the given
fields go with. Must not know requests or clients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from ...errors import InvalidExpression, MissingRequiredKey, ValidationError
from ...expressions import SortCondition, begins_with, between, ge, gt, le, lt
from ...types import KeyValue
from .layout import Layout, Place
from .template import Slot, Template

#: after every text that begins with what it is put to: the greatest character, in UTF-8 as in code points
_LAST_CHAR = "\U0010ffff"


class KeyRange(Struct, frozen=True):
    """What a query reads.

    Attributes:
        place: of the table, or of an index.
        partition: the partition key.
        sort: the condition on the sort key; None: the whole partition.
        without: a sort key that the condition covers and that is to be left out; None: none. (A key condition has no
            "less than, but beginning with".)
    """

    place: Place
    partition: KeyValue
    sort: SortCondition | KeyValue | None = None
    without: KeyValue | None = None


def key_range(layout: Layout[Any], values: Mapping[str, Any], index: str | None) -> KeyRange:
    """The range of keys that fields stand for.

    Args:
        values: by field; at most one of them, the last one of its template, a sort condition.
        index: its name, "primary" for the table, or None: the one that the fields go with.

    Raises:
        ValidationError: the fields go with no index, with several, or not with the one that was named.
        InvalidKey: a value cannot stand in a key.
    """
    place = _place(layout, values, index)
    partition = place.partition.key(values.get)
    if partition is None:
        raise _none(place.partition, values)
    if place.sort is None:
        return KeyRange(place, partition)
    return _sorted(place, place.sort, partition, values)


# ── which index ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _place(layout: Layout[Any], values: Mapping[str, Any], index: str | None) -> Place:
    if index is not None:
        place = next((place for place in layout.places if place.label == index), None)
        if place is None:
            raise ValidationError(
                f"entity {layout.entity.name!r} is not in index {index!r}",
                hint=f"it is in {', '.join(repr(place.label) for place in layout.places)}",
            )
        reason = _why_not(place, values)
        if reason is not None:
            raise ValidationError(f"entity {layout.entity.name!r}, index {place.label!r}: {reason}")
        return place
    fitting = [place for place in layout.places if _why_not(place, values) is None]
    if len(fitting) == 1:
        return fitting[0]
    given = ", ".join(values) or "nothing"
    choices = "; ".join(f"{place.label!r}: {_described(place)}" for place in fitting or layout.places)
    if fitting:
        raise ValidationError(
            f"entity {layout.entity.name!r}: {given} goes with several indexes: {choices}",
            hint=f"say which: index={fitting[0].label!r}",
        )
    raise ValidationError(
        f"entity {layout.entity.name!r}: {given} goes with no index; there are {choices}",
        hint="give the fields of a partition key, and of its sort key the first ones; anything else is a filter",
    )


def _described(place: Place) -> str:
    return " + ".join(template.text for _, template in place.templates)


def _why_not(place: Place, values: Mapping[str, Any]) -> str | None:
    """Why these fields are no range of an index; None where they are."""
    for field in place.partition.fields:
        if field not in values:
            return f"{field!r} is missing, which the partition key {place.partition.text!r} needs"
        if isinstance(values[field], SortCondition):
            return f"{field!r} is a condition, and the partition key {place.partition.text!r} needs a value"
    known = set(place.partition.fields)
    open_field: str | None = None
    for field in () if place.sort is None else place.sort.fields:
        if field not in values:
            open_field = open_field or field
        elif open_field is not None:
            text = "" if place.sort is None else place.sort.text
            if field in known:
                continue
            return f"{field!r} is given, and {open_field!r}, which stands before it in {text!r}, has no one value"
        elif isinstance(values[field], SortCondition):
            open_field = field
        known.add(field)
    extra = [field for field in values if field not in known]
    return f"{extra[0]!r} is in none of its keys: {_described(place)}" if extra else None


def _none(template: Template, values: Mapping[str, Any]) -> MissingRequiredKey:
    names = ", ".join(repr(field) for field in template.missing(values.get) if field in values)
    return MissingRequiredKey(f"entity {template.entity!r}, template {template.text!r}: field {names} is None")


# ── which range ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _sorted(place: Place, template: Template, partition: KeyValue, values: Mapping[str, Any]) -> KeyRange:
    if template.number:
        return KeyRange(place, partition, _of_number(template, values))
    prefix = ""
    for position, part in enumerate(template.parts):
        if isinstance(part, str):
            prefix += part
            continue
        if part.name not in values:
            return KeyRange(place, partition, begins_with(prefix) if prefix else None)
        value = values[part.name]
        if isinstance(value, SortCondition):
            sort, without = _of_field(template, position, part, prefix, value)
            return KeyRange(place, partition, sort, without)
        if value is None:
            raise _none(template, values)
        prefix += template.slot_text(part, value)
    return KeyRange(place, partition, prefix)


def _of_number(template: Template, values: Mapping[str, Any]) -> SortCondition | KeyValue | None:
    (field,) = template.fields
    value = values.get(field)
    if value is None and field in values:
        raise _none(template, values)
    if value is None:
        return None
    if not isinstance(value, SortCondition):
        return template.slot_number(value)
    if value.word == "begins_with":
        raise _refused(template, field, "numbers have no prefix", "use between(low, high)")
    bounds = [template.slot_number(bound) for bound in value.values]
    if value.word == "between":
        return between(*bounds)
    return _FUNCTIONS[value.word](*bounds)


_FUNCTIONS = {"lt": lt, "le": le, "gt": gt, "ge": ge}


def _of_field(
    template: Template, position: int, slot: Slot, prefix: str, condition: SortCondition
) -> tuple[SortCondition, str | None]:
    """The condition on a sort key whose text begins with ``prefix`` and goes on with a field; and what to leave out."""
    if condition.word == "begins_with":
        (begin,) = condition.values
        if not isinstance(begin, str):
            raise _refused(template, slot.name, "its prefix is not text", "begins_with() takes text of the key")
        return begins_with(prefix + begin), None
    if not slot.kind.sortable:
        raise _refused(
            template, slot.name, "its text does not sort as its values do", "pad numbers: '{n:08d}'; filter otherwise"
        )
    texts = [prefix + template.slot_text(slot, bound) for bound in condition.values]
    rest = template.parts[position + 1 :]
    if condition.word == "between":
        low, high = texts
        return between(low, _end(high, rest)), None
    (text,) = texts
    exact = None if rest else text  # where something follows, no key ends like that
    if not prefix:
        if condition.word in ("lt", "ge"):
            return _FUNCTIONS[condition.word](text), None
        return _FUNCTIONS[condition.word](_end(text, rest)), None
    match condition.word:
        case "lt":
            return between(prefix, text), exact
        case "le":
            return between(prefix, _end(text, rest)), None
        case "gt":
            return between(_end(text, rest), _after(prefix)), exact
        case _:
            return between(text, _after(prefix)), None


def _end(text: str, rest: Sequence[str | Slot]) -> str:
    """A text after all keys that begin with this value, and before those of the next; the key itself where it ends."""
    if not rest:
        return text
    return _after(text + rest[0]) if isinstance(rest[0], str) else text + _LAST_CHAR


def _after(prefix: str) -> str:
    """The first text after all that begin with a prefix."""
    stem, last = prefix[:-1], ord(prefix[-1])
    if last == ord(_LAST_CHAR):
        return prefix + _LAST_CHAR
    return stem + chr(0xE000 if last == 0xD7FF else last + 1)  # there is no text with surrogates


def _refused(template: Template, field: str, reason: str, hint: str) -> InvalidExpression:
    return InvalidExpression(
        f"entity {template.entity!r}, template {template.text!r}: field {field!r}: {reason}", hint=hint
    )
