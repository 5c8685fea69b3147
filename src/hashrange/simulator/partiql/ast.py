"""What statements say, as frozen nodes. Every expression knows where it stands, for messages.

Nothing is checked here but the grammar: whether DynamoDB can do it, ``conditions`` and the other translators find out.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from .lexer import At


# ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────────
class Name(Struct, frozen=True):
    text: str
    at: At


class Step(Struct, frozen=True):
    """A step of a path: ``.name``, ``[expression]``, ``.*`` or ``[*]``; the last two are their sign."""

    to: str | Expression
    at: At
    is_bracket: bool = False
    is_star: bool = False


class Path(Struct, frozen=True):
    root: Expression
    steps: tuple[Step, ...]
    at: At


class Text(Struct, frozen=True):
    value: str
    at: At


class Number(Struct, frozen=True):
    """``text`` may have a sign before it."""

    text: str
    at: At


class Word(Struct, frozen=True):
    """``true``, ``false``, ``null`` or ``missing``."""

    word: str
    at: At


class Ion(Struct, frozen=True):
    """A literal of Ion: ``text`` stands within backticks."""

    text: str
    at: At


class Parameter(Struct, frozen=True):
    """``?``, counted from 0."""

    number: int
    at: At


class Sequence(Struct, frozen=True):
    """A list, or a bag."""

    items: tuple[Expression, ...]
    at: At
    is_bag: bool = False


class Tuple(Struct, frozen=True):
    """``{'name': value}``."""

    members: tuple[tuple[Expression, Expression], ...]
    at: At


class Operation(Struct, frozen=True):
    """An operator with one to three operands."""

    operator: str
    operands: tuple[Expression, ...]
    at: At


class TypeTest(Struct, frozen=True):
    """IS, or IS NOT; ``type`` as messages call it."""

    subject: Expression
    type: str
    negated: bool
    at: At


class Call(Struct, frozen=True):
    """A function; its name in small letters."""

    function: str
    operands: tuple[Expression, ...]
    at: At


class Foreign(Struct, frozen=True):
    """PartiQL that DynamoDB does not have: CASE, CAST, COUNT …; ``token`` as messages call it."""

    token: str
    at: At


Expression: TypeAlias = """
    Name | Path | Text | Number | Word | Ion | Parameter | Sequence | Tuple | Operation | TypeTest | Call | Foreign |
    Select
"""


# ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────────
class Source(Struct, frozen=True):
    """What stands after FROM, UPDATE or INTO; ``is_several``: more than one thing does."""

    expression: Expression
    has_alias: bool = False
    is_several: bool = False


class Projected(Struct, frozen=True):
    expression: Expression
    has_alias: bool = False


class SortKey(Struct, frozen=True):
    expression: Expression
    descending: bool


class Select(Struct, frozen=True):
    """SELECT; ``projected`` is None for ``*``.

    Attributes:
        other: the first clause that DynamoDB does not have, and where its expression stands, if that is told.
        is_distinct, is_value: SELECT DISTINCT, SELECT VALUE.
    """

    projected: tuple[Projected, ...] | None
    source: Source
    where: Expression | None
    order: tuple[SortKey, ...]
    at: At
    other: tuple[str, At | None] | None = None
    is_distinct: bool = False
    is_value: bool = False


class Returning(Struct, frozen=True):
    """RETURNING: ``images`` as ``all_old``; ``is_star``: of each all attributes."""

    images: tuple[str, ...]
    is_star: bool


class Insert(Struct, frozen=True):
    source: Source
    value: Expression
    at: At
    returning: Returning | None = None
    has_value_word: bool = True
    has_position: bool = False
    has_conflict: bool = False


class Assignment(Struct, frozen=True):
    """SET of a path; REMOVE where there is no value."""

    target: Name | Path
    value: Expression | None


class Update(Struct, frozen=True):
    source: Source
    assignments: tuple[Assignment, ...]
    where: Expression | None
    returning: Returning | None
    at: At


class Delete(Struct, frozen=True):
    source: Source
    where: Expression | None
    returning: Returning | None
    at: At


class Definition(Struct, frozen=True):
    """What DynamoDB does by other operations: CREATE, DROP, EXEC; ``kind`` as messages call it."""

    kind: str
    at: At


Statement: TypeAlias = "Select | Insert | Update | Delete | Definition | Expression"
