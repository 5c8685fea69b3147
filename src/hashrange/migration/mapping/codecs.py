"""What a codec of single values is. Must not know kinds of columns."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct

from ...codec import encode_value
from ...errors import ValidationError
from ...limits import NUMBER_MAX_DIGITS
from .checked import Convert
from .refusal import Refusal

ANY_TEXT: Final = r"[\s\S]*"


class Codec(Struct, frozen=True):
    """How values of a kind stand in attributes of a type.

    Attributes:
        encode: a record's value that is not None to the attribute's, None where nothing can be stored (an empty set).
        decode: the opposite; refuses what another program might have stored.
        pattern: of texts, the regular expression that all of them match; None where they are of another type.
        free: whether a text may have any characters, those of separators among them.
    """

    encode: Convert
    decode: Convert
    pattern: str | None = None
    free: bool = False


def checked_number(value: Decimal) -> Decimal:
    """The number, if DynamoDB has it: 38 significant digits, from 1E-130 to below 1E+126."""
    text = str(value)
    if len(text) <= NUMBER_MAX_DIGITS and "E" not in text and value.is_finite():  # most are
        return value
    try:
        encode_value(value)
    except ValidationError as problem:
        raise Refusal(problem.message.removeprefix("value: "), problem.hint or "") from None
    return value
