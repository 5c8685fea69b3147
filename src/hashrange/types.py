"""The vocabulary of values: what Python sees, what the wire carries, and the words of the API.

Owns type aliases, the tables that turn the API's lower-case words into the service's upper-case ones, and the records
in which a canceled transaction and an unfinished batch are explained. Must not know how a value is encoded (``codec``)
or a request is built (``operations``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from .errors import DynamoDBError
    from .key import Key

#: A value as Python code sees it. int, float and Decimal are numbers (N); tuple is written as a list (L).
Value: TypeAlias = (
    str
    | int
    | float
    | Decimal
    | bytes
    | bytearray
    | memoryview
    | bool
    | list[Any]
    | tuple[Any, ...]
    | dict[str, Any]
    | set[Any]
    | frozenset[Any]
    | None
)
#: An item as Python code sees it: attribute name to value.
Item: TypeAlias = dict[str, Any]

#: A value as the wire carries it: one type letter to its content, ``{"S": "text"}``, ``{"N": "1.5"}``.
AttributeValue: TypeAlias = dict[str, Any]
#: An item or a key as the wire carries it.
WireItem: TypeAlias = dict[str, AttributeValue]
#: A request or an answer as decoded JSON, in the service's own shape.
WireObject: TypeAlias = dict[str, Any]
WireMapping: TypeAlias = Mapping[str, Any]

#: A key attribute: DynamoDB allows S, N and B.
KeyValue: TypeAlias = str | int | Decimal | bytes

Returns = Literal["none", "all_old", "updated_old", "all_new", "updated_new"]
Capacity = Literal["none", "total", "indexes"]
Numbers = Literal["exact", "float"]
Nulls = Literal["omit", "keep"]
Unknown = Literal["ignore", "error"]
#: which region eventually consistent reads prefer: the first of the regions as they were given, or the home region
Reads = Literal["nearest", "home"]
#: what becomes of a write while the home region cannot be reached: an error, or the next region's
WriteFailover = Literal["never", "next"]
#: what logs and spans show of keys: nothing, a hash that is the same for the same value, or the value
TraceKeys = Literal["plain", "hashed", "omit"]
AttributeType = Literal["S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"]

RETURN_VALUES: dict[str, str] = {
    "none": "NONE",
    "all_old": "ALL_OLD",
    "updated_old": "UPDATED_OLD",
    "all_new": "ALL_NEW",
    "updated_new": "UPDATED_NEW",
}
RETURN_CONSUMED_CAPACITY: dict[str, str] = {"none": "NONE", "total": "TOTAL", "indexes": "INDEXES"}
ATTRIBUTE_TYPES: frozenset[str] = frozenset({"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"})


# ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────────
ActionKind = Literal["put", "update", "delete", "check", "get"]


class CancellationCode(StrEnum):
    """Why an action of a transaction failed; ``none`` where it did not.

    A code that this version does not know is ``unknown``; its text is ``CancellationReason.service_code``.
    """

    none = "none"
    condition_failed = "condition_failed"
    conflict = "conflict"
    throttled = "throttled"
    provisioned_throughput = "provisioned_throughput"
    too_large = "too_large"
    validation = "validation"
    duplicate_item = "duplicate_item"
    access_denied = "access_denied"
    unknown = "unknown"


#: API reference, TransactWriteItems, "Errors", TransactionCanceledException
CANCELLATION_CODES: dict[str, CancellationCode] = {
    "None": CancellationCode.none,
    "ConditionalCheckFailed": CancellationCode.condition_failed,
    "TransactionConflict": CancellationCode.conflict,
    "ThrottlingError": CancellationCode.throttled,
    "ProvisionedThroughputExceeded": CancellationCode.provisioned_throughput,
    "ItemCollectionSizeLimitExceeded": CancellationCode.too_large,
    "ValidationError": CancellationCode.validation,
    "DuplicateItem": CancellationCode.duplicate_item,
    "AccessDenied": CancellationCode.access_denied,
}
#: codes that say all; the service's message explains the others
_PLAIN_CODES = frozenset(CANCELLATION_CODES.values()) - {CancellationCode.validation, CancellationCode.access_denied}


@dataclass(frozen=True, slots=True)
class TransactionAction:
    """One action of a transaction, as its caller gave it.

    Attributes:
        number: its place among the transaction's actions, from 1.
        kind: "put", "update", "delete" or "check"; "get" in ``transact_get``.
        table: the table's name.
        key: the item's key; None where it is not known (yet), and in redacted errors.
    """

    number: int
    kind: ActionKind
    table: str
    key: Key | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"action {self.number} ({self.kind} on table {self.table!r})"


@dataclass(frozen=True, slots=True)
class CancellationReason:
    """What became of one action of a canceled transaction.

    Attributes:
        action: the action; None where the transaction was sent by ``db.call``.
        code: why it failed; ``none`` where it did not.
        message: the service's words; empty where there are none.
        item: the item that made the condition fail, decoded as the action's table decodes items (in wire shape where
            the transaction was sent by ``db.call``); None where there is none.
        service_code: the service's own text of the code.
    """

    action: TransactionAction | None
    code: CancellationCode
    message: str = ""
    item: Any = field(default=None, repr=False)
    service_code: str = ""

    @classmethod
    def from_wire(cls, reason: Any) -> CancellationReason:
        """An entry of the service's CancellationReasons."""
        found: Mapping[str, Any] = reason if isinstance(reason, Mapping) else {}
        code = str(found.get("Code") or "")
        known = CANCELLATION_CODES.get(code, CancellationCode.unknown)
        return cls(None, known, str(found.get("Message") or ""), found.get("Item") or None, code)

    def redacted(self) -> CancellationReason:
        """The same without the item and the key."""
        action = None if self.action is None else replace(self.action, key=None)
        return replace(self, action=action, item=None)

    def __str__(self) -> str:
        """The code, and the message where the code alone does not say enough."""
        code = (self.service_code or "no code") if self.code is CancellationCode.unknown else self.code.value
        return f"{code}: {self.message}" if self.message and self.code not in _PLAIN_CODES else code


@dataclass(frozen=True, slots=True)
class BatchFailure:
    """One operation of a batch that was not acknowledged.

    Attributes:
        operation: "put" or "delete".
        table: the table's name.
        key: the item's key.
        item: the item as it was given to ``put``; None for a delete.
        reason: why; shared by operations that failed together. Where ``reason.maybe_applied`` holds, it may have been
            applied all the same.
        number: its place among the operations of the batch, from 1.
    """

    operation: Literal["put", "delete"]
    table: str
    key: Key = field(repr=False)
    item: Any = field(repr=False)
    reason: DynamoDBError
    number: int
