"""Checked updates on items: the service's answers to a table of updates, and what stays as it was."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from hashrange.simulator.errors import ApiError
from hashrange.simulator.language.apply_update import apply_update
from hashrange.simulator.values import Item, canonical_item
from tests.simulated_language import update


def texts(*values: str) -> dict[str, Any]:
    return {"L": [{"S": value} for value in values]}


ITEM = canonical_item(
    {
        "n": {"N": "5"},
        "s": {"S": "abc"},
        "l": texts("a", "b", "c"),
        "m": {"M": {"a": {"N": "1"}}},
        "ss": {"SS": ["a", "b"]},
        "ns": {"NS": ["1"]},
        "bs": {"BS": ["AA==", "/w=="]},
    }
)
VALUES: dict[str, dict[str, Any]] = {
    ":1": {"N": "1"},
    ":x": {"S": "x"},
    ":y": {"S": "y"},
    ":l": texts("z"),
    ":ss": {"SS": ["a", "c"]},
    ":ab": {"SS": ["a", "b"]},
    ":ns": {"NS": ["2", "1"]},
    ":bs": {"BS": ["/w=="]},
    ":m": {"M": {}},
}
MISSING = "The provided expression refers to an attribute that does not exist in the item"
WRONG_TYPE = "An operand in the update expression has an incorrect data type"
NO_PATH = "The document path provided in the update expression is invalid for update"
GONE = None

CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("SET n = :1 - n", {"n": {"N": "-4"}}),
    ("SET n = if_not_exists(nope, n) + :1", {"n": {"N": "6"}}),
    ("SET n = :1, x = n", {"n": {"N": "1"}, "x": {"N": "5"}}),
    ("SET l[9] = :x, l[7] = :y", {"l": texts("a", "b", "c", "y", "x")}),
    ("SET l[3] = :x, l[1] = :y", {"l": texts("a", "y", "c", "x")}),
    ("SET m.b = :x", {"m": {"M": {"a": {"N": "1"}, "b": {"S": "x"}}}}),
    ("SET l = list_append(:l, l)", {"l": texts("z", "a", "b", "c")}),
    ("SET l = list_append(l, l)", {"l": texts("a", "b", "c", "a", "b", "c")}),
    ("SET q = list_append(if_not_exists(nope, :l), :l)", {"q": texts("z", "z")}),
    ("SET q = m.a", {"q": {"N": "1"}}),
    ("REMOVE l[0], l[1]", {"l": texts("c")}),
    ("REMOVE l[0] SET l[1] = :x", {"l": texts("x", "c")}),
    ("REMOVE l[9]", {}),
    ("REMOVE nope", {}),
    ("REMOVE m.zz", {}),
    ("REMOVE m.a", {"m": {"M": {}}}),
    ("ADD nope :1", {"nope": {"N": "1"}}),
    ("ADD m.zz :1", {"m": {"M": {"a": {"N": "1"}, "zz": {"N": "1"}}}}),
    ("ADD l[9] :1", {"l": {"L": [*texts("a", "b", "c")["L"], {"N": "1"}]}}),
    ("ADD ss :ss", {"ss": {"SS": ["a", "b", "c"]}}),
    ("ADD nope :ss", {"nope": {"SS": ["a", "c"]}}),
    ("DELETE ss :ss", {"ss": {"SS": ["b"]}}),
    ("DELETE ss :ab", {"ss": GONE}),
    ("DELETE nope :ss", {}),
    # beyond the service's table
    ("SET n = n", {}),
    ("SET n = n + n", {"n": {"N": "10"}}),
    ("SET s = n, n = s", {"s": {"N": "5"}, "n": {"S": "abc"}}),
    ("SET x = m, m.a = :x", {"x": {"M": {"a": {"N": "1"}}}, "m": {"M": {"a": {"S": "x"}}}}),
    ("SET m.a = :x, x = m", {"x": {"M": {"a": {"N": "1"}}}, "m": {"M": {"a": {"S": "x"}}}}),
    ("SET q = if_not_exists(s, :x)", {"q": {"S": "abc"}}),
    ("SET q = if_not_exists(nope, if_not_exists(m.zz, s))", {"q": {"S": "abc"}}),
    ("SET q = if_not_exists(nope, :1) + if_not_exists(n, :1)", {"q": {"N": "6"}}),
    ("REMOVE l[3] SET l[9] = :x", {"l": texts("a", "b", "c", "x")}),
    ("REMOVE l[0], l[1], l[2]", {"l": {"L": []}}),
    ("REMOVE l", {"l": GONE}),
    ("ADD n :1, ns :ns, bs :bs", {"n": {"N": "6"}, "ns": {"NS": ["1", "2"]}}),
    ("DELETE bs :bs", {"bs": {"BS": ["AA=="]}}),
    ("DELETE m.zz :ss", {}),
    ("DELETE l[9] :ss", {}),
    ("SET m.b = :m, m.c = :x REMOVE m.a", {"m": {"M": {"b": {"M": {}}, "c": {"S": "x"}}}}),
]

REFUSALS = {
    MISSING: [
        "SET n = nope + :1",
        "SET q = list_append(nope, :l)",
        "SET q = list_append(nope, s)",
        "SET q = list_append(l, nope)",
        "SET n = nope + s",
        "SET q = l[9]",
        "SET q = if_not_exists(s, nope)",
        "SET q = m.zz",
        "SET q = nope",
    ],
    WRONG_TYPE: [
        "SET n = s + :1",
        "SET n = :1 - s",
        "SET q = list_append(s, :l)",
        "SET q = list_append(s, nope)",
        "SET q = list_append(:l, n)",
        "ADD s :1",
        "ADD ss :ns",
        "ADD l[0] :1",
        "ADD n :ss",
        "DELETE ns :ss",
        "DELETE s :ss",
        "SET n = s - nope",
    ],
    NO_PATH: [
        "SET nope[0] = :x",
        "SET nope.b = :x",
        "SET s.b = :x",
        "SET m[0] = :x",
        "SET l.a = :x",
        "SET m.q.r = :x",
        "SET l[9].a = :x",
        "REMOVE nope.a",
        "REMOVE s.a",
        "REMOVE m[0]",
        "ADD nope.zz :1",
        "DELETE nope.a :ss",
        "SET s.b = nope",
        "SET nope.b = s + :1",
    ],
}


def applied(text: str, item: Item = ITEM, values: dict[str, dict[str, Any]] = VALUES) -> Item:
    return apply_update(update(text, values), item)


@pytest.mark.parametrize(("text", "changed"), CHANGES)
def test_updates(text: str, changed: dict[str, Any]) -> None:
    before = deepcopy(ITEM)
    expected = {**ITEM, **changed}
    assert applied(text) == {name: value for name, value in expected.items() if value is not GONE}
    assert before == ITEM, "the old item is never touched"


@pytest.mark.parametrize(("text", "message"), [(text, message) for message, all_ in REFUSALS.items() for text in all_])
def test_updates_that_fail(text: str, message: str) -> None:
    before = deepcopy(ITEM)
    with pytest.raises(ApiError) as caught:
        applied(text)
    assert (caught.value.name, caught.value.message) == ("ValidationException", message)
    assert before == ITEM


@pytest.mark.parametrize(
    ("stored", "text", "operand", "result"),
    [
        ("0.1", "SET n = n + :v", "0.2", "0.3"),
        ("1", "ADD n :v", "-1", "0"),
        ("1e125", "SET n = n - :v", "1e125", "0"),
        ("9" * 38, "ADD n :v", "1", "1" + "0" * 38),
        ("1e-130", "SET n = n + :v", "1e-130", "0." + "0" * 129 + "2"),
        ("12345678901234567890", "SET n = n + :v", "0.123456789012345678", "12345678901234567890.123456789012345678"),
    ],
)
def test_sums_are_exact(stored: str, text: str, operand: str, result: str) -> None:
    item = canonical_item({"n": {"N": stored}})
    assert applied(text, item, {":v": {"N": operand}}) == {"n": {"N": result}}


@pytest.mark.parametrize(
    ("stored", "operand", "message"),
    [
        ("9e125", "9e125", "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        ("1" + "0" * 38, "1", "Attempting to store more than 38 significant digits in a Number"),
        ("1", "1e-130", "Attempting to store more than 38 significant digits in a Number"),
    ],
)
def test_sums_keep_to_the_range_of_numbers(stored: str, operand: str, message: str) -> None:
    item = canonical_item({"n": {"N": stored}})
    for text in ("SET n = n + :v", "ADD n :v"):
        with pytest.raises(ApiError) as caught:
            applied(text, item, {":v": {"N": operand}})
        assert caught.value.message == message


def test_only_what_changes_is_copied() -> None:
    after = applied("SET m.a = :x")
    assert after["l"] is ITEM["l"]
    assert after["m"] is not ITEM["m"]


def test_an_update_of_nothing_makes_an_item() -> None:
    assert applied("SET a = :x ADD b :1", {}) == {"a": {"S": "x"}, "b": {"N": "1"}}
    assert applied("REMOVE a DELETE b :ss", {}) == {}


def test_the_longest_chain_of_defaults() -> None:
    count = 190
    chain = "".join(f"if_not_exists(a{number}," for number in range(count))
    assert applied(f"SET q={chain}s{')' * count}")["q"] == {"S": "abc"}
