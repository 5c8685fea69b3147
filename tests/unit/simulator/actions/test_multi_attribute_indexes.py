"""Global indexes whose keys have several attributes: how they are made, and what they hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_items import World as Items
from tests.simulated_items import item
from tests.simulated_matches import BY_PLACE, MATCHES, held, matches, schema

from ..table_world import INVALID, NAME, World, creation, definitions, index

TYPES = {"a": "S", "g": "S", "h": "N", "i": "B", "j": "S", "k": "S", "l": "S", "m": "S", "n": "S", "o": "S"}


def with_index(text: str | list[dict[str, str]], **members: Any) -> dict[str, Any]:
    """A CreateTable request; all attributes of the index have a definition."""
    elements = schema(text) if isinstance(text, str) else text
    names = {"a", *(element["AttributeName"] for element in elements)}
    types = definitions(**{name: letter for name, letter in TYPES.items() if name in names})
    return creation(AttributeDefinitions=types, GlobalSecondaryIndexes=[index(KeySchema=elements)], **members)


# ── making them ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("text", ["g h", "g | h i", "g h | i", "a | g h", "a g h i | j k l m"])
def test_keys_of_several_attributes_are_described_as_they_were_given(text: str) -> None:
    world = World()
    world.do("CreateTable", **with_index(text))
    assert world.describe()["GlobalSecondaryIndexes"][0]["KeySchema"] == schema(text)


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        (schema("a g h i j"), f"{INVALID}The KeySchema exceeds the maximum allowed number of HASH key attributes"),
        (schema("a | g h i j k"), f"{INVALID}The KeySchema exceeds the maximum allowed number of RANGE key attributes"),
        (
            [*schema("g | h"), *schema("i")],
            f"{INVALID}All HASH key attributes must precede RANGE key attributes in the KeySchema",
        ),
        ([*schema("| g"), *schema("h")], "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
        (schema("| g h"), "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
        (schema("g g"), "The KeySchema contains multiple key attributes with the same name"),
        (schema("g h | h"), "The KeySchema contains multiple key attributes with the same name"),
        (schema("g | g"), "Both the Hash Key and the Range Key element in the KeySchema have the same name"),
    ],
)
def test_keys_that_no_index_can_have(elements: list[dict[str, str]], message: str) -> None:
    assert World().refusal("CreateTable", **with_index(elements)) == message
    world = World()
    world.create()
    types = definitions(**TYPES)
    create = [{"Create": index("new", KeySchema=elements)}]
    update = {"AttributeDefinitions": types, "GlobalSecondaryIndexUpdates": create}
    assert world.refusal("UpdateTable", TableName=NAME, **update) == message


def test_tables_and_local_indexes_have_no_more_than_two() -> None:
    three = schema("a | g j")
    shown = ", ".join(f"KeySchemaElement(attributeName={e['AttributeName']}, keyType={e['KeyType']})" for e in three)
    limit = "failed to satisfy constraint: Member must have length less than or equal to 2"
    types = definitions(a="S", g="S", j="S")
    request = creation(AttributeDefinitions=types, KeySchema=three)
    assert World().refusal("CreateTable", **request) == (
        f"1 validation error detected: Value '[{shown}]' at 'keySchema' {limit}"
    )
    local = [index("lsi", KeySchema=three)]
    request = creation(AttributeDefinitions=types, KeySchema=schema("a | g"), LocalSecondaryIndexes=local)
    assert World().refusal("CreateTable", **request) == (
        f"1 validation error detected: Value '[{shown}]' at 'localSecondaryIndexes.1.member.keySchema' {limit}"
    )


def test_an_attribute_without_a_definition() -> None:
    request = with_index("g h | j") | {"AttributeDefinitions": definitions(a="S", g="S", h="N")}
    assert World().refusal("CreateTable", **request) == (
        f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
        "Keys: [g, h, j], AttributeDefinitions: [a, g, h]"
    )


def test_an_index_that_is_added_is_filled() -> None:
    world = World()
    world.create()
    for key, attributes in (("1", {"g": "x", "h": 1, "j": "y"}), ("2", {"g": "x", "h": 1}), ("3", {"g": 2, "h": 1})):
        world.do("PutItem", TableName=NAME, Item=item(a=key, **attributes))
    world.update(
        AttributeDefinitions=definitions(a="S", g="S", h="N", j="S"),
        GlobalSecondaryIndexUpdates=[{"Create": index("new", KeySchema=schema("g h | j"))}],
    )
    found = world.describe()["GlobalSecondaryIndexes"][0]
    assert (found["KeySchema"], found["IndexStatus"], found["ItemCount"]) == (schema("g h | j"), "ACTIVE", 1)


# ── what they hold ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_item_without_one_of_the_attributes_is_not_in_the_index() -> None:
    world = Items(matches())
    whole = {"place": "rome", "season": 1, "stage": "semi", "court": 2}
    world.put(MATCHES, id="whole", **whole)
    for name in whole:
        world.put(MATCHES, id=f"no {name}", **{other: value for other, value in whole.items() if other != name})
    assert held(world) == ["whole"]
    key = item(id="no court")
    update = {"TableName": MATCHES, "Key": key, "UpdateExpression": "SET court = :c"}
    world("UpdateItem", **update, ExpressionAttributeValues=item(**{":c": 3}))
    assert held(world) == ["no court", "whole"]
    world("UpdateItem", TableName=MATCHES, Key=item(id="whole"), UpdateExpression="REMOVE stage")
    assert held(world) == ["no court"]
    world("DeleteItem", TableName=MATCHES, Key=key)
    assert held(world) == []


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        (
            {"season": "first"},
            f"{INVALID}Type mismatch for Index Key season Expected: N Actual: S IndexName: {BY_PLACE}",
        ),
        (
            {"court": {"NULL": True}},
            f"{INVALID}Type mismatch for Index Key court Expected: N Actual: NULL IndexName: {BY_PLACE}",
        ),
        (
            {"stage": ""},
            (
                "One or more parameter values are not valid. A value specified for a secondary index key is not "
                "supported. The AttributeValue for a key attribute cannot contain an empty string value. "
                f"IndexName: {BY_PLACE}, IndexKey: stage"
            ),
        ),
    ],
)
def test_each_attribute_must_be_what_the_index_says(attributes: dict[str, Any], message: str) -> None:
    world = Items(matches())
    request = item(id="1", place="rome", season=1, stage="semi", court=1) | item(**attributes)
    assert world.message("PutItem", TableName=MATCHES, Item=request) == message


def test_partition_attributes_may_be_larger_than_those_of_the_sort_key() -> None:
    world = Items(matches(key_roles="place court | stage season", court="S"))
    for name in ("place", "court"):
        fits, larger = {name: "x" * 2048}, {name: "x" * 2049}
        world.put(MATCHES, id=name, **fits)
        assert "2048" in world.message("PutItem", TableName=MATCHES, Item=item(id=name, **larger))
    world.put(MATCHES, id="sorts", stage="x" * 1024)
    assert "1024" in world.message("PutItem", TableName=MATCHES, Item=item(id="sorts", stage="x" * 1025))


def test_projections_hold_all_key_attributes() -> None:
    world = Items(matches("KEYS_ONLY"))
    whole = {"id": "1", "place": "rome", "season": 1, "stage": "semi", "court": 1}
    world.put(MATCHES, **whole, note="none of its business")
    assert world("Scan", TableName=MATCHES, IndexName=BY_PLACE)["Items"] == [item(**whole)]
