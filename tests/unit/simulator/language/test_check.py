"""Everything about an expression that can be wrong without an item: each text."""

from __future__ import annotations

import pytest

from hashrange.simulator.errors import ApiError
from hashrange.simulator.language.check import check_condition
from hashrange.simulator.language.functions import FUNCTIONS
from hashrange.simulator.language.meaning import Call, Change, Junction, Literal, Path, Sum, Test
from hashrange.simulator.language.reserved_words import RESERVED_WORDS
from tests.simulated_faults import (
    NAMES,
    V,
    count,
    fault,
    misused,
    needs_path,
    not_distinct,
    operand_type,
    reserved,
    undefined_name,
    undefined_value,
)
from tests.simulated_language import condition, detail, placeholders, projection, syntax, update

TYPES = {":s": "S", ":n": "N", ":b": "B", ":t": "BOOL", ":z": "NULL", ":ss": "SS", ":ns": "NS", ":bs": "BS"} | {
    ":l": "L",
    ":m": "M",
}
LONG_NAMES = {"S": "STRING", "N": "NUMBER", "B": "BINARY", "BOOL": "BOOLEAN", "NULL": "NULL", "L": "LIST", "M": "MAP"}


# ── what comes out ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_placeholders_are_replaced() -> None:
    found = condition("#a = :s AND NOT begins_with(#dotted.#a[0], :x)", V, NAMES)
    starts = Call("begins_with", (Path(("x.y", "a", 0)), Literal({"S": "x"})))
    assert found == Junction("AND", (Test("=", Path(("a",)), (Literal({"S": "S"}),)), Junction("NOT", (starts,))))


def test_an_update_keeps_its_order() -> None:
    found = update("SET #a = b + :n, c = if_not_exists(d, :s) REMOVE e[1] ADD f :n DELETE g :ss", V, NAMES)
    assert found == (
        Change("SET", ("a",), Sum("+", Path(("b",)), Literal({"N": "1"}))),
        Change("SET", ("c",), Call("if_not_exists", (Path(("d",)), Literal({"S": "S"})))),
        Change("REMOVE", ("e", 1), None),
        Change("ADD", ("f",), Literal({"N": "1"})),
        Change("DELETE", ("g",), Literal({"SS": ["a"]})),
    )


def test_a_projection_keeps_its_order() -> None:
    assert projection("c, #a[0], b.#dotted", NAMES) == (("c",), ("a", 0), ("b", "x.y"))


def test_what_is_used_is_remembered() -> None:
    given = placeholders({"#a": "a", "#b": "b"}, {":s": {"S": "x"}, ":n": {"N": "1"}})
    check_condition("#a = :s", given)
    assert given.unused() == "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"
    check_condition("#b = :s", given)
    assert given.unused() == "Value provided in ExpressionAttributeValues unused in expressions: keys: {:n}"
    check_condition("#b = :n", given)
    assert given.unused() is None


@pytest.mark.parametrize("kind", ["Condition", "Filter", "KeyCondition", "Update", "Projection"])
def test_the_kind_is_named(kind: str) -> None:
    assert fault("", kind) == "The expression can not be empty;"
    assert fault("!", kind) == syntax("!", "!")


def test_a_checked_text_is_checked_again_with_other_values() -> None:
    text = "begins_with(a, :v)"
    condition(text, {":v": {"S": "x"}})
    assert detail(text, values={":v": {"N": "1"}}) == operand_type("begins_with", "N")
    assert detail(text) == undefined_value(":v")
    assert condition(text, {":v": {"S": "y"}}) == Call("begins_with", (Path(("a",)), Literal({"S": "y"})))


# ── names and values ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_there_are_573_reserved_words() -> None:
    assert len(RESERVED_WORDS) == 573
    assert {"ABORT", "FLATTERN", "INNTER", "LOGED", "NAME", "STATUS", "SIZE", "CONVERT", "ZONE"} <= RESERVED_WORDS
    assert not {"PK", "SK", "ID", "REMOVE"} & RESERVED_WORDS


@pytest.mark.parametrize("word", ["name", "Status", "TTL", "size", "FLATTERN"])
def test_reserved_words_are_refused_as_they_are_written(word: str) -> None:
    assert fault(f"{word} = :s") == reserved(word)
    assert fault(f"a.{word} = :s") == reserved(word)
    assert fault(f"SET {word} = :s", "Update") == reserved(word)
    assert fault(f"SET a = b.{word}", "Update") == reserved(word)
    assert fault(f"REMOVE a[0].{word}", "Update") == reserved(word)
    assert fault(f"b, {word}", "Projection") == reserved(word)
    assert condition("#a.#w = :s", V, {"#a": "a", "#w": word})


