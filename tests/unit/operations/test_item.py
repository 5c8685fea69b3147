"""Requests for one item in wire shape, part by part, and all that is refused before it would be sent."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, get_args

import pytest

from hashrange.errors import (
    InvalidExpression,
    InvalidKey,
    ItemTooLarge,
    MissingRequiredKey,
    TypeMismatch,
    ValidationError,
)
from hashrange.expressions import Attr, Raw, Update
from hashrange.key import Key
from hashrange.operations.item import check_item_size, delete_item, get_item, put_item, update_item
from hashrange.schema import GlobalIndex, LocalIndex, table_schema
from hashrange.types import RETURN_VALUES, Returns

TABLE = table_schema("app", "PK", "SK")
SIMPLE = table_schema("users", "id", None)
KEY = Key("USER#1", "PROFILE")
WIRE_KEY = {"PK": {"S": "USER#1"}, "SK": {"S": "PROFILE"}}
ITEM = {"PK": "USER#1", "SK": "PROFILE", "age": 3}


def get(**changes: Any) -> dict[str, Any]:
    return get_item(TABLE, **{"key": KEY, "consistent": False, "projection": None, "capacity": None, **changes})


def put(item: Any = ITEM, schema: Any = TABLE, **changes: Any) -> dict[str, Any]:
    return put_item(schema, item, **{"condition": None, "return_old": False, "capacity": None, **changes})


def update(change: Any, **changes: Any) -> dict[str, Any]:
    options = {"key": KEY, "condition": None, "returns": "none", "capacity": None, **changes}
    return update_item(TABLE, options.pop("key"), change, **options)


def delete(**changes: Any) -> dict[str, Any]:
    return delete_item(TABLE, **{"key": KEY, "condition": None, "return_old": False, "capacity": None, **changes})


# ── what is sent ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_least_that_is_sent() -> None:
    assert get() == {"TableName": "app", "Key": WIRE_KEY}
    assert delete() == {"TableName": "app", "Key": WIRE_KEY}
    assert put() == {"TableName": "app", "Item": {**WIRE_KEY, "age": {"N": "3"}}}
    assert update(Update().remove("age")) == {
        "TableName": "app",
        "Key": WIRE_KEY,
        "UpdateExpression": "REMOVE #n0",
        "ExpressionAttributeNames": {"#n0": "age"},
    }


def test_a_simple_key() -> None:
    request = get_item(SIMPLE, Key(7), consistent=False, projection=None, capacity=None)
    assert request == {"TableName": "users", "Key": {"id": {"N": "7"}}}


def test_get_options() -> None:
    assert get(consistent=True, projection=["name", Attr("address").city], capacity="TOTAL") == {
        "TableName": "app",
        "Key": WIRE_KEY,
        "ConsistentRead": True,
        "ProjectionExpression": "#n0, #n1.#n2",
        "ExpressionAttributeNames": {"#n0": "name", "#n1": "address", "#n2": "city"},
        "ReturnConsumedCapacity": "TOTAL",
    }


CONDITION = {
    "ConditionExpression": "#n0 = :v0",
    "ExpressionAttributeNames": {"#n0": "version"},
    "ExpressionAttributeValues": {":v0": {"N": "3"}},
    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
}


@pytest.mark.parametrize("build", [put, delete])
@pytest.mark.parametrize("condition", [Attr("version") == 3, Raw("#v = :x", {"#v": "version"}, {":x": 3})])
def test_put_and_delete_options(build: Any, condition: Any) -> None:
    found = build(condition=condition, return_old=True, capacity="INDEXES")
    expected = build() | CONDITION | {"ReturnValues": "ALL_OLD", "ReturnConsumedCapacity": "INDEXES"}
    assert found == expected


@pytest.mark.parametrize("build", [put, delete])
def test_a_condition_without_values(build: Any) -> None:
    found = build(condition=Attr("PK").not_exists())
    assert found["ConditionExpression"] == "attribute_not_exists(#n0)"
    assert "ExpressionAttributeValues" not in found


def test_the_names_and_values_of_update_and_condition_merge() -> None:
    change = Update().set("name", "Bob").add("version", 1)
    assert update(change, condition=Attr("version") == 1, returns="all_new", capacity="TOTAL") == {
        "TableName": "app",
        "Key": WIRE_KEY,
        "UpdateExpression": "SET #n0 = :v0 ADD #n1 :v1",
        "ConditionExpression": "#n1 = :v1",
        "ExpressionAttributeNames": {"#n0": "name", "#n1": "version"},
        "ExpressionAttributeValues": {":v0": {"S": "Bob"}, ":v1": {"N": "1"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        "ReturnValues": "ALL_NEW",
        "ReturnConsumedCapacity": "TOTAL",
    }


@pytest.mark.parametrize("returns", get_args(Returns))
def test_every_kind_of_returned_values(returns: Returns) -> None:
    request = update(Update().remove("a"), returns=returns)
    assert request.get("ReturnValues", "NONE") == RETURN_VALUES[returns]
    assert ("ReturnValues" in request) == (returns != "none")


def test_a_raw_update() -> None:
    request = update(Raw("SET #a = :one", {"#a": "PK"}, {":one": 1}))
    assert request["UpdateExpression"] == "SET #n0 = :v0"  # what raw text does is the service's to judge


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("key", ["USER#1", ("USER#1", "PROFILE"), {"PK": "USER#1", "SK": "PROFILE"}, None, 3])
@pytest.mark.parametrize("build", [get, delete, lambda key: update(Update().remove("a"), key=key)])
def test_a_key_is_a_key(build: Any, key: Any) -> None:
    with pytest.raises(InvalidKey, match=f"a key is a Key, not {type(key).__name__}"):
        build(key=key)


@pytest.mark.parametrize("build", [get, delete, lambda key: update(Update().remove("a"), key=key)])
@pytest.mark.parametrize("key", [Key("a"), Key("", "b"), Key("a", ""), Key("a", "x" * 1025), Key("x" * 2049, "b")])
def test_keys_that_cannot_be(build: Any, key: Key) -> None:
    with pytest.raises(InvalidKey):
        build(key=key)


def test_an_item_lacks_its_key() -> None:
    for item in ({}, {"PK": "a"}, {"SK": "b"}):
        with pytest.raises(MissingRequiredKey, match=r"no attribute '(PK|SK)', which is part of the table's key"):
            put(item)


@pytest.mark.parametrize("value", ["", b"", None, True, [], {}, {"a"}, "x" * 2049, b"x" * 2049, "ä" * 1025])
def test_key_attributes_of_an_item_that_cannot_be(value: Any) -> None:
    with pytest.raises(InvalidKey, match="key attribute 'PK'"):
        put(ITEM | {"PK": value})
    with pytest.raises(InvalidKey, match="key attribute 'SK'"):
        put(ITEM | {"SK": value})


def test_a_float_is_a_number_in_a_key_too() -> None:
    assert put(ITEM | {"SK": 1.5})["Item"]["SK"] == {"N": "1.5"}
    with pytest.raises(ValidationError, match="SK: nan"):
        put(ITEM | {"SK": float("nan")})


def test_the_longest_keys_are_sent() -> None:
    assert put(ITEM | {"PK": "ä" * 1024, "SK": b"x" * 1024})["Item"]["PK"] == {"S": "ä" * 1024}


class Kind(StrEnum):
    USER = "USER"


def test_an_enum_member_can_be_a_key() -> None:
    assert put(ITEM | {"PK": Kind.USER})["Item"]["PK"] == {"S": "USER"}
    assert get(key=Key(Kind.USER, "x"))["Key"]["PK"] == {"S": "USER"}


INDEXED = table_schema("app", "PK", "SK", {"by_email": GlobalIndex("email", "age"), "by_total": LocalIndex("total")})


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"email": "a@example.org", "age": 1.5, "total": 0},
        {"email": b"x"},
        {"email": bytearray(b"x")},
        {"total": "0"},
        {"total": Kind.USER},
    ],
)
def test_keys_of_indexes_may_be_absent_or_of_a_key_type(more: dict[str, Any]) -> None:
    assert put(ITEM | {"age": 3} | more, INDEXED)["Item"].keys() == {*ITEM, *more}


@pytest.mark.parametrize(
    ("attribute", "value", "said"),
    [
        ("email", "", "is empty, and it is a key of index 'by_email'"),
        ("total", b"", "is empty, and it is a key of index 'by_total'"),
        ("total", bytearray(), "is empty, and it is a key of index 'by_total'"),
        ("email", None, "is of type NULL, and it is a key of index 'by_email'"),
        ("email", False, "is of type BOOL"),
        ("age", [], "is of type L"),
        ("total", {}, "is of type M"),
        ("total", {1}, "is of type NS"),
    ],
)
def test_keys_of_indexes_that_cannot_be(attribute: str, value: Any, said: str) -> None:
    with pytest.raises(InvalidKey, match=said) as caught:
        put(ITEM | {attribute: value}, INDEXED)
    assert "leave it out" in str(caught.value)


# ── values and expressions ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**38 + 1, 10**130, set(), {1, "a"}])
def test_values_that_cannot_be(value: Any) -> None:
    with pytest.raises(ValidationError, match=r"^deep\.list\[1\]: "):
        put(ITEM | {"deep": {"list": [0, value]}})


def test_values_without_a_type() -> None:
    with pytest.raises(TypeMismatch, match=r"^deep: object has no DynamoDB type"):
        put(ITEM | {"deep": object()})


@pytest.mark.parametrize("condition", ["attribute_exists(PK)", True, 3, {"PK": "a"}, Attr("a"), Update().remove("a")])
@pytest.mark.parametrize("build", [put, delete, lambda condition: update(Update().remove("b"), condition=condition)])
def test_a_condition_is_a_condition(build: Any, condition: Any) -> None:
    with pytest.raises(InvalidExpression, match=r"condition is of type \w+, not a condition") as caught:
        build(condition=condition)
    assert "Raw('...') for text" in str(caught.value)


@pytest.mark.parametrize("change", ["SET a = 1", {"a": 1}, None, Attr("a"), Attr("a") == 1])
def test_an_update_is_an_update(change: Any) -> None:
    with pytest.raises(InvalidExpression, match="the update is of type") as caught:
        update(change)
    assert "Raw('SET ...') for text" in str(caught.value)


def test_an_empty_update_is_refused() -> None:
    with pytest.raises(InvalidExpression, match="the update is empty"):
        update(Update())


@pytest.mark.parametrize("name", ["PK", "SK"])
@pytest.mark.parametrize(
    "change", [lambda name: Update().set(name, "x"), lambda name: Update().set("a", 1).remove(name)]
)
def test_a_key_cannot_be_updated(name: str, change: Any) -> None:
    with pytest.raises(InvalidExpression, match=f"the update changes '{name}', which is part of the table's key"):
        update(change(name))


@pytest.mark.parametrize("returns", ["ALL_NEW", "", None, "new"])
def test_returns_is_one_of_five_words(returns: Any) -> None:
    with pytest.raises(InvalidExpression, match="must be one of none, all_old, updated_old, all_new, updated_new"):
        update(Update().remove("a"), returns=returns)


def test_a_projection_is_not_a_text() -> None:
    with pytest.raises(InvalidExpression, match="a projection is a list of names and paths, not str"):
        get(projection="name")


# ── size ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_size_of_an_item_has_a_limit() -> None:
    check_item_size({"PK": {"S": "x" * 409_598}})
    with pytest.raises(ItemTooLarge, match="has 409601 bytes; at most 409600 are allowed") as caught:
        check_item_size({"PK": {"S": "x" * 409_599}})
    assert "store large values outside" in str(caught.value)


def test_an_item_too_large_names_its_three_largest_attributes() -> None:
    item = {"a": {"S": "x" * 200_000}, "b": {"S": "x" * 209_000}, "c": {"S": "x"}, "dd": {"S": "x" * 600}}
    with pytest.raises(ItemTooLarge) as caught:
        check_item_size(item)
    assert caught.value.message.endswith("largest: 'b' 209001 bytes, 'a' 200001 bytes, 'dd' 602 bytes")
