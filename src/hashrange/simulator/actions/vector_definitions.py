"""Vector indexes in requests about tables: their shapes, what can be wrong with one, and VectorIndexUpdates.

Shared by CreateTable, UpdateTable and RestoreTableFromBackup. The rules are those of the service's documentation; their
order among each other is a guess. Must not know the other members of a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ...limits import (
    ATTRIBUTE_NAME_MAX_BYTES,
    VECTOR_FILTERS_MAX_COUNT,
    VECTOR_INDEXES_MAX_COUNT,
    VECTOR_MAX_DIMENSIONS,
    VECTOR_PROJECTED_MAX_COUNT,
)
from .. import messages, table_messages, vector_messages
from ..errors import ApiError, validation
from ..shapes import INDEX_NAME, list_of, long, required, string, structure
from ..state.definitions import Keys, TableDefinition, VectorIndexDefinition
from . import schema_rules
from .index_updates import Circumstances
from .table_shapes import PROJECTION

_MEMBERS: Final = {
    "IndexName": required(INDEX_NAME),
    "VectorAttribute": required(structure("VectorAttributeDefinition", AttributeName=required(string(1, 255)))),
    "SearchSchema": list_of(
        structure(
            "SearchSchemaElement",
            AttributeName=required(string(max_length=ATTRIBUTE_NAME_MAX_BYTES)),
            SearchSchemaElementType=required(string(enum=("HASH", "INLINE_FILTER"))),
        ),
        1,
    ),
    "Projection": required(PROJECTION),
    "Dimensions": required(long(1)),
    "DistanceFunction": required(string(enum=("COSINE", "DOT_PRODUCT", "EUCLIDEAN"))),
}
VECTOR_INDEX: Final = structure("VectorIndex", **_MEMBERS)
VECTOR_INDEX_UPDATE: Final = structure(
    "VectorIndexUpdate",
    Create=structure("CreateVectorIndexAction", **_MEMBERS),
    Delete=structure("DeleteVectorIndexAction", IndexName=required(INDEX_NAME)),
)
_ACTIONS: Final = ("Create", "Delete")


# ── one index ────────────────────────────────────────────────────────────────────────────────────────────────────────
def names_of(requests: Iterable[Mapping[str, Any]]) -> list[str]:
    """The attributes of all search schemas, which must have definitions."""
    return [each["AttributeName"] for index in requests for each in index.get("SearchSchema") or ()]


def definition_of(request: Mapping[str, Any]) -> VectorIndexDefinition:
    """The definition of an index whose request has been checked."""
    schema = request.get("SearchSchema") or ()
    return VectorIndexDefinition(
        name=request["IndexName"],
        attribute=request["VectorAttribute"]["AttributeName"],
        dimensions=request["Dimensions"],
        distance=request["DistanceFunction"],
        schema=tuple((each["AttributeName"], each["SearchSchemaElementType"]) for each in schema),
        projection=request["Projection"]["ProjectionType"],
        non_key_attributes=tuple(sorted(request["Projection"].get("NonKeyAttributes") or ())),
    )


def _check(index: Mapping[str, Any]) -> None:
    """Refuse an index that no table could have."""
    attribute = index["VectorAttribute"]["AttributeName"]
    schema = index.get("SearchSchema") or ()
    names = schema_rules.names_of(schema)
    roles = [each["SearchSchemaElementType"] for each in schema]
    if index["Dimensions"] > VECTOR_MAX_DIMENSIONS:
        raise validation(vector_messages.too_many_dimensions(VECTOR_MAX_DIMENSIONS))
    for at, name in enumerate(names):
        if name in names[:at]:
            raise validation(vector_messages.schema_attribute_twice(name))
    if roles.count("HASH") > 1:
        raise validation(vector_messages.SEVERAL_HASH)
    if roles.count("INLINE_FILTER") > VECTOR_FILTERS_MAX_COUNT:
        raise validation(vector_messages.too_many_filters(VECTOR_FILTERS_MAX_COUNT))
    if attribute in names:
        raise validation(vector_messages.vector_in_schema(attribute))
    schema_rules.check_projection(index["Projection"])
    projected = 1 + roles.count("INLINE_FILTER") + len(index["Projection"].get("NonKeyAttributes") or ())
    if projected > VECTOR_PROJECTED_MAX_COUNT:
        raise validation(vector_messages.too_many_projected(VECTOR_PROJECTED_MAX_COUNT))


def _check_with_table(index: VectorIndexDefinition, keys: Keys, others: Iterable[VectorIndexDefinition]) -> None:
    """Refuse an index that does not fit its table and the table's other vector indexes."""
    if any(index.attribute == name for name, _ in keys):
        raise validation(vector_messages.vector_is_key(index.attribute))
    for other in others:
        if other.attribute == index.attribute and other.dimensions != index.dimensions:
            raise validation(vector_messages.other_dimensions(index.attribute))


