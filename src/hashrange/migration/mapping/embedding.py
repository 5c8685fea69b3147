"""Rows in a document: what embedded values look like in a map, a list, or their JSON text, and back.

Values in documents are text, numbers, truth values, bytes, lists and maps; dates and times are their canonical text. In
M and L what is NULL is left out where the conventions say so; JSON text keeps it, as MySQL's JSON_OBJECT does. Must not
know how rows are found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from msgspec import Struct

from ..contract.model import AttributeType
from ..conventions import Conventions
from . import documents
from .atoms import Atom
from .canonical import canonical
from .checked import wrong_type
from .codecs import Codec
from .forms import Document, Embedded, Whole
from .kinds import COMPUTED, WORDS, Kind
from .refusal import Refusal
from .stored import stored_text
from .values import codec

#: family to the type that its values have in documents; the others are text
_TYPE: Final[dict[str, AttributeType]] = {
    **dict.fromkeys(("integer", "bit", "year", "decimal", "float"), "N"),
    "boolean": "BOOL",
    "set": "L",
    "binary": "B",
}


class Rows(Struct, frozen=True, eq=False):
    """How a document stands in an attribute.

    Attributes:
        stored: the record's dict, or list of them, to the attribute's value.
        read: the opposite.
        entry: of an object, what reads the value of one of its names.
    """

    stored: Callable[[Any], Any]
    read: Callable[[Any], Any]
    entry: Callable[[str], Callable[[Any], Any]]


def in_document(kind: Kind, conventions: Conventions) -> Codec:
    """How a kind's values stand in documents."""
    if kind.family in ("json", "computed", "other"):
        words = canonical(WORDS, conventions)
        return Codec(lambda value: _plain(value, words), lambda value: value)
    found = codec(kind, _TYPE.get(kind.family, "S"), conventions)
    if found is None:
        raise Refusal(f"a {kind.type} has no form in a document")
    return found


def _plain(value: Any, words: Callable[[Any], Any]) -> Any:
    if isinstance(value, (date, timedelta)):
        return words(value)
    return value if isinstance(value, bytes) else documents.plain(value)


def embedded_rows(
    form: Document | Embedded, type_: AttributeType, kinds: Mapping[Atom, Kind], conventions: Conventions
) -> Rows:
    """How the rows or the row of a form stand in an attribute. Of embedded rows the values are those of documents
    already, as ``record`` makes them; of the own row they are the record's.

    Raises:
        Refusal: the attribute is of a type that holds no such document, or a column has no form in one.
    """
    is_array = isinstance(form, Embedded) and form.value.shape == "array"
    if type_ not in ("S", "L" if is_array else "M"):
        raise Refusal(
            f"its construction makes {'a list' if is_array else 'an object'}, and the attribute is of type {type_}",
            f"it may be {'L' if is_array else 'M'}, or S for the JSON text",
        )
    codecs: dict[str, Codec] = {}
    if isinstance(form, Document):
        for name, output in form.outputs:
            codecs[name] = in_document(kinds[output.atom] if isinstance(output, Whole) else COMPUTED, conventions)
    else:
        plain = in_document(COMPUTED, conventions)
        codecs = {name: plain for name, _ in form.value.outputs}
    one = _Object(codecs, keeps_nulls=type_ == "S" or conventions.nulls == "null")
    return _in_text(one, is_array=is_array) if type_ == "S" else _in_values(one, is_array=is_array)


class _Object(Struct, frozen=True, eq=False):
    """A map with these names."""

    codecs: dict[str, Codec]
    keeps_nulls: bool

    def stored(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise wrong_type(value, "dict")
        if not self.codecs.keys() >= value.keys():
            raise Refusal(
                "it has a name that the contract's construction does not", f"names are {', '.join(self.codecs)}"
            )
        found: dict[str, Any] = {}
        for name, each in self.codecs.items():
            inner = value.get(name)
            if inner is not None:
                found[name] = each.encode(inner)
            elif self.keeps_nulls:
                found[name] = None
        return found

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Refusal("it is stored as something else than a map")
        return {name: self._entry(name, value) for name in self.codecs}

    def _entry(self, name: str, value: dict[str, Any]) -> Any:
        held = value.get(name)
        return None if held is None else self.codecs[name].decode(held)

    def entry(self, name: str, load: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def read(stored: Any) -> Any:
            value = load(stored)
            if not isinstance(value, dict):
                raise Refusal("it is stored as something else than a map")
            return self._entry(name, value)

        return read


def _in_values(one: _Object, *, is_array: bool) -> Rows:
    if not is_array:
        return Rows(one.stored, one.read, lambda name: one.entry(name, lambda stored: stored))
    return Rows(lambda value: [one.stored(each) for each in value], lambda held: _each(one, held), _no_entry)


def _in_text(one: _Object, *, is_array: bool) -> Rows:
    def load(held: Any) -> Any:
        return documents.parsed(stored_text(held))

    if not is_array:
        return Rows(
            lambda value: documents.ordered_text(one.stored(value)),
            lambda held: one.read(load(held)),
            lambda name: one.entry(name, load),
        )
    return Rows(
        lambda value: documents.ordered_text([one.stored(each) for each in value]),
        lambda held: _each(one, load(held)),
        _no_entry,
    )


def _each(one: _Object, held: Any) -> list[dict[str, Any]]:
    if not isinstance(held, list):
        raise Refusal("it is stored as something else than a list")
    return [one.read(each) for each in held]


def _no_entry(name: str) -> Callable[[Any], Any]:
    raise AssertionError("a list has no entries with names")
