"""ExportTableToPointInTime: the items of a table as files, in the service's layout, in the folder that stands for S3.

What is written is what the table holds now, whatever ExportTime says: the past is not kept. The files are there when
the request is answered; the export shows as IN_PROGRESS until its time has come. An incremental export is refused.
Source: API reference, ExportTableToPointInTime.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .. import backup_messages, export_messages
from ..disk.s3_export_writer import export_folder, write_export, written_time
from ..disk.s3_folder import S3Error
from ..errors import ApiError, validation
from ..shapes import double, is_table_arn, required, string, structure
from ..state.keys import BUCKETS
from ..state.s3_jobs import S3Job
from ..state.table import Table
from ..state.tokens import fingerprint
from .continuous_backups import earliest_restorable
from .export_descriptions import export_description
from .export_filters import FILTER_SPECIFICATION, check_filter, filtered_parts
from .s3_jobs import (
    CLIENT_TOKEN,
    S3_BUCKET,
    S3_BUCKET_OWNER,
    S3_PREFIX,
    bucket_of,
    check_prefix,
    check_s3,
    given,
    new_arn,
    new_token,
)

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure(
    "ExportTableToPointInTimeInput",
    TableArn=required(string(1, 1024)),
    ExportTime=double(),
    ClientToken=CLIENT_TOKEN,
    S3Bucket=S3_BUCKET,
    S3BucketOwner=S3_BUCKET_OWNER,
    S3Prefix=S3_PREFIX,
    S3SseAlgorithm=string(enum=("AES256", "KMS")),
    S3SseKmsKeyId=string(1, 2048),
    ExportFormat=string(enum=("DYNAMODB_JSON", "ION")),
    ExportType=string(enum=("FULL_EXPORT", "INCREMENTAL_EXPORT")),
    IncrementalExportSpecification=structure(
        "IncrementalExportSpecification",
        ExportFromTime=double(),
        ExportToTime=double(),
        ExportViewType=string(enum=("NEW_IMAGE", "NEW_AND_OLD_IMAGES")),
    ),
    FilterSpecification=FILTER_SPECIFICATION,
)
#: as many data files as a new table that is paid by request has partitions
_PARTS_COUNT: Final = 4
#: members of the request that descriptions repeat
_REPEATED: Final = (
    "S3Bucket",
    "S3BucketOwner",
    "S3Prefix",
    "S3SseAlgorithm",
    "S3SseKmsKeyId",
    "ExportFormat",
    "FilterSpecification",
)
_VERSION: Final = "2020-06-30"


@dataclass(frozen=True, slots=True)
class Export:
    """``request`` is checked as far as that needs no table; ``fingerprint`` tells it from others."""

    request: dict[str, Any]
    fingerprint: bytes


# ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def validate(request: dict[str, Any]) -> Export:
    if not is_table_arn(request["TableArn"]):
        raise validation(export_messages.TABLE_ARN_INVALID)
    if request.get("ExportType") == "INCREMENTAL_EXPORT":
        raise validation(export_messages.NO_INCREMENTAL_EXPORT)
    if request.get("IncrementalExportSpecification") is not None:
        raise validation(export_messages.SPECIFICATION_OF_FULL_EXPORT)
    if request.get("FilterSpecification") is not None:
        check_filter(request["TableArn"], request["FilterSpecification"])
    check_prefix("S3Prefix", request.get("S3Prefix"))
    parameters = {name: value for name, value in request.items() if name != "ClientToken"}
    return Export(request, fingerprint(parameters))


def _repeated(prepared: Export, engine: Engine) -> S3Job | None:
    """What the same request has begun before.

    Raises:
        ApiError: ExportConflictException: the token was used for something else.
    """
    token, now = prepared.request.get("ClientToken"), engine.catalog.now()
    job = None if token is None else engine.catalog.exports.of_token(token, now)
    if job is not None and job.fingerprint != prepared.fingerprint:
        raise ApiError("ExportConflictException", export_messages.EXPORT_CONFLICT)
    return job


def _exported_table(prepared: Export, engine: Engine) -> Table:
    """The table, which can be exported at the time that is asked for.

    Raises:
        ApiError: TableNotFoundException, PointInTimeRecoveryUnavailableException, InvalidExportTimeException.
    """
    arn, time, now = prepared.request["TableArn"], prepared.request.get("ExportTime"), engine.catalog.now()
    table = engine.catalog.get(arn)
    if table is None or table.definition.status in ("CREATING", "DELETING"):
        raise ApiError("TableNotFoundException", backup_messages.table_not_found(engine.catalog.name_of(arn)))
    recovery = table.definition.point_in_time
    if recovery is None:
        message = export_messages.recovery_not_enabled(table.name)
        raise ApiError("PointInTimeRecoveryUnavailableException", message)
    if time is not None and not earliest_restorable(recovery, now) <= time <= now:
        raise ApiError("InvalidExportTimeException", export_messages.EXPORT_TIME_OUTSIDE)
    return table


# ── doing it ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def apply(prepared: Export, engine: Engine) -> dict[str, Any]:
    check_s3(engine)
    catalog = engine.catalog
    job = _repeated(prepared, engine)
    if job is None:
        table = _exported_table(prepared, engine)
        job = _exported(prepared.request, prepared.fingerprint, table, engine)
        catalog.exports = catalog.exports.with_job(job)
        return {"ExportDescription": export_description(job, None)}
    return {"ExportDescription": export_description(job, catalog.clock.monotonic())}


def _exported(request: dict[str, Any], digest: bytes, table: Table, engine: Engine) -> S3Job:
    """Write the files; the export, which has failed where that is not possible."""
    catalog, definition = engine.catalog, table.definition
    arn, now = new_arn(definition.arn, "export", catalog.exports, engine), catalog.now()
    specification = request.get("FilterSpecification")
    parts: Iterable[Iterable[bytes]] = (
        _parts(table) if specification is None else filtered_parts(definition.arn, specification, _PARTS_COUNT, engine)
    )
    asked = {
        "ExportTime": request.get("ExportTime", now),
        "S3SseAlgorithm": "AES256",
        "ExportFormat": "DYNAMODB_JSON",
        "ExportType": "FULL_EXPORT",
        **given(request, *_REPEATED),
    }
    ended_at = round(now + catalog.lifecycle_seconds, 3)
    folder = export_folder(request.get("S3Prefix"), arn.rpartition("/")[2])
    summary = {
        "version": _VERSION,
        "exportArn": arn,
        "startTime": written_time(now),
        "endTime": written_time(ended_at),
        "tableArn": definition.arn,
        "tableId": definition.table_id,
        "exportTime": written_time(asked["ExportTime"]),
        "s3Bucket": request["S3Bucket"],
        "s3Prefix": request.get("S3Prefix"),
        "s3SseAlgorithm": asked["S3SseAlgorithm"],
        "s3SseKmsKeyId": request.get("S3SseKmsKeyId"),
    }
    outcome: dict[str, Any] = {}
    failure: tuple[str, str] | None = None
    try:
        bucket = bucket_of(request["S3Bucket"], engine)
        count = write_export(bucket, folder, asked["ExportFormat"], parts, summary, table.size_bytes)
    except S3Error as error:
        failure = error.code, error.message
    else:
        manifest = f"{folder}/manifest-summary.json"
        outcome = {"ExportManifest": manifest, "BilledSizeBytes": table.size_bytes, "ItemCount": count}
    token = new_token(request.get("ClientToken"), engine)
    until = catalog.until()
    return S3Job(arn, definition.arn, definition.table_id, token, digest, asked, now, ended_at, until, outcome, failure)


def _parts(table: Table) -> Iterator[Iterator[bytes]]:
    """The items as JSON, in as many parts as there are data files: each has a part of the hashes."""
    size = BUCKETS // _PARTS_COUNT
    for start in range(0, BUCKETS, size):
        yield (record.body for record in table.store.scan(range(start, start + size)))
