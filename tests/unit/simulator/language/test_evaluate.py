"""Checked conditions on items: the service's answers to a table of conditions."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator.language.evaluate import find, predicate
from hashrange.simulator.values import canonical_item
from tests.simulated_language import condition

ITEM = canonical_item(
    {
        "n": {"N": "5"},
        "neg": {"N": "-1"},
        "s": {"S": "abc"},
        "e": {"S": ""},
        "emo": {"S": "😀"},
        "b": {"B": "AP8="},
        "t": {"BOOL": True},
        "z": {"NULL": True},
        "ss": {"SS": ["a", "b"]},
        "ns": {"NS": ["1", "2"]},
        "bs": {"BS": ["AA==", "/w=="]},
        "l": {"L": [{"N": "1"}, {"S": "x"}, {"M": {"k": {"N": "2"}}}]},
        "m": {"M": {"a": {"N": "1"}, "b": {"S": "y"}}},
        "em": {"M": {}},
    }
)
VALUES: dict[str, dict[str, Any]] = {
    ":1": {"N": "1"},
    ":2": {"N": "2"},
    ":3": {"N": "3"},
    ":0": {"N": "0"},
    ":5": {"N": "5.0"},
    ":10": {"N": "10"},
    ":abc": {"S": "abc"},
    ":a": {"S": "a"},
    ":b": {"S": "b"},
    ":e": {"S": ""},
    ":N": {"S": "N"},
    ":S": {"S": "S"},
    ":NULL": {"S": "NULL"},
    ":t": {"BOOL": True},
    ":z": {"NULL": True},
    ":ss": {"SS": ["b", "a"]},
    ":ns": {"NS": ["2.0", "1"]},
    ":l": {"L": [{"N": "1.0"}, {"S": "x"}, {"M": {"k": {"N": "2"}}}]},
    ":m": {"M": {"b": {"S": "y"}, "a": {"N": "1"}}},
    ":mk": {"M": {"k": {"N": "2"}}},
    ":bin": {"B": "/w=="},
    ":low": {"B": "AA=="},
}

TRUE = """
n = :5 · n <> :abc · n < :10 · s >= :abc
nope <> :5 · NOT nope = :5 · attribute_not_exists(nope.x)
attribute_exists(z) · z = :z · attribute_type(z, :NULL) · t = :t · t <> :5
ss = :ss · ns = :ns · l = :l · m = :m · ss IN (:ss) · m IN (:m) · n IN (:abc, :5)
size(s) = :3 · size(e) = :0 · size(b) = :2 · size(ss) = :2 · size(l) = :3 · size(m) = :2 · size(em) = :0
size(emo) = :2
size(n) <> :1 · size(nope) <> :1 · NOT size(n) = :1
contains(s, :b) · contains(s, :e) · contains(ss, :b) · contains(ns, :1) · contains(l, :1) · contains(l, :mk)
contains(b, :bin) · contains(bs, :bin)
begins_with(s, :e) · attribute_type(l[1], :S) · l[2].k = :2 · m.a < n · :1 < :2 · n BETWEEN neg AND :10
NOT (n = :5 AND nope = :5) · n = :5 OR nope < :5 AND t = :5
begins_with(s, :a) · begins_with(b, :low) · begins_with(:abc, :a) · begins_with(:abc, s)
b < :bin · :bin > b · b BETWEEN :low AND :bin · s BETWEEN :a AND :b · n >= :5 · n <= :5 · neg < :0
NOT NOT n = :5 · NOT NOT NOT n = :1 · n = :5 AND s = :abc AND t = :t · n = :1 OR s = :a OR t = :t
attribute_type(:1, :N) · attribute_type(size(s), :N) · size(s) < n · n IN (:1, n2, :5) · nope <> nope2
l[0] = m.a · z <> t · e = :e · e < :a · contains(ss, :a) AND NOT contains(ss, s)
"""
FALSE = """
n < :abc · s > :abc · s = n
nope = :5 · nope < :5 · nope BETWEEN :1 AND :10 · attribute_type(nope, :N)
l[9] = :1 · l[0].x = :1
s BETWEEN :1 AND :10
size(n) = :1 · size(emo) = :1
contains(m, :b) · contains(n, :5)
begins_with(n, :b)
nope IN (:5) · nope = nope2 · size(nope) = size(nope2) · begins_with(nope, :a) · begins_with(s, nope)
contains(nope, :a) · contains(s, nope) · contains(ss, :1) · contains(ns, :a) · contains(l, :a) · contains(s, :1)
contains(t, :t) · contains(z, :z) · contains(b, :a) · begins_with(b, :bin) · begins_with(s, :b) · begins_with(ss, :a)
n BETWEEN :1 AND nope · n BETWEEN nope AND :10 · attribute_exists(nope) · attribute_exists(s.x) · attribute_exists(l.a)
m[0] = :1 · s[0] = :a · em.x.y = :1 · t < :t2 · ss < :a · l > :1 · attribute_type(s, :N) · attribute_not_exists(m.a)
n = :5 AND s = :abc AND t = :5 · n = :1 OR s = :a OR t = :5 · ss = :ns · z = :t
"""


def listed(text: str) -> list[str]:
    return [part.strip() for line in text.strip().splitlines() for part in line.split("·")]


def holds(text: str, values: dict[str, dict[str, Any]] = VALUES, item: dict[str, Any] = ITEM) -> bool:
    if ":t2" in text:
        values = {**values, ":t2": {"S": "z"}}
    return predicate(condition(text, values))(item)


@pytest.mark.parametrize("text", listed(TRUE))
def test_conditions_that_hold(text: str) -> None:
    assert holds(text) is True
    assert holds(f"NOT ({text})") is False


@pytest.mark.parametrize("text", listed(FALSE))
def test_conditions_that_do_not_hold(text: str) -> None:
    assert holds(text) is False
    assert holds(f"NOT ({text})") is True


def test_order_of_texts_is_that_of_their_bytes() -> None:
    item = {"s": {"S": "ｚ"}}  # U+FF5A: before U+1F600 in UTF-8, behind its surrogates in UTF-16
    assert holds("s < :emo", {":emo": {"S": "😀"}}, item)
    assert holds("s > :z", {":z": {"S": "z"}}, item)


def test_numbers_compare_by_value() -> None:
    item = {"n": {"N": "9" * 38}}
    assert holds("n < :n", {":n": {"N": "1" + "0" * 38}}, item)
    assert holds("n > :n", {":n": {"N": "9" * 37 + "8"}}, item)
    assert holds("n < :n", {":n": {"N": "1e125"}}, {"n": {"N": "-1"}})
    assert holds("n > :n", {":n": {"N": "1e-130"}}, {"n": {"N": "0.1"}})
    assert holds("n IN (:n)", {":n": {"N": "100e-2"}}, {"n": {"N": "1"}})


def test_a_condition_on_nothing_sees_no_attribute() -> None:
    assert holds("attribute_not_exists(n)", VALUES, {})
    assert not holds("n = :5", VALUES, {})
    assert holds("n <> :5", VALUES, {})


def test_deep_conditions_are_evaluated() -> None:
    deepest = "(" * 140 + "n = :5" + " AND s = :abc)" * 140
    assert holds(deepest)
    assert not holds("NOT " * 297 + "n = :5")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (("l", 2, "k"), {"N": "2"}),
        (("l", 3), None),
        (("m", "a"), {"N": "1"}),
        (("m", 0), None),
        (("l", "a"), None),
        (("s", "a", "b"), None),
        (("nope", "a", 0), None),
    ],
)
def test_find(steps: tuple[str | int, ...], expected: object) -> None:
    assert find(ITEM, steps) == expected
