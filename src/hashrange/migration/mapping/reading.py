"""How fields are told from attributes: the ways, from the surest to the least, for each field.

1. an attribute that is no key and holds just the value; 2. a key that does; 3. one in which something stands for NULL;
4. an entry of a document; 5. a transformation that can be undone; 6. a text that can be taken apart; 7. a choice whose
branches tell (a value that is equal to a constant of another branch is taken for the constant); 8. a key whose text was
folded. A field with no way is not readable. Must not know how values are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from ..contract.model import AttributeType, Entity
from ..expressions.nodes import Column, Comparison, Expression, IsNull, Literal, Logic, Not
from .atoms import Atom
from .canonical import canonical
from .forms import Calculation, Changed, Choice, Constant, Document, Embedded, Form, Pieces, Whole, atoms_of
from .kinds import Kind
from .plan import Reader
from .produce import Producer
from .refusal import Refusal

#: that a branch does not tell what a value is
_UNKNOWN: Final = object()


class _Way(Struct, frozen=True):
    rank: int
    atom: Atom
    read: Callable[[Any], Any]


class Readers:
    """Finds the ways.

    Args:
        producer: knows how values stand in attributes.
        kinds: of the atoms.
    """

    def __init__(self, producer: Producer, kinds: Mapping[Atom, Kind]) -> None:
        self._producer, self._kinds = producer, kinds

    def of(
        self, entity: Entity, forms: Mapping[str, Form], key_names: frozenset[str]
    ) -> dict[Atom, tuple[Reader, ...]]:
        """The ways to each readable atom, the surest first."""
        found: dict[Atom, list[tuple[int, Reader]]] = {}
        for attribute in entity.attributes.values():
            is_key = attribute.name in key_names
            for way in self._ways(forms[attribute.name], attribute.type, is_key=is_key):
                found.setdefault(way.atom, []).append((way.rank, Reader(attribute.name, way.read)))
        return {
            atom: tuple(reader for _, reader in sorted(ways, key=lambda way: way[0])) for atom, ways in found.items()
        }

    def _ways(self, form: Form, type_: AttributeType, *, is_key: bool) -> Iterator[_Way]:
        match form:
            case Whole(atom=atom):
                yield self._whole(form, type_, is_key=is_key)
            case Document(outputs):
                rows = self._producer.rows_of(form, type_)
                for name, output in outputs:
                    if isinstance(output, Whole):
                        yield _Way(4, output.atom, rows.entry(name))
            case Embedded(atom=atom):
                yield _Way(1, atom, self._producer.rows_of(form, type_).read)
            case Changed(atom=atom):
                codec, invertible = self._producer.changed_by(form, type_)
                if invertible:
                    yield _Way(5, atom, codec.decode)
            case Pieces() if type_ == "S":
                yield from self._pieces(form, is_key=is_key)
            case Choice():
                yield from self._choice(form, type_, is_key=is_key)
            case _:
                return

    def _whole(self, form: Whole, type_: AttributeType, *, is_key: bool) -> _Way:
        atom = form.atom
        decode = self._producer.codec_of(atom, type_, is_key=is_key).decode
        if is_key and type_ == "S" and self._producer.folds(atom):
            return _Way(8, atom, decode)
        if form.null_value is None:
            return _Way(2 if is_key else 1, atom, decode)
        null_stored = self._producer.constant(form.null_value, type_)
        return _Way(3, atom, lambda held: None if held == null_stored else decode(held))

    def _pieces(self, form: Pieces, *, is_key: bool) -> Iterator[_Way]:
        shape = self._producer.template_of(form)
        if not shape.is_certain and not is_key:  # of keys each text is checked when it is made
            return
        slots = [part for part in form.parts if not isinstance(part, str)]
        for number, part in enumerate(slots):
            if isinstance(part, Whole) and part.null_value is None:
                folded = is_key and self._producer.folds(part.atom)
                decode = self._producer.codec_of(part.atom, "S", is_key=False).decode
                yield _Way(8 if folded else 6, part.atom, shape.reader(number, decode))

    # ── choices ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _choice(self, form: Choice, type_: AttributeType, *, is_key: bool) -> Iterator[_Way]:
        """The ways through a choice: its values are constants but one at most, and each branch tells the atom."""
        arms: list[tuple[Calculation | None, Form]] = [*form.branches, (None, form.otherwise)]
        constants = [self._producer.constant(arm.value, type_) for _, arm in arms if isinstance(arm, Constant)]
        open_arms = [arm for _, arm in arms if not isinstance(arm, Constant)]
        if len(open_arms) > 1 or any(constants.count(one) > 1 for one in constants):
            return
        if open_arms and not isinstance(open_arms[0], Whole):
            return
        for atom in dict.fromkeys(atoms_of(form)):
            read = self._through(atom, arms, type_, is_key=is_key)
            if read is not None:
                yield read

    def _through(
        self, atom: Atom, arms: list[tuple[Calculation | None, Form]], type_: AttributeType, *, is_key: bool
    ) -> _Way | None:
        told: list[tuple[Any, Any]] = []
        decode: Callable[[Any], Any] | None = None
        missing = self._members(atom)
        rank = 7
        for condition, arm in arms:
            known = _UNKNOWN if condition is None else self._implied(condition, condition.expression, atom)
            if isinstance(arm, Whole) and arm.atom is atom:
                way = self._whole(arm, type_, is_key=is_key)
                decode, rank = way.read, max(rank, way.rank)
                continue
            if known is _UNKNOWN and condition is None:
                if missing is not None and len(missing) == 1:
                    known = next(iter(missing))
                elif missing is not None and not missing and isinstance(arm, Constant) and arm.value.value is None:
                    continue  # never reached: the conditions before name every value
            if known is _UNKNOWN:
                return None
            if missing is not None:
                missing.discard(known)
            if isinstance(arm, Constant):
                stored = self._producer.constant(arm.value, type_)
                if stored is None and known is not None:
                    return None  # an attribute that is left out would be read as NULL
                told.append((stored, known))
            else:
                decode = _always(known)
        return _Way(rank, atom, _told(told, decode))

    def _members(self, atom: Atom) -> set[Any] | None:
        """All values that an atom can have; None where they are not known to be few."""
        kind = self._kinds[atom]
        if atom.nullable:
            return None
        if kind.family == "boolean":
            return {True, False}
        return {*kind.members, ""} if kind.family == "enum" and kind.members else None

    def _implied(self, calculation: Calculation, condition: Expression, atom: Atom) -> Any:
        """What a value is where a condition is true."""
        match condition:
            case Logic(operator="AND", parts=parts):
                known = (self._implied(calculation, part, atom) for part in parts)
                return next((one for one in known if one is not _UNKNOWN), _UNKNOWN)
            case IsNull(operand=Column() as column, negated=False):
                null = calculation.atoms[column]
                return None if null is atom or (null.kind == "own" and null.name in atom.leads_by) else _UNKNOWN
            case (
                Comparison(operator="=", left=Column() as column, right=Literal() as literal)
                | Comparison(operator="=", left=Literal() as literal, right=Column() as column)
            ):
                return self._value(literal, atom) if calculation.atoms[column] is atom else _UNKNOWN
            case Column() if calculation.atoms[condition] is atom and self._kinds[atom].family == "boolean":
                return True
            case Not(operand=Column() as column) if calculation.atoms[column] is atom:
                return False if self._kinds[atom].family == "boolean" else _UNKNOWN
            case _:
                return _UNKNOWN

    def _value(self, literal: Literal, atom: Atom) -> Any:
        """A literal as a value of the atom's kind; of text that ignores case it is not the only one."""
        kind = self._kinds[atom]
        if literal.value is None or kind.family not in ("integer", "boolean", "enum", "text", "words"):
            return _UNKNOWN
        if kind.ignores_case and kind.family != "enum":
            return _UNKNOWN
        try:
            value = canonical(kind, self._producer.conventions)(literal.value)
        except Refusal:
            return _UNKNOWN
        return value


def _always(value: Any) -> Callable[[Any], Any]:
    return lambda held: value


def _told(told: list[tuple[Any, Any]], decode: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    def read(held: Any) -> Any:
        for stored, value in told:
            if held == stored and type(held) is type(stored):
                return value
        if decode is None:
            raise Refusal("it holds none of the values that the contract gives it", "who wrote the item?")
        return decode(held)

    return read
