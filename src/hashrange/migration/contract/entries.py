"""Entries of a contract to tables of the model: table, indexes, entities and their attributes, in both formats and in
what stands between them.

Fields of one format in a file of the other are taken, and said. Must not know how values are read.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal, cast

from msgspec import Struct

from ..findings import Place
from .attributes import attribute_of, siblings_of
from .document import Node
from .fields import Fields, Shape
from .formats import is_legacy
from .keys import Keyed, TableKey, index_keys, table_key
from .loading import Loading, NotTold
from .model import Attribute, Entity, Format, Index, Projection, TableContract

_TABLE: Final = Shape(
    (
        "table", "type", "source_table", "pk", "sk", "gsis", "entities", "attributes", "satisfies",
        "estimated_item_size_bytes",
    ),
    {
        "table_name": "table", "name": "table", "partition_key": "pk", "sort_key": "sk", "indexes": "gsis",
        "global_secondary_indexes": "gsis", "access_patterns": "satisfies",
    },
)  # fmt: skip
_INDEX: Final = Shape(
    ("index_name", "pk", "sk", "projection", "projected_attributes"),
    {
        "name": "index_name", "partition_key": "pk", "sort_key": "sk", "projection_type": "projection",
        "non_key_attributes": "projected_attributes",
    },
)  # fmt: skip
_LEGACY_INDEX: Final = Shape(
    ("name", "pk", "sk", "projection", "projected_attributes"), {**_INDEX.synonyms, "index_name": "name"}
)
_ENTITY: Final = Shape(
    ("entity_type", "source_table", "pk_template", "sk_template", "attributes"),
    {"name": "entity_type", "entity": "entity_type", "type": "entity_type", "table": "source_table"},
)
_KINDS: Final = ("single-entity", "multi-entity", "Table", "GSI")
_PROJECTIONS: Final[tuple[Projection, ...]] = ("ALL", "KEYS_ONLY", "INCLUDE")


class _Part(Struct, frozen=True):
    """An entity, or what a single-entity table has of one."""

    name: str
    source_table: str
    attributes: list[Node]
    pk_template: Node | None
    sk_template: Node | None
    place: Place


def tables_of(entries: list[Node], format_: Format, loading: Loading) -> dict[str, TableContract]:
    """The tables of a contract's entries, by name."""
    found: dict[str, TableContract] = {}
    extra: list[Fields] = []
    for number, node in enumerate(entries):
        fields = Fields(node, loading, _TABLE, f"table {number + 1}")
        if not fields.found:
            if isinstance(node.value, dict):
                loading.error("missing-field", f"{fields.what} has no fields", fix="add table", at=node.place)
            continue
        if "type" in fields and fields["type"].value == "GSI":
            extra.append(fields)
            continue
        table = _table(fields, format_, loading)
        if table is not None and table.name in found:
            message = f"table {table.name} stands twice, first in line {found[table.name].place.line}"
            loading.error("duplicate-table", message, fix="merge the two, or rename one", at=node.place)
        elif table is not None:
            found[table.name] = table
    for fields in extra:
        _index_row(fields, found, loading)
    return found


def _index_row(fields: Fields, tables: dict[str, TableContract], loading: Loading) -> None:
    """A legacy row of type GSI, whose meaning nobody defined: it is redundant, or refused."""
    pk, sk = fields.optional_text("pk"), fields.optional_text("sk")
    name = fields.optional_text("table")
    same = any(
        index.pk == pk and index.sk == sk and name in (table.name, index.name)
        for table in tables.values()
        for index in table.indexes.values()
    )
    if same:
        message = f"this row of type GSI repeats an index of {name}"
        loading.warning("gsi-row", message, fix="take it away", at=fields.node.place)
        return
    message = f"this row of type GSI ({name}) is no index that a table lists: which table it is of is not said"
    loading.error("gsi-row", message, fix="list it among the gsis of its table", at=fields.node.place)


def _table(fields: Fields, format_: Format, loading: Loading) -> TableContract | None:
    try:
        name = fields.text("table", "name the table")
    except NotTold:
        return None
    fields.what = f"table {name}"
    legacy = is_legacy(fields.node)
    if format_ in ("schema", "schema-list") and legacy:
        message = f"{fields.what} has fields of the legacy format (a type Table, or a map of attributes)"
        fix = "type single-entity or multi-entity, and attributes as an array of objects with a name"
        loading.warning("mixed-format", message, fix=fix, at=fields.node.place)
    kind = _kind(fields, loading)
    parts = _parts(fields, kind, name, loading)
    pk, sk = _keys(fields, kind, loading)
    indexes = _indexes(fields, legacy, loading)
    read = [(part, _attributes(part, name, loading)) for part in parts]
    keyed = [
        Keyed(what=_what(part, name, kind), own=part.source_table, attributes=attributes, at=part.place)
        for part, attributes in read
    ]
    for entity, part in zip(keyed, parts, strict=True):
        keys = (TableKey(pk, fields.at("pk"), part.pk_template), TableKey(sk or "", fields.at("sk"), part.sk_template))
        _add_keys(entity, keys, loading)
    for index in indexes.values():
        for entity, attribute in index_keys(index, keyed, loading) if keyed else ():
            entity.attributes.setdefault(attribute.name, attribute)
    entities = {
        part.name: Entity(
            part.name, part.source_table, attributes, _text_of(part.pk_template), _text_of(part.sk_template), part.place
        )
        for part, attributes in read
    }  # fmt: skip
    return TableContract(
        name, kind, pk, sk, indexes, entities, _satisfies(fields, loading), _estimate(fields, loading),
        fields.node.place,
    )  # fmt: skip


