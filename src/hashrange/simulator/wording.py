"""The newest wording: what the service has begun to say differently, by operation and family of messages.

In 2026 it began to put the prefix of its constraint violations before messages of other checks, operation by operation.
The engine applies this to a finished error, so that no check has to know of it. Violations of constraints have their
own newest forms (``shapes``). Must not know when an error is due.
"""

from __future__ import annotations

import re
from typing import Final

from . import messages, read_messages
from .errors import ApiError, validation

_PREFIX: Final = "1 validation error detected: "
_WRITES: Final = frozenset({"PutItem", "UpdateItem"})
_VALUES_INVALID: Final = re.compile(r"ExpressionAttributeValues contains invalid value: (.*) for key :\S+", re.DOTALL)
_VALUE_FAULTS: Final = (
    messages.NULL_MUST_BE_TRUE,
    *messages.EMPTY_SET.values(),
    messages.DUPLICATES_IN_NUMBERS,
    "One or more parameter values were invalid: Input collection [",
)
#: how a message begins → the operations that prefix it
_PREFIXED: Final[dict[str, frozenset[str]]] = {
    "Invalid ConditionExpression: ": _WRITES,
    "Invalid UpdateExpression: ": _WRITES,
    "Can not use both expression and non-expression parameters in the same request: ": _WRITES,
    "ExpressionAttributeValues can only be specified when using expressions: ": _WRITES,
    **dict.fromkeys(_VALUE_FAULTS, _WRITES),
    "Value provided in ExpressionAttributeNames unused in expressions: ": _WRITES | {"DeleteItem"},
    "Value provided in ExpressionAttributeValues unused in expressions: ": _WRITES | {"DeleteItem"},
    messages.RETURN_VALUES_OLD_OR_NONE: frozenset({"PutItem"}),
    "Cannot specify the ProjectionExpression when choosing to get ": frozenset({"Query"}),
    read_messages.SELECT_NEEDS_PROJECTION: frozenset({"Query"}),
    read_messages.SELECT_NEEDS_INDEX: frozenset({"Query"}),
}
#: a batch of no tables is now a violation of a constraint, in its newest form; for writes it is not
_EMPTY_BATCH: Final = {
    ("BatchGetItem", messages.batch_empty("BatchGetItem")): messages.constraints_violated(
        [messages.constraint_failed_at("RequestItems", messages.must_be_longer(1))]
    )
}
_KEY_CONDITIONS: Final = frozenset({read_messages.KEY_CONDITION_TWICE, read_messages.KEY_CONDITION_ON_NESTED})


def newest(operation: str, error: ApiError) -> ApiError:
    """The error as the newest wording has it; the same one where nothing has changed."""
    text = error.message
    if error.name != "ValidationException" or text is None:
        return error
    reworded = _EMPTY_BATCH.get((operation, text)) or _reworded(operation, text)
    return error if reworded == text else validation(reworded)


def _reworded(operation: str, text: str) -> str:
    if operation == "Query" and text in _KEY_CONDITIONS:
        return f"Invalid KeyConditionExpression: {text}"
    if operation in _WRITES and (wrapped := _VALUES_INVALID.fullmatch(text)):
        inner = wrapped[1]
        if inner == messages.NULL_MUST_BE_TRUE:
            return inner
        return _PREFIX + inner if inner.startswith(_VALUE_FAULTS) else text
    starts = (start for start, operations in _PREFIXED.items() if operation in operations)
    return _PREFIX + text if text.startswith(tuple(starts)) else text
