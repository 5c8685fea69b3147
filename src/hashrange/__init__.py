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
        FailedBefore,
        IdempotencyError,
        IdempotencyMismatch,
        IdempotentParameterMismatch,
        InProgress,
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
        LeaseLost,
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
        UniqueViolation,
        ValidationError,
        VersionConflict,
    )
    from .expressions import Attr, Raw, Update, begins_with, between, ge, gt, le, lt
    from .key import Key, KeySchema
    from .merged import MergedQuery
    from .operations.describe import IndexDescription, ReplicaDescription, StreamDescription, TableDescription
    from .pagination import Page, Query
    from .parallel_scan import Scan, ScanCheckpoint
    from .patterns.capacity import CapacityMonitor, CapacityReport, Pacer
    from .patterns.idempotency import Idempotency, IdempotentRun
    from .patterns.sharding import Sharded, ShardedKey, ShardedPutResult
    from .patterns.single_table import (
        AccessPattern,
        AccessPatterns,
        BoundSingleTable,
        Entity,
        EntityKey,
        EntityTable,
        EntityTransaction,
        SingleTable,
    )
    from .patterns.streams import StreamEventName, StreamRecord, StreamViewType
    from .patterns.ttl import TimeToLive
    from .patterns.versioning import Versioned
    from .resilience.breaker import CircuitRule
    from .resilience.quota import QuotaRule
    from .resilience.retry import RetryPolicy, RetryRule
    from .results import DeleteResult, PutResult, UpdateResult
    from .schema import GlobalIndex, LocalIndex
    from .table import Table
    from .telemetry.capacity import CapacityLedger, CapacityLine
    from .telemetry.events import AttemptFailed, CallFinished, CircuitChanged, Observer, Source
    from .telemetry.hot_keys import HotKey, HotKeys, HotKeyWarning
    from .telemetry.logs import LogObserver
    from .telemetry.metrics import PrometheusObserver
    from .telemetry.otel_metrics import OtelMetrics
    from .telemetry.scrape import MetricsServer, serve_metrics
    from .telemetry.spans import SpanObserver
    from .telemetry.usage import ConsumedCapacity, Usage
    from .time_to_live import TimeToLiveWarning
    from .transaction import TransactGetResult, Transaction
    from .types import (
        AttributeValue,
        BatchFailure,
        CancellationCode,
        CancellationReason,
        Item,
        TransactionAction,
        Value,
    )
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
        "FailedBefore",
        "IdempotencyError",
        "IdempotencyMismatch",
        "IdempotentParameterMismatch",
        "InProgress",
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
        "LeaseLost",
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
        "UniqueViolation",
        "ValidationError",
        "VersionConflict",
    ),
    ".expressions": ("Attr", "Raw", "Update", "begins_with", "between", "ge", "gt", "le", "lt"),
    ".key": ("Key", "KeySchema"),
    ".merged": ("MergedQuery",),
    ".operations.describe": ("IndexDescription", "ReplicaDescription", "StreamDescription", "TableDescription"),
    ".pagination": ("Page", "Query"),
    ".parallel_scan": ("Scan", "ScanCheckpoint"),
    ".patterns.capacity": ("CapacityMonitor", "CapacityReport", "Pacer"),
    ".patterns.idempotency": ("Idempotency", "IdempotentRun"),
    ".patterns.sharding": ("Sharded", "ShardedKey", "ShardedPutResult"),
    ".patterns.single_table": (
        "AccessPattern",
        "AccessPatterns",
        "BoundSingleTable",
        "Entity",
        "EntityKey",
        "EntityTable",
        "EntityTransaction",
        "SingleTable",
    ),
    ".patterns.streams": ("StreamEventName", "StreamRecord", "StreamViewType"),
    ".patterns.ttl": ("TimeToLive",),
    ".patterns.versioning": ("Versioned",),
    ".resilience.breaker": ("CircuitRule",),
    ".resilience.quota": ("QuotaRule",),
    ".resilience.retry": ("RetryPolicy", "RetryRule"),
    ".results": ("DeleteResult", "PutResult", "UpdateResult"),
    ".schema": ("GlobalIndex", "LocalIndex"),
    ".table": ("Table",),
    ".telemetry.capacity": ("CapacityLedger", "CapacityLine"),
    ".telemetry.events": ("AttemptFailed", "CallFinished", "CircuitChanged", "Observer", "Source"),
    ".telemetry.hot_keys": ("HotKey", "HotKeyWarning", "HotKeys"),
    ".telemetry.logs": ("LogObserver",),
    ".telemetry.metrics": ("PrometheusObserver",),
    ".telemetry.otel_metrics": ("OtelMetrics",),
    ".telemetry.scrape": ("MetricsServer", "serve_metrics"),
    ".telemetry.spans": ("SpanObserver",),
    ".telemetry.usage": ("ConsumedCapacity", "Usage"),
    ".time_to_live": ("TimeToLiveWarning",),
    ".transaction": ("TransactGetResult", "Transaction"),
    ".types": (
        "AttributeValue",
        "BatchFailure",
        "CancellationCode",
        "CancellationReason",
        "Item",
        "TransactionAction",
        "Value",
    ),
    ".version": ("__version__",),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}