def _add_keys(entity: Keyed, keys: tuple[TableKey, ...], loading: Loading) -> None:
    for key in keys:
        added = table_key(key, entity, loading) if key.name else None
        if added is not None:
            entity.attributes[added.name] = added


def _what(part: _Part, table: str, kind: str) -> str:
    return f"table {table}" if kind == "single-entity" else f"entity {part.name} of table {table}"


def _text_of(node: Node | None) -> str | None:
    return node.value if node is not None and isinstance(node.value, str) else None


def _kind(fields: Fields, loading: Loading) -> Literal["single-entity", "multi-entity"]:
    try:
        kind = fields.choice("type", _KINDS, {"single": "single-entity", "multi": "multi-entity"})
    except NotTold:
        kind = ""
    if kind == "Table":
        return "multi-entity" if "entities" in fields else "single-entity"
    if not kind:
        return "multi-entity" if "entities" in fields and "attributes" not in fields else "single-entity"
    return "multi-entity" if kind == "multi-entity" else "single-entity"


def _keys(fields: Fields, kind: str, loading: Loading) -> tuple[str, str | None]:
    pk, sk = fields.optional_text("pk"), fields.optional_text("sk")
    if pk is None and kind == "multi-entity":
        pk, sk = "PK", sk or "SK"
        message = f"{fields.what} does not name its keys; they are called PK and SK"
        loading.warning("keys-not-named", message, fix='add "pk": "PK", "sk": "SK"', at=fields.node.place)
    elif pk is None:
        if "pk" not in fields:
            message = f"{fields.what} has no pk"
            loading.error("missing-field", message, fix="name the attribute of its partition key", at=fields.node.place)
        pk = "PK"
    if sk is not None and sk == pk:
        message = f"pk and sk of {fields.what} are both {pk}"
        loading.error("same-key-twice", message, fix="name two attributes, or no sk", at=fields.at("sk"))
        sk = None
    return pk, sk


# ── entities and attributes ──────────────────────────────────────────────────────────────────────────────────────────
def _parts(fields: Fields, kind: str, name: str, loading: Loading) -> list[_Part]:
    single = kind == "single-entity"
    wanted, other = ("attributes", "entities") if single else ("entities", "attributes")
    if other in fields and fields[other].value not in ([], {}):
        message = f"{fields.what} is {kind} and has {other}, which do not count"
        loading.warning("other-kind", message, fix=f"use {wanted}, or another type", at=fields.at(other))
    if wanted not in fields:
        message = f"{fields.what} is {kind} and has no {wanted}"
        loading.error("missing-field", message, fix=f"add {wanted}", at=fields.node.place)
        return []
    if single:
        source = fields.optional_text("source_table")
        if source is None:
            message = f"{fields.what} has no source_table"
            loading.error("missing-field", message, fix="name the table of the source", at=fields.node.place)
            source = name.lower()
        nodes = _nodes(fields, "attributes", "name", loading)
        if not nodes:
            message = f"{fields.what} has no attributes"
            loading.error("missing-field", message, fix="add them", at=fields.at("attributes"))
        return [_Part(name, source, nodes, None, None, fields.node.place)]
    if "attributes" not in fields:
        message = (
            f"{fields.what} is of several entities and has no attributes of its own, which the public schema wants"
        )
        fix = 'nothing, unless other tools check it: then add "attributes": []'
        loading.warning("multi-without-attributes", message, fix=fix, at=fields.node.place)
    found: dict[str, _Part] = {}
    for number, node in enumerate(fields.parts("entities"), start=1):
        part = _entity(Fields(node, loading, _ENTITY, f"entity {number} of {fields.what}"), loading)
        if part is not None and part.name in found:
            message = f"entity {part.name} of {fields.what} stands twice"
            loading.error("duplicate-entity", message, fix="merge the two, or rename one", at=node.place)
        elif part is not None:
            found[part.name] = part
    if not found:
        loading.error("missing-field", f"{fields.what} has no entities", fix="add them", at=fields.at("entities"))
    return list(found.values())


