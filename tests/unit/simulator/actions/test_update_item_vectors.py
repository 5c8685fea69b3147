"""UpdateItem on the recorded vectors: what every kind of update does, and which conditions hold.

The conditions are those of all writes and filters; here they guard an update that changes nothing.
"""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from tests.simulated_items import CONDITION_FAILED, SIMPLE, World, item

IPV: Final = "One or more parameter values were invalid: "
PATH_INVALID: Final = "The document path provided in the update expression is invalid for update"
ATTRIBUTE_MISSING: Final = "The provided expression refers to an attribute that does not exist in the item"
TYPE_WRONG: Final = "An operand in the update expression has an incorrect data type"
KEY_UPDATED: Final = f"{IPV}Cannot update attribute pk. This attribute is part of the key"

S = {name: {"S": name} for name in "abcxyz"}
OLD = item(
    n=5, s="abc", l={"L": [S["a"], S["b"], S["c"]]}, m={"M": {"a": {"N": "1"}}}, ss={"SS": ["a", "b"]}, ns={"NS": ["1"]}
)
VALUES = {
    ":1": {"N": "1"},
    ":x": S["x"],
    ":y": S["y"],
    ":l": {"L": [S["z"]]},
    ":ss": {"SS": ["a", "c"]},
    ":ab": {"SS": ["a", "b"]},
    ":ns": {"NS": ["1", "2"]},
}


def letters(text: str) -> dict[str, Any]:
    return {"L": [S[letter] for letter in text]}


@pytest.fixture
def world() -> World:
    world = World()
    world.put(SIMPLE, pk="a", **OLD)
    return world


def request(expression: str, **more: Any) -> dict[str, Any]:
    """An update of the item, with the values it uses."""
    texts = expression + " " + more.get("ConditionExpression", "")
    used = {name: VALUES[name] for name in re.findall(r":\w+", texts) if name in VALUES}
    values = {"ExpressionAttributeValues": used} if used else {}
    return {"TableName": SIMPLE, "Key": item(pk="a"), "UpdateExpression": expression, **values, **more}


# ── vectors ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("expression", "changed"),
    [
        ("SET n = :1 - n", {"n": {"N": "-4"}}),
        ("SET n = if_not_exists(nope, n) + :1", {"n": {"N": "6"}}),
        ("SET n = :1, x = n", {"n": {"N": "1"}, "x": {"N": "5"}}),
        ("SET l[9] = :x, l[7] = :y", {"l": letters("abcyx")}),
        ("SET l[3] = :x, l[1] = :y", {"l": letters("aycx")}),
        ("SET m.b = :x", {"m": {"M": {"a": {"N": "1"}, "b": S["x"]}}}),
        ("SET l = list_append(:l, l)", {"l": letters("zabc")}),
        ("SET q = list_append(if_not_exists(nope, :l), :l)", {"q": letters("zz")}),
        ("SET q = m.a", {"q": {"N": "1"}}),
        ("REMOVE l[0], l[1]", {"l": letters("c")}),
        ("REMOVE l[0] SET l[1] = :x", {"l": letters("xc")}),
        ("REMOVE l[9]", {}),
        ("REMOVE nope", {}),
        ("REMOVE m.zz", {}),
        ("REMOVE m.a", {"m": {"M": {}}}),
        ("ADD nope :1", {"nope": {"N": "1"}}),
        ("ADD m.zz :1", {"m": {"M": {"a": {"N": "1"}, "zz": {"N": "1"}}}}),
        ("ADD l[9] :1", {"l": {"L": [*letters("abc")["L"], {"N": "1"}]}}),
        ("ADD ss :ss", {"ss": {"SS": ["a", "b", "c"]}}),
        ("ADD nope :ss", {"nope": {"SS": ["a", "c"]}}),
        ("DELETE ss :ss", {"ss": {"SS": ["b"]}}),
        ("DELETE ss :ab", {"ss": None}),
        ("DELETE nope :ss", {}),
        ("set n = n + :1 remove s add ns :ns delete ss :ss",
         {"n": {"N": "6"}, "s": None, "ns": {"NS": ["1", "2"]}, "ss": {"SS": ["b"]}}),
    ],
)  # fmt: skip
def test_vectors_of_updates(world: World, expression: str, changed: dict[str, Any]) -> None:
    assert world("UpdateItem", **request(expression)) == {}
    expected = {name: value for name, value in {**OLD, **changed}.items() if value is not None}
    assert world.get(SIMPLE, pk="a") == item(pk="a", **expected)


