"""How large an expression may be, and how deep: each limit to the unit, and hostile texts, which cost no stack."""

from __future__ import annotations

import gc
import sys

import pytest

from hashrange.limits import EXPRESSION_MAX_BYTES
from hashrange.simulator.language.meaning import Literal, Path, Test
from tests.simulated_faults import V, fault, misused, not_distinct, operand_type, reserved, undefined_value
from tests.simulated_items import SIMPLE, World, item
from tests.simulated_language import condition, syntax, update


# ── sizes ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_expression_has_a_size() -> None:
    start = "a = :s OR "
    longest = start + "b" * (EXPRESSION_MAX_BYTES - len(start) - 5) + " = :s"
    assert condition(longest, V)
    too_long = "Expression size has exceeded the maximum allowed size;"
    assert fault(f"{longest} ") == f"{too_long} expression size: 4097"
    assert fault(f"{longest} ", "Filter") == f"{too_long} expression size: 4097"
    assert fault("SET " + "é" * 2047, "Update") == too_long
    assert fault("a" * 4097, "Projection") == too_long
    assert fault("é" * 2048) == syntax("é", "éé")


@pytest.mark.parametrize("kind", ["Condition", "Filter", "KeyCondition", "Update", "Projection"])
def test_the_size_is_told_before_everything_else(kind: str) -> None:
    number = "" if kind in ("Update", "Projection") else " expression size: {}"
    too_long = "Expression size has exceeded the maximum allowed size;"
    assert fault(" " * EXPRESSION_MAX_BYTES, kind).startswith("Syntax error")
    for text in (" " * 4097, "((" * 4096, "é" * 2049, "\ud800" * 1366, "#" * 100_000):
        size = len(text.encode("utf-8", "surrogatepass"))
        assert fault(text, kind) == too_long + number.format(size)


@pytest.mark.parametrize("kind", ["Condition", "Update", "Projection"])
def test_a_text_that_is_too_long_is_not_kept(kind: str) -> None:
    text = "x" * 5_000
    before = sys.getrefcount(text)
    fault(text, kind)
    gc.collect()  # the error and its frames
    assert sys.getrefcount(text) == before


@pytest.mark.parametrize(
    "text",
    [
        " OR ".join(["a = :s"] * 151),
        "NOT " * 300 + "a = :s",
        " OR ".join(["a BETWEEN :s AND :x"] * 151),
        " OR ".join(["a IN (:s)"] * 151),
        " OR ".join(["size(a) = :n"] * 101),
        "(" * 150 + "a = :s" + " AND b = :s)" * 150,
    ],
)
def test_an_expression_has_at_most_300_operators(text: str) -> None:
    assert fault(text) == "The expression contains too many operators; operator count: 301"


def test_300_operators_are_allowed() -> None:
    assert condition(" OR ".join(["a = :s"] * 150), V)
    assert condition(" OR ".join(["size(a) = :n"] * 100), V)
    assert condition("NOT " * 299 + "a = :s", V)
    assert update("SET " + ",".join(f"a{number}=b+:n" for number in range(300)), V)
    assert update("SET " + ",".join(f"a{number}=:n" for number in range(400)), V)
    text = "SET " + ",".join(f"a{number}=b+:n" for number in range(301))
    assert fault(text, "Update") == "The expression contains too many operators; operator count: 301"


def test_too_many_operators_are_the_last_thing_to_be_told() -> None:
    many = " OR ".join(["a = :s"] * 151)
    assert fault(f"{many} OR b = :undefined") == undefined_value(":undefined")
    assert fault(f"{many} OR abort = :s") == reserved("abort")
    assert fault(f"{many} OR b < :t") == operand_type("<", "BOOL")


def test_in_has_at_most_100_operands() -> None:
    assert condition(f"a IN ({', '.join([':s'] * 100)})", V)
    text = f"a IN ({', '.join([':s'] * 101)})"
    assert fault(text) == "The IN operator is provided with too many operands; number of operands: 101"
    assert fault(text.replace(")", ", :undefined)")) == undefined_value(":undefined")
    assert fault(text.replace(")", ", a)")) == not_distinct("IN", "[a]")


def test_a_path_has_at_most_32_levels() -> None:
    deep = ".".join(["a"] * 33)
    too_deep = "The document path has too many nesting levels; nesting levels: 33"
    assert condition(f"{deep[2:]} = :s", V)
    assert fault(f"{deep} = :s") == too_deep
    assert fault(f"REMOVE {deep}", "Update") == too_deep
    assert fault(deep, "Projection") == too_deep
    assert fault(f"a{'[0]' * 32} = :s") == too_deep
    assert fault(f"{deep} = :undefined") == too_deep
    assert fault(f":undefined = {deep}") == undefined_value(":undefined")


def test_a_list_index_has_a_range() -> None:
    assert condition("a[4294967294] = :s", V) == Test("=", Path(("a", 4294967294)), (Literal({"S": "S"}),))
    for index in (4294967295, 10**30):
        text = f"List index is not within the allowable range; index: [{index}]"
        assert fault(f"a[{index}] = :s") == text
        assert fault(f"SET a[{index}] = :s", "Update") == text
        assert fault(f"a[{index}]", "Projection") == text


