"""Files for DynamoDB's import from S3: format, manifest, and what an interruption leaves."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from hashrange.codec import decode_item
from hashrange.migration.backfill import Options, Progress, S3Export
from hashrange.migration.errors import AlreadyRunning, MigrationError
from hashrange.migration.source.sql import SqlSource
from hashrange.migration.state.file_store import FileStore
from hashrange.migration.state.lease import Lease
from tests.shop_source import file_source, orders, shop_mappings

MADE = shop_mappings()


def export(folder: Path, source: SqlSource, state: FileStore, **more: Any) -> S3Export:
    options = Options(refused_folder=folder / "refused", chunk_rows=20, page_rows=8)
    return S3Export(source, MADE, state, folder / "out", options, **more)


def items(folder: Path, table: str = "Customers") -> list[dict[str, Any]]:
    found = []
    for path in sorted((folder / "out" / table / "data").iterdir()):
        data = path.read_bytes()
        for line in (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines():
            document = json.loads(line)
            assert list(document) == ["Item"]
            found.append(decode_item(document["Item"]))
    return found


@pytest.mark.parametrize("compress", [True, False])
async def test_all_items_are_in_the_files_and_the_manifest_tells_them(tmp_path: Path, compress: bool) -> None:
    source, state = file_source(tmp_path, orders(40)), FileStore(tmp_path / "state")
    report = await export(tmp_path, source, state, compress=compress).run()
    assert report.total.written == 54
    found = items(tmp_path)
    assert len({(item["PK"], item["SK"]) for item in found}) == len(found) == 47
    manifest = json.loads((tmp_path / "out" / "Customers" / "manifest.json").read_text())
    assert (manifest["items"], manifest["input_format"]) == (47, "DYNAMODB_JSON")
    assert manifest["input_compression"] == ("GZIP" if compress else "NONE")
    folder = tmp_path / "out" / "Customers" / "data"
    assert sorted(one["file"] for one in manifest["files"]) == sorted(path.name for path in folder.iterdir())
    for one in manifest["files"]:
        data = (folder / one["file"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (one["bytes"], one["sha256"])
    assert [one["items"] for one in manifest["files"] if one["file"].startswith("orders")] == [20, 20, 3]
    await state.close()
    source.close()


async def test_an_interrupted_export_keeps_whole_files_and_begins_the_others_anew(tmp_path: Path) -> None:
    source, state = file_source(tmp_path, orders(40)), FileStore(tmp_path / "state")
    task: asyncio.Task[Any]

    def stop(progress: Progress) -> None:
        if (progress.chunk, progress.counts.read) == (1, 28):
            task.cancel()

    task = asyncio.create_task(export(tmp_path, source, state, on_progress=stop).run(["orders"]))
    with pytest.raises(asyncio.CancelledError):
        await task
    folder = tmp_path / "out" / "Customers" / "data"
    assert [path.name for path in folder.iterdir()] == ["orders-000000.json.gz"]
    before = (folder / "orders-000000.json.gz").stat().st_mtime_ns
    report = await export(tmp_path, source, state).run(["orders"])
    assert (report.total.read, report.total.written, report.resumed) == (43, 43, True)
    assert (folder / "orders-000000.json.gz").stat().st_mtime_ns == before
    assert len({item["order_id"] for item in items(tmp_path)}) == 43
    (folder / "orders-000002.json.gz").unlink()
    with pytest.raises(MigrationError, match=r"orders-000002\.json\.gz was written by an earlier run"):
        await export(tmp_path, source, state).run(["orders"])
    await state.close()
    source.close()


async def test_refused_rows_are_set_aside_and_an_empty_file_is_not_written(tmp_path: Path) -> None:
    rows = orders(25)
    for order in rows["orders"][20:]:
        order["customer_id"] = 77
    source, state = file_source(tmp_path, rows), FileStore(tmp_path / "state")
    report = await export(tmp_path, source, state).run(["orders"])
    assert (report.total.written, report.total.refused) == (20, 8)
    assert [path.name for path in (tmp_path / "out" / "Customers" / "data").iterdir()] == ["orders-000000.json.gz"]
    refused = tmp_path / "refused" / "orders.000001.jsonl"
    assert report.files[0] == str(refused)
    assert len(refused.read_text().splitlines()) == 8
    await state.close()
    source.close()


async def test_two_exports_at_once_the_second_is_refused_and_a_backfill_is_not(tmp_path: Path) -> None:
    source, state = file_source(tmp_path, orders(0)), FileStore(tmp_path / "state")
    async with Lease(state, "export"):
        with pytest.raises(AlreadyRunning):
            await export(tmp_path, source, state).run()
    async with Lease(state, "backfill"):
        await export(tmp_path, source, state).run()
    await state.close()
    source.close()


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    source, state = file_source(tmp_path, orders(0)), FileStore(tmp_path / "state")
    (tmp_path / "out").write_text("a file")
    with pytest.raises(MigrationError, match="out"):
        await export(tmp_path, source, state).run()
    await state.close()
    source.close()
