"""ExecuteStatement: what INSERT, UPDATE and DELETE write and return, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_items import INDEXED, item
from tests.simulated_statements import THINGS, Statements


@pytest.fixture
def world() -> Statements:
    return Statements()


# ── INSERT ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_insert(world: Statements) -> None:
    text = "INSERT INTO Indexed VALUE {'pk': ?, 'sk': '1', 'l': [1, 'a', true, null], 'm': {'a': <<1, 2>>}, 'x': -1.50}"
    assert world.run(text, "new") == {}
    assert world.get(INDEXED, pk="new", sk="1") == {
        **item(pk="new", sk="1", x={"N": "-1.5"}),
        "l": {"L": [{"N": "1"}, {"S": "a"}, {"BOOL": True}, {"NULL": True}]},
        "m": {"M": {"a": {"NS": ["1", "2"]}}},
    }


def test_an_insert_replaces_nothing(world: Statements) -> None:
    text = "INSERT INTO Indexed VALUE {'pk': 'a', 'sk': '1'}"
    error = world.refused("ExecuteStatement", Statement=text)
    assert (error.name, error.message) == ("DuplicateItemException", "Duplicate primary key exists in table")
    told = world.refused("ExecuteStatement", Statement=text, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert told.name == "ConditionalCheckFailedException"
    assert told.members["Item"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{'pk': 'a'}", "Key attribute should be present in the item: Key sk"),
        ("{'sk': 'a', 'pk': 1}", "Key attribute's data type should match its data type in table's schema: Key pk"),
        (
            "{'pk': '', 'sk': '1'}",
            (
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
                "empty string value. Key: pk"
            ),
        ),
        (
            "{'pk': 'x', 'sk': '1', 'g': 1}",
            (
                "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N "
                "IndexName: by-g"
            ),
        ),
    ],
)
def test_inserts_that_do_not_fit(world: Statements, value: str, message: str) -> None:
    assert world.wrong(f"INSERT INTO Indexed VALUE {value}") == message


def test_an_insert_that_is_too_large(world: Statements) -> None:
    text = "INSERT INTO Indexed VALUE {'pk': 'x', 'sk': '1', 'a': ?}"
    assert world.wrong(text, "x" * 409_600) == "Item size has exceeded the maximum allowed size"


# ── UPDATE ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("changes", "modified"),
    [
        ("SET n = n + 1", {"n": {"N": "6"}}),
        ("SET n = n + 1 - 2", {"n": {"N": "4"}}),
        ("SET n = 10 - (n + 1)", {"n": {"N": "4"}}),
        ("SET q = if_not_exists(q, 5) + 1", {"q": {"N": "6"}}),
        ("SET q = m.k", {"q": {"S": "v"}}),
        ("SET m.k = 'w', m.more = 1", {"m": {"M": {"k": {"S": "w"}, "more": {"N": "1"}}}}),
        ("SET m.l[0] = 9 REMOVE m.l[1]", {"m": {"M": {"l": {"L": [{"N": "9"}]}}}}),
        ("SET l = list_append(l, [1])", {"l": {"L": [{"S": "first"}, {"N": "1"}]}}),
        ("SET l = list_append([1], l)", {"l": {"L": [{"N": "1"}, {"S": "first"}]}}),
        ("SET ss = set_add(ss, <<'r'>>)", {"ss": {"SS": ["p", "q", "r"]}}),
        ("SET ss = SET_DELETE(ss, <<'q'>>)", {"ss": {"SS": ["p"]}}),
        ("SET fresh = set_add(fresh, <<1>>)", {"fresh": {"NS": ["1"]}}),
        ("SET x = 1 SET y = NULL", {"x": {"N": "1"}, "y": {"NULL": True}}),
        ("SET x = {'a': [1]}", {"x": {"M": {"a": {"L": [{"N": "1"}]}}}}),
    ],
)
def test_updates(world: Statements, changes: str, modified: dict[str, Any]) -> None:
    text = f"UPDATE Indexed {changes} WHERE pk = 'a' AND sk = '1'"
    assert world.items(f"{text} RETURNING MODIFIED NEW *") == [modified]


def test_removals(world: Statements) -> None:
    world.run("UPDATE Indexed REMOVE m.l[0] REMOVE ss WHERE pk = 'a' AND sk = '1'")
    stored = world.get(INDEXED, pk="a", sk="1") or {}
    assert stored["m"] == {"M": {"k": {"S": "v"}, "l": {"L": [{"N": "2"}]}}}
    assert "ss" not in stored


def test_returning(world: Statements) -> None:
    text = "UPDATE Indexed SET n = ? WHERE pk = 'a' AND sk = '2'"
    old, new = item(**THINGS["a2"]), item(**{**THINGS["a2"], "n": 8})
    assert world.run(text, 7) == {}
    assert world.items(f"{text} RETURNING ALL OLD *", 8) == [old]
    assert world.items(f"{text} RETURNING ALL NEW *", 8) == [new]
    assert world.items(f"{text} RETURNING MODIFIED OLD *", 9) == [item(n=8)]
    assert world.items("UPDATE Indexed REMOVE nope WHERE pk = 'a' AND sk = '2' RETURNING MODIFIED OLD *") == []


@pytest.mark.parametrize("rest", ["pk = 'nobody' AND sk = '1'", "pk = 'a' AND sk = '1' AND n = 6"])
def test_an_update_makes_no_item_and_keeps_to_its_condition(world: Statements, rest: str) -> None:
    error = world.refused("ExecuteStatement", Statement=f"UPDATE Indexed SET n = 1 WHERE {rest} AND nope IS MISSING")
    assert (error.name, error.message) == ("ConditionalCheckFailedException", "The conditional request failed")


def test_a_failed_condition_tells_the_item(world: Statements) -> None:
    text = "UPDATE Indexed SET n = 1 WHERE pk = 'a' AND sk = '2' AND n = 1"
    error = world.refused("ExecuteStatement", Statement=text, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert b'"7"' in bytes(error.members["Item"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SET n = 1", "Where clause does not contain a mandatory equality on all key attributes"),
        ("SET n = 1 WHERE pk = 'a'", "Where clause does not contain a mandatory equality on all key attributes"),
        (
            "SET n = 1 WHERE pk = 'a' AND sk > '1'",
            "Where clause does not contain a mandatory equality on all key attributes",
        ),
        (
            "SET n = 1 WHERE pk = 'a' AND sk = '1' AND sk = '2'",
            "Multiple conditions on same key sk. Only single item Update/Insert/Delete are supported",
        ),
        (
            "SET n = 1 WHERE pk = 1 AND sk = '1'",
            "Key attribute's data type should match its data type in table's schema: Key pk",
        ),
        (
            "SET pk = 'b' WHERE pk = 'a' AND sk = '1'",
            "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key",
        ),
        (
            "SET n = 1, n = 2 WHERE pk = 'a' AND sk = '1'",
            (
                "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                "path one: [n], path two: [n]"
            ),
        ),
        (
            "SET nope.x = 1 WHERE pk = 'a' AND sk = '1'",
            "The document path provided in the update expression is invalid for update",
        ),
        (
            "SET n = g + 1 WHERE pk = 'a' AND sk = '1'",
            "An operand in the update expression has an incorrect data type",
        ),
        (
            "SET n = nope WHERE pk = 'a' AND sk = '1'",
            "The provided expression refers to an attribute that does not exist in the item",
        ),
    ],
)
def test_updates_that_cannot_be(world: Statements, text: str, message: str) -> None:
    assert world.wrong(f"UPDATE Indexed {text}") == message


def test_the_type_of_a_set_shows_with_its_parameter(world: Statements) -> None:
    text = "UPDATE Indexed SET ss = set_add(ss, ?) WHERE pk = 'a' AND sk = '1'"
    assert world.run(text, {"SS": ["r"]}) == {}
    assert world.wrong(text, "r") == "The second argument to SET_ADD must be a value with type SET at 1:33:2"


# ── DELETE ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_deletes(world: Statements) -> None:
    text = "DELETE FROM Indexed WHERE pk = 'a' AND sk = '2'"
    assert world.items(f"{text} RETURNING ALL OLD *") == [item(**THINGS["a2"])]
    assert world.get(INDEXED, pk="a", sk="2") is None
    assert world.run(text) == {}
    assert world.items(f"{text} RETURNING ALL OLD *") == []
    assert world.run(f"{text} AND n IS MISSING") == {}


def test_a_delete_keeps_to_its_condition(world: Statements) -> None:
    text = "DELETE FROM Indexed WHERE pk = 'a' AND sk = '2' AND n = 1"
    assert world.refused("ExecuteStatement", Statement=text).name == "ConditionalCheckFailedException"
    assert world.wrong("DELETE FROM Indexed WHERE pk = 'a'") == (
        "Where clause does not contain a mandatory equality on all key attributes"
    )
