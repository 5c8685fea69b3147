"""What the service says about tables, indexes and their settings, verbatim. State of 2026-11.

The control plane's part of ``messages``, which holds all the others. Spelling and spacing are the service's.
Must not know when a message is due.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_INVALID: Final = "One or more parameter values were invalid: "
_IN_USE: Final = "Attempt to change a resource which is still in use: "
_GUIDE: Final = "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
_LIMIT: Final = "Subscriber limit exceeded: "

# ── key schemas ──────────────────────────────────────────────────────────────────────────────────────────────────────
KEY_WITHOUT_DEFINITION: Final = "Invalid KeySchema: Some index key attribute have no definition"
SAME_KEY_TWICE: Final = "Both the Hash Key and the Range Key element in the KeySchema have the same name"
FIRST_KEY_NOT_HASH: Final = "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
SECOND_KEY_NOT_RANGE: Final = "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
SAME_KEYS: Final = "The KeySchema contains multiple key attributes with the same name"
HASH_AFTER_RANGE: Final = _INVALID + "All HASH key attributes must precede RANGE key attributes in the KeySchema"
DEFINITIONS_NOT_KEYS: Final = (
    _INVALID
    + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
)


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(names)}]"


def attribute_defined_twice(name: str) -> str:
    return f"Attribute Name is duplicated: {name}"


def too_many_key_attributes(role: str) -> str:
    return f"{_INVALID}The KeySchema exceeds the maximum allowed number of {role} key attributes"


def keys_not_defined(keys: Iterable[str], definitions: Iterable[str]) -> str:
    return (
        f"{_INVALID}Some index key attributes are not defined in AttributeDefinitions. "
        f"Keys: {_listed(keys)}, AttributeDefinitions: {_listed(definitions)}"
    )


def definitions_not_used(definitions: Iterable[str], keys: Iterable[str]) -> str:
    return (
        f"{_INVALID}Some AttributeDefinitions are not used. "
        f"AttributeDefinitions: {_listed(definitions)}, keys used: {_listed(keys)}"
    )


# ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────────
TABLE_WITHOUT_SORT_KEY: Final = (
    _INVALID + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
)
UNKNOWN_PROJECTION: Final = _INVALID + "Unknown ProjectionType: null"
INCLUDE_WITHOUT_ATTRIBUTES: Final = _INVALID + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"
INDEX_EXISTS: Final = "Attempting to create an index which already exists"
NO_INDEX_ACTION: Final = (
    _INVALID + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
    "GlobalSecondaryIndexUpdate.Delete must not be null"
)
SEVERAL_INDEX_ACTIONS: Final = (
    _INVALID + "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"
)
ONE_ONLINE_INDEX: Final = _LIMIT + "Only 1 online index can be created or deleted simultaneously per table"


def empty_list(name: str) -> str:
    return f"{_INVALID}List of {name} is empty"


def local_index_without_sort_key(index: str) -> str:
    return f"{_INVALID}Index KeySchema does not have a range key for index: {index}"


def local_index_with_other_key(index: str, key: str, table_key: str) -> str:
    return (
        f"{_INVALID}Index KeySchema does not have the same leading hash key as table KeySchema for index: {index}. "
        f"index hash key: {key}, table hash key: {table_key}"
    )


def attributes_not_for(projection: str) -> str:
    return f"{_INVALID}ProjectionType is {projection}, but NonKeyAttributes is specified"


def attribute_projected_twice(name: str) -> str:
    return f"{_INVALID}Duplicate element in NonKeyAttributes: {name}"


def duplicate_index(name: str) -> str:
    return f"{_INVALID}Duplicate index name: {name}"


def too_many_local_indexes(limit: int) -> str:
    return f"{_INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of {limit}"


def too_many_global_indexes(limit: int) -> str:
    return f"{_INVALID}GlobalSecondaryIndex count exceeds the per-table limit of {limit}"


def one_global_index_too_many(limit: int) -> str:
    """The same, of an index that is added to a table."""
    return f"{_LIMIT}Number of global secondary indexes exceeds per-table limit of {limit}"


def index_updated_twice(index: str) -> str:
    return f"{_INVALID}Only one global secondary index update per index is allowed simultaneously. Index: {index}"


def index_without_definitions(index: str) -> str:
    return f"{_INVALID}AttributeDefinitions is not specified for index: {index}"


def index_not_found_2026(index: str, table: str) -> str:
    return f"Requested resource not found: Index {index} for table {table}"


def not_a_global_index(index: str, action: str) -> str:
    return f"Cannot {action} an index that is not a GlobalSecondaryIndex: {index}"


# ── throughput ───────────────────────────────────────────────────────────────────────────────────────────────────────
THROUGHPUT_WITH_ON_DEMAND: Final = (
    _INVALID + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
)
THROUGHPUT_MISSING: Final = (
    _INVALID + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
)
THROUGHPUT_MISSING_IN_UPDATE: Final = (
    _INVALID + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
)
INDEX_UPDATE_BLOCKED: Final = (
    "This operation cannot be performed with given input values. "
    "Please contact DynamoDB service team for more info: Action Blocked: IndexUpdate"
)


def out_of_bounds(units: int, member: str) -> str:
    return f"Given value {units} for {member} is out of bounds"


def index_throughput_with_on_demand(index: str) -> str:
    return (
        f"{_INVALID}ProvisionedThroughput should not be specified for index: {index} "
        "when BillingMode is PAY_PER_REQUEST"
    )


def index_throughput_missing(index: str) -> str:
    return f"{_INVALID}ProvisionedThroughput is not specified for index: {index}"


def new_index_throughput_with_on_demand(index: str) -> str:
    """The same, of an index that is added to a table."""
    return (
        f"{_INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: {index} "
        "when BillingMode is PAY_PER_REQUEST"
    )


def new_index_throughput_missing(index: str) -> str:
    """The same, of an index that is added to a table."""
    return f"{_INVALID}Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: {index}"


def indexes_need_throughput(indexes: Iterable[str]) -> str:
    return f"{_INVALID}ProvisionedThroughput must be specified for index: {','.join(indexes)}"


def index_pays_by_request(index: str) -> str:
    return (
        f"{_INVALID}The only Updates for index: {index} when TableThroughputMode is PAY_PER_REQUEST "
        "can be to OnDemandThroughput, WarmThroughput"
    )


def throughput_unchanged(index: str | None, read: int, write: int) -> str:
    subject, place = ("the table", "the table") if index is None else (f"the index {index}", f"index {index}")
    return (
        f"The provisioned throughput for {subject} will not change. The requested value equals the current value. "
        f"Current ReadCapacityUnits provisioned for {place}: {read}. Requested ReadCapacityUnits: {read}. "
        f"Current WriteCapacityUnits provisioned for {place}: {write}. Requested WriteCapacityUnits: {write}. {_GUIDE}"
    )


def above_maximum(units: int, member: str, index: str | None, region: str, maximum: int) -> str:
    subject, place = (member, "table") if index is None else (f"{member} for index {index}", "index")
    return (
        f"The requested {subject}, {units}, is above the per {place} maximum for the account in {region}. "
        f"Per table maximum: {maximum}. {_GUIDE}"
    )


def too_many_decreases(count: int, last: str, following: str) -> str:
    return (
        f"{_LIMIT}Provisioned throughput decreases are limited within a given UTC day. "
        "After the first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every "
        f"3600 seconds. Number of decreases today: {count}. Last decrease at {last}. "
        f"Next decrease can be made at {following}"
    )


def on_demand_with_provisioned(member: str, index: str | None = None) -> str:
    place = "" if index is None else f" for index: {index}"
    return (
        f"{_INVALID}{member} for OnDemandThroughput{place} cannot be specified when table BillingMode is PROVISIONED."
    )


def on_demand_with_provisioned_in_update(member: str, index: str | None = None) -> str:
    place = "" if index is None else f" for index : {index}"
    return (
        f"{_INVALID}{member} for OnDemandThroughput{place} cannot be specified "
        "when the table BillingMode is PROVISIONED"
    )


def on_demand_out_of_range(member: str, index: str | None = None) -> str:
    place = "table" if index is None else f"index : {index}"
    return f"{_INVALID}Requested {member} for OnDemandThroughput for {place} is outside of valid range"


_INITIAL_THROUGHPUT: Final = (
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
    "on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
)


def warm_below_initial(member: str, index: str | None = None) -> str:
    place = "table" if index is None else f"index {index}"
    return (
        f"{_INVALID}Requested {member} for WarmThroughput for {place} is lower than initial throughput for OnDemand. "
        f"See: {_INITIAL_THROUGHPUT}"
    )


def warm_below_provisioned(member: str, provisioned: str, index: str | None = None) -> str:
    place = "table" if index is None else f"index {index}"
    return (
        f"{_INVALID}Requested {member} for WarmThroughput for {place} "
        f"is lower than {provisioned} of ProvisionedThroughput"
    )


def warm_decreased(member: str, index: str | None = None) -> str:
    place = "table" if index is None else f"index {index}"
    return (
        f"{_INVALID}Requested {member} for WarmThroughput for {place} is lower than current WarmThroughput, "
        "decreasing WarmThroughput is not supported"
    )


# ── streams, encryption, protection ──────────────────────────────────────────────────────────────────────────────────
STREAM_WITHOUT_VIEW: Final = _INVALID + "Table is being created with a stream enabled, UpdateViewType is required"
NO_STREAM_WITH_VIEW: Final = (
    _INVALID + "Table is being created with a stream disabled, UpdateViewType should not be specified"
)
STREAM_WITHOUT_VIEW_IN_UPDATE: Final = _INVALID + "If stream is being enabled then UpdateViewType is required"
NO_STREAM_WITH_VIEW_IN_UPDATE: Final = (
    _INVALID + "If stream is being disabled, then UpdateViewType must not be specified"
)
KMS_NEEDED: Final = _INVALID + "SSEType KMS is required if KMSMasterKeyId is specified"
AES256_NOT_SUPPORTED: Final = _INVALID + "SSEType AES256 is not supported"
ENCRYPTED_BY_DEFAULT: Final = _INVALID + "Table is already encrypted by default"
ENCRYPTED_WITH_KEY: Final = (
    _INVALID + "Table is already encrypted with given KMSMasterKeyId. "
    "Use KMSMasterKeyId parameter if you want to change Master Key"
)
PROTECTED: Final = (
    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
)
TABLE_CLASS_INVALID: Final = (
    "Invalid table-class parameter provided. "
    "Please try again with a valid table-class value: [STANDARD, STANDARD_INFREQUENT_ACCESS]."
)


def not_without_encryption(member: str) -> str:
    return f"{_INVALID}{member} can not be specified if Enabled is false"


def stream_is_enabled(table: str) -> str:
    return f"Table already has an enabled stream: TableName: {table}"


def no_stream_to_disable(table: str) -> str:
    return f"Table has no stream to disable: TableName: {table}"


# ── states ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def table_exists(table: str) -> str:
    return f"Table already exists: {table}"


def table_in_use(state: str, table: str) -> str:
    """``state`` is created, updated or deleted."""
    return f"{_IN_USE}Table is being {state}: {table}"


def index_in_use(state: str, table: str, index: str) -> str:
    """``state`` is created, updated or deleted. Two spaces are the service's."""
    return f"{_IN_USE}Index is being {state}.  Table: {table} Index: {index}"


