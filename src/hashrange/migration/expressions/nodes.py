"""The SQL expressions that a contract may contain, as a tree.

Conditions, selected columns and cases are written in a small subset of SQL: columns, literals, CONCAT, arithmetic,
comparisons, AND/OR/NOT, IS [NOT] NULL, CASE. ``parse`` makes these nodes out of text, ``evaluate`` computes them with
SQL's NULL; nothing is ever handed to a database as text. Must not know contracts or rows.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal as OneOf
from typing import TypeAlias

from msgspec import Struct


class Column(Struct, frozen=True):
    """A column: ``price``, or ``products.price`` where ``table`` is a table's name or an alias."""

    name: str
    table: str | None = None


class Literal(Struct, frozen=True):
    """Text, a number, a truth value, or NULL."""

    value: str | int | Decimal | bool | None


class Concat(Struct, frozen=True):
    """CONCAT(a, b, ...): NULL if one of them is."""

    parts: tuple[Expression, ...]


class Arithmetic(Struct, frozen=True):
    """Exact, of decimals; a division by zero is NULL."""

    operator: OneOf["+", "-", "*", "/"]
    left: Expression
    right: Expression


class Comparison(Struct, frozen=True):
    """NULL if one side is."""

    operator: OneOf["=", "<>", "<", "<=", ">", ">="]
    left: Expression
    right: Expression


class Logic(Struct, frozen=True):
    """AND, OR, in SQL's three values."""

    operator: OneOf["AND", "OR"]
    parts: tuple[Expression, ...]


class Not(Struct, frozen=True):
    """NOT; of NULL it is NULL."""

    operand: Expression


class IsNull(Struct, frozen=True):
    """IS NULL, and IS NOT NULL where ``negated``."""

    operand: Expression
    negated: bool = False


class Case(Struct, frozen=True):
    """CASE WHEN condition THEN value ... ELSE otherwise END; the first condition that is true."""

    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression = Literal(None)


Expression: TypeAlias = "Column | Literal | Concat | Arithmetic | Comparison | Logic | Not | IsNull | Case"
