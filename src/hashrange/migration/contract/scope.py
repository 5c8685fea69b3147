"""Names in the SQL of one attribute: which table an alias means, and which table a bare column is of.

Everything that leaves here is qualified: by an alias of a joined row, or by the entity's own table. Must not know
joins.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..expressions.evaluate import columns
from ..expressions.nodes import Column, Expression
from ..findings import Place
from .loading import Loading
from .trees import replaced


class Scope:
    """The names that expressions of an attribute may use.

    Args:
        own: the entity's source table.
    """

    def __init__(self, loading: Loading, own: str) -> None:
        self.loading, self.own = loading, own
        #: alias in lower case → alias as it is declared, table
        self._names: dict[str, tuple[str, str]] = {own.lower(): (own, own)}

    def declare(self, alias: str, table: str) -> None:
        """From now on this alias means a joined row of the table."""
        self._names[alias.lower()] = (alias, table)

    def alias(self, name: str) -> str | None:
        """The alias as declared, whatever the case."""
        found = self._names.get(name.lower())
        return None if found is None else found[0]

    def undeclared(self, expressions: Iterable[Expression]) -> list[str]:
        """The qualifiers that are not declared, each once."""
        names = (one.table for expression in expressions for one in columns(expression))
        return list(dict.fromkeys(name for name in names if name is not None and self.alias(name) is None))

    def qualified(self, expression: Expression, *, bare: str, at: Place, field: str) -> Expression:
        """The expression with every column under its alias.

        Args:
            bare: the alias that a column without one is of; where the schema does not know it there, but in the own
                table or in just one other, it is of that.
            at, field: for findings.

        Raises:
            NotTold: a qualifier is not declared.
        """
        for column in columns(expression):
            if column.table is not None and self.alias(column.table) is None:
                self._refuse(column, at, field)
        return replaced(expression, lambda column: self._column(column, bare))

    def _column(self, column: Column, bare: str) -> Column:
        if column.table is not None:
            return Column(column.name, self.alias(column.table))
        if self.loading.has_column(self._table(bare), column.name) is False:
            others = (alias for alias, table in self._names.values() if self.loading.has_column(table, column.name))
            return Column(column.name, next(others, bare))
        return Column(column.name, bare)

    def _table(self, alias: str) -> str:
        return self._names[alias.lower()][1]

    def _refuse(self, column: Column, at: Place, field: str) -> None:
        assert column.table is not None
        known = ", ".join(alias for alias, _ in self._names.values())
        what = _KNOWN_TABLE if column.table.lower() in self.loading.tables else _UNKNOWN
        message = f"{field} names {column.table}.{column.name}, but {column.table} {what}"
        self.loading.refuse("undeclared-name", message, fix=f"known here: {known}", at=at)


_KNOWN_TABLE: Final = "is not joined here"
_UNKNOWN: Final = "is neither a table nor an alias"
