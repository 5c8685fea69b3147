"""What it means that DynamoDB Local is known to answer otherwise: two kinds of entries, and what their patterns share.

Must not know any entry: those are data, in ``local_texts`` and ``known_differences``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Request: TypeAlias = dict[str, Any]

ERROR: Final = r"\w+(Exception|Failure)(: |$)"
INVALID: Final = "ValidationException: "
SUCCESS: Final = r"\w+ \{"


@dataclass(frozen=True, slots=True)
class LocalText:
    """A text of Local's own.

    Attributes:
        name: by which its example is found.
        local: how Local puts it; a regular expression.
        service: how the service puts it, in place of that.
        reason: why it is known to be Local's alone.
    """

    name: str
    local: str
    service: str
    reason: str


@dataclass(frozen=True, slots=True)
class KnownDifference:
    """One reason for answers to differ.

    Attributes:
        name: by which its examples are found.
        reason: who is right, and how that is known.
        ours, local: what the two answers (``ErrorName: message``, or ``Operation {json}``) begin with; regular
            expressions. Local's is the translated one.
        operations: those that it can happen in; none: all.
        request: what must be true of the request besides.
        apart_from: both answer, and the same but for these members.
        changes: Local may have written in spite of its error.
    """

    name: str
    reason: str
    ours: str
    local: str
    operations: tuple[str, ...] = ()
    request: Callable[[Request], bool] | None = None
    apart_from: tuple[str, ...] = ()
    changes: bool = False

    def explains(self, operation: str, request: Request, ours: str, local: str) -> bool:
        return (
            (not self.operations or operation in self.operations)
            and re.match(self.ours, ours, re.DOTALL) is not None
            and re.match(self.local, local, re.DOTALL) is not None
            and (self.request is None or self.request(request))
            and (not self.apart_from or self._rest(ours) == self._rest(local))
        )

    def _rest(self, text: str) -> Request:
        answer: Request = json.loads(text.partition(" ")[2])
        return {name: answer[name] for name in answer if name not in self.apart_from}


# ── what patterns share ──────────────────────────────────────────────────────────────────────────────────────────────
#: Local's texts for what the service would find only after everything that needs no table
KEYS: Final = (
    "The provided key element does not match the schema|One or more parameter values were invalid: Type mismatch|"
    "One or more parameter values are not valid"
)
#: the service's, for a key of one part of a transaction
KEY_OF_PART: Final = r"(The provided key element does not match|Type mismatch for key|Missing the key)"
OF_VALUES: Final = "ExpressionAttributeValues contains invalid value: "
NUMBERS: Final = (
    r"The parameter cannot be converted to a numeric value|Number (over|under)flow|Attempting to store more than 38"
)
VALUES: Final = (
    rf"({NUMBERS}|Supplied AttributeValue|Input collection|"
    r"One or more parameter values were invalid: (An|Binary|Null|Input))"
)

RUNTIME: Final = (
    "(The document path provided in the update|The provided expression refers to an attribute|An operand in the update)"
)
KEY_UPDATE: Final = (
    r"One or more parameter values were invalid: Cannot update attribute \w+\. This attribute is part of"
)
NESTED_KEY: Final = "Key attributes must be scalars"


def uses_not_contains(request: Request) -> bool:
    return "'NOT_CONTAINS'" in repr(request)


def has_start_or_segment(request: Request) -> bool:
    return not request.keys().isdisjoint(("ExclusiveStartKey", "Segment", "TotalSegments"))


def is_measured(request: Request) -> bool:
    return request.get("ReturnConsumedCapacity") not in (None, "NONE")
