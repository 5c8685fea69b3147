"""A contract's entity to its plan: forms, kinds, names, then the functions to make attributes and to read them.

What cannot be followed is refused here, before any row is read, with the attribute's name. Must not know the values of
rows, or databases.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from ..contract.model import AttributeType, Construction, Entity, TableContract
from ..conventions import Conventions
from ..expressions.evaluate import compiled
from ..expressions.nodes import Column, Expression
from ..source.schema import SourceSchema
from .atoms import Atom, Atoms
from .canonical import canonical
from .embedding import in_document
from .fields import Row
from .forms import Choice, Constant, Form, Pieces, Whole, atoms_of, resolved
from .kinds import COMPUTED, WORDS, Kind, kind_of_column
from .naming import fields_of, kinds_of, names_of
from .plan import EntityPlan, Shape
from .produce import Producer
from .reading import Readers

_STORED: Final[dict[str, tuple[type, ...]]] = {"S": (str,), "N": (int, Decimal, float), "B": (bytes,)}


def compiled_entity(
    table: TableContract, entity: Entity, *, schema: SourceSchema, conventions: Conventions
) -> EntityPlan:
    """Compile an entity.

    Raises:
        ContractError: an attribute cannot be followed; names it.
    """
    atoms = Atoms(table, entity, schema)
    forms = {name: resolved(attribute, atoms) for name, attribute in entity.attributes.items()}
    atoms.attribute = ""
    keys = _defined_keys(table, forms, atoms)
    key_columns = atoms.key_columns(atom for name in keys for atom in atoms_of(forms[name]))
    key_atoms = [atoms.own(name) for name in key_columns]
    key_names = frozenset(table.key_attributes())
    used = dict.fromkeys(atom for form in forms.values() for atom in atoms_of(form))
    extra = [atom for atom in (*key_atoms, *atoms.own_atoms) if atom not in used]
    kinds = kinds_of(entity, forms, key_names)
    for atom in extra:
        kinds.setdefault(atom, _unused_kind(atom))
    names = names_of(table, entity, forms, kinds, key_names, dict.fromkeys(extra))
    producer = Producer(kinds, names, conventions, atoms.refuse)
    produce: dict[str, Callable[..., Any]] = {}
    for name, attribute in entity.attributes.items():
        atoms.attribute = name
        produce[name] = producer.of(forms[name], attribute.type, is_key=name in key_names)
    readers = Readers(producer, kinds).of(entity, forms, key_names)
    from_row = {name: _from_row(atom, kinds[atom], atoms, conventions) for atom, name in names.items()}
    shapes = tuple(_shape(name, forms[name], entity.attributes[name].type, producer) for name in keys)
    return EntityPlan(
        fields=fields_of(names, kinds, forms, lambda atom: atom in readers),
        needs=atoms.needs(key_columns),
        from_row=from_row,
        produce=produce,
        fields_of={name: tuple(dict.fromkeys(names[atom] for atom in atoms_of(form))) for name, form in forms.items()},
        readers={names[atom]: readers[atom] for atom in names if atom in readers},
        absent={names[atom]: _absent(atom, kinds[atom]) for atom in readers},
        row_key_fields=tuple(names[atom] for atom in key_atoms),
        prefixes={name: _prefix(form, producer) for name, form in forms.items()},
        sets=frozenset(name for name, one in entity.attributes.items() if one.type in ("SS", "NS", "BS")),
        shapes=shapes,
        literal_chars=sum(_literal_chars(forms[name], producer) for name in keys),
    )


def _defined_keys(table: TableContract, forms: dict[str, Form], atoms: Atoms) -> list[str]:
    """The names of the table's key attributes, all of which the entity has."""
    keys = [name for name in (table.pk, table.sk) if name is not None]
    for name in keys:
        if name not in forms:
            raise atoms.refuse(f"no attribute defines the key {name!r}", "add it, or a key template")
    return keys


