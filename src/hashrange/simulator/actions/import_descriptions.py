"""Imports as the service describes them.

Shared by the operations on imports. Must not know requests.
"""

from __future__ import annotations

from typing import Any

from ..state.s3_jobs import S3Job


def import_description(job: S3Job, now: float | None) -> dict[str, Any]:
    """ImportTableDescription; ``now`` is monotonic seconds, None as it begins."""
    status = job.status(now)
    described: dict[str, Any] = {
        "ImportArn": job.arn,
        "ImportStatus": status,
        "TableArn": job.table_arn,
        "TableId": job.table_id,
        "ClientToken": job.token,
        **job.asked,
        "StartTime": job.started_at,
    }
    if status == "IN_PROGRESS":
        return {**described, "ErrorCount": 0, "ProcessedItemCount": 0, "ImportedItemCount": 0, "ProcessedSizeBytes": 0}
    described |= {"EndTime": job.ended_at, **job.outcome}
    if job.failure is not None:
        code, message = job.failure
        described |= {"FailureCode": code, "FailureMessage": message}
    return described


def import_summary(job: S3Job, now: float) -> dict[str, Any]:
    """ImportSummary; ``now`` is monotonic seconds."""
    members = ("ImportArn", "ImportStatus", "TableArn", "S3BucketSource", "InputFormat", "StartTime", "EndTime")
    described = import_description(job, now)
    return {name: described[name] for name in members if name in described}
