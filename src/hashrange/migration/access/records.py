"""The class of an entity's records: a frozen dataclass with one field for each field of the mapping that is stored.

Owns the names that fields and classes get in Python. Run time makes the class, ``generate`` writes it out: both from
``RecordShape``. Must not know items, keys or requests.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from dataclasses import field, make_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from ...errors import InvalidExpression
from ...key import Key
from ..mapping.entity import EntityMapping
from ..mapping.fields import Field, Record
from ..secrecy import is_secret

R = TypeVar("R")

#: names that methods have as options of their own: a field of such a name gets an underscore
RESERVED: Final = frozenset(
    {"changes", "condition", "consistent", "cursor", "descending", "expected", "filter", "index", "key", "limit"}
    | {"old", "owner", "page_size", "prefetch", "record", "segments", "self", "timeout", "token"}
)
#: names that a layer, or a generated package, has for something else
_OF_LAYERS: Final = frozenset(
    {"contract", "conventions", "correlated", "db", "mappings", "repositories", "schema", "tests", "transaction"}
)
#: what the types of fields stand for
_TYPES: Final[dict[str, Any]] = {
    "Any": Any, "Decimal": Decimal, "date": date, "datetime": datetime, "time": time, "timedelta": timedelta,
}  # fmt: skip


class RecordField(Struct, frozen=True):
    """A field of the class.

    Attributes:
        name: in Python: the field's, unless that is a keyword, an option of methods, or no name at all.
        field: of the mapping.
        annotation: its type, as source text.
        required: whether it has to be given; others are None unless given.
        secret: whether its value is kept out of the repr.
    """

    name: str
    field: Field
    annotation: str
    required: bool
    secret: bool


class RecordShape(Struct, frozen=True):
    """The class: its name, and its fields in the mapping's order."""

    name: str
    fields: tuple[RecordField, ...]

    def python_name(self, name: str) -> str:
        """What a field of the mapping is called in Python. Raises KeyError where it is not in the class."""
        return next(one.name for one in self.fields if one.field.name == name)


def is_stored(one: Field) -> bool:
    """Whether a field has any part in an item: one that only tells rows apart has none."""
    return bool(one.attributes)


def record_shape(mapping: EntityMapping) -> RecordShape:
    """The class for an entity's records."""
    found: list[RecordField] = []
    taken: set[str] = set()
    for one in filter(is_stored, mapping.fields.values()):
        optional = one.nullable or not one.readable
        annotation = one.type if not optional or one.type in ("Any", "None") else f"{one.type} | None"
        name = _unique(python_name(one.name), taken)
        found.append(RecordField(name, one, annotation, not optional, is_secret(one.name)))
    return RecordShape(class_name(mapping), tuple(found))


def python_name(name: str) -> str:
    """A name of an attribute or a column as an identifier."""
    made = re.sub(r"\W", "_", name)
    if not made or made[0].isdigit():
        made = f"f_{made}"
    return f"{made}_" if keyword.iskeyword(made) or made in RESERVED else made


def attribute_name(repository: str) -> str:
    """What a repository is called as an attribute of its layer, and as a module."""
    made = python_name(repository)
    return f"{made}_" if made in _OF_LAYERS else made


def class_name(mapping: EntityMapping) -> str:
    """``ORDER_LINE`` → ``OrderLine``; of a single-entity table, which is named for many: ``Products`` → ``Product``."""
    words = [word for word in re.split(r"[\W_]+", mapping.name) if word]
    if mapping.table.kind == "single-entity" and words:
        words[-1] = _singular(words[-1])
    made = "".join(word[:1].upper() + (word[1:].lower() if word.isupper() else word[1:]) for word in words)
    return made if made[:1].isalpha() else f"Entity{made}"


