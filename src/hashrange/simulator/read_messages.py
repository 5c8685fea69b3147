"""What the service says about Query and Scan, verbatim. State of 2026-11.

A part of ``messages``. Must not know when a message is due. Spelling and spacing are the service's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_INVALID_PARAMETERS: Final = "One or more parameter values were invalid: "

# ── Query and Scan ───────────────────────────────────────────────────────────────────────────────────────────────────
KEY_CONDITIONS_MISSING: Final = (
    "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
)
KEY_CONDITIONS_COUNT: Final = "Conditions can be of length 1 or 2 only"
KEY_CONDITION_NESTED: Final = "KeyConditionExpressions cannot contain nested operations"
KEY_CONDITION_ON_NESTED: Final = "KeyConditionExpressions cannot have conditions on nested attributes"
KEY_CONDITION_TWICE: Final = "KeyConditionExpressions must only contain one condition per key"
KEY_CONDITION_WITH_TWO_NAMES: Final = (
    "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
)
KEY_CONDITION_WITHOUT_NAME: Final = "Invalid condition in KeyConditionExpression: No key attribute specified"
KEY_CONDITION_NOT_INDEXABLE: Final = "Attempted conditional constraint is not an indexable operation"
KEY_CONDITION_TYPE_WRONG: Final = _INVALID_PARAMETERS + "Condition parameter type does not match schema type"
KEY_CONDITION_NOT_SUPPORTED: Final = "Query key condition not supported"
CONSISTENT_ON_GLOBAL_INDEX: Final = "Consistent reads are not supported on global secondary indexes"
SELECT_NEEDS_PROJECTION: Final = (
    "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
)
SELECT_NEEDS_INDEX: Final = "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
START_KEY_INVALID: Final = "The provided starting key is invalid"
START_KEY_OUTSIDE: Final = "The provided starting key is outside query boundaries based on provided conditions"
START_KEY_NOT_IN_RANGE: Final = "The provided starting key does not match the range key predicate"
START_KEY_OF_ONE_ROW: Final = "The query can return at most one row and cannot be restarted"
SEGMENT_WITHOUT_TOTAL: Final = (
    "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
)
TOTAL_WITHOUT_SEGMENT: Final = (
    "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"
)


def key_condition_operator(operator: str) -> str:
    return f"Invalid operator used in KeyConditionExpression: {operator}"


def key_condition_name_not_first(operator: str) -> str:
    return (
        f"Invalid condition in KeyConditionExpression: {operator} operator must have the key attribute "
        "as its first operand"
    )


def key_condition_missing(name: str) -> str:
    return f"Query condition missed key schema element: {name}"


def no_such_index(name: str) -> str:
    return f"The table does not have the specified index: {name}"


def index_is_backfilling(name: str) -> str:
    return f"Cannot read from backfilling global secondary index: {name}"


def select_excludes(parameter: str, chosen: str) -> str:
    return f"Cannot specify the {parameter} when choosing to get {chosen}"


def select_all_of_global_index(index: str) -> str:
    return (
        f"{_INVALID_PARAMETERS}Select type ALL_ATTRIBUTES is not supported for global secondary index {index} "
        "because its projection type is not ALL"
    )


def attributes_not_projected(index: str, names: Iterable[str]) -> str:
    return f"{_INVALID_PARAMETERS}Global secondary index {index} does not project [{', '.join(names)}]"


def filter_not_projected(index: str, names: Iterable[str]) -> str:
    return (
        f"{_INVALID_PARAMETERS}Secondary index {index} does not project one or more filter attributes: "
        f"[{', '.join(names)}]"
    )


def filter_on_key(parameter: str, name: str) -> str:
    return f"{parameter} can only contain non-primary key attributes: Primary key attribute: {name}"


def invalid_start_key(text: str) -> str:
    return f"{START_KEY_INVALID}: {text}"


def start_key_of_other_segment(segment: int, total: int) -> str:
    return invalid_start_key(
        "Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
        f"TotalSegments: {total} Segment: {segment}"
    )


def segment_too_large(segment: int, total: int) -> str:
    return (
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
        f"Segment: {segment} is not less than TotalSegments: {total}"
    )