INDEXES_IN_USE: Final = _IN_USE + "Cannot delete table while indexes are being created, updated, or deleted."


# ── what an UpdateTable may hold together ────────────────────────────────────────────────────────────────────────────
NOTHING_TO_UPDATE: Final = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates "
    "or SSESpecification or ReplicaUpdates is required"
)
NOTHING_TO_UPDATE_2026: Final = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
    "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
    "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"
)
STREAM_WITH_THROUGHPUT: Final = _INVALID + "You cannot modify stream status while updating table IOPS"
INDEX_WITH_THROUGHPUT: Final = _INVALID + "You cannot create or delete index while updating table IOPS"
INDEX_WITH_STREAM: Final = _INVALID + "You cannot create or delete index while changing stream status"
INDEX_WITH_WARM: Final = _INVALID + "Create global secondary index cannot be specified when updating WarmThroughput"
WARM_ALONE: Final = _INVALID + "WarmThroughput must be the only operation in the request"
ON_DEMAND_WITH_BILLING: Final = (
    _INVALID + "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"
)


def must_be_alone(subject: str) -> str:
    return f"{_INVALID}{subject} modification must be the only operation in the request"


def not_simulated(member: str) -> str:
    """Not the service's: it takes these members."""
    return f"{_INVALID}{member} is not supported by this endpoint"


