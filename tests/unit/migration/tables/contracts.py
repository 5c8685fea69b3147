"""A contract with every kind of table and index, as the loader would give it."""

from __future__ import annotations

from hashrange.migration.contract.model import (
    Attribute,
    AttributeType,
    Contract,
    Entity,
    FromColumn,
    Index,
    TableContract,
)
from hashrange.migration.expressions.nodes import Column


def attribute(name: str, kind: AttributeType = "S") -> Attribute:
    return Attribute(name, kind, "orders", (name,), FromColumn(Column(name)))


def table(name: str = "Orders", *, indexes: tuple[Index, ...] = (), sk: str | None = "SK") -> TableContract:
    attributes = {one: attribute(one) for one in ("PK", "SK", "GSI1PK", "GSI1SK")} | {"total": attribute("total", "N")}
    return TableContract(
        name, "single-entity", "PK", sk, {one.name: one for one in indexes}, {name: Entity(name, "orders", attributes)}
    )


BY_STATUS = Index("GSI1", "GSI1PK", "GSI1SK", "INCLUDE", ("status", "placed_at"))
BY_TOTAL = Index("by.total-2", "total", None, "KEYS_ONLY")


def contract(*tables: TableContract) -> Contract:
    return Contract({one.name: one for one in tables}, "schema")


SHOP = contract(table(indexes=(BY_STATUS, BY_TOTAL)), table("Sessions", sk=None))
