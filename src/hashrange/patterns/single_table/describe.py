"""The access patterns of a single table, for people: what can be asked, of which index, by which key condition.

``print(app.describe())`` shows an aligned table; ``.markdown()`` one for a document. Must not know clients.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from .layout import Layout, Place
from .template import Slot, Template

_HEAD: Final = ("entity", "operation", "index", "key condition")


class AccessPattern(Struct, frozen=True):
    """One way to reach items.

    Attributes:
        entity: whose; several names for a collection.
        operation: ``get``, ``query`` with the fields that it takes, or ``collection``.
        index: "primary" for the table itself.
        key_condition: on the keys, with fields in braces.
    """

    entity: str
    operation: str
    index: str
    key_condition: str


class AccessPatterns(tuple[AccessPattern, ...]):
    """The access patterns, in the order of the entities; as text a table."""

    __slots__ = ()

    def __str__(self) -> str:
        rows = [_HEAD, *map(_row, self)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
        rows.insert(1, tuple("─" * width for width in widths))
        return "\n".join(_line(row, widths, "  ").rstrip() for row in rows)

    def __repr__(self) -> str:
        return f"<AccessPatterns: {len(self)}>"

    def markdown(self) -> str:
        """A Markdown table."""
        rows = [_HEAD, *(tuple(map(_cell, _row(pattern))) for pattern in self)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
        rows.insert(1, tuple("-" * width for width in widths))
        return "\n".join(f"| {_line(row, widths, ' | ')} |" for row in rows)


def access_patterns(layouts: Sequence[Layout[Any]]) -> AccessPatterns:
    """All patterns of all entities, and the collections of several of them."""
    return AccessPatterns((*(one for layout in layouts for one in _of_entity(layout)), *_collections(layouts)))


def _of_entity(layout: Layout[Any]) -> Iterator[AccessPattern]:
    entity, primary = layout.entity.name, layout.primary
    by = ", ".join(primary.fields)
    exact = " and ".join(f"{name} = {_quoted(template)}" for name, template in primary.templates)
    yield AccessPattern(entity, f"get, put, update, delete ({by})", primary.label, exact)
    for place in layout.places:
        for operation, condition in _queries(place):
            yield AccessPattern(entity, operation, place.label, condition)
    for fields in layout.entity.unique:
        yield AccessPattern(entity, f"unique ({', '.join(fields)})", primary.label, "a guard, written with the item")


def _queries(place: Place) -> Iterator[tuple[str, str]]:
    """One query for each number of fields of the sort key that may be known."""
    partition = f"{place.keys.partition_key} = {_quoted(place.partition)}"
    fields = list(place.partition.fields)
    if place.sort is None or (place.index is None and set(place.sort.fields) <= set(fields)):
        if place.index is not None:  # of the table it is what get() does
            yield _query(fields), partition
        return
    sort_key, prefix = place.keys.sort_key, ""
    if place.sort.number:
        yield _query(fields), partition
        (field,) = place.sort.fields
        asked = _query([*fields, f"{field}: a value or a range"])
        yield asked, f"{partition} and {sort_key} = {{{field}}}, or between {{low}} and {{high}}"
        return
    for part in place.sort.parts:
        if isinstance(part, str):
            prefix += part
            continue
        if part.name not in fields:
            begin = f' and begins_with({sort_key}, "{prefix}")' if prefix else ""
            yield _query(fields), partition + begin
            if part.kind.fixed and part.kind.sortable:  # nobody asks for a range of names
                low, high = f'"{prefix}{_braced(part, "low")}"', f'"{prefix}{_braced(part, "high")}"'
                asked = _query([*fields, f"{part.name}: a range"])
                yield asked, f"{partition} and {sort_key} between {low} and {high}"
            fields.append(part.name)
        prefix += _braced(part)
    if place.index is not None:
        yield _query(fields), f"{partition} and {sort_key} = {_quoted(place.sort)}"


def _collections(layouts: Sequence[Layout[Any]]) -> Iterator[AccessPattern]:
    """Partitions in which items of several entities lie."""
    found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for layout in layouts:
        for place in layout.places:
            shape = re.sub(r"\{[^}]*\}", "{}", place.partition.text)
            told = (layout.entity.name, place.keys.partition_key, _quoted(place.partition))
            found.setdefault((place.label, shape), []).append(told)
    for (index, _), members in found.items():
        if len(members) > 1:
            entities = ", ".join(dict.fromkeys(entity for entity, _, _ in members))
            _, key, partition = members[0]
            yield AccessPattern(entities, "collection", index, f"{key} = {partition}")


def _query(fields: Iterable[str]) -> str:
    return f"query ({', '.join(fields)})"


def _quoted(template: Template) -> str:
    return f"{{{template.fields[0]}}}" if template.number else f'"{template.text}"'


def _braced(slot: Slot, name: str | None = None) -> str:
    return f"{{{name or slot.name}:{slot.spec}}}" if slot.spec else f"{{{name or slot.name}}}"


def _row(pattern: AccessPattern) -> tuple[str, ...]:
    return pattern.entity, pattern.operation, pattern.index, pattern.key_condition


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _line(row: Sequence[str], widths: Sequence[int], between: str) -> str:
    return between.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
