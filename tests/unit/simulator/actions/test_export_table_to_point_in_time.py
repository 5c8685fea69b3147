"""ExportTableToPointInTime and DescribeExport: what is written, what is told of it, and what is refused."""

from __future__ import annotations

import base64
import gzip
import json
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from hashrange.simulator.disk.s3_export import S3Export
from hashrange.simulator.throughput import Throughput
from hashrange.simulator.values import canonical_item
from tests.fakes import NOW

from ..s3_world import BUCKET, S3World, exporting
from ..table_world import ARN, NAME, World

ITEMS: list[dict[str, Any]] = [
    {"a": {"S": "1"}, "n": {"N": "1.50"}, "m": {"M": {"l": {"L": [{"NULL": True}, {"BOOL": False}]}}}},
    {
        "a": {"S": "2"},
        "b": {"B": "AP8="},
        "ss": {"SS": ["x", "y"]},
        "ns": {"NS": ["1", "-2.5"]},
        "bs": {"BS": ["AA=="]},
    },
    {"a": {"S": "é\n\"'"}, "a name": {"S": ""}},
]


@pytest.fixture
def world(tmp_path: Path) -> S3World:
    return S3World(tmp_path / "s3").with_table(*ITEMS)


def folder_of(world: S3World, export: dict[str, Any]) -> Path:
    return world.bucket.joinpath(export["ExportManifest"]).parent


def content_of(world: S3World, export: dict[str, Any]) -> dict[str, Any]:
    """What the reader of exports finds, by key."""
    return {line.content["a"]["S"]: line.content for line in S3Export(folder_of(world, export))}


def test_what_is_told_of_it(world: S3World) -> None:
    begun = world.do("ExportTableToPointInTime", **exporting(ClientToken="mine"))["ExportDescription"]
    arn, now = begun["ExportArn"], world.engine.catalog.now()
    assert arn.startswith(f"{ARN}/export/{int(now * 1000):014d}-")
    assert begun == {
        "ExportArn": arn,
        "ExportStatus": "IN_PROGRESS",
        "StartTime": now,
        "TableArn": ARN,
        "TableId": world.describe()["TableId"],
        "ClientToken": "mine",
        "ExportTime": now,
        "S3Bucket": BUCKET,
        "S3SseAlgorithm": "AES256",
        "ExportFormat": "DYNAMODB_JSON",
        "ExportType": "FULL_EXPORT",
    }
    world.clock.advance(9.9)
    assert world.exports() == [begun]
    world.clock.advance(0.1)
    id_ = arn.rpartition("/")[2]
    assert world.exports() == [
        begun
        | {
            "ExportStatus": "COMPLETED",
            "EndTime": now + 10,
            "ExportManifest": f"AWSDynamoDB/{id_}/manifest-summary.json",
            "BilledSizeBytes": world.describe()["TableSizeBytes"],
            "ItemCount": 3,
        }
    ]


def test_the_layout(world: S3World) -> None:
    export = world.export(S3Prefix="2027/jan/", S3SseAlgorithm="KMS", S3SseKmsKeyId="key")
    id_ = export["ExportArn"].rpartition("/")[2]
    folder = folder_of(world, export)
    assert folder == world.bucket / "2027" / "jan" / "AWSDynamoDB" / id_
    assert sorted(path.name for path in folder.iterdir()) == [
        "_started",
        "data",
        "manifest-files.json",
        "manifest-files.md5",
        "manifest-summary.json",
        "manifest-summary.md5",
    ]
    summary = json.loads((folder / "manifest-summary.json").read_bytes())
    assert summary == {
        "version": "2020-06-30",
        "exportArn": export["ExportArn"],
        "startTime": "2027-01-15T08:00:10.000Z",
        "endTime": "2027-01-15T08:00:20.000Z",
        "tableArn": ARN,
        "tableId": export["TableId"],
        "exportTime": "2027-01-15T08:00:10.000Z",
        "s3Bucket": BUCKET,
        "s3Prefix": "2027/jan/",
        "s3SseAlgorithm": "KMS",
        "s3SseKmsKeyId": "key",
        "manifestFilesS3Key": f"2027/jan/AWSDynamoDB/{id_}/manifest-files.json",
        "billedSizeBytes": export["BilledSizeBytes"],
        "itemCount": 3,
        "outputFormat": "DYNAMODB_JSON",
        "exportType": "FULL_EXPORT",
    }
    files = [json.loads(line) for line in (folder / "manifest-files.json").read_bytes().splitlines()]
    assert sum(entry["itemCount"] for entry in files) == 3
    for entry in files:
        content = (world.bucket / entry["dataFileS3Key"]).read_bytes()
        assert base64.b64decode(entry["md5Checksum"]) == md5(content).digest()
        assert len(gzip.decompress(content).splitlines()) == entry["itemCount"]
    for name in ("manifest-files", "manifest-summary"):
        checksum = base64.b64decode((folder / f"{name}.md5").read_bytes())
        assert checksum == md5((folder / f"{name}.json").read_bytes()).digest()


