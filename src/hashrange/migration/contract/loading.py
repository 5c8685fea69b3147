"""What the steps of loading a contract share: where findings go, how strict to be, what tables there are.

Owns the two ways to report a defect: one that is mended goes on, one that is not ends the attribute. Must not know the
formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NoReturn

from ..expressions.nodes import Comparison, Expression
from ..expressions.parse import ExpressionError, parse, parse_conditions
from ..findings import Findings, Place
from ..source.schema import SourceSchema
from .document import Node
from .repairs import RULES

_EQUALITY: Final = re.compile(r"\b(\w{1,64})\.(\w{1,64})\s*=\s*(\w{1,64})\.(\w{1,64})\b")


class NotTold(Exception):
    """The value of an attribute cannot be made out; the finding is added already."""


class Loading:
    """The state of loading one contract.

    Attributes:
        findings: takes every finding.
        relaxed: whether mended defects are repairs or errors.
        schema: of the source; empty where none is known.
        tables: the names of source tables that are known, by their lower case.
        subject: what is being read, which messages about its parts begin with; "" where they say it themselves.
    """

    def __init__(self, findings: Findings, relaxed: bool, schema: SourceSchema) -> None:
        self.findings, self.relaxed, self.schema = findings, relaxed, schema
        self.tables = {name.lower(): name for name in schema.tables}
        self.subject = ""
        self._references: dict[tuple[str, str], str] = {}

    # ── reporting ────────────────────────────────────────────────────────────────────────────────────────────────────
    def mend(self, code: str, message: str, *, fix: str, at: Place, how: str = "") -> None:
        """A defect that a rule mends: a repair in relaxed mode, else an error. Goes on either way."""
        assert code in RULES
        message = self._about(message)
        if self.relaxed:
            self.findings.repair(code, f"{message}: {how or RULES[code]}", fix=fix, at=at)
        else:
            self.findings.error(code, message, fix=fix, at=at)

    def error(self, code: str, message: str, *, fix: str = "", at: Place) -> None:
        self.findings.error(code, message, fix=fix, at=at)

    def warning(self, code: str, message: str, *, fix: str = "", at: Place) -> None:
        self.findings.warning(code, message, fix=fix, at=at)

    def refuse(self, code: str, message: str, *, fix: str = "", at: Place) -> NoReturn:
        """An error that leaves the value undefined.

        Raises:
            NotTold: always.
        """
        message = self._about(message)
        self.findings.error(code, message, fix=fix, at=at)
        raise NotTold(message)

    def _about(self, message: str) -> str:
        return message if self.subject in message else f"{self.subject}: {message}"

    # ── SQL ──────────────────────────────────────────────────────────────────────────────────────────────────────────
    def expression(self, node: Node, field: str) -> Expression:
        """The expression that a field holds. Raises NotTold."""
        text = self.text(node, field)
        try:
            return parse(text, at=node.place)
        except ExpressionError as error:
            self._not_sql(node, text, error)

    def conditions(self, node: Node, field: str) -> tuple[Comparison, ...]:
        """The equalities that a join condition holds. Raises NotTold."""
        text = self.text(node, field)
        try:
            return parse_conditions(text)
        except ExpressionError as error:
            self._not_sql(node, text, error)

    def _not_sql(self, node: Node, text: str, error: ExpressionError) -> NoReturn:
        place = node.place
        if place.line:
            place = Place(place.pointer, place.line, place.column + 1 + error.offset, place.document)
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        fix = "columns, 'text', numbers, CONCAT, + - * /, comparisons, AND, OR, NOT, IS NULL and CASE are understood"
        self.refuse("expression", f"{shown!r}: {error.message}", fix=fix, at=place)

    def text(self, node: Node, field: str) -> str:
        """The text that a field holds. Raises NotTold."""
        if isinstance(node.value, str) and node.value.strip():
            return node.value
        what = "empty text" if node.value == "" else node.kind
        return self.refuse("wrong-type", f"{field} is {what}, not text", fix="give text", at=node.place)

    # ── what is known of the source ──────────────────────────────────────────────────────────────────────────────────
    def learn(self, root: Node) -> None:
        """Note the source tables that the contract names, and which columns its joins show to refer to others."""
        members = list(_members(root))
        for name, node in members:
            if name in ("source_table", "target_table") and isinstance(node.value, str):
                self.tables.setdefault(node.value.lower(), node.value)
        for table in self.schema.tables.values():
            for key in table.foreign_keys:
                if len(key.columns) == 1:
                    self._references.setdefault((table.name.lower(), key.columns[0].lower()), key.target)
        for name, node in members:
            if name == "join_condition" and isinstance(node.value, str):
                for left, column, right, other in _EQUALITY.findall(node.value):
                    self._note(left, column, right, other)
                    self._note(right, other, left, column)

    def _note(self, table: str, column: str, other: str, key: str) -> None:
        known = {table.lower(), other.lower()} <= self.tables.keys() and table.lower() != other.lower()
        if known and key.lower() == "id":
            self._references.setdefault((table.lower(), column.lower()), self.tables[other.lower()])

    def refers_to(self, table: str, column: str) -> str | None:
        """The table that a column refers to, by the schema, by other joins, or by its name (``category_id``)."""
        found = self._references.get((table.lower(), column.lower()))
        if found is not None or not column.lower().endswith("_id"):
            return found
        stem = column.lower().removesuffix("_id")
        plurals = (stem, f"{stem}s", f"{stem}es", f"{stem.removesuffix('y')}ies")
        return next((self.tables[name] for name in plurals if name in self.tables), None)

    def has_column(self, table: str, column: str) -> bool | None:
        """Whether a table has a column; None where the schema does not know the table."""
        found = self.schema.table(table)
        return None if found is None else found.column(column) is not None


def _members(root: Node) -> Iterator[tuple[str, Node]]:
    """Every member of every object."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        parts: Iterable[Node] = ()
        if isinstance(node.value, dict):
            yield from node.value.items()
            parts = node.value.values()
        elif isinstance(node.value, list):
            parts = node.value
        waiting.extend(parts)
