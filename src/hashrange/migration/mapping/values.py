"""A record's values to attributes and back: the one table of kinds of columns and types of attributes.

What is not in the table is refused when the contract is compiled; what a single value cannot be, when it comes. Numbers
are exact: decimals as they are, floats by the digits of their repr, and never more than DynamoDB has. Must not know
entities or drivers.

Sources: DynamoDB Developer Guide, "Data types"; MySQL Reference Manual, "Data Types".
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeAlias, get_args

from ..contract.model import AttributeType
from ..conventions import Conventions
from . import documents, times
from .checked import Convert, checked
from .codecs import ANY_TEXT, Codec, checked_number
from .computed import computed_binary, computed_bool, computed_number, computed_text
from .kinds import Kind, KindFamily
from .refusal import Refusal
from .stored import (
    OTHER_PROGRAM,
    as_bool,
    number_of_digits,
    stored_as,
    stored_digits,
    stored_number,
    stored_text,
    stored_whole,
    type_stored,
)

Make: TypeAlias = Callable[[Kind, Conventions], Codec]
_YEAR_MIN_DIGITS: Final = 4


def codec(kind: Kind, type_: AttributeType, conventions: Conventions) -> Codec | None:
    """How values of a kind stand in attributes of a type; None where they cannot."""
    make = _TABLE.get((kind.family, type_))
    return None if make is None else make(kind, conventions)


def types_of(kind: Kind) -> tuple[AttributeType, ...]:
    """The types that attributes of a kind may have."""
    return tuple(type_ for family, type_ in _TABLE if family == kind.family)


# ── the kinds ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _integer_number(kind: Kind, conventions: Conventions) -> Codec:
    return Codec(checked(kind), stored_whole)


def _integer_text(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)
    return Codec(lambda value: str(check(value)), stored_digits, r"-?\d{1,20}")


def _integer_bool(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)
    return Codec(lambda value: as_bool(check(value)), lambda value: int(stored_as(bool, "BOOL", value)))


def _bit_binary(kind: Kind, conventions: Conventions) -> Codec:
    check, length = checked(kind), (kind.bits + 7) // 8
    return Codec(
        lambda value: check(value).to_bytes(length), lambda value: int.from_bytes(stored_as(bytes, "B", value))
    )


def _year_text(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)

    def decode(value: Any) -> int:
        text = stored_text(value)
        if not (text.isascii() and text.isdigit() and len(text) == _YEAR_MIN_DIGITS):
            raise Refusal("the text is no year of four digits")
        return int(text)

    return Codec(lambda value: f"{check(value):04d}", decode, r"\d{4}")


def _decimal_number(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)
    return Codec(
        lambda value: checked_number(check(value)), lambda value: _scaled(check, Decimal(stored_number(value)))
    )


def _scaled(check: Convert, value: Decimal) -> Decimal:
    """With the column's scale, so that the same number gives the same record; as it is where it does not fit."""
    try:
        return check(value)  # type: ignore[no-any-return]
    except Refusal:
        return value


def _decimal_text(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)

    def decode(value: Any) -> Decimal:
        text = stored_text(value)
        number = number_of_digits(text)
        if number is None:
            raise Refusal("the text is no number in decimal digits", OTHER_PROGRAM)
        return _scaled(check, number)

    return Codec(lambda value: format(check(value), "f"), decode, r"-?\d+(?:\.\d+)?")


def _float_number(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)
    return Codec(lambda value: checked_number(Decimal(repr(check(value)))), lambda value: float(stored_number(value)))