def _singular(word: str) -> str:
    lowered = word.lower()
    if lowered.endswith("ies") and len(word) > 4:
        return word[:-3] + ("Y" if word.isupper() else "y")
    if lowered.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if lowered.endswith("s") and not lowered.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _unique(name: str, taken: set[str]) -> str:
    made, number = name, 2
    while made in taken:
        made, number = f"{name}_{number}", number + 1
    taken.add(made)
    return made


class Records(Generic[R]):
    """From a record's dict to an object of its class, and back.

    Args:
        mapping: the entity's.
        model: a class with the shape's fields; None: one is made.
    """

    def __init__(self, mapping: EntityMapping, model: type[R] | None = None) -> None:
        self.shape = record_shape(mapping)
        self.mapping = mapping
        made: Any = model if model is not None else _made(self.shape)
        self.model: type[R] = made
        self._names = tuple((one.name, one.field.name) for one in self.shape.fields)
        self._fields = {one.name: one.field.name for one in self.shape.fields}

    def is_record(self, thing: Any) -> bool:
        """Whether it is a record: of this class or, as another layer of the same contract makes them, one with the same
        fields."""
        return isinstance(thing, self.model) or (
            not isinstance(thing, (Mapping, Key)) and all(hasattr(thing, name) for name, _ in self._names)
        )

    def of(self, record: Record) -> R:
        """An object; a field that cannot be told is None."""
        return self.model(**{name: record.get(source) for name, source in self._names})

    def values(self, thing: R | Mapping[str, Any]) -> Record:
        """The values of an object, or of a mapping by Python's names or the fields' own, by field.

        Raises:
            InvalidExpression: a name is none of the entity's.
        """
        if self.is_record(thing):
            return {source: getattr(thing, name) for name, source in self._names}
        if not isinstance(thing, Mapping):
            raise InvalidExpression(
                f"{self.mapping.name}: {type(thing).__name__} is no record of it", hint=f"give a {self.shape.name}"
            )
        found: Record = {}
        for name, value in thing.items():
            source = self._fields.get(name, name)
            if source not in self.mapping.fields:
                raise InvalidExpression(
                    f"{self.mapping.name} has no field {name!r}", hint=f"its fields are {', '.join(self._fields)}"
                )
            found[source] = as_field(self.mapping.fields[source], value)
        return found


def as_field(one: Field, value: Any) -> Any:
    """A value as its field has it: an id that is text in a contract without a schema may be given as a number."""
    if type(value) is int:
        if one.type == "str":
            return str(value)
        if one.type == "Decimal":
            return Decimal(value)
    elif one.type == "int" and isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    return value


def _made(shape: RecordShape) -> type[Any]:
    fields: list[Any] = []
    for one in shape.fields:
        options: dict[str, Any] = {} if one.required else {"default": None}
        if one.secret:
            options["repr"] = False
        fields.append((one.name, eval_type(one.annotation), field(**options)))
    made = make_dataclass(shape.name, fields, frozen=True, kw_only=True, slots=True)
    made.__doc__ = f"A record of {shape.name}; made from the contract."
    return made


def eval_type(annotation: str) -> Any:
    """A type that is written as mappings write it: names, ``dict[str, Any]``, ``int | None``."""
    options = [_one_type(part) for part in _split(annotation, "|")]
    made = options[0]
    for other in options[1:]:
        made = made | other
    return made


_BUILTINS: Final[dict[str, Any]] = {
    "str": str, "int": int, "float": float, "bool": bool, "bytes": bytes, "None": None, "list": list, "dict": dict,
    "set": set,
}  # fmt: skip


def _one_type(text: str) -> Any:
    name, bracket, rest = text.partition("[")
    plain = _TYPES[name] if name in _TYPES else _BUILTINS[name]
    if not bracket:
        return plain
    return plain[tuple(eval_type(part) for part in _split(rest[:-1], ","))]


def _split(text: str, separator: str) -> list[str]:
    """At the separators that stand in no brackets."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "[") - (char == "]")
        if char == separator and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]
