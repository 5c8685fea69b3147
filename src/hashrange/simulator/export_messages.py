"""What the service says about exports, imports and recovery at a point in time. State of 2026-11.

Must not know when a message is due. Those that are the simulator's own say so; the others are the service's, or what
its documentation says of the error.
"""

from __future__ import annotations

from typing import Final

_INVALID: Final = "Invalid Request: "

# ── exports and imports ──────────────────────────────────────────────────────────────────────────────────────────────
#: the simulator's own: the service has S3
NO_S3_FOLDER: Final = (
    "This endpoint has no folder that stands for Amazon S3: "
    "start it with 'hashrange serve --s3 DIR', or make it with Engine(s3_folder=DIR)"
)
#: the simulator's own: the changes between two times are not kept
NO_INCREMENTAL_EXPORT: Final = (
    "ExportType INCREMENTAL_EXPORT is not supported by this endpoint: it does not keep the past; use FULL_EXPORT"
)
TABLE_ARN_INVALID: Final = "Invalid TableArn"
EXPORT_TIME_OUTSIDE: Final = "The specified ExportTime is outside of the point in time recovery window."
EXPORT_CONFLICT: Final = (
    "The ClientToken was used before, with other parameters"  # no capture of the service's own text is known
)
IMPORT_CONFLICT: Final = "There was a conflict when importing from the specified S3 source. " + EXPORT_CONFLICT
SPECIFICATION_OF_FULL_EXPORT: Final = (
    _INVALID + "IncrementalExportSpecification can only be specified with ExportType INCREMENTAL_EXPORT"
)
CSV_OPTIONS_OF_OTHER_FORMAT: Final = _INVALID + "InputFormatOptions.Csv can only be specified with InputFormat CSV"
NEXT_TOKEN_INVALID: Final = "Invalid NextToken"  # noqa: S105 - a message, not a token
ITEMS_INVALID_CODE: Final = "ItemValidationError"
ITEMS_INVALID: Final = (
    "Some of the items failed validation checks. Please check CloudWatch error logs for more details."
)
NO_SUCH_KEY_CODE: Final = "S3NoSuchKey"
NO_SUCH_KEY: Final = "The specified key does not exist."


def export_not_found(arn: str) -> str:
    return f"Export not found: {arn}"


def import_not_found(arn: str) -> str:
    return f"Import not found: {arn}"


def prefix_not_usable(member: str, fault: str) -> str:
    """The simulator's own: keys are files in a folder."""
    return f"{_INVALID}{member} {fault}; this endpoint keeps objects as files in a folder"


# ── recovery at a point in time ──────────────────────────────────────────────────────────────────────────────────────
SOURCE_MISSING: Final = _INVALID + "One of SourceTableArn and SourceTableName must be specified"
SOURCE_TWICE: Final = _INVALID + "Only one of SourceTableArn and SourceTableName can be specified"
RESTORE_TIME_MISSING: Final = _INVALID + "One of RestoreDateTime and UseLatestRestorableTime must be specified"
RESTORE_TIME_TWICE: Final = _INVALID + "RestoreDateTime cannot be specified if UseLatestRestorableTime is true"
RESTORE_TIME_OUTSIDE: Final = (
    "An invalid restore time was specified. "
    "RestoreDateTime must be between EarliestRestorableDateTime and LatestRestorableDateTime."
)
#: the simulator's own
THE_PAST_IS_NOT_KEPT: Final = (
    RESTORE_TIME_OUTSIDE + " This endpoint does not keep the past: use UseLatestRestorableTime"
)


def recovery_not_enabled(table: str) -> str:
    return f"Point in time recovery is not enabled for table '{table}'"
