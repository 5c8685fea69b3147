"""What an attribute's value is made of, between the contract and the functions that compute it: a tree over atoms.

``resolved`` makes the form of an attribute: columns and aliases are found, lookups and conditions told apart. Which
kinds of values the atoms have is not known yet. Must not know items.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

from ..contract.model import (
    Aggregate,
    Attribute,
    Computed,
    Construction,
    Formatted,
    FromColumn,
    Lookup,
    Recursive,
    Transformed,
    Undefined,
)
from ..expressions.evaluate import columns
from ..expressions.nodes import Case, Column, Expression, Literal
from .atoms import Atom, Atoms


class Constant(Struct, frozen=True, eq=False):
    """Always the same."""

    value: Literal


class Whole(Struct, frozen=True, eq=False):
    """Just one atom's value; ``null_value`` stands where it is NULL."""

    atom: Atom
    null_value: str | None = None


class Calculation(Struct, frozen=True, eq=False):
    """An expression; ``atoms`` are those of its columns."""

    expression: Expression
    atoms: dict[Column, Atom]
    null_value: str | None = None


class Pieces(Struct, frozen=True, eq=False):
    """Text with values in it: NULL where one of them is."""

    parts: tuple[str | Whole | Calculation, ...]


class Joined(Struct, frozen=True, eq=False):
    """Values with a separator between them; those that are NULL are left out, as CONCAT_WS does."""

    parts: tuple[Form, ...]
    separator: str
    null_value: str | None


class Choice(Struct, frozen=True, eq=False):
    """The value of the first condition that is true."""

    branches: tuple[tuple[Calculation, Form], ...]
    otherwise: Form


class Document(Struct, frozen=True, eq=False):
    """A map of values of the own row."""

    outputs: tuple[tuple[str, Whole | Calculation], ...]


class Embedded(Struct, frozen=True, eq=False):
    """Embedded rows."""

    atom: Atom
    value: Construction


class Changed(Struct, frozen=True, eq=False):
    """An atom's value in another form: date-format, number-format, json-parse."""

    atom: Atom
    value: Transformed


Form: TypeAlias = "Constant | Whole | Calculation | Pieces | Joined | Choice | Document | Embedded | Changed"


def resolved(attribute: Attribute, atoms: Atoms) -> Form:
    """The form of an attribute.

    Raises:
        ContractError: its value is undefined, or names a column or alias that is not there.
    """
    atoms.attribute = attribute.name
    match attribute.value:
        case Undefined(reason):
            raise atoms.refuse(
                f"what it holds is not defined: {reason}", "correct the contract, or say it in an overrides file"
            )
        case FromColumn(column):
            return Whole(atoms.of(column))
        case Lookup() as value:
            return _lookup(value, atoms)
        case Construction() as value:
            return _construction(value, atoms)
        case Aggregate() as value:
            return Whole(atoms.aggregate(value))
        case Recursive() as value:
            return Whole(atoms.recursive(value))
        case Computed(expression):
            return _computed(expression, atoms, None)
        case Formatted(parts):
            return _formatted(parts, atoms)
        case Transformed() as value:
            return Changed(atoms.of(value.column), value)


def atoms_of(form: Form) -> Iterator[Atom]:
    """The atoms that a form is made of, in their order; one may come twice."""
    match form:
        case Constant():
            return
        case Whole(atom=atom) | Embedded(atom=atom) | Changed(atom=atom):
            yield atom
        case Calculation():
            yield from form.atoms.values()
        case Pieces(parts):
            for part in parts:
                if not isinstance(part, str):
                    yield from atoms_of(part)
        case Joined(parts=inner):
            for one in inner:
                yield from atoms_of(one)
        case Choice(branches, otherwise):
            for condition, value in branches:
                yield from atoms_of(condition)
                yield from atoms_of(value)
            yield from atoms_of(otherwise)
        case Document(outputs):
            for _, output in outputs:
                yield from atoms_of(output)


