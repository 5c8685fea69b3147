"""What exports and imports share: shapes, ids, pages of lists, and the folder that stands for S3.

Must not know what is exported or imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from .. import export_messages
from ..disk.s3_folder import S3Bucket, S3Error, fault_of_prefix
from ..errors import validation
from ..shapes import required, string
from ..state.s3_jobs import S3Job, S3Jobs, place

if TYPE_CHECKING:
    from ..engine import Engine

ARN: Final = required(string(37, 1024))
CLIENT_TOKEN: Final = string(pattern=r"^[^\$]+$")
S3_BUCKET: Final = required(string(0, 255, r"^[a-z0-9A-Z]+[\.\-\w]*[a-z0-9A-Z]+$"))
S3_BUCKET_OWNER: Final = string(pattern="[0-9]{12}")
S3_PREFIX: Final = string(0, 1024)
PAGE_MAX_COUNT: Final = 25
_CHANCE_CHARS: Final = 8


def check_prefix(member: str, prefix: str | None) -> None:
    """Refuse what cannot be the beginning of a file's path below its bucket.

    Raises:
        ApiError: ValidationException.
    """
    fault = None if prefix is None else fault_of_prefix(prefix)
    if fault is not None:
        raise validation(export_messages.prefix_not_usable(member, fault))


def check_s3(engine: Engine) -> None:
    """Refuse what needs S3 where nothing stands for it.

    Raises:
        ApiError: ValidationException.
    """
    if engine.s3_folder is None:
        raise validation(export_messages.NO_S3_FOLDER)


def bucket_of(name: str, engine: Engine) -> S3Bucket:
    """A bucket in the folder that stands for S3.

    Raises:
        S3Error: there is none.
    """
    assert engine.s3_folder is not None, "that is checked before"
    try:
        return S3Bucket(engine.s3_folder, name)
    except OSError as error:  # a name that no folder can have
        raise S3Error("S3NoSuchBucket", f"The specified bucket does not exist ({error.strerror})") from None


def new_arn(table_arn: str, kind: str, jobs: S3Jobs, engine: Engine) -> str:
    """The ARN of a new job: the table's, then time and chance."""
    milliseconds = round(engine.catalog.now() * 1000)
    while True:
        arn = f"{table_arn}/{kind}/{milliseconds:014d}-{engine.catalog.new_id()[:_CHANCE_CHARS]}"
        if arn not in jobs:
            return arn


def new_token(token: str | None, engine: Engine) -> str:
    """The client token of a request, or one that is made for it."""
    return engine.catalog.new_id() if token is None else token


def page_of(
    jobs: S3Jobs, table: str | None, limit: int | None, start: str | None, engine: Engine
) -> tuple[list[S3Job], str | None]:
    """The jobs of a table, or of all, that come behind an ARN; and the ARN to go on from where there are more."""
    found = [job for job in jobs.all(engine.catalog.now()) if table in (None, job.table_arn)]
    if start is not None:
        found = [job for job in found if place(job) > (start.rpartition("/")[2], start)]
    count = limit or PAGE_MAX_COUNT
    return found[:count], found[count - 1].arn if len(found) > count else None


def given(request: Mapping[str, Any], *members: str) -> dict[str, Any]:
    """The members that a request has, of these."""
    return {name: request[name] for name in members if request.get(name) is not None}
