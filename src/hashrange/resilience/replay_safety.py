"""Whether a request whose answer was lost may be sent again: whether applying it twice is as good as once.

Owns which operations write, and what is known of their requests. Update builders know better than the text that they
render to (``expressions.Update.replay_safe``); here is what can be said of a request alone. Must not send or decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ..errors import DynamoDBError, InternalServerError, NetworkError

#: operations that change nothing
_READ: Final = r"(?:(?:Get|BatchGet|TransactGet|Describe|List)[A-Z]\w*|Query|Scan|SearchVectors)\Z"
#: operations that end in the same state however often they are applied in a row
_SAFE_WRITES: Final = frozenset({"PutItem", "DeleteItem", "BatchWriteItem"})
#: operations that the service carries out once for each token, for a while, and the member of a request that holds it
_TOKENS: Final = {
    "TransactWriteItems": "ClientRequestToken",
    "ExecuteTransaction": "ClientRequestToken",
    "ExportTableToPointInTime": "ClientToken",
    "ImportTable": "ClientToken",
}

_NAME: Final = r"#?\w+"
_PATH: Final = rf"{_NAME}(?:\.{_NAME})*"  # no list index: SET beyond a list's end appends, REMOVE moves elements up
_SET: Final = rf"SET\s+{_PATH}\s*=\s*:\w+(?:\s*,\s*{_PATH}\s*=\s*:\w+)*"
_REMOVE: Final = rf"REMOVE\s+{_PATH}(?:\s*,\s*{_PATH})*"
_SAFE_UPDATE: Final = rf"\s*(?:{_SET}|{_REMOVE})(?:\s+(?:{_SET}|{_REMOVE}))?\s*"  # compiled when first needed


def is_write(operation: str) -> bool:
    """Whether an operation may change something; one that is not known may."""
    return re.match(_READ, operation) is None


def may_have_applied(operation: str, error: DynamoDBError) -> bool:
    """Whether a write that failed with this error may have been applied all the same.

    So it is when the answer was lost after the request had been sent, and when the service says that it failed inside
    (Developer Guide, "Error handling": after an HTTP 500 a write may have succeeded or failed).
    """
    if not is_write(operation):
        return False
    if isinstance(error, NetworkError):
        return error.sent
    return isinstance(error, InternalServerError)


def is_replay_safe(operation: str, payload: Mapping[str, Any]) -> bool:
    """Whether sending a request twice leaves the same state as sending it once, as far as the request tells."""
    if operation in _SAFE_WRITES or not is_write(operation):
        return True
    if operation in _TOKENS:
        return bool(payload.get(_TOKENS[operation]))
    return operation == "UpdateItem" and _is_safe_update(payload)


def _is_safe_update(payload: Mapping[str, Any]) -> bool:
    legacy, text = payload.get("AttributeUpdates", {}), payload.get("UpdateExpression", "REMOVE nothing")
    return (
        isinstance(legacy, Mapping)
        and all(isinstance(each, Mapping) and each.get("Action", "PUT") != "ADD" for each in legacy.values())
        and isinstance(text, str)
        and re.fullmatch(_SAFE_UPDATE, text, re.IGNORECASE) is not None
    )