def _unused_kind(atom: Atom) -> Kind:
    """Of a column that no attribute holds: nothing takes a TINYINT(1) for a truth value there."""
    if atom.column is None:
        return COMPUTED
    found = kind_of_column(atom.column)
    return Kind("integer", found.type) if atom.column.family == "boolean" else found


def _absent(atom: Atom, kind: Kind) -> Callable[[], Any] | None:
    """What stands for an attribute that is not there: an empty set or list where NULL cannot be meant."""
    if isinstance(atom.value, Construction):
        return list if atom.value.shape == "array" else None
    return set if kind.family in ("set", "numbers") and not atom.nullable else None


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _from_row(atom: Atom, kind: Kind, atoms: Atoms, conventions: Conventions) -> Callable[[Row], Any]:
    raw = atom.raw
    if isinstance(atom.value, Construction):
        return _collected(atom, atom.value, atoms, conventions)
    convert = canonical(kind, conventions)
    return lambda row: convert(raw(row))


def _collected(atom: Atom, value: Construction, atoms: Atoms, conventions: Conventions) -> Callable[[Row], Any]:
    """The documents of embedded rows: a list, or the first where it is an object."""
    outputs = [(name, _embedded_value(value, expression, atoms, conventions)) for name, expression in value.outputs]
    raw, is_array = atom.raw, value.shape == "array"

    def collect(row: Row) -> Any:
        rows = raw(row)
        if is_array:
            return [{name: output((row, each)) for name, output in outputs} for each in rows]
        return {name: output((row, rows[0])) for name, output in outputs} if rows else None

    return collect


_Pair = tuple[Row, dict[str, Any]]


def _embedded_value(
    value: Construction, expression: Expression, atoms: Atoms, conventions: Conventions
) -> Callable[[_Pair], Any]:
    def kind_of(column: Column) -> Kind:
        found = atoms.embedded_column(value, column)
        return COMPUTED if found is None else kind_of_column(found)

    def read(column: Column) -> Callable[[_Pair], Any]:
        convert = canonical(kind_of(column), conventions)
        name = atoms.embedded(value, column)
        if name is None:
            own = atoms.of(column).raw
            return lambda pair: convert(own(pair[0]))
        return lambda pair: convert(pair[1][name])

    if isinstance(expression, Column):
        compute, encode = read(expression), in_document(kind_of(expression), conventions).encode
    else:
        compute = compiled(
            expression,
            read,
            ignores_case=lambda column: kind_of(column).ignores_case,
            text=canonical(WORDS, conventions),
        )
        encode = in_document(COMPUTED, conventions).encode

    def document_value(pair: _Pair) -> Any:
        found = compute(pair)
        return None if found is None else encode(found)

    return document_value


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _prefix(form: Form, producer: Producer) -> str:
    match form:
        case Pieces():
            return producer.template_of(form).prefix
        case Constant(value) if isinstance(value.value, str):
            return value.value
        case _:
            return ""


def _literal_chars(form: Form, producer: Producer) -> int:
    match form:
        case Pieces():
            return producer.template_of(form).literal_chars
        case Constant():
            return len(_prefix(form, producer))
        case _:
            return 0


def _shape(name: str, form: Form, type_: AttributeType, producer: Producer) -> Shape:
    stored = _STORED.get(type_, (object,))
    match form:
        case Constant(value):
            constant = producer.constant(value, type_)
            return Shape(name, stored, lambda held: held == constant, lambda held: held == constant)
        case Pieces() if type_ == "S":
            shape = producer.template_of(form)
            return Shape(name, stored, _matches(shape.exact), _matches(shape.loose))
        case Whole(atom, None) if type_ == "S":
            pattern = producer.codec_of(atom, "S", is_key=True).pattern
            exact = _anything if pattern is None else _matches(re.compile(pattern, re.ASCII))
            return Shape(name, stored, exact, _anything)
        case Choice() | _:
            return Shape(name, stored, _anything, _anything)


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    fullmatch = pattern.fullmatch
    return lambda held: fullmatch(held) is not None


def _anything(held: Any) -> bool:
    return True
