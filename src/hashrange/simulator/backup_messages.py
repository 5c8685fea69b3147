"""What the service says about backups, continuous and by hand, verbatim. State of 2026-11.

Must not know when a message is due. Spelling and spacing are the service's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_INVALID: Final = "Invalid Request: "

# ── continuous backups ───────────────────────────────────────────────────────────────────────────────────────────────
PERIOD_OF_NOTHING: Final = _INVALID + "Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery."

# ── backups ──────────────────────────────────────────────────────────────────────────────────────────────────────────
NO_BACKUP_ARN: Final = "Invalid Backup ARN"
ARN_INVALID: Final = _INVALID + "BackupArn is not valid"
ACCESS_DENIED: Final = "Access is denied"
TIMES_REVERSED: Final = (
    "One or more parameter values were invalid: Time range lower bound must be less than or equal to upper bound"
)
START_OF_OTHER_REGION: Final = _INVALID + "The supplied ExclusiveStartBackupArn does not match the region"

# ── restored tables ──────────────────────────────────────────────────────────────────────────────────────────────────
THROUGHPUT_WITH_ON_DEMAND: Final = (
    _INVALID + "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST"
)
THROUGHPUT_OF_ON_DEMAND: Final = _INVALID + "Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED"
THROUGHPUT_NEEDED: Final = _INVALID + "Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED"


def table_not_found(table: str) -> str:
    return f"Table not found: {table}"


def being_enabled(table: str) -> str:
    return f"Backups are being enabled for the table: {table}. Please retry later"


def backup_not_found(arn: str) -> str:
    return f"Backup not found: {arn}"


def in_use(arn: str) -> str:
    return f"Backup is being used to restore table: {arn}"


def in_use_elsewhere(arn: str) -> str:
    return f"Backup is being used to restore another table: {arn}"


def not_to_be_deleted(arn: str, expires_at: float) -> str:
    """How the time is written is a guess."""
    expiry = datetime.fromtimestamp(expires_at, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return (
        f"{_INVALID}User is not allowed to delete the system backup with arn {arn}. "
        f"It will automatically expire on {expiry}Z"
    )


def table_exists(table: str) -> str:
    return f"Table already exists: {table}"


def index_not_in_backup(index: str) -> str:
    return (
        f"{_INVALID}Index {index} does not match a secondary index that existed in the source table "
        "and cannot be created during the restore operation"
    )


def index_throughput_with_on_demand(index: str) -> str:
    return f"{THROUGHPUT_WITH_ON_DEMAND} for index {index}"


def index_throughput_needed(index: str) -> str:
    return f"{_INVALID}Must specify provisioned throughput for index {index}"


def on_demand_needed(member: str) -> str:
    return f"{_INVALID}Cannot override {member} for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST"


def on_demand_out_of_range(member: str) -> str:
    return f"{_INVALID}Requested {member} for OnDemandThroughput is outside of valid range"
