"""Contracts of one entity, built of the model's own objects, and their mappings: for tests that need just one thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hashrange.migration.contract.model import (
    Attribute,
    AttributeType,
    Contract,
    Entity,
    Formatted,
    FromColumn,
    Hop,
    Index,
    TableContract,
    Value,
)
from hashrange.migration.conventions import DEFAULT, Conventions
from hashrange.migration.expressions.nodes import Column, Expression
from hashrange.migration.expressions.parse import parse, parse_conditions
from hashrange.migration.mapping.entity import EntityMapping, mappings
from hashrange.migration.mapping.fields import Row
from hashrange.migration.source.ddl import parse_ddl
from hashrange.migration.source.schema import NO_SCHEMA, SourceSchema

#: attribute to its type and what it holds: a column's name, or a value of the model
Attributes = Mapping[str, tuple[AttributeType, "Value | str"]]


def schema_of(*declarations: str) -> SourceSchema:
    """The schema of ``CREATE TABLE`` statements, or of the columns of a table ``things`` with a key ``id``."""
    texts = [
        one if one.upper().startswith("CREATE") else f"CREATE TABLE things (id INT NOT NULL PRIMARY KEY, {one})"
        for one in declarations
    ]
    return parse_ddl(";\n".join(texts))


def formatted(text: str) -> Formatted:
    """``"ORDER#{id}"`` as string-format means it."""
    parts: list[str | Expression] = []
    for number, piece in enumerate(text.replace("}", "{").split("{")):
        if number % 2:
            parts.append(parse(piece))
        elif piece:
            parts.append(piece)
    return Formatted(tuple(parts))


def hop(table: str, on: str, alias: str | None = None) -> Hop:
    """A step to another table: ``hop("users", "users.id = things.user_id")``."""
    return Hop(table, alias or table, parse_conditions(on))


def entity(
    name: str,
    source_table: str,
    attributes: Attributes,
    *,
    pk_template: str | None = None,
    sk_template: str | None = None,
) -> Entity:
    """An entity of these attributes."""
    made = {
        key: Attribute(
            key,
            type_,
            source_table,
            (value,) if isinstance(value, str) else (),
            FromColumn(Column(value)) if isinstance(value, str) else value,
        )
        for key, (type_, value) in attributes.items()
    }
    return Entity(name, source_table, made, pk_template, sk_template)


def contract_of(
    *entities: Entity, pk: str = "PK", sk: str | None = "SK", indexes: tuple[Index, ...] = (), table: str = "Things"
) -> Contract:
    """A contract of one table of these entities."""
    declared = TableContract(
        table,
        "single-entity" if len(entities) == 1 else "multi-entity",
        pk,
        sk,
        {one.name: one for one in indexes},
        {one.name: one for one in entities},
    )
    return Contract({table: declared}, "schema")


def mapping_of(
    attributes: Attributes,
    schema: SourceSchema = NO_SCHEMA,
    *,
    keys: bool = True,
    indexes: tuple[Index, ...] = (),
    conventions: Conventions = DEFAULT,
    **templates: Any,
) -> EntityMapping:
    """The mapping of one entity of the table ``things``; ``keys``: PK is made of the column ``id``, there is no SK."""
    every: Attributes = {"PK": ("S", formatted("T#{id}")), **attributes} if keys else attributes
    sk = "SK" if "SK" in every else None
    contract = contract_of(entity("THING", "things", every, **templates), sk=sk, indexes=indexes)
    (found,) = mappings(contract, schema=schema, conventions=conventions)
    return found


def column_mapping(
    declared: str, type_: AttributeType, *, conventions: Conventions = DEFAULT, value: Value | str = "v"
) -> EntityMapping:
    """The mapping of one column ``v`` to one attribute ``A``: ``column_mapping("DECIMAL(10,2)", "N")``."""
    return mapping_of({"A": (type_, value)}, schema_of(f"v {declared}"), conventions=conventions)


def row(**own: Any) -> Row:
    """A row of ``things`` with the id 1."""
    return Row({"id": 1, **own})