@pytest.mark.parametrize("form", ["DYNAMODB_JSON", "ION"])
def test_what_is_exported_can_be_read(form: str, world: S3World) -> None:
    export = world.export(ExportFormat=form)
    table = world.engine.catalog.find(NAME)
    stored = {record.item["a"]["S"]: record.item for record in table.records()}
    assert {key: canonical_item(item) for key, item in content_of(world, export).items()} == stored


def test_an_empty_table_has_empty_files(tmp_path: Path) -> None:
    world = S3World(tmp_path / "s3").with_table()
    export = world.export()
    assert (export["ItemCount"], export["BilledSizeBytes"]) == (0, 0)
    assert content_of(world, export) == {}
    assert {gzip.decompress(path.read_bytes()) for path in (folder_of(world, export) / "data").iterdir()} == {b""}


def test_it_holds_what_the_table_holds_now(world: S3World) -> None:
    before = world.engine.catalog.now()
    world.clock.advance(60)
    world.do("PutItem", TableName=NAME, Item={"a": {"S": "later"}})
    export = world.export(ExportTime=before)
    assert export["ExportTime"] == before
    assert "later" in content_of(world, export)


def test_each_has_a_folder_of_its_own(world: S3World) -> None:
    first = world.export()
    second = world.export()
    assert folder_of(world, first) != folder_of(world, second)
    assert content_of(world, first) == content_of(world, second)


def test_without_a_lifecycle_it_is_done_at_the_next_look(world: S3World) -> None:
    world.engine.catalog.lifecycle_seconds = 0.0
    begun = world.do("ExportTableToPointInTime", **exporting())["ExportDescription"]
    assert begun["ExportStatus"] == "IN_PROGRESS"
    assert world.exports()[0]["ExportStatus"] == "COMPLETED"


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_repeated_request_is_the_same_export(world: S3World) -> None:
    request = exporting(ClientToken="mine")
    first = world.do("ExportTableToPointInTime", **request)["ExportDescription"]
    world.clock.advance(8 * 3600)
    again = world.do("ExportTableToPointInTime", **request)["ExportDescription"]
    assert (again["ExportArn"], again["ExportStatus"]) == (first["ExportArn"], "COMPLETED")
    found = world.failure("ExportTableToPointInTime", **request, S3Prefix="other")
    assert found == ("ExportConflictException", "The ClientToken was used before, with other parameters")
    world.clock.advance(10)  # eight hours after the end
    third = world.do("ExportTableToPointInTime", **request)["ExportDescription"]
    assert third["ExportArn"] != first["ExportArn"]


def test_requests_without_a_token_are_exports_of_their_own(world: S3World) -> None:
    for _ in range(3):
        world.do("ExportTableToPointInTime", **exporting())
    assert len({export["ClientToken"] for export in world.exports()}) == 3


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_without_recovery_there_is_no_export(tmp_path: Path) -> None:
    world = S3World(tmp_path / "s3")
    world.create()
    assert world.failure("ExportTableToPointInTime", **exporting()) == (
        "PointInTimeRecoveryUnavailableException",
        "Point in time recovery is not enabled for table 'users'",
    )


