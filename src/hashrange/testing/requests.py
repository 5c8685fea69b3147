"""What faults and rules must see in a request: its tables, the items of a batch, the size of a transaction.

Takes any bytes: what is not the shape that it should be has no tables and no items, and the service may refuse it.
"""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from ..errors import ConfigurationError
from ..types import WireObject
from ..wire.transport import Request, Response

ITEM_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
BATCHES: Final = frozenset({"BatchGetItem", "BatchWriteItem"})
TRANSACTIONS: Final = frozenset({"TransactGetItems", "TransactWriteItems"})

#: all of the service's, those of streams too. API reference, "Actions, Amazon DynamoDB"; state of 2026-11
OPERATIONS: Final = frozenset(
    """
    BatchExecuteStatement BatchGetItem BatchWriteItem CreateBackup CreateGlobalTable CreateTable DeleteBackup DeleteItem
    DeleteResourcePolicy DeleteTable DescribeBackup DescribeContinuousBackups DescribeContributorInsights
    DescribeEndpoints DescribeExport DescribeGlobalTable DescribeGlobalTableSettings DescribeImport
    DescribeKinesisStreamingDestination DescribeLimits DescribeTable DescribeTableReplicaAutoScaling
    DescribeTimeToLive DisableKinesisStreamingDestination EnableKinesisStreamingDestination ExecuteStatement
    ExecuteTransaction ExportTableToPointInTime GetItem GetResourcePolicy ImportTable ListBackups
    ListContributorInsights ListExports ListGlobalTables ListImports ListTables ListTagsOfResource PutItem
    PutResourcePolicy Query RestoreTableFromBackup RestoreTableToPointInTime Scan SearchVectors TagResource
    TransactGetItems TransactWriteItems UntagResource UpdateContinuousBackups UpdateContributorInsights
    UpdateGlobalTable UpdateGlobalTableSettings UpdateItem UpdateKinesisStreamingDestination UpdateTable
    UpdateTableReplicaAutoScaling UpdateTimeToLive
    CancelBulkOperation DescribeBulkOperation ListBulkOperations StartBulkPutItems
    DescribeStream GetRecords GetShardIterator ListStreams
    """.split()  # noqa: SIM905 - as a list it would be a page
)

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def checked_operations(name: str, given: str | Collection[str] | None) -> frozenset[str] | None:
    """One or several names of operations as a set; None stays None.

    Raises:
        ConfigurationError: one is not the service's; names the argument.
    """
    if given is None:
        return None
    if not isinstance(given, Collection):
        raise ConfigurationError(f"{name} is {given!r}; it must be the name of an operation, or several")
    found = [given] if isinstance(given, str) else list(given)
    for each in found:
        if not isinstance(each, str) or each not in OPERATIONS:
            near = get_close_matches(str(each), OPERATIONS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "write it as the service does: 'PutItem'"
            raise ConfigurationError(f"{name}: DynamoDB has no operation {each!r}", hint=hint)
    if not found:
        raise ConfigurationError(f"{name} is empty; leave it out for all operations")
    return frozenset(found)


def object_of(request: Request) -> WireObject:
    """The request in wire shape; empty where it is no JSON object."""
    try:
        found = _decode(request.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def tables_of(request: Request) -> tuple[str, ...]:
    """The tables that a request is about, each once, in its order."""
    if request.table is not None:
        return (request.table,)
    body = object_of(request)
    found: list[Any] = [body.get("TableName"), *_dict(body.get("RequestItems"))]
    for action in _list(body.get("TransactItems")):
        found += [_dict(inner).get("TableName") for inner in _dict(action).values()]
    return tuple(dict.fromkeys(name for name in found if isinstance(name, str)))


def transaction_size(request: Request) -> int:
    """How many actions a transaction has."""
    return len(_list(object_of(request).get("TransactItems")))


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def batch_size(request: Request) -> int:
    """How many items a batch writes, or how many keys it reads."""
    return sum(len(_elements(part)) for part in _dict(object_of(request).get("RequestItems")).values())


def split_batch(request: Request, withheld: frozenset[int]) -> tuple[bytes | None, WireObject]:
    """A batch without some of its items.

    Args:
        withheld: their positions, counted over all tables.

    Returns:
        The body of the request that is left, or None where nothing is; and what was taken out, as RequestItems.
    """
    body = object_of(request)
    left: WireObject = {}
    taken: WireObject = {}
    position = 0
    for table, part in body["RequestItems"].items():
        elements = _elements(part)
        places = range(position, position + len(elements))
        position += len(elements)
        for target, wanted in ((left, False), (taken, True)):
            chosen = [each for at, each in zip(places, elements, strict=True) if (at in withheld) is wanted]
            if chosen:
                target[table] = {**part, "Keys": chosen} if isinstance(part, dict) else chosen
    return _encode({**body, "RequestItems": left}) if left else None, taken


def with_unprocessed(operation: str, response: Response, unprocessed: WireObject) -> Response:
    """An answer to a batch that names these as unprocessed, too. An error answer stays as it is."""
    if response.status != 200:
        return response
    answer: WireObject = _decode(response.body)
    member = "UnprocessedKeys" if operation == "BatchGetItem" else "UnprocessedItems"
    merged: WireObject = dict(answer.get(member) or {})
    for table, part in unprocessed.items():
        there = merged.get(table)
        if there is None:
            merged[table] = part
        else:
            merged[table] = {**part, "Keys": there["Keys"] + part["Keys"]} if isinstance(part, dict) else there + part
    answer[member] = merged
    if operation == "BatchGetItem":
        answer["Responses"] = {**dict.fromkeys(unprocessed, ()), **(answer.get("Responses") or {})}
    response.body = _encode(answer)
    return response


def _elements(part: Any) -> list[Any]:
    """The write requests, or the keys, of one table."""
    return _list(part.get("Keys") if isinstance(part, dict) else part)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
