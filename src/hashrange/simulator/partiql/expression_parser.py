"""Tokens → expressions. The rules call each other by yielding, so nesting costs memory and no stack.

Operators bind by their precedence, as in the published parser of PartiQL, whose texts of syntax errors these are. Must
not know statements: their rules are ``parser``'s, which an expression reaches by ``_statement_term``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..language.parser import Stage
from . import ast
from .fault import SyntaxFault
from .keywords import AGGREGATES, FUNCTION_WORDS, TYPES, TYPES_WITH_SIZE
from .lexer import END, ION, KEYWORD, NAME, NUMBER, QUOTED, STRING, Token, tokens

_PRECEDENCE: Final = {
    "or": 10,
    "and": 20,
    **dict.fromkeys(("=", "<>", "is", "is_not", "in", "not_in"), 40),
    **dict.fromkeys(("<", "<=", ">", ">=", "between", "not_between", "like", "not_like"), 50),
    **dict.fromkeys(("+", "-", "||"), 60),
    **dict.fromkeys(("*", "/", "%"), 70),
}
_NOT_PRECEDENCE: Final = 30
_WORDS: Final = frozenset({"true", "false", "null", "missing"})
_STATEMENT_WORDS: Final = frozenset({"update", "delete", "insert_into", "set", "remove", "from", "select"})
#: how messages call a sign that is missing
_SIGN_NAMES: Final = {
    ")": "RIGHT_PAREN",
    "]": "RIGHT_BRACKET",
    ">>": "RIGHT_DOUBLE_ANGLE_BRACKET",
    "}": "RIGHT_CURLY",
    ":": "COLON",
    "as": "AS",
    "by": "BY",
}


class ExpressionParser:
    """Goes over the tokens of one statement."""

    def __init__(self, source: str) -> None:
        self._tokens = tokens(source)
        self._position = 0
        self._parameters = 0

    # ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    @property
    def _following(self) -> Token:
        return self._tokens[min(self._position + 1, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._tokens[self._position]
        if token.kind != END:
            self._position += 1
        return token

    def _at(self, word: str) -> bool:
        return self._tokens[self._position].word == word

    def _skip(self, word: str) -> bool:
        """Whether the next token is this one; it is then behind us."""
        if self._tokens[self._position].word != word:
            return False
        self._position += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._skip(word):
            raise SyntaxFault(f"Expected {_SIGN_NAMES.get(word) or word.upper() + ' keyword'}")

    # ── operators ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _expression(self, precedence: int = -1) -> Stage:
        left: ast.Expression = yield self._unary()
        while True:
            operator = self._next
            binds = _PRECEDENCE.get(operator.word, 0) if operator.kind != QUOTED else 0
            if binds <= max(precedence, 0):
                return left
            if self._following.kind == END:
                raise SyntaxFault("Missing right-hand side expression of infix operator")
            self._take()
            left = yield self._infix(left, operator, binds)

    def _infix(self, left: ast.Expression, operator: Token, binds: int) -> Stage:
        word, at = operator.word, operator.at
        if word in ("is", "is_not"):
            return ast.TypeTest(left, (yield self._type()), word == "is_not", at)
        if word in ("in", "not_in") and self._at("(") and self._following.word != "select":
            opening = self._take().at
            choices = ast.Sequence((yield self._list()), opening)
            self._expect(")")
            return ast.Operation(word, (left, choices), at)
        right = yield self._expression(binds)
        if word not in ("between", "not_between"):
            return ast.Operation(word, (left, right), at)
        self._expect("and")
        if self._next.kind == END:
            raise SyntaxFault("Expected expression after AND")
        return ast.Operation(word, (left, right, (yield self._expression(binds))), at)

    def _unary(self) -> Stage:
        token = self._next
        if token.word == "not":
            self._take()
            return ast.Operation("not", ((yield self._expression(_NOT_PRECEDENCE)),), token.at)
        if token.word in ("+", "-"):
            self._take()
            operand = yield self._unary()
            if isinstance(operand, ast.Number):
                return operand if token.word == "+" else ast.Number(_negated(operand.text), operand.at)
            return ast.Operation(token.word, (operand,), token.at)
        return (yield self._path_term())

    def _type(self) -> Stage:
        found = TYPES.get(self._next.word)
        if found is None:
            raise SyntaxFault("Expected type name")
        self._take()
        if self._skip("("):
            sizes = yield self._list()
            self._expect(")")
            if found not in TYPES_WITH_SIZE or not all(isinstance(size, ast.Number) for size in sizes):
                raise SyntaxFault(f"CAST for {found.lower()} must have arity of 0..0")
        return found

    # ── paths ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _path_term(self) -> Stage:
        at = self._next.at
        root = yield self._term()
        steps: list[ast.Step] = []
        while True:
            token = self._next
            if self._skip("."):
                steps.append(self._dot_step(simple=False))
            elif self._skip("["):
                if self._at("*"):
                    steps.append(ast.Step("*", self._take().at, is_bracket=True, is_star=True))
                else:
                    steps.append(ast.Step((yield self._expression()), token.at, is_bracket=True))
                self._expect("]")
            else:
                return ast.Path(root, tuple(steps), at) if steps else root

    def _dot_step(self, *, simple: bool) -> ast.Step:
        token = self._next
        if token.kind in (NAME, QUOTED):
            return ast.Step(self._take().text, token.at)
        if token.word == "*" and not simple:
            return ast.Step("*", self._take().at, is_star=True)
        raise SyntaxFault("Invalid path dot component" + (" for simple path" if simple and token.word == "*" else ""))

    def _simple_path(self) -> Stage:
        """A path of names, and of brackets with a literal in them."""
        token = self._take()
        if token.kind not in (NAME, QUOTED):
            raise SyntaxFault("Expected identifier for simple path")
        root = ast.Name(token.text, token.at)
        steps: list[ast.Step] = []
        while True:
            opening = self._next
            if self._skip("."):
                steps.append(self._dot_step(simple=True))
            elif self._skip("["):
                inner = yield self._expression()
                self._expect("]")
                if not isinstance(inner, ast.Number | ast.Text | ast.Name):
                    raise SyntaxFault("Invalid path component for simple path")
                steps.append(ast.Step(inner, opening.at, is_bracket=True))
            else:
                return ast.Path(root, tuple(steps), token.at) if steps else root

    # ── terms ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _term(self) -> Stage:
        token = self._next
        if token.kind in (NAME, QUOTED):
            self._take()
            return (yield self._call(token)) if self._at("(") else ast.Name(token.text, token.at)
        if token.kind == KEYWORD:
            return (yield self._keyword_term(token))
        literal = _LITERALS.get(token.kind)
        if literal is not None:
            self._take()
            return literal(token)
        if token.word == "?":
            self._take()
            self._parameters += 1
            return ast.Parameter(self._parameters - 1, token.at)
        return (yield self._bracketed(token))

    def _bracketed(self, token: Token) -> Stage:
        match token.word:
            case "(":
                self._take()
                items = yield self._list()
                self._expect(")")
                return items[0] if len(items) == 1 else ast.Sequence(items, token.at)
            case "[" | "<<":
                self._take()
                is_bag, end = token.word == "<<", "]" if token.word == "[" else ">>"
                items = () if self._at(end) else (yield self._list())
                self._expect(end)
                return ast.Sequence(items, token.at, is_bag)
            case "{":
                self._take()
                members = () if self._at("}") else (yield self._members())
                self._expect("}")
                return ast.Tuple(members, token.at)
            case "@":
                self._take()
                name = self._take()
                if name.kind not in (NAME, QUOTED):
                    raise SyntaxFault("Identifier must follow @-operator")
                return ast.Name(name.text, name.at)
            case "<" | "<=" | ">" | ">=" | "=" | "<>" | "||" | "/" | "%":
                raise SyntaxFault("Unexpected operator")
        raise SyntaxFault("Unexpected term")

    def _list(self) -> Stage:
        """One or more expressions."""
        items = [(yield self._expression())]
        while self._skip(","):
            items.append((yield self._expression()))
        return tuple(items)

    def _members(self) -> Stage:
        members = []
        while True:
            name = yield self._expression()
            self._expect(":")
            members.append((name, (yield self._expression())))
            if not self._skip(","):
                return tuple(members)

    def _keyword_term(self, token: Token) -> Stage:
        word = token.word
        if word in _STATEMENT_WORDS:
            return (yield self._statement_term(token))
        if word in _WORDS:
            self._take()
            return ast.Word(word, token.at)
        if word in FUNCTION_WORDS and self._following.word == "(":
            self._take()
            return (yield self._call(token))
        if word == "case":
            return (yield self._case())
        if word == "cast" and self._following.word == "(":
            return (yield self._cast())
        if word in ("date", "time") and self._following.kind == STRING:
            self._take()
            return ast.Foreign("UNKNOWN", self._take().at)
        raise SyntaxFault("Unexpected keyword")

    def _statement_term(self, token: Token) -> Stage:
        """A statement where an expression may stand."""
        raise AssertionError("parser has it")

    def _call(self, name: Token) -> Stage:
        function = name.text.lower()
        self._expect("(")
        if self._at("*"):
            if function != "count":
                raise SyntaxFault(f"{function}(*) is not allowed")
            self._take()
            operands: tuple[ast.Expression, ...] = ()
        else:
            if function in AGGREGATES and (self._at("distinct") or self._at("all")):
                self._take()
            operands = () if self._at(")") else (yield self._list())
        self._expect(")")
        return ast.Foreign(function, name.at) if function in AGGREGATES else ast.Call(function, operands, name.at)

    def _case(self) -> Stage:
        at = self._take().at
        if not self._at("when"):
            yield self._expression()
        if not self._at("when"):
            raise SyntaxFault("Expected a WHEN clause in CASE")
        while self._skip("when"):
            yield self._expression()
            self._expect("then")
            yield self._expression()
        if self._skip("else"):
            yield self._expression()
        self._expect("end")
        return ast.Foreign("CASE", at)

    def _cast(self) -> Stage:
        self._take()
        at = self._take().at
        yield self._expression()
        self._expect("as")
        yield self._type()
        self._expect(")")
        return ast.Foreign("cast", at)


_LITERALS: Final[dict[str, Callable[[Token], ast.Expression]]] = {
    STRING: lambda token: ast.Text(token.text, token.at),
    NUMBER: lambda token: ast.Number(token.text, token.at),
    ION: lambda token: ast.Ion(token.text[1:-1], token.at),
}


def _negated(number: str) -> str:
    return number[1:] if number.startswith("-") else f"-{number}"
