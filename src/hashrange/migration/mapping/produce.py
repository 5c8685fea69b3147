"""Forms to functions: from a record to the value of an attribute.

Each gives None where there is no value. Text in keys may be folded, documents lose their NULLs, what is computed gets
the attribute's type. Must not know rows, or how fields are read back.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from ..contract.model import AttributeType
from ..conventions import Conventions
from ..expressions.evaluate import compiled
from ..expressions.nodes import Column, Literal
from ..expressions.sql_values import truth
from . import documents, times
from .atoms import Atom
from .canonical import canonical
from .checked import wrong_type
from .codecs import Codec
from .embedding import Rows, embedded_rows
from .formats import transformation
from .forms import Calculation, Changed, Choice, Constant, Document, Embedded, Form, Joined, Pieces, Whole
from .kinds import COMPUTED, WORDS, Kind
from .plan import Produce
from .refusal import Refusal
from .templates import Slot, Template, template
from .transformations import UnknownFormat
from .values import codec, types_of

_KEY_TYPES: Final = frozenset({"S", "N", "B"})


def _fold(text: Any) -> Any:
    """Text as it stands in folded keys; see Conventions.fold_keys."""
    return unicodedata.normalize("NFC", text.lower()) if isinstance(text, str) else text


class Producer:
    """Makes the functions of one entity's attributes.

    Args:
        kinds: of the atoms.
        names: the atoms' fields.
        refuse: makes the error for the attribute that is being compiled.
    """

    def __init__(
        self,
        kinds: Mapping[Atom, Kind],
        names: Mapping[Atom, str],
        conventions: Conventions,
        refuse: Callable[..., Exception],
    ) -> None:
        self._kinds, self._names, self.conventions, self._refuse = kinds, names, conventions, refuse
        self._words = canonical(WORDS, conventions)

    # ── what readers need to know, too ───────────────────────────────────────────────────────────────────────────────
    def codec_of(self, atom: Atom, type_: AttributeType, *, is_key: bool) -> Codec:
        """How an atom's values stand in an attribute. Raises ContractError where they cannot."""
        kind = self._kinds[atom]
        found = codec(kind, type_, self.conventions)
        if found is None:
            hint = "json-parse makes M or L of a text" if type_ in ("M", "L") else None
            raise self._refuse(
                f"{atom.name or 'its value'} is of type {kind.type}, which has no form in an attribute of type "
                f"{type_}; it may be {', '.join(one for one in types_of(kind) if one != 'NULL')}",
                hint,
            )
        if is_key and self.folds(atom) and type_ == "S":
            encode = found.encode
            return Codec(lambda value: _fold(encode(value)), found.decode, found.pattern, found.free)
        return found

    def folds(self, atom: Atom) -> bool:
        """Whether an atom's text is folded in keys."""
        return self.conventions.fold_keys and self._kinds[atom].ignores_case

    def constant(self, value: str | Literal | None, type_: AttributeType) -> Any:
        """A literal of the contract as an attribute's value. Raises ContractError where it is none of this type."""
        plain = value.value if isinstance(value, Literal) else value
        if plain is None:
            return None
        try:
            if type_ in ("M", "L"):
                found = documents.parsed(str(plain))
                if isinstance(found, dict if type_ == "M" else list):
                    return found
                raise Refusal(f"it is no JSON of type {type_}")
            if type_ == "BOOL" and isinstance(plain, str):
                plain = {"true": True, "false": False, "1": True, "0": False}.get(plain.lower(), plain)
            as_type = codec(COMPUTED, type_, self.conventions)
            if as_type is None:
                raise Refusal("a constant has no form in this type")
            return as_type.encode(plain)
        except Refusal as refusal:
            raise self._refuse(f"the constant {plain!r} is none of type {type_}: {refusal}") from None

    def template_of(self, pieces: Pieces) -> Template:
        """The text that pieces make."""
        slots: list[str | Slot] = []
        for part in pieces.parts:
            if isinstance(part, str):
                slots.append(part)
            elif isinstance(part, Whole):
                found = self.codec_of(part.atom, "S", is_key=False)
                slots.append(Slot(found.pattern, found.free))
            else:
                slots.append(Slot(None, free=True))
        return template(tuple(slots))

    def rows_of(self, form: Embedded | Document, type_: AttributeType) -> Rows:
        """How a document stands in an attribute. Raises ContractError where it cannot."""
        try:
            return embedded_rows(form, type_, self._kinds, self.conventions)
        except Refusal as refusal:
            raise self._refuse(str(refusal), refusal.hint or None) from None

    def changed_by(self, form: Changed, type_: AttributeType) -> tuple[Codec, bool]:
        """How a transformation's values stand in an attribute, and whether it can be undone."""
        try:
            found = transformation(form.value, self._kinds[form.atom], type_, self.conventions)
        except UnknownFormat as problem:
            raise self._refuse(str(problem)) from None
        return found.codec, found.invertible

    # ── forms ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def of(self, form: Form, type_: AttributeType, *, is_key: bool) -> Produce:
        """The function of a form in an attribute. Raises ContractError where it has no form of that type."""
        if is_key and type_ not in _KEY_TYPES:
            raise self._refuse(f"it is a key, and of type {type_}", "keys are S, N or B")
        match form:
            case Constant(value):
                constant = self.constant(value, type_)
                return lambda record: constant
            case Whole(atom, null_value):
                return self._whole(atom, null_value, type_, is_key=is_key)
            case Calculation():
                return self._calculation(form, type_, is_key=is_key)
            case Pieces():
                return self._pieces(form, type_, is_key=is_key)
            case Joined():
                return self._joined(form, type_, is_key=is_key)
            case Choice():
                return self._choice(form, type_, is_key=is_key)
            case Document() | Embedded():
                return self._rows(form, type_)
            case Changed(atom=atom):
                return self._encoded(atom, self.changed_by(form, type_)[0].encode, None)

    def field(self, atom: Atom) -> Produce:
        """What reads an atom's field: a NULL one need not be in the record."""
        name = self._names[atom]
        if atom.nullable:
            return lambda record: record.get(name)
        return lambda record: record[name]

    def _encoded(self, atom: Atom, encode: Callable[[Any], Any], null_stored: Any) -> Produce:
        name, nullable = self._names[atom], atom.nullable

        def produce(record: Mapping[str, Any]) -> Any:
            value = record.get(name) if nullable else record[name]
            return null_stored if value is None else encode(value)

        return produce

    def _whole(self, atom: Atom, null_value: str | None, type_: AttributeType, *, is_key: bool) -> Produce:
        return self._encoded(atom, self.codec_of(atom, type_, is_key=is_key).encode, self.constant(null_value, type_))

    def condition(self, calculation: Calculation, text: Callable[[Any], str] | None = None) -> Produce:
        """The function of an expression over a record."""

        def read(column: Column) -> Produce:
            atom = calculation.atoms[column]
            inner = self.field(atom)
            if self._kinds[atom].family != "datetime" or self.conventions.time_zone == "UTC":
                return inner
            zone = times.zone_of(self.conventions.time_zone)

            def local(record: Mapping[str, Any]) -> Any:
                value = inner(record)  # literals in the contract are in the zone that the column is in
                return value.astimezone(zone) if isinstance(value, datetime) else value

            return local

        return compiled(
            calculation.expression,
            read,
            ignores_case=lambda column: self._kinds[calculation.atoms[column]].ignores_case,
            text=text or self._words,
        )

    def _calculation(self, form: Calculation, type_: AttributeType, *, is_key: bool) -> Produce:
        compute, null_stored = self.condition(form), self.constant(form.null_value, type_)
        as_type = codec(COMPUTED, type_, self.conventions)
        if as_type is None:
            raise self._refuse(
                f"a computed value has no form in an attribute of type {type_}", "it may be S, N or BOOL"
            )
        encode = as_type.encode
        folds = is_key and type_ == "S" and any(map(self.folds, form.atoms.values()))

        def produce(record: Mapping[str, Any]) -> Any:
            value = compute(record)
            if value is None:
                return null_stored
            return _fold(encode(value)) if folds else encode(value)

        return produce

    def _pieces(self, form: Pieces, type_: AttributeType, *, is_key: bool) -> Produce:
        parts = [part if isinstance(part, str) else self.of(part, "S", is_key=is_key) for part in form.parts]
        shape = self.template_of(form) if is_key else None
        ambiguous = None if shape is None or shape.is_certain else shape
        as_type = self._of_text(type_)

        def produce(record: Mapping[str, Any]) -> Any:
            texts: list[str] = []
            values: list[str] = []
            for part in parts:
                if isinstance(part, str):
                    texts.append(part)
                    continue
                text = part(record)
                if text is None:
                    return None
                texts.append(text)
                values.append(text)
            whole = "".join(texts)
            if ambiguous is not None and ambiguous.parts_of(whole) != tuple(values):
                raise Refusal(
                    "one of its parts has the separator in it: another row could have the same key",
                    "choose a separator that the columns cannot have",
                )
            return as_type(whole)

        return produce

    def _of_text(self, type_: AttributeType) -> Callable[[str], Any]:
        """What makes an attribute's value of a text."""
        if type_ == "S":
            return lambda text: text
        as_type = codec(COMPUTED, type_, self.conventions)
        if as_type is None or type_ in ("BOOL", "NULL"):
            raise self._refuse(f"a text has no form in an attribute of type {type_}", "make it S")
        return as_type.encode

    def _joined(self, form: Joined, type_: AttributeType, *, is_key: bool) -> Produce:
        parts = [self.of(part, "S", is_key=is_key) for part in form.parts]
        null_stored, as_type, separator = self.constant(form.null_value, type_), self._of_text(type_), form.separator

        def produce(record: Mapping[str, Any]) -> Any:
            texts = [text for part in parts if (text := part(record)) is not None]
            return as_type(separator.join(texts)) if texts else null_stored

        return produce

    def _choice(self, form: Choice, type_: AttributeType, *, is_key: bool) -> Produce:
        branches = [
            (self.condition(condition), self.of(value, type_, is_key=is_key)) for condition, value in form.branches
        ]
        otherwise = self.of(form.otherwise, type_, is_key=is_key)

        def produce(record: Mapping[str, Any]) -> Any:
            for condition, value in branches:
                if truth(condition(record)):
                    return value(record)
            return otherwise(record)

        return produce

    def _rows(self, form: Document | Embedded, type_: AttributeType) -> Produce:
        rows = self.rows_of(form, type_)
        if isinstance(form, Embedded):
            name, nullable = self._names[form.atom], form.atom.nullable
            wanted = list if form.value.shape == "array" else dict

            def of_field(record: Mapping[str, Any]) -> Any:
                value = record.get(name) if nullable else record[name]
                if value is None:
                    return None
                if not isinstance(value, wanted):
                    raise wrong_type(value, wanted.__name__)
                return rows.stored(value)

            return of_field
        outputs = [(name, self._output(output)) for name, output in form.outputs]
        return lambda record: rows.stored({name: output(record) for name, output in outputs})

    def _output(self, output: Whole | Calculation) -> Produce:
        return self.field(output.atom) if isinstance(output, Whole) else self.condition(output)