def _expression(
    expression: Expression, atoms: Atoms, lookup: Lookup | None, *, prefers_hop: bool = False
) -> Calculation:
    hops = () if lookup is None else lookup.hops
    found = {column: atoms.of(column, hops, prefers="hop" if prefers_hop else "own") for column in columns(expression)}
    return Calculation(expression, found, None if lookup is None else lookup.null_value)


def _computed(expression: Expression, atoms: Atoms, lookup: Lookup | None, *, prefers_hop: bool = False) -> Form:
    """An expression as what it is: a constant, a column, a choice, or really something to compute."""
    match expression:
        case Literal():
            return Constant(expression)
        case Column():
            atom = next(iter(_expression(expression, atoms, lookup, prefers_hop=prefers_hop).atoms.values()))
            return Whole(atom, None if lookup is None else lookup.null_value)
        case Case(branches, otherwise):
            return Choice(
                tuple(
                    (_expression(condition, atoms, lookup), _computed(value, atoms, lookup, prefers_hop=prefers_hop))
                    for condition, value in branches
                ),
                _computed(otherwise, atoms, lookup, prefers_hop=prefers_hop),
            )
        case _:
            return _expression(expression, atoms, lookup, prefers_hop=prefers_hop)


def _lookup(value: Lookup, atoms: Atoms) -> Form:
    if not value.select:
        raise atoms.refuse("the join selects nothing")
    if value.separator is None:
        if len(value.select) != 1:
            raise atoms.refuse("the join selects several values and has no separator for them")
        selected = _computed(value.select[0], atoms, value, prefers_hop=True)
    else:
        bare = Lookup(value.hops, value.select)
        parts = tuple(_selected(number, one, bare, atoms) for number, one in enumerate(value.select))
        selected = Joined(parts, value.separator, value.null_value)
    if value.condition is None:
        return selected
    otherwise: Form = Constant(Literal(None))
    if value.otherwise is not None:
        otherwise = _computed(value.otherwise, atoms, value, prefers_hop=False)
    return Choice(((_expression(value.condition, atoms, value), selected),), otherwise)


def _selected(number: int, expression: Expression, lookup: Lookup, atoms: Atoms) -> Form:
    """What is taken of one hop of a chain: an unqualified column is one of that hop, not of the last."""
    if isinstance(expression, Column) and expression.table is None and number < len(lookup.hops):
        expression = Column(expression.name, lookup.hops[number].alias)
    return _computed(expression, atoms, lookup, prefers_hop=True)


def _construction(value: Construction, atoms: Atoms) -> Form:
    names = [name for name, _ in value.outputs]
    if not names or len(set(names)) != len(names) or "" in names:
        raise atoms.refuse("the names in its construction are not one or more different names")
    if not value.same_row:
        return Embedded(atoms.collection(value), value)
    outputs: list[tuple[str, Whole | Calculation]] = []
    for name, expression in value.outputs:
        found = {column: atoms.own(column.name) for column in columns(expression)}
        if isinstance(expression, Column):
            outputs.append((name, Whole(found[expression])))
        else:
            outputs.append((name, Calculation(expression, found)))
    return Document(tuple(outputs))


def _formatted(parts: tuple[str | Expression, ...], atoms: Atoms) -> Form:
    pieces: list[str | Whole | Calculation] = []
    for part in parts:
        if isinstance(part, (str, Literal)):
            text = part if isinstance(part, str) else "" if part.value is None else str(part.value)
            if pieces and isinstance(pieces[-1], str):
                pieces[-1] += text
            elif text:
                pieces.append(text)
        else:
            made = _computed(part, atoms, None)
            pieces.append(made if isinstance(made, (Whole, Calculation)) else _expression(part, atoms, None))
    if not any(not isinstance(piece, str) for piece in pieces):
        return Constant(Literal("".join(piece for piece in pieces if isinstance(piece, str))))
    if len(pieces) == 1 and isinstance(pieces[0], Whole):
        return pieces[0]
    return Pieces(tuple(pieces))
