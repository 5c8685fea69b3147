"""BatchGetItem: what it answers, what it leaves unprocessed, what it refuses, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_items import KEY_MISMATCH, NOT_FOUND, SIMPLE, SORTED, World, item

IPV = "One or more parameter values were invalid: "
DUPLICATES = "Provided list of item keys contains duplicates"


@pytest.fixture
def world() -> World:
    world = World()
    for name in "abc":
        world.put(SIMPLE, pk=name, v=f"value of {name}", n=1)
        world.put(SORTED, pk="p", sk=name)
    return world


def keys_of(names: str) -> list[dict[str, Any]]:
    return [item(pk=name) for name in names]


def refusal(world: World, **tables: Any) -> str:
    return world.message("BatchGetItem", RequestItems=tables)


def test_items_of_several_tables_are_read(world: World) -> None:
    asked = {SIMPLE: {"Keys": keys_of("axb")}, SORTED: {"Keys": [item(pk="p", sk="x")]}}
    assert world("BatchGetItem", RequestItems=asked) == {
        "Responses": {
            SIMPLE: [item(pk="a", v="value of a", n=1), item(pk="b", v="value of b", n=1)],
            SORTED: [],
        },
        "UnprocessedKeys": {},
    }


@pytest.mark.parametrize(
    "wanted",
    [
        {"ProjectionExpression": "#n", "ExpressionAttributeNames": {"#n": "n"}},
        {"AttributesToGet": ["n"]},
        {"ProjectionExpression": "n", "ConsistentRead": True},
    ],
)
def test_each_table_has_its_own_projection(world: World, wanted: dict[str, Any]) -> None:
    answer = world("BatchGetItem", RequestItems={SIMPLE: {"Keys": keys_of("ab"), **wanted}})
    assert answer["Responses"] == {SIMPLE: [item(n=1), item(n=1)]}


def test_capacity_is_summed_for_each_table(world: World) -> None:
    world.put(SIMPLE, pk="a", v="x" * 5000)
    asked: dict[str, Any] = {
        SIMPLE: {"Keys": keys_of("ax")},
        SORTED: {"Keys": [item(pk="p", sk="a")], "ConsistentRead": True},
    }
    answer = world("BatchGetItem", RequestItems=asked, ReturnConsumedCapacity="INDEXES")
    assert answer["ConsumedCapacity"] == [
        {"TableName": SIMPLE, "CapacityUnits": 1.5, "Table": {"CapacityUnits": 1.5}},
        {"TableName": SORTED, "CapacityUnits": 1.0, "Table": {"CapacityUnits": 1.0}},
    ]


def test_what_is_beyond_16_mb_stays_unprocessed(world: World) -> None:
    names = [f"large-{number:02}" for number in range(50)]
    for name in names:
        world.put(SIMPLE, pk=name, v="x" * 400_000)
    request = {
        "Keys": [item(pk=name) for name in names],
        "ProjectionExpression": "#p",
        "ExpressionAttributeNames": {"#p": "pk"},
        "ConsistentRead": True,
    }
    tables = {SIMPLE: request, SORTED: {"Keys": [item(pk="p", sk="a")]}}
    answer = world("BatchGetItem", RequestItems=tables, ReturnConsumedCapacity="TOTAL")
    read = 16 * 1024 * 1024 // 400_012
    assert answer["Responses"] == {SIMPLE: [item(pk=name) for name in names[:read]], SORTED: []}
    assert answer["UnprocessedKeys"] == {
        SIMPLE: {**request, "Keys": [item(pk=name) for name in names[read:]]},
        SORTED: {"Keys": [item(pk="p", sk="a")]},
    }
    assert [used["TableName"] for used in answer["ConsumedCapacity"]] == [SIMPLE]


# ── refusals, in the order of the service ────────────────────────────────────────────────────────────────────────────
def test_constraints_are_collected(world: World) -> None:
    assert world.message("BatchGetItem", ReturnConsumedCapacity="x") == (
        "2 validation errors detected: Value 'x' at 'returnConsumedCapacity' failed to satisfy constraint: "
        "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; "
        "Value null at 'requestItems' failed to satisfy constraint: Member must not be null"
    )
    assert refusal(world, **{SIMPLE: {"Keys": []}}) == (
        "1 validation error detected: Value '[]' at 'requestItems.Simple.member.keys' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )
    assert refusal(world, **{SIMPLE: {}}) == (
        "1 validation error detected: Value null at 'requestItems.Simple.member.keys' failed to satisfy constraint: "
        "Member must not be null"
    )
    assert refusal(world, **{"a;": {"Keys": keys_of("a")}}).endswith(
        "at 'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: "
        "[Member must have length less than or equal to 255, Member must have length greater than or equal to 3, "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"
    )
    many = [item(pk=str(number)) for number in range(101)]
    assert refusal(world, **{SIMPLE: {"Keys": many}}).endswith(
        "at 'requestItems.Simple.member.keys' failed to satisfy constraint: "
        "Member must have length less than or equal to 100"
    )


def test_there_is_something_to_get(world: World) -> None:
    assert refusal(world) == "The requestItems parameter is required for BatchGetItem"


def test_a_table_may_be_named_by_its_arn(world: World) -> None:
    arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{SIMPLE}"
    answer = world("BatchGetItem", RequestItems={arn: {"Keys": keys_of("a"), "AttributesToGet": ["n"]}})
    assert answer["Responses"] == {arn: [item(n=1)]}


def test_expressions_and_older_parameters_exclude_each_other_across_tables(world: World) -> None:
    mixed = (
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"
    )
    keys = {"Keys": keys_of("a")}
    assert refusal(world, abc={**keys, "AttributesToGet": ["a"], "ProjectionExpression": ""}) == mixed
    assert refusal(world, abc={**keys, "AttributesToGet": ["a"]}, abd={**keys, "ProjectionExpression": ""}) == mixed
    assert refusal(world, abc={**keys, "ExpressionAttributeNames": {}}, abd={**keys, "ProjectionExpression": "a"}) == (
        "ExpressionAttributeNames can only be specified when using expressions"
    )


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"AttributesToGet": ["a", "a"]}, f"{IPV}Duplicate value in attribute name: a"),
        ({"ProjectionExpression": "a,"}, 'Invalid ProjectionExpression: Syntax error; token: "<EOF>", near: ","'),
        (
            {"ProjectionExpression": "a", "ExpressionAttributeNames": {"#b": "b"}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}",
        ),
    ],
)
def test_a_projection_is_checked_before_the_keys(world: World, wanted: dict[str, Any], text: str) -> None:
    assert refusal(world, abc={"Keys": [{"x": {}}], **wanted}) == text


def test_keys_are_checked_before_tables_are_looked_up(world: World) -> None:
    assert refusal(world, abc={"Keys": [item(x={"N": "a"}), item(x={"N": "a"})]}) == (
        "The parameter cannot be converted to a numeric value: a"
    )
    assert refusal(world, abc={"Keys": [item(x=1, y="b"), item(y="b", x={"N": "1.0"})]}) == DUPLICATES
    many = [item(pk=str(number)) for number in range(51)]
    assert refusal(world, abc={"Keys": many}, abd={"Keys": many[:50]}) == (
        "Too many items requested for the BatchGetItem call"
    )
    error = world.refused("BatchGetItem", RequestItems={SIMPLE: {"Keys": keys_of("a")}, "abd": {"Keys": [{}]}})
    assert (error.name, error.message) == ("ResourceNotFoundException", NOT_FOUND)


def test_keys_fit_their_table(world: World) -> None:
    good = {"Keys": keys_of("a")}
    nested = {**good, "ProjectionExpression": "pk.a"}
    assert refusal(world, **{SIMPLE: good, SORTED: nested}) == KEY_MISMATCH
    assert refusal(world, **{SIMPLE: {"Keys": [item(pk="a"), item(pk="")]}}) == (
        "One or more parameter values are not valid. "
        "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"
    )
    assert refusal(world, **{SIMPLE: nested}) == (
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"
    )
