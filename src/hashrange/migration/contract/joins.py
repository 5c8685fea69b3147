"""The seven kinds of joins, and the legacy one: from their fields to a ``Lookup`` or a ``Construction``.

Must not know how a step's sides are told apart (``hops``), nor attributes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ..expressions.nodes import Case, Column, Comparison, Expression, Literal
from ..expressions.parse import ExpressionError, parse_order_by
from .document import Node
from .fields import Fields, Shape
from .hops import SAME_ROW, Request, hop_of, self_join
from .loading import Loading
from .model import Computed, Construction, FromColumn, Hop, Lookup, Value
from .scope import Scope
from .trees import replaced

TYPES: Final = (
    "self-join", "foreign-key", "multi-column", "conditional", "chain", "lookup-table", "json-construction",
)  # fmt: skip
_FIELDS: Final = Shape(
    (
        "type", "target_table", "join_alias", "join_condition", "join_conditions", "select_column", "null_value",
        "condition", "else_value", "joins", "chain_separator", "construction", "local_column", "source_column",
    ),
    {"alias": "join_alias", "table": "target_table", "on": "join_condition", "separator": "chain_separator"},
)  # fmt: skip
_CONSTRUCTION: Final = Shape(("type", "select_columns", "limit", "order_by"))
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*\.[A-Za-z_]\w*")
_QUOTED: Final = re.compile(r"'(?:[^']|'')*'")


class Wanted(Struct, frozen=True):
    """What a join is read for.

    Attributes:
        what: the attribute, for messages.
        own: the entity's source table.
        source_table, source_columns: as the attribute names them.
    """

    what: str
    own: str
    source_table: str
    source_columns: tuple[str, ...]


def join_value(node: Node, wanted: Wanted, loading: Loading) -> Value:
    """The value that a join gives. Raises NotTold."""
    fields = Fields(node, loading, _FIELDS, f"the join of {wanted.what}")
    if "type" not in fields and "local_column" in fields:
        return _legacy(fields, wanted, loading)
    kind = fields.choice("type", TYPES, {"self": "self-join", "lookup": "lookup-table", "fk": "foreign-key"})
    return _READERS[kind](fields, wanted, loading)


def _legacy(fields: Fields, wanted: Wanted, loading: Loading) -> Value:
    """``{local_column, source_column}`` of the legacy format, whose target is the attribute's own source_table."""
    local, joined = fields.text("local_column"), fields.text("source_column")
    target, is_self = wanted.source_table, wanted.source_table.lower() == wanted.own.lower()
    if len(wanted.source_columns) != 1:
        loading.refuse("wrong-type", f"{wanted.what}: source_column is not one column", at=fields.node.place)
    alias = f"joined_{target}" if is_self else target
    on = Comparison("=", Column(joined, alias), Column(local, wanted.own))
    return Lookup((Hop(target, alias, (on,)),), (Column(wanted.source_columns[0], alias),))


# ── one step ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _single(fields: Fields, wanted: Wanted, loading: Loading) -> Value:
    """foreign-key, lookup-table, multi-column, self-join."""
    is_self = fields.text("type") == "self-join" or ("target_table" not in fields and "join_alias" in fields)
    target = wanted.own if is_self and "target_table" not in fields else fields.text("target_table")
    if is_self:
        fields.text("join_alias", "name the joined row, as in parent")
    condition = _conditions(fields, loading)
    select = loading.expression(fields.required("select_column"), "select_column")
    scope = Scope(loading, wanted.own)
    request = Request(
        target=target, alias=fields.optional_text("join_alias"), condition=condition, at=_at(fields).place,
        mentions=(select,), source_columns=wanted.source_columns,
    )  # fmt: skip
    hop = (self_join if is_self else hop_of)(request, scope, loading)
    place = fields["select_column"].place
    if hop == SAME_ROW:
        own = scope.qualified(select, bare=wanted.own, at=place, field="select_column")
        return FromColumn(own) if isinstance(own, Column) else Computed(own)
    assert isinstance(hop, Hop)
    select = scope.qualified(_of_joined(select, hop), bare=hop.alias, at=place, field="select_column")
    return Lookup((hop,), (select,), null_value=_null_value(fields))


def _of_joined(expression: Expression, hop: Hop) -> Expression:
    """Of a table joined to itself, what is selected by the table's name is meant of the joined row, where the alias
    was left out everywhere."""
    if not hop.alias.startswith("joined_"):
        return expression
    return replaced(
        expression,
        lambda one: Column(one.name, hop.alias) if one.table and one.table.lower() == hop.table.lower() else one,
    )


