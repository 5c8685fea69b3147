"""Tokens → what they say. One parser for the whole language; a class for each kind of expression.

Owns the grammar, the syntax error and redundant parentheses. Names, functions and values are checked afterwards, since
the service finds every syntax error first. The rules of the grammar are stages that call each other by yielding:
nesting costs memory and no stack, so that any depth that fits into an expression is parsed.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final, TypeAlias

from ..expression_messages import REDUNDANT_PARENTHESES, syntax_error
from .ast import (
    Action,
    Arithmetic,
    Between,
    Comparison,
    Condition,
    ConditionText,
    Function,
    In,
    Junction,
    Not,
    Operand,
    Path,
    ProjectionText,
    Section,
    UpdateText,
    ValueRef,
)
from .fault import Fault
from .lexer import END, INTEGER, KEYWORD, NAME, NAME_PLACEHOLDER, VALUE_PLACEHOLDER, Token, near, tokens

_COMPARATORS: Final = frozenset({"=", "<>", "<", "<=", ">", ">="})
_SECTIONS: Final = frozenset({"SET", "REMOVE", "ADD", "DELETE"})

#: a rule of the grammar at work: yields the rules that it needs, is sent what they found, returns what it found
Stage: TypeAlias = Generator["Stage", Any, Any]


def parse_condition(source: str) -> ConditionText:
    """A condition, filter or key condition.

    Raises:
        Fault: it is none, or something stands in parentheses twice.
    """
    return _ConditionParser(source).parse()


def parse_update(source: str) -> UpdateText:
    """An update. Raises as ``parse_condition``."""
    return _UpdateParser(source).parse()


def parse_projection(source: str) -> ProjectionText:
    """A projection. Raises as ``parse_condition``."""
    return _ProjectionParser(source).parse()


def finish(stage: Stage) -> Any:
    """What a stage finds, with all the stages that it needs."""
    stages = [stage]
    found = None
    while stages:
        try:
            needed = stages[-1].send(found)
        except StopIteration as done:
            stages.pop()
            found = done.value
        else:
            stages.append(needed)
            found = None
    return found


class _Parser:
    """What all kinds share: going over the tokens, paths, operands, functions."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = tokens(source)
        self._closing = _matching(self._tokens)
        self._position = 0
        self._operators = 0
        self._redundant = False
        self._undecided = 0  # how many opened functions and parentheses may still be a condition or an operand

    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        token = self._tokens[self._position]
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
            raise self._fault()

    def _expect_end(self) -> None:
        if self._next.kind != END:
            raise self._fault()

    def _close(self, first: int) -> None:
        """The end of parentheses; they are redundant if all that stands in them, from ``first`` on, stands in others.

        The service tells it as soon as it is sure of what it reads, so before any mistake that comes later.
        """
        if self._at(")") and self._closing.get(first) == self._position - 1:
            self._redundant = True
            if not self._undecided:
                raise Fault(REDUNDANT_PARENTHESES)
        self._expect(")")

    def _tentative(self, stage: Stage) -> Stage:
        """A stage that is not sure of what it reads."""
        self._undecided += 1
        found = yield stage
        if self._undecided:
            self._undecided -= 1
        return found

    def _decide(self) -> None:
        """It is clear now what is being read."""
        self._undecided = 0
        if self._redundant:
            raise Fault(REDUNDANT_PARENTHESES)

    def _fault(self) -> Fault:
        """The next token is the one that cannot stand there."""
        return Fault(syntax_error(self._next.text, near(self._source, self._tokens, self._position)))

    def _path(self) -> Path:
        steps: list[str | int] = [self._path_name()]
        while True:
            if self._skip("."):
                steps.append(self._path_name())
            elif self._skip("["):
                if self._next.kind != INTEGER:
                    raise self._fault()
                steps.append(int(self._take().text))
                self._expect("]")
            else:
                return Path(tuple(steps))

    def _path_name(self) -> str:
        if self._next.kind != NAME and self._next.kind != NAME_PLACEHOLDER:
            raise self._fault()
        return self._take().text

    def _operand(self) -> Stage:
        """A path, a value, a function, or one of these in parentheses."""
        if not self._skip("("):
            return (yield from self._plain_operand())
        first = self._position
        operand = yield self._operand()
        self._close(first)
        return operand

    def _plain_operand(self) -> Stage:
        token = self._next
        if token.kind == VALUE_PLACEHOLDER:
            return ValueRef(self._take().text)
        if token.kind == NAME and self._tokens[self._position + 1].word == "(":
            return (yield self._function())
        return self._path()

    def _function(self) -> Stage:
        name = self._take().text
        self._operators += 1
        return Function(name, (yield self._operands()))

    def _operands(self) -> Stage:
        """One or more operands, in parentheses."""
        self._expect("(")
        found = [(yield self._operand())]
        while self._skip(","):
            found.append((yield self._operand()))
        self._expect(")")
        return tuple(found)


