"""Text → statements as DynamoDB understands them, with places for parameters; and these filled in.

Everything that can be wrong with a statement without looking at a table is found here, and what is known of a text
alone is kept. Must not know tables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

from msgspec import Struct

from ...limits import TABLE_NAME_MAX_CHARS, TABLE_NAME_MIN_CHARS
from .. import partiql_messages
from ..errors import validation
from ..shapes import NAME_PATTERN, is_table_arn
from ..values import AttributeValue, InvalidValue, Item, canonical
from . import ast
from .conditions import translate_where
from .fault import StatementFault
from .parser import parse
from .projections import Projection, translate_projection
from .template import Allocator, Values, Where, parameter
from .updates import Changes, translate_changes
from .values import literal, named

_COMPILED_MAX_COUNT: Final = 1024  # statements that are kept, with what is wrong with them
_COMPILED_MAX_CHARS: Final = 2048  # longer ones are translated anew, so that what is kept stays small
_TABLE_NAME: Final = re.compile(f"{NAME_PATTERN[:-1]}{{{TABLE_NAME_MIN_CHARS},{TABLE_NAME_MAX_CHARS}}}").fullmatch
#: what an expression is called that is no statement
_KINDS: Final = {
    ast.Name: "VariableReference",
    ast.Path: "Path",
    ast.Parameter: "Parameter",
    ast.Sequence: "Seq",
    ast.Tuple: "Struct",
    ast.Text: "Literal",
    ast.Number: "Literal",
    ast.Word: "Literal",
    ast.Ion: "Literal",
    ast.Foreign: "VariableReference",
}


class SortKey(Struct, frozen=True):
    """One key of ORDER BY."""

    name: str
    descending: bool


class Select(Struct, frozen=True):
    """``order`` is ORDER BY; ``projection`` is None for all attributes."""

    table: str
    index: str | None
    projection: Projection | None
    where: Where | None
    order: tuple[SortKey, ...]


class Insert(Struct, frozen=True):
    """``item``: attribute to its value, or to the placeholder of a parameter."""

    table: str
    item: Mapping[str, AttributeValue | str]


class Update(Struct, frozen=True):
    """``returning`` as ``all_old``; None without RETURNING."""

    table: str
    changes: Changes
    where: Where | None
    returning: str | None


class Delete(Struct, frozen=True):
    table: str
    where: Where | None
    returning: str | None


class Exists(Struct, frozen=True):
    """EXISTS(SELECT …)."""

    select: Select


class NoStatement(Struct, frozen=True):
    """What is no statement of DynamoDB; ``kind`` as messages call it, empty for an operation or function."""

    kind: str


Statement: TypeAlias = "Select | Insert | Update | Delete | Exists | NoStatement"


class Compiled(Struct, frozen=True):
    """A statement with its names and literals; ``parameters`` are the placeholders of those that it wants."""

    statement: Statement
    names: Mapping[str, str]
    literals: Values
    parameters: tuple[str, ...]


class Bound(Struct, frozen=True):
    """A statement with its names and all its values."""

    statement: Statement
    names: Mapping[str, str]
    values: Values

    @property
    def is_read(self) -> bool:
        return isinstance(self.statement, Select)


def bind(text: str, parameters: Sequence[dict[str, Any]] | None) -> Bound:
    """A statement filled with its parameters.

    Raises:
        StatementFault: it is none, or they do not fit.
        ApiError: a parameter is no value.
    """
    compiled = compile_statement(text)
    given = parameters or ()
    if len(given) != len(compiled.parameters):
        raise StatementFault(partiql_messages.PARAMETERS_MISMATCH)
    if not given:
        return Bound(compiled.statement, compiled.names, compiled.literals)
    values = dict(compiled.literals)
    try:
        for placeholder, value in zip(compiled.parameters, given, strict=True):
            values[placeholder] = canonical(value)
    except InvalidValue as invalid:
        raise validation(invalid.text) from None
    return Bound(compiled.statement, compiled.names, values)


def filled(insert: Insert, values: Values) -> Item:
    """The item of an INSERT."""
    return {name: values[value] if isinstance(value, str) else value for name, value in insert.item.items()}


def compile_statement(text: str) -> Compiled:
    """A statement without its parameters. Raises as ``bind``."""
    found = _kept(text) if len(text) <= _COMPILED_MAX_CHARS else _compiled(text)
    if isinstance(found, StatementFault):
        raise found.again()
    return found


def _compiled(text: str) -> Compiled | StatementFault:
    try:
        parsed = parse(text)
        allocator = Allocator()
        statement = _translated(parsed.statement, allocator)
    except StatementFault as fault:
        return fault
    placeholders = tuple(map(parameter, range(parsed.parameters)))
    return Compiled(statement, allocator.names, allocator.literals, placeholders)


_kept = lru_cache(maxsize=_COMPILED_MAX_COUNT)(_compiled)


def _translated(node: ast.Statement, allocator: Allocator) -> Statement:
    match node:
        case ast.Select():
            return _select(node, allocator)
        case ast.Insert():
            return _insert(node, allocator)
        case ast.Update(source, assignments, where, returning):
            table = _written_table(source)
            changes = translate_changes(assignments, allocator)
            return Update(table, changes, _where(where, allocator), _returning(returning))
        case ast.Delete(source, where, returning):
            image = _returning(returning)
            if image not in (None, "all_old"):
                raise StatementFault(partiql_messages.returning_of_delete(str(image).upper().replace("_", " ")))
            return Delete(_written_table(source), _where(where, allocator), image)
        case ast.Definition(kind):
            return NoStatement(kind)
        case ast.Call("exists", (ast.Select() as select,)):
            return Exists(_select(select, allocator))
    return NoStatement(_KINDS.get(type(node), ""))


def _where(node: ast.Expression | None, allocator: Allocator) -> Where | None:
    return None if node is None else translate_where(node, allocator)


# ── SELECT ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _select(node: ast.Select, allocator: Allocator) -> Select:
    if node.other is not None:
        raise StatementFault(partiql_messages.unsupported_clause(*node.other))
    names = _source_names(node.source)
    projection = translate_projection(node)
    where = _where(node.where, allocator)
    if node.order and where is None:
        raise StatementFault(partiql_messages.ORDER_WITHOUT_WHERE)
    order = tuple(_sort_key(key) for key in node.order)
    return Select(names[0], names[1] if len(names) > 1 else None, projection, where, order)


def _sort_key(key: ast.SortKey) -> SortKey:
    match key.expression:
        case ast.Name(text):
            return SortKey(text, key.descending)
        case ast.Path():
            kind = "PATH"
        case ast.Text(text) | ast.Number(text):
            kind = text
        case other:
            kind = _KINDS.get(type(other), "NARY")
    raise StatementFault(partiql_messages.order_by_expression(kind))


def _source_names(source: ast.Source) -> list[str]:
    """A table's name, and perhaps an index's."""
    if source.is_several:
        raise StatementFault(partiql_messages.FROM_SEVERAL)
    if source.has_alias:
        raise StatementFault(partiql_messages.ALIASING)
    match source.expression:
        case ast.Name(text):
            names = [text]
        case ast.Path(ast.Name(text), steps) if all(isinstance(step.to, str) and not step.is_star for step in steps):
            names = [text, *(str(step.to) for step in steps)]
        case _:
            raise StatementFault(partiql_messages.FROM_UNEXPECTED)
    if not all(names):
        raise StatementFault(partiql_messages.PATH_EMPTY)
    if len(names) > 2:
        raise StatementFault(partiql_messages.FROM_PATH_TOO_LONG)
    table = names[0]
    if not _TABLE_NAME(table) and not is_table_arn(table):
        raise StatementFault(partiql_messages.TABLE_NAME)
    return names


# ── writes ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _written_table(source: ast.Source) -> str:
    names = _source_names(source)
    if len(names) > 1:
        raise StatementFault(partiql_messages.NOT_ON_INDEX)
    return names[0]


def _returning(node: ast.Returning | None) -> str | None:
    if node is None:
        return None
    image, *others = node.images
    if others:
        raise StatementFault(partiql_messages.RETURNING_SEVERAL)
    if not node.is_star:
        raise StatementFault(partiql_messages.RETURNING_WITHOUT_STAR)
    return image


def _insert(node: ast.Insert, allocator: Allocator) -> Statement:
    if not node.has_value_word:
        return NoStatement("InsertOp")
    if node.has_position:
        raise StatementFault(partiql_messages.insert_position(node.at))
    if node.has_conflict:
        raise StatementFault(partiql_messages.unsupported_clause("ON CONFLICT", None))
    if node.returning is not None:
        raise StatementFault(partiql_messages.INSERT_RETURNING)
    names = _source_names(node.source)
    if len(names) > 1:
        raise StatementFault(partiql_messages.FROM_OF_WRITE)
    if not isinstance(node.value, ast.Tuple):
        raise StatementFault(partiql_messages.insert_format(node.value.at))
    item: dict[str, AttributeValue | str] = {}
    for name, value in named(node.value):
        item[name] = parameter(value.number) if isinstance(value, ast.Parameter) else literal(value)
    return Insert(names[0], item)
