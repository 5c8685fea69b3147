"""What kind of values a field has: a column's family with its details or, without a schema, what its attribute's type
suggests. Everything about single values is chosen by ``Kind``. Must not know rows or items.
"""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from ..contract.model import AttributeType
from ..source.schema import Column

#: the families of columns, and three more: "words" is text made of whatever a driver gives, "numbers" a set of numbers,
#: "computed" what only an expression knows
KindFamily: TypeAlias = Literal[
    "integer", "decimal", "float", "boolean", "bit", "text", "enum", "set", "date", "datetime", "timestamp", "time",
    "year", "binary", "json", "other", "words", "numbers", "computed",
]  # fmt: skip

_PYTHON: Final[dict[KindFamily, str]] = {
    "integer": "int",
    "decimal": "Decimal",
    "float": "float",
    "boolean": "bool",
    "bit": "int",
    "text": "str",
    "enum": "str",
    "set": "set[str]",
    "date": "date",
    "datetime": "datetime",
    "timestamp": "datetime",
    "time": "timedelta",
    "year": "int",
    "binary": "bytes",
    "json": "Any",
    "other": "Any",
    "words": "str",
    "numbers": "set[Decimal]",
    "computed": "Any",
}
#: without a schema
_OF_ATTRIBUTE: Final[dict[AttributeType, KindFamily]] = {
    "S": "words",
    "N": "decimal",
    "B": "binary",
    "BOOL": "boolean",
    "SS": "set",
    "NS": "numbers",
    "M": "json",
    "L": "json",
    "NULL": "other",
    "BS": "other",
}
_NUMBERS: Final = re.compile(r"\w+\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", re.ASCII)


class Kind(Struct, frozen=True):
    """A kind of values.

    Attributes:
        family: see KindFamily.
        type: for messages, "decimal(10,2)".
        members: of an enum or a set; () where they are not known.
        scale: digits behind the point: of a decimal, and of the seconds of times; None where it is not known.
        bits: of a bit.
        ignores_case: whether texts that differ in case only are equal.
    """

    family: KindFamily
    type: str
    members: tuple[str, ...] = ()
    scale: int | None = None
    bits: int = 64
    ignores_case: bool = False

    @property
    def python(self) -> str:
        """The type of its values, as source text."""
        return _PYTHON[self.family]


def kind_of_column(column: Column) -> Kind:
    """The kind of a column's values. BIT(1) is a boolean. A DECIMAL without a scale has none: it is DECIMAL(10, 0)."""
    family: KindFamily = column.family
    found = _NUMBERS.match(column.type.strip())
    first, second = (found[1], found[2]) if found else (None, None)
    scale: int | None = None
    bits = 64
    if family == "bit":
        bits = int(first or 1)
        family = "boolean" if bits == 1 else "bit"
    elif family == "decimal":
        scale = int(second or 0)
    elif family in ("datetime", "timestamp", "time"):
        scale = int(first or 0)
    return Kind(family, column.type, column.members, scale, bits, column.ignores_case)


def kind_of_attribute(type_: AttributeType) -> Kind:
    """The kind of the values of a column of which only the attribute's type is known."""
    return Kind(_OF_ATTRIBUTE[type_], f"column for an attribute of type {type_}")


#: of what expressions compute over columns whose type nobody knows
COMPUTED: Final = Kind("computed", "computed value")
WHOLE: Final = Kind("integer", "count")
EXACT: Final = Kind("decimal", "computed number")
WORDS: Final = Kind("words", "text")
