"""What is wrong with a statement: the one exception of this package that does not leave it.

Must not know tables: what those refuse is an ApiError at once.
"""

from __future__ import annotations

from .. import partiql_messages
from ..errors import ApiError, validation


class StatementFault(Exception):
    """A statement is refused; ``detail`` is the service's text."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def error(self) -> ApiError:
        return validation(self.detail)

    def again(self) -> StatementFault:
        """The same, to be raised once more."""
        return StatementFault(self.detail)


class SyntaxFault(StatementFault):
    """It is no PartiQL."""

    def __init__(self, detail: str) -> None:
        super().__init__(partiql_messages.not_well_formed(detail))
        self.text = detail

    def again(self) -> SyntaxFault:
        return SyntaxFault(self.text)
