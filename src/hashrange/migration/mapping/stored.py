"""What an attribute holds, taken for what the contract says it is; other programs may have stored something else.

Must not know kinds of columns.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from .refusal import Refusal

OTHER_PROGRAM: Final = "was the item written by another program? The contract says what type it has"


def stored_as(type_: type | tuple[type, ...], wanted: str, value: Any) -> Any:
    """The value, if it is of a Python type; ``wanted`` is the attribute's type, for the message."""
    if not isinstance(value, type_) or (isinstance(value, bool) and type_ is not bool):
        raise Refusal(f"it is stored as {type_stored(value)}, and the contract says {wanted}", OTHER_PROGRAM)
    return value


def type_stored(value: Any) -> str:
    """The type that an attribute with this value has."""
    match value:
        case bool():
            return "BOOL"
        case str():
            return "S"
        case int() | Decimal() | float():
            return "N"
        case bytes():
            return "B"
        case None:
            return "NULL"
        case dict():
            return "M"
        case list():
            return "L"
        case _:
            return "a set"


def stored_text(value: Any) -> str:
    """The value, if it is text."""
    return value if type(value) is str else stored_as(str, "S", value)


def stored_number(value: Any) -> int | Decimal:
    """The value, if it is a number; a float (of a client with ``numbers="float"``) by its digits."""
    if type(value) is int:
        return value
    stored_as((int, Decimal, float), "N", value)
    number = Decimal(repr(value)) if isinstance(value, float) else value
    if isinstance(number, Decimal) and not number.is_finite():
        raise Refusal("DynamoDB has no such number")
    return number


def stored_whole(value: Any) -> int:
    """The value, if it is a number without a fraction."""
    number = stored_number(value)
    if isinstance(number, int):
        return number
    if number != number.to_integral_value() or number.adjusted() > 30:
        raise Refusal("the number is no integer")
    return int(number)


def stored_digits(value: Any) -> int:
    """The integer of a text that is just its decimal digits."""
    text = stored_text(value)
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 25) or text != str(int(text)):
        raise Refusal("the text is no integer in decimal digits", OTHER_PROGRAM)
    return int(text)


def as_bool(number: int) -> bool:
    """0 or 1 as a truth value."""
    if number not in (0, 1):
        raise Refusal("the number is neither 0 nor 1")
    return number == 1


def number_of_digits(text: str) -> Decimal | None:
    """The number of a text of decimal digits, with a sign and a point or without; None where it is none."""
    whole, point, fraction = text.removeprefix("-").partition(".")
    plain = whole.isascii() and whole.isdigit() and (not point or (fraction.isascii() and fraction.isdigit()))
    return Decimal(text) if plain and len(text) <= 200 else None


def stored_decimal(value: Any) -> Decimal:
    """The number of a text of decimal digits."""
    number = number_of_digits(stored_text(value))
    if number is None:
        raise Refusal("the text is no number in decimal digits", OTHER_PROGRAM)
    return number
