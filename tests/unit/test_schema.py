"""Table schemas: every way to declare an index, names that DynamoDB could have, and clear refusals of all others."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.errors import InvalidTable
from hashrange.key import KeySchema
from hashrange.schema import GlobalIndex, IndexSchema, LocalIndex, TableSchema, check_table_name, table_schema


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "name",
    [
        "app",
        "A.b-c_9",
        "x" * 255,
        "arn:aws:dynamodb:eu-west-1:123456789012:table/app",
        "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/a.b-c_d",
        "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/app",
    ],
)
def test_good_table_names(name: str) -> None:
    check_table_name(name)
    assert table_schema(name, "PK", None).name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "x" * 256,
        "my table",
        "täble",
        "app\n",
        "a/b",
        "arn:aws:s3:::app",
        "arn:aws:dynamodb:eu-west-1:123456789012:table/ab",
        "arn:aws:dynamodb:eu-west-1:123456789012:table/app/index/GSI1",
        "arn:aws:dynamodb:eu-west-1:123456789012:table/app\n",
        None,
        3,
        b"app",
    ],
)
def test_bad_table_names(name: Any) -> None:
    with pytest.raises(InvalidTable, match="is not the name of a table: 3 to 255 characters") as caught:
        table_schema(name, "PK", "SK")
    assert repr(name)[:50] in str(caught.value)


@pytest.mark.parametrize("name", ["", "ab", "x" * 256, "an index", "GSI1\n"])
def test_bad_index_names(name: str) -> None:
    with pytest.raises(InvalidTable, match="is not the name of an index: 3 to 255 characters"):
        table_schema("app", "PK", "SK", {name: GlobalIndex("A")})


@pytest.mark.parametrize(("partition", "sort"), [("", None), ("PK", ""), ("PK", "PK"), (None, None), ("x" * 256, "SK")])
def test_bad_key_names(partition: Any, sort: Any) -> None:
    with pytest.raises(InvalidTable):
        table_schema("app", partition, sort)


# ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("declared", "keys", "is_global"),
    [
        (GlobalIndex("A", "B"), KeySchema("A", "B"), True),
        (GlobalIndex("A"), KeySchema("A"), True),
        ("A", KeySchema("A"), True),
        (("A", "B"), KeySchema("A", "B"), True),
        (("A", None), KeySchema("A"), True),
        (LocalIndex("L"), KeySchema("PK", "L"), False),
    ],
)
def test_indexes_as_people_declare_them(declared: Any, keys: KeySchema, is_global: bool) -> None:
    schema = table_schema("app", "PK", "SK", {"the-index": declared}, "expires_at")
    expected = IndexSchema("the-index", keys, is_global)
    assert schema == TableSchema("app", KeySchema("PK", "SK"), {"the-index": expected}, "expires_at")
    assert schema.index("the-index") is schema.indexes["the-index"]


@pytest.mark.parametrize("declared", [None, 3, ["A", "B"], ("A",), ("A", "B", "C"), {"partition_key": "A"}])
def test_other_declarations_are_refused(declared: Any) -> None:
    with pytest.raises(InvalidTable, match="index 'GSI1' is declared as") as caught:
        table_schema("app", "PK", "SK", {"GSI1": declared})
    assert "GlobalIndex(partition_key, sort_key) or LocalIndex(sort_key)" in str(caught.value)


@pytest.mark.parametrize(
    "declared", [GlobalIndex("A", "A"), GlobalIndex(""), ("A", 3), LocalIndex("PK"), LocalIndex("")]
)
def test_indexes_with_impossible_keys_are_refused(declared: Any) -> None:
    with pytest.raises(InvalidTable):
        table_schema("app", "PK", "SK", {"GSI1": declared})


def test_an_unknown_index_names_the_known_ones() -> None:
    schema = table_schema("app", "PK", "SK", {"GSI1": "A", "GSI2": "B"})
    with pytest.raises(InvalidTable, match="table 'app' has no index 'GSI3'; known indexes: 'GSI1', 'GSI2'") as caught:
        schema.index("GSI3")
    assert "load_table" in str(caught.value)
    with pytest.raises(InvalidTable, match="known indexes: none"):
        table_schema("app", "PK", "SK").index("GSI1")
