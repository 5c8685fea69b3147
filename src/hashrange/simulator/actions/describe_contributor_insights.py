"""DescribeContributorInsights: whether contributor insights of a table or a global index are on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..shapes import CONTROL_TABLE_NAME, INDEX_NAME, structure
from .contributor_insights import named, rules, status_of, watched

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure("DescribeContributorInsightsInput", TableName=CONTROL_TABLE_NAME, IndexName=INDEX_NAME)


@dataclass(frozen=True, slots=True)
class DescribeContributorInsights:
    table_name: str
    index: str | None


def validate(request: dict[str, Any]) -> DescribeContributorInsights:
    return DescribeContributorInsights(request["TableName"], request.get("IndexName"))


def apply(prepared: DescribeContributorInsights, engine: Engine) -> dict[str, Any]:
    table, subject = watched(prepared.table_name, prepared.index, engine)
    insights = subject.insights
    status = status_of(insights, engine.catalog.now())
    answer = named(table.name, prepared.index)
    if insights is not None and status == "ENABLED":
        answer["ContributorInsightsRuleList"] = rules(table.name, prepared.index, subject.keys, insights)
    answer["ContributorInsightsStatus"] = status
    if insights is not None:
        answer["LastUpdateDateTime"] = insights.changed_at
        answer["ContributorInsightsMode"] = insights.mode
    return answer
