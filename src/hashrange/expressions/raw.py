"""Raw: an expression as text, for people who come with strings.

Accepted wherever a builder is. Its ``#names`` and ``:values`` are its own: when it is rendered they go through the
allocator of the request like all others, so no Raw can collide with a builder or with another Raw. That is exact,
since the expression language has no string literals: ``#`` and ``:`` are never anything but placeholders.
Must not know the grammar beyond what it takes to put parentheses round the text where it is combined.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from ..codec import encode_value
from ..errors import InvalidExpression
from ..types import AttributeValue, Value
from .condition import AND, ATOM, NOT, OR, Condition
from .path import Path
from .placeholders import Placeholders

_PLACEHOLDER = re.compile(r"([#:][A-Za-z0-9_]*)")
_LEXEME = re.compile(r"[#:]?[A-Za-z0-9_]+|<>|<=|>=|[-+=<>()]")


class Raw(Condition):
    """An expression in DynamoDB's own words: ``Raw("attribute_exists(#a) AND b > :low", {"#a": "size"}, {":low": 3})``.

    Args:
        text: a condition, filter, key condition, projection or update (with its ``SET``, ``REMOVE``, ...).
        names: ``#placeholder`` to attribute name.
        values: ``:placeholder`` to Python value.

    Raises:
        InvalidExpression: the text is empty, uses a placeholder that is not defined, or does not use one that is.
        TypeMismatch, ValidationError: a value is not one that DynamoDB has.
    """

    __slots__ = ("_bound", "_parts", "_source")
    _label = "Raw"

    def __init__(
        self, text: str, names: Mapping[str, str] | None = None, values: Mapping[str, Value] | None = None
    ) -> None:
        if not isinstance(text, str) or not text.strip():
            raise InvalidExpression("a Raw expression needs text", hint="leave the expression out to have none")
        self._source = text
        self._parts = tuple(_PLACEHOLDER.split(text))  # text, placeholder, text, placeholder, ..., text
        self._bound = _bound(self._parts[1::2], names or {}, values or {})
        lexemes = _LEXEME.findall(text)
        lexemes = [*_LEXEME.findall(text), ""]
        self._operators = sum([_is_operator(lexeme, after) for lexeme, after in pairwise(lexemes)])

    def _binding(self) -> int:
        return _binding_of(_LEXEME.findall(self._source))

    def _text(self, placeholders: Placeholders) -> str:
        text = self._parts[0]
        for position in range(1, len(self._parts), 2):
            meaning = self._bound[self._parts[position]]
            text += placeholders.name(meaning) if isinstance(meaning, str) else placeholders.encoded(meaning)
            text += self._parts[position + 1]
        return text


def _bound(
    used: tuple[str, ...], names: Mapping[str, str], values: Mapping[str, Value]
) -> dict[str, str | AttributeValue]:
    """What each placeholder stands for: a name, or a value in wire shape."""
    bound: dict[str, str | AttributeValue] = {}
    for placeholder, name in names.items():
        _check_placeholder(placeholder, "#")
        bound[placeholder] = Path(name)._root if isinstance(name, str) else _refuse_name(placeholder)
    for placeholder, value in values.items():
        _check_placeholder(placeholder, ":")
        bound[placeholder] = encode_value(value, placeholder)
    if undefined := [placeholder for placeholder in used if placeholder not in bound]:
        raise InvalidExpression(
            f"the Raw expression uses {', '.join(sorted(set(undefined)))}, which it does not define",
            hint="give names={'#x': 'attribute'} and values={':x': value} with the text that uses them",
        )
    if unused := bound.keys() - set(used):
        raise InvalidExpression(
            f"the Raw expression defines {', '.join(sorted(unused))} and does not use it", hint="DynamoDB refuses that"
        )
    return bound


def _check_placeholder(placeholder: Any, sign: str) -> None:
    if not isinstance(placeholder, str) or not re.fullmatch(sign + "[A-Za-z0-9_]+", placeholder):
        raise InvalidExpression(
            f"{placeholder!r} is not a placeholder",
            hint="names are defined as '#name', values as ':value'; letters, digits and _ after the sign",
        )


def _refuse_name(placeholder: str) -> str:
    raise InvalidExpression(
        f"{placeholder} of the Raw expression stands for something that is not a name",
        hint="each #placeholder is one name of a path; write the steps into the text: #a.#b[0]",
    )


_WORDS = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN"})
_SIGNS = frozenset({"=", "<>", "<", "<=", ">", ">=", "+", "-"})


def _is_operator(lexeme: str, after: str) -> bool:
    return lexeme in _SIGNS or lexeme.upper() in _WORDS or (after == "(" and lexeme[0].isalpha())


def _binding_of(lexemes: list[str]) -> int:
    """How tightly the text holds together: by the loosest operator that is not within parentheses."""
    loosest, depth, open_between = ATOM, 0, 0
    for lexeme in lexemes:
        word = lexeme.upper()
        if lexeme in ("(", ")"):
            depth += 1 if lexeme == "(" else -1
        elif depth or word not in _WORDS:
            continue
        elif word == "BETWEEN":
            open_between += 1
        elif word == "AND" and open_between:
            open_between -= 1  # the AND between its bounds
        elif word in _LOOSENESS:
            loosest = min(loosest, _LOOSENESS[word])
    return loosest


_LOOSENESS = {"OR": OR, "AND": AND, "NOT": NOT}
