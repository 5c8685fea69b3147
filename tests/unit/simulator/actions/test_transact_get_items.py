"""TransactGetItems: what it answers, why it is cancelled, what it refuses, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_items import KEY_MISMATCH, NOT_FOUND, SIMPLE, SORTED, World, cancellation, item

NONE = {"Code": "None"}
MISMATCH = {"Code": "ValidationError", "Message": KEY_MISMATCH}


@pytest.fixture
def world() -> World:
    world = World()
    world.put(SIMPLE, pk="a", n=5, m={"M": {"k": {"S": "v"}}})
    world.put(SORTED, pk="p", sk="s", v="x" * 5000)
    return world


def get(table: str = SIMPLE, *, extra: dict[str, Any] | None = None, **key: Any) -> dict[str, Any]:
    return {"Get": {"TableName": table, "Key": item(**key), **(extra or {})}}


def refusal(world: World, *elements: dict[str, Any]) -> str:
    return world.message("TransactGetItems", TransactItems=list(elements))


def reasons(world: World, *elements: dict[str, Any]) -> list[dict[str, Any]]:
    return cancellation(world.refused("TransactGetItems", TransactItems=list(elements)))


def test_items_are_answered_in_the_order_of_the_request(world: World) -> None:
    wanted = [get(pk="x"), get(SORTED, pk="p", sk="s", extra={"ProjectionExpression": "sk"}), get(pk="a")]
    assert world("TransactGetItems", TransactItems=wanted) == {
        "Responses": [{}, {"Item": item(sk="s")}, {"Item": item(pk="a", n=5, m={"M": {"k": {"S": "v"}}})}]
    }


def test_a_projection_that_finds_nothing_leaves_no_item(world: World) -> None:
    projections: list[dict[str, Any]] = [
        {"ProjectionExpression": "#m.k", "ExpressionAttributeNames": {"#m": "m"}},
        {"ProjectionExpression": "x"},
    ]
    answers = [world("TransactGetItems", TransactItems=[get(pk="a", extra=each)])["Responses"] for each in projections]
    assert answers == [[{"Item": item(m={"M": {"k": {"S": "v"}}})}], [{}]]


def test_every_item_costs_twice_a_strong_read(world: World) -> None:
    wanted = [get(pk="a"), get(pk="x"), get(SORTED, pk="p", sk="s")]
    answer = world("TransactGetItems", TransactItems=wanted, ReturnConsumedCapacity="INDEXES")

    def arm(units: float) -> dict[str, float]:
        return {"CapacityUnits": units, "ReadCapacityUnits": units}

    assert answer["ConsumedCapacity"] == [
        {"TableName": SIMPLE, **arm(4.0), "Table": arm(4.0)},
        {"TableName": SORTED, **arm(4.0), "Table": arm(4.0)},
    ]


def test_an_answer_has_4_mb_at_most(world: World) -> None:
    for number in range(11):
        world.put(SIMPLE, pk=f"{number:02}", v="x" * 400_000)
    wanted = [get(pk=f"{number:02}") for number in range(11)]
    assert refusal(world, *wanted) == f"Payload in response is too large.{11 * (400_005 + 4)}"
    assert len(world("TransactGetItems", TransactItems=wanted[:10])["Responses"]) == 10
    projected = [get(pk=f"{number:02}", extra={"ProjectionExpression": "pk"}) for number in range(11)]
    assert len(world("TransactGetItems", TransactItems=projected)["Responses"]) == 11


# ── refusals, in the order of the service ────────────────────────────────────────────────────────────────────────────
def test_constraints_are_collected(world: World) -> None:
    assert world.message("TransactGetItems") == (
        "1 validation error detected: Value null at 'transactItems' failed to satisfy constraint: "
        "Member must not be null"
    )
    assert refusal(world) == (
        "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )
    assert refusal(world, get(pk="a"), {}) == (
        "1 validation error detected: Value null at 'transactItems.2.member.get' failed to satisfy constraint: "
        "Member must not be null"
    )
    assert refusal(world, {"Get": {}}) == (
        "2 validation errors detected: "
        "Value null at 'transactItems.1.member.get.key' failed to satisfy constraint: Member must not be null; "
        "Value null at 'transactItems.1.member.get.tableName' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize(
    ("element", "text"),
    [
        (get("nowhere", x={"N": "x"}), "The parameter cannot be converted to a numeric value: x"),
        (
            get("nowhere", x=""),
            (
                "One or more parameter values are not valid. "
                "The AttributeValue for a key attribute cannot contain an empty string value. Key: x"
            ),
        ),
        (
            get("nowhere", x="a", extra={"ProjectionExpression": "a,"}),
            'Invalid ProjectionExpression: Syntax error; token: "<EOF>", near: ","',
        ),
        (
            get("nowhere", x="a", extra={"ProjectionExpression": "a", "ExpressionAttributeNames": {"#a": "a"}}),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
        ),
    ],
)
def test_what_needs_no_table_is_refused_first(world: World, element: dict[str, Any], text: str) -> None:
    assert refusal(world, get(x="a"), element) == text


def test_names_without_a_projection_are_accepted(world: World) -> None:
    named = get(pk="x", extra={"ExpressionAttributeNames": {"#a": "a"}})
    assert world("TransactGetItems", TransactItems=[named]) == {"Responses": [{}]}


def test_every_table_is_there(world: World) -> None:
    error = world.refused("TransactGetItems", TransactItems=[get(x="a"), get("nowhere", x="a")])
    assert (error.name, error.message) == ("ResourceNotFoundException", NOT_FOUND)


@pytest.mark.parametrize("key", [item(pk=1), item(x="a"), item(pk="a", sk="b"), item(pk={"L": []})])
def test_the_first_key_that_does_not_fit_cancels(world: World, key: dict[str, Any]) -> None:
    bad = {"Get": {"TableName": SIMPLE, "Key": key}}
    assert reasons(world, get(pk="a"), get(pk="a"), bad, bad) == [NONE, NONE, MISMATCH, NONE]


def test_projections_do_not_look_into_keys(world: World) -> None:
    bad = get(pk="b", extra={"ProjectionExpression": "pk.a"})
    assert refusal(world, bad, get(x="a")) == (
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"
    )


def test_an_item_is_read_once(world: World) -> None:
    expected = "Transaction request cannot include multiple operations on one item"
    assert refusal(world, get(pk="a"), get(pk="b"), get(pk="a", extra={"ProjectionExpression": "x"})) == expected
