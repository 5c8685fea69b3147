"""A migration contract, whatever format it was written in: tables, indexes, entities, and where each attribute's value
comes from.

Plain data that ``load`` makes; everything else starts from it. SQL in it is parsed. Must not know formats or rows.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from msgspec import Struct

from ..expressions.nodes import Column, Comparison, Expression
from ..findings import Place

AttributeType: TypeAlias = Literal["S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"]
Projection: TypeAlias = Literal["ALL", "KEYS_ONLY", "INCLUDE"]
#: how the contract was written; see docs/mysql/contract.md
Format: TypeAlias = Literal["schema", "schema-list", "legacy", "fragment"]


# ── where values come from ───────────────────────────────────────────────────────────────────────────────────────────
class Hop(Struct, frozen=True):
    """A step to another table.

    Attributes:
        table: the table.
        alias: what expressions call it; the table's own name unless it is joined to itself.
        on: equalities, ``left`` a column of this table (qualified by the alias), ``right`` one of the row that it is
            looked up for (qualified by that table's name or alias), or a literal.
    """

    table: str
    alias: str
    on: tuple[Comparison, ...]


class FromColumn(Struct, frozen=True):
    """The value of a column of the entity's own row."""

    column: Column


class Lookup(Struct, frozen=True):
    """A value of one other row: self-join, foreign-key, multi-column, lookup-table, chain, conditional.

    Attributes:
        hops: the way there, one step or several.
        select: what is taken; expressions over the aliases of the hops and the own table.
        separator: joins several selected values, one of each hop, to a text; None where there is one.
        null_value: stands where nothing is found; None: nothing does.
        condition: where it is given and true, ``select`` is the value, else ``otherwise`` is.
        otherwise: see condition.
    """

    hops: tuple[Hop, ...]
    select: tuple[Expression, ...]
    separator: str | None = None
    null_value: str | None = None
    condition: Expression | None = None
    otherwise: Expression | None = None


class Construction(Struct, frozen=True):
    """Other rows, embedded: json-construction.

    Attributes:
        hop: the way there.
        shape: "array" for all rows, "object" for the one.
        outputs: name in the document to expression.
        limit: at most so many rows; None for all.
        order_by: column and whether it is descending; () is the order of the primary key.
        same_row: an object of the entity's own row (a join of the table with itself by its own key).
    """

    hop: Hop
    shape: Literal["array", "object"]
    outputs: tuple[tuple[str, Expression], ...]
    limit: int | None = None
    order_by: tuple[tuple[Column, bool], ...] = ()
    same_row: bool = False


class Aggregate(Struct, frozen=True):
    """SUM, COUNT, AVG, MIN or MAX of an expression over the rows of another table."""

    hop: Hop
    operation: Literal["SUM", "COUNT", "AVG", "MIN", "MAX"]
    operand: Expression


class Computed(Struct, frozen=True):
    """An expression over the own row: calculation "case"."""

    expression: Expression


class Formatted(Struct, frozen=True):
    """Text with columns in it: string-format, static, template, key templates.

    Attributes:
        parts: literal text and expressions, in their order.
    """

    parts: tuple[str | Expression, ...]


class Transformed(Struct, frozen=True):
    """A column's value in another form: date-format, number-format, json-parse.

    Attributes:
        kind: which.
        column: of the own row.
        format: of the result, as the contract writes it ("YYYY-MM-DD", "0.00"); None where there is none.
        source_format: what the column holds ("timestamp", "epoch", a format); None: its type tells.
    """

    kind: Literal["date-format", "number-format", "json-parse"]
    column: Column
    format: str | None = None
    source_format: str | None = None


class Recursive(Struct, frozen=True):
    """What follows a parent column up to the root; only an override can say it.

    Attributes:
        kind: "depth" (0 at the root) or "path" (names from the root to the row itself).
        parent: the column that names the parent row.
        name: the column that a path is made of; None for a depth.
        separator: between the names.
        includes_self: whether the path ends with the row's own name.
    """

    kind: Literal["depth", "path"]
    parent: str
    name: str | None = None
    separator: str = " > "
    includes_self: bool = True


class Undefined(Struct, frozen=True):
    """A value whose meaning the contract does not tell; a finding says why. Mapping refuses it by name."""

    reason: str


Value: TypeAlias = (
    FromColumn | Lookup | Construction | Aggregate | Computed | Formatted | Transformed | Recursive | Undefined
)


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────
class Attribute(Struct, frozen=True):
    """An attribute of an entity.

    Attributes:
        name, type: in DynamoDB.
        source_table, source_columns: as the contract names them.
        value: where it comes from.
        denormalized, justification: as the contract says.
        synthetic: made from a key template or a composite key's name; it does not stand in the contract.
        place: where in the contract.
    """

    name: str
    type: AttributeType
    source_table: str
    source_columns: tuple[str, ...]
    value: Value
    denormalized: bool = False
    justification: str | None = None
    synthetic: bool = False
    place: Place = Place()


class Index(Struct, frozen=True):
    """A global secondary index: its name, the names of its key attributes, and what it holds."""

    name: str
    pk: str
    sk: str | None = None
    projection: Projection = "ALL"
    projected: tuple[str, ...] = ()
    place: Place = Place()


class Entity(Struct, frozen=True):
    """A kind of item.

    Attributes:
        name: its entity_type; of a single-entity table the table's name.
        source_table: of whose rows one makes one item.
        attributes: by name, those of the keys among them.
        pk_template, sk_template: as written; None where there are none.
        place: where in the contract.
    """

    name: str
    source_table: str
    attributes: dict[str, Attribute]
    pk_template: str | None = None
    sk_template: str | None = None
    place: Place = Place()


class TableContract(Struct, frozen=True):
    """A table of DynamoDB.

    Attributes:
        name: its name.
        kind: "single-entity" or "multi-entity".
        pk, sk: the names of its key attributes; sk is None where there is none.
        indexes: by name.
        entities: by name.
        satisfies: the access patterns that the contract says it serves.
        estimated_item_bytes: as the contract says; None where it does not.
        place: where in the contract.
    """

    name: str
    kind: Literal["single-entity", "multi-entity"]
    pk: str
    sk: str | None
    indexes: dict[str, Index]
    entities: dict[str, Entity]
    satisfies: tuple[str, ...] = ()
    estimated_item_bytes: int | None = None
    place: Place = Place()

    def key_attributes(self) -> dict[str, AttributeType]:
        """Every key attribute of the table and its indexes, with its type: "S" where no entity has it."""
        names = [self.pk, self.sk, *(name for index in self.indexes.values() for name in (index.pk, index.sk))]
        found: dict[str, AttributeType] = {}
        for name in names:
            if name is not None and name not in found:
                holders = (one.attributes[name] for one in self.entities.values() if name in one.attributes)
                holder = next(holders, None)
                found[name] = "S" if holder is None else holder.type
        return found


class Contract(Struct, frozen=True):
    """A whole contract: its tables by name, and how it was written."""

    tables: dict[str, TableContract]
    format: Format


#: key types that DynamoDB has
KEY_TYPES: Final = frozenset({"S", "N", "B"})