class _ConditionParser(_Parser):
    def parse(self) -> ConditionText:
        root: Condition = finish(self._disjunction(may_be_operand=False))
        self._expect_end()
        return ConditionText(root, self._operators)

    # within parentheses a bare operand may stand, and only there: these rules find one only if it may be
    def _disjunction(self, *, may_be_operand: bool) -> Stage:
        parts = [(yield self._conjunction(may_be_operand=may_be_operand))]
        while self._skip("OR"):
            self._decide()
            self._operators += 1
            parts.append((yield self._conjunction(may_be_operand=False)))
        return parts[0] if len(parts) == 1 else Junction("OR", tuple(parts))

    def _conjunction(self, *, may_be_operand: bool) -> Stage:
        parts = [(yield from self._negation(may_be_operand=may_be_operand))]
        while self._skip("AND"):
            self._decide()
            self._operators += 1
            parts.append((yield from self._negation(may_be_operand=False)))
        return parts[0] if len(parts) == 1 else Junction("AND", tuple(parts))

    def _negation(self, *, may_be_operand: bool) -> Stage:
        negations = 0
        while self._skip("NOT"):
            self._decide()
            negations += 1
        found = yield from self._comparison(may_be_operand=may_be_operand and not negations)
        self._operators += negations
        for _ in range(negations):
            found = Not(found)
        return found

    def _comparison(self, *, may_be_operand: bool) -> Stage:
        if self._at("("):
            left = yield self._tentative(self._parenthesised())
            if not isinstance(left, Path | ValueRef | Function):
                return left
        else:
            left = yield self._tentative(self._plain_operand())
        word = self._next.word
        if word in _COMPARATORS:
            self._decide()
            self._operators += 1
            self._take()
            return Comparison(word, left, (yield self._operand()))
        if word == "BETWEEN" or word == "IN":
            self._decide()
            self._operators += 1
            self._take()
            return (yield from self._between(left)) if word == "BETWEEN" else In(left, (yield self._operands()))
        if isinstance(left, Function):
            if not self._undecided:
                self._decide()
            return left
        if may_be_operand and word == ")":
            return left
        raise self._fault()

    def _between(self, subject: Operand) -> Stage:
        lower = yield self._operand()
        self._expect("AND")
        return Between(subject, lower, (yield self._operand()))

    def _parenthesised(self) -> Stage:
        self._expect("(")
        first = self._position
        inner = yield self._disjunction(may_be_operand=True)
        self._close(first)
        return inner


class _UpdateParser(_Parser):
    def parse(self) -> UpdateText:
        sections = [self._section()]
        while self._next.kind != END:
            sections.append(self._section())
        return UpdateText(tuple(sections), self._operators)

    def _section(self) -> Section:
        if self._next.kind != KEYWORD or self._next.word not in _SECTIONS:
            raise self._fault()
        word = self._take().word
        actions = [self._action(word)]
        while self._skip(","):
            actions.append(self._action(word))
        return Section(word, tuple(actions))

    def _action(self, section: str) -> Action:
        path = self._path()
        if section == "REMOVE":
            return Action(path, None)
        if section == "SET":
            self._expect("=")
            return Action(path, finish(self._value()))
        if self._next.kind != VALUE_PLACEHOLDER:
            raise self._fault()
        return Action(path, ValueRef(self._take().text))

    def _value(self) -> Stage:
        """The right side of SET: an operand, or two with a sign between them; as a whole in parentheses or not."""
        if self._at("("):
            found = yield self._tentative(self._parenthesised())
        else:
            found = yield self._tentative(self._plain_operand())
        if not self._undecided:
            self._decide()
        if isinstance(found, Arithmetic) or not (self._at("+") or self._at("-")):
            return found
        self._decide()
        self._operators += 1
        return Arithmetic(self._take().word, found, (yield self._operand()))

    def _parenthesised(self) -> Stage:
        self._expect("(")
        first = self._position
        found = yield self._value()
        self._close(first)
        return found


class _ProjectionParser(_Parser):
    def parse(self) -> ProjectionText:
        paths = [self._path()]
        while self._skip(","):
            paths.append(self._path())
        self._expect_end()
        return ProjectionText(tuple(paths))


def _matching(all_tokens: list[Token]) -> dict[int, int]:
    """Opening parenthesis to the closing one, by position."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for position, token in enumerate(all_tokens):
        if token.word == "(":
            opened.append(position)
        elif token.word == ")" and opened:
            found[opened.pop()] = position
    return found