# ── hostile texts ────────────────────────────────────────────────────────────────────────────────────────────────────
MANY = "The expression contains too many operators; operator count: 301"
LEVELS = "The document path has too many nesting levels; nesting levels: {}"


def nested(opening: str, inside: str, closing: str = ")", start: str = "") -> str:
    """As deep as fits into an expression."""
    depth = (EXPRESSION_MAX_BYTES - len(start) - len(inside)) // (len(opening) + len(closing))
    return start + opening * depth + inside + closing * depth


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (nested("(", "a = :s"), "The expression has redundant parentheses;"),
        ("(" * 4096, syntax("<EOF>", "(")),
        (")" * 4096, syntax(")", "))")),
        ("(" * 2000 + "a", syntax("<EOF>", "a")),
        (nested("NOT ", "a = :s", ""), MANY),
        (nested("NOT(", "a = :s"), MANY),
        ("NOT " * 1024, syntax("<EOF>", "NOT ")),
        (nested("size(", "a"), misused("size")),
        (
            nested("size(", "a", start="a = "),
            operand_type("size", "N"),
        ),
        (nested("contains(", "a"), misused("contains")),
        (nested("begins_with(a,", "a"), misused("begins_with")),
        ("size(" * 819, syntax("<EOF>", "(")),
        (nested(".a", " = :s", "", start="a"), LEVELS.format(2046)),
        (nested("[0]", " = :s", "", start="a"), LEVELS.format(1364)),
        ("a[" + "9" * 4000 + "] = :s", "List index is not within the allowable range; index: [" + "9" * 4000 + "]"),
        ("a[" + "0" * 4000 + "] = :s", syntax("0", "000")),
        (
            "a IN (" + ",".join([":s"] * 1000) + ")",
            "The IN operator is provided with too many operands; number of operands: 1000",
        ),
        ("a IN (" + "," * 4000, syntax(",", "(,,")),
        ("=" * 4096, syntax("=", "==")),
        ("#" * 4096, syntax("#", "##")),
        (":" * 4096, syntax(":", "::")),
        ("." * 4096, syntax(".", "..")),
        ("é" * 2048, syntax("é", "éé")),
        ("\0" * 4096, syntax("\0", "\0\0")),
    ],
)
def test_hostile_conditions(text: str, expected: str) -> None:
    assert fault(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (nested("(", "a", start="SET a = "), "The expression has redundant parentheses;"),
        ("SET a = " + "(" * 4000, syntax("<EOF>", "(")),
        (nested("list_append(", ":x", ",:x)", start="SET a = "), misused("list_append")),
        ("SET a = " + "+".join(["a"] * 2000), syntax("+", "a+a")),
        ("REMOVE a " * 400, 'The "REMOVE" section can only be used once in an update expression;'),
        (nested(".a", "", "", start="REMOVE a"), LEVELS.format(2045)),
        (
            "REMOVE " + ",".join(["a"] * 2000),
            (
                "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                "path one: [a], path two: [a]"
            ),
        ),
    ],
)
def test_hostile_updates(text: str, expected: str) -> None:
    assert fault(text, "Update") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (nested(".a", "", "", start="a"), LEVELS.format(2048)),
        (nested("[1]", "", "", start="a"), LEVELS.format(1366)),
        ("," * 4096, syntax(",", ",,")),
        ("a[" * 2048, syntax("a", "[a[")),
    ],
)
def test_hostile_projections(text: str, expected: str) -> None:
    assert fault(text, "Projection") == expected


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("NOT " * 299 + "a = :s", True),
        ("NOT (" * 298 + "a = :s" + ")" * 298, False),
        ("(" * 149 + "a = :s" + " AND b = :s)" * 149, False),
        ("(b = :s OR " * 149 + "a <> :s" + ")" * 149, True),
        ("".join("(b = :s OR " if at % 2 else "(a <> :s AND " for at in range(149)) + "a <> :s" + ")" * 149, True),
    ],
)
def test_the_deepest_conditions_are_evaluated(text: str, holds: bool) -> None:
    world = World()
    request = {"Item": item(pk="x"), "ConditionExpression": text, "ExpressionAttributeValues": {":s": {"S": "x"}}}
    if holds:
        world("PutItem", TableName=SIMPLE, **request)
    else:
        assert world.refused("PutItem", TableName=SIMPLE, **request).name == "ConditionalCheckFailedException"


def test_the_deepest_update_is_applied() -> None:
    world = World()
    text = nested("if_not_exists(b,", ":s", start="SET a = ")
    values = {":s": {"S": "x"}}
    world("UpdateItem", TableName=SIMPLE, Key=item(pk="x"), UpdateExpression=text, ExpressionAttributeValues=values)
    assert world.get(SIMPLE, pk="x") == item(pk="x", a="x")
