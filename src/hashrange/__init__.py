"""hashrange: an async-first, typed, thin and very fast client for Amazon DynamoDB.

    from hashrange import DynamoDB, Key, Attr, Update, begins_with

    async with DynamoDB.from_env() as db:
        users = db.table("app", partition_key="PK", sort_key="SK")
        user = await users.get_item(Key("USER#123", "PROFILE"))

These are the public names; everything else may change between releases. Each is loaded at its first use, so that
``import hashrange`` by itself costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .auth import (
        AssumeRole,
        BotocoreCredentials,
        Container,
        Credentials,
        Environment,
        InstanceMetadata,
        Profile,
        Secret,
        Static,
        WebIdentity,
    )
    from .batch import Batch, BatchReport, TablesBatch
    from .batch_get import BatchGetResult, TablesBatchGetResult
    from .client import DynamoDB
    from .clock import Clock, Randomness, SystemClock
    from .codec import item_size
    from .config import Config
    from .errors import (
        AccessDenied,
        AmbiguousWrite,
        AssumeRoleFailed,
        AttemptTimeout,
        AuthenticationError,
        BadResponse,
        BatchError,
        BatchFailure,
        CircuitOpen,
        ClientClosed,
        ConditionalCheckError,
        ConditionFailed,
        ConfigurationError,
        ConnectFailed,
        ConnectionLost,
        CredentialsNotFound,
        DeadlineExceeded,
        DynamoDBError,
        IdempotentParameterMismatch,
        InternalServerError,
        InvalidCredentials,
        InvalidCursor,
        InvalidExpression,
        InvalidKey,
        InvalidRegion,
        InvalidTable,
        ItemCollectionSizeLimitExceeded,
        ItemDecodeError,
        ItemError,
        ItemNotFound,
        ItemTooLarge,
        MissingRequiredKey,
        MultipleItemsFound,
        NetworkError,
        ProvisionedThroughputExceeded,
        RequestLimitExceeded,
        ResourceNotFound,
        ServiceError,
        ServiceUnavailable,
        Throttling,
        ThroughputError,
        TokenExpired,
        TransactionCanceled,
        TransactionConflict,
        TransactionError,
        TransactionInProgress,
        TypeMismatch,
        ValidationError,
    )
    from .expressions import Attr, Raw, Update, begins_with, between, ge, gt, le, lt
    from .key import Key, KeySchema
    from .operations.describe import IndexDescription, StreamDescription, TableDescription
    from .pagination import Page, Query
    from .parallel_scan import Scan, ScanCheckpoint
    from .resilience.breaker import CircuitRule
    from .resilience.quota import QuotaRule
    from .resilience.retry import RetryPolicy, RetryRule
    from .schema import GlobalIndex, LocalIndex
    from .table import DeleteResult, PutResult, Table, UpdateResult
    from .telemetry.events import AttemptFailed, CallFinished, CircuitChanged, Observer
    from .telemetry.usage import ConsumedCapacity, Usage
    from .transaction import TransactGetResult, Transaction
    from .types import AttributeValue, CancellationCode, CancellationReason, Item, TransactionAction, Value
    from .version import __version__

#: module → the public names that live there
_NAMES = {
    ".auth": (
        "AssumeRole",
        "BotocoreCredentials",
        "Container",
        "Credentials",
        "Environment",
        "InstanceMetadata",
        "Profile",
        "Secret",
        "Static",
        "WebIdentity",
    ),
    ".batch": ("Batch", "BatchReport", "TablesBatch"),
    ".batch_get": ("BatchGetResult", "TablesBatchGetResult"),
    ".client": ("DynamoDB",),
    ".clock": ("Clock", "Randomness", "SystemClock"),
    ".codec": ("item_size",),
    ".config": ("Config",),
    ".errors": (
        "AccessDenied",
        "AmbiguousWrite",
        "AssumeRoleFailed",
        "AttemptTimeout",
        "AuthenticationError",
        "BadResponse",
        "BatchError",
        "BatchFailure",
        "CircuitOpen",
        "ClientClosed",
        "ConditionFailed",
        "ConditionalCheckError",
        "ConfigurationError",
        "ConnectFailed",
        "ConnectionLost",
        "CredentialsNotFound",
        "DeadlineExceeded",
        "DynamoDBError",
        "IdempotentParameterMismatch",
        "InternalServerError",
        "InvalidCredentials",
        "InvalidCursor",
        "InvalidExpression",
        "InvalidKey",
        "InvalidRegion",
        "InvalidTable",
        "ItemCollectionSizeLimitExceeded",
        "ItemDecodeError",
        "ItemError",
        "ItemNotFound",
        "ItemTooLarge",
        "MissingRequiredKey",
        "MultipleItemsFound",
        "NetworkError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ResourceNotFound",
        "ServiceError",
        "ServiceUnavailable",
        "Throttling",
        "ThroughputError",
        "TokenExpired",
        "TransactionCanceled",
        "TransactionConflict",
        "TransactionError",
        "TransactionInProgress",
        "TypeMismatch",
        "ValidationError",
    ),
    ".expressions": ("Attr", "Raw", "Update", "begins_with", "between", "ge", "gt", "le", "lt"),
    ".key": ("Key", "KeySchema"),
    ".operations.describe": ("IndexDescription", "StreamDescription", "TableDescription"),
    ".pagination": ("Page", "Query"),
    ".parallel_scan": ("Scan", "ScanCheckpoint"),
    ".resilience.breaker": ("CircuitRule",),
    ".resilience.quota": ("QuotaRule",),
    ".resilience.retry": ("RetryPolicy", "RetryRule"),
    ".schema": ("GlobalIndex", "LocalIndex"),
    ".table": ("DeleteResult", "PutResult", "Table", "UpdateResult"),
    ".telemetry.events": ("AttemptFailed", "CallFinished", "CircuitChanged", "Observer"),
    ".telemetry.usage": ("ConsumedCapacity", "Usage"),
    ".transaction": ("TransactGetResult", "Transaction"),
    ".types": ("AttributeValue", "CancellationCode", "CancellationReason", "Item", "TransactionAction", "Value"),
    ".version": ("__version__",),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}
#: may be used as ``hashrange.errors`` after ``import hashrange``
_MODULES = ("errors", "simulator", "testing")

__all__ = [
    "AccessDenied",
    "AmbiguousWrite",
    "AssumeRole",
    "AssumeRoleFailed",
    "AttemptFailed",
    "AttemptTimeout",
    "Attr",
    "AttributeValue",
    "AuthenticationError",
    "BadResponse",
    "Batch",
    "BatchError",
    "BatchFailure",
    "BatchGetResult",
    "BatchReport",
    "BotocoreCredentials",
    "CallFinished",
    "CancellationCode",
    "CancellationReason",
    "CircuitChanged",
    "CircuitOpen",
    "CircuitRule",
    "ClientClosed",
    "Clock",
    "ConditionFailed",
    "ConditionalCheckError",
    "Config",
    "ConfigurationError",
    "ConnectFailed",
    "ConnectionLost",
    "ConsumedCapacity",
    "Container",
    "Credentials",
    "CredentialsNotFound",
    "DeadlineExceeded",
    "DeleteResult",
    "DynamoDB",
    "DynamoDBError",
    "Environment",
    "GlobalIndex",
    "IdempotentParameterMismatch",
    "IndexDescription",
    "InstanceMetadata",
    "InternalServerError",
    "InvalidCredentials",
    "InvalidCursor",
    "InvalidExpression",
    "InvalidKey",
    "InvalidRegion",
    "InvalidTable",
    "Item",
    "ItemCollectionSizeLimitExceeded",
    "ItemDecodeError",
    "ItemError",
    "ItemNotFound",
    "ItemTooLarge",
    "Key",
    "KeySchema",
    "LocalIndex",
    "MissingRequiredKey",
    "MultipleItemsFound",
    "NetworkError",
    "Observer",
    "Page",
    "Profile",
    "ProvisionedThroughputExceeded",
    "PutResult",
    "Query",
    "QuotaRule",
    "Randomness",
    "Raw",
    "RequestLimitExceeded",
    "ResourceNotFound",
    "RetryPolicy",
    "RetryRule",
    "Scan",
    "ScanCheckpoint",
    "Secret",
    "ServiceError",
    "ServiceUnavailable",
    "Static",
    "StreamDescription",
    "SystemClock",
    "Table",
    "TableDescription",
    "TablesBatch",
    "TablesBatchGetResult",
    "Throttling",
    "ThroughputError",
    "TokenExpired",
    "TransactGetResult",
    "Transaction",
    "TransactionAction",
    "TransactionCanceled",
    "TransactionConflict",
    "TransactionError",
    "TransactionInProgress",
    "TypeMismatch",
    "Update",
    "UpdateResult",
    "Usage",
    "ValidationError",
    "Value",
    "WebIdentity",
    "__version__",
    "begins_with",
    "between",
    "ge",
    "gt",
    "item_size",
    "le",
    "lt",
]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(home, __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
