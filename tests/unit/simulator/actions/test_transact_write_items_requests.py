"""TransactWriteItems: what is refused as a whole before any table is looked up, in its order; and tokens."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.simulated_items import NOT_FOUND, SIMPLE, SORTED, World, cancellation, item
from tests.transacted_items import ONE, check, delete, put, update

IPV = "One or more parameter values were invalid: "
EMPTY = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "


@pytest.fixture
def world() -> World:
    world = World()
    world.put(SIMPLE, pk="a", n=5)
    return world


def run(world: World, *elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return world("TransactWriteItems", TransactItems=list(elements), **more)


def refusal(world: World, *elements: dict[str, Any], **more: Any) -> str:
    return world.message("TransactWriteItems", TransactItems=list(elements), **more)


# ── refusals before any table is looked up ───────────────────────────────────────────────────────────────────────────
def test_constraints_are_collected(world: World) -> None:
    assert world.message("TransactWriteItems") == (
        "1 validation error detected: Value null at 'transactItems' failed to satisfy constraint: "
        "Member must not be null"
    )
    assert refusal(world) == (
        "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )
    many = [put(pk=str(number)) for number in range(101)]
    assert refusal(world, *many).endswith(
        "at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100"
    )
    message = refusal(world, put(pk="a"), ClientRequestToken="x" * 37, ReturnConsumedCapacity="x")
    assert re.findall(r" at '([^']+)'", message) == ["clientRequestToken", "returnConsumedCapacity"]
    assert "Member must have length less than or equal to 36" in message
    assert refusal(world, put(pk="a"), ClientRequestToken="") == (
        "1 validation error detected: Value '' at 'clientRequestToken' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("ConditionCheck", ["key", "tableName", "conditionExpression"]),
        ("Put", ["item", "tableName"]),
        ("Delete", ["key", "tableName"]),
        ("Update", ["key", "updateExpression", "tableName"]),
    ],
)
def test_each_kind_has_required_members(world: World, kind: str, members: list[str]) -> None:
    path = f"transactItems.2.member.{kind[0].lower()}{kind[1:]}"
    faults = [
        f"Value null at '{path}.{member}' failed to satisfy constraint: Member must not be null" for member in members
    ]
    assert refusal(world, put(pk="a"), {kind: {}}) == f"{len(faults)} validation errors detected: {'; '.join(faults)}"


def test_an_element_is_of_one_kind(world: World) -> None:
    broken = put("nowhere", x={"N": "x"})
    assert refusal(world, broken, {**put(pk="a"), **delete(pk="a")}) == (
        "TransactItems can only contain one of Check, Put, Update or Delete"
    )
    assert refusal(world, broken, {}) == (
        "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"
    )


@pytest.mark.parametrize(
    ("element", "text"),
    [
        (put("nowhere", x={"N": "x"}), "The parameter cannot be converted to a numeric value: x"),
        (delete("nowhere", x={"SS": []}), f"{IPV}An string set  may not be empty"),
        (put("nowhere", v="x" * 409_600), "Item size has exceeded the maximum allowed size"),
        (delete("nowhere", x=""), f"{EMPTY}string value. Key: x"),
        (check("", "nowhere", x="a"), "Invalid ConditionExpression: The expression can not be empty;"),
        (
            check("((a = b))", "nowhere", x="a"),
            "Invalid ConditionExpression: The expression has redundant parentheses;",
        ),
        (
            update("SET a", "nowhere", x="a"),
            'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "a"',
        ),
        (
            update("REMOVE a", "nowhere", x="a", extra=ONE),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:one}",
        ),
        (
            put("nowhere", x="a", extra={"ConditionExpression": "a = :one", "ExpressionAttributeNames": {"#a": "a"},
                                         **ONE}),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
        ),
        (
            put("nowhere", x="a", extra={"ConditionExpression": "a = :one"}),
            ("Invalid ConditionExpression: An expression attribute value used in expression is not defined; "
            "attribute value: :one"),
        ),
    ],
)  # fmt: skip
def test_what_needs_no_table_is_refused_first_and_as_a_whole(world: World, element: dict[str, Any], text: str) -> None:
    assert refusal(world, check("attribute_not_exists(pk)", pk="a"), element) == text


def test_a_transaction_brings_along_4_mb_at_most(world: World) -> None:
    large = [put(pk=f"{number:02}", v="x" * 400_000) for number in range(11)]
    assert refusal(world, *large) == (
        f"Transaction payload size cannot exceed 4MB. Payload Size: {11 * (400_000 + len('pk00v'))}"
    )
    assert run(world, *large[:10]) == {}
    values = {"ExpressionAttributeValues": {":v": {"S": "x" * 400_000}}}
    updates = [update("SET v = :v", pk=f"{number:02}", extra=values) for number in range(11)]
    size = 11 * (400_000 + len("pk00") + len("SET v = :v"))
    assert refusal(world, *updates) == f"Transaction payload size cannot exceed 4MB. Payload Size: {size}"


def test_every_table_is_there(world: World) -> None:
    error = world.refused("TransactWriteItems", TransactItems=[put(x="a"), put("nowhere", x="a")])
    assert (error.name, error.message) == ("ResourceNotFoundException", NOT_FOUND)


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_repeated_request_is_applied_once(world: World) -> None:
    increment = update("ADD n :one", pk="a")
    for _ in range(3):
        assert run(world, increment, ClientRequestToken="token") == {}
    assert world.get(SIMPLE, pk="a") == item(pk="a", n=6)
    run(world, increment, ClientRequestToken="other")
    run(world, increment)
    assert world.get(SIMPLE, pk="a") == item(pk="a", n=8)


def test_a_repetition_costs_what_reading_costs(world: World) -> None:
    elements = [put(pk="new", v="x" * 1500), put(SORTED, pk="p", sk="s", v="x" * 5000)]
    first = run(world, *elements, ClientRequestToken="token", ReturnConsumedCapacity="TOTAL")
    assert first["ConsumedCapacity"] == [
        {"TableName": SIMPLE, "CapacityUnits": 4.0, "WriteCapacityUnits": 4.0},
        {"TableName": SORTED, "CapacityUnits": 10.0, "WriteCapacityUnits": 10.0},
    ]
    again = run(world, *elements, ClientRequestToken="token", ReturnConsumedCapacity="INDEXES")

    def arm(units: float) -> dict[str, float]:
        return {"CapacityUnits": units, "ReadCapacityUnits": units}

    assert again["ConsumedCapacity"] == [
        {"TableName": SIMPLE, **arm(2.0), "Table": arm(2.0)},
        {"TableName": SORTED, **arm(4.0), "Table": arm(4.0)},
    ]


def test_the_order_of_members_makes_no_other_request(world: World) -> None:
    element = update("ADD n :one", pk="a")
    turned = {"Update": dict(reversed(element["Update"].items()))}
    run(world, element, ClientRequestToken="token")
    assert run(world, turned, ClientRequestToken="token") == {}
    assert world.get(SIMPLE, pk="a") == item(pk="a", n=6)


def test_another_spelling_of_values_makes_no_other_request(world: World) -> None:
    def write(number: str, *members: str, condition: str = "n <> :n") -> dict[str, Any]:
        values = {"ExpressionAttributeValues": {":n": {"N": number}}}
        return put(
            pk="x", n={"N": number}, ss={"SS": list(members)}, extra={"ConditionExpression": condition, **values}
        )

    run(world, write("1", "a", "b"), ClientRequestToken="token")
    assert run(world, write("1.0", "b", "a"), ClientRequestToken="token") == {}
    for other in (write("2", "a", "b"), write("1", "a"), write("1", "a", "b", condition="n <>  :n")):
        error = world.refused("TransactWriteItems", TransactItems=[other], ClientRequestToken="token")
        assert error.name == "IdempotentParameterMismatchException"


def test_a_token_stands_for_one_request(world: World) -> None:
    run(world, put(pk="x"), ClientRequestToken="token")
    error = world.refused("TransactWriteItems", TransactItems=[put(pk="y")], ClientRequestToken="token")
    assert error.name == "IdempotentParameterMismatchException"


def test_a_token_is_forgotten_after_ten_minutes(world: World) -> None:
    increment = update("ADD n :one", pk="a")
    run(world, increment, ClientRequestToken="token")
    world.clock.advance(599)
    run(world, increment, ClientRequestToken="token")
    assert world.get(SIMPLE, pk="a") == item(pk="a", n=6)
    world.clock.advance(1)
    run(world, increment, ClientRequestToken="token")
    assert world.get(SIMPLE, pk="a") == item(pk="a", n=7)


def test_a_cancelled_transaction_is_tried_again(world: World) -> None:
    guarded = put(pk="x", extra={"ConditionExpression": "attribute_not_exists(pk)"})
    world.put(SIMPLE, pk="x")
    error = world.refused("TransactWriteItems", TransactItems=[guarded], ClientRequestToken="token")
    assert cancellation(error)[0]["Code"] == "ConditionalCheckFailed"
    world("DeleteItem", TableName=SIMPLE, Key=item(pk="x"))
    assert run(world, guarded, ClientRequestToken="token") == {}


def test_tokens_belong_to_a_snapshot(world: World) -> None:
    before = world.engine.snapshot()
    increment = update("ADD n :one", pk="a")
    run(world, increment, ClientRequestToken="token")
    world.engine.restore(before)
    run(world, increment, ClientRequestToken="token")
    assert world.get(SIMPLE, pk="a") == item(pk="a", n=6)
