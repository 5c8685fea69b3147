"""hashrange: an async-first, typed, thin and very fast client for Amazon DynamoDB.

    from hashrange import DynamoDB, Key, Attr, Update, begins_with

    async with DynamoDB.from_env() as db:
        users = db.table("app", partition_key="PK", sort_key="SK")
        user = await users.get_item(Key("USER#123", "PROFILE"))

These are the public names; everything else may change between releases.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

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
from .pagination import Page, Query
from .parallel_scan import Scan, ScanCheckpoint
from .resilience.retry import RetryPolicy, RetryRule
from .schema import GlobalIndex, LocalIndex
from .table import DeleteResult, PutResult, Table, UpdateResult
from .telemetry.events import AttemptFailed, CallFinished, Observer
from .telemetry.usage import ConsumedCapacity, Usage
from .types import AttributeValue, Item, Value
from .version import __version__

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
    from .operations.describe import IndexDescription, StreamDescription, TableDescription

#: name to module, loaded at its first use: most programs need none of them by name
_LAZY = {
    **dict.fromkeys(
        [
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
        ],
        ".auth",
    ),
    **dict.fromkeys(["IndexDescription", "StreamDescription", "TableDescription"], ".operations.describe"),
}

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
    "BatchError",
    "BotocoreCredentials",
    "CallFinished",
    "CircuitOpen",
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
    "Throttling",
    "ThroughputError",
    "TokenExpired",
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
    if name in _LAZY:
        return getattr(import_module(_LAZY[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
