"""Backups of ``hashrange serve --data``: whole after it was killed, and as they were when they were answered."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hashrange import DynamoDB
from tests.loops import on_each_loop

PATIENCE_S = 20.0


@contextmanager
def server(data: Path, schema: Path) -> Iterator[int]:
    """The port of a server, which is killed in the end."""
    command = [sys.executable, "-m", "hashrange", "serve", "--port", "0", "--data", str(data), "--tables", str(schema)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = next(word for word in process.stdout.readline().split() if word.startswith("http://"))
            yield int(url.rpartition(":")[2])
        finally:
            process.kill()
            process.wait(PATIENCE_S)


@on_each_loop
async def test_a_backup_that_was_answered_is_there_after_a_kill(tmp_path: Path) -> None:
    schema, data = tmp_path / "schema.json", tmp_path / "data"
    schema.write_text('["app"]')
    with server(data, schema) as port:
        async with DynamoDB.local(port) as db:
            table = await db.load_table("app")
            for number in range(50):
                await table.put_item({"PK": f"p{number}", "SK": "s", "text": "x" * 1000})
            answer = await db.call("CreateBackup", {"TableName": "app", "BackupName": "nightly"})
            arn = answer["BackupDetails"]["BackupArn"]
            await table.put_item({"PK": "later", "SK": "s"})
    with server(data, schema) as port:
        async with DynamoDB.local(port) as db:
            listed = await db.call("ListBackups", {})
            assert [each["BackupArn"] for each in listed["BackupSummaries"]] == [arn]
            await db.call("RestoreTableFromBackup", {"TargetTableName": "copy", "BackupArn": arn})
    with server(data, schema) as port:
        async with DynamoDB.local(port) as db:
            copy = await db.load_table("copy")
            assert await copy.scan().count() == 50
            assert await (await db.load_table("app")).scan().count() == 51
            await db.call("DeleteBackup", {"BackupArn": arn})
    with server(data, schema) as port:
        async with DynamoDB.local(port) as db:
            assert (await db.call("ListBackups", {}))["BackupSummaries"] == []
