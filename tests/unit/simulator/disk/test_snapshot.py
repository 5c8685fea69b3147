"""``hashrange snapshot``: a data folder as one file and back, and exports of the service as data folders."""

from __future__ import annotations

import gzip
import json
import sys
from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from hashrange.cli.main import main
from hashrange.simulator import DiskEngine, TableSpec
from hashrange.simulator.disk.folder import FILE_NAME

ITEMS = [{"PK": f"p{number:03}", "SK": "s", "n": number, "text": "x" * 300} for number in range(200)]


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Exit code, and what was said."""
    code = main([str(each) for each in arguments], environ={})
    captured = capsys.readouterr()
    assert captured.out == ""
    return code, captured.err


def test_a_snapshot_of_a_folder_in_use_is_a_folder_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, file, other = tmp_path / "data", tmp_path / "file", tmp_path / "other" / "folder"
    with DiskEngine(data, [TableSpec("app", indexes={"by_n": "n:N"})], region="eu-west-1") as engine:
        engine.seed("app", ITEMS)
        before = engine.dump()
        engine.execute_in_turn("PutItem", {"TableName": "app", "Item": {"PK": {"S": "not"}, "SK": {"S": "yet"}}})
        assert run(capsys, "snapshot", "save", data, file) == (0, f"200 items of {data} in {file}\n")
        engine.make_durable()
    assert run(capsys, "snapshot", "load", file, other) == (0, f"200 items of {file} in {other}\n")
    with DiskEngine(other) as engine:
        assert engine.dump() == before
        assert engine.region == "eu-west-1"
        engine.seed("app", ITEMS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "file", "other"]


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, file = tmp_path / "data", tmp_path / "file"
    DiskEngine(data, ["app"]).close()
    assert run(capsys, "snapshot", "save", data, file)[0] == 0
    before = file.read_bytes()
    code, said = run(capsys, "snapshot", "save", data, file)
    assert (code, f"{file} is there already (give the name of a new file)" in said) == (1, True)
    code, said = run(capsys, "snapshot", "load", file, data)
    assert (code, f"{data / FILE_NAME} is there already (give the name of a new folder" in said) == (1, True)
    assert file.read_bytes() == before


def test_what_is_no_snapshot_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, file, new = tmp_path / "data", tmp_path / "file", tmp_path / "new"
    with DiskEngine(data, ["app"]) as engine:
        engine.seed("app", ITEMS)
    assert run(capsys, "snapshot", "save", tmp_path, file)[1].startswith(
        f"hashrange: error: there is no file {tmp_path / FILE_NAME} (a data folder has a file"
    )
    assert run(capsys, "snapshot", "save", data, file)[0] == 0
    file.write_bytes(file.read_bytes()[:-20_000])
    code, said = run(capsys, "snapshot", "load", file, new)
    assert (code, f"{file} is damaged" in said, new.exists()) == (1, True, False)
    file.write_text("nothing of ours")
    code, said = run(capsys, "snapshot", "load", file, new)
    assert (code, f"{file} was not made by hashrange" in said, new.exists()) == (1, True, False)
    with DiskEngine(new, ["app"]):
        assert "is in use" in run(capsys, "snapshot", "load", tmp_path / "data" / FILE_NAME, new)[1]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    DiskEngine(data, ["app"]).close()
    code, said = run(capsys, "snapshot", "save", data, tmp_path / "nowhere" / "file")
    assert (code, "No such file or directory" in said) == (1, True)


# ── exports to S3 ────────────────────────────────────────────────────────────────────────────────────────────────────
TABLE = {
    "Table": {
        "TableName": "app",
        "TableStatus": "ACTIVE",
        "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "ItemCount": 12,
    }
}


def item(number: int) -> dict[str, Any]:
    return {"PK": {"S": f"p{number}"}, "n": {"N": str(number)}, "set": {"SS": ["a", "b"]}}


def export(folder: Path, *files: list[dict[str, Any]], **summary: Any) -> Path:
    """An export as the service lays it out."""
    root = folder / "AWSDynamoDB" / "01700000000000-a1b2c3d4"
    (root / "data").mkdir(parents=True)
    entries = []
    for number, lines in enumerate(files):
        path = root / "data" / f"file{number}.json.gz"
        path.write_bytes(gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))
        checksum = b64encode(md5(path.read_bytes(), usedforsecurity=False).digest()).decode()
        key = f"prefix/AWSDynamoDB/{root.name}/data/{path.name}"
        entries.append({"itemCount": len(lines), "md5Checksum": checksum, "etag": "e-1", "dataFileS3Key": key})
    (root / "manifest-files.json").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    about = {"version": "2020-06-30", "outputFormat": "DYNAMODB_JSON", "tableArn": "arn:aws:dynamodb:r:1:table/app"}
    (root / "manifest-summary.json").write_text(json.dumps(about | summary))
    (folder / "table.json").write_text(json.dumps(TABLE))
    return root


def test_an_export_becomes_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = export(tmp_path, [{"Item": item(number)} for number in range(8)], [{"Item": item(9)}], [])
    data = tmp_path / "data"
    code, said = run(capsys, "snapshot", "import-s3", tmp_path, data, "--table", tmp_path / "table.json")
    assert (code, said) == (0, f"9 items of {root} in app of {data}\n")
    with DiskEngine(data) as engine:
        assert len(engine.dump()["app"]) == 9
        assert engine.dump()["app"][-1] == {"PK": "p9", "n": 9, "set": {"a", "b"}}


def test_an_incremental_export_changes_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    about = {"WriteTimestampMicros": {"N": "1700000000000000"}}
    lines: list[dict[str, Any]] = [
        {"Metadata": about, "Keys": {"PK": {"S": "p1"}}, "OldImage": item(1), "NewImage": {**item(1), "n": {"N": "7"}}},
        {"Metadata": about, "Keys": {"PK": {"S": "p2"}}, "OldImage": item(2)},
        {"Metadata": about, "Keys": {"PK": {"S": "p3"}}, "NewImage": item(3)},
    ]
    root = export(tmp_path, lines, exportType="INCREMENTAL_EXPORT")
    data = tmp_path / "data"
    with DiskEngine(data, [TABLE]) as engine:
        engine.seed("app", [{"PK": "p1", "n": 1}, {"PK": "p2"}])
    assert run(capsys, "snapshot", "import-s3", root, data, "--table", tmp_path / "table.json")[0] == 0
    with DiskEngine(data) as engine:
        assert [(one["PK"], one["n"]) for one in engine.dump()["app"]] == [("p1", 7), ("p3", 3)]


ION = """\
$ion_1_0 {Item:{PK:"a",n:103.,large:6d2,whole:7,no:false,none:null,binary:{{aGVsbG8=}},list:[1.5,{x:"y"}],\
texts:$dynamodb_SS::["A1","A2"],numbers:$dynamodb_NS::[1.,2.5],binaries:$dynamodb_BS::[{{aGVsbG8=}}]}}
$ion_1_0 {Item:{PK:"b"}}
"""


def ion_export(folder: Path, text: str = ION) -> Path:
    root = export(folder, outputFormat="ION")
    (root / "data" / "file.ion.gz").write_bytes(gzip.compress(text.encode()))
    (root / "manifest-files.json").write_text('{"itemCount": 2, "dataFileS3Key": "data/file.ion.gz"}')
    return root


def test_an_export_in_ion_becomes_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("amazon.ion")
    ion_export(tmp_path)
    data = tmp_path / "data"
    assert run(capsys, "snapshot", "import-s3", tmp_path, data, "--table", tmp_path / "table.json")[0] == 0
    with DiskEngine(data) as engine:
        assert engine.dump()["app"] == [
            {
                "PK": "a",
                "n": 103,
                "large": 600,
                "whole": 7,
                "no": False,
                "none": None,
                "binary": b"hello",
                "list": [Decimal("1.5"), {"x": "y"}],
                "texts": {"A1", "A2"},
                "numbers": {1, Decimal("2.5")},
                "binaries": {b"hello"},
            },
            {"PK": "b"},
        ]


@pytest.mark.parametrize("text", ["$ion_1_0 {Item:{PK:", "$ion_1_0 {Thing:{}}", "$ion_1_0 [1]", "$ion_1_0 }"])
def test_what_is_no_item_in_ion_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    pytest.importorskip("amazon.ion")
    ion_export(tmp_path, text)
    arguments = ("snapshot", "import-s3", tmp_path, tmp_path / "data", "--table", tmp_path / "table.json")
    code, said = run(capsys, *arguments)
    assert (code, "file.ion.gz" in said, "unforeseen" in said) == (1, True, False), said


def test_ion_needs_its_package(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "amazon.ion.simpleion", None)
    ion_export(tmp_path)
    arguments = ("snapshot", "import-s3", tmp_path, tmp_path / "data", "--table", tmp_path / "table.json")
    code, said = run(capsys, *arguments)
    assert (code, "needs the package amazon.ion (pip install amazon.ion" in said) == (1, True)


def in_another_format(root: Path) -> None:
    (root / "manifest-summary.json").write_text('{"outputFormat": "PARQUET"}')


def changed(root: Path) -> None:
    (root / "data" / "file1.json.gz").write_bytes(gzip.compress(b'{"Item": {"PK": {"S": "other"}}}\n'))


def missing(root: Path) -> None:
    (root / "data" / "file1.json.gz").unlink()


def without_manifest(root: Path) -> None:
    (root / "manifest-files.json").unlink()


def with_lines_gone(root: Path) -> None:
    rewrite(root, b"")


def no_gzip(root: Path) -> None:
    rewrite(root, None)


def no_item(root: Path) -> None:
    rewrite(root, b'{"Thing": {}}\n')


def no_json(root: Path) -> None:
    rewrite(root, b"{\n")


def no_key(root: Path) -> None:
    rewrite(root, b'{"Item": {"x": {"S": "y"}}}\n')


def rewrite(root: Path, content: bytes | None) -> None:
    """Another second file, whose checksum is right."""
    path = root / "data" / "file1.json.gz"
    path.write_bytes(b"no gzip" if content is None else gzip.compress(content))
    manifest = root / "manifest-files.json"
    entries = [json.loads(line) for line in manifest.read_text().splitlines()]
    entries[1]["md5Checksum"] = b64encode(md5(path.read_bytes(), usedforsecurity=False).digest()).decode()
    manifest.write_text("".join(json.dumps(entry) + "\n" for entry in entries))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (in_another_format, "is in the format PARQUET (export in DYNAMODB_JSON)"),
        (changed, "file1.json.gz is not what the manifest tells (MD5) (copy the export again"),
        (missing, "file1.json.gz (copy the export again"),
        (without_manifest, "is no export to S3 (give the folder with manifest-files.json)"),
        (with_lines_gone, "file1.json.gz has 0 lines, and the manifest tells of 1"),
        (no_gzip, "file1.json.gz cannot be read behind line 0"),
        (no_item, "file1.json.gz, line 1 holds no item"),
        (no_json, "file1.json.gz, line 1 is no JSON"),
        (
            no_key,
            "file1.json.gz, line 1: One or more parameter values were invalid: Missing the key PK in the item (no",
        ),
    ],
)
def test_what_is_wrong_with_an_export_is_told_and_nothing_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], None], said: str
) -> None:
    root = export(tmp_path, [{"Item": item(1)}], [{"Item": item(2)}])
    damage(root)
    data = tmp_path / "data"
    code, text = run(capsys, "snapshot", "import-s3", root, data, "--table", tmp_path / "table.json")
    assert (code, said in text) == (1, True), text
    with DiskEngine(data, [TABLE]) as engine:
        assert engine.dump() == {"app": []}