# ── indexes of a new table ───────────────────────────────────────────────────────────────────────────────────────────
def new_indexes(
    requests: Sequence[Mapping[str, Any]] | None,
    definitions: Sequence[str],
    keys: Keys,
    taken: Iterable[str],
    *,
    on_demand: bool,
) -> dict[str, VectorIndexDefinition]:
    """The vector indexes of a table that is to be made.

    Args:
        definitions: the attributes that have a definition.
        keys: of the table.
        taken: the names of its other indexes.

    Raises:
        ApiError: ValidationException.
    """
    if requests is None:
        return {}
    if not requests:
        raise validation(table_messages.empty_list("VectorIndexes"))
    if not on_demand:
        raise validation(vector_messages.ONLY_ON_DEMAND)
    found: dict[str, VectorIndexDefinition] = {}
    for request in requests:
        if any(name not in definitions for name in names_of([request])):
            raise validation(vector_messages.SEARCH_SCHEMA_NOT_DEFINED)
        _check(request)
        index = definition_of(request)
        _check_with_table(index, keys, found.values())
        if index.name in found or index.name in taken:
            raise validation(table_messages.duplicate_index(index.name))
        found[index.name] = index
    if len(found) > VECTOR_INDEXES_MAX_COUNT:
        raise validation(vector_messages.too_many_vector_indexes(VECTOR_INDEXES_MAX_COUNT))
    return found


# ── VectorIndexUpdates ───────────────────────────────────────────────────────────────────────────────────────────────
def check_updates(updates: Sequence[Mapping[str, Any]]) -> None:
    """All that is wrong with updates whatever their table is."""
    for update in updates:
        given = [action for action in _ACTIONS if update.get(action) is not None]
        if not given:
            raise validation(vector_messages.NO_ACTION)
        if len(given) > 1:
            raise validation(vector_messages.SEVERAL_ACTIONS)
        if given == ["Create"]:
            _check(update["Create"])


def updated(
    request: Mapping[str, Any], table: TableDefinition, circumstances: Circumstances
) -> dict[str, VectorIndexDefinition]:
    """The vector indexes that a table will have after VectorIndexUpdates; one that goes is still there, DELETING.

    Raises:
        ApiError: the updates are not possible; nothing has changed.
    """
    found = dict(table.vector_indexes)
    for update in request.get("VectorIndexUpdates") or ():
        if update.get("Create") is not None:
            defined = {*schema_rules.names_of(request.get("AttributeDefinitions") or ()), *table.attribute_types}
            index = _created(update["Create"], table, defined, circumstances)
        else:
            index = _deleted(update["Delete"]["IndexName"], table, circumstances)
        found[index.name] = index
    if found and not circumstances.on_demand:
        raise validation(vector_messages.ONLY_ON_DEMAND)
    return found


def _created(
    request: Mapping[str, Any], table: TableDefinition, defined: set[str], circumstances: Circumstances
) -> VectorIndexDefinition:
    index = definition_of(request)
    if any(index.name == other.name for other in table.all_indexes):
        raise validation(table_messages.INDEX_EXISTS)
    if any(name not in defined for name, _ in index.schema):
        raise validation(vector_messages.SEARCH_SCHEMA_NOT_DEFINED)
    _check_with_table(index, table.keys, table.vector_indexes.values())
    if len(table.vector_indexes) >= VECTOR_INDEXES_MAX_COUNT:
        raise validation(vector_messages.too_many_vector_indexes(VECTOR_INDEXES_MAX_COUNT))
    return replace(index, status="CREATING", settles_at=circumstances.until, is_added=True)


def _deleted(name: str, table: TableDefinition, circumstances: Circumstances) -> VectorIndexDefinition:
    index = table.vector_indexes.get(name)
    if index is None:
        named = table_messages.index_not_found_2026(name, table.name)
        newest = circumstances.wording == "2026"
        raise ApiError("ResourceNotFoundException", named if newest else messages.RESOURCE_NOT_FOUND)
    if index.status == "DELETING":
        raise ApiError("ResourceInUseException", table_messages.index_in_use("deleted", table.name, name))
    return replace(index, status="DELETING", settles_at=circumstances.until)


# ── indexes of a restored table ──────────────────────────────────────────────────────────────────────────────────────
def restored(
    override: Sequence[Mapping[str, Any]] | None, source: TableDefinition, *, on_demand: bool
) -> dict[str, VectorIndexDefinition]:
    """The vector indexes of a table that is made from a backup: all that it had, or those that are asked for.

    Raises:
        ApiError: ValidationException.
    """
    recorded = {
        name: replace(index, status="ACTIVE", settles_at=None, is_added=False)
        for name, index in source.vector_indexes.items()
    }
    found = recorded
    if override is not None:
        found = {}
        for asked in override:
            _check(asked)
            index = definition_of(asked)
            if recorded.get(index.name) != index:
                raise validation(vector_messages.index_not_in_backup(index.name))
            found[index.name] = index
    if found and not on_demand:
        raise validation(vector_messages.ONLY_ON_DEMAND)
    return found
