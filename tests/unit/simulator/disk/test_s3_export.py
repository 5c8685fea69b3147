"""The reader of exports: what the simulator has exported, and the folder that incremental exports share."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hashrange.cli.main import main
from hashrange.simulator.disk.engine import DiskEngine
from hashrange.simulator.disk.folder import DataFolderError
from hashrange.simulator.disk.s3_export import S3Export

from ..s3_world import S3World
from ..table_world import NAME

ITEMS = [{"a": {"S": str(number)}, "n": {"N": f"{number}.5"}, "s": {"SS": ["x", "y"]}} for number in range(20)]


@pytest.fixture
def world(tmp_path: Path) -> S3World:
    return S3World(tmp_path / "s3").with_table(*ITEMS)


@pytest.mark.parametrize("form", ["DYNAMODB_JSON", "ION"])
def test_the_command_takes_an_export_of_the_simulator(form: str, world: S3World, tmp_path: Path) -> None:
    if form == "ION":
        pytest.importorskip("amazon.ion")
    world.export(S3Prefix="p", ExportFormat=form)
    schema = tmp_path / "table.json"
    schema.write_text(json.dumps({"Table": world.describe()}))
    words = ["snapshot", "import-s3", str(world.bucket / "p"), str(tmp_path / "data"), "--table", str(schema)]
    assert main(words) == 0
    with DiskEngine(tmp_path / "data") as engine:
        assert engine.dump(NAME)[NAME] == world.items(NAME)


def test_incremental_exports_share_a_folder(world: S3World) -> None:
    folder = world.bucket.joinpath(world.export()["ExportManifest"]).parent
    shutil.move(folder / "data", folder.parent / "data")
    assert len([*S3Export(folder)]) == 20
    shutil.rmtree(folder.parent / "data")
    with pytest.raises(DataFolderError, match="the export lacks"):
        list(S3Export(folder))


def test_what_was_changed_on_the_way_is_found(world: S3World) -> None:
    folder = world.bucket.joinpath(world.export()["ExportManifest"]).parent
    path = max((folder / "data").iterdir(), key=lambda path: path.stat().st_size)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataFolderError, match="MD5"):
        list(S3Export(folder))
