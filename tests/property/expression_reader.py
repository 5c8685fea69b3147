"""A reader of condition text: recursive descent by the service's grammar, from text back to ``expression_trees``.

It is stricter than the service: parentheses that precedence does not need are an error, and so is every character that
it does not know. Must not know the builders.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hashrange.codec import decode_value

from .expression_trees import Given, Joined, Leaf, Negated, Read, SizeOf, Tree

_LEXEME = re.compile(r" |#\w+|:\w+|\[\d+\]|<>|<=|>=|[=<>(),.]|[a-z_]+|[A-Z]+")
_FUNCTIONS = {
    "attribute_exists": "exists",
    "attribute_not_exists": "not_exists",
    "attribute_type": "type",
    "begins_with": "begins",
    "contains": "contains",
}


def read_condition(text: str, names: Mapping[str, str], values: Mapping[str, Any]) -> Tree:
    """The tree of a condition's text."""
    reader = _Reader(text, names, values)
    tree = reader.alternatives()
    assert not reader.rest, f"{reader.rest} left over of {text}"
    return flattened(tree)


def flattened(tree: Tree) -> Tree:
    """The same meaning in one form: chains of one word are one node, and two negations cancel out."""
    match tree:
        case Negated(Negated(inner)):
            return flattened(inner)
        case Negated(inner):
            found = flattened(inner)
            return found.inner if isinstance(found, Negated) else Negated(found)
        case Joined(word, parts):
            flat: list[Tree] = []
            for part in map(flattened, parts):
                flat.extend(part.parts if isinstance(part, Joined) and part.word == word else [part])
            return Joined(word, tuple(flat))
        case _:
            return tree


class _Reader:
    def __init__(self, text: str, names: Mapping[str, str], values: Mapping[str, Any]) -> None:
        lexemes = _LEXEME.findall(text)
        assert "".join(lexemes) == text, f"unknown characters in {text}"
        self.rest: list[str] = [lexeme for lexeme in lexemes if lexeme != " "]
        self.names, self.values = names, values

    def take(self, *expected: str) -> str:
        lexeme = self.rest.pop(0)
        assert not expected or lexeme in expected, f"{lexeme} where {expected} should be"
        return lexeme

    def follows(self, lexeme: str) -> bool:
        return self.rest[:1] == [lexeme]

    def chain(self, word: str, one: Any) -> Tree:
        parts = [one()]
        while self.follows(word.upper()):
            self.take()
            parts.append(one())
        return Joined(word, tuple(parts)) if len(parts) > 1 else parts[0]

    def alternatives(self) -> Tree:
        return self.chain("or", lambda: self.chain("and", self.negation))

    def negation(self) -> Tree:
        if self.follows("NOT"):
            self.take()
            inner = self.negation()
            return Negated(inner)
        if not self.follows("("):
            return self.comparison()
        self.take("(")
        inner = self.alternatives()
        self.take(")")
        assert isinstance(inner, Joined), "redundant parentheses"
        return inner

    def comparison(self) -> Tree:
        if self.rest[0] in _FUNCTIONS:
            return self.function()
        subject = self.operand()
        assert not isinstance(subject, Given)
        match self.take():
            case "BETWEEN":
                lower = self.operand()
                self.take("AND")
                return Leaf("between", subject, (lower, self.operand()))
            case "IN":
                return Leaf("in", subject, self.operands())
            case sign:
                assert sign in ("=", "<>", "<", "<=", ">", ">=")
                return Leaf(sign, subject, (self.operand(),))

    def function(self) -> Tree:
        word = _FUNCTIONS[self.take()]
        subject, *others = self.operands()
        assert isinstance(subject, Read)
        return Leaf(word, subject, tuple(others))

    def operands(self) -> tuple[Read | SizeOf | Given, ...]:
        self.take("(")
        found = [self.operand()]
        while self.take(",", ")") == ",":
            found.append(self.operand())
        return tuple(found)

    def operand(self) -> Read | SizeOf | Given:
        if self.follows("size"):
            self.take()
            (inner,) = self.operands()
            assert isinstance(inner, Read)
            return SizeOf(inner.steps)
        lexeme = self.take()
        if lexeme.startswith(":"):
            return Given(decode_value(self.values[lexeme]))
        steps: list[str | int] = [self.names[lexeme]]
        while self.rest and (self.follows(".") or self.rest[0].startswith("[")):
            step = self.take()
            steps.append(self.names[self.take()] if step == "." else int(step[1:-1]))
        return Read(tuple(steps))