@pytest.mark.parametrize(
    ("text", "expressions"),
    [
        (ATTRIBUTE_MISSING, ["SET n = nope + :1", "SET q = list_append(nope, :l)", "SET q = l[9]",
                             "SET q = if_not_exists(s, nope)"]),
        (TYPE_WRONG, ["SET n = s + :1", "SET q = list_append(s, :l)", "ADD s :1", "ADD ss :ns", "ADD l[0] :1",
                      "DELETE ns :ss", "DELETE s :ss"]),
        (PATH_INVALID, ["SET nope[0] = :x", "SET nope.b = :x", "SET s.b = :x", "SET m[0] = :x", "SET l.a = :x",
                        "SET m.q.r = :x", "REMOVE nope.a", "REMOVE s.a", "ADD nope.zz :1", "DELETE nope.a :ss"]),
        (KEY_UPDATED, ["SET pk = :x", "SET pk.a = :x", "REMOVE pk", "ADD pk :1", "SET n = :1 REMOVE pk[0]"]),
    ],
)  # fmt: skip
def test_vectors_of_refused_updates(world: World, text: str, expressions: list[str]) -> None:
    for expression in expressions:
        assert world.message("UpdateItem", **request(expression)) == text, expression


CONDITIONED = item(
    n=5, neg=-1, s="abc", e="", emo="😀", b={"B": "AP8="}, t={"BOOL": True}, z={"NULL": True},
    ss={"SS": ["a", "b"]}, ns={"NS": ["1", "2"]}, bs={"BS": ["AA==", "/w=="]}, em={"M": {}},
    l={"L": [{"N": "1"}, S["x"], {"M": {"k": {"N": "2"}}}]}, m={"M": {"a": {"N": "1"}, "b": S["y"]}},
)  # fmt: skip
CONDITION_VALUES: dict[str, dict[str, Any]] = {
    ":0": {"N": "0"}, ":1": {"N": "1"}, ":2": {"N": "2"}, ":3": {"N": "3"}, ":5": {"N": "5.0"}, ":10": {"N": "10"},
    ":abc": {"S": "abc"}, ":b": {"S": "b"}, ":e": {"S": ""}, ":t": {"BOOL": True}, ":z": {"NULL": True},
    ":ss": {"SS": ["b", "a"]}, ":ns": {"NS": ["2.0", "1"]}, ":bin": {"B": "/w=="}, ":mk": {"M": {"k": {"N": "2"}}},
    ":l": {"L": [{"N": "1.0"}, S["x"], {"M": {"k": {"N": "2"}}}]}, ":m": {"M": {"b": S["y"], "a": {"N": "1"}}},
    ":N": {"S": "N"}, ":S": {"S": "S"}, ":NULL": {"S": "NULL"},
}  # fmt: skip
TRUE = """
n = :5 · n <> :abc · n < :10 · s >= :abc · nope <> :5 · NOT nope = :5 · attribute_not_exists(nope.x)
attribute_exists(z) · z = :z · attribute_type(z, :NULL) · t = :t · t <> :5
ss = :ss · ns = :ns · l = :l · m = :m · ss IN (:ss) · m IN (:m) · n IN (:abc, :5)
size(s) = :3 · size(e) = :0 · size(b) = :2 · size(ss) = :2 · size(l) = :3 · size(m) = :2 · size(em) = :0
size(emo) = :2 · size(n) <> :1 · size(nope) <> :1 · NOT size(n) = :1
contains(s, :b) · contains(s, :e) · contains(ss, :b) · contains(ns, :1) · contains(l, :1) · contains(l, :mk)
contains(b, :bin) · contains(bs, :bin)
begins_with(s, :e) · attribute_type(l[1], :S) · l[2].k = :2 · m.a < n · :1 < :2 · n BETWEEN neg AND :10
NOT (n = :5 AND nope = :5) · n = :5 OR nope < :5 AND t = :5
"""
FALSE = """
n < :abc · s > :abc · s = n · nope = :5 · nope < :5 · nope BETWEEN :1 AND :10 · attribute_type(nope, :N)
l[9] = :1 · l[0].x = :1 · s BETWEEN :1 AND :10 · size(n) = :1 · size(emo) = :1
contains(m, :b) · contains(n, :5) · begins_with(n, :b)
"""
VECTORS = [
    (condition.strip(), holds)
    for text, holds in ((TRUE, True), (FALSE, False))
    for line in text.strip().splitlines()
    for condition in line.split("·")
]


@pytest.mark.parametrize(("condition", "holds"), VECTORS)
def test_vectors_of_conditions(world: World, condition: str, holds: bool) -> None:
    world.put(SIMPLE, pk="c", **CONDITIONED)
    used = {name: CONDITION_VALUES[name] for name in re.findall(r":\w+", condition)}
    asked: dict[str, Any] = {"TableName": SIMPLE, "Key": item(pk="c"), "ConditionExpression": condition}
    if used:
        asked["ExpressionAttributeValues"] = used
    if holds:
        assert world("UpdateItem", **asked) == {}
    else:
        error = world.refused("UpdateItem", **asked)
        assert (error.name, error.message) == ("ConditionalCheckFailedException", CONDITION_FAILED)
