"""The table of operations: what the simulator can do, and where each operation lives.

One operation, one file, named as the operation is. A file is loaded when its operation is first used. What is not in
the table is an unknown operation: the simulator never guesses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

if TYPE_CHECKING:
    from ..engine import Engine
    from ..shapes import Structure

OPERATIONS: Final = (
    "BatchExecuteStatement",
    "BatchGetItem",
    "BatchWriteItem",
    "CreateBackup",
    "CreateTable",
    "DeleteBackup",
    "DeleteItem",
    "DeleteResourcePolicy",
    "DeleteTable",
    "DescribeBackup",
    "DescribeContinuousBackups",
    "DescribeContributorInsights",
    "DescribeEndpoints",
    "DescribeExport",
    "DescribeImport",
    "DescribeLimits",
    "DescribeTable",
    "DescribeTimeToLive",
    "ExecuteStatement",
    "ExecuteTransaction",
    "ExportTableToPointInTime",
    "GetItem",
    "GetResourcePolicy",
    "ImportTable",
    "ListBackups",
    "ListContributorInsights",
    "ListExports",
    "ListImports",
    "ListTables",
    "ListTagsOfResource",
    "PutItem",
    "PutResourcePolicy",
    "Query",
    "RestoreTableFromBackup",
    "RestoreTableToPointInTime",
    "Scan",
    "SearchVectors",
    "TagResource",
    "TransactGetItems",
    "TransactWriteItems",
    "UntagResource",
    "UpdateContinuousBackups",
    "UpdateContributorInsights",
    "UpdateItem",
    "UpdateTable",
    "UpdateTimeToLive",
)
#: those of DynamoDB Streams, an API of its own at the same endpoint
STREAM_OPERATIONS: Final = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")


class Action(Struct, frozen=True):
    """One operation.

    Attributes:
        shape: the constraints of its request's members.
        validate: all that is checked before a table is looked up; gives what ``apply`` takes.
        apply: all that needs tables; checks everything that can fail before the first change.
    """

    shape: Structure
    validate: Callable[[dict[str, Any]], Any]
    apply: Callable[[Any, Engine], dict[str, Any] | None]


class _Actions(dict[str, Action]):
    """Operation to action, each loaded at its first use."""

    def __missing__(self, operation: str) -> Action:
        if operation not in OPERATIONS and operation not in STREAM_OPERATIONS:
            raise KeyError(operation)
        module = import_module(f".{_module_name(operation)}", __name__)
        action = self[operation] = Action(module.SHAPE, module.validate, module.apply)
        return action


def _module_name(operation: str) -> str:
    return re.sub("(?<!^)([A-Z])", r"_\1", operation).lower()


ACTIONS: Final[dict[str, Action]] = _Actions()
