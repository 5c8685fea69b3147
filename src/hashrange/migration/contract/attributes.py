"""One attribute of an entity: its type, and the one of join, calculation and transformation that gives its value.

Must not know tables or keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal, cast, get_args

from msgspec import Struct

from ..expressions.nodes import Case, Column, Expression
from ..expressions.nodes import Literal as Constant
from .document import Node
from .fields import Fields, Shape
from .hops import Request, hop_of
from .joins import Wanted, join_value
from .loading import Loading, NotTold
from .model import (
    Aggregate,
    Attribute,
    AttributeType,
    Computed,
    Formatted,
    FromColumn,
    Transformed,
    Undefined,
    Value,
)
from .overrides import recursive
from .scope import Scope

_FIELDS: Final = Shape(
    (
        "name", "type", "source_table", "source_column", "join", "calculation", "transformation", "denormalized",
        "justification", "hook",
    ),
    {"attribute_name": "name", "source_columns": "source_column", "column": "source_column"},
)  # fmt: skip
_CALCULATION: Final = Shape(
    (
        "type", "target_table", "join_alias", "join_condition", "operation", "select_column", "cases", "else",
    ),
    {"alias": "join_alias", "function": "operation", "else_value": "else"},
)  # fmt: skip
_CASE: Final = Shape(("when", "then"))
_TRANSFORMATION: Final = Shape(("type", "format", "source_format", "value", "template"))
_TYPES: Final[tuple[AttributeType, ...]] = get_args(AttributeType)
_TYPE_WORDS: Final = {
    "string": "S", "text": "S", "number": "N", "numeric": "N", "integer": "N", "int": "N", "decimal": "N",
    "binary": "B", "map": "M", "object": "M", "list": "L", "array": "L", "boolean": "BOOL", "bool": "BOOL",
    "string set": "SS", "number set": "NS", "binary set": "BS",
}  # fmt: skip
_OPERATIONS: Final = ("SUM", "COUNT", "AVG", "MIN", "MAX")
_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z_]\w*)\}")


class Siblings(Struct, frozen=True):
    """What is known of an entity before its attributes are read.

    Attributes:
        what: the entity, for messages: "entity ORDER of table Users".
        own: its source table.
        plain: attributes that are just a column, with the column.
        columns: the columns that attributes name as their source, in lower case.
    """

    what: str
    own: str
    plain: dict[str, str]
    columns: frozenset[str]


def siblings_of(nodes: list[Node], what: str, own: str) -> Siblings:
    """What the attributes' nodes tell before they are read."""
    plain, columns = dict[str, str](), set[str]()
    for node in nodes:
        fields = node.value if isinstance(node.value, dict) else {}
        name, source = (fields[one].plain() if one in fields else None for one in ("name", "source_column"))
        listed = source if isinstance(source, list) else [source]
        columns.update(one.lower() for one in listed if isinstance(one, str))
        is_plain = not {"join", "calculation", "transformation"} & fields.keys()
        if isinstance(name, str) and isinstance(source, str) and is_plain:
            plain[name] = source
    return Siblings(what, own, plain, frozenset(columns))


def attribute_of(node: Node, siblings: Siblings, loading: Loading) -> Attribute | None:
    """The attribute; None, with an error, where it has no name."""
    fields = Fields(node, loading, _FIELDS, f"an attribute of {siblings.what}")
    try:
        name = fields.text("name")
    except NotTold:
        return None
    fields.what = f"attribute {name}"
    try:
        type_ = cast("AttributeType", fields.choice("type", _TYPES, _TYPE_WORDS))
    except NotTold:
        type_ = "S"
    source_table = fields.optional_text("source_table")
    if source_table is None:
        source_table = siblings.own
        if "source_table" not in fields:
            fix = f'add "source_table": "{siblings.own}"'
            loading.error("missing-field", f"{fields.what} has no source_table", fix=fix, at=node.place)
    columns = _source_columns(fields, siblings)
    loading.subject = fields.what
    try:
        value = _value(fields, siblings, source_table, columns, loading)
    except NotTold as error:
        value = Undefined(str(error))
    finally:
        loading.subject = ""
    denormalized, justification = fields.flag("denormalized"), fields.optional_text("justification")
    if denormalized and justification is None:
        message = f"{fields.what} is denormalized without a justification"
        loading.warning("no-justification", message, fix="add justification: what reads it", at=node.place)
    if denormalized and "join" not in fields and "calculation" not in fields:
        message = f"{fields.what} is said to be denormalized, but has no join"
        loading.warning(
            "denormalized-without-join", message, fix="take denormalized away", at=fields.at("denormalized")
        )
    return Attribute(name, type_, source_table, columns, value, denormalized, justification, False, node.place)


