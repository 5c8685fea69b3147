"""What kind of values each atom has, and what its field is called. Must not know how values are made or read."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from ..contract.model import Aggregate, Attribute, AttributeType, Construction, Entity, Recursive, TableContract
from ..expressions.nodes import Column
from .atoms import Atom
from .fields import Field
from .formats import source_family
from .forms import Changed, Choice, Document, Embedded, Form, Joined, Pieces, Whole, atoms_of
from .kinds import COMPUTED, EXACT, WHOLE, WORDS, Kind, kind_of_attribute, kind_of_column

_NO_IDENTIFIER: Final = re.compile(r"\W", re.ASCII)
_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")


# ── kinds ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def kinds_of(entity: Entity, forms: dict[str, Form], key_names: frozenset[str]) -> dict[Atom, Kind]:
    """The kind of every atom: of its column or, where no schema tells, of the first attribute that holds just its
    value, those that are no keys first."""
    ordered = sorted(entity.attributes.values(), key=lambda one: one.name in key_names)
    uses: dict[Atom, list[tuple[Attribute, Form]]] = {}
    for attribute in ordered:
        for form, atom in _uses(forms[attribute.name]):
            uses.setdefault(atom, []).append((attribute, form))
    return {atom: _kind(atom, found) for atom, found in uses.items()}


def _uses(form: Form) -> Iterator[tuple[Form, Atom]]:
    """The atoms of a form, each with the smallest form around it."""
    match form:
        case Pieces(parts):
            for part in parts:
                if isinstance(part, Whole):
                    yield form, part.atom
                elif not isinstance(part, str):
                    yield from _uses(part)
        case Joined(parts=inner):
            for one in inner:
                yield from ((form, atom) for atom in atoms_of(one))
        case Choice(branches, otherwise):
            for condition, value in branches:
                yield from _uses(condition)
                yield from _uses(value)
            yield from _uses(otherwise)
        case Document(outputs):
            for _, output in outputs:
                yield from ((form, atom) for atom in atoms_of(output))
        case _:
            yield from ((form, atom) for atom in atoms_of(form))


def _kind(atom: Atom, uses: list[tuple[Attribute, Form]]) -> Kind:
    types: list[AttributeType] = [attribute.type for attribute, form in uses if isinstance(form, Whole)]
    match atom.value:
        case Aggregate(operation="COUNT") | Recursive(kind="depth"):
            return WHOLE
        case Recursive():
            return WORDS
        case Aggregate() as value:
            return _kind_of_aggregate(value, atom, types)
        case Construction():
            return COMPUTED
        case None:
            pass
    if atom.column is None:
        return _kind_without_schema(types, uses)
    found = kind_of_column(atom.column)
    if atom.column.family == "boolean" and "BOOL" not in types:
        return Kind("integer", found.type)  # a TINYINT(1) that nothing takes for a truth value
    parsed = [isinstance(form, Changed) and form.value.kind == "json-parse" for _, form in uses]
    return Kind("json", found.type) if parsed and all(parsed) and found.family == "text" else found


def _kind_of_aggregate(value: Aggregate, atom: Atom, types: Sequence[AttributeType]) -> Kind:
    if atom.column is not None:
        found = kind_of_column(atom.column)
        if value.operation in ("MIN", "MAX"):
            return found
        if found.family == "float":
            return found
        if found.family in ("integer", "boolean", "bit", "year") and value.operation == "SUM":
            return WHOLE
        return EXACT
    if value.operation in ("MIN", "MAX") and isinstance(value.operand, Column) and types and types[0] != "N":
        return kind_of_attribute(types[0])
    return EXACT


def _kind_without_schema(types: Sequence[AttributeType], uses: list[tuple[Attribute, Form]]) -> Kind:
    if types:
        return kind_of_attribute(types[0])
    for _, form in uses:
        if isinstance(form, Changed):
            family = source_family(form.value)
            return Kind(family, f"{family} column")
    return WORDS if any(isinstance(form, Pieces) for _, form in uses) else COMPUTED


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────
class Names:
    """Gives each atom a name that no other has and that Python could use: what is no letter or digit becomes ``_``, and
    ``_`` follows a keyword."""

    def __init__(self) -> None:
        self.of: dict[Atom, str] = {}
        self._taken: set[str] = set()

    def give(self, atom: Atom, *candidates: str) -> None:
        """Name an atom that has none yet: by the first candidate that is free, else by the last with a number."""
        if atom in self.of:
            return
        names = [_identifier(one) for one in candidates if one]
        name = next((one for one in names if one not in self._taken), None)
        number = 2
        while name is None:
            if f"{names[-1]}_{number}" not in self._taken:
                name = f"{names[-1]}_{number}"
            number += 1
        self.of[atom] = name
        self._taken.add(name)


def _identifier(text: str) -> str:
    found = _NO_IDENTIFIER.sub("_", text)
    if not found or found[0].isdigit():
        found = f"_{found}"
    return f"{found}_" if keyword.iskeyword(found) else found


def names_of(
    table: TableContract,
    entity: Entity,
    forms: dict[str, Form],
    kinds: dict[Atom, Kind],
    key_names: frozenset[str],
    extra: Iterable[Atom],
) -> dict[Atom, str]:
    """The field's name of every atom, in the order of fields: those of the attributes as they stand in the contract,
    then ``extra``, which no attribute holds."""
    names = Names()
    # first those that have a claim to an attribute's name, so that no column's name takes it
    for attribute in entity.attributes.values():
        if attribute.name not in key_names and (atom := _held(forms[attribute.name], kinds)) is not None:
            names.give(atom, attribute.name)
    for name, template in ((table.pk, entity.pk_template), (table.sk, entity.sk_template)):
        if name in forms and template is not None:
            for atom, variable in _variables(forms[name], template):
                names.give(atom, variable, *_fallbacks(atom, name))
    for attribute in entity.attributes.values():
        for atom in atoms_of(forms[attribute.name]):
            names.give(atom, *_fallbacks(atom, attribute.name))
    for atom in extra:
        names.give(atom, *_fallbacks(atom, atom.name))
    ordered = dict.fromkeys(atom for name in entity.attributes for atom in atoms_of(forms[name]))
    return {atom: names.of[atom] for atom in (*ordered, *(one for one in extra if one not in ordered))}


def _held(form: Form, kinds: dict[Atom, Kind]) -> Atom | None:
    """The atom whose value an attribute holds, as it is."""
    match form:
        case Whole(atom=atom) | Embedded(atom=atom):
            return atom
        case Changed(atom=atom, value=value) if value.kind == "json-parse" and kinds[atom].family == "json":
            return atom
        case _:
            return None


def _variables(form: Form, template: str) -> Iterator[tuple[Atom, str]]:
    """The atoms of a key, each with the variable that stands for just it in the key's template."""
    variables = _VARIABLE.findall(template)
    parts = [form] if isinstance(form, Whole) else list(form.parts) if isinstance(form, Pieces) else []
    values = [part for part in parts if not isinstance(part, str)]
    if len(values) == len(variables):
        for value, variable in zip(values, variables, strict=True):
            if isinstance(value, Whole):
                yield value.atom, variable


def _fallbacks(atom: Atom, attribute: str) -> tuple[str, ...]:
    match atom.kind:
        case "own":
            return atom.name, f"{atom.table}_{atom.name}"
        case "lookup":
            return (f"{atom.table}_{atom.name}",)
        case _:
            return attribute, f"{atom.table}_{attribute}"


# ── fields ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def fields_of(
    names: dict[Atom, str], kinds: dict[Atom, Kind], forms: dict[str, Form], is_readable: Callable[[Atom], bool]
) -> dict[str, Field]:
    """The fields, by name."""
    attributes: dict[Atom, dict[str, None]] = {}
    for attribute, form in forms.items():
        for atom in atoms_of(form):
            attributes.setdefault(atom, {}).setdefault(attribute)
    return {
        name: Field(
            name,
            _python(atom, kinds[atom]),
            atom.nullable,
            atom.column if atom.kind in ("own", "lookup") else None,
            atom.kind == "own",
            is_readable(atom),
            tuple(attributes.get(atom, ())),
        )
        for atom, name in names.items()
    }


def _python(atom: Atom, kind: Kind) -> str:
    if isinstance(atom.value, Construction):
        return "list[dict[str, Any]]" if atom.value.shape == "array" else "dict[str, Any]"
    return kind.python
