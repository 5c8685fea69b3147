"""What the service says about vector indexes and SearchVectors. State of 2026-11.

A part of ``messages``. Texts under "known" are the service's, from its documentation and published observations; those
under "guessed" are of its manner where no text has been published. Must not know when a message is due.
"""

from __future__ import annotations

from typing import Final

_INVALID: Final = "One or more parameter values were invalid: "
_SEARCH: Final = "Invalid SearchConditionExpression: "

# ── known ────────────────────────────────────────────────────────────────────────────────────────────────────────────
SEARCH_SCHEMA_NOT_DEFINED: Final = _INVALID + "One element in SearchSchema is not defined in attribute definitions"
CONDITION_MISSING: Final = "SearchConditionExpression must be provided when SearchSchema has a HASH key"
INVALID_COMPARATOR: Final = _SEARCH + "Invalid comparator used in SearchConditionExpression"
INVALID_OPERATOR: Final = _SEARCH + "Invalid operator used in SearchConditionExpression"


def too_many_vector_indexes(limit: int) -> str:
    return f"{_INVALID}VectorIndex count exceeds the per-table limit of {limit}"


def vector_size(attribute: str, expected: int, actual: int, index: str) -> str:
    """What stands before "Invalid size" is a guess."""
    return (
        f"{_INVALID}Invalid size for parameter {attribute}, Expected: {expected}, Actual: {actual}. IndexName: {index}"
    )


def top_k_out_of_range(top_k: int, limit: int) -> str:
    return f"Provided TopK value '{top_k}' is out of valid range. The value must be between 1 and {limit} inclusive"


def search_vector_size(actual: int, expected: int) -> str:
    return f"Input search vector dimension {actual} does not match vector index dimension {expected}"


def no_such_index(index: str) -> str:
    return f"The table does not have the specified index: {index}"


def index_is_backfilling(index: str) -> str:
    return f"Cannot search backfilling vector index: {index}"


def operation_not_supported(operation: str) -> str:
    return f"{operation} operation not supported on this index type."


# ── guessed ──────────────────────────────────────────────────────────────────────────────────────────────────────────
ONLY_ON_DEMAND: Final = _INVALID + "Vector indexes are only supported on tables with BillingMode PAY_PER_REQUEST"
NO_ACTION: Final = _INVALID + "One of VectorIndexUpdate.Create, VectorIndexUpdate.Delete must not be null"
SEVERAL_ACTIONS: Final = _INVALID + "Only one vector index action is allowed per VectorIndexUpdate object"
SEVERAL_HASH: Final = _INVALID + "SearchSchema can have at most one HASH element"
CONDITION_ON_NESTED: Final = _SEARCH + "SearchConditionExpression cannot have conditions on nested attributes"
CONDITION_WITHOUT_VALUE: Final = _SEARCH + "A condition must compare one attribute with one value"
CONDITION_TYPE_WRONG: Final = _INVALID + "Condition parameter type does not match schema type"


def vector_type(attribute: str, expected: str, actual: str, index: str) -> str:
    """The service says "Invalid type for parameter", and which element it is about; the rest is a guess."""
    return (
        f"{_INVALID}Invalid type for parameter {attribute}, Expected: {expected}, Actual: {actual}. IndexName: {index}"
    )


def vector_out_of_range(attribute: str, index: str) -> str:
    return (
        f"{_INVALID}Invalid type for parameter {attribute}, Expected: 32-bit floating point number, "
        f"Actual: a number out of its range. IndexName: {index}"
    )


def search_vector_type(at: int, actual: str) -> str:
    return f"{_INVALID}Invalid type for parameter SearchVector[{at}], Expected: N, Actual: {actual}"


def search_vector_out_of_range(at: int) -> str:
    return (
        f"{_INVALID}Invalid type for parameter SearchVector[{at}], Expected: 32-bit floating point number, "
        "Actual: a number out of its range"
    )


def filter_type_mismatch(index: str, name: str, expected: str, actual: str) -> str:
    return f"{_INVALID}Type mismatch for Index Key {name} Expected: {expected} Actual: {actual} IndexName: {index}"


def too_many_dimensions(limit: int) -> str:
    return f"{_INVALID}Dimensions must be between 1 and {limit} inclusive"


def too_many_filters(limit: int) -> str:
    return f"{_INVALID}SearchSchema can have at most {limit} INLINE_FILTER elements"


def too_many_projected(limit: int) -> str:
    return f"{_INVALID}Number of projected attributes of a vector index exceeds the limit of {limit}"


def schema_attribute_twice(name: str) -> str:
    return f"{_INVALID}Duplicate attribute in SearchSchema: {name}"


def vector_in_schema(name: str) -> str:
    return f"{_INVALID}The vector attribute cannot be an element of the SearchSchema: {name}"


def vector_is_key(name: str) -> str:
    return f"{_INVALID}The vector attribute cannot be a key attribute: {name}"


def other_dimensions(attribute: str) -> str:
    return f"{_INVALID}Vector indexes on the same vector attribute must have the same Dimensions: {attribute}"


def condition_not_in_schema(name: str) -> str:
    return f"{_SEARCH}Attribute is not an element of the SearchSchema: {name}"


def index_not_in_backup(index: str) -> str:
    return (
        f"{_INVALID}Index {index} does not match a vector index that existed in the source table "
        "and cannot be created during the restore operation"
    )
