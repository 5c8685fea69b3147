"""number-format: numbers with so many digits, and back.

A format has 0 (a digit, always), # (a digit, where there is one), "," (groups of three) and "." only, such as 0.00 or
#,##0.##; it rounds half up. Anything else is refused. Must not know entities.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from msgspec import Struct

from ..contract.model import AttributeType, Transformed
from ..conventions import Conventions
from ..expressions.sql_values import NotComputable, number
from .checked import checked
from .codecs import Codec, checked_number
from .kinds import Kind
from .refusal import Refusal
from .stored import stored_decimal, stored_number, stored_text
from .transformations import Transformation, UnknownFormat, as_it_is

_NUMBER_FORMAT: Final = re.compile(r"(?P<whole>[#,]*[0,]*)(?:\.(?P<always>0*)(?P<maybe>#*))?")
_SOURCE_NUMBERS: Final = frozenset({"", "number", "decimal", "integer", "float", "string"})
_WIDE: Final = Context(prec=200, rounding=ROUND_HALF_UP)


class _NumberFormat(Struct, frozen=True):
    whole_digits: int
    decimals_min: int
    decimals_max: int
    grouped: bool

    def rounded(self, value: Decimal) -> Decimal:
        """Half up, away from zero, as MySQL's ROUND of exact numbers."""
        found = value.quantize(Decimal(1).scaleb(-self.decimals_max), context=_WIDE)
        return found or abs(found)  # no minus before a zero

    def text(self, value: Decimal) -> str:
        rounded = self.rounded(value)
        whole, _, fraction = format(abs(rounded), "f").partition(".")
        kept = fraction.rstrip("0").ljust(self.decimals_min, "0") if fraction else ""
        whole = whole.lstrip("0").rjust(self.whole_digits, "0")
        if self.grouped:
            first = len(whole) % 3
            groups = [whole[:first]] if first else []
            whole = ",".join([*groups, *(whole[place : place + 3] for place in range(first, len(whole), 3))])
        sign = "-" if rounded < 0 else ""
        return f"{sign}{whole or ('' if kept else '0')}" + (f".{kept}" if kept else "")

    @property
    def pattern(self) -> str:
        return r"-?[\d,]*(?:\.\d+)?"


def _number_parts(text: str) -> _NumberFormat:
    match = _NUMBER_FORMAT.fullmatch(text)
    if match is None or not text.strip(",."):
        raise UnknownFormat(
            f"the number format {text!r} has no meaning: 0, #, a comma for groups of three and a point are defined, "
            "such as 0.00 or #,##0.##"
        )
    always, maybe = match["always"] or "", match["maybe"] or ""
    return _NumberFormat(match["whole"].count("0"), len(always), len(always) + len(maybe), "," in match["whole"])


def number_format(value: Transformed, kind: Kind, type_: AttributeType, conventions: Conventions) -> Transformation:
    if (value.source_format or "").lower() not in _SOURCE_NUMBERS:
        raise UnknownFormat(f"the source_format {value.source_format!r} has no meaning for numbers: leave it out")
    if kind.family not in ("integer", "decimal", "float", "bit", "year", "text", "words", "computed"):
        raise UnknownFormat(f"number-format is for numbers, and the column is a {kind.type}")
    if value.format is None:
        return as_it_is(kind, type_, conventions)
    format_, check = _number_parts(value.format), checked(kind)

    def exact(one: Any) -> Decimal:
        found = check(one)
        if isinstance(found, str) and not re.fullmatch(r"-?\d{1,60}(?:\.\d{1,60})?", found, re.ASCII):
            raise Refusal("the text is no number")
        try:
            plain = number(found)
        except NotComputable as problem:
            raise Refusal(str(problem)) from None
        return Decimal(repr(plain)) if isinstance(plain, float) else Decimal(plain)

    def back(found: Decimal) -> Any:
        return check(int(found) if kind.family != "decimal" and found == found.to_integral_value() else found)

    invertible = kind.family in ("integer", "bit", "year") or (
        kind.family == "decimal" and kind.scale is not None and kind.scale <= format_.decimals_max
    )
    if type_ == "N":
        stored = Codec(
            lambda one: checked_number(format_.rounded(exact(one))), lambda one: back(Decimal(stored_number(one)))
        )
    elif type_ == "S":
        stored = Codec(
            lambda one: format_.text(exact(one)),
            lambda one: back(stored_decimal(_completed(stored_text(one).replace(",", "")))),
            format_.pattern,
            free=format_.grouped,
        )
    else:
        raise UnknownFormat(f"a number format makes text or a number, and the attribute is of type {type_}")
    return Transformation(stored, invertible)


def _completed(text: str) -> str:
    """ ".5" as "0.5"."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    return f"{sign}0{digits}" if digits.startswith(".") else text
