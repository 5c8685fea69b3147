"""What the service says about replicas of tables in other regions. State of 2026-11.

Must not know when a message is due. Texts that are guesses say so.
"""

from __future__ import annotations

from typing import Final

_INVALID: Final = "One or more parameter values were invalid: "

LOCAL_REGION: Final = (
    "Cannot add, delete, or update the local region through ReplicaUpdates. "
    "Use CreateTable, DeleteTable, or UpdateTable as required."
)
SEVERAL_REPLICAS: Final = "Update table operation with more than one create or delete replica action is not supported"
STREAM_NOT_TO_DISABLE: Final = _INVALID + "Disabling Stream is not allowed for a Global Table replica."
KEY_NEEDED: Final = _INVALID + "KMSMasterKeyId must be specified for each replica."
SOURCE_OF_REPLICAS: Final = (
    "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table "
    "in the last 24 hours"
)

# ── guesses ──────────────────────────────────────────────────────────────────────────────────────────────────────────
NO_ACTION: Final = (
    _INVALID + "One of ReplicationGroupUpdate.Create, ReplicationGroupUpdate.Update, ReplicationGroupUpdate.Delete "
    "must not be null"
)
SEVERAL_ACTIONS: Final = _INVALID + "Only one action per replica update is allowed"
STREAM_OF_OTHER_KIND: Final = (
    _INVALID + "Table must have DynamoDB Streams enabled with view type NEW_AND_OLD_IMAGES to have replicas"
)
CONSISTENCY_WITHOUT_REPLICAS: Final = (
    _INVALID + "MultiRegionConsistency can only be specified when replicas are created"
)
CONSISTENCY_FIXED: Final = _INVALID + "MultiRegionConsistency of a table with replicas cannot be changed"
STRONG_NEEDS_TWO: Final = (
    _INVALID + "MultiRegionConsistency STRONG requires exactly two replicas, created or deleted in one request"
)
STRONG_NEEDS_EMPTY_TABLE: Final = _INVALID + "MultiRegionConsistency STRONG requires an empty table"


def replica_exists(table: str) -> str:
    """The service's, of a table that is in the region already."""
    return (
        f"Failed to create a the new replica of table with name: '{table}' because one or more replicas already "
        "existed as tables."
    )


def region_updated_twice(region: str) -> str:
    return f"{_INVALID}Only one update per replica is allowed. RegionName: {region}"


def region_unknown(region: str) -> str:
    return f"{_INVALID}Unsupported region: {region}"


def no_replica(region: str) -> str:
    return f"{_INVALID}Table has no replica in region: {region}"


def override_of_other_billing(member: str, mode: str) -> str:
    return f"{_INVALID}{member} cannot be specified when BillingMode is {mode}"


def index_unknown(index: str) -> str:
    return f"{_INVALID}Table has no global secondary index: {index}"