def test_the_table_must_be_there(tmp_path: Path) -> None:
    world = S3World(tmp_path / "s3")
    missing = ("TableNotFoundException", f"Table not found: {NAME}")
    assert world.failure("ExportTableToPointInTime", **exporting()) == missing
    world.with_table()
    world.do("DeleteTable", TableName=NAME)
    assert world.failure("ExportTableToPointInTime", **exporting()) == missing
    message = world.refusal("ExportTableToPointInTime", **exporting(TableArn=NAME))
    assert message == "Invalid TableArn"


@pytest.mark.parametrize("seconds", [-1.0, 10.001, 1e12])
def test_the_time_is_within_the_window(seconds: float, world: S3World) -> None:
    world.clock.advance(0.0)
    enabled_at = NOW + 10
    assert world.failure("ExportTableToPointInTime", **exporting(ExportTime=enabled_at + seconds)) == (
        "InvalidExportTimeException",
        "The specified ExportTime is outside of the point in time recovery window.",
    )


def test_a_window_of_days_ends(world: S3World) -> None:
    specification = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 1}
    world.do("UpdateContinuousBackups", TableName=NAME, PointInTimeRecoverySpecification=specification)
    start = world.engine.catalog.now()
    world.clock.advance(2 * 86_400)
    name, _ = world.failure("ExportTableToPointInTime", **exporting(ExportTime=start))
    assert name == "InvalidExportTimeException"
    assert world.export(ExportTime=start + 86_400)["ExportStatus"] == "COMPLETED"


def test_without_a_folder_there_is_no_s3() -> None:
    world = World()
    world.create()
    message = world.refusal("ExportTableToPointInTime", **exporting())
    assert "hashrange serve --s3 DIR" in message
    assert "Engine(s3_folder=DIR)" in message
    assert world.do("ListExports") == {"ExportSummaries": []}


def test_what_is_not_there_is_refused_by_name(world: S3World) -> None:
    period = {"ExportFromTime": 1.0, "ExportToTime": 2.0}
    message = world.refusal(
        "ExportTableToPointInTime",
        **exporting(ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=period),
    )
    assert message.startswith("ExportType INCREMENTAL_EXPORT is not supported by this endpoint")
    message = world.refusal("ExportTableToPointInTime", **exporting(IncrementalExportSpecification=period))
    assert "can only be specified with ExportType INCREMENTAL_EXPORT" in message


