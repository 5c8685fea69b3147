"""What proves that a conditional write had been applied before it was refused, and what proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.codec import encode_item
from hashrange.expressions import Attr, Raw, Update
from hashrange.operations.applied import put_applied, same_value, update_applied

ITEM: dict[str, Any] = {
    "PK": "a",
    "SK": "b",
    "n": 1,
    "tags": {"x", "y"},
    "deep": {"list": [1, {"k": None}], "flag": True},
}
WIRE = encode_item(ITEM)


def stored(**changes: Any) -> dict[str, Any]:
    return encode_item({**ITEM, **changes})


# ── equality ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"N": "1"}, {"N": "1.0"}),
        ({"N": "100"}, {"N": "1E+2"}),
        ({"N": "0"}, {"N": "-0.00"}),
        ({"NS": ["1", "2"]}, {"NS": ["2.0", "1"]}),
        ({"SS": ["a", "b"]}, {"SS": ["b", "a"]}),
        ({"BS": ["AA==", "AQ=="]}, {"BS": ["AQ==", "AA=="]}),
        ({"L": [{"N": "1"}, {"SS": ["a", "b"]}]}, {"L": [{"N": "1.00"}, {"SS": ["b", "a"]}]}),
        ({"M": {"a": {"N": "1"}, "b": {"S": ""}}}, {"M": {"b": {"S": ""}, "a": {"N": "1.0"}}}),
        ({"NULL": True}, {"NULL": True}),
        ({"BOOL": False}, {"BOOL": False}),
        ({"B": ""}, {"B": ""}),
    ],
)
def test_equal_for_dynamodb(one: Any, other: Any) -> None:
    assert same_value(one, other) is True
    assert same_value(other, one) is True


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"N": "1"}, {"S": "1"}),
        ({"N": "1"}, {"N": "1.00000000000000000000000000000000000001"}),
        ({"S": "a"}, {"S": "A"}),
        ({"S": "AA=="}, {"B": "AA=="}),
        ({"SS": ["1"]}, {"NS": ["1"]}),
        ({"SS": ["a"]}, {"SS": ["a", "b"]}),
        ({"NS": ["1"]}, {"NS": ["1", "2"]}),
        ({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]}),
        ({"L": []}, {"L": [{"S": "a"}]}),
        ({"L": []}, {"M": {}}),
        ({"M": {"a": {"N": "1"}}}, {"M": {}}),
        ({"M": {"a": {"N": "1"}}}, {"M": {"b": {"N": "1"}}}),
        ({"M": {"a": {"N": "1"}}}, {"M": {"a": {"N": "2"}}}),
        ({"BOOL": False}, {"BOOL": True}),
        ({"BOOL": True}, {"NULL": True}),
    ],
)
def test_not_equal_for_dynamodb(one: Any, other: Any) -> None:
    assert same_value(one, other) is False
    assert same_value(other, one) is False


# ── put ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_put_was_applied_where_its_item_is_stored() -> None:
    applied = put_applied(WIRE)
    assert applied(stored()) == {}
    assert applied({**WIRE, "n": {"N": "1.0"}, "tags": {"SS": ["y", "x"]}}) == {}


@pytest.mark.parametrize(
    "found",
    [None, {}, stored(n=2), stored(more=1), {name: WIRE[name] for name in ("PK", "SK")}],
    ids=["no item", "an empty one", "another value", "one attribute more", "the key alone"],
)
def test_anything_else_proves_nothing_of_a_put(found: Any) -> None:
    assert put_applied(WIRE)(found) is None


# ── update ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "update",
    [
        Update().set("n", 1),
        Update().set("n", 1.0),
        Update().set("tags", {"y", "x"}),
        Update().set("n", 1).remove("gone", Attr("deep").gone, Attr("void").deeper, Attr("deep").list[2]),
        Update().set(Attr("deep").flag, True).set(Attr("deep").list[1].k, None),
        Update().set(Attr("deep").list[0], 1),
    ],
    ids=repr,
)
def test_an_update_was_applied_where_all_that_it_sets_is_stored_and_all_that_it_removes_is_gone(update: Update) -> None:
    assert update_applied(update, "none")(WIRE) == {}


@pytest.mark.parametrize(
    "update",
    [
        Update().set("n", 2),
        Update().set("n", 1).set("m", 1),
        Update().set("n", 1).remove("tags"),
        Update().set("n", 1).remove(Attr("deep").flag),
        Update().set(Attr("deep").flag, False),
        Update().set(Attr("deep").list[2], 1),
        Update().set(Attr("n").below, 1),  # a path through what is no map
        Update().set(Attr("tags")[0], "x"),
        Update().set(Attr("deep")[0], 1),
        Update().set(Attr("deep").list.k, 1),
    ],
    ids=repr,
)
def test_a_change_that_is_not_there_proves_that_it_was_not(update: Update) -> None:
    assert update_applied(update, "none")(WIRE) is None


@pytest.mark.parametrize(
    "update",
    [
        Update().remove("gone"),  # nothing of this call is there to be found
        Update().set("n", 1).add("m", 1),
        Update().set("n", Attr("n") + 0),
        Update().set("n", Attr("n")),
        Update().set("n", Attr("n").if_not_exists(1)),
        Update().set("n", 1).delete("tags", {"z"}),
        Update().append("list", []),
        Update().set("n", Raw(":v", None, {":v": 1})),
        Raw("SET n = :v", None, {":v": 1}),
        Update(),
    ],
    ids=repr,
)
def test_of_other_updates_nothing_can_be_told(update: Update | Raw) -> None:
    assert update_applied(update, "all_new")(WIRE) is None


def test_an_update_whose_item_is_gone_proves_nothing() -> None:
    assert update_applied(Update().set("n", 1), "none")(None) is None


# ── what the update gives ────────────────────────────────────────────────────────────────────────────────────────────
CHANGES = (
    Update()
    .set("n", 1.0)
    .set(Attr("deep").list[1].k, None)
    .set(Attr("deep").list[0], 1)
    .set(Attr("deep").flag, True)
    .remove("gone")
)


@pytest.mark.parametrize(
    ("returns", "answer"),
    [
        ("none", {}),
        ("all_old", {}),
        ("updated_old", {}),
        ("all_new", {"Attributes": WIRE}),
        (
            "updated_new",
            {
                "Attributes": {
                    "n": {"N": "1"},
                    "deep": {
                        "M": {"list": {"L": [{"N": "1"}, {"M": {"k": {"NULL": True}}}]}, "flag": {"BOOL": True}},
                    },
                }
            },
        ),
    ],
)
def test_what_an_update_gives(returns: Any, answer: Any) -> None:
    assert update_applied(CHANGES, returns)(WIRE) == answer


def test_of_a_list_only_the_elements_that_were_set() -> None:
    found = encode_item({"l": [{"a": 0, "b": 1, "c": 2}, 5, 6]})
    update = Update().set(Attr("l")[2], 6).set(Attr("l")[0].c, 2).set(Attr("l")[0].a, 0)
    assert update_applied(update, "updated_new")(found) == {
        "Attributes": encode_item({"l": [{"c": 2, "a": 0}, 6]}),
    }
