"""ListTables: the names of all tables, in byte order, page by page."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final

from ...limits import TABLE_NAME_MAX_CHARS, TABLE_NAME_MIN_CHARS
from ..shapes import NAME_PATTERN, integer, reworded_in_2026, string, structure

if TYPE_CHECKING:
    from ..engine import Engine

_PAGE_MAX_NAMES: Final = 100
_LIMIT: Final = integer(1, _PAGE_MAX_NAMES)
_START: Final = string(TABLE_NAME_MIN_CHARS, TABLE_NAME_MAX_CHARS, NAME_PATTERN)

SHAPE: Final = reworded_in_2026(
    structure("ListTablesInput", Limit=_LIMIT, ExclusiveStartTableName=_START),
    structure("ListTablesInput", ExclusiveStartTableName=_START, Limit=_LIMIT),
)


def validate(request: dict[str, Any]) -> dict[str, Any]:
    return request


def apply(prepared: dict[str, Any], engine: Engine) -> dict[str, Any]:
    names = [table.name for table in engine.catalog.tables]
    start: str | None = prepared.get("ExclusiveStartTableName")
    first = 0 if start is None else bisect_right(names, start)  # a name that does not exist will do
    last = first + prepared.get("Limit", _PAGE_MAX_NAMES)
    answer: dict[str, Any] = {"TableNames": names[first:last]}
    if last < len(names):
        answer["LastEvaluatedTableName"] = names[last - 1]
    return answer
