"""Key conditions: what may be said of keys, with which texts it is refused, and which bytes it allows."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from hashrange.simulator.errors import ApiError
from hashrange.simulator.language.check import check_condition
from hashrange.simulator.language.key_condition import (
    AttributeCondition,
    SortRange,
    check_partition_condition,
    check_sort_condition,
    key_conditions,
    last_sort_key,
    sort_range,
)
from hashrange.simulator.state.keys import sort_bytes
from hashrange.simulator.values import canonical
from tests.simulated_language import placeholders

VALUES: dict[str, dict[str, Any]] = {
    ":p": {"S": "p"},
    ":q": {"S": "q"},
    ":e": {"S": ""},
    ":n": {"N": "1"},
    ":m": {"N": "2.50"},
    ":b": {"B": "AP8="},
    ":eb": {"B": ""},
    ":ss": {"SS": ["a"]},
    ":t": {"BOOL": True},
}
START = "Invalid condition in KeyConditionExpression: "
EMPTY = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "


def by_name(text: str) -> dict[str, AttributeCondition]:
    return key_conditions(check_condition(text, placeholders({"#k": "sk"}, VALUES), "KeyCondition"))


def check(text: str, partition: str, sort: str | None) -> None:
    found = by_name(text)
    name, letter = partition.split()
    check_partition_condition(found, name, letter, has_sort_key=sort is not None)
    if sort is not None:
        check_sort_condition(found, *sort.split())


def refusal(text: str, *, partition: str = "pk S", sort: str | None = "sk S") -> str:
    """The message that answers a condition on keys with these names and types."""
    with pytest.raises(ApiError) as caught:
        check(text, partition, sort)
    assert caught.value.name == "ValidationException"
    return caught.value.message or ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pk = :p", [("pk", "EQ", ":p")]),
        (":p = pk", [("pk", "EQ", ":p")]),
        ("pk = :p AND sk < :q", [("pk", "EQ", ":p"), ("sk", "LT", ":q")]),
        ("sk <= :q AND pk = :p", [("sk", "LE", ":q"), ("pk", "EQ", ":p")]),
        ("pk = :p AND #k > :q", [("pk", "EQ", ":p"), ("sk", "GT", ":q")]),
        ("pk = :p AND sk >= :q", [("pk", "EQ", ":p"), ("sk", "GE", ":q")]),
        ("pk = :p AND :q < sk", [("pk", "EQ", ":p"), ("sk", "GT", ":q")]),
        ("pk = :p AND :q <= sk", [("pk", "EQ", ":p"), ("sk", "GE", ":q")]),
        ("pk = :p AND :q > sk", [("pk", "EQ", ":p"), ("sk", "LT", ":q")]),
        ("pk = :p AND :q >= sk", [("pk", "EQ", ":p"), ("sk", "LE", ":q")]),
        ("(pk = :p) AND (begins_with(sk, :q))", [("pk", "EQ", ":p"), ("sk", "BEGINS_WITH", ":q")]),
        ("((pk = :p) AND sk BETWEEN :p AND :q)", [("pk", "EQ", ":p"), ("sk", "BETWEEN", ":p :q")]),
        ("a = :n", [("a", "EQ", ":n")]),
        ("a = :n AND b = :m AND c > :n", [("a", "EQ", ":n"), ("b", "EQ", ":m"), ("c", "GT", ":n")]),
    ],
)
def test_conditions_by_attribute(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert list(by_name(text).values()) == [
        AttributeCondition(name, operator, tuple(canonical(VALUES[value]) for value in values.split()))
        for name, operator, values in expected
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pk = :p OR sk = :q", "Invalid operator used in KeyConditionExpression: OR"),
        ("NOT pk = :p", "Invalid operator used in KeyConditionExpression: NOT"),
        ("pk = :p AND (NOT sk = :q)", "Invalid operator used in KeyConditionExpression: NOT"),
        ("pk = :p AND (sk = :q OR sk = :p)", "Invalid operator used in KeyConditionExpression: OR"),
        ("pk IN (:p)", "Invalid operator used in KeyConditionExpression: IN"),
        ("pk <> :p", "Invalid operator used in KeyConditionExpression: <>"),
        ("attribute_exists(pk)", "Invalid operator used in KeyConditionExpression: attribute_exists"),
        (
            "pk = :p AND attribute_not_exists(sk)",
            "Invalid operator used in KeyConditionExpression: attribute_not_exists",
        ),
        ("contains(pk, :p)", "Invalid operator used in KeyConditionExpression: contains"),
        ("contains(size(pk), :p)", "Invalid operator used in KeyConditionExpression: contains"),
        ("size(pk) = :n", "KeyConditionExpressions cannot contain nested operations"),
        ("pk = :p AND :n < size(sk)", "KeyConditionExpressions cannot contain nested operations"),
        ("pk = :p AND size(sk) BETWEEN :n AND :m", "KeyConditionExpressions cannot contain nested operations"),
        ("pk = :p AND sk BETWEEN size(a) AND :m", "KeyConditionExpressions cannot contain nested operations"),
        ("pk.a = :p", "KeyConditionExpressions cannot have conditions on nested attributes"),
        ("pk[0] = :p", "KeyConditionExpressions cannot have conditions on nested attributes"),
        ("pk = :p AND begins_with(sk.a, :q)", "KeyConditionExpressions cannot have conditions on nested attributes"),
        ("pk = :p AND pk = :q", "KeyConditionExpressions must only contain one condition per key"),
        ("pk = :p AND sk = :q AND sk < :p", "KeyConditionExpressions must only contain one condition per key"),
        ("pk = sk", START + "Multiple attribute names used in one condition"),
        ("pk = :p AND sk BETWEEN a AND :q", START + "Multiple attribute names used in one condition"),
        ("pk = :p AND begins_with(sk, a)", START + "Multiple attribute names used in one condition"),
        (":p = :q", START + "No key attribute specified"),
        ("pk = :p AND :p = :q", START + "No key attribute specified"),
        (
            "pk = :p AND :p BETWEEN sk AND :q",
            START + "BETWEEN operator must have the key attribute as its first operand",
        ),
        (
            "pk = :p AND begins_with(:q, sk)",
            START + "begins_with operator must have the key attribute as its first operand",
        ),
    ],
)
def test_what_cannot_be_said_of_keys(text: str, expected: str) -> None:
    assert refusal(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sk = :q", "Query condition missed key schema element: pk"),
        ("a = :n AND b = :n", "Query condition missed key schema element: pk"),
        ("pk = :p AND a = :n", "Query condition missed key schema element: sk"),
        ("pk = :n", "One or more parameter values were invalid: Condition parameter type does not match schema type"),
        ("pk = :ss", "One or more parameter values were invalid: Condition parameter type does not match schema type"),
        ("pk = :t", "One or more parameter values were invalid: Condition parameter type does not match schema type"),
        (
            "pk = :p AND sk > :n",
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
        ("pk > :p", "Query key condition not supported"),
        ("begins_with(pk, :p)", "Query key condition not supported"),
        ("pk BETWEEN :p AND :q", "Query key condition not supported"),
        ("pk > :n", "One or more parameter values were invalid: Condition parameter type does not match schema type"),
        (
            "pk = :e",
            EMPTY + "empty string value. Key: pk",
        ),
        (
            "pk = :p AND begins_with(sk, :e)",
            EMPTY + "empty string value. Key: sk",
        ),
    ],
)
def test_what_does_not_fit_the_keys(text: str, expected: str) -> None:
    assert refusal(text) == expected


def test_what_does_not_fit_other_keys() -> None:
    assert refusal("pk = :p AND sk = :q", sort=None) == "Query key condition not supported"
    assert refusal("sk = :q AND a = :n", sort=None) == "Query key condition not supported"
    assert refusal("pk = :eb", partition="pk B") == EMPTY + "empty binary value. Key: pk"


@pytest.mark.parametrize("operator", ["NE", "CONTAINS", "NOT_CONTAINS", "NULL", "NOT_NULL", "IN"])
def test_operators_that_no_order_serves(operator: str) -> None:
    expected = "Attempted conditional constraint is not an indexable operation"
    condition = AttributeCondition("key", operator, () if "NULL" in operator else ({"S": "x"},))
    with pytest.raises(ApiError) as partition:
        check_partition_condition({"key": condition}, "key", "S", has_sort_key=True)
    with pytest.raises(ApiError) as sort:
        check_sort_condition({"key": condition}, "key", "S")
    assert partition.value.message == sort.value.message == expected


def test_keys_have_sizes() -> None:
    def refused(sizes: tuple[int, int]) -> str | None:
        values = {":p": {"S": "x" * sizes[0]}, ":q": {"S": "x" * sizes[1]}}
        checked = check_condition("pk = :p AND sk = :q", placeholders({}, values), "KeyCondition")
        found = key_conditions(checked)
        try:
            check_partition_condition(found, "pk", "S", has_sort_key=True)
            check_sort_condition(found, "sk", "S")
        except ApiError as error:
            return error.message
        return None

    assert refused((2048, 1024)) is None
    assert refused((2049, 1)) == (
        "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
    )
    assert refused((1, 1025)) == (
        "One or more parameter values were invalid: "
        "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
    )


# ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────────
TEXTS = ["", "a", "a\0", "aa", "ab", "b", "ba", "é", "ｚ", "😀"]
NUMBERS = [
    "-1e125",
    "-10",
    "-9.5",
    "-1",
    "-0.5",
    "-1e-130",
    "0",
    "1e-130",
    "0.5",
    "1",
    "1.5",
    "9.5",
    "10",
    "100",
    "1e125",
]
BINARIES = ["", "AA==", "AAA=", "AP8=", "/w==", "//8=", "///+"]


@pytest.mark.parametrize(("letter", "written"), [("S", TEXTS), ("N", NUMBERS), ("B", BINARIES)])
def test_ranges_hold_what_the_conditions_say(letter: str, written: list[str]) -> None:
    stored = [sort_bytes(canonical({letter: text})) for text in written]
    assert stored == sorted(stored)
    for at, text in enumerate(written):
        argument = canonical({letter: text})

        def found(operator: str, *others: dict[str, Any], argument: dict[str, Any] = argument) -> list[int]:
            within = sort_range(AttributeCondition("sk", operator, (argument, *others)))
            return [number for number, key in enumerate(stored) if key in within]

        every = range(len(stored))
        assert found("EQ") == [at]
        assert found("LT") == list(every[:at])
        assert found("LE") == list(every[: at + 1])
        assert found("GT") == list(every[at + 1 :])
        assert found("GE") == list(every[at:])
        for upper in range(at, len(stored)):
            assert found("BETWEEN", canonical({letter: written[upper]})) == list(every[at : upper + 1])
        if letter != "N":
            assert found("BEGINS_WITH") == [number for number in every if stored[number].startswith(stored[at])]


def test_without_a_condition_everything_is_in_range() -> None:
    assert sort_range(None) == SortRange(b"", None)
    assert b"" in sort_range(None)


@pytest.mark.parametrize(
    ("operator", "forward", "backward"),
    [
        ("EQ", None, None),
        ("LT", None, None),
        ("LE", b"a", None),
        ("GT", None, None),
        ("GE", None, b"a"),
        ("BETWEEN", b"b", b"a"),
        ("BEGINS_WITH", None, None),
    ],
)
def test_the_last_key_of_a_range_that_names_it(operator: str, forward: bytes | None, backward: bytes | None) -> None:
    values = ({"S": "a"}, {"S": "b"}) if operator == "BETWEEN" else ({"S": "a"},)
    condition = AttributeCondition("sk", operator, values)
    assert last_sort_key(condition, forward=True) == forward
    assert last_sort_key(condition, forward=False) == backward
    assert last_sort_key(None, forward=True) is None


@pytest.mark.parametrize(
    ("prefix", "high"), [(b"a", b"b"), (b"a\xff", b"b"), (b"a\xff\xff", b"b"), (b"\xff", None), (b"\xff\xff", None)]
)
def test_the_end_of_a_prefix(prefix: bytes, high: bytes | None) -> None:
    argument = {"B": b64encode(prefix).decode()}
    assert sort_range(AttributeCondition("sk", "BEGINS_WITH", (argument,))) == SortRange(prefix, high)
