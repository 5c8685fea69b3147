"""A simulated world with a folder that stands for S3, a bucket in it, and a table that can be exported."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from .table_world import ARN, NAME, World, creation

BUCKET = "exports"


class S3World(World):
    """A world whose states last for ten seconds."""

    def __init__(self, folder: Path) -> None:
        super().__init__(lifecycle=10.0)
        self.engine.s3_folder = folder
        self.bucket = folder / BUCKET
        self.bucket.mkdir(parents=True)

    def with_table(self, *items: dict[str, Any], **members: Any) -> S3World:
        """Make the table, with point-in-time recovery on and these items."""
        self.create(**members)
        specification = {"PointInTimeRecoveryEnabled": True}
        self.do("UpdateContinuousBackups", TableName=NAME, PointInTimeRecoverySpecification=specification)
        for item in items:
            self.do("PutItem", TableName=NAME, Item=item)
        return self

    def settle(self) -> None:
        self.clock.advance(self.engine.catalog.lifecycle_seconds)

    def export(self, **members: Any) -> Any:
        """Export, and wait until that is done."""
        self.do("ExportTableToPointInTime", **exporting(**members))
        self.settle()
        return self.exports()[-1]

    def exports(self) -> list[Any]:
        found = self.do("ListExports")["ExportSummaries"]
        return [self.do("DescribeExport", ExportArn=each["ExportArn"])["ExportDescription"] for each in found]

    def import_(self, prefix: str | None = None, **members: Any) -> Any:
        """Import, and wait until that is done."""
        begun = self.do("ImportTable", **importing(prefix, **members))["ImportTableDescription"]
        assert begun["ImportStatus"] == "IN_PROGRESS"
        self.settle()
        return self.imported(begun["ImportArn"])

    def imported(self, arn: str) -> Any:
        return self.do("DescribeImport", ImportArn=arn)["ImportTableDescription"]

    def write(self, key: str, content: str | bytes, *, zipped: bool = False) -> None:
        """Put an object into the bucket."""
        path = self.bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(raw) if zipped else raw)

    def items(self, table: str) -> Any:
        return self.engine.dump(table)[table]


def exporting(**members: Any) -> dict[str, Any]:
    """An ExportTableToPointInTime request."""
    return {"TableArn": ARN, "S3Bucket": BUCKET, **members}


def importing(prefix: str | None = None, table: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """An ImportTable request."""
    source = {"S3Bucket": BUCKET} if prefix is None else {"S3Bucket": BUCKET, "S3KeyPrefix": prefix}
    return {
        "S3BucketSource": source,
        "InputFormat": "DYNAMODB_JSON",
        "TableCreationParameters": creation(**({"TableName": "copy"} | (table or {}))),
        **members,
    }
