"""What expressions compute, in attributes: values whose type is known when they come only.

Must not know columns.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..conventions import Conventions
from .canonical import canonical
from .checked import wrong_type
from .codecs import ANY_TEXT, Codec, checked_number
from .kinds import WORDS, Kind
from .refusal import Refusal
from .stored import number_of_digits, stored_as, stored_number, stored_text


def computed_text(kind: Kind, conventions: Conventions) -> Codec:
    return Codec(canonical(WORDS, conventions), stored_text, ANY_TEXT, free=True)


def computed_number(kind: Kind, conventions: Conventions) -> Codec:
    def encode(value: Any) -> int | Decimal:
        match value:
            case bool():
                return int(value)
            case int():
                return int(checked_number(Decimal(value)))
            case Decimal():
                return checked_number(value)
            case float():
                return checked_number(Decimal(repr(value)))
            case str() if (number := number_of_digits(value)) is not None:
                return checked_number(number)
            case _:
                raise wrong_type(value, "a number")

    return Codec(encode, stored_number)


def computed_bool(kind: Kind, conventions: Conventions) -> Codec:
    def encode(value: Any) -> bool:
        if not isinstance(value, (bool, int, Decimal)):
            raise wrong_type(value, "a truth value")
        if value not in (0, 1):
            raise Refusal("the number is neither 0 nor 1")
        return value == 1

    return Codec(encode, lambda value: stored_as(bool, "BOOL", value))


def computed_binary(kind: Kind, conventions: Conventions) -> Codec:
    return Codec(
        lambda value: value.encode() if isinstance(value, str) else stored_as(bytes, "B", value),
        lambda value: stored_as(bytes, "B", value),
    )
