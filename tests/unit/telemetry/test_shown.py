"""What may be seen of a call: names of spans, hashed keys, readable expressions, counts of batches."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from hashrange.key import Key
from hashrange.telemetry.shown import item_count, readable, shown_keys, snake_case, tables_of, write_counts


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("GetItem", "get_item"),
        ("Query", "query"),
        ("BatchGetItem", "batch_get"),
        ("BatchWriteItem", "batch_write"),
        ("TransactWriteItems", "transact_write"),
        ("TransactGetItems", "transact_get"),
        ("DescribeTimeToLive", "describe_time_to_live"),
    ],
)
def test_names(operation: str, name: str) -> None:
    assert snake_case(operation) == name


@pytest.mark.parametrize("key", [None, Key("a", "b"), "a"])
def test_omitted_keys(key: Any) -> None:
    assert shown_keys(key, "omit") == (None, None)


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (Key("a", "b"), ("a", "b")),
        (Key(Decimal("1.5")), ("1.5", None)),
        (Key("a", b"\x00\xff"), ("a", "AP8=")),
        ("a", ("a", None)),
        (None, (None, None)),
    ],
)
def test_plain_keys(key: Any, shown: tuple[str | None, str | None]) -> None:
    assert shown_keys(key, "plain") == shown


def test_hashed_keys_are_the_same_for_what_is_the_same_key() -> None:
    partition, sort = shown_keys(Key("USER#1", 1), "hashed")
    assert partition is not None
    assert re.fullmatch("[0-9a-f]{16}", partition)
    assert (partition, sort) == shown_keys(Key("USER#1", Decimal("1.0")), "hashed")
    texts: list[Any] = ["1", 1, b"1", "2"]
    assert len({shown_keys(Key(text), "hashed") for text in texts}) == len(texts)


def test_expressions() -> None:
    names = {"#n0": "email", "#n00": "a.b"}
    assert readable("#n0 = :v0 AND #n00 <> :v1", names) == "email = :v0 AND a.b <> :v1"
    assert readable("#x = :v0", names) == "#x = :v0"
    assert readable("email = :v0", None) == "email = :v0"


def test_batches_and_transactions_are_counted() -> None:
    put: dict[str, Any] = {"PutRequest": {"Item": {}}}
    delete: dict[str, Any] = {"DeleteRequest": {"Key": {}}}
    encoded = msgspec.Raw(msgspec.json.encode(put))
    assert write_counts({"RequestItems": {"a": [put, delete], "b": [encoded]}}) == (2, 1)
    assert item_count({"RequestItems": {"a": [put, delete], "b": [encoded]}}) == 3
    assert item_count({"RequestItems": {"a": {"Keys": [{}, {}]}}}) == 2
    actions = {
        "TransactItems": [{"Put": {"TableName": "a"}}, {"Update": {"TableName": "b"}}, {"Put": {"TableName": "a"}}]
    }
    assert (item_count(actions), tables_of(actions)) == (3, ["a", "b"])
    assert (item_count({"TableName": "a"}), tables_of({"TableName": "a"})) == (0, [])
