"""BatchWriteItem: what it writes and answers, what it refuses as a whole, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_items import INDEXED, KEY_MISMATCH, NOT_FOUND, SIMPLE, SORTED, World, item

IPV = "One or more parameter values were invalid: "
DUPLICATES = "Provided list of item keys contains duplicates"
SEVERAL = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"


@pytest.fixture
def world() -> World:
    world = World()
    world.put(SIMPLE, pk="old", v="x")
    return world


def put(**attributes: Any) -> dict[str, Any]:
    return {"PutRequest": {"Item": item(**attributes)}}


def delete(**key: Any) -> dict[str, Any]:
    return {"DeleteRequest": {"Key": item(**key)}}


def refusal(world: World, *writes: Any, **tables: Any) -> str:
    return world.message("BatchWriteItem", RequestItems={**({SIMPLE: list(writes)} if writes else {}), **tables})


def test_items_are_put_and_deleted_in_several_tables(world: World) -> None:
    writes = {
        SIMPLE: [put(pk="new", n={"N": "1.0"}), delete(pk="old"), delete(pk="nobody")],
        SORTED: [put(pk="a", sk="b")],
    }
    assert world("BatchWriteItem", RequestItems=writes) == {"UnprocessedItems": {}}
    assert world.get(SIMPLE, pk="new") == item(pk="new", n=1)
    assert world.get(SIMPLE, pk="old") is None
    assert world.get(SORTED, pk="a", sk="b") == item(pk="a", sk="b")


def test_capacity_and_metrics_are_told_for_each_table(world: World) -> None:
    writes = {
        INDEXED: [put(pk="a", sk="b", g="x"), put(pk="a", sk="c"), delete(pk="b", sk="b")],
        SIMPLE: [put(pk="new", v="x" * 1500)],
    }
    answer = world(
        "BatchWriteItem", RequestItems=writes, ReturnConsumedCapacity="INDEXES", ReturnItemCollectionMetrics="SIZE"
    )
    assert answer["ConsumedCapacity"] == [
        {
            "TableName": INDEXED,
            "CapacityUnits": 4.0,
            "Table": {"CapacityUnits": 3.0},
            "GlobalSecondaryIndexes": {"by-g": {"CapacityUnits": 1.0}},
        },
        {"TableName": SIMPLE, "CapacityUnits": 2.0, "Table": {"CapacityUnits": 2.0}},
    ]
    sizes = [0.0, 1.0]
    assert answer["ItemCollectionMetrics"] == {
        INDEXED: [
            {"ItemCollectionKey": item(pk="a"), "SizeEstimateRangeGB": sizes},
            {"ItemCollectionKey": item(pk="b"), "SizeEstimateRangeGB": sizes},
        ]
    }
    plain = world("BatchWriteItem", RequestItems={SIMPLE: [put(pk="x")]}, ReturnItemCollectionMetrics="SIZE")
    assert plain == {"UnprocessedItems": {}}


def test_an_item_collection_has_a_largest_size_for_all_writes_together(world: World) -> None:
    world.engine.catalog.table(INDEXED).collection_max_bytes = 2 * 97
    writes = [put(pk="a", sk=str(number), v="x" * 90) for number in range(3)]
    error = world.refused("BatchWriteItem", RequestItems={INDEXED: writes, SIMPLE: [put(pk="new")]})
    assert (error.name, error.message) == ("ItemCollectionSizeLimitExceededException", "Collection size exceeded.")
    world("BatchWriteItem", RequestItems={INDEXED: [*writes[:2], put(pk="b", sk="b", v="x" * 90)]})


# ── refusals, in the order of the service ────────────────────────────────────────────────────────────────────────────
def test_constraints_are_collected(world: World) -> None:
    assert world.message("BatchWriteItem", ReturnConsumedCapacity="x", ReturnItemCollectionMetrics="x") == (
        "3 validation errors detected: Value 'x' at 'returnConsumedCapacity' failed to satisfy constraint: "
        "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; "
        "Value 'x' at 'returnItemCollectionMetrics' failed to satisfy constraint: "
        "Member must satisfy enum value set: [SIZE, NONE]; "
        "Value null at 'requestItems' failed to satisfy constraint: Member must not be null"
    )
    lengths = (
        "at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: "
        "[Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"
    )
    assert refusal(world, abc=[]).endswith(lengths)
    assert refusal(world, abc=[put(pk=str(number)) for number in range(26)]).endswith(lengths)
    assert refusal(world, **{"a;": [put(pk="a")]}).endswith(
        "at 'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: "
        "[Member must have length less than or equal to 255, Member must have length greater than or equal to 3, "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"
    )
    assert refusal(world, abc=[{"DeleteRequest": {}, "PutRequest": {}}]) == (
        "2 validation errors detected: "
        "Value null at 'requestItems.abc.member.1.member.deleteRequest.key' failed to satisfy constraint: "
        "Member must not be null; "
        "Value null at 'requestItems.abc.member.1.member.putRequest.item' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_there_is_something_to_write(world: World) -> None:
    assert refusal(world) == "The requestItems parameter is required for BatchWriteItem"


@pytest.mark.parametrize("write", [{}, {**put(pk="a"), **delete(pk="a")}])
def test_a_write_is_one_put_or_one_delete(world: World, write: dict[str, Any]) -> None:
    assert refusal(world, abc=[put(x={"N": "x"}), write]) == SEVERAL


def test_items_are_checked_before_tables_are_looked_up(world: World) -> None:
    assert refusal(world, abc=[put(x={"N": "x"})]) == "The parameter cannot be converted to a numeric value: x"
    assert refusal(world, abc=[delete(x={"SS": []})]) == f"{IPV}An string set  may not be empty"
    assert refusal(world, abc=[put(v="x" * 409_600)]) == "Item size has exceeded the maximum allowed size"
    many = [put(pk=str(number)) for number in range(13)]
    assert refusal(world, abc=many, abd=many) == "Too many items requested for the BatchWriteItem call"
    error = world.refused("BatchWriteItem", RequestItems={SIMPLE: [put(x="a")], "abd": [put(x="a")]})
    assert (error.name, error.message) == ("ResourceNotFoundException", NOT_FOUND)


@pytest.mark.parametrize(
    ("write", "text"),
    [
        (put(x="a"), KEY_MISMATCH),
        (put(pk=1), KEY_MISMATCH),
        (put(pk={"M": {}}), KEY_MISMATCH),
        (delete(x="a"), KEY_MISMATCH),
        (delete(pk="a", x="a"), KEY_MISMATCH),
        (
            put(pk=""),
            (
                "One or more parameter values are not valid. "
                "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"
            ),
        ),
        (delete(pk="x" * 2049), f"{IPV}Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    ],
)
def test_keys_fit_their_table(world: World, write: dict[str, Any], text: str) -> None:
    assert refusal(world, put(pk="new"), write) == text


def test_keys_fit_the_indexes(world: World) -> None:
    assert refusal(world, put(pk="new"), **{INDEXED: [put(pk="a", sk="b", g=1)]}) == (
        f"{IPV}Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g"
    )
    assert refusal(world, put(pk="new"), **{INDEXED: [put(pk="a", sk="b", g="")]}) == (
        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
        "The AttributeValue for a key attribute cannot contain an empty string value. IndexName: by-g, IndexKey: g"
    )


@pytest.mark.parametrize("second", [put(pk="a", v="other"), delete(pk="a")])
def test_an_item_is_written_once(world: World, second: dict[str, Any]) -> None:
    assert refusal(world, put(pk="b"), put(pk="a"), second) == DUPLICATES
    arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{SIMPLE}"
    assert refusal(world, put(pk="a"), **{arn: [second]}) == DUPLICATES
