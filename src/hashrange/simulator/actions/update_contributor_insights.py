"""UpdateContributorInsights: switches contributor insights of a table or a global index on or off, or to another mode.

What is as it was asked for already stays as it is, and is answered in its state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from .. import insights_messages
from ..errors import validation
from ..shapes import CONTROL_TABLE_NAME, INDEX_NAME, required, string, structure
from ..state.definitions import IndexDefinition, Insights
from .contributor_insights import named, status_of, watched

if TYPE_CHECKING:
    from ..engine import Engine

_MODE: Final = "ACCESSED_AND_THROTTLED_KEYS"

SHAPE: Final = structure(
    "UpdateContributorInsightsInput",
    TableName=CONTROL_TABLE_NAME,
    IndexName=INDEX_NAME,
    ContributorInsightsAction=required(string(enum=("ENABLE", "DISABLE"))),
    ContributorInsightsMode=string(enum=("ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS")),
)


@dataclass(frozen=True, slots=True)
class UpdateContributorInsights:
    table_name: str
    index: str | None
    enabled: bool
    mode: str


def validate(request: dict[str, Any]) -> UpdateContributorInsights:
    return UpdateContributorInsights(
        request["TableName"],
        request.get("IndexName"),
        request["ContributorInsightsAction"] == "ENABLE",
        request.get("ContributorInsightsMode") or _MODE,
    )


def apply(prepared: UpdateContributorInsights, engine: Engine) -> dict[str, Any]:
    catalog = engine.catalog
    table, subject = watched(prepared.table_name, prepared.index, engine)
    if table.definition.status == "CREATING":
        raise validation(insights_messages.TABLE_NOT_ACTIVE)
    if isinstance(subject, IndexDefinition) and subject.status == "CREATING":
        raise validation(insights_messages.INDEX_NOT_ACTIVE)
    now, insights = catalog.now(), subject.insights
    changed = _changed(prepared, insights, now, catalog.lifecycle_seconds)
    if changed != insights:
        _keep(changed, prepared.index, table.name, engine)
    answer = named(table.name, prepared.index)
    # what has just begun is shown as such, however short it is
    begun = "ENABLING" if prepared.enabled else "DISABLING"
    answer["ContributorInsightsStatus"] = begun if changed != insights else status_of(changed, now)
    if changed is not None:
        answer["ContributorInsightsMode"] = changed.mode
    return answer


def _changed(
    prepared: UpdateContributorInsights, before: Insights | None, now: float, seconds: float
) -> Insights | None:
    if not prepared.enabled:
        if before is None or not before.enabled:
            return before
        return replace(before, enabled=False, changed_at=now, settles_at=now + seconds)
    if before is None or not before.enabled:
        return Insights(True, prepared.mode, now, now, now + seconds)
    if before.mode == prepared.mode:
        return before
    return replace(before, mode=prepared.mode, changed_at=now, settles_at=now + seconds)


def _keep(insights: Insights | None, index: str | None, name: str, engine: Engine) -> None:
    table = engine.catalog.find(name)
    definition = table.definition
    if index is None:
        changed = replace(definition, insights=insights)
    else:
        indexes = {**definition.indexes, index: replace(definition.indexes[index], insights=insights)}
        changed = replace(definition, indexes=indexes)
    engine.catalog.change(table, changed)
