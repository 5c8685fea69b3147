"""Attribute values: what is one, which are equal, which comes first, how large each is.

Nothing else looks inside ``{"S": ...}``. ``canonical`` checks a value and gives its one normal form: numbers as plain
decimals, sets sorted. So two values are equal for DynamoDB exactly when their canonical forms are equal for Python.
Must not know expressions, keys of tables, or requests; the types of the JSON have been checked before (``shapes``).
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeAlias

from ..limits import (
    NESTING_MAX_LEVELS,
    NUMBER_MAX_DIGITS,
    NUMBER_MAX_EXPONENT,
    NUMBER_MIN_EXPONENT,
    SORT_KEY_MAX_BYTES,
)
from . import messages

#: a value in wire shape, canonical unless said otherwise
AttributeValue: TypeAlias = dict[str, Any]
Item: TypeAlias = dict[str, AttributeValue]

_NUMBER: Final = re.compile(
    r"(?P<sign>[+-]?)(?=\.?[0-9])(?P<left>[0-9]*)(?:\.(?P<right>[0-9]*))?(?:[eE](?P<exponent>[+-]?[0-9]+))?", re.ASCII
)
_EXPONENT_MAX_DIGITS: Final = 10  # beyond it a number is out of range, however many digits it has
_SETS: Final = frozenset({"SS", "NS", "BS"})


class InvalidValue(Exception):
    """A value that DynamoDB does not have; the text is the service's, to be put into its context.

    Attributes:
        stands_alone: whether the service gives the text for a start key's value as it is; it puts others into a
            sentence. Those about numbers and duplicates stand alone.
    """

    def __init__(self, text: str, *, stands_alone: bool = False) -> None:
        super().__init__(text)
        self.text, self.stands_alone = text, stands_alone


def kind(value: AttributeValue) -> str:
    """The type's letters: S, N, B, BOOL, NULL, L, M, SS, NS or BS."""
    return next(iter(value))


# ── checking, and the normal form ────────────────────────────────────────────────────────────────────────────────────
def canonical(value: AttributeValue, level: int = 1) -> AttributeValue:
    """The normal form of a value; ``level`` is its depth, 1 at the top.

    Raises:
        InvalidValue: in the service's order of checks.
    """
    if len(value) == 1:
        ((name, content),) = value.items()
        if name == "S" or name == "BOOL" or name == "B":
            return value
        if name == "N":
            text = number(content)
            return value if text is content else {"N": text}
        convert = _CANONICAL.get(name)
        if convert is not None:
            return {name: convert(content, level)}
    known = [name for name in value if name in _CANONICAL]
    if not known:
        raise InvalidValue(messages.VALUE_EMPTY)
    found: AttributeValue = {name: _CANONICAL[name](value[name], level) for name in _ORDER if name in value}
    if len(found) > 1:
        raise InvalidValue(messages.VALUE_HAS_SEVERAL_TYPES)
    return found


def canonical_item(item: dict[str, AttributeValue]) -> Item:
    """The normal form of an item. Raises as ``canonical``."""
    _check_empty_name(item, 1)
    for name, value in item.items():
        if "S" in value and len(value) == 1:  # most are
            continue
        found = canonical(value)
        if found is not value:
            return _canonical_from(item, name, found)
    return item


def _canonical_from(item: dict[str, AttributeValue], first: str, found: AttributeValue) -> Item:
    """The same, from the first attribute on that is not in its normal form."""
    changed = dict(item)
    changed[first] = found
    seen = False
    for name, value in item.items():
        if seen:
            changed[name] = canonical(value)
        seen = seen or name == first
    return changed


def number(text: str) -> str:
    """The normal form of a number: plain decimal digits, no needless zeros, ``0`` for every zero.

    Raises:
        InvalidValue: it is not a number, out of range, or has more than 38 significant digits.
    """
    if len(text) <= NUMBER_MAX_DIGITS and text.isascii() and text.isdigit() and (text[0] != "0" or text == "0"):
        return text
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise InvalidValue(messages.not_a_number(text), stands_alone=True)
    right = match["right"] or ""
    return _number_text(match["sign"] == "-", match["left"] + right, _exponent(match["exponent"]) - len(right))


def _exponent(text: str | None) -> int:
    """A written exponent; a huge one is cut down to one that is still out of range."""
    if text is None:
        return 0
    digits = text.lstrip("+-0")
    size = int(digits or "0") if len(digits) <= _EXPONENT_MAX_DIGITS else 10**_EXPONENT_MAX_DIGITS
    return -size if text[0] == "-" else size


