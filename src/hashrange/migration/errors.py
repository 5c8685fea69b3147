"""The errors of a migration, under the library's own tree.

Each says which table, entity, attribute or row it is about, and what to do. Must not know what raises them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import DynamoDBError
from .findings import Finding


class MigrationError(DynamoDBError):
    """Something about a migration cannot be done; the base of the others."""


class ContractError(MigrationError):
    """A contract that cannot be followed.

    Attributes:
        findings: the errors that say why, in the order of their places.
    """

    def __init__(self, message: str, *, hint: str | None = None, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.findings = findings


class NotInContract(MigrationError):
    """Something that the contract's keys and attributes cannot give: a lookup without an index, an id that is not
    stored, a cascade without a way to find the items."""


class RowRefused(MigrationError):
    """A row that cannot become an item, or an item that cannot become a row: it is not written, and set aside.

    Attributes:
        entity: the entity's name.
        row: the key of the row in its table, or of the item.
        attribute: which one; None where it is about the whole.
        reason: what is wrong with it; holds no other value of the row.
    """

    def __init__(
        self,
        reason: str,
        *,
        entity: str,
        row: Mapping[str, Any] | None = None,
        attribute: str | None = None,
        hint: str | None = None,
    ) -> None:
        where = entity if attribute is None else f"{entity}.{attribute}"
        which = "" if row is None else " of row " + ", ".join(f"{name}={value!r}" for name, value in row.items())
        super().__init__(f"{where}{which}: {reason}", hint=hint)
        self.entity, self.attribute, self.reason = entity, attribute, reason
        self.row = dict(row or {})


class RowTooLarge(RowRefused):
    """A row whose item would be over 400 KB."""


class SourceLost(MigrationError):
    """The connection to the source database was lost, or it does not answer."""


class AlreadyRunning(MigrationError):
    """Another backfill, or another step of the same kind, is at work with the same state."""


class StateConflict(MigrationError):
    """An entry of the migration's state was changed by somebody else meanwhile."""