# ── filters ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("specification", "expected"),
    [
        ({}, {"1", "2", "é\n\"'"}),
        ({"FilterExpression": "attribute_exists(n)"}, {"1"}),
        ({"FilterExpression": "a > :a", "ExpressionAttributeValues": {":a": {"S": "1"}}}, {"2", "é\n\"'"}),
        ({"KeyConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {"S": "2"}}}, {"2"}),
        ({"FilterExpression": "attribute_exists(nothing)"}, set()),
    ],
)
@pytest.mark.parametrize("form", ["DYNAMODB_JSON", "ION"])
def test_a_filter(form: str, specification: dict[str, Any], expected: set[str], world: S3World) -> None:
    export = world.export(FilterSpecification=specification, ExportFormat=form)
    assert export["FilterSpecification"] == specification
    assert export["ItemCount"] == len(expected)
    assert content_of(world, export).keys() == expected
    assert len([*(folder_of(world, export) / "data").iterdir()]) == 4


def test_a_projection(world: S3World) -> None:
    specification = {"ProjectionExpression": "a, #m.l[0]", "ExpressionAttributeNames": {"#m": "m"}}
    found = content_of(world, world.export(FilterSpecification=specification))
    assert found["1"] == {"a": {"S": "1"}, "m": {"M": {"l": {"L": [{"NULL": True}]}}}}
    assert found["2"] == {"a": {"S": "2"}}


def test_a_filter_over_many_pages(tmp_path: Path) -> None:
    world = S3World(tmp_path / "s3").with_table()
    world.engine.seed(NAME, ({"a": str(number), "x": "x" * 50_000} for number in range(60)))
    world.engine.throughput = Throughput()
    specification = {"FilterExpression": "a <> :a", "ExpressionAttributeValues": {":a": {"S": "7"}}}
    export = world.export(FilterSpecification=specification)
    assert len(content_of(world, export)) == export["ItemCount"] == 59
    assert world.engine.trouble is not None


@pytest.mark.parametrize(
    "specification",
    [
        {"FilterExpression": "a >"},
        {"FilterExpression": "a = :a"},
        {"ExpressionAttributeNames": {"#a": "a"}},
        {"KeyConditionExpression": "b = :b", "ExpressionAttributeValues": {":b": {"S": "1"}}},
        {"KeyConditionExpression": "a > :a", "ExpressionAttributeValues": {":a": {"S": "1"}}},
        {
            "KeyConditionExpression": "a = :a",
            "FilterExpression": "a = :a",
            "ExpressionAttributeValues": {":a": {"S": "1"}},
        },
    ],
)
def test_a_filter_that_makes_no_sense(specification: dict[str, Any], world: S3World) -> None:
    world.refusal("ExportTableToPointInTime", **exporting(FilterSpecification=specification))
    assert [*world.bucket.iterdir()] == []
    assert world.exports() == []


# ── where it cannot be written ───────────────────────────────────────────────────────────────────────────────────────
def test_a_missing_bucket_fails_the_export(world: S3World) -> None:
    export = world.export(S3Bucket="nowhere")
    assert (export["ExportStatus"], export["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert export["FailureMessage"] == "The specified bucket does not exist"
    assert "ExportManifest" not in export
    assert not (world.bucket.parent / "nowhere").exists()


def test_a_file_in_the_way_fails_the_export(world: S3World) -> None:
    world.write("AWSDynamoDB", "a file")
    export = world.export()
    assert (export["ExportStatus"], export["FailureCode"]) == ("FAILED", "S3AccessDenied")
    assert (world.bucket / "AWSDynamoDB").read_text() == "a file"


@pytest.mark.parametrize("prefix", ["..", "a/../..", "../other", "/etc", "a//b", ".", "a\\b", "a\0b", "x" * 1025])
def test_a_prefix_stays_in_its_bucket(prefix: str, world: S3World) -> None:
    before = sorted(world.bucket.parent.parent.rglob("*"))
    name, message = world.failure("ExportTableToPointInTime", **exporting(S3Prefix=prefix))
    assert name == "ValidationException"
    assert "3Prefix" in message
    assert sorted(world.bucket.parent.parent.rglob("*")) == before


@pytest.mark.parametrize("bucket", ["..", ".", "a/b", "../exports", "/etc", "", "a"])
def test_a_bucket_is_a_folders_name(bucket: str, world: S3World) -> None:
    message = world.refusal("ExportTableToPointInTime", **exporting(S3Bucket=bucket))
    assert "s3Bucket" in message


def test_links_are_not_followed(world: S3World, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (world.bucket / "link").symlink_to(outside)
    (world.bucket.parent / "linked").symlink_to(outside)
    assert world.export(S3Prefix="link")["FailureCode"] == "S3AccessDenied"
    assert world.export(S3Bucket="linked")["FailureCode"] == "S3NoSuchBucket"
    assert [*outside.iterdir()] == []


def test_an_export_that_is_not_there(world: S3World) -> None:
    missing = f"{ARN}/export/01800000000000-00000000"
    assert world.failure("DescribeExport", ExportArn=missing) == (
        "ExportNotFoundException",
        f"Export not found: {missing}",
    )
    assert "exportArn" in world.refusal("DescribeExport", ExportArn="short")


def test_snapshots_hold_exports(world: S3World) -> None:
    snapshot = world.engine.snapshot()
    world.export()
    world.engine.restore(snapshot)
    assert world.exports() == []