def _conditions(fields: Fields, loading: Loading) -> tuple[Comparison, ...]:
    if "join_conditions" in fields and "join_condition" not in fields:
        each = [loading.conditions(node, "join_conditions") for node in fields.parts("join_conditions")]
        return tuple(comparison for found in each for comparison in found)
    return loading.conditions(fields.required("join_condition"), "join_condition")


def _at(fields: Fields) -> Node:
    return fields["join_condition"] if "join_condition" in fields else fields["join_conditions"]


def _null_value(fields: Fields) -> str | None:
    if "null_value" not in fields:
        return None
    value = fields["null_value"].value
    if isinstance(value, str):
        return value[1:-1].replace("''", "'") if _QUOTED.fullmatch(value) else value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return fields.loading.refuse("wrong-type", f"null_value is {fields['null_value'].kind}", at=fields.at("null_value"))


# ── conditional ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _conditional(fields: Fields, wanted: Wanted, loading: Loading) -> Value:
    condition = loading.expression(fields.required("condition"), "condition")
    target = fields.text("target_table")
    conditions = _conditions(fields, loading)
    select = loading.expression(fields.required("select_column"), "select_column")
    scope = Scope(loading, wanted.own)
    otherwise = _else_mention(fields, loading)
    request = Request(
        target=target, alias=fields.optional_text("join_alias"), condition=conditions, at=_at(fields).place,
        mentions=(select, otherwise) if target.lower() == wanted.own.lower() else (select,),
        source_columns=wanted.source_columns,
    )  # fmt: skip
    hop = hop_of(request, scope, loading)
    bare = wanted.own if isinstance(hop, str) else hop.alias
    at = fields.at("condition")
    condition = scope.qualified(condition, bare=wanted.own, at=at, field="condition")
    select = scope.qualified(
        select if isinstance(hop, str) else _of_joined(select, hop),
        bare=bare, at=fields.at("select_column"), field="select_column",
    )  # fmt: skip
    otherwise = _else_value(fields, scope, bare, loading)
    if isinstance(hop, str):
        return Computed(Case(((condition, select),), otherwise))
    return Lookup((hop,), (select,), null_value=_null_value(fields), condition=condition, otherwise=otherwise)


def _else_mention(fields: Fields, loading: Loading) -> Expression:
    """What ``else_value`` is if it is a column; it may be the only place that tells an alias."""
    text = fields.required("else_value").value
    if isinstance(text, str) and _DOTTED.fullmatch(text.strip()):
        table, name = text.strip().split(".")
        return Column(name, table)
    return Literal(None)


def _else_value(fields: Fields, scope: Scope, bare: str, loading: Loading) -> Expression:
    """In quotation marks: text. table.column with a table or alias that is known: the column. Else text as it is."""
    node = fields.required("else_value")
    if not isinstance(node.value, str):
        is_number = isinstance(node.value, int | Decimal) and not isinstance(node.value, bool)
        return Literal(str(node.value)) if is_number else Literal(loading.text(node, "else_value"))
    text = node.value.strip()
    if text.startswith("'") or "(" in text:
        expression = loading.expression(node, "else_value")
        return scope.qualified(expression, bare=bare, at=node.place, field="else_value")
    if _DOTTED.fullmatch(text):
        table, name = text.split(".")
        if scope.alias(table) is not None:
            return Column(name, scope.alias(table))
        message = f"else_value {text} looks like a column, but {table} is neither a table joined here nor an alias"
        fix = f"declare the alias, or write '{text}' for the text"
        loading.mend("undeclared-alias", message, fix=fix, at=node.place)
    elif any(loading.has_column(table, text) for table in (scope.own, fields.text("target_table"))):
        message = f"else_value {text} is the name of a column, without its table"
        fix = f"write '{text}' for the text, or table.{text} for the column"
        loading.mend("else-value-ambiguous", message, fix=fix, at=node.place)
    return Literal(node.value)


# ── chain ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _chain(fields: Fields, wanted: Wanted, loading: Loading) -> Value:
    steps = fields.parts("joins")
    if not steps:
        loading.refuse("missing-field", f"{fields.what} has no joins", fix="add its steps", at=fields.node.place)
    scope, hops, selected = Scope(loading, wanted.own), list[Hop](), list[Expression]()
    shape = Shape(
        ("target_table", "join_alias", "join_condition", "join_conditions", "select_column"), {"alias": "join_alias"}
    )
    for number, node in enumerate(steps, start=1):
        step = Fields(node, loading, shape, f"step {number} of {fields.what}")
        select = loading.expression(step.required("select_column"), "select_column")
        request = Request(
            target=step.text("target_table"), alias=step.optional_text("join_alias"),
            condition=_conditions(step, loading), at=_at(step).place, mentions=(select,),
            source_columns=wanted.source_columns if number == 1 else (),
        )  # fmt: skip
        hop = hop_of(request, scope, loading)
        if isinstance(hop, str):
            message = f"step {number} of {fields.what} stays at the same row"
            loading.refuse("join-one-sided", message, fix="take the step away", at=_at(step).place)
        hops.append(hop)
        at = step.at("select_column")
        selected.append(scope.qualified(_of_joined(select, hop), bare=hop.alias, at=at, field="select_column"))
    separator = fields["chain_separator"].value if "chain_separator" in fields else None
    if separator is not None and not isinstance(separator, str):
        loading.refuse("wrong-type", "chain_separator is not text", fix="give text", at=fields.at("chain_separator"))
    taken = selected if separator is not None else selected[-1:]
    return Lookup(tuple(hops), tuple(taken), separator=separator, null_value=_null_value(fields))


