"""Text → statements: SELECT, INSERT, UPDATE, DELETE, and expressions such as EXISTS(…).

Owns the grammar of statements. Source of the texts of syntax errors: the published parser of PartiQL that the service
runs. Must not know what DynamoDB can do of it.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ..language.parser import Stage, finish
from . import ast
from .expression_parser import ExpressionParser
from .fault import SyntaxFault
from .keywords import JOINS
from .lexer import END, KEYWORD, NAME, QUOTED, At, Token

_IMAGES: Final = frozenset({"all_old", "all_new", "modified_old", "modified_new"})
#: also what the service says of a text that does not even begin as a statement does
_NO_STATEMENT: Final = "Expected data manipulation"


class Parsed(Struct, frozen=True):
    """A statement; ``parameters`` is how many question marks it has."""

    statement: ast.Statement
    parameters: int


def parse(source: str) -> Parsed:
    """A statement.

    Raises:
        SyntaxFault: it is none.
    """
    parser = _Parser(source)
    try:
        return parser.parse()
    except SyntaxFault:
        if parser.begins_with_keyword:
            raise
        raise SyntaxFault(_NO_STATEMENT) from None


class _Parser(ExpressionParser):
    def parse(self) -> Parsed:
        statement: ast.Statement = finish(self._top())
        if self._skip(";"):
            if self._next.kind != END:
                raise SyntaxFault("Unexpected token after semicolon. (Only one query is allowed.)")
        elif self._next.kind != END:
            raise SyntaxFault("Unexpected token after expression")
        return Parsed(statement, self._parameters)

    @property
    def begins_with_keyword(self) -> bool:
        return self._tokens[0].kind == KEYWORD

    def _top(self) -> Stage:
        token = self._next
        match token.word:
            case "update" | "delete" | "insert_into" | "from" | "set" | "remove":
                return (yield self._write(token))
            case "create" | "drop":
                return self._definition()
            case "exec":
                return self._procedure()
        return (yield self._expression())

    def _write(self, token: Token) -> Stage:
        match token.word:
            case "update":
                return (yield self._update())
            case "delete":
                return (yield self._delete())
            case "from":
                return (yield self._update_from())
        changes = yield self._changes()
        if isinstance(changes, ast.Insert):
            return changes
        several = ast.Source(ast.Word("missing", token.at), is_several=True)  # it is about no table
        return ast.Update(several, changes, None, None, token.at)

    def _statement_term(self, token: Token) -> Stage:
        if token.word == "select":
            return (yield self._select())
        yield self._write(token)
        raise SyntaxFault(f"Keyword {token.text} only expected at the top level in the query")

    # ── SELECT ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _select(self) -> Stage:
        at = self._take().at
        is_distinct = self._skip("distinct")
        if not is_distinct:
            self._skip("all")
        is_value = self._skip("value")
        projected = [ast.Projected((yield self._expression()))] if is_value else (yield self._projected())
        if not self._skip("from"):
            raise SyntaxFault("Expected FROM after SELECT list")
        source = yield self._sources()
        if self._skip("let"):
            yield self._let()
        where = (yield self._expression()) if self._skip("where") else None
        order = (yield self._order()) if self._skip("order") else ()
        other = yield self._other_clauses()
        items = None if projected is None else tuple(projected)
        return ast.Select(items, source, where, order, at, other, is_distinct, is_value)

    def _projected(self) -> Stage:
        """What stands between SELECT and FROM; None for ``*``."""
        found: list[ast.Projected] = []
        stars = 0
        while True:
            if self._at("*"):
                self._take()
                stars += 1
                found.append(ast.Projected(ast.Word("missing", self._next.at)))
            else:
                expression = yield self._expression()
                _check_projected(expression)
                found.append(ast.Projected(expression, self._alias("as", optional=True)))
            if not self._skip(","):
                break
        if stars and len(found) > 1:
            raise SyntaxFault(
                "Other expressions may not be present in the select list when '*' is used without dot notation."
            )
        return None if stars else found

    def _sources(self) -> Stage:
        first = yield self._source()
        is_several = False
        while self._at(",") or self._next.word in JOINS:
            joined = self._take().word
            is_several = True
            yield self._source()
            if joined not in (",", "cross_join"):
                if not self._skip("on"):
                    raise SyntaxFault("Expected 'ON'")
                yield self._expression()
        return ast.Source(first.expression, first.has_alias, is_several)

    def _source(self) -> Stage:
        return ast.Source((yield self._expression()), self._aliases())

    def _aliases(self) -> bool:
        has_as = self._alias("as", optional=True)
        has_at = self._alias("at")
        return self._alias("by") or has_at or has_as

    def _alias(self, word: str, *, optional: bool = False) -> bool:
        """Whether a name for what stands before follows."""
        if self._skip(word):
            if self._take().kind not in (NAME, QUOTED):
                raise SyntaxFault(f"Expected identifier for {word.upper()}-alias")
            return True
        if optional and self._next.kind in (NAME, QUOTED):
            self._take()
            return True
        return False

    def _let(self) -> Stage:
        while True:
            yield self._expression()
            if not self._alias("as"):
                raise SyntaxFault("Expected AS following LET expr")
            if not self._skip(","):
                return None

    def _order(self) -> Stage:
        self._expect("by")
        keys = []
        while True:
            key = yield self._expression()
            descending = self._skip("desc")
            if not descending:
                self._skip("asc")
            keys.append(ast.SortKey(key, descending))
            if not self._skip(","):
                return tuple(keys)

    def _other_clauses(self) -> Stage:
        """What DynamoDB has no use for: the first of them."""
        first: tuple[str, At | None] | None = None
        if self._skip("group"):
            self._skip("partial")
            self._expect("by")
            yield self._list()
            first = ("GROUP BY", None)
        for clause in ("having", "limit"):
            if self._skip(clause):
                expression: ast.Expression = yield self._expression()
                first = first or (clause.upper(), expression.at)
        return first

    # ── INSERT, UPDATE, DELETE ───────────────────────────────────────────────────────────────────────────────────────
    def _changes(self) -> Stage:
        """An INSERT, or assignments and removals."""
        if self._at("insert_into"):
            return (yield self._insert())
        found: list[ast.Assignment] = []
        while True:
            if self._skip("set"):
                found += yield self._assignments()
            elif self._skip("remove"):
                found.append(ast.Assignment((yield self._simple_path()), None))
            elif self._at("insert_into"):
                found.append((yield self._insert()))
            elif found:
                return tuple(found)
            else:
                raise SyntaxFault(_NO_STATEMENT)

    def _assignments(self) -> Stage:
        found = []
        while True:
            target = yield self._simple_path()
            if not self._skip("="):
                raise SyntaxFault("Expected '='")
            found.append(ast.Assignment(target, (yield self._expression())))
            if not self._skip(","):
                return found

    def _insert(self) -> Stage:
        at = self._take().at
        source = ast.Source((yield self._simple_path()))
        if not self._skip("value"):
            return ast.Insert(source, (yield self._expression()), at, has_value_word=False)
        value = yield self._expression()
        has_position = self._skip("at")
        if has_position:
            yield self._expression()
        has_conflict = self._skip("on_conflict")
        if has_conflict:
            if not self._skip("where"):
                raise SyntaxFault("invalid ON CONFLICT syntax")
            yield self._expression()
            if not self._skip("do_nothing"):
                raise SyntaxFault("invalid ON CONFLICT syntax")
        returning = yield self._returning()
        return ast.Insert(source, value, at, returning, True, has_position, has_conflict)

    def _update(self) -> Stage:
        at = self._take().at
        source = ast.Source((yield self._simple_path()), self._aliases())
        changes = yield self._changes()
        where = (yield self._expression()) if self._skip("where") else None
        return self._updating(source, changes, where, (yield self._returning()), at)

    def _update_from(self) -> Stage:
        """``FROM table WHERE … SET …``."""
        at = self._take().at
        source = yield self._sources()
        where = (yield self._expression()) if self._skip("where") else None
        changes = yield self._changes()
        return self._updating(source, changes, where, (yield self._returning()), at)

    def _updating(
        self,
        source: ast.Source,
        changes: ast.Insert | tuple[ast.Assignment, ...],
        where: ast.Expression | None,
        returning: ast.Returning | None,
        at: At,
    ) -> ast.Update | ast.Definition:
        if isinstance(changes, ast.Insert) or any(isinstance(change, ast.Insert) for change in changes):
            return ast.Definition("InsertOp", at)
        return ast.Update(source, changes, where, returning, at)

    def _delete(self) -> Stage:
        at = self._take().at
        if not self._skip("from"):
            raise SyntaxFault("Expected FROM after DELETE")
        source = ast.Source((yield self._simple_path()), self._aliases())
        where = (yield self._expression()) if self._skip("where") else None
        return ast.Delete(source, where, (yield self._returning()), at)

    def _returning(self) -> Stage:
        if not self._skip("returning"):
            return None
        images: list[str] = []
        is_star = True
        while True:
            image = self._take().word
            if image not in _IMAGES:
                raise SyntaxFault("Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element.")
            images.append(image)
            if not self._skip("*"):
                is_star = False
                if not isinstance((yield self._expression()), ast.Name | ast.Path):
                    raise SyntaxFault("Unsupported syntax in RETURNING columns.")
            if not self._skip(","):
                return ast.Returning(tuple(images), is_star)

    # ── what is not for PartiQL in DynamoDB ──────────────────────────────────────────────────────────────────────────
    def _definition(self) -> ast.Definition:
        verb = self._take()
        kind = self._take().word
        if kind not in ("table", "index"):
            raise SyntaxFault(f"Unexpected token following {verb.word.upper()}")
        if kind == "index" and verb.word == "create":
            self._expect("on")
        if self._take().kind not in (NAME, QUOTED):
            raise SyntaxFault("Expected identifier!")
        while self._next.kind != END and not self._at(";"):
            if kind == "table":
                raise SyntaxFault(f"Unexpected tokens after {verb.word.upper()} statement!")
            self._take()
        return ast.Definition(f"{verb.word.capitalize()}{kind.capitalize()}", verb.at)

    def _procedure(self) -> ast.Definition:
        at = self._take().at
        if self._next.kind == END:
            raise SyntaxFault("No stored procedure provided")
        while self._next.kind != END:
            self._take()
        return ast.Definition("Exec", at)


def _check_projected(expression: ast.Expression) -> None:
    """Refuse stars within a path of SELECT's list."""
    if not isinstance(expression, ast.Path):
        return
    steps = expression.steps
    if any(step.is_star and (step.is_bracket or step is not steps[-1]) for step in steps):
        raise SyntaxFault("Invalid use of * in select list")
    if steps[-1].is_star and any(step.is_bracket for step in steps):
        raise SyntaxFault("Cannot use [] and * together in SELECT list expression")
