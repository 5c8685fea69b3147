"""Exports to S3 and imports from it: what was asked for, how it goes, and for how long it is remembered.

A job is done as it is asked for, and shows as under way until its time has come. Both kinds are immutable, and so is
the list of them: a change is a new list. Jobs do not outlive the process. Must not know requests, or files.

Source: API reference, ExportTableToPointInTime and ListExports, ImportTable and ListImports (idempotency, retention).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: how long a client token is known, from the end of its job on
TOKEN_SECONDS: Final = 8 * 3600.0
#: how long a job is listed
KEPT_SECONDS: Final = 90 * 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class S3Job:
    """An export or an import; times are seconds since the epoch.

    Attributes:
        arn: its identity.
        table_arn, table_id: what is exported, or made.
        token, fingerprint: its client token, and a digest of what was asked for beside it.
        asked: members of the request, as descriptions repeat them.
        started_at, ended_at: the latter may still be to come.
        settles_at: the same as ``ended_at`` (monotonic seconds).
        outcome: what is told when it is done.
        failure: code and message where it has failed; None where it has not.
    """

    arn: str
    table_arn: str
    table_id: str
    token: str
    fingerprint: bytes
    asked: Mapping[str, Any]
    started_at: float
    ended_at: float
    settles_at: float
    outcome: Mapping[str, Any] = field(default_factory=dict)
    failure: tuple[str, str] | None = None

    def status(self, now: float | None) -> str:
        """How it goes; ``now`` is monotonic seconds, None as it begins."""
        if now is None or now < self.settles_at:
            return "IN_PROGRESS"
        return "COMPLETED" if self.failure is None else "FAILED"


class S3Jobs:
    """The exports of one account, or its imports."""

    __slots__ = ("_found",)

    def __init__(self, found: Mapping[str, S3Job] | None = None) -> None:
        self._found: Mapping[str, S3Job] = {} if found is None else found

    def __repr__(self) -> str:
        return f"<S3Jobs: {len(self._found)}>"

    def __contains__(self, arn: str) -> bool:
        return arn in self._found

    def with_job(self, job: S3Job) -> S3Jobs:
        """The list with one more, and without those that are forgotten by then."""
        kept = {arn: each for arn, each in self._found.items() if not _is_forgotten(each, job.started_at)}
        return S3Jobs({**kept, job.arn: job})

    def get(self, arn: str, now: float) -> S3Job | None:
        """The job of an ARN."""
        job = self._found.get(arn)
        return None if job is None or _is_forgotten(job, now) else job

    def of_token(self, token: str, now: float) -> S3Job | None:
        """What was asked for under a client token that is still known."""
        known = (each for each in self._found.values() if each.token == token and now < each.ended_at + TOKEN_SECONDS)
        return next(known, None)

    def all(self, now: float) -> Iterator[S3Job]:
        """All that are remembered, the oldest first."""
        for job in sorted(self._found.values(), key=place):
            if not _is_forgotten(job, now):
                yield job


def place(job: S3Job) -> tuple[str, str]:
    """What the order of jobs goes by: the id at the end of the ARN begins with the time."""
    return job.arn.rpartition("/")[2], job.arn


def _is_forgotten(job: S3Job, now: float) -> bool:
    return now >= job.ended_at + KEPT_SECONDS
