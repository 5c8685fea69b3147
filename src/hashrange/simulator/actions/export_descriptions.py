"""Exports as the service describes them.

Shared by the operations on exports. Must not know requests.
"""

from __future__ import annotations

from typing import Any

from ..state.s3_jobs import S3Job


def export_description(job: S3Job, now: float | None) -> dict[str, Any]:
    """ExportDescription; ``now`` is monotonic seconds, None as it begins."""
    status = job.status(now)
    described: dict[str, Any] = {
        "ExportArn": job.arn,
        "ExportStatus": status,
        "StartTime": job.started_at,
        "TableArn": job.table_arn,
        "TableId": job.table_id,
        "ClientToken": job.token,
        **job.asked,
    }
    if status == "IN_PROGRESS":
        return described
    described["EndTime"] = job.ended_at
    if job.failure is not None:
        code, message = job.failure
        return {**described, "FailureCode": code, "FailureMessage": message}
    return {**described, **job.outcome}
