"""Access patterns that a file describes, against the keys that there are.

The file is a JSON object: pattern to ``{"table", "index", "by", "needs", "description"}`` or to null, which says that
the pattern needs no database. ``by`` names what a caller knows, as source columns or attributes; ``needs`` the
attributes that it reads. Must not know the source's schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from ..contract.document import Node, of_values, read
from ..contract.fields import Fields, Shape
from ..contract.loading import Loading, NotTold
from ..contract.model import Attribute, Contract, Entity, Index, TableContract, Undefined
from ..findings import Findings, Place
from ..source.schema import NO_SCHEMA
from .sources import Use, own_inputs, uses

_SHAPE: Final = Shape(("table", "index", "by", "needs", "description", "entity"))
PATTERNS_MAX_BYTES: Final = 16 * 1024 * 1024


class Pattern(Struct, frozen=True):
    """An access pattern; ``by`` is what a caller knows. ``table`` is None where it needs no database."""

    name: str
    table: str | None
    index: str | None
    by: tuple[str, ...]
    needs: tuple[str, ...]
    place: Place


def read_patterns(source: str | Path | bytes | Mapping[str, Any], findings: Findings) -> tuple[Pattern, ...]:
    """The patterns of a file: a path, or its content. What is wrong with it is added to the findings.

    Raises:
        OSError: the file cannot be read.
    """
    if isinstance(source, str) and not source.lstrip().startswith("{"):
        source = Path(source)
    if isinstance(source, Path):
        with source.open("rb") as file:
            source = file.read(PATTERNS_MAX_BYTES)
    if isinstance(source, str | bytes):
        root = read(source, findings, document="patterns")
    else:
        root = of_values(source, document="patterns")
    if root is None:
        return ()
    loading = Loading(findings, False, NO_SCHEMA)
    if not isinstance(root.value, dict):
        fix = json.dumps({"AP1": {"table": "Users", "index": "GSI1", "by": ["id"]}})
        findings.error("wrong-type", f"the patterns are {root.kind}, not an object", fix=fix, at=root.place)
        return ()
    return tuple(_patterns(root.value, loading))


def _patterns(found: dict[str, Node], loading: Loading) -> Iterator[Pattern]:
    for name, node in found.items():
        if node.value is None:
            yield Pattern(name, None, None, (), (), node.place)
            continue
        fields = Fields(node, loading, _SHAPE, f"pattern {name}")
        try:
            table = fields.text("table", "name the table that serves it")
            fields.required("by", 'name what is known, as in "by": ["email"]')
        except NotTold:
            continue
        yield Pattern(name, table, fields.optional_text("index"), fields.texts("by"), fields.texts("needs"), node.place)


def check_patterns(contract: Contract, patterns: Iterable[Pattern], findings: Findings) -> None:
    """Add what no key serves."""
    known = {pattern.name: pattern for pattern in patterns}
    claimed = {name: table for table in contract.tables.values() for name in table.satisfies}
    for name, table in claimed.items():
        if name not in known:
            message = f"table {table.name} claims {name}, which the patterns do not describe"
            findings.warning("pattern-undescribed", message, fix="describe it, or remove the claim", at=table.place)
    for pattern in known.values():
        if pattern.table is None:
            continue
        if pattern.name not in claimed:
            message = f"no table claims {pattern.name}"
            findings.warning("pattern-unclaimed", message, fix="add it to satisfies", at=pattern.place)
        _pattern(pattern, contract, findings)


def _pattern(pattern: Pattern, contract: Contract, findings: Findings) -> None:
    table = contract.tables.get(pattern.table or "")
    if table is None:
        _unknown(pattern, f"table {pattern.table}", contract.tables, findings)
        return
    if pattern.index is not None and pattern.index not in table.indexes:
        _unknown(pattern, f"index {pattern.index} of table {table.name}", table.indexes, findings)
        return
    names = {name.lower() for entity in table.entities.values() for name in _known_names(entity)}
    for name in (*pattern.by, *pattern.needs):
        if name.lower() not in names:
            _unknown(pattern, f"column or attribute {name} in table {table.name}", sorted(names), findings)
            return
    if not pattern.by:
        return
    ways = [way for entity in table.entities.values() for way in _ways(pattern, table, entity)]
    if not ways:
        message = f"{pattern.name} reads {table.name} by {', '.join(pattern.by)}, and {_why(pattern, table)}"
        fix = f"add an index whose partition key is {pattern.by[0]}, or serve it by a scan, knowingly"
        findings.error("pattern-unserved", message, fix=fix, at=pattern.place)
        return
    lacking = [_lacking(pattern, table, way) for way in ways]
    if all(lacking):
        message = (
            f"{pattern.name} needs {', '.join(lacking[0])}, which {ways[0].name if ways[0] else ''} does not project"
        )
        findings.error("projection-lacks", message, fix="project them, or use ALL", at=pattern.place)


def _unknown(pattern: Pattern, name: str, known: Iterable[str], findings: Findings) -> None:
    names = list(known)
    near = get_close_matches(name.split()[-1], names, 1)
    fix = f"did you mean {near[0]}?" if near else f"known: {', '.join(names[:15])}"
    findings.error("pattern-unknown-name", f"{pattern.name}: there is no {name}", fix=fix, at=pattern.place)


def _known_names(entity: Entity) -> Iterator[str]:
    for attribute in entity.attributes.values():
        yield attribute.name
        yield from attribute.source_columns
        yield from (one.column for one in uses(attribute.value, entity.source_table))


def _ways(pattern: Pattern, table: TableContract, entity: Entity) -> Iterator[Index | None]:
    """The keys that serve a pattern: None is the table's own."""
    for index in (None, *table.indexes.values()):
        if pattern.index is not None and (index is None or index.name != pattern.index):
            continue
        pk = entity.attributes.get(table.pk if index is None else index.pk)
        if pk is not None and _is_known(pk, entity, {name.lower() for name in pattern.by}):
            yield index


