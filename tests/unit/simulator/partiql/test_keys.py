"""What a WHERE names of the keys: an item, stretches of partitions, or nothing."""

from __future__ import annotations

import pytest

from hashrange.simulator.errors import ApiError
from hashrange.simulator.language.key_condition import SortRange
from hashrange.simulator.partiql.keys import Access, access, item_key
from hashrange.simulator.partiql.reads import condition_of
from hashrange.simulator.partiql.statements import Select, bind
from hashrange.simulator.state.keys import KeySchema, MultiKeySchema, sort_bytes

KEYS = KeySchema((("pk", "HASH"), ("sk", "RANGE")), {"pk": "S", "sk": "N"})
INDEX = KeySchema((("g", "HASH"),), {"g": "B"})
P = {"S": "p"}


def reading(where: str, keys: KeySchema = KEYS, index: str | None = None) -> Access:
    bound = bind("SELECT * FROM things WHERE " + where, None)
    assert isinstance(bound.statement, Select)
    return access(keys, KEYS, condition_of(bound.statement.where, bound), index)


def number(value: int) -> bytes:
    return sort_bytes({"N": str(value)})


@pytest.mark.parametrize(
    ("where", "partitions", "rest"),
    [
        ("pk = 'p'", (b"p",), 0),
        ("'p' = pk", (b"p",), 0),
        ("a = 1 AND pk = 'p' AND b = 2", (b"p",), 2),
        ("pk IN ['p', 'q']", (b"p", b"q"), 0),
        ("pk IN ('q', 'p', 'q')", (b"q", b"p"), 0),
        ("pk = 'p' OR pk = 'q'", (b"p", b"q"), 0),
        ("(pk = 'p' OR pk = 'q') AND a = 1", (b"p", b"q"), 1),
        ("pk = 'p' AND pk = 'q'", (b"p",), 1),
        ("pk > 'p'", None, 1),
        ("pk = 'p' OR a = 1", None, 1),
        ("NOT pk = 'p'", None, 1),
        ("pk IN ['p', a]", None, 1),
        ("pk = a", None, 1),
        ("sk = 1", None, 1),
    ],
)
def test_partitions(where: str, partitions: object, rest: int) -> None:
    found = reading(where)
    assert (found.partitions, len(found.rest)) == (partitions, rest)


@pytest.mark.parametrize(
    ("where", "within", "rest"),
    [
        ("sk = 1", SortRange(number(1), number(1) + b"\0"), 0),
        ("sk >= 1 AND sk < 5", SortRange(number(1), number(5)), 0),
        ("5 > sk AND sk >= 1", SortRange(number(1), number(5)), 0),
        ("sk BETWEEN 1 AND 5 AND sk < 3", SortRange(number(1), number(3)), 0),
        ("sk <> 1", SortRange(), 1),
        ("sk IN [1, 2]", SortRange(), 1),
        ("NOT sk = 1", SortRange(), 1),
        ("sk = a", SortRange(), 1),
        ("sk = 1 OR sk = 2", SortRange(), 1),
    ],
)
def test_stretches(where: str, within: SortRange, rest: int) -> None:
    found = reading(f"pk = 'p' AND ({where})")
    assert (found.within, len(found.rest)) == (within, rest)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("pk = 1", "Key attribute's data type should match its data type in table's schema: Key pk"),
        ("pk = 'p' AND sk > 'x'", "Key attribute's data type should match its data type in table's schema: Key sk"),
        (
            "pk IN ['p', 1]",
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
        ("sk <> 'x'", "One or more parameter values were invalid: Condition parameter type does not match schema type"),
        (
            "NOT (a = 1 OR contains(sk, 'x'))",
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
        (
            "pk = ''",
            (
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
                "empty string value. Key: pk"
            ),
        ),
        (
            f"pk = '{'x' * 2049}'",
            (
                "One or more parameter values were invalid: Size of hashkey has "
                "exceeded the maximum size limit of2048 bytes"
            ),
        ),
        (
            f"pk IN [{', '.join(repr(str(n)) for n in range(51))}]",
            "The IN operator is provided with too many operands; number of operands: 51",
        ),
    ],
)
def test_values_that_no_key_has(where: str, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        reading(where)
    assert caught.value.message == message


def test_keys_of_the_table_in_an_index() -> None:
    assert reading("a = 1", INDEX, "by-g").partitions is None
    with pytest.raises(ApiError, match="Condition parameter type does not match"):
        reading("pk = 1", INDEX, "by-g")


MULTI = MultiKeySchema(
    (("a", "HASH"), ("b", "HASH"), ("c", "RANGE"), ("d", "RANGE")), {"a": "S", "b": "N", "c": "S", "d": "S"}
)


@pytest.mark.parametrize(
    ("where", "rest", "has_place"),
    [
        ("b = 1 AND a = 'x'", 0, True),
        ("b = 1 AND a = 'x' AND c = 'y' AND d > 'z'", 0, True),
        ("b = 1 AND a = 'x' AND c = 'y' AND d < 'z'", 0, False),
        ("b = 1 AND a = 'x' AND c > 'y' AND d = 'z'", 1, False),
        ("b = 1 AND a = 'x' AND d = 'z'", 1, True),
        ("b = 1 AND a = 'x' AND c = 'y' AND c > 'x'", 1, True),
    ],
)
def test_keys_of_several_attributes(where: str, rest: int, has_place: bool) -> None:
    found = reading(where, MULTI, "by-ab")
    assert found.partitions == (MULTI.partition_bytes({"a": {"S": "x"}, "b": {"N": "1"}}),)
    assert len(found.rest) == rest
    place = MULTI.encode({"a": {"S": "x"}, "b": {"N": "1"}, "c": {"S": "y"}, "d": {"S": "zz"}})[1]
    assert (place in found.within) is has_place


def test_all_attributes_of_a_partition_key_are_named() -> None:
    assert reading("a = 'x'", MULTI, "by-ab").partitions is None
    assert reading("a = 'x' AND b > 1", MULTI, "by-ab").partitions is None


def key_of(where: str) -> object:
    bound = bind("SELECT * FROM things WHERE " + where, None)
    assert isinstance(bound.statement, Select)
    return item_key(KEYS, condition_of(bound.statement.where, bound))


def test_an_item_is_named_by_equalities_on_all_keys() -> None:
    key = {"pk": P, "sk": {"N": "1"}}
    assert key_of("sk = 1 AND pk = 'p'") == (key, ())
    assert key_of("pk = 'p' AND sk = 1 AND pk = 'p'") == (key, ())
    for where in ("pk = 'p'", "pk = 'p' AND sk > 1", "pk = 'p' OR sk = 1", "pk IN ['p'] AND sk = 1"):
        assert key_of(where) is None, where


def test_two_values_for_one_key() -> None:
    with pytest.raises(ApiError) as caught:
        key_of("pk = 'p' AND pk = 'q' AND sk = 1")
    assert caught.value.message == (
        "Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported"
    )
