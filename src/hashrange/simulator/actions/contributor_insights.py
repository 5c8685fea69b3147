"""Contributor insights of a table or one of its global indexes: where they are kept and how the service shows them.

Shared by the three operations about them. They are a setting here: nobody counts keys, and no rule is in CloudWatch.
Must not know requests. Source: API reference, "DescribeContributorInsights".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .. import insights_messages
from ..errors import ApiError
from ..state.definitions import IndexDefinition, Insights, Keys, TableDefinition
from ..state.table import Table

if TYPE_CHECKING:
    from ..engine import Engine

#: which parts of a key, and what of their use, a rule of a mode watches: C all accesses, T those that are throttled
_RULES: Final = {"ACCESSED_AND_THROTTLED_KEYS": "CT", "THROTTLED_KEYS": "T"}


def watched(name: str, index: str | None, engine: Engine) -> tuple[Table, TableDefinition | IndexDefinition]:
    """The table, and what of it is meant: itself or a global index.

    Raises:
        ApiError: ResourceNotFoundException.
    """
    table = engine.catalog.find(name)
    if index is None:
        return table, table.definition
    found = table.definition.indexes.get(index)
    if found is None or not found.is_global:
        raise ApiError("ResourceNotFoundException", insights_messages.index_not_found(index, table.name))
    return table, found


def status_of(insights: Insights | None, now: float) -> str:
    """ENABLING, ENABLED, DISABLING or DISABLED; ``now`` is seconds since the epoch."""
    if insights is None:
        return "DISABLED"
    if now < insights.settles_at:
        return "ENABLING" if insights.enabled else "DISABLING"
    return "ENABLED" if insights.enabled else "DISABLED"


def named(table: str, index: str | None) -> dict[str, Any]:
    return {"TableName": table} if index is None else {"TableName": table, "IndexName": index}


def rules(table: str, index: str | None, keys: Keys, insights: Insights) -> list[str]:
    """The names of the rules in CloudWatch that the service would make."""
    subject = table if index is None else f"{table}-{index}"
    parts = ["PK", "SK"] if any(role == "RANGE" for _, role in keys) else ["PK"]
    since = int(insights.since * 1000)
    return [
        f"DynamoDBContributorInsights-{part}{use}-{subject}-{since}" for part in parts for use in _RULES[insights.mode]
    ]
