"""ListContributorInsights: where contributor insights are on, being switched on or being switched off, page by page."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from typing import TYPE_CHECKING, Any, Final

from .. import insights_messages
from ..errors import validation
from ..shape_kinds import TableName
from ..shapes import integer, string, structure
from ..state.table import Table
from .contributor_insights import named, status_of

if TYPE_CHECKING:
    from ..engine import Engine

_PAGE_MAX_COUNT: Final = 100

SHAPE: Final = structure(
    "ListContributorInsightsInput",
    TableName=TableName(),
    NextToken=string(),
    MaxResults=integer(None, _PAGE_MAX_COUNT),
)
_TABLE: Final = ""  # sorts before the names of all indexes


def validate(request: dict[str, Any]) -> dict[str, Any]:
    token = request.get("NextToken")
    return request | {"after": None if token is None else _place(token)}


def apply(prepared: dict[str, Any], engine: Engine) -> dict[str, Any]:
    catalog = engine.catalog
    name = prepared.get("TableName")
    tables = catalog.tables if name is None else [catalog.find(name)]
    now = catalog.now()
    found = [entry for table in tables for entry in _entries(table, now)]
    after = prepared["after"]
    if after is not None:
        found = [entry for entry in found if entry[0] > after]
    count = max(1, prepared.get("MaxResults") or _PAGE_MAX_COUNT)
    answer: dict[str, Any] = {"ContributorInsightsSummaries": [summary for _, summary in found[:count]]}
    if len(found) > count:
        answer["NextToken"] = b64encode("/".join(found[count - 1][0]).encode()).decode()
    return answer


def _entries(table: Table, now: float) -> list[tuple[tuple[str, str], dict[str, Any]]]:
    """What is not off of a table and its global indexes, with its place in the list."""
    definition = table.definition
    found = []
    subjects = [(_TABLE, definition.insights), *((index.name, index.insights) for index in definition.global_indexes)]
    for index, insights in sorted(subjects, key=lambda subject: subject[0]):
        status = status_of(insights, now)
        if insights is None or status == "DISABLED":
            continue
        summary = named(table.name, index or None)
        summary |= {"ContributorInsightsStatus": status, "ContributorInsightsMode": insights.mode}
        found.append(((table.name, index), summary))
    return found


def _place(token: str) -> tuple[str, str]:
    """The entry behind which a page begins."""
    try:
        table, slash, index = b64decode(token, validate=True).decode().partition("/")
    except (Error, UnicodeDecodeError, ValueError):
        slash = table = index = ""
    if not slash:
        raise validation(insights_messages.START_INVALID)
    return table, index
