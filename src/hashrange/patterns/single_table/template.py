"""Key templates: ``"ORDER#{status}#{placed_at:%Y-%m-%d}"`` as text, and back.

A template is parsed once; making a key is then a walk over its parts. Owns the notation, the separators that keep two
items from getting one key, and the texts of errors, which name entity, template and field. Must not know tables,
indexes or requests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from string import Formatter
from typing import Any, Final

from msgspec import Struct

from ...errors import ConfigurationError, InvalidKey
from ...types import KeyValue
from .fields import Field
from .kinds import REST, Kind, kind_of
from .shapes import Shape, shape_regex
from .unfit import Unfit

#: names that a field of a template cannot have, since the methods that take fields have options of that name
RESERVED: Final = frozenset(
    {"condition", "consistent", "cursor", "descending", "filter", "hide_expired", "index", "limit", "old", "page_size"}
    | {"prefetch", "retry_ambiguous", "return_old", "returns", "self", "sort", "timeout", "unknown"}
)


class Slot(Struct, frozen=True):
    """A field in a template: its name in the model, its format, how it is made text, and the text that comes before
    and after it (empty where there is none)."""

    name: str
    spec: str
    kind: Kind
    before: str
    after: str

    @property
    def text(self) -> Callable[[Any], str]:
        return self.kind.text


class Template:
    """A key template of one entity.

    Attributes:
        text: as it was written.
        entity: the name of its entity, for errors.
        parts: literal texts and slots in turn.
        fields: the names of its fields, in their order, each once.
        number: whether it is one bare number, and so a key of type N.

    Raises:
        ConfigurationError: it is not a template, has a field that the model has not, or two different items could get
            the same text.
    """

    def __init__(self, text: str, entity: str, fields: Mapping[str, Field]) -> None:
        self.text, self.entity = text, entity
        if not isinstance(text, str) or not text:
            raise ConfigurationError(
                f"entity {entity!r}: a key template is {text!r}", hint="give text, for example 'USER#{id}'"
            )
        pieces = self._parsed(text, fields)
        separators = "".join(dict.fromkeys(_separators(pieces)))
        self.parts: tuple[str | Slot, ...] = tuple(
            piece if isinstance(piece, str) else self._slot(index, pieces, separators, fields)
            for index, piece in enumerate(pieces)
        )
        self._check_separated()
        self.slots = tuple(part for part in self.parts if isinstance(part, Slot))
        self.fields = tuple(dict.fromkeys(slot.name for slot in self.slots))
        self.number = len(self.parts) == 1 and bool(self.slots) and self.slots[0].kind.number
        self._literal = None if self.slots else "".join(map(str, self.parts))

    def __repr__(self) -> str:
        return f"<Template {self.text!r} of {self.entity}>"

    # ── values to key ────────────────────────────────────────────────────────────────────────────────────────────────
    def key(self, read: Callable[[str], Any]) -> KeyValue | None:
        """The key value of an item; None where a field is None.

        Args:
            read: from a field's name to its value.

        Raises:
            InvalidKey: a value cannot stand in the key; the message names entity, template and field.
        """
        if self._literal is not None:
            return self._literal
        made: list[str] = []
        part: Any = None
        try:
            for part in self.parts:
                if part.__class__ is str:
                    made.append(part)
                    continue
                value = read(part.name)
                if value is None:
                    return None
                if self.number:
                    return part.kind.stored(value)  # type: ignore[no-any-return]
                made.append(part.kind.text(value))
        except Unfit as unfit:
            raise self.unfit(part.name, unfit) from None
        return "".join(made)

    def slot_text(self, slot: Slot, value: Any) -> str:
        """The text of one field. Raises InvalidKey."""
        try:
            return slot.kind.text(value)
        except Unfit as unfit:
            raise self.unfit(slot.name, unfit) from None

    def slot_number(self, value: Any) -> KeyValue:
        """The key value of a bare number. Raises InvalidKey."""
        try:
            return self.slots[0].kind.stored(value)  # type: ignore[no-any-return]
        except Unfit as unfit:
            raise self.unfit(self.slots[0].name, unfit) from None

    def missing(self, read: Callable[[str], Any]) -> tuple[str, ...]:
        """The fields that have no value."""
        return tuple(name for name in self.fields if read(name) is None)

    def unfit(self, field: str, unfit: Unfit) -> InvalidKey:
        return InvalidKey(
            f"entity {self.entity!r}, template {self.text!r}: field {field!r} {unfit.reason}", hint=unfit.hint
        )

    # ── key to values ────────────────────────────────────────────────────────────────────────────────────────────────
    def matches(self, key: Any) -> bool:
        """Whether a key value has the shape of this template."""
        if self.number:
            return not isinstance(key, (str, bytes)) and key is not None
        return isinstance(key, str) and self._regex.fullmatch(key) is not None

    def parse(self, key: Any) -> dict[str, Any] | None:
        """The fields of a key value; None where it is not one of this template.

        A value comes back as precise as its format: of ``{placed_at:%Y-%m-%d}`` midnight UTC.
        """
        if not self.matches(key):
            return None
        if self.number:
            return {self.fields[0]: key}
        match = self._regex.fullmatch(key)
        assert match is not None
        texts = list(zip(self.slots, match.groups(), strict=True))
        found: dict[str, Any] = {}
        for field in self.fields:
            values = _agreed([(slot.kind, text) for slot, text in texts if slot.name == field])
            if not values:
                return None
            found[field] = values[0]
        return found

    @cached_property
    def shape(self) -> Shape:
        shape: list[Any] = []
        for part in self.parts:
            shape.extend((part,) if isinstance(part, str) else part.kind.shape)
        return tuple(shape)

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        source = (
            re.escape(part) if isinstance(part, str) else f"({shape_regex(part.kind.shape)})" for part in self.parts
        )
        return re.compile("".join(source), re.DOTALL)

    # ── declaration ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _parsed(self, text: str, fields: Mapping[str, Field]) -> list[str | tuple[str, str]]:
        """Literal texts, and (field, format) pairs."""
        pieces: list[str | tuple[str, str]] = []
        try:
            for literal, name, spec, conversion in Formatter().parse(text):
                if literal:
                    joined = bool(pieces) and isinstance(pieces[-1], str)
                    pieces.append(f"{pieces.pop()}{literal}" if joined else literal)
                if name is None:
                    continue
                if conversion or not (name in fields or name.isidentifier()):
                    raise self.refused(f"{{{name}}} is not the name of a field", "write '{field}' or '{field:format}'")
                if name not in fields:
                    raise self.refused(
                        f"the model has no field {name!r}", f"it has {', '.join(map(repr, fields)) or 'none'}"
                    )
                if name in RESERVED:
                    raise self.refused(
                        f"a field of a template cannot be named {name!r}",
                        "methods have an option of that name: rename the model's field",
                    )
                pieces.append((name, spec or ""))
        except ValueError as error:  # Formatter's own
            raise self.refused(str(error), "write '{{' and '}}' for braces") from None
        return pieces

    def _slot(
        self, index: int, pieces: Sequence[str | tuple[str, str]], separators: str, fields: Mapping[str, Field]
    ) -> Slot:
        field = pieces[index]
        assert isinstance(field, tuple)
        name, spec = field
        before = pieces[index - 1] if index else ""
        after = pieces[index + 1] if index + 1 < len(pieces) else ""
        if spec == REST and index + 1 < len(pieces):
            raise self.refused(f"{{{name}:*}} is not at the end", "only what comes last can be any text")
        try:
            kind = kind_of(fields[name].annotation, spec, separators)
        except Unfit as unfit:
            raise self.refused(f"field {name!r} {unfit.reason}", unfit.hint) from None
        return Slot(name, spec, kind, *(one if isinstance(one, str) else "" for one in (before, after)))

    def _check_separated(self) -> None:
        """Refuse fields that cannot be told apart in a text."""
        for index, part in enumerate(self.parts[:-1]):
            if isinstance(part, str) or part.kind.fixed:
                continue
            next_slot = next((slot for slot in self.parts[index + 1 :] if isinstance(slot, Slot)), None)
            if next_slot is not None and not any(map(_separates, part.after[:1] + part.after[-1:])):
                raise self.refused(
                    f"nothing separates {{{part.name}}} from {{{next_slot.name}}}: two items could get one key",
                    "put a character between them that values do not contain, for example '#'",
                )

    def refused(self, reason: str, hint: str | None) -> ConfigurationError:
        return ConfigurationError(f"entity {self.entity!r}, template {self.text!r}: {reason}", hint=hint)


def _agreed(texts: Sequence[tuple[Kind, str]]) -> list[Any]:
    """The values of which these are all the texts: of a field in several formats, that of the most precise one."""
    try:
        values = [kind.value(text) for kind, text in texts]
        return [value for value in values if all(kind.text(value) == text for kind, text in texts)]
    except (ValueError, Unfit):
        return []


def _separates(char: str) -> bool:
    return not char.isalnum()


def _separators(pieces: list[str | tuple[str, str]]) -> list[str]:
    """The characters next to fields that are no letters or digits."""
    found: list[str] = []
    for piece, other in pairwise(pieces):
        if isinstance(piece, str):
            found.extend(filter(_separates, piece[-1]))
        elif isinstance(other, str):
            found.extend(filter(_separates, other[0]))
    return found