def _source_columns(fields: Fields, siblings: Siblings) -> tuple[str, ...]:
    if "source_column" not in fields:
        return ()
    node = fields["source_column"]
    return (
        fields.texts("source_column")
        if isinstance(node.value, list)
        else (fields.optional_text("source_column") or "",)
    )


# ── the value ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _value(fields: Fields, siblings: Siblings, source_table: str, columns: tuple[str, ...], loading: Loading) -> Value:
    if "hook" in fields:
        return recursive(fields["hook"], fields.what, loading)
    given = [one for one in ("join", "calculation", "transformation") if one in fields]
    if len(given) > 1:
        message = f"{fields.what} has {' and '.join(given)}: which of them counts is not said"
        loading.refuse("two-sources", message, fix="keep one of them", at=fields.at(given[1]))
    if not given:
        return _column(fields, siblings, source_table, columns, loading)
    if not columns:
        message = f"{fields.what} has no source_column"
        loading.warning("no-source-column", message, fix="add the column it is made of", at=fields.node.place)
    if given[0] == "join":
        wanted = Wanted(fields.what, siblings.own, source_table, columns)
        return join_value(fields["join"], wanted, loading)
    if given[0] == "calculation":
        return calculated(fields["calculation"], fields.what, siblings, columns, loading)
    return _transformed(fields["transformation"], fields.what, siblings, columns, loading)


def _column(fields: Fields, siblings: Siblings, source_table: str, columns: tuple[str, ...], loading: Loading) -> Value:
    column = fields.required("source_column", "add the column it comes from")
    if len(columns) != 1 or not columns[0]:
        message = f"{fields.what} has {len(columns)} columns and nothing that joins them"
        loading.refuse("several-columns", message, fix="add a string-format transformation", at=column.place)
    if source_table.lower() != siblings.own.lower():
        message = f"{fields.what} comes from {source_table}, but {siblings.what} is made of {siblings.own}"
        fix = f"add a join that leads from {siblings.own} to {source_table}"
        loading.refuse("other-table-without-join", message, fix=fix, at=fields.at("source_table"))
    return FromColumn(Column(columns[0], siblings.own))


# ── calculations ─────────────────────────────────────────────────────────────────────────────────────────────────────
def calculated(node: Node, what: str, siblings: Siblings, columns: tuple[str, ...], loading: Loading) -> Value:
    """The value that a calculation gives. Raises NotTold."""
    fields = Fields(node, loading, _CALCULATION, f"the calculation of {what}")
    kind = fields.choice("type", ("aggregate", "case", "concat", "date-math"))
    if kind == "aggregate":
        return _aggregate(fields, siblings, columns, loading)
    if kind == "case":
        return _case(fields, siblings, loading)
    message = f"{fields.what} is of type {kind}, which has no defined fields and so no defined meaning"
    fix = "use a string-format transformation with {column}" if kind == "concat" else "store the dates, and compute"
    return loading.refuse("calculation-undefined", message, fix=fix, at=fields.at("type"))


def _aggregate(fields: Fields, siblings: Siblings, columns: tuple[str, ...], loading: Loading) -> Value:
    operation: Literal["SUM", "COUNT", "AVG", "MIN", "MAX"] = fields.choice("operation", _OPERATIONS)  # type: ignore[assignment]
    condition = loading.conditions(fields.required("join_condition"), "join_condition")
    node = fields.required("select_column")
    counts_rows = operation == "COUNT" and isinstance(node.value, str) and node.value.strip() == "*"
    operand: Expression = Constant(1) if counts_rows else loading.expression(node, "select_column")
    scope = Scope(loading, siblings.own)
    request = Request(
        target=fields.text("target_table"), alias=fields.optional_text("join_alias"), condition=condition,
        at=fields.at("join_condition"), mentions=(operand,), source_columns=columns, counts=True,
    )  # fmt: skip
    hop = hop_of(request, scope, loading)
    if isinstance(hop, str):
        message = f"{fields.what} is over the row itself"
        loading.refuse("self-aggregate", message, fix="name the other rows by join_alias", at=request.at)
    operand = scope.qualified(operand, bare=hop.alias, at=node.place, field="select_column")
    return Aggregate(hop, operation, operand)