# ── time to live ─────────────────────────────────────────────────────────────────────────────────────────────────────
TTL_ENABLED: Final = "TimeToLive is already enabled"
TTL_DISABLED: Final = "TimeToLive is already disabled"
TTL_TOO_OFTEN: Final = "Time to live has been modified multiple times within a fixed interval"


def ttl_of_other_attribute(attribute: str) -> str:
    return f"TimeToLive is active on a different AttributeName: current AttributeName is {attribute}"


def ttl_not_describable(status: str) -> str:
    return f"Cannot describe time to live while table is in {status} state: Current table state is {status}"


# ── tags ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
ARN_MISSING: Final = "Invalid TableArn"
NO_TAGS: Final = "Atleast one Tag needs to be provided as Input."
NO_TAG_KEYS: Final = "Atleast one Tag Key needs to be provided as Input."
TOO_MANY_TAGS: Final = "Number of Tags exceed the current limit for the provided ResourceArn"


def arn_invalid(arn: str) -> str:
    return f"{ARN_MISSING}: Invalid ResourceArn provided as input {arn}"


def tagging_not_authorized(account: str, operation: str, arn: str) -> str:
    return (
        f"User: arn:aws:iam::{account}:user/hashrange is not authorized to perform: dynamodb:{operation} "
        f"on resource: {arn or '*'}"
    )


def resource_not_found(arn: str) -> str:
    return f"Requested resource not found: ResourcArn: {arn} not found"


def resource_not_found_2026(arn: str) -> str:
    return f"Requested resource not found: ResourceArn: {arn} not found"


def tag_key_invalid(key: str | None) -> str:
    return f"The Tag Key provided is invalid, Key: {'null' if key is None else key}"


def tag_value_invalid(value: str | None) -> str:
    return f"The Tag Value provided is invalid, Value: {'null' if value is None else value}"


def tag_key_reserved(key: str) -> str:
    return f"Tag Key cannot be prefixed with aws:, Key: {key}"


def tag_key_twice(key: str) -> str:
    return f"Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}"