def decimal_text(value: Decimal) -> str:
    """A number's normal form; checks its range. Raises as ``number``."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "arithmetic gives no NaN and no infinity"
    return _number_text(sign == 1, "".join(map(str, digits)), exponent)


def _number_text(negative: bool, digits: str, exponent: int) -> str:
    """The normal form of digits · 10^exponent. Raises as ``number``."""
    digits = digits.lstrip("0")
    exponent += len(digits)
    digits = digits.rstrip("0")
    if not digits:
        return "0"
    exponent -= len(digits)
    first = len(digits) + exponent - 1
    if first > NUMBER_MAX_EXPONENT:
        raise InvalidValue(messages.NUMBER_OVERFLOW, stands_alone=True)
    if first < NUMBER_MIN_EXPONENT:
        raise InvalidValue(messages.NUMBER_UNDERFLOW, stands_alone=True)
    if len(digits) > NUMBER_MAX_DIGITS:
        raise InvalidValue(messages.NUMBER_TOO_LONG, stands_alone=True)
    if exponent >= 0:
        text = digits + "0" * exponent
    elif first >= 0:
        text = f"{digits[: first + 1]}.{digits[first + 1 :]}"
    else:
        text = f"0.{'0' * (-first - 1)}{digits}"
    return f"-{text}" if negative else text


def _canonical_null(content: bool, level: int) -> bool:
    if not content:
        raise InvalidValue(messages.NULL_MUST_BE_TRUE)
    return content


def _canonical_strings(content: list[str], level: int) -> list[str]:
    if not content:
        raise InvalidValue(messages.EMPTY_SET["SS"])
    if len(set(content)) < len(content):
        raise InvalidValue(messages.duplicates_in_strings(content), stands_alone=True)
    return sorted(content)


def _canonical_numbers(content: list[str], level: int) -> list[str]:
    if not content:
        raise InvalidValue(messages.EMPTY_SET["NS"], stands_alone=True)
    texts = [number(text) for text in content]
    if len(set(texts)) < len(texts):
        raise InvalidValue(messages.DUPLICATES_IN_NUMBERS, stands_alone=True)
    return sorted(texts, key=Decimal)


def _canonical_binaries(content: list[str], level: int) -> list[str]:
    if not content:
        raise InvalidValue(messages.EMPTY_SET["BS"])
    if len(set(content)) < len(content):
        raise InvalidValue(messages.duplicates_in_binaries(content), stands_alone=True)
    return sorted(content, key=b64decode)


def _canonical_map(content: dict[str, AttributeValue], level: int) -> dict[str, AttributeValue]:
    _check_depth(content, level)
    _check_empty_name(content, level + 1)
    return {name: canonical(value, level + 1) for name, value in content.items()}


def _check_empty_name(entries: dict[str, AttributeValue], level: int) -> None:
    """Refuse an attribute without a name; what is wrong with its value and with those before it comes first."""
    if "" in entries:
        for name in entries:
            canonical(entries[name], level)
            if not name:
                raise InvalidValue(messages.ATTRIBUTE_NAME_EMPTY)


def _canonical_list(content: list[AttributeValue], level: int) -> list[AttributeValue]:
    _check_depth(content, level)
    return [canonical(value, level + 1) for value in content]


def _check_depth(content: object, level: int) -> None:
    if level >= NESTING_MAX_LEVELS and content:
        raise InvalidValue(messages.NESTING_TOO_DEEP)


_CANONICAL: Final[dict[str, Callable[[Any, int], Any]]] = {
    "S": lambda content, level: content,
    "N": lambda content, level: number(content),
    "B": lambda content, level: content,
    "BOOL": lambda content, level: content,
    "NULL": _canonical_null,
    "SS": _canonical_strings,
    "NS": _canonical_numbers,
    "BS": _canonical_binaries,
    "M": _canonical_map,
    "L": _canonical_list,
}
#: the order in which the types of one value are checked
_ORDER: Final = ("N", "NULL", "SS", "NS", "BS", "S", "B", "BOOL", "M", "L")


# ── comparing ────────────────────────────────────────────────────────────────────────────────────────────────────────
def compare(one: AttributeValue, other: AttributeValue) -> int | None:
    """-1, 0 or 1; None where the two have no order: other types than S, N and B, or different ones."""
    ((name, mine),) = one.items()
    theirs = other.get(name)
    if theirs is None or name not in _SORTABLE:
        return None
    if mine == theirs:
        return 0
    sortable = _SORTABLE[name]
    return -1 if sortable(mine) < sortable(theirs) else 1


#: text compares by code points, which is the order of its UTF-8 bytes
_SORTABLE: Final[dict[str, Callable[[str], Any]]] = {"S": str, "N": Decimal, "B": b64decode}


def begins_with(value: AttributeValue, prefix: AttributeValue) -> bool:
    """Whether a text or binary begins with another."""
    ((name, content),) = value.items()
    start = prefix.get(name)
    if start is None or name not in ("S", "B"):
        return False
    if name == "S":
        return bool(content.startswith(start))
    return b64decode(content).startswith(b64decode(start))


def contains(value: AttributeValue, part: AttributeValue) -> bool:
    """Whether a text has a substring, a binary a subsequence, a set a member, a list an element."""
    ((name, content),) = value.items()
    ((part_name, wanted),) = part.items()
    if name == "L":
        return part in content
    if name in _SETS:
        return part_name == name[0] and wanted in content
    if name != part_name:
        return False
    if name == "S":
        return wanted in content
    return name == "B" and b64decode(wanted) in b64decode(content)


# ── measuring ────────────────────────────────────────────────────────────────────────────────────────────────────────
def length(value: AttributeValue) -> int | None:
    """What ``size()`` gives: UTF-16 units of text, bytes of binary, members of sets, lists and maps; else None."""
    ((name, content),) = value.items()
    if name == "S":
        return len(content) if content.isascii() else len(content.encode("utf-16-le", "surrogatepass")) // 2
    if name == "B":
        return _binary_size(content)
    return None if name in ("N", "BOOL", "NULL") else len(content)


def item_size(item: Item) -> int:
    """Bytes of an item as the service counts them: names and values."""
    total = 0
    for name, value in item.items():
        total += len(name) if name.isascii() else len(name.encode())
        text = value.get("S")
        if text is None:
            ((letters, content),) = value.items()
            total += _SIZES[letters](content)
        else:
            total += len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return total


def value_size(value: AttributeValue) -> int:
    """Bytes of one value."""
    ((name, content),) = value.items()
    return _SIZES[name](content)


def _text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _number_size(text: str) -> int:
    """1, and a byte for every two significant digits on each side of the point, and one for a sign."""
    if text.isdigit():
        return 1 + (len(text.strip("0")) + 1) // 2
    sign = text.startswith("-")
    left, _, right = text.lstrip("-").partition(".")
    left = left.lstrip("0")
    if not right:
        left = left.rstrip("0")
    elif not left:
        right = right.lstrip("0")
    return 1 + (len(left) + 1) // 2 + (len(right) + 1) // 2 + sign


def _binary_size(text: str) -> int:
    return len(text) // 4 * 3 - text.count("=", -2)


_SIZES: Final[dict[str, Callable[[Any], int]]] = {
    "S": _text_size,
    "N": _number_size,
    "B": _binary_size,
    "BOOL": lambda content: 1,
    "NULL": lambda content: 1,
    "SS": lambda content: sum(map(_text_size, content)),
    "NS": lambda content: sum(map(_number_size, content)),
    "BS": lambda content: sum(map(_binary_size, content)),
    "L": lambda content: 3 + sum(1 + value_size(element) for element in content),
    "M": lambda content: 3 + len(content) + item_size(content),
}


# ── how the service stores an item, which is what ends a page ────────────────────────────────────────────────────────
_STORED_BLOCK_BYTES: Final = 3072
_STORED_BLOCK_OVERHEAD_BYTES: Final = 18


def stored_size(item: Item, sort_key: str | None) -> int:
    """Bytes of an item as the service stores it: names are short numbers there, values have lengths before them.

    Not published; found out by where pages of 1 MB end. The sort key is repeated in every block.
    """
    size = repeated = 0
    for name, value in item.items():
        if name == sort_key:
            repeated = _stored_value_size(value)
        else:
            size += 1 + _stored_value_size(value)
    blocks = 1 + (1 + size) // _STORED_BLOCK_BYTES
    return 2 + size + blocks * (_STORED_BLOCK_OVERHEAD_BYTES + repeated)


def stored_size_bound(count: int, size: int) -> int:
    """What the stored sizes of so many items cannot exceed together, by the sum of their ``item_size``s.

    A value is stored in at most four times its size; names, blocks and the sort keys in them add the rest.
    """
    per_block = _STORED_BLOCK_OVERHEAD_BYTES + SORT_KEY_MAX_BYTES + 2
    return count * (3 + per_block) + 4 * size + 4 * size * per_block // _STORED_BLOCK_BYTES


def _stored_value_size(value: AttributeValue) -> int:
    ((name, content),) = value.items()
    if name == "S":
        size = _text_size(content)
        return size + (1 if size < 128 else 2 if size < 16384 else 3)
    if name == "N":
        return 1 + _stored_number_size(content)
    return _STORED_SIZES[name](content)


def _stored_number_size(text: str) -> int:
    """Bytes of a number that is stored in pairs of digits from the point on, to the left and to the right."""
    sign = text.startswith("-")
    left, _, right = text.lstrip("-").partition(".")
    digits = (left + right).strip("0")
    if not digits:
        return 1
    exponent = len(left) - 1 if left != "0" else len(right.lstrip("0")) - len(right) - 1
    return 1 + (len(digits) + 1) // 2 + (len(digits) % 2 == 0 and exponent % 2 == 0) + sign


_STORED_SIZES: Final[dict[str, Callable[[Any], int]]] = {
    "B": lambda content: 1 + _binary_size(content),
    "BOOL": lambda content: 1,
    "NULL": lambda content: 0,
    "SS": lambda content: 1 + sum(1 + _text_size(member) for member in content),
    "NS": lambda content: 1 + sum(1 + _stored_number_size(member) for member in content),
    "BS": lambda content: 1 + sum(1 + _binary_size(member) for member in content),
    "L": lambda content: 3 + sum(1 + _stored_value_size(element) for element in content),
    "M": lambda content: 3 + sum(2 + _stored_value_size(element) for element in content.values()),
}
