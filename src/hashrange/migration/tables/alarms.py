"""Which alarms a table gets, for CloudFormation and Terraform alike.

DynamoDB publishes throttle events for each table and each global index, and SystemErrors for each operation only
(Amazon DynamoDB Developer Guide, "DynamoDB metrics and dimensions"): an alarm on SystemErrors by table name alone would
never have data, so it adds up the operations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ..contract.model import TableContract

NAMESPACE: Final = "AWS/DynamoDB"
#: an alarm can add up ten metrics (CloudWatch, "Using metric math"): all that the data operations are
OPERATIONS: Final = (
    "GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan",
    "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems",
)  # fmt: skip


class Alarm(Struct, frozen=True):
    """An alarm on the sum of a metric.

    Attributes:
        id: letters and digits, unique in its table.
        text: what it means, for who is woken by it.
        metric: CloudWatch's name.
        index: of the global index that it is about; None for the table.
        operations: of which it is the sum; () where the metric has no operation.
        seconds: of a period.
        periods: how many in a row.
        at_least: the sum that is too much.
    """

    id: str
    text: str
    metric: str
    index: str | None
    operations: tuple[str, ...]
    seconds: int
    periods: int
    at_least: int


def alarms_of(table: TableContract) -> Iterator[Alarm]:
    """The alarms of a table and its indexes."""
    for index in (None, *table.indexes):
        suffix = "" if index is None else "".join(filter(str.isalnum, index))
        what = "the table" if index is None else f"index {index}"
        for kind in ("Read", "Write"):
            yield Alarm(
                f"{kind}Throttled{suffix}", f"{kind}s of {what} were throttled", f"{kind}ThrottleEvents",
                index, (), 300, 2, 1,
            )  # fmt: skip
    yield Alarm("SystemErrors", "DynamoDB itself failed", "SystemErrors", None, OPERATIONS, 300, 1, 10)
    yield Alarm(
        "ConsumedReads", "A million read units in an hour", "ConsumedReadCapacityUnits", None, (), 3600, 1, 1_000_000
    )