#: may be used as ``hashrange.errors`` after ``import hashrange``
_MODULES = ("errors", "simulator", "telemetry", "testing")

__all__ = [
    "AccessDenied",
    "AccessPattern",
    "AccessPatterns",
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
    "BoundSingleTable",
    "CallFinished",
    "CancellationCode",
    "CancellationReason",
    "CapacityLedger",
    "CapacityLine",
    "CapacityMonitor",
    "CapacityReport",
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
    "Entity",
    "EntityKey",
    "EntityTable",
    "EntityTransaction",
    "Environment",
    "FailedBefore",
    "GlobalIndex",
    "HotKey",
    "HotKeyWarning",
    "HotKeys",
    "Idempotency",
    "IdempotencyError",
    "IdempotencyMismatch",
    "IdempotentParameterMismatch",
    "IdempotentRun",
    "InProgress",
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
    "LeaseLost",
    "LocalIndex",
    "LogObserver",
    "MergedQuery",
    "MetricsServer",
    "MissingRequiredKey",
    "MultipleItemsFound",
    "NetworkError",
    "Observer",
    "OtelMetrics",
    "Pacer",
    "Page",
    "Profile",
    "PrometheusObserver",
    "ProvisionedThroughputExceeded",
    "PutResult",
    "Query",
    "QuotaRule",
    "Randomness",
    "Raw",
    "ReplicaDescription",
    "RequestLimitExceeded",
    "ResourceNotFound",
    "RetryPolicy",
    "RetryRule",
    "Scan",
    "ScanCheckpoint",
    "Secret",
    "ServiceError",
    "ServiceUnavailable",
    "Sharded",
    "ShardedKey",
    "ShardedPutResult",
    "SingleTable",
    "Source",
    "SpanObserver",
    "Static",
    "StreamDescription",
    "StreamEventName",
    "StreamRecord",
    "StreamViewType",
    "SystemClock",
    "Table",
    "TableDescription",
    "TablesBatch",
    "TablesBatchGetResult",
    "Throttling",
    "ThroughputError",
    "TimeToLive",
    "TimeToLiveWarning",
    "TokenExpired",
    "TransactGetResult",
    "Transaction",
    "TransactionAction",
    "TransactionCanceled",
    "TransactionConflict",
    "TransactionError",
    "TransactionInProgress",
    "TypeMismatch",
    "UniqueViolation",
    "Update",
    "UpdateResult",
    "Usage",
    "ValidationError",
    "Value",
    "VersionConflict",
    "Versioned",
    "WebIdentity",
    "__version__",
    "begins_with",
    "between",
    "ge",
    "gt",
    "item_size",
    "le",
    "lt",
    "serve_metrics",
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
