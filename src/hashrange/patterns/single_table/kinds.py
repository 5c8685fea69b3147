"""What a field of a key template can hold, and the text that stands for it in a key.

One Kind per type of field: text, int, Decimal, Enum, datetime, date, UUID, and what its format does. A value comes as
the model has it or as it is stored (an update knows only that). Raises Unfit; who turns it into an error knows template
and field. Must not know templates or tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin
from uuid import UUID

from msgspec import Struct

from . import times
from .shapes import ANYTHING, Chars, Choice, Run, Shape
from .unfit import Unfit, wrong_type

#: the format of a text field at the end of a template that takes separators, too
REST: Final = "*"

_UUID: Final[Shape] = (Run(Chars("0123456789abcdef-"), 36),)
_DIGITS: Final = Chars("0123456789")


class Kind(Struct, frozen=True):
    """How one field stands in a key.

    Attributes:
        text: from a value to its text. Raises Unfit.
        value: from a text of the shape to the value. Raises ValueError.
        stored: from a value to what the item holds. Raises Unfit.
        shape: what its texts look like.
        fixed: whether all of them have the same length, or are of a fixed choice.
        sortable: whether texts sort as values do.
        number: whether it is a number without a format: alone in a template, it is a key of type N.
    """

    text: Callable[[Any], str]
    value: Callable[[str], Any]
    stored: Callable[[Any], Any]
    shape: Shape
    fixed: bool = False
    sortable: bool = True
    number: bool = False


def kind_of(annotation: Any, format: str, separators: str) -> Kind:
    """The kind of a field.

    Args:
        annotation: its type in the model.
        format: what stands behind the colon.
        separators: the characters that no text of variable length may contain.

    Raises:
        Unfit: the type has no text for a key, or the format is none that it has.
    """
    cls = bare(annotation)
    if get_origin(cls) is Literal:
        return _choice({value: value for value in get_args(cls)}, format, separators)
    if not isinstance(cls, type):
        raise Unfit(f"has the type {_name(annotation)}, which has no text for a key", _TYPES)
    if issubclass(cls, Enum):
        return _choice({member: member.value for member in cls}, format, separators)
    if issubclass(cls, (datetime, date)):
        return _time(cls, format)
    if issubclass(cls, UUID):
        _no_format(format, "a UUID")
        return Kind(_uuid_text, UUID, _uuid_text, _UUID, fixed=True, sortable=False)
    if issubclass(cls, (int, Decimal)) and not issubclass(cls, bool):
        return _number(int if issubclass(cls, int) else Decimal, format, separators)
    if issubclass(cls, str) or cls.__name__ == "EmailStr":  # pydantic's: a type of its own, whose values are str
        return _text(format, separators)
    raise Unfit(f"has the type {_name(annotation)}, which has no text for a key", _TYPES)


_TYPES: Final = "a key is made of str, int, Decimal, Enum, Literal, datetime, date and UUID; and None leaves it out"


def bare(annotation: Any) -> Any:
    """A type without what stands around it: Annotated, NewType, a named alias, ``| None``."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif hasattr(annotation, "__value__"):
            annotation = annotation.__value__
        elif origin in (Union, UnionType):
            others = [kind for kind in get_args(annotation) if kind is not type(None)]
            if len(others) != 1:
                return annotation
            annotation = others[0]
        else:
            return annotation


def _name(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _no_format(format: str, what: str) -> None:
    if format:
        raise Unfit(f"has the format {format!r}, and {what} has none", "leave it out")


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _text(format: str, separators: str) -> Kind:
    if format == REST:
        return Kind(_any_text, str, _any_text, (ANYTHING,))
    _no_format(format, "text")

    def text(value: Any) -> str:
        if type(value) is not str:
            value = _any_text(value)
        for separator in separators:
            if separator in value:
                raise separated(separator)
        if not value:
            raise Unfit("is empty", "give it a value; None leaves an item out of an index")
        return value  # type: ignore[no-any-return]

    return Kind(text, str, _any_text, (Run(Chars(separators, but=True)),))


def _any_text(value: Any) -> str:
    if not isinstance(value, str) or isinstance(value, Enum):
        raise wrong_type("str", value)
    if not value:
        raise Unfit("is empty", "give it a value; None leaves an item out of an index")
    return str(value)


def separated(separator: str) -> Unfit:
    return Unfit(
        f"has a value that contains {separator!r}, which separates the parts of the key: another item could get the "
        "same key",
        "encode the value, use another separator in the template, or, for the last field of a template, the format '*'",
    )


def _choice(values: dict[Any, Any], format: str, separators: str) -> Kind:
    """An Enum or a Literal: a value, or a member that stands for it."""
    first = next(iter(values.values()), None)
    inner = kind_of(type(first), format, separators)
    texts: dict[Any, str] = {}
    for member, value in values.items():
        if type(value) is not type(first):
            raise Unfit("has values of different types", _TYPES)
        texts[member] = texts[value] = inner.text(value)
    members = {texts[member]: member for member in values}

    def text(value: Any) -> str:
        try:
            return texts[value]
        except (KeyError, TypeError):
            raise Unfit(f"is none of {', '.join(members)}") from None

    def value_of(text: str) -> Any:
        if text not in members:
            raise ValueError(text)
        return members[text]

    stored = {text: values[member] for text, member in members.items()}
    shape = (Choice(tuple(members)),)
    return Kind(text, value_of, lambda value: stored[text(value)], shape, sortable=inner.sortable, number=inner.number)


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _number(cls: type[int] | type[Decimal], format: str, separators: str) -> Kind:
    def check(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or (cls is int and value != int(value)):
            raise wrong_type(cls.__name__, value)
        return value

    if not format or (format == "d" and cls is int):
        chars = Chars("0123456789-" if cls is int else "0123456789-.E+")

        def plain(value: Any) -> str:
            text = str(cls(check(value)))
            for separator in separators:
                if separator in text:
                    raise separated(separator)
            return text

        return Kind(plain, _reader(cls), check, (Run(chars),), sortable=False, number=not format)
    padded = re.fullmatch(r"0(?P<width>\d+)d?" if cls is int else r"0(?P<width>\d+)\.(?P<places>\d+)f", format)
    width = int(padded["width"]) if padded else 0
    places = int(padded["places"]) if padded and cls is Decimal else 0
    digits = width - places - 1 if places else width
    if digits < 1:
        example = "{n:08d}" if cls is int else "{n:012.2f}"
        raise Unfit(f"has the format {format!r}, and {cls.__name__} has none such", f"pad it with zeros: '{example}'")

    def text(value: Any) -> str:
        made = f"{check(value):{format}}"
        if value < 0 or len(made) > width or Decimal(made) != value:
            raise Unfit(f"does not fit into the format {format!r}", "use a wider format; it has no sign")
        return made

    shape: Shape = (Run(_DIGITS, digits), ".", Run(_DIGITS, places)) if places else (Run(_DIGITS, width),)
    return Kind(text, _reader(cls), check, shape, fixed=True)


def _reader(cls: type[int] | type[Decimal]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return cls(text)
        except InvalidOperation:
            raise ValueError(text) from None

    return read


# ── the rest ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _uuid_text(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    try:
        return str(UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise wrong_type("UUID", value) from None


def _time(cls: type[date], format: str) -> Kind:
    moment = issubclass(cls, datetime)
    made = times.formatted(moment, format)
    stored = times.datetime_text if moment else times.date_text
    return Kind(made.text, made.value, stored, made.shape, fixed=True, sortable=made.sortable)