# ── json-construction ────────────────────────────────────────────────────────────────────────────────────────────────
def _constructed(fields: Fields, wanted: Wanted, loading: Loading) -> Value:
    target = fields.text("target_table")
    conditions = _conditions(fields, loading)
    made = Fields(fields.required("construction"), loading, _CONSTRUCTION, f"the construction of {wanted.what}")
    shape = made.choice("type", ("array", "object"))
    columns = made.required("select_columns")
    if not isinstance(columns.value, dict) or not columns.value:
        message = f"select_columns of {wanted.what} is {columns.kind}, not an object with members"
        loading.refuse("wrong-type", message, fix='{"name": "table.column"}', at=columns.place)
    outputs = [(name, node, loading.expression(node, name)) for name, node in columns.value.items()]
    scope = Scope(loading, wanted.own)
    request = Request(
        target=target, alias=fields.optional_text("join_alias"), condition=conditions, at=_at(fields).place,
        mentions=tuple(one for _, _, one in outputs), source_columns=wanted.source_columns,
    )  # fmt: skip
    found = hop_of(request, scope, loading)
    if isinstance(found, str):
        on = tuple(Comparison("=", _owned(one.left, wanted), _owned(one.right, wanted)) for one in conditions)
        hop = Hop(wanted.own, wanted.own, on)
    else:
        hop = found
    _bare(outputs, hop, wanted, loading)
    qualified = tuple(
        (name, scope.qualified(_of_joined(one, hop), bare=hop.alias, at=node.place, field=name))
        for name, node, one in outputs
    )
    return Construction(
        hop, "object" if shape == "object" else "array", qualified, _limit(made), _order(made, hop, scope, loading),
        same_row=isinstance(found, str),
    )  # fmt: skip


def _owned(side: Expression, wanted: Wanted) -> Expression:
    return Column(side.name, wanted.own) if isinstance(side, Column) else side


def _bare(outputs: list[tuple[str, Node, Expression]], hop: Hop, wanted: Wanted, loading: Loading) -> None:
    """Say, once, which table columns without one are of."""
    bare = [one.name for _, _, one in outputs if isinstance(one, Column) and one.table is None]
    if bare:
        message = f"{wanted.what}: {', '.join(bare)} have no table; taken as columns of {hop.table}"
        fix = f"write {hop.alias}.{bare[0]}: a name may also be one of {wanted.own}, or a word that SQL reserves"
        loading.warning("bare-column", message, fix=fix, at=outputs[0][1].place)


def _limit(made: Fields) -> int | None:
    if "limit" not in made:
        return None
    value = made["limit"].value
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and value == int(value) and value > 0:
        return int(value)
    return made.loading.refuse(
        "wrong-type", "limit is not a whole number above 0", fix="limit: 100", at=made.at("limit")
    )


def _order(made: Fields, hop: Hop, scope: Scope, loading: Loading) -> tuple[tuple[Column, bool], ...]:
    if "order_by" not in made:
        return ()
    text = made.text("order_by")
    try:
        order = parse_order_by(text)
    except ExpressionError as error:
        fix = 'as in "order_lines.line_no DESC"'
        loading.refuse("expression", f"order_by {text[:60]!r}: {error.message}", fix=fix, at=made.at("order_by"))
    found = []
    for column, descending in order:
        one = scope.qualified(column, bare=hop.alias, at=made.at("order_by"), field="order_by")
        if not isinstance(one, Column) or one.table != hop.alias:
            message = f"order_by {text!r} is not by a column of {hop.alias}"
            loading.refuse("undeclared-name", message, fix=f"order by {hop.alias}.column", at=made.at("order_by"))
        found.append((one, descending))
    return tuple(found)


_READERS: Final[dict[str, Callable[[Fields, Wanted, Loading], Value]]] = {
    "self-join": _single,
    "foreign-key": _single,
    "multi-column": _single,
    "lookup-table": _single,
    "conditional": _conditional,
    "chain": _chain,
    "json-construction": _constructed,
}
