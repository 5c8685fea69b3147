"""Backups in a data folder: they outlive the process and their tables, and go with their items. Imports beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hashrange.simulator.disk.engine import DiskEngine
from hashrange.simulator.disk.s3_export import S3Export
from hashrange.simulator.disk.snapshot import load_snapshot, save_snapshot
from hashrange.simulator.errors import ApiError
from hashrange.simulator.state.backups import SYSTEM_SECONDS
from tests.fakes import FakeClock

ITEMS = [{"PK": f"p{number}", "SK": str(number)} for number in range(100)]
NO_FAULT = {"TableName": "app", "BackupName": "nightly"}


def call(engine: DiskEngine, operation: str, **request: Any) -> Any:
    return engine.execute(operation, request)


def backed_up(engine: DiskEngine, name: str = "nightly") -> str:
    arn: str = call(engine, "CreateBackup", TableName="app", BackupName=name)["BackupDetails"]["BackupArn"]
    return arn


def restored(engine: DiskEngine, arn: str, name: str) -> list[Any]:
    call(engine, "RestoreTableFromBackup", TargetTableName=name, BackupArn=arn)
    return engine.dump(name)[name]


def places(engine: DiskEngine) -> list[str]:
    """The file's tables that hold items of backups."""
    names = engine._file.rows("SELECT name FROM sqlite_master WHERE name LIKE 'backup\\_%' ESCAPE '\\' ORDER BY name")
    return [name for (name,) in names]


def test_a_backup_outlives_the_process(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, ["app"]) as engine:
        engine.seed("app", ITEMS)
        wanted = engine.dump("app")["app"]
        arn = backed_up(engine)
        described = call(engine, "DescribeBackup", BackupArn=arn)
        engine.seed("app", [{"PK": "later", "SK": "later"}])
    with DiskEngine(tmp_path) as engine:
        assert call(engine, "DescribeBackup", BackupArn=arn) == described
        assert described["BackupDescription"]["SourceTableDetails"]["ItemCount"] == 100
        assert restored(engine, arn, "copy") == wanted
        call(engine, "DeleteTable", TableName="app")
        call(engine, "ListTables")
        assert restored(engine, arn, "again") == wanted


def test_it_has_what_was_just_written(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, ["app"]) as engine:
        for number in range(3):
            engine.execute_in_turn(
                "PutItem", {"TableName": "app", "Item": {"PK": {"S": "a"}, "SK": {"S": str(number)}}}
            )
        arn = backed_up(engine)
        assert len(restored(engine, arn, "copy")) == 3


def test_a_deleted_backup_leaves_nothing(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, ["app"]) as engine:
        first, second = backed_up(engine, "first"), backed_up(engine, "second")
        assert places(engine) == ["backup_1", "backup_2"]
        call(engine, "DeleteBackup", BackupArn=first)
        assert places(engine) == ["backup_2"]
    with DiskEngine(tmp_path) as engine:
        assert [each["BackupArn"] for each in call(engine, "ListBackups")["BackupSummaries"]] == [second]
        third = backed_up(engine, "third")
        assert places(engine) == ["backup_2", "backup_3"]
        assert restored(engine, third, "copy") == []


def test_the_services_own_backup_goes_after_35_days(tmp_path: Path) -> None:
    clock = FakeClock()
    with DiskEngine(tmp_path, ["app"], clock=clock) as engine:
        engine.seed("app", ITEMS)
        specification = {"PointInTimeRecoveryEnabled": True}
        call(engine, "UpdateContinuousBackups", TableName="app", PointInTimeRecoverySpecification=specification)
        call(engine, "DeleteTable", TableName="app")
    with DiskEngine(tmp_path, clock=clock) as engine:
        (found,) = call(engine, "ListBackups", BackupType="SYSTEM")["BackupSummaries"]
        assert len(restored(engine, found["BackupArn"], "app")) == 100
        clock.advance(SYSTEM_SECONDS)
        assert call(engine, "ListBackups", BackupType="SYSTEM")["BackupSummaries"] == []
        assert places(engine) == []


def test_what_does_not_come_to_the_disk_has_not_happened(tmp_path: Path) -> None:
    with DiskEngine(tmp_path / "data", ["app"], s3_folder=tmp_path) as engine:
        (tmp_path / "bucket").mkdir()
        (tmp_path / "bucket" / "one.json").write_text('{"Item":{"id":{"S":"1"}}}')
        parameters = {
            "TableName": "copy",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        }
        request = {
            "S3BucketSource": {"S3Bucket": "bucket"},
            "InputFormat": "DYNAMODB_JSON",
            "TableCreationParameters": parameters,
        }
        engine.execute_in_turn("CreateBackup", NO_FAULT)
        engine.execute_in_turn("ImportTable", request)
        engine._file.is_broken = True
        with pytest.raises(ApiError, match="InternalServerError"):
            engine.make_durable()
        assert call(engine, "ListBackups")["BackupSummaries"] == []
        assert call(engine, "ListImports")["ImportSummaryList"] == []
        assert call(engine, "ListTables")["TableNames"] == ["app"]
        call(engine, "ImportTable", **request)
        assert engine.dump("copy") == {"copy": [{"id": "1"}]}
    with DiskEngine(tmp_path / "data") as engine:
        assert engine.dump("copy") == {"copy": [{"id": "1"}]}


def test_restored_from_now_on_a_disk(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, ["app"]) as engine:
        engine.seed("app", ITEMS)
        specification = {"PointInTimeRecoveryEnabled": True}
        call(engine, "UpdateContinuousBackups", TableName="app", PointInTimeRecoverySpecification=specification)
        request = {"SourceTableName": "app", "TargetTableName": "copy", "UseLatestRestorableTime": True}
        call(engine, "RestoreTableToPointInTime", **request)
        call(engine, "ListTables")
        assert engine.dump("copy")["copy"] == engine.dump("app")["app"]
    with DiskEngine(tmp_path) as engine:
        summary = call(engine, "DescribeTable", TableName="copy")["Table"]["RestoreSummary"]
        assert "SourceBackupArn" not in summary
        assert len(engine.dump("copy")["copy"]) == 100


def test_an_export_is_of_what_is_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "s3" / "bucket").mkdir(parents=True)
    with DiskEngine(tmp_path / "data", ["app"], s3_folder=tmp_path / "s3") as engine:
        engine.seed("app", ITEMS)
        specification = {"PointInTimeRecoveryEnabled": True}
        call(engine, "UpdateContinuousBackups", TableName="app", PointInTimeRecoverySpecification=specification)
        arn = call(engine, "DescribeTable", TableName="app")["Table"]["TableArn"]
        call(engine, "ExportTableToPointInTime", TableArn=arn, S3Bucket="bucket")
        export = S3Export(tmp_path / "s3" / "bucket")
        assert (export.table_name, export.item_count, len([*export])) == ("app", 100, 100)


def test_a_snapshot_has_backups(tmp_path: Path) -> None:
    with DiskEngine(tmp_path / "data", ["app"]) as engine:
        engine.seed("app", ITEMS)
        arn = backed_up(engine)
        save_snapshot(tmp_path / "data", tmp_path / "file")
    load_snapshot(tmp_path / "file", tmp_path / "other")
    with DiskEngine(tmp_path / "other") as engine:
        assert len(restored(engine, arn, "copy")) == 100


def test_a_folder_from_before_there_were_backups(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, ["app"]) as engine:
        engine._file.define("DROP TABLE backups")
    with DiskEngine(tmp_path) as engine:
        assert call(engine, "ListBackups")["BackupSummaries"] == []
        assert restored(engine, backed_up(engine), "copy") == []