@pytest.mark.parametrize("word", ["ADD", "and", "Between", "DELETE", "IN", "NOT", "OR", "SET", "remove"])
def test_words_of_the_grammar_are_syntax_errors(word: str) -> None:
    assert fault(f"a.{word} = :s") == syntax(word, f".{word} =")


def test_undefined_names_and_values() -> None:
    assert fault("#no = :s") == undefined_name("#no")
    assert fault("a.#no[0] = :s") == undefined_name("#no")
    assert fault("a = :no") == undefined_value(":no")
    assert fault("SET #no = :s", "Update") == undefined_name("#no")
    assert fault("ADD a :no", "Update") == undefined_value(":no")
    assert fault("a, #no", "Projection") == undefined_name("#no")


# ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_functions() -> None:
    assert {name: signature.operands for name, signature in FUNCTIONS.items()} == {
        "attribute_exists": 1,
        "attribute_not_exists": 1,
        "attribute_type": 2,
        "begins_with": 2,
        "contains": 2,
        "size": 1,
        "if_not_exists": 2,
        "list_append": 2,
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("foo(a)", "Invalid function name; function: foo"),
        ("SIZE(a) = :n", "Invalid function name; function: SIZE"),
        ("Contains(a, :s)", "Invalid function name; function: Contains"),
        ("size(a)", misused("size")),
        ("NOT size(a)", misused("size")),
        ("a = contains(b, :s)", misused("contains")),
        ("size(contains(a, :s)) = :n", misused("contains")),
        ("a IN (attribute_exists(b))", misused("attribute_exists")),
        ("if_not_exists(a, :s)", "The function is not allowed in a condition expression; function: if_not_exists"),
        ("a = list_append(a, :l)", "The function is not allowed in a condition expression; function: list_append"),
        ("attribute_exists(a, b)", count("attribute_exists", 2)),
        ("attribute_type(a)", count("attribute_type", 1)),
        ("begins_with(a)", count("begins_with", 1)),
        ("contains(a, :s, :x)", count("contains", 3)),
        ("size(a, b) = :n", count("size", 2)),
        ("attribute_exists(:s)", needs_path("attribute_exists")),
        ("attribute_not_exists(size(a))", needs_path("attribute_not_exists")),
        ("begins_with(a, size(b))", operand_type("begins_with", "N")),
        ("attribute_type(a, b)", operand_type("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")),
        ("attribute_type(a, size(b))", operand_type("attribute_type", "N")),
        ("attribute_type(a, :n)", operand_type("attribute_type", "N")),
        (
            "attribute_type(a, :x)",
            "Invalid attribute type name found; type: x, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        (
            "attribute_type(:n, :x)",
            "Invalid attribute type name found; type: x, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
    ],
)
def test_functions_in_conditions(text: str, expected: str) -> None:
    assert fault(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("foo(b)", "Invalid function name; function: foo"),
        ("size(b)", "The function is not allowed in an update expression; function: size"),
        ("contains(b, :s)", "The function is not allowed in an update expression; function: contains"),
        ("if_not_exists(b, size(c))", "The function is not allowed in an update expression; function: size"),
        ("if_not_exists(b)", count("if_not_exists", 1)),
        ("list_append(b, :l, :l)", count("list_append", 3)),
        ("if_not_exists(:s, :s)", needs_path("if_not_exists")),
        ("if_not_exists(if_not_exists(b, :s), :s)", needs_path("if_not_exists")),
        ("if_not_exists(b, b)", not_distinct("if_not_exists", "[b]")),
        ("list_append(:n, :l)", operand_type("list_append", "N")),
        ("list_append(b, :ss)", operand_type("list_append", "SS")),
        ("list_append(list_append(b, :l), :l)", misused("list_append")),
        ("if_not_exists(b, list_append(b, :l))", misused("list_append")),
        ("list_append(b, :l) + :n", misused("list_append")),
        ("b + :s", operand_type("+", "S")),
        ("b - :l", operand_type("-", "L")),
        (":s + :n", operand_type("+", "S")),
        ("if_not_exists(b, :l) + :l", operand_type("+", "L")),
    ],
)
def test_functions_and_sums_in_updates(text: str, expected: str) -> None:
    assert fault(f"SET a = {text}", "Update") == expected


def test_functions_may_stand_within_functions() -> None:
    assert update("SET a = list_append(if_not_exists(a, :l), if_not_exists(b, :l))", V)
    assert update("SET a = if_not_exists(b, if_not_exists(c, :s)) + if_not_exists(d, :n)", V)
    assert update("SET a = (list_append(a, :l))", V)
    assert condition("contains(a, size(b))", V)
    assert condition("attribute_type(:n, :s)", V)
    assert condition("attribute_type(size(a), :s)", V)


