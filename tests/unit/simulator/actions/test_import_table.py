"""ImportTable, DescribeImport: which objects are read, in which formats, what is counted, and what is refused."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path
from typing import Any

import pytest

from hashrange.simulator.errors import ApiError

from ..s3_world import BUCKET, S3World, importing
from ..table_world import ACCOUNT, NAME, REGION, World, creation, definitions, index, keys, units

COPY = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/copy"
INVALID_ITEMS = (
    "FAILED",
    "ItemValidationError",
    "Some of the items failed validation checks. Please check CloudWatch error logs for more details.",
)


@pytest.fixture
def world(tmp_path: Path) -> S3World:
    return S3World(tmp_path / "s3")


def counts(found: dict[str, Any]) -> tuple[int, int, int]:
    """How many were processed, imported and wrong."""
    return found["ProcessedItemCount"], found["ImportedItemCount"], found["ErrorCount"]


def failure(found: dict[str, Any]) -> tuple[str, str, str]:
    return found["ImportStatus"], found["FailureCode"], found["FailureMessage"]


# ── what is told of it ───────────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_told_of_it(world: S3World) -> None:
    content = '{"Item":{"a":{"S":"1"},"n":{"N":"1.50"}}}\n\n{"Item":{"a":{"S":"2"}}}'
    world.write("in/one.json", content)
    request = importing("in/", ClientToken="mine")
    begun = world.do("ImportTable", **request)["ImportTableDescription"]
    now = world.engine.catalog.now()
    assert begun["ImportArn"].startswith(f"{COPY}/import/{int(now * 1000):014d}-")
    assert begun == {
        "ImportArn": begun["ImportArn"],
        "ImportStatus": "IN_PROGRESS",
        "TableArn": COPY,
        "TableId": world.describe("copy")["TableId"],
        "ClientToken": "mine",
        "S3BucketSource": {"S3Bucket": BUCKET, "S3KeyPrefix": "in/"},
        "InputFormat": "DYNAMODB_JSON",
        "InputCompressionType": "NONE",
        "TableCreationParameters": creation(TableName="copy"),
        "StartTime": now,
        "ErrorCount": 0,
        "ProcessedItemCount": 0,
        "ImportedItemCount": 0,
        "ProcessedSizeBytes": 0,
    }
    assert world.describe("copy")["TableStatus"] == "CREATING"
    with pytest.raises(ApiError, match="ResourceNotFoundException"):
        world.do("GetItem", TableName="copy", Key={"a": {"S": "1"}})
    world.settle()
    assert world.imported(begun["ImportArn"]) == begun | {
        "ImportStatus": "COMPLETED",
        "EndTime": now + 10,
        "ProcessedItemCount": 2,
        "ImportedItemCount": 2,
        "ProcessedSizeBytes": len(content),
    }
    described = world.describe("copy")
    assert (described["TableStatus"], described["ItemCount"]) == ("ACTIVE", 2)


@pytest.mark.parametrize("form", ["DYNAMODB_JSON", "ION"])
def test_an_export_comes_back(form: str, world: S3World) -> None:
    gsi = {"GlobalSecondaryIndexes": [index()], "AttributeDefinitions": definitions(a="S", g="S")}
    world.with_table(
        {"a": {"S": "1"}, "g": {"S": "x"}, "n": {"N": "1.50"}, "b": {"B": "AP8="}},
        {"a": {"S": "é\n\"'"}, "ss": {"SS": ["x", "y"]}, "ns": {"NS": ["1", "-2.5"]}, "a name": {"NULL": True}},
        **gsi,
    )
    export = world.export(ExportFormat=form, S3Prefix="p")
    prefix = export["ExportManifest"].replace("manifest-summary.json", "data/")
    found = world.import_(prefix=prefix, table=gsi, InputFormat=form, InputCompressionType="GZIP")
    assert counts(found) == (2, 2, 0)
    assert world.items("copy") == world.items(NAME)
    answer = world.do(
        "Query",
        TableName="copy",
        IndexName="gsi",
        KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "x"}},
    )
    assert answer["Count"] == 1


# ── which objects ────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        (None, {"1", "2", "3", "4"}),
        ("", {"1", "2", "3", "4"}),
        ("in/", {"1", "2"}),
        ("in", {"1", "2", "3"}),
        ("in/one.json", {"1"}),
        ("in/deep/t", {"2"}),
    ],
)
def test_a_prefix_is_the_beginning_of_keys(prefix: str | None, expected: set[str], world: S3World) -> None:
    places = {"1": "in/one.json", "2": "in/deep/two.json", "3": "inner.json", "4": "other/four.json"}
    for number, key in places.items():
        world.write(key, f'{{"Item":{{"a":{{"S":"{number}"}}}}}}')
    assert world.import_(prefix)["ImportStatus"] == "COMPLETED"
    assert {item["a"] for item in world.items("copy")} == expected


def test_nothing_to_import_makes_no_table(world: S3World) -> None:
    world.write("other/one.json", "{}")
    found = world.import_("in/")
    assert failure(found) == ("FAILED", "S3NoSuchKey", "The specified key does not exist.")
    source = {"S3Bucket": "nowhere"}
    found = world.import_(S3BucketSource=source)
    assert failure(found) == ("FAILED", "S3NoSuchBucket", "The specified bucket does not exist")
    assert world.do("ListTables") == {"TableNames": []}


def test_links_are_not_followed(world: S3World, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"Item":{"a":{"S":"secret"}}}')
    (world.bucket / "link.json").symlink_to(secret)
    (world.bucket / "folder").symlink_to(tmp_path)
    for prefix in ("link.json", "folder/", "folder/secret.json", ""):
        found = world.import_(prefix)
        assert (found["ImportStatus"], found["FailureCode"]) == ("FAILED", "S3AccessDenied")
        assert "symbolic link" in found["FailureMessage"]
    assert world.do("ListTables") == {"TableNames": []}


@pytest.mark.parametrize("prefix", ["..", "../secret", "a/../../b", "/etc/passwd", "a//b", "a\0"])
def test_a_prefix_stays_in_its_bucket(prefix: str, world: S3World) -> None:
    assert "S3KeyPrefix" in world.refusal("ImportTable", **importing(prefix))


# ── what is no item ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "[]",
        '{"a":{"S":"2"}}',
        '{"Item":[]}',
        '{"Item":{}}',
        '{"Item":{"b":{"S":"2"}}}',
        '{"Item":{"a":{"N":"2"}}}',
        '{"Item":{"a":{"S":""}}}',
        '{"Item":{"a":{"S":"2"},"n":{"N":"two"}}}',
        '{"Item":{"a":{"S":"2"},"n":{"Z":"two"}}}',
        '{"Item":{"a":{"S":"2"},"s":{"SS":[]}}}',
        '{"Item":{"a":{"S":"2"},"g":{"N":"1"}}}',
        '{"Item":{"a":{"S":"2"},"x":7}}',
        '{"Item":{"a":{"S":"2"},"x":{"S":"' + "x" * 409_600 + '"}}}',
        "[" * 20_000,
    ],
)
def test_what_is_no_item_is_counted_and_skipped(line: str, world: S3World, caplog: pytest.LogCaptureFixture) -> None:
    world.write("one.json", f'{{"Item":{{"a":{{"S":"1"}}}}}}\n{line}\n{{"Item":{{"a":{{"S":"3"}}}}}}\n')
    gsi = {"GlobalSecondaryIndexes": [index()], "AttributeDefinitions": definitions(a="S", g="S")}
    with caplog.at_level(logging.WARNING):
        found = world.import_(table=gsi)
    assert counts(found) == (3, 2, 1)
    assert failure(found) == INVALID_ITEMS
    assert {item["a"] for item in world.items("copy")} == {"1", "3"}
    assert world.describe("copy")["TableStatus"] == "ACTIVE"
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{found['ImportArn']}: one.json, item 2 was not imported: ")


def test_of_items_with_one_key_one_stays(world: S3World) -> None:
    world.write("one.json", '{"Item":{"a":{"S":"1"},"x":{"S":"old"}}}\n{"Item":{"a":{"S":"1"},"x":{"S":"new"}}}')
    found = world.import_()
    assert (found["ImportStatus"], counts(found)) == ("COMPLETED", (2, 1, 0))
    assert world.items("copy") == [{"a": "1", "x": "new"}]


def test_what_is_not_whole_ends_its_object(world: S3World) -> None:
    whole = gzip.compress(b'{"Item":{"a":{"S":"1"}}}\n' * 1)
    world.write("1.gz", whole[:-4])
    world.write("2.gz", b"no gzip")
    world.write("3.gz", '{"Item":{"a":{"S":"3"}}}', zipped=True)
    found = world.import_(InputCompressionType="GZIP")
    assert counts(found)[2] == 2
    assert failure(found) == INVALID_ITEMS
    assert "3" in {item["a"] for item in world.items("copy")}


def test_many_reasons_are_not_all_told(world: S3World, caplog: pytest.LogCaptureFixture) -> None:
    world.write("one.json", "x\n" * 100)
    assert counts(world.import_()) == (100, 0, 100)
    assert len(caplog.records) == 20


def test_without_a_lifecycle_it_is_done_at_the_next_look(world: S3World) -> None:
    world.engine.catalog.lifecycle_seconds = 0.0
    world.write("one.json", '{"Item":{"a":{"S":"1"}}}')
    assert world.import_()["ImportStatus"] == "COMPLETED"


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_repeated_request_is_the_same_import(world: S3World) -> None:
    world.write("one.json", '{"Item":{"a":{"S":"1"}}}')
    request = importing(ClientToken="mine")
    first = world.do("ImportTable", **request)["ImportTableDescription"]
    world.settle()
    again = world.do("ImportTable", **request)["ImportTableDescription"]
    assert (again["ImportArn"], again["ImportStatus"]) == (first["ImportArn"], "COMPLETED")
    name, message = world.failure("ImportTable", **importing("one", ClientToken="mine"))
    assert name == "ImportConflictException"
    assert message.startswith("There was a conflict when importing from the specified S3 source.")


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_table_must_be_new(world: S3World) -> None:
    world.create(TableName="copy")
    assert world.failure("ImportTable", **importing()) == ("ResourceInUseException", "Table already exists: copy")


def test_a_table_that_cannot_be_made(world: S3World) -> None:
    world.write("one.json", '{"Item":{"a":{"S":"1"}}}')
    message = world.refusal("ImportTable", **importing(table={"KeySchema": keys("b")}))
    assert "Some index key attributes are not defined in AttributeDefinitions" in message
    message = world.refusal("ImportTable", **importing(table={"ProvisionedThroughput": units(1, 1)}))
    assert message.endswith("can be specified when BillingMode is PAY_PER_REQUEST")
    assert "tableCreationParameters.tableName" in world.refusal("ImportTable", **importing(table={"TableName": "x"}))
    assert world.do("ListImports") == {"ImportSummaryList": []}


def test_without_a_folder_there_is_no_s3() -> None:
    assert "hashrange serve --s3 DIR" in World().refusal("ImportTable", **importing())


def test_options_of_csv_are_for_csv(world: S3World) -> None:
    message = world.refusal("ImportTable", **importing(InputFormatOptions={"Csv": {"Delimiter": ";"}}))
    assert message == "Invalid Request: InputFormatOptions.Csv can only be specified with InputFormat CSV"


def test_an_import_that_is_not_there(world: S3World) -> None:
    missing = f"{COPY}/import/01800000000000-00000000"
    assert world.failure("DescribeImport", ImportArn=missing) == (
        "ImportNotFoundException",
        f"Import not found: {missing}",
    )
