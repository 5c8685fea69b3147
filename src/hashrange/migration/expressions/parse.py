"""Text of a contract to expressions: the small subset of SQL that contracts may contain, read by a grammar of its own.

    expression   or     := and ("OR" and)*              and := not ("AND" not)*           not := "NOT" not | test
                 test   := sum [("=" | "<>" | "!=" | "<" | "<=" | ">" | ">=") sum | "IS" ["NOT"] "NULL"]
                 sum    := product (("+" | "-") product)*      product := sign (("*" | "/") sign)*
                 sign   := ("-" | "+") sign | one
                 one    := column | 'text' | 12.50 | NULL | TRUE | FALSE | CONCAT(or, ...) | "(" or ")"
                           | CASE (WHEN or THEN or)+ [ELSE or] END
    column       name, table.name; `quoted` where it must be

Everything else is refused with its column. Must not know contracts, rows or databases.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, NoReturn, cast

from msgspec import Struct

from ..findings import Place
from .nodes import Arithmetic, Case, Column, Comparison, Concat, Expression, IsNull, Literal, Logic, Not

TEXT_MAX_CHARS: Final = 20_000
NESTING_MAX_LEVELS: Final = 50  # of parentheses, NOTs and signs: far more than people write
SUPPORTED: Final = (
    "columns, 'texts', numbers, NULL, TRUE, FALSE, CONCAT(...), + - * /, = <> < <= > >=, AND, OR, NOT, IS [NOT] NULL "
    "and CASE WHEN ... THEN ... ELSE ... END are supported"
)


class ExpressionError(ValueError):
    """A text that is not of the subset.

    Attributes:
        message: what is wrong, without the place.
        offset: where in the text, in characters from 0.
        text: the text.
        at: where the text stands in its document, as ``parse`` was told.
    """

    def __init__(self, message: str, *, offset: int, text: str, at: Place) -> None:
        super().__init__(message, offset, text, at)
        self.message, self.offset, self.text, self.at = message, offset, text, at

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.message, self.offset, self.text, self.at)

    def __str__(self) -> str:
        shown = self.text if len(self.text) <= 200 else f"{self.text[:197]}..."
        return f"{self.message}, at column {self.offset + 1} of {shown!r}"


def _rebuild(message: str, offset: int, text: str, at: Place) -> ExpressionError:
    return ExpressionError(message, offset=offset, text=text, at=at)


_NOWHERE: Final = Place()


def parse(text: str, *, at: Place = _NOWHERE) -> Expression:
    """The expression that a text is.

    Args:
        text: at most 20,000 characters.
        at: where the text stands in its document; for the error.

    Raises:
        ExpressionError: it is not one, or more than this subset.
    """
    parser = _Parser(text, at)
    found = parser.expression()
    parser.end()
    return found


def parse_conditions(text: str, *, at: Place = _NOWHERE) -> tuple[Comparison, ...]:
    """The condition of a join: equalities, joined by AND. One side of each is a column, the other a column, a text or
    a number. Raises as ``parse``."""
    parser = _Parser(text, at)
    found: list[Comparison] = []
    while True:
        start = parser.here()
        one = parser.test()
        if not isinstance(one, Comparison) or one.operator != "=" or not _is_equality(one):
            parser.refuse("a join condition is of equalities of columns, joined by AND", start)
        found.append(one)
        if not parser.take("AND"):
            break
    parser.end()
    return tuple(found)


def _is_equality(one: Comparison) -> bool:
    sides = (one.left, one.right)
    plain = all(isinstance(side, (Column, Literal)) and side != Literal(None) for side in sides)
    return plain and any(isinstance(side, Column) for side in sides)


def parse_order_by(text: str, *, at: Place = _NOWHERE) -> tuple[tuple[Column, bool], ...]:
    """Columns to order by, each with whether it is descending: ``"lines.position, id DESC"``, with or without ORDER BY
    before it. Raises as ``parse``."""
    parser = _Parser(text, at)
    if parser.take("ORDER"):
        parser.expect("BY")
    found: list[tuple[Column, bool]] = []
    while True:
        start = parser.here()
        column = parser.one()
        if not isinstance(column, Column):
            parser.refuse("rows are ordered by columns", start)
        descending = parser.take("DESC")
        if not descending:
            parser.take("ASC")
        found.append((column, descending))
        if not parser.take(","):
            break
    parser.end()
    return tuple(found)


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────
class _Token(Struct, frozen=True):
    """A word: ``kind`` is "text", "number", "name", "quoted" (a name in backquotes), "end", or of keywords and symbols
    the word itself, in upper case. ``text`` is as written, of texts and quoted names without quotes and escapes."""

    kind: str
    text: str
    offset: int


_KEYWORDS: Final = frozenset({"AND", "OR", "NOT", "IS", "NULL", "TRUE", "FALSE", "CASE", "WHEN", "THEN", "ELSE", "END"})
#: words that end or order, but may be columns where a column is meant
_SOFT: Final = frozenset({"ASC", "DESC", "ORDER", "BY", "CONCAT"})
_WORD: Final = re.compile(
    r"""(?P<space>\s+)
      | (?P<comment>--(?=\s|$)|/\*|\#)
      | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d][\w$]*)
      | (?P<quoted>`(?:[^`]|``)+`)
      | (?P<text>'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*")
      | (?P<symbol><=|>=|<>|!=|<|>|=|\+|-|\*|/|\(|\)|,|\.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES: Final = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}


def _unescaped(quoted: str) -> str:
    """The text in quotes. Source: MySQL Reference Manual, "String Literals"."""
    quote = quoted[0]
    return re.sub(
        rf"\\(.)|{quote}{quote}",
        lambda match: _ESCAPES.get(match[1], match[1]) if match[1] is not None else quote,
        quoted[1:-1],
        flags=re.DOTALL,
    )


class _Parser:
    """One text, read from left to right."""

    def __init__(self, text: str, at: Place) -> None:
        self._text, self._at, self._depth, self._next = text, at, 0, 0
        if len(text) > TEXT_MAX_CHARS:
            self.refuse(f"it has {len(text)} characters, more than {TEXT_MAX_CHARS}", TEXT_MAX_CHARS)
        self._tokens = self._split()

    def refuse(self, message: str, offset: int) -> NoReturn:
        raise ExpressionError(message, offset=offset, text=self._text, at=self._at)

    def _split(self) -> list[_Token]:
        tokens: list[_Token] = []
        offset = 0
        while offset < len(self._text):
            match = _WORD.match(self._text, offset)
            if match is None:
                self._refuse_character(offset)
            kind, word = cast("str", match.lastgroup), match[0]
            if kind == "comment":
                self.refuse("comments are not supported", offset)
            if kind != "space":
                tokens.append(self._token(kind, word, offset))
            offset = match.end()
        tokens.append(_Token("end", "the end", len(self._text)))
        return tokens

    def _token(self, kind: str, word: str, offset: int) -> _Token:
        match kind:
            case "symbol":
                return _Token("<>" if word == "!=" else word, word, offset)
            case "name" if word.upper() in _KEYWORDS or word.upper() in _SOFT:
                return _Token(word.upper(), word, offset)
            case "quoted":
                return _Token(kind, word[1:-1].replace("``", "`"), offset)
            case "text":
                return _Token(kind, _unescaped(word), offset)
            case _:
                if kind == "number" and "e" in word.lower():
                    self.refuse("a number with an exponent is not supported: write its digits", offset)
                return _Token(kind, word, offset)

    def _refuse_character(self, offset: int) -> NoReturn:
        character = self._text[offset]
        if character in "'\"`":
            self.refuse(f"the {character} is never closed", offset)
        self.refuse(f"{character!r} is not supported; {SUPPORTED}", offset)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def here(self) -> int:
        return self._tokens[self._next].offset

    def _peek(self) -> str:
        return self._tokens[self._next].kind

    def take(self, kind: str) -> bool:
        if self._peek() != kind:
            return False
        self._next += 1
        return True

    def expect(self, kind: str) -> None:
        if not self.take(kind):
            self._unexpected(f"{kind} is expected")

    def end(self) -> None:
        if self._peek() != "end":
            self._unexpected("nothing more is expected")

    def _unexpected(self, wanted: str) -> NoReturn:
        token = self._tokens[self._next]
        shown = "the text ends" if token.kind == "end" else f"{token.text!r} stands here"
        self.refuse(f"{wanted}, and {shown}; {SUPPORTED}", token.offset)

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > NESTING_MAX_LEVELS:
            self.refuse(f"it is nested deeper than {NESTING_MAX_LEVELS} levels", self.here())

    # ── the grammar ──────────────────────────────────────────────────────────────────────────────────────────────────
    def expression(self) -> Expression:
        self._deeper()
        parts = [self._and()]
        while self.take("OR"):
            parts.append(self._and())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Logic("OR", tuple(parts))

    def _and(self) -> Expression:
        parts = [self._not()]
        while self.take("AND"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else Logic("AND", tuple(parts))

    def _not(self) -> Expression:
        if not self.take("NOT"):
            return self.test()
        self._deeper()
        operand = self._not()
        self._depth -= 1
        return Not(operand)

    def test(self) -> Expression:
        left = self._sum()
        match self._peek():
            case "=" | "<>" | "<" | "<=" | ">" | ">=" as operator:
                self._next += 1
                return Comparison(operator, left, self._sum())
            case "IS":
                self._next += 1
                negated = self.take("NOT")
                self.expect("NULL")
                return IsNull(left, negated)
            case _:
                return left

    def _sum(self) -> Expression:
        left = self._product()
        while True:
            match self._peek():
                case "+" | "-" as operator:
                    self._next += 1
                    left = Arithmetic(operator, left, self._product())
                case _:
                    return left

    def _product(self) -> Expression:
        left = self._sign()
        while True:
            match self._peek():
                case "*" | "/" as operator:
                    self._next += 1
                    left = Arithmetic(operator, left, self._sign())
                case _:
                    return left

    def _sign(self) -> Expression:
        negative = self.take("-")
        if not negative and not self.take("+"):
            return self.one()
        self._deeper()
        operand = self._sign()
        self._depth -= 1
        if not negative:
            return operand
        if isinstance(operand, Literal) and type(operand.value) in (int, Decimal):
            return Literal(-cast("int | Decimal", operand.value))
        return Arithmetic("-", Literal(0), operand)

    def one(self) -> Expression:
        token = self._tokens[self._next]
        match token.kind:
            case "text":
                self._next += 1
                return Literal(token.text)
            case "number":
                self._next += 1
                return Literal(int(token.text) if token.text.isdigit() else Decimal(token.text))
            case "NULL" | "TRUE" | "FALSE":
                self._next += 1
                return Literal({"NULL": None, "TRUE": True, "FALSE": False}[token.kind])
            case "(":
                self._next += 1
                inner = self.expression()
                self.expect(")")
                return inner
            case "CASE":
                return self._case()
            case "name" | "quoted" | "ASC" | "DESC" | "ORDER" | "BY" | "CONCAT":
                return self._named(token)
            case _:
                return self._unexpected("a value is expected")

    def _named(self, token: _Token) -> Expression:
        self._next += 1
        if self._peek() == "(" and token.kind != "quoted":
            if token.kind != "CONCAT":
                self.refuse(f"the function {token.text} is not supported; {SUPPORTED}", token.offset)
            return self._concat()
        if not self.take("."):
            return Column(token.text)
        column = self._tokens[self._next]
        if column.kind not in _SOFT and column.kind not in _KEYWORDS and column.kind not in ("name", "quoted"):
            self._unexpected("the name of a column is expected")
        self._next += 1
        if self._peek() == ".":
            self.refuse("a column is written name or table.name", token.offset)
        if self._peek() == "(" and column.kind != "quoted":
            self.refuse(f"the function {token.text}.{column.text} is not supported; {SUPPORTED}", token.offset)
        return Column(column.text, token.text)

    def _concat(self) -> Expression:
        self.expect("(")
        parts = [self.expression()]
        while self.take(","):
            parts.append(self.expression())
        self.expect(")")
        return Concat(tuple(parts))

    def _case(self) -> Expression:
        self.expect("CASE")
        if self._peek() != "WHEN":
            self._unexpected("WHEN is expected: CASE WHEN condition THEN value")
        branches: list[tuple[Expression, Expression]] = []
        while self.take("WHEN"):
            condition = self.expression()
            self.expect("THEN")
            branches.append((condition, self.expression()))
        otherwise: Expression = self.expression() if self.take("ELSE") else Literal(None)
        self.expect("END")
        return Case(tuple(branches), otherwise)