# ── types of operands ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("pattern", "allowed", "operator"),
    [
        ("a < {}", "S N B", "<"),
        ("{} <= a", "S N B", "<="),
        ("a > {}", "S N B", ">"),
        ("a >= {}", "S N B", ">="),
        ("a BETWEEN {} AND b", "S N B", "BETWEEN"),
        ("a BETWEEN b AND {}", "S N B", "BETWEEN"),
        ("{} BETWEEN a AND b", "S N B", "BETWEEN"),
        ("begins_with(a, {})", "S B", "begins_with"),
        ("begins_with({}, a)", "S B", "begins_with"),
        ("size({}) = :n", "S B SS NS BS L M", "size"),
        ("a = {}", "S N B BOOL NULL SS NS BS L M", "="),
        ("a <> {}", "S N B BOOL NULL SS NS BS L M", "<>"),
        ("a IN ({})", "S N B BOOL NULL SS NS BS L M", "IN"),
        ("contains(a, {})", "S N B BOOL NULL SS NS BS L M", "contains"),
    ],
)
def test_types_of_values_in_conditions(pattern: str, allowed: str, operator: str) -> None:
    for value, letters in TYPES.items():
        text = pattern.format(value)
        if letters in allowed.split():
            assert condition(text, V)
        else:
            assert fault(text) == operand_type(operator, letters)


@pytest.mark.parametrize(("section", "allowed"), [("ADD", "N SS NS BS"), ("DELETE", "SS NS BS")])
def test_types_of_values_in_updates(section: str, allowed: str) -> None:
    for value, letters in TYPES.items():
        text = f"{section} a {value}"
        if letters in allowed.split():
            assert update(text, V)
        else:
            assert fault(text, "Update") == (
                "Incorrect operand type for operator or function; "
                f"operator: {section}, operand type: {LONG_NAMES[letters]}"
            )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = a", not_distinct("=", "[a]")),
        ("a <> #a", not_distinct("<>", "[a]")),
        ("a[0].b < #a[0].b", not_distinct("<", "[a, [0], b]")),
        ("a BETWEEN :s AND a", not_distinct("BETWEEN", "[a]")),
        ("a IN (:s, b, a)", not_distinct("IN", "[a]")),
        ("contains(a, #a)", not_distinct("contains", "[a]")),
        ("begins_with(a, a)", not_distinct("begins_with", "[a]")),
        ("attribute_type(a, a)", not_distinct("attribute_type", "[a]")),
        ("(a) = (a)", not_distinct("=", "[a]")),
    ],
)
def test_the_first_operand_must_be_distinct(text: str, expected: str) -> None:
    assert fault(text) == expected


@pytest.mark.parametrize(
    "text", [":s = :s", "size(a) = size(a)", ":n BETWEEN :n AND :n", "b IN (a, a)", "contains(:s, :s)"]
)
def test_equal_values_and_sizes_are_allowed(text: str) -> None:
    assert condition(text, V)


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        ({"S": "x"}, {"N": "1"}, ("requires same data type for lower and upper bounds", "{S:x}", "{N:1}")),
        ({"S": "b"}, {"S": "a"}, ("requires upper bound to be greater than or equal to lower bound", "{S:b}", "{S:a}")),
        (
            {"N": "10"},
            {"N": "9.0"},
            ("requires upper bound to be greater than or equal to lower bound", "{N:10}", "{N:9}"),
        ),
        (
            {"B": "AP8="},
            {"S": "a"},
            (
                "requires same data type for lower and upper bounds",
                "{B:java.nio.HeapByteBuffer[pos=0 lim=2 cap=2]}",
                "{S:a}",
            ),
        ),
    ],
)
def test_bounds_of_between(lower: dict[str, str], upper: dict[str, str], expected: tuple[str, str, str]) -> None:
    rule, one, two = expected
    for kind in ("Condition", "KeyCondition"):
        assert detail("a BETWEEN :l AND :u", kind, {":l": lower, ":u": upper}) == (
            f"The BETWEEN operator {rule}; "
            f"lower bound operand: AttributeValue: {one}, upper bound operand: AttributeValue: {two}"
        )


def test_a_section_comes_once() -> None:
    for text in ("SET a = :s SET b = :s", "SET a = :s REMOVE c SET b = :s", "SET a = :s set b = :no"):
        assert fault(text, "Update") == 'The "SET" section can only be used once in an update expression;'
    assert fault("remove a REMOVE b", "Update") == 'The "REMOVE" section can only be used once in an update expression;'


def test_a_fault_leaves_as_the_services_error() -> None:
    with pytest.raises(ApiError) as caught:
        check_condition("a", placeholders())
    assert caught.value.answer() == {
        "__type": "com.amazon.coral.validate#ValidationException",
        "message": 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "a"',
    }
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
