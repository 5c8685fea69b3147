"""One step of a join: from a target table and a condition to a ``Hop`` whose two sides are told apart.

Owns the defects of joins and their repairs: a table joined with itself without an alias, a condition that compares a
row with itself, a self-join that means another table. Must not know what is selected through the hop.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from ..expressions.nodes import Column, Comparison, Expression
from ..findings import Place
from .loading import Loading
from .model import Hop
from .scope import Scope

#: of a join whose condition compares each row with itself
SAME_ROW: Final = "same row"


class Request(Struct, frozen=True, kw_only=True):
    """What a contract says of a step.

    Attributes:
        target: the table as it is written.
        alias: as it is written; None where it is not.
        condition: the equalities, as they are written.
        at: where the condition stands.
        mentions: the other expressions of the attribute: they may use an alias that is not declared.
        source_columns: of the attribute.
        counts: it is for an aggregate, whose rows a repair could not tell.
    """

    target: str
    alias: str | None
    condition: tuple[Comparison, ...]
    at: Place
    mentions: tuple[Expression, ...] = ()
    source_columns: tuple[str, ...] = ()
    counts: bool = False


def hop_of(request: Request, scope: Scope, loading: Loading) -> Hop | Literal["same row"]:
    """The step; declares its alias in the scope. Raises NotTold."""
    if request.alias is None or scope.alias(request.alias) is not None:
        if scope.alias(request.target) is None:
            return _oriented(request, request.target, request.target, scope, loading)
        if _is_tautology(request, scope):
            message = f"the join condition compares a row of {request.target} with itself: it is always true"
            fix = "take the columns from the table itself, without a join"
            loading.mend("join-tautology", message, fix=fix, at=request.at)
            return SAME_ROW
        return _with_alias_found(request, scope, loading)
    return _oriented(request, request.target, request.alias, scope, loading)


def self_join(request: Request, scope: Scope, loading: Loading) -> Hop | Literal["same row"]:
    """The step of a self-join, whose target is the own table, if the condition does not tell otherwise."""
    for comparison in request.condition:
        for column in _columns(comparison):
            is_own = column.table is not None and column.table.lower() == scope.own.lower()
            other = loading.refers_to(scope.own, column.name) if is_own else None
            if other is not None and other.lower() != scope.own.lower():
                message = (
                    f"this self-join of {scope.own} is by {column.name}, which refers to {other}: "
                    f"it would find other rows of {scope.own}"
                )
                fix = f'use "type": "foreign-key" with "target_table": "{other}"'
                loading.mend(
                    "self-join-of-another-table", message, fix=fix, at=request.at, how=f"taken for a join to {other}"
                )
                return _oriented(request, other, request.alias or other, scope, loading)
    return hop_of(request, scope, loading)


def _columns(comparison: Comparison) -> tuple[Column, ...]:
    return tuple(side for side in (comparison.left, comparison.right) if isinstance(side, Column))


def _is_tautology(request: Request, scope: Scope) -> bool:
    """Whether each equality has one column on both its sides."""
    sides = [_columns(comparison) for comparison in request.condition]
    return all(
        len(pair) == 2
        and pair[0].name.lower() == pair[1].name.lower()
        and all(column.table is None or scope.alias(column.table) is not None for column in pair)
        for pair in sides
    )


def _with_alias_found(request: Request, scope: Scope, loading: Loading) -> Hop:
    """A table that is joined to itself and has no alias."""
    target = request.target
    fix = f'add "join_alias": "parent", and write parent.column for the joined row of {target}'
    if request.counts:
        message = f"{target} is joined to itself without an alias, so the condition compares a row with itself"
        fix = "give the attribute a value of its own: an override with a calculation or a hook"
        loading.refuse("self-aggregate", message, fix=fix, at=request.at)
    unknown = scope.undeclared((*request.condition, *request.mentions))
    if len(unknown) > 1:
        message = f"{target} is joined to itself, and {' and '.join(unknown)} are not declared"
        loading.refuse("undeclared-name", message, fix=fix, at=request.at)
    alias = unknown[0] if unknown else f"joined_{target}"
    message = f"{target} is joined to itself without an alias, so the condition compares a row with itself"
    if unknown:
        message = f"{target} is joined to itself, and {alias} is used but not declared as its alias"
    condition = tuple(_sided(comparison, alias, request, scope, loading) for comparison in request.condition)
    loading.mend("join-alias-missing", message, fix=fix, at=request.at, how=f"the joined row is called {alias}")
    mended = Request(
        target=target, alias=alias, condition=condition, at=request.at, source_columns=request.source_columns
    )
    return _oriented(mended, target, alias, scope, loading)


def _sided(comparison: Comparison, alias: str, request: Request, scope: Scope, loading: Loading) -> Comparison:
    """A comparison of two columns under one name, with the alias on the side of the joined row."""
    columns = _columns(comparison)
    if len(columns) != 2 or any(one.table is not None and one.table.lower() == alias.lower() for one in columns):
        return comparison
    own = {name.lower() for name in request.source_columns}
    joined = [one for one in columns if one.name.lower() not in own]
    if len(joined) != 1:
        joined = [one for one in columns if loading.refers_to(scope.own, one.name) is None]
    if len(joined) != 1:
        joined = [one for one in columns if one.name.lower() == "id"]
    if len(joined) != 1:
        message = f"which side of the condition is the joined row of {request.target} cannot be told"
        loading.refuse("join-one-sided", message, fix="write it with an alias", at=request.at)
    other = columns[1] if joined[0] is columns[0] else columns[0]
    return Comparison("=", Column(joined[0].name, alias), Column(other.name, scope.own))


def _oriented(request: Request, table: str, alias: str, scope: Scope, loading: Loading) -> Hop:
    """The hop, each equality with the joined row on its left."""
    if not request.condition:
        loading.refuse("missing-field", "the join has no condition", fix="add join_condition", at=request.at)
    on = []
    for comparison in request.condition:
        left, right = comparison.left, comparison.right
        if isinstance(left, Column) and isinstance(right, Column):
            on.append(_pair(left, right, request, alias, scope, loading))
        elif isinstance(left, Column):
            on.append(_constant(left, right, request, alias, scope, loading))
        elif isinstance(right, Column):
            on.append(_constant(right, left, request, alias, scope, loading))
    if not any(isinstance(one.right, Column) for one in on):
        message = f"the join condition does not compare a column of {alias} with one of {scope.own}"
        loading.refuse("join-one-sided", message, fix=f"write {alias}.column = {scope.own}.column", at=request.at)
    scope.declare(alias, table)
    return Hop(table, alias, tuple(on))


def _pair(left: Column, right: Column, request: Request, alias: str, scope: Scope, loading: Loading) -> Comparison:
    sides: list[str | None] = []
    for column in (left, right):
        if column.table is None:
            sides.append(None)
        elif column.table.lower() in (alias.lower(), request.target.lower()) and scope.alias(column.table) is None:
            sides.append(alias)
        else:
            known = scope.alias(column.table)
            if known is None:
                message = f"the join condition names {column.table}, which is neither a table joined here nor an alias"
                fix = f"the joined row is {alias}, the entity's own {scope.own}"
                loading.refuse("undeclared-name", message, fix=fix, at=request.at)
            sides.append(known)
    if None in sides:
        sides = _guessed(left, right, sides, request, alias, scope, loading)
    if sides[0] == alias and sides[1] != alias:
        return Comparison("=", Column(left.name, sides[0]), Column(right.name, sides[1]))
    if sides[1] == alias and sides[0] != alias:
        return Comparison("=", Column(right.name, sides[1]), Column(left.name, sides[0]))
    message = f"the join condition does not compare a column of {alias} with one of {scope.own}"
    return loading.refuse("join-one-sided", message, fix=f"write {alias}.column = {scope.own}.column", at=request.at)


def _constant(
    column: Column, value: Expression, request: Request, alias: str, scope: Scope, loading: Loading
) -> Comparison:
    """An equality with a literal, which has to be of the joined row."""
    known = None if column.table is None else scope.alias(column.table)
    if known is not None or (column.table or alias).lower() not in (alias.lower(), request.target.lower()):
        message = f"the join condition compares {column.table}.{column.name} with a constant"
        fix = f"constants are compared with columns of {alias}; use a conditional join for the own row"
        loading.refuse("join-one-sided", message, fix=fix, at=request.at)
    return Comparison("=", Column(column.name, alias), value)


def _guessed(
    left: Column, right: Column, sides: list[str | None], request: Request, alias: str, scope: Scope, loading: Loading
) -> list[str | None]:
    """The sides where a column has no table."""
    own = {name.lower() for name in request.source_columns}
    if sides != [None, None]:
        missing = scope.own if alias in sides else alias
        guessed = [missing if side is None else side for side in sides]
    elif left.name.lower() in own and right.name.lower() not in own:
        guessed = [scope.own, alias]
    elif right.name.lower() in own and left.name.lower() not in own:
        guessed = [alias, scope.own]
    else:
        message = f"{left.name} = {right.name}: which table each column is of is not said"
        loading.refuse("join-one-sided", message, fix=f"write {alias}. and {scope.own}. before them", at=request.at)
    message = f"{left.name} = {right.name}: a column has no table"
    loading.mend("bare-column-in-join", message, fix=f"write {alias}. and {scope.own}. before them", at=request.at)
    return list(guessed)
