"""What can be wrong with a contract that is seen without the source's schema: names, indexes, types, templates.

Must not know the source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from ..contract.model import (
    KEY_TYPES,
    Aggregate,
    Attribute,
    Construction,
    Contract,
    Entity,
    Formatted,
    Lookup,
    Recursive,
    TableContract,
    Transformed,
    Value,
)
from ..expressions.nodes import Concat
from ..expressions.nodes import Literal as Constant
from ..findings import Findings
from .sources import entities, what

INDEXES_MAX: Final = 20  # global secondary indexes of a table: the service's default quota
PROJECTED_MAX: Final = 100  # attributes that INCLUDE lists, over all indexes of a table: the service's quota
NAME_MAX_CHARS: Final = 255
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_NUMBERED: Final = re.compile(r"([A-Za-z]+[-_ ]?)([0-9]{1,6})")


def check_structure(contract: Contract, findings: Findings, table_prefix: str = "") -> None:
    """Add what is wrong."""
    for table in contract.tables.values():
        _names(table, findings, table_prefix)
        _indexes(table, findings)
        _key_types(table, findings)
        _told_apart(table, findings)
    for table, entity in entities(contract.tables.values()):
        for attribute in entity.attributes.values():
            _type(attribute, what(table, entity), findings)
            _embedded(attribute, what(table, entity), findings)
            _unflagged(attribute, what(table, entity), findings)
    _claims(contract, findings)


# ── names and indexes ────────────────────────────────────────────────────────────────────────────────────────────────
def _names(table: TableContract, findings: Findings, prefix: str) -> None:
    fix, name = "3 to 255 of A-Z, a-z, 0-9, _ . -", prefix + table.name
    if not _NAME.fullmatch(name):
        findings.error("bad-name", f"{name!r} is no name for a table", fix=fix, at=table.place)
    for index in table.indexes.values():
        if not _NAME.fullmatch(index.name):
            findings.error("bad-name", f"{index.name!r} is no name for an index", fix=fix, at=index.place)
    for name in table.key_attributes():
        if len(name.encode()) > NAME_MAX_CHARS:
            message = f"key attribute {name[:40]}... of table {table.name} has a name of over 255 bytes"
            findings.error("bad-name", message, fix="shorten it", at=table.place)


def _indexes(table: TableContract, findings: Findings) -> None:
    known = {name for entity in table.entities.values() for name in entity.attributes}
    if len(table.indexes) > INDEXES_MAX:
        message = f"table {table.name} has {len(table.indexes)} indexes; a table has at most {INDEXES_MAX}"
        findings.error("too-many-indexes", message, fix="share indexes between entities", at=table.place)
    if sum(len(index.projected) for index in table.indexes.values()) > PROJECTED_MAX:
        message = f"the indexes of table {table.name} list more than {PROJECTED_MAX} projected attributes"
        findings.error("projection", message, fix="use the projection ALL", at=table.place)
    for index in table.indexes.values():
        where = f"index {index.name} of table {table.name}"
        if index.projection == "INCLUDE" and not index.projected:
            message = f"{where} has the projection INCLUDE and no projected_attributes"
            findings.error("projection", message, fix="list them, or use KEYS_ONLY", at=index.place)
        if index.projection != "INCLUDE" and index.projected:
            message = f"{where} lists projected_attributes, but its projection is {index.projection}"
            findings.error("projection", message, fix="use INCLUDE, or remove the list", at=index.place)
        for name in index.projected:
            if known and name not in known:
                message = f"{where} projects {name}, which no entity has"
                findings.error("projected-unknown", message, fix="remove it, or add the attribute", at=index.place)


def _key_types(table: TableContract, findings: Findings) -> None:
    names = {table.pk: "the table", **({table.sk: "the table"} if table.sk else {})}
    for index in table.indexes.values():
        for name in (index.pk, index.sk):
            names.setdefault(name or "", f"index {index.name}")
    for name, of in names.items():
        typed = [(entity, entity.attributes[name]) for entity in table.entities.values() if name in entity.attributes]
        for _, attribute in typed:
            if attribute.type not in KEY_TYPES:
                message = f"{name} is a key of {of} ({table.name}) and has type {attribute.type}"
                findings.error("key-type", message, fix="keys are S, N or B", at=attribute.place)
        types = {attribute.type: entity.name for entity, attribute in typed}
        if len(types) > 1:
            shown = ", ".join(f"{type_} in {entity}" for type_, entity in types.items())
            message = f"{name}, a key of {of} ({table.name}), has different types: {shown}"
            findings.error("key-types-differ", message, fix="use one type", at=typed[-1][1].place)


# ── entities in one table ────────────────────────────────────────────────────────────────────────────────────────────
def _told_apart(table: TableContract, findings: Findings) -> None:
    """Nothing stored says what an item is: the literal beginnings of keys have to."""
    shapes = [
        (entity, _beginning(entity, table.pk), _beginning(entity, table.sk)) for entity in table.entities.values()
    ]
    for at, (one, one_pk, one_sk) in enumerate(shapes):
        for other, other_pk, other_sk in shapes[at + 1 :]:
            if _overlap(one_pk, other_pk) and _overlap(one_sk, other_sk):
                message = (
                    f"items of {one.name} and {other.name} in table {table.name} cannot be told apart by their keys "
                    f"({_shown(one_pk, one_sk)} and {_shown(other_pk, other_sk)})"
                )
                fix = f"let the sort key begin with text of its own, as in {other.name}#"
                findings.error("entities-alike", message, fix=fix, at=other.place)


def _beginning(entity: Entity, key: str | None) -> tuple[str, bool]:
    """The literal text that a key begins with, and whether it is all of it."""
    attribute = None if key is None else entity.attributes.get(key)
    value = None if attribute is None else attribute.value
    parts: tuple[object, ...] = value.parts if isinstance(value, Formatted) else ()
    if isinstance(value, Lookup) and len(value.select) == 1 and isinstance(value.select[0], Concat):
        parts = tuple(one.value if isinstance(one, Constant) else one for one in value.select[0].parts)
    text = ""
    for part in parts:
        if not isinstance(part, str):
            return text, False
        text += part
    return text, bool(parts)


def _overlap(one: tuple[str, bool], other: tuple[str, bool]) -> bool:
    """Whether some text can have both beginnings."""
    if one[1] and other[1]:
        return one[0] == other[0]
    if one[1]:
        return one[0].startswith(other[0])
    if other[1]:
        return other[0].startswith(one[0])
    return one[0].startswith(other[0]) or other[0].startswith(one[0])


def _shown(*keys: tuple[str, bool]) -> str:
    return ", ".join(text if whole else f"{text}..." for text, whole in keys)


# ── attributes ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _type(attribute: Attribute, where: str, findings: Findings) -> None:
    """Types that a value can never have, whatever the columns are."""
    value = attribute.value
    rule = next(((kind, types) for kind, fits, types in _FITTING if fits(value)), None)
    if rule is not None and attribute.type not in rule[1]:
        message = f"{where}.{attribute.name} is of type {attribute.type}, but its value is {rule[0]}"
        findings.error("type-mismatch", message, fix=f"use {' or '.join(rule[1])}", at=attribute.place)


_FITTING: Final[tuple[tuple[str, Callable[[Value], bool], tuple[str, ...]], ...]] = (
    ("an array", lambda value: isinstance(value, Construction) and value.shape == "array", ("L", "S")),
    ("an object", lambda value: isinstance(value, Construction) and value.shape == "object", ("M", "S")),
    ("text", lambda value: isinstance(value, Formatted) and len(value.parts) != 1, ("S",)),
    ("text", lambda value: isinstance(value, Formatted) and isinstance(value.parts[0], str), ("S",)),
    ("a number", lambda value: isinstance(value, Aggregate) and value.operation in ("COUNT", "SUM", "AVG"), ("N", "S")),
    ("a number", lambda value: isinstance(value, Recursive) and value.kind == "depth", ("N", "S")),
    ("text", lambda value: isinstance(value, Recursive) and value.kind == "path", ("S",)),
    ("a document", lambda value: isinstance(value, Transformed) and value.kind == "json-parse",
     ("M", "L", "S", "N", "BOOL", "SS", "NS")),
    ("a formatted number", lambda value: isinstance(value, Transformed) and value.kind == "number-format", ("S", "N")),
    ("a formatted date", lambda value: isinstance(value, Transformed) and value.kind == "date-format", ("S", "N")),
)  # fmt: skip


def _embedded(attribute: Attribute, where: str, findings: Findings) -> None:
    value = attribute.value
    name = f"{where}.{attribute.name}"
    if isinstance(value, Construction) and value.shape == "array":
        if value.limit is None:
            message = f"{name} embeds all rows of {value.hop.table}: an item over 400 KB is refused"
            findings.warning("unbounded-array", message, fix='add "limit" to the construction', at=attribute.place)
        if not value.order_by:
            message = f"{name} embeds rows of {value.hop.table} in no said order; that of its primary key is taken"
            findings.warning("unordered-array", message, fix='add "order_by" to the construction', at=attribute.place)
    words = ("path", "breadcrumb", "hierarchy", "trail", "ancestors")
    if isinstance(value, Lookup) and len(value.hops) == 1 and any(word in attribute.name.lower() for word in words):
        message = f"{name} holds one name, of {value.hops[0].table}, not a path"
        fix = 'if a path is meant, override it with {"hook": "recursive-path", ...}'
        findings.warning("path-of-one-step", message, fix=fix, at=attribute.place)


def _unflagged(attribute: Attribute, where: str, findings: Findings) -> None:
    copied = isinstance(attribute.value, Lookup | Aggregate) or (
        isinstance(attribute.value, Construction) and not attribute.value.same_row
    )
    if copied and not attribute.denormalized and not attribute.synthetic:
        message = f"{where}.{attribute.name} holds data of other rows and is not said to be denormalized"
        fix = 'add "denormalized": true and a justification'
        findings.warning("copy-not-flagged", message, fix=fix, at=attribute.place)


# ── access patterns ──────────────────────────────────────────────────────────────────────────────────────────────────
def _claims(contract: Contract, findings: Findings) -> None:
    """Patterns that two tables claim, and gaps between the numbers that are claimed."""
    claimed: dict[str, str] = {}
    for table in contract.tables.values():
        for name in table.satisfies:
            if name in claimed:
                message = f"access pattern {name} is claimed twice, by {claimed[name]} and {table.name}"
                findings.warning("pattern-twice", message, fix="name it at one table", at=table.place)
            claimed.setdefault(name, table.name)
    missing = list(_gaps(claimed))
    if missing:
        message = f"access patterns {', '.join(missing)} are claimed by no table, while later numbers are"
        fix = "are they served elsewhere, or forgotten? A --patterns file can say so"
        first = next(iter(contract.tables.values()))
        findings.warning("pattern-gap", message, fix=fix, at=first.place)


def _gaps(claimed: dict[str, str]) -> Iterator[str]:
    numbers: dict[str, set[int]] = {}
    for name in claimed:
        found = _NUMBERED.fullmatch(name)
        if found:
            numbers.setdefault(found[1], set()).add(int(found[2]))
    for prefix, taken in numbers.items():
        missing = sorted(set(range(1, min(max(taken), 1000))) - taken)
        if len(missing) <= len(taken):
            yield from (f"{prefix}{number}" for number in missing)