def _is_known(attribute: Attribute, entity: Entity, by: set[str]) -> bool:
    """Whether the value of a key follows from what a caller knows: from the own columns that decide it, or from the
    very columns that stand in it, of whichever row."""
    if attribute.name.lower() in by:
        return True
    if isinstance(attribute.value, Undefined):
        return False
    known = {column for name in by for column in _columns_called(name, entity)}
    used = [(one, (one.table.lower(), one.column.lower(), one.hop == -1)) for one in _uses(attribute, entity)]
    decides = {column for one, column in used if one.hop == -1}
    stands = {column for one, column in used if one.role == "value"}
    return (bool(decides) and decides <= known) or (bool(stands) and stands <= known)


def _uses(attribute: Attribute, entity: Entity) -> list[Use]:
    return list(uses(attribute.value, entity.source_table))


def _columns_called(name: str, entity: Entity) -> set[tuple[str, str, bool]]:
    """What a name that a caller knows stands for, as table, column, and whether it is of the own row: the columns in an
    attribute of that name, else an own column, else one of a joined row."""
    same = next((one for one in entity.attributes.values() if one.name.lower() == name), None)
    if same is not None:
        values = (one for one in _uses(same, entity) if one.role == "value")
        return {(one.table.lower(), one.column.lower(), one.hop == -1) for one in values}
    every = [one for attribute in entity.attributes.values() for one in _uses(attribute, entity)]
    called = {(one.table.lower(), one.column.lower(), one.hop == -1) for one in every if one.column.lower() == name}
    return {column for column in called if column[2]} or called


def _lacking(pattern: Pattern, table: TableContract, way: Index | None) -> tuple[str, ...]:
    """The attributes that a pattern reads and a key does not hold."""
    if way is None or way.projection == "ALL":
        return ()
    held = {table.pk, table.sk, way.pk, way.sk, *way.projected}
    return tuple(name for name in pattern.needs if name not in held)


def _why(pattern: Pattern, table: TableContract) -> str:
    """Why none serves it, with the keys that were looked at."""
    keys = [(index.name, index.pk, index.sk) for index in table.indexes.values() if pattern.index in (None, index.name)]
    if pattern.index is None:
        keys.insert(0, ("the table", table.pk, table.sk))
    shown = []
    for name, pk, sk in keys:
        needs = sorted(
            {
                column
                for entity in table.entities.values()
                if pk in entity.attributes
                for column in own_inputs(entity.attributes[pk].value, entity.source_table)
            }
        )
        as_sort = sk is not None and any(
            sk in entity.attributes and _is_known(entity.attributes[sk], entity, {one.lower() for one in pattern.by})
            for entity in table.entities.values()
        )
        also = " (it is only the sort key there)" if as_sort else ""
        shown.append(f"{name} is read by {pk}, made of {', '.join(needs) or 'nothing known'}{also}")
    return "; ".join(shown)
