"""Objects that are imported: CSV in all its spellings, Amazon Ion, compression, and what cannot be read."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hashrange.simulator.disk.ion_items import ion_line
from hashrange.simulator.disk.s3_folder import S3Error
from hashrange.simulator.disk.s3_import import Fault, S3Source


def read(path: Path, form: str = "CSV", compression: str = "NONE", **options: Any) -> list[Any]:
    """Items of one object, and the texts of faults."""
    key_types: Mapping[str, str] = {"id": "S", "n": "N"}
    source = S3Source([("key", path)], form, compression, key_types, **options)
    found = [item.text if isinstance(item, Fault) else item for _, item in source]
    raw = path.read_bytes()
    if compression == "NONE" and not any("skipped" in str(each) for each in found):
        assert source.size == len(raw)
    return found


def csv(tmp_path: Path, text: str | bytes, **options: Any) -> list[Any]:
    path = tmp_path / "object.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    found = read(path, **options)
    return [
        each if isinstance(each, str) else {name: next(iter(value.values())) for name, value in each.items()}
        for each in found
    ]


def test_keys_have_their_types_and_all_else_is_text(tmp_path: Path) -> None:
    path = tmp_path / "object.csv"
    path.write_text("id,n,x\na,1.50,2\n")
    assert read(path) == [{"id": {"S": "a"}, "n": {"N": "1.50"}, "x": {"S": "2"}}]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("id,x\na,b\n", [{"id": "a", "x": "b"}]),
        ("id,x\r\na,b\r\n", [{"id": "a", "x": "b"}]),
        ("\ufeffid,x\na,b", [{"id": "a", "x": "b"}]),
        ("id,x\n\na,\n,b\n", [{"id": "a", "x": ""}, {"id": "", "x": "b"}]),
        ('id,x\n"a","b, c"\n', [{"id": "a", "x": "b, c"}]),
        ('id,x\na,"1\n2\r\n3"\nb,c\n', [{"id": "a", "x": "1\n2\r\n3"}, {"id": "b", "x": "c"}]),
        ('id,x\n"""a""",""\n', [{"id": '"a"', "x": ""}]),
        ("id\na\n", [{"id": "a"}]),
        ("id,x\nä,é😀\n", [{"id": "ä", "x": "é😀"}]),
        ("id,x\na,b;c\t|: d\n", [{"id": "a", "x": "b;c\t|: d"}]),
        ("", []),
        ("id,x\n", []),
    ],
)
def test_rows(text: str, rows: list[Any], tmp_path: Path) -> None:
    assert csv(tmp_path, text) == rows


@pytest.mark.parametrize("delimiter", [",", ";", ":", "|", "\t", " "])
def test_delimiters(delimiter: str, tmp_path: Path) -> None:
    text = f'id{delimiter}x\na{delimiter}"b{delimiter}c"\n'
    assert csv(tmp_path, text, delimiter=delimiter) == [{"id": "a", "x": f"b{delimiter}c"}]


def test_a_header_that_is_given(tmp_path: Path) -> None:
    assert csv(tmp_path, "a,b\nc,d\n", header=["id", "x"]) == [{"id": "a", "x": "b"}, {"id": "c", "x": "d"}]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("id,x\na\nb,c\n", "it has 1 columns, and the header 2"),
        ("id,x\na,b,c\nb,c\n", "it has 3 columns, and the header 2"),
        ('id,x\na,6" 7"\nb,c\n', 'a quote stands within a value; it must be written "" in a value within quotes'),
        ('id,x\na,"b" c\nb,c\n', 'a quote stands within a value; it must be written "" in a value within quotes'),
    ],
)
def test_rows_that_are_wrong_are_skipped(text: str, fault: str, tmp_path: Path) -> None:
    assert csv(tmp_path, text) == [fault, {"id": "b", "x": "c"}]


def test_a_quote_that_is_not_closed_ends_the_object(tmp_path: Path) -> None:
    assert csv(tmp_path, 'id,x\na,b\nc,"d\ne,f\n') == [{"id": "a", "x": "b"}, "a quote is not closed"]


def test_what_is_no_utf_8_ends_the_object(tmp_path: Path) -> None:
    path = tmp_path / "object.csv"
    path.write_bytes(b"id,x\na,b\nc,\xff\ne,f\n")
    source = S3Source([("key", path)], "CSV", "NONE", {})
    assert [found for _, found in source] == [
        {"id": {"S": "a"}, "x": {"S": "b"}},
        Fault("the rest of the object cannot be read (UnicodeDecodeError)"),
    ]


def test_a_field_may_be_large(tmp_path: Path) -> None:
    (row,) = csv(tmp_path, f'id,x\na,"{"x" * 300_000}"\n')
    assert len(row["x"]) == 300_000


@pytest.mark.parametrize("form", ["CSV", "DYNAMODB_JSON"])
def test_a_line_has_a_limit(form: str, tmp_path: Path) -> None:
    path = tmp_path / "object.gz"
    path.write_bytes(gzip.compress(b"id,x\n" * (form == "CSV") + b"x" * 17 * 1024 * 1024 + b"\nnext\n"))
    source = S3Source([("key", path)], form, "GZIP", {})
    assert [found for _, found in source] == [Fault("a line is too long; the rest of the object is skipped")]


# ── Amazon Ion ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_ion(tmp_path: Path) -> None:
    pytest.importorskip("amazon.ion")
    path = tmp_path / "object.ion"
    item = {"id": {"S": "a"}, "n": {"N": "1.5"}, "s": {"SS": ["x"]}}
    path.write_bytes(ion_line(item) + b"$ion_1_0 {Other:{}}\n" + ion_line(item))
    assert read(path, "ION") == [item, "it has no Item", item]
    path.write_bytes(ion_line(item) + b"} no Ion\n" + ion_line(item))
    found = read(path, "ION")
    assert found[-1] == "it is no Amazon Ion; the rest of the object is skipped"


def test_ion_needs_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "amazon.ion.simpleion", None)
    with pytest.raises(S3Error, match=r"amazon\.ion"):
        S3Source([("key", tmp_path)], "ION", "NONE", {})


# ── compression ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_gzip_in_several_parts(tmp_path: Path) -> None:
    path = tmp_path / "object.gz"
    path.write_bytes(gzip.compress(b"id,x\na,b\n") + gzip.compress(b"c,d\n"))
    source = S3Source([("key", path)], "CSV", "GZIP", {})
    assert [found for _, found in source] == [
        {"id": {"S": "a"}, "x": {"S": "b"}},
        {"id": {"S": "c"}, "x": {"S": "d"}},
    ]
    assert source.size == len(b"id,x\na,b\nc,d\n"), "uncompressed"


def test_zstandard_needs_something_that_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compression.zstd", "backports.zstd", "pyzstd", "zstandard"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(S3Error, match="install it, or compress with GZIP") as caught:
        S3Source([("key", tmp_path)], "CSV", "ZSTD", {})
    assert caught.value.code == "InputCompressionTypeNotSupported"


def test_zstandard_where_there_is_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class ZstdError(Exception):
        pass

    def opened(raw: Any) -> io.BytesIO:
        content = raw.read()
        if not content.startswith(b"ZSTD"):
            raise ZstdError
        return io.BytesIO(content[4:])

    stand_in = ModuleType("compression.zstd")
    vars(stand_in).update(open=opened, ZstdError=ZstdError)
    monkeypatch.setitem(sys.modules, "compression.zstd", stand_in)
    path = tmp_path / "object.zst"
    path.write_bytes(b"ZSTDid\na\n")
    assert read(path, "CSV", "ZSTD") == [{"id": {"S": "a"}}]
    path.write_bytes(b"other")
    assert read(path, "CSV", "ZSTD") == ["the rest of the object cannot be read (ZstdError)"]
