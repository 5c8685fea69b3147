"""boto3 exports a table to a folder of ``hashrange serve --s3`` and imports what is there, in all formats."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from hashrange.simulator.disk.s3_export import S3Export

from .conftest import PATIENCE_SECONDS

SETTINGS = Config(retries={"max_attempts": 0}, region_name="us-east-1")
ITEMS = [
    {"pk": "1", "n": Decimal("1.5"), "b": b"\x00\xff", "s": {"x", "y"}, "l": [None, True, {"m": "é"}]},
    {"pk": "2", "n": Decimal(10) ** 20},
]


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("s3")
    (folder / "bucket").mkdir()
    return folder


@pytest.fixture(scope="module")
def dynamodb(s3: Path) -> Iterator[Any]:
    words = [sys.executable, "-m", "hashrange", "serve", "--port", "0", "--s3", str(s3)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            made: Any = boto3.resource(
                "dynamodb",
                endpoint_url=line.split(" ")[4],
                config=SETTINGS,
                aws_access_key_id="key",
                aws_secret_access_key="secret",
            )
            table = made.create_table(TableName="app", **creation())
            made.meta.client.update_continuous_backups(
                TableName=table_after_a_look(made, "app").name,
                PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            )
            for item in ITEMS:
                table.put_item(Item=item)
            yield made
            made.meta.client.close()
            process.terminate()
            assert process.wait(PATIENCE_SECONDS) == 0
        finally:
            process.kill()


def creation() -> dict[str, Any]:
    return {
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }


def table_after_a_look(dynamodb: Any, name: str) -> Any:
    """The table, which is ACTIVE at the second look."""
    waiter = dynamodb.meta.client.get_waiter("table_exists")
    waiter.wait(TableName=name, WaiterConfig={"Delay": 0, "MaxAttempts": 3})
    return dynamodb.Table(name)


def imported(dynamodb: Any, name: str, **request: Any) -> Any:
    client = dynamodb.meta.client
    begun = client.import_table(TableCreationParameters={"TableName": name, **creation()}, **request)
    arn = begun["ImportTableDescription"]["ImportArn"]
    return client.describe_import(ImportArn=arn)["ImportTableDescription"]


@pytest.mark.parametrize("form", ["DYNAMODB_JSON", "ION"])
def test_there_and_back(form: str, dynamodb: Any, s3: Path) -> None:
    if form == "ION":
        pytest.importorskip("amazon.ion")
    client = dynamodb.meta.client
    arn = client.describe_table(TableName="app")["Table"]["TableArn"]
    begun = client.export_table_to_point_in_time(TableArn=arn, S3Bucket="bucket", S3Prefix=form, ExportFormat=form)
    export_arn = begun["ExportDescription"]["ExportArn"]
    client.get_waiter("export_completed").wait(ExportArn=export_arn, WaiterConfig={"Delay": 0, "MaxAttempts": 3})
    export = client.describe_export(ExportArn=export_arn)["ExportDescription"]
    assert export["ItemCount"] == len(ITEMS)
    folder = (s3 / "bucket" / export["ExportManifest"]).parent
    assert S3Export(folder).item_count == len(ITEMS)

    found = imported(
        dynamodb,
        form.lower(),
        S3BucketSource={"S3Bucket": "bucket", "S3KeyPrefix": f"{folder.relative_to(s3 / 'bucket').as_posix()}/data/"},
        InputFormat=form,
        InputCompressionType="GZIP",
    )
    assert (found["ImportStatus"], found["ImportedItemCount"], found["ErrorCount"]) == ("COMPLETED", len(ITEMS), 0)
    copy = table_after_a_look(dynamodb, form.lower()).scan()["Items"]
    assert sorted(copy, key=lambda item: item["pk"]) == dynamodb_items(dynamodb)


def dynamodb_items(dynamodb: Any) -> list[Any]:
    return sorted(dynamodb.Table("app").scan()["Items"], key=lambda item: str(item["pk"]))


def test_csv(dynamodb: Any, s3: Path) -> None:
    (s3 / "bucket" / "people.csv").write_text("pk;name\n1;Ada\n2;Grace\n;Nobody\n")
    found = imported(
        dynamodb,
        "people",
        S3BucketSource={"S3Bucket": "bucket", "S3KeyPrefix": "people"},
        InputFormat="CSV",
        InputFormatOptions={"Csv": {"Delimiter": ";"}},
    )
    assert (found["ImportStatus"], found["FailureCode"]) == ("FAILED", "ItemValidationError")
    assert (found["ImportedItemCount"], found["ErrorCount"]) == (2, 1)
    assert dynamodb.Table("people").get_item(Key={"pk": "1"})["Item"] == {"pk": "1", "name": "Ada"}


def test_a_replica_is_told_of(dynamodb: Any) -> None:
    client = dynamodb.meta.client
    client.update_table(TableName="app", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    table_after_a_look(dynamodb, "app")
    table = client.describe_table(TableName="app")["Table"]
    assert table["Replicas"] == [{"RegionName": "eu-west-1", "ReplicaStatus": "ACTIVE"}]
    restored = client.restore_table_to_point_in_time(
        SourceTableName="app", TargetTableName="restored", UseLatestRestorableTime=True
    )
    assert "Replicas" not in restored["TableDescription"]
    assert len(table_after_a_look(dynamodb, "restored").scan()["Items"]) == len(ITEMS)
