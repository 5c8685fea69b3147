"""The public names, pinned: adding or removing one is a decision that shows in this file and in the changelog."""

from __future__ import annotations

import inspect
import pickle

import pytest

import hashrange
from hashrange import errors

CLIENT = {"DynamoDB", "Config", "Table", "Query", "Scan", "Page", "ScanCheckpoint"}
VALUES = {"Key", "KeySchema", "GlobalIndex", "LocalIndex", "Value", "Item", "AttributeValue", "item_size"}
EXPRESSIONS = {"Attr", "Update", "Raw", "begins_with", "between", "lt", "le", "gt", "ge"}
RESULTS = {"PutResult", "UpdateResult", "DeleteResult", "TableDescription", "IndexDescription", "StreamDescription"}
STREAMS = {"StreamRecord", "StreamEventName", "StreamViewType", "ReplicaDescription"}
TRANSACTIONS = {"Transaction", "TransactGetResult", "TransactionAction", "CancellationReason", "CancellationCode"}
BATCHES = {"Batch", "TablesBatch", "BatchReport", "BatchFailure", "BatchGetResult", "TablesBatchGetResult"}
CREDENTIALS = {
    "Static",
    "Profile",
    "AssumeRole",
    "WebIdentity",
    "Container",
    "InstanceMetadata",
    "Environment",
    "BotocoreCredentials",
    "Credentials",
    "Secret",
}
RESILIENCE = {"RetryPolicy", "RetryRule", "QuotaRule", "CircuitRule"}
SURROUNDINGS = {"Clock", "Randomness", "SystemClock", "__version__"}
TELEMETRY = {"Observer", "AttemptFailed", "CallFinished", "CircuitChanged", "Source", "ConsumedCapacity", "Usage"}
ADAPTERS = {"LogObserver", "SpanObserver", "PrometheusObserver", "OtelMetrics", "serve_metrics", "MetricsServer"}
CAPACITY = {"CapacityLedger", "CapacityLine"}
SHARDING = {"ShardedKey", "Sharded", "ShardedPutResult", "MergedQuery"}
LOAD = {"HotKeys", "HotKey", "HotKeyWarning", "CapacityMonitor", "CapacityReport", "Pacer"}
ENTITIES = {"Entity", "SingleTable", "BoundSingleTable", "EntityTable", "EntityTransaction", "EntityKey"}
ACCESS = {"AccessPattern", "AccessPatterns"}
LOCKING = {"Versioned", "TimeToLive", "TimeToLiveWarning", "Idempotency", "IdempotentRun"}
ERRORS = {
    "DynamoDBError",
    "ConfigurationError",
    "InvalidTable",
    "InvalidRegion",
    "InvalidCredentials",
    "AuthenticationError",
    "CredentialsNotFound",
    "TokenExpired",
    "AccessDenied",
    "AssumeRoleFailed",
    "ValidationError",
    "InvalidKey",
    "InvalidExpression",
    "InvalidCursor",
    "MissingRequiredKey",
    "TypeMismatch",
    "ItemDecodeError",
    "ConditionalCheckError",
    "ConditionFailed",
    "VersionConflict",
    "UniqueViolation",
    "TransactionConflict",
    "ThroughputError",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "Throttling",
    "ItemError",
    "ItemNotFound",
    "MultipleItemsFound",
    "ItemTooLarge",
    "ItemCollectionSizeLimitExceeded",
    "TransactionError",
    "TransactionCanceled",
    "IdempotentParameterMismatch",
    "TransactionInProgress",
    "ServiceError",
    "InternalServerError",
    "ServiceUnavailable",
    "ResourceNotFound",
    "NetworkError",
    "ConnectFailed",
    "ConnectionLost",
    "AttemptTimeout",
    "BadResponse",
    "ClientClosed",
    "IdempotencyError",
    "InProgress",
    "IdempotencyMismatch",
    "LeaseLost",
    "FailedBefore",
    "DeadlineExceeded",
    "CircuitOpen",
    "AmbiguousWrite",
    "BatchError",
}
PUBLIC = (
    CLIENT
    | VALUES
    | EXPRESSIONS
    | RESULTS
    | STREAMS
    | BATCHES
    | TRANSACTIONS
    | CREDENTIALS
    | RESILIENCE
    | SURROUNDINGS
    | TELEMETRY
    | ADAPTERS
    | CAPACITY
    | SHARDING
    | LOAD
    | LOCKING
    | ENTITIES
    | ACCESS
    | ERRORS
)


def test_the_public_names_are_these() -> None:
    assert sorted(set(hashrange.__all__) ^ PUBLIC) == []
    assert len(hashrange.__all__) == len(PUBLIC)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_name_is_there(name: str) -> None:
    assert getattr(hashrange, name) is not None
    assert name in dir(hashrange)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        hashrange.no_such_name  # noqa: B018


@pytest.mark.parametrize("name", sorted(PUBLIC - {"Value", "Item", "AttributeValue", "__version__"}))
def test_a_public_class_or_function_is_documented(name: str) -> None:
    own = getattr(hashrange, name).__doc__
    assert own
    assert not own.startswith(f"{name}("), "dataclasses make such a text where there is none"


def test_every_error_is_public_and_has_one_root() -> None:
    defined = {
        name
        for name, thing in vars(errors).items()
        if inspect.isclass(thing) and issubclass(thing, BaseException) and thing.__module__ == errors.__name__
    }
    assert defined == ERRORS
    assert all(issubclass(getattr(hashrange, name), hashrange.DynamoDBError) for name in ERRORS)


def test_what_a_user_gets_in_a_traceback_can_be_pickled_by_its_public_name() -> None:
    assert pickle.loads(pickle.dumps(hashrange.ConditionFailed)) is hashrange.ConditionFailed