def _float_text(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)

    def decode(value: Any) -> float:
        try:
            return float(stored_text(value))
        except ValueError:
            raise Refusal("the text is no number", OTHER_PROGRAM) from None

    return Codec(lambda value: repr(check(value)), decode, r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def _boolean(kind: Kind, conventions: Conventions) -> Codec:
    return Codec(checked(kind), lambda value: stored_as(bool, "BOOL", value))


def _boolean_number(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)
    return Codec(lambda value: int(check(value)), lambda value: as_bool(stored_whole(value)))


def _boolean_text(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)
    return Codec(lambda value: "1" if check(value) else "0", lambda value: as_bool(stored_digits(value)), "[01]")


def _text(kind: Kind, conventions: Conventions) -> Codec:
    return Codec(checked(kind), stored_text, ANY_TEXT, free=True)


def _text_number(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)

    def encode(value: Any) -> Decimal:
        text = check(value)
        number = number_of_digits(text)
        if number is None:
            raise Refusal("the text is no number, and the attribute is N", "make the attribute S")
        if format(number.normalize() if number else Decimal(0), "f") != text:
            raise Refusal("the text would not come back as it is from a number: it has zeros that mean nothing", "S")
        return checked_number(number)

    return Codec(encode, lambda value: format(Decimal(stored_number(value)).normalize(), "f"))


def _text_binary(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)

    def decode(value: Any) -> str:
        try:
            return stored_as(bytes, "B", value).decode()  # type: ignore[no-any-return]
        except UnicodeDecodeError:
            raise Refusal("the bytes are no text in UTF-8") from None

    return Codec(lambda value: check(value).encode(), decode)


def _in_order(kind: Kind) -> Callable[[set[str]], list[str]]:
    """Elements in the order of their declaration, which is MySQL's, or of their code points where it is not known."""
    places = {member: place for place, member in enumerate(kind.members)}
    return lambda elements: sorted(elements, key=lambda one: (places.get(one, -1), one))


def _set(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)
    return Codec(lambda value: check(value) or None, lambda value: set(stored_as((set, frozenset), "SS", value)))


def _set_text(kind: Kind, conventions: Conventions) -> Codec:
    check, in_order = checked(kind), _in_order(kind)

    def decode(value: Any) -> set[str]:
        text = stored_text(value)
        return set(text.split(",")) if text else set()

    return Codec(lambda value: ",".join(in_order(check(value))), decode, ANY_TEXT, free=True)


def _set_list(kind: Kind, conventions: Conventions) -> Codec:
    check, in_order = checked(kind), _in_order(kind)
    return Codec(
        lambda value: in_order(check(value)), lambda value: {stored_text(one) for one in stored_as(list, "L", value)}
    )


def _numbers(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)
    return Codec(
        lambda value: {checked_number(one) for one in check(value)} or None,
        lambda value: {Decimal(stored_number(one)) for one in stored_as((set, frozenset), "NS", value)},
    )


def _date_text(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)
    return Codec(
        lambda value: check(value).isoformat(), lambda value: times.read_date(stored_text(value)), r"\d{4}-\d\d-\d\d"
    )


def _date_number(kind: Kind, conventions: Conventions) -> Codec:
    check, epoch = checked(kind), times.EPOCH.date()

    def decode(value: Any) -> Any:
        instant = times.instant_of_seconds(stored_number(value))
        if instant.time() != times.EPOCH.time():
            raise Refusal("the number is no midnight in UTC")
        return instant.date()

    return Codec(lambda value: times.seconds_of(check(value) - epoch, 0), decode)


def _instant_text(kind: Kind, conventions: Conventions) -> Codec:
    digits, check = conventions.fraction_digits, checked(kind)
    text = times.instant_text(digits)
    return Codec(
        lambda value: text(check(value)),
        lambda value: times.read_instant(stored_text(value)),
        times.instant_pattern(digits),
    )


def _instant_number(kind: Kind, conventions: Conventions) -> Codec:
    digits, check = conventions.fraction_digits, checked(kind)
    return Codec(
        lambda value: times.seconds_of(check(value) - times.EPOCH, digits),
        lambda value: times.instant_of_seconds(stored_number(value)),
    )


def _span_text(kind: Kind, conventions: Conventions) -> Codec:
    digits, check = conventions.fraction_digits, checked(kind)
    text = times.span_text(digits)
    return Codec(
        lambda value: text(check(value)), lambda value: times.read_span(stored_text(value)), times.span_pattern(digits)
    )


def _span_number(kind: Kind, conventions: Conventions) -> Codec:
    digits, check = conventions.fraction_digits, checked(kind)
    return Codec(
        lambda value: times.seconds_of(check(value), digits),
        lambda value: times.checked_span(times.span_of_seconds(stored_number(value))),
    )


def _binary(kind: Kind, conventions: Conventions) -> Codec:
    return Codec(checked(kind), lambda value: bytes(stored_as((bytes, bytearray), "B", value)))


def _json_of(type_: type, wanted: str) -> Make:
    def make(kind: Kind, conventions: Conventions) -> Codec:
        check = checked(kind)

        def encode(value: Any) -> Any:
            found = check(value)
            if not isinstance(found, type_):
                raise Refusal(f"the JSON is {type_stored(found)}, and the attribute is {wanted}", "S holds any JSON")
            return found

        return Codec(encode, lambda value: stored_as(type_, wanted, value))

    return make


def _json_text(kind: Kind, conventions: Conventions) -> Codec:
    check = checked(kind)
    return Codec(
        lambda value: documents.canonical_text(check(value)),
        lambda value: documents.parsed(stored_text(value)),
        ANY_TEXT,
        free=True,
    )


def _other_text(kind: Kind, conventions: Conventions) -> Codec:
    return Codec(lambda value: stored_text(value), stored_text, ANY_TEXT, free=True)


def _never(kind: Kind, conventions: Conventions) -> Codec:
    def refuse(value: Any) -> Any:
        raise Refusal("it is not NULL, and the attribute is of type NULL", "give the attribute the type of its values")

    return Codec(refuse, refuse)


_TABLE: Final[dict[tuple[str, AttributeType], Make]] = {
    ("integer", "N"): _integer_number,
    ("integer", "S"): _integer_text,
    ("integer", "BOOL"): _integer_bool,
    ("bit", "N"): _integer_number,
    ("bit", "S"): _integer_text,
    ("bit", "B"): _bit_binary,
    ("year", "N"): _integer_number,
    ("year", "S"): _year_text,
    ("decimal", "N"): _decimal_number,
    ("decimal", "S"): _decimal_text,
    ("float", "N"): _float_number,
    ("float", "S"): _float_text,
    ("boolean", "BOOL"): _boolean,
    ("boolean", "N"): _boolean_number,
    ("boolean", "S"): _boolean_text,
    ("text", "S"): _text,
    ("text", "N"): _text_number,
    ("text", "B"): _text_binary,
    ("words", "S"): _text,
    ("words", "N"): _text_number,
    ("words", "B"): _text_binary,
    ("enum", "S"): _text,
    ("set", "SS"): _set,
    ("set", "S"): _set_text,
    ("set", "L"): _set_list,
    ("numbers", "NS"): _numbers,
    ("date", "S"): _date_text,
    ("date", "N"): _date_number,
    ("datetime", "S"): _instant_text,
    ("datetime", "N"): _instant_number,
    ("timestamp", "S"): _instant_text,
    ("timestamp", "N"): _instant_number,
    ("time", "S"): _span_text,
    ("time", "N"): _span_number,
    ("binary", "B"): _binary,
    ("json", "M"): _json_of(dict, "M"),
    ("json", "L"): _json_of(list, "L"),
    ("json", "S"): _json_text,
    ("other", "S"): _other_text,
    ("other", "B"): _binary,
    ("computed", "S"): computed_text,
    ("computed", "N"): computed_number,
    ("computed", "BOOL"): computed_bool,
    ("computed", "B"): computed_binary,
    **{(family, "NULL"): _never for family in get_args(KindFamily)},
}