def _case(fields: Fields, siblings: Siblings, loading: Loading) -> Value:
    scope, branches = Scope(loading, siblings.own), list[tuple[Expression, Expression]]()

    def read(node: Node, name: str) -> Expression:
        if not isinstance(node.value, str) and not isinstance(node.value, dict | list) and node.value is not None:
            return Constant(node.value)
        expression = loading.expression(node, name)
        return scope.qualified(expression, bare=siblings.own, at=node.place, field=name)

    for number, node in enumerate(fields.parts("cases"), start=1):
        case = Fields(node, loading, _CASE, f"case {number} of {fields.what}")
        branches.append((read(case.required("when"), "when"), read(case.required("then"), "then")))
    if not branches:
        message = f"{fields.what} has no cases"
        loading.refuse("missing-field", message, fix='add [{"when": ..., "then": ...}]', at=fields.node.place)
    otherwise = read(fields["else"], "else") if "else" in fields else Constant(None)
    return Computed(Case(tuple(branches), otherwise))


# ── transformations ──────────────────────────────────────────────────────────────────────────────────────────────────
def _transformed(node: Node, what: str, siblings: Siblings, columns: tuple[str, ...], loading: Loading) -> Value:
    fields = Fields(node, loading, _TRANSFORMATION, f"the transformation of {what}")
    kinds = ("string-format", "date-format", "number-format", "json-parse", "static", "template")
    kind = fields.choice("type", kinds)
    if kind in ("static", "template"):
        message = f"{fields.what} is of type {kind}, which is no part of the format"
        loading.warning("transformation-extension", message, fix="use string-format", at=fields.at("type"))
        name = "value" if kind == "static" else "template"
        if kind == "static":
            return Formatted((fields.text(name),))
        return formatted(fields.required(name), fields.text(name), siblings, loading)
    if kind == "string-format":
        return formatted(fields.required("format"), fields.text("format"), siblings, loading)
    if len(columns) != 1:
        message = f"{fields.what} needs one source_column"
        loading.refuse("several-columns", message, fix="give the column", at=fields.node.place)
    of: Literal["date-format", "number-format", "json-parse"] = kind  # type: ignore[assignment]
    formats = fields.optional_text("format"), fields.optional_text("source_format")
    return Transformed(of, Column(columns[0], siblings.own), *formats)


def formatted(
    node: Node, text: str, siblings: Siblings, loading: Loading, resolve: Callable[[str], Expression] | None = None
) -> Formatted:
    """A format with ``{name}`` in it.

    Args:
        resolve: what a name stands for; None: a column of the own table, or of an attribute that is one.

    Raises:
        NotTold: it cannot be told.
    """
    parts: list[str | Expression] = []
    for number, part in enumerate(_PLACEHOLDER.split(text)):
        if number % 2:
            parts.append(_placeholder(part, node, siblings, loading) if resolve is None else resolve(part))
        elif "{" in part or "}" in part:
            message = f"{text!r}: a brace that is not around the name of a column"
            loading.refuse("format-braces", message, fix="{column}, with letters, digits and _", at=node.place)
        elif part:
            parts.append(part)
    return Formatted(tuple(parts))


def _placeholder(name: str, node: Node, siblings: Siblings, loading: Loading) -> Expression:
    """The column that a name in a format is; the format's names are columns, not attributes."""
    known = loading.has_column(siblings.own, name)
    column = siblings.plain.get(name)
    is_other = column is not None and column.lower() != name.lower()
    if known is not True and is_other and (known is False or name.lower() not in siblings.columns):
        message = f"{{{name}}} is an attribute; a format names columns of {siblings.own}"
        loading.mend(
            "format-names-attribute", message, fix=f"write {{{column}}}", at=node.place, how=f"taken for {column}"
        )
        return Column(column or name, siblings.own)
    return Column(name, siblings.own)
