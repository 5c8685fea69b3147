"""Literals of statements → attribute values, in their normal form.

Within lists and tuples only literals may stand. Must not know requests: a parameter is replaced where it stands alone.
"""

from __future__ import annotations

import re
from typing import Final

from ...limits import NESTING_MAX_LEVELS
from .. import messages, partiql_messages
from ..values import AttributeValue, InvalidValue, canonical
from . import ast
from .fault import StatementFault
from .lexer import At

#: how deep a literal may be: it becomes an attribute
_LEVELS_MAX: Final = NESTING_MAX_LEVELS
_ION_KINDS: Final = (
    (r"[+-]?[0-9_]+", "INT"),
    (r"[+-]?[0-9_]+(\.[0-9_]*)?([dD][+-]?[0-9]+)?", "DECIMAL"),
    (r"[+-]?[0-9_.]+[eE][+-]?[0-9]+|nan|[+-]inf", "FLOAT"),
    (r"[0-9]{4}(T|-.*)", "TIMESTAMP"),
    (r'".*"|\'\'\'.*\'\'\'', "STRING"),
    (r"true|false", "BOOL"),
    (r"null(\..*)?", "NULL"),
    (r"\{\{\s*[\"'].*\}\}", "CLOB"),
    (r"\{\{.*\}\}", "BLOB"),
    (r"\{.*\}", "STRUCT"),
    (r"\[.*\]", "LIST"),
    (r"\(.*\)", "SEXP"),
)
_KINDS: Final = {ast.Parameter: "Parameter", ast.Name: "VariableReference", ast.Path: "PATH", ast.Select: "SELECT"}
_BOOLEANS: Final = {"true": True, "false": False}


def literal(node: ast.Expression, key: str = "root", level: int = 1) -> AttributeValue:
    """The value of a literal.

    Args:
        key: where it stands in the outermost one, for messages.

    Raises:
        StatementFault: it is none, or DynamoDB has no such value.
    """
    if level > _LEVELS_MAX:
        raise StatementFault(partiql_messages.NESTING)
    match node:
        case ast.Text(value):
            return {"S": value}
        case ast.Number(text):
            return checked({"N": text})
        case ast.Word("null"):
            return {"NULL": True}
        case ast.Word(("true" | "false") as word):
            return {"BOOL": _BOOLEANS[word]}
        case ast.Sequence(items, _, is_bag):
            return _set(node) if is_bag else {"L": _elements(items, key, level)}
        case ast.Tuple():
            return {"M": members(node, key, level)}
        case ast.Call("list", operands):
            return {"L": _elements(operands, key, level)}
        case ast.Ion(text, at):
            raise StatementFault(partiql_messages.ion_literal(_ion_kind(text), key.partition(".")[0], at))
    raise StatementFault(partiql_messages.unsupported_data(_kind(node, level), key, node.at))


def checked(value: AttributeValue) -> AttributeValue:
    """A value in its normal form. Raises as ``literal``."""
    try:
        return canonical(value)
    except InvalidValue as invalid:
        raise StatementFault(invalid.text) from None


def _elements(items: tuple[ast.Expression, ...], key: str, level: int) -> list[AttributeValue]:
    return [literal(item, f"{key}.{at}", level + 1) for at, item in enumerate(items)]


def members(node: ast.Tuple, key: str = "root", level: int = 1) -> dict[str, AttributeValue]:
    """The members of a tuple. Raises as ``literal``."""
    found: dict[str, AttributeValue] = {}
    for name, value in named(node, key, at=node.at):
        found[name] = literal(value, f"{key}.{name}", level + 1)
    return found


def named(node: ast.Tuple, key: str = "root", at: At | None = None) -> list[tuple[str, ast.Expression]]:
    """The members of a tuple by name.

    Args:
        at: where a message about a name that comes twice shows; None for where it comes again.

    Raises:
        StatementFault: a name is no text, empty, or comes twice.
    """
    found: dict[str, ast.Expression] = {}
    for name, value in node.members:
        if not isinstance(name, ast.Text):
            kind = _KINDS.get(type(name), "Literal")
            raise StatementFault(partiql_messages.key_type(kind, key, name.at))
        if not name.value:
            raise StatementFault(partiql_messages.PATH_EMPTY)
        if name.value in found:
            raise StatementFault(partiql_messages.key_twice(name.value, key, at or name.at))
        found[name.value] = value
    return list(found.items())


def _set(node: ast.Sequence) -> AttributeValue:
    if not node.items:
        raise StatementFault(partiql_messages.empty_bag(node.at))
    wanted = type(node.items[0])
    for item in node.items:
        if type(item) is not wanted or not isinstance(item, ast.Text | ast.Number):
            raise StatementFault(partiql_messages.mixed_bag(item.at))
    if wanted is ast.Number:
        return checked({"NS": [item.text for item in node.items if isinstance(item, ast.Number)]})
    texts = [item.value for item in node.items if isinstance(item, ast.Text)]
    if len(set(texts)) < len(texts):
        raise StatementFault(messages.DUPLICATES_IN_NUMBERS)  # of texts PartiQL says no more
    return checked({"SS": texts})


def _kind(node: ast.Expression, level: int) -> str:
    match node:
        case ast.Name(text) if level == 1:
            return text
        case ast.Operation(operator):
            return operator
        case ast.TypeTest(negated=negated):
            return "is_not" if negated else "is"
        case ast.Call(function):
            return function
        case ast.Word(word):
            return word.upper()
        case ast.Foreign(token):
            return token
    return _KINDS.get(type(node), "UNKNOWN")


def _ion_kind(text: str) -> str:
    for pattern, kind in _ION_KINDS:
        if re.fullmatch(pattern, text.strip(), re.DOTALL):
            return kind
    return "SYMBOL"
