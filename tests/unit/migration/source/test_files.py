"""CSV and JSON lines as a source: values of every kind, and what is wrong with a file, by its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hashrange import ConfigurationError
from hashrange.migration.errors import MigrationError
from hashrange.migration.mapping.fields import Needs
from hashrange.migration.source.files import FileSource
from hashrange.migration.source.reader import Reader
from hashrange.migration.source.schema import Column, SourceSchema, Table
from hashrange.migration.source.sql import SqlSource

COLUMNS = (
    Column("id", "int", "integer", nullable=False),
    Column("name", "varchar(20)", "text", nullable=False),
    Column("nick", "varchar(20)", "text"),
    Column("price", "decimal(10,2)", "decimal"),
    Column("weight", "double", "float"),
    Column("active", "tinyint(1)", "boolean"),
    Column("data", "blob", "binary"),
    Column("document", "json", "json"),
    Column("tags", "set('a','b')", "set"),
    Column("at", "datetime", "datetime"),
)
SCHEMA = SourceSchema({"things": Table("things", {one.name: one for one in COLUMNS}, ("id",))})
NEEDS = Needs("things", ("id",), tuple(one.name for one in COLUMNS))
NULLS = dict.fromkeys((one.name for one in COLUMNS[2:]), None)


def rows(source: SqlSource, needs: Needs = NEEDS) -> list[dict[str, Any]]:
    with source.snapshot() as snapshot:
        return [row.own for page in Reader(snapshot, needs).pages() for row in page.rows]


def read(path: Path, **options: Any) -> list[dict[str, Any]]:
    source = FileSource({"things": path}, SCHEMA, **options)
    try:
        return rows(source)
    finally:
        source.close()


def test_csv_is_read_by_the_types_of_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "things.csv"
    path.write_text(
        "\ufeffID,name,nick,price,weight,active,data,document,tags,at\n"
        '2,"two, ""quoted""\nlines",,10.50,1.5,true,3q2+7w==,"{""a"": 1.10}","a,b",2026-01-02 03:04:05\n'
        "1,,\\N,0012.3,\\N,0,0x00ff,\\N,,\\N\n",
        encoding="utf-8",
    )  # fmt: skip
    first, second = read(path)
    assert first == {"id": 1, "name": "", **NULLS, "price": "12.3", "active": 0, "data": b"\x00\xff"}
    assert second == {
        "id": 2, "name": 'two, "quoted"\nlines', "nick": None, "price": "10.50", "weight": 1.5, "active": 1,
        "data": b"\xde\xad\xbe\xef", "document": '{"a": 1.10}', "tags": "a,b", "at": "2026-01-02 03:04:05",
    }  # fmt: skip


def test_json_lines_keep_digits_and_empty_texts(tmp_path: Path) -> None:
    path = tmp_path / "things.jsonl"
    path.write_text(
        '{"id": 1, "name": "", "nick": "", "price": 12345678.10, "document": {"n": 1.10, "l": [null]}, "tags": ["b"]}\n'
        "\n"
        '{"id": 18446744073709551615, "name": "é", "active": false, "price": "7"}\n'
    )
    first, second = read(path)
    assert first == {"id": 1, "name": "", **NULLS, "nick": "", "price": "12345678.10",
                     "document": '{"n":1.10,"l":[null]}', "tags": "b"}  # fmt: skip
    assert second == {"id": "18446744073709551615", "name": "é", **NULLS, "active": 0, "price": "7"}


def test_numbers_that_are_kept_as_text_are_ordered_as_numbers(tmp_path: Path) -> None:
    schema = SourceSchema({"things": Table("things", {one.name: one for one in COLUMNS}, ("price",))})
    path = tmp_path / "things.csv"
    path.write_text("id,name,price\n" + "".join(f"{at},x,{price}\n" for at, price in enumerate(["9.5", "10", "-3"])))
    source = FileSource({"things": path}, schema)
    assert [row["price"] for row in rows(source, Needs("things", ("price",), ("price",)))] == ["-3", "9.5", "10"]
    source.close()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.csv", "id,name\n1,a\nx,b\n", "line 3: column 'id' is int, and its value is none"),
        ("t.csv", "id,colour\n1,a\n", "line 2: column 'colour' is not in the schema"),
        ("t.csv", "id,name\n1,a,b\n", "line 2: it has more fields than columns"),
        ("t.csv", "id,name\n1,a\n1,b\n", "line 3: another row has the same key"),
        ("t.csv", 'id,name\n1,"a\n', "unexpected end of data"),
        ("t.jsonl", '{"id": 1}\n[1]\n', "line 2: it is no JSON object"),
        ("t.jsonl", '{"id": 1.5}\n', "line 1: column 'id' is int"),
        ("t.jsonl", '{"id": 1, "data": "@@"}\n', "line 1: column 'data' is blob"),
        ("t.jsonl", '{"id": 1, "document": "{"}\n', "line 1: column 'document' is json"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(MigrationError) as caught:
        read(path)
    assert message in str(caught.value)
    assert name in str(caught.value)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match=r"no\.csv: No such file"):
        read(tmp_path / "no.csv")
    path = tmp_path / "t.csv"
    path.write_bytes(b"id,name\n1,\xff\n")
    with pytest.raises(MigrationError, match="not UTF-8"):
        read(path)
    with pytest.raises(ConfigurationError, match="no table 'others'"):
        FileSource({"others": path}, SCHEMA)
    with pytest.raises(ConfigurationError, match="no primary key"):
        FileSource({"things": path}, SourceSchema({"things": Table("things", {})}))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "no database URL"),
        ("mysql://user:hunter2@host:port/x", "no database URL"),
        ("nosuchkind://user:hunter2@host/x", "'nosuchkind' cannot be opened"),
    ],
)
def test_a_url_that_is_none_is_refused_without_its_password(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        SqlSource(url)
    assert "hunter2" not in str(caught.value)


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    source = SqlSource("mysql://root:hunter2@127.0.0.1:1/shop")
    assert "hunter2" not in f"{source!r}{source.name}"
    with pytest.raises(MigrationError) as caught:
        source.schema()
    assert "hunter2" not in str(caught.value)
    source.close()