def _entity(fields: Fields, loading: Loading) -> _Part | None:
    try:
        name = fields.text("entity_type", "name the kind of item")
        fields.what = f"entity {name}"
        source = fields.text("source_table", "name the table of the source")
    except NotTold:
        return None
    for template in ("pk_template", "sk_template"):
        if template in fields and not isinstance(fields[template].value, str):
            message = f"{fields.what}: {template} is {fields[template].kind}, not text"
            loading.error("wrong-type", message, fix="give text", at=fields.at(template))
    if "attributes" not in fields:
        loading.error("missing-field", f"{fields.what} has no attributes", fix="add them", at=fields.node.place)
    templates = [fields.found.get(one) if one in fields else None for one in ("pk_template", "sk_template")]
    nodes = _nodes(fields, "attributes", "name", loading)
    return _Part(name, source, nodes, templates[0], templates[1], fields.node.place)


def _nodes(fields: Fields, name: str, key: str, loading: Loading) -> list[Node]:
    """The parts of an array; of a map, each with its key as a member."""
    node = fields.found.get(name)
    if node is None or not isinstance(node.value, dict):
        return fields.parts(name)
    return [
        Node({key: Node(each, node.names[each]), **one.value}, one.place, {key: node.names[each], **one.names})
        if isinstance(one.value, dict)
        else one
        for each, one in node.value.items()
    ]


def _attributes(part: _Part, table: str, loading: Loading) -> dict[str, Attribute]:
    what = f"table {table}" if part.name == table else f"entity {part.name} of table {table}"
    siblings = siblings_of(part.attributes, what, part.source_table)
    found: dict[str, Attribute] = {}
    calculations: list[tuple[object, str]] = []
    for node in part.attributes:
        attribute = attribute_of(node, siblings, loading)
        if attribute is not None:
            _same_calculation(node, attribute, what, calculations, loading)
        if attribute is not None and attribute.name in found:
            message = f"attribute {attribute.name} of {what} stands twice"
            loading.error("duplicate-attribute", message, fix="take one of them away", at=node.place)
        elif attribute is not None:
            found[attribute.name] = attribute
    return found


def _same_calculation(
    node: Node, attribute: Attribute, what: str, seen: list[tuple[object, str]], loading: Loading
) -> None:
    """Two attributes with one calculation: the name of one of them promises something else."""
    calculation = node.value.get("calculation") if isinstance(node.value, dict) else None
    if calculation is None or calculation.value is None:
        return
    plain = calculation.plain()
    twin = next((name for one, name in seen if one == plain), None)
    if twin is not None:
        message = f"{attribute.name} and {twin} of {what} are calculated in the same way"
        fix = "one of them means something else: override it"
        loading.warning("same-calculation", message, fix=fix, at=calculation.place)
    seen.append((plain, attribute.name))


# ── indexes and the rest ─────────────────────────────────────────────────────────────────────────────────────────────
def _indexes(fields: Fields, legacy: bool, loading: Loading) -> dict[str, Index]:
    found: dict[str, Index] = {}
    for number, node in enumerate(_nodes(fields, "gsis", "name" if legacy else "index_name", loading), start=1):
        each = Fields(node, loading, _LEGACY_INDEX if legacy else _INDEX, f"index {number} of {fields.what}")
        try:
            name = each.text("name" if legacy else "index_name", "name the index")
            each.what = f"index {name} of {fields.what}"
            pk = each.text("pk", "name the attribute of its partition key")
        except NotTold:
            continue
        if name in found:
            loading.error("duplicate-index", f"{each.what} stands twice", fix="take one of them away", at=node.place)
            continue
        sk = each.optional_text("sk")
        if sk == pk:
            message = f"pk and sk of {each.what} are both {pk}"
            loading.error("same-key-twice", message, fix="name two attributes, or no sk", at=each.at("sk"))
            sk = None
        try:
            text = each.choice("projection", _PROJECTIONS) if "projection" in each else "ALL"
        except NotTold:
            text = "ALL"
        projection = cast("Projection", text)
        found[name] = Index(name, pk, sk, projection, each.texts("projected_attributes"), node.place)
    return found


def _satisfies(fields: Fields, loading: Loading) -> tuple[str, ...]:
    if "satisfies" not in fields:
        message = f"{fields.what} does not say which access patterns it satisfies"
        loading.warning("no-satisfies", message, fix='add "satisfies": ["AP1"]', at=fields.node.place)
    return fields.texts("satisfies")


def _estimate(fields: Fields, loading: Loading) -> int | None:
    if "estimated_item_size_bytes" not in fields:
        message = f"{fields.what} has no estimated_item_size_bytes"
        loading.warning("no-estimated-size", message, fix="add the average size of an item", at=fields.node.place)
        return None
    value = fields["estimated_item_size_bytes"].value
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and 0 < value < 10**9:
        return int(value)
    message = f"{fields.what}: estimated_item_size_bytes is no number of bytes"
    loading.error("wrong-type", message, fix="a number above 0", at=fields.at("estimated_item_size_bytes"))
    return None
