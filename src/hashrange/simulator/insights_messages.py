"""What the service says about contributor insights, verbatim. State of 2026-11.

Must not know when a message is due. Spelling and spacing are the service's.
"""

from __future__ import annotations

from typing import Final

_STATE: Final = "Table or Index is not in a valid state to update Key Access Insights: "
TABLE_NOT_ACTIVE: Final = _STATE + "TableStatus must be ACTIVE to enable ContributorInsights."
INDEX_NOT_ACTIVE: Final = _STATE + "IndexStatus must be ACTIVE to enable ContributorInsights."
#: a guess: what it says was not seen
START_INVALID: Final = "The provided NextToken is invalid"


def index_not_found(index: str, table: str) -> str:
    return f"Requested resource not found: Index: {index} not found for table: {table}"
