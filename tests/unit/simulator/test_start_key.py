"""ExclusiveStartKey: every form that is refused, of tables and indexes, by Query and by Scan."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_items import INDEXED, KEY_MISMATCH, SORTED, World, item
from tests.simulated_queries import INVALID, START_KEY, by_expression, filled, on_index, sorts

MISMATCH = f"{START_KEY}: {KEY_MISMATCH}"
NOT_VALID = "One or more parameter values are not valid. "
EMPTY = "The AttributeValue for a key attribute cannot contain an empty"
OF_INDEX = f"{NOT_VALID}A value specified for a secondary index key is not supported. {EMPTY}"
PARTITION_TOO_LARGE = INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
SORT_TOO_LARGE = INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
KEY = item(pk="p", sk="b")
LONG, LONGER = "x" * 1025, "x" * 2049
CONDITIONS = {None: "pk = :p", "by-g": "g = :p", "by-gn": "g = :p", "by-n": "pk = :p", "by-t": "pk = :p"}


@pytest.fixture(scope="module")
def world() -> World:
    return filled()


def refusals(world: World, index: str | None, key: dict[str, Any]) -> tuple[str, str]:
    """What Query and Scan say about a start key."""
    if index is None:
        query: dict[str, Any] = by_expression(ExclusiveStartKey=key)
        scan: dict[str, Any] = {"TableName": SORTED, "ExclusiveStartKey": key}
    else:
        query = on_index(index, CONDITIONS[index], ExclusiveStartKey=key)
        scan = {"TableName": INDEXED, "IndexName": index, "ExclusiveStartKey": key}
    return world.message("Query", **query), world.message("Scan", **scan)


@pytest.mark.parametrize(
    ("key", "of_query", "of_scan"),
    [
        ({}, START_KEY, MISMATCH),
        (item(pk="p"), START_KEY, MISMATCH),
        (item(sk="b"), START_KEY, MISMATCH),
        (KEY | item(x="y"), START_KEY, MISMATCH),
        (item(pk="p", x="y"), START_KEY, MISMATCH),
        (item(x="y", sk="b"), START_KEY, MISMATCH),
        (item(pk=1, sk="b"), KEY_MISMATCH, MISMATCH),
        (item(pk="p", sk=1), KEY_MISMATCH, MISMATCH),
        (item(pk={"B": "AA=="}, sk="b"), KEY_MISMATCH, MISMATCH),
        (item(pk={"BOOL": True}, sk="b"), KEY_MISMATCH, MISMATCH),
        (item(pk={"M": {}}, sk="b"), KEY_MISMATCH, MISMATCH),
        (item(pk="p", sk={"SS": ["b"]}), KEY_MISMATCH, MISMATCH),
        (item(pk=1, sk=1), KEY_MISMATCH, MISMATCH),
        (item(pk="p", sk=LONG), SORT_TOO_LARGE, f"{START_KEY}: {SORT_TOO_LARGE}"),
        (item(pk=LONGER, sk="b"), PARTITION_TOO_LARGE, f"{START_KEY}: {PARTITION_TOO_LARGE}"),
    ],
)
def test_of_a_table(world: World, key: dict[str, Any], of_query: str, of_scan: str) -> None:
    assert refusals(world, None, key) == (of_query, of_scan)


@pytest.mark.parametrize(
    ("index", "key", "expected"),
    [
        # the number of attributes, then those of the index
        ("by-g", KEY, START_KEY),
        ("by-g", KEY | item(g="p", x="y"), START_KEY),
        ("by-g", KEY | item(x="y"), START_KEY),
        ("by-g", KEY | item(g=1), KEY_MISMATCH),
        ("by-g", KEY | item(g={"L": []}), KEY_MISMATCH),
        ("by-g", KEY | item(g=""), f"{START_KEY}: {OF_INDEX} string value. IndexName: by-g, IndexKey: g"),
        ("by-g", KEY | item(g=LONGER), PARTITION_TOO_LARGE),
        ("by-gn", KEY | item(g="p"), START_KEY),
        ("by-gn", KEY | item(g="p", x=1), START_KEY),
        ("by-gn", KEY | item(x="p", n=1), START_KEY),
        ("by-gn", KEY | item(g="p", n="1"), KEY_MISMATCH),
        ("by-n", KEY, START_KEY),
        ("by-n", KEY | item(x=1), START_KEY),
        ("by-n", KEY | item(n="1"), KEY_MISMATCH),
        ("by-n", item(pk=1, sk="b", n=1), KEY_MISMATCH),
        ("by-n", item(x="p", sk="b", n=1), START_KEY),
        ("by-n", item(pk="", sk="b", n=1), f"{START_KEY}: {NOT_VALID}{EMPTY} string value. Key: pk"),
        ("by-n", item(pk=LONGER, sk="b", n=1), PARTITION_TOO_LARGE),
        ("by-t", KEY | item(t="x"), KEY_MISMATCH),
        ("by-t", KEY | item(t={"B": ""}), f"{START_KEY}: {OF_INDEX} binary value. IndexName: by-t, IndexKey: t"),
        ("by-t", KEY | item(t={"B": "AAAA" * 342}), SORT_TOO_LARGE),
        # the table's part of it
        ("by-g", item(pk=1, sk="b", g="p"), MISMATCH),
        ("by-g", item(pk="p", sk=1, g="p"), MISMATCH),
        ("by-g", item(pk="p", x="b", g="p"), MISMATCH),
        ("by-g", item(pk="", sk="b", g="p"), f"{START_KEY}: {NOT_VALID}{EMPTY} string value. Key: pk"),
        ("by-g", item(pk=LONGER, sk="b", g="p"), f"{START_KEY}: {PARTITION_TOO_LARGE}"),
        ("by-n", item(pk="p", sk=1, n=1), MISMATCH),
        ("by-n", item(pk="p", x="b", n=1), MISMATCH),
        ("by-n", item(pk="p", sk="", n=1), f"{START_KEY}: {NOT_VALID}{EMPTY} string value. Key: sk"),
        ("by-n", item(pk="p", sk=LONG, n=1), f"{START_KEY}: {SORT_TOO_LARGE}"),
    ],
)
def test_of_an_index(world: World, index: str, key: dict[str, Any], expected: str) -> None:
    assert refusals(world, index, key) == (expected, expected)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, f"{START_KEY}: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        (
            {"S": "a", "N": "1"},
            (
                f"{START_KEY}: Supplied AttributeValue has more than one datatypes set, "
                "must contain exactly one of the supported datatypes"
            ),
        ),
        ({"NULL": False}, f"{START_KEY}: {INVALID}Null attribute value types must have the value of true"),
        ({"SS": []}, f"{START_KEY}: {INVALID}An string set  may not be empty"),
        ({"BS": []}, f"{START_KEY}: {INVALID}Binary sets should not be empty"),
        ({"N": ""}, "The parameter cannot be converted to a numeric value"),
        ({"N": "b"}, "The parameter cannot be converted to a numeric value: b"),
        ({"S": "a", "N": "b"}, "The parameter cannot be converted to a numeric value: b"),
        ({"NS": ["1", "b"]}, "The parameter cannot be converted to a numeric value: b"),
        ({"N": "1" * 39}, "Attempting to store more than 38 significant digits in a Number"),
        (
            {"N": "1e126"},
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
        (
            {"N": "1e-131"},
            "Number underflow. Attempting to store a number with magnitude smaller than supported range",
        ),
        ({"SS": ["a", "a"]}, INVALID + "Input collection [a, a] contains duplicates."),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        ({"BS": ["AQ==", "AQ=="]}, INVALID + "Input collection [AQ==, AQ==]of type BS contains duplicates."),
    ],
)
def test_values_are_checked_before_the_table_is_looked_up(world: World, value: dict[str, Any], text: str) -> None:
    key = {"a": value}
    assert world.message("Scan", TableName="nope", ExclusiveStartKey=key) == text
    assert world.message("Query", TableName="nope", ExclusiveStartKey=key) == text


OUTSIDE = "The provided starting key is outside query boundaries based on provided conditions"
NOT_IN_RANGE = "The provided starting key does not match the range key predicate"
ONE_ROW = "The query can return at most one row and cannot be restarted"


@pytest.mark.parametrize(
    ("condition", "forward", "starts"),
    [
        # sort keys of start keys that the condition has, in their order: a, a0, b, c, d
        ("sk < :b", True, ["a", "a0"]),
        ("sk < :b", False, ["a", "a0"]),
        ("sk > :b", True, ["c", "d"]),
        ("sk > :b", False, ["c", "d"]),
        ("sk = :b", True, ["b"]),
        ("sk = :b", False, ["b"]),
        ("begins_with(sk, :a)", True, ["a", "a0"]),
        ("begins_with(sk, :a)", False, ["a", "a0"]),
        # nothing can follow the last sort key of a range that has an end of its own: a query never stops there
        ("sk <= :b", True, ["a", "a0"]),
        ("sk <= :b", False, ["a", "a0", "b"]),
        ("sk >= :b", True, ["b", "c", "d"]),
        ("sk >= :b", False, ["c", "d"]),
        ("sk BETWEEN :a0 AND :c", True, ["a0", "b"]),
        ("sk BETWEEN :a0 AND :c", False, ["b", "c"]),
        ("sk BETWEEN :b AND :b", True, []),
    ],
)
def test_within_a_range(world: World, condition: str, forward: bool, starts: list[str]) -> None:
    values = {"a": "a", "a0": "a0", "b": "b", "c": "c"}
    text = f"pk = :p AND {condition}"
    used = {name: value for name, value in values.items() if f":{name} " in f"{text} ".replace(")", " ")}
    request = by_expression(text, values=used, ScanIndexForward=forward)
    everything = sorts(world("Query", **request))
    for sort in ("a", "a0", "b", "c", "d"):
        key = {"ExclusiveStartKey": item(pk="p", sk=sort)}
        other = {"ExclusiveStartKey": item(pk="other", sk=sort)}
        if sort in starts:
            assert sorts(world("Query", **request, **key)) == everything[everything.index(sort) + 1 :]
            assert world.message("Query", **request, **other) == ONE_ROW
        else:
            assert world.message("Query", **request, **key) == NOT_IN_RANGE
            assert world.message("Query", **request, **other) == NOT_IN_RANGE


def test_in_an_index_entries_with_the_same_keys_may_follow() -> None:
    world = World()
    for sort in "abc":
        world.put(INDEXED, pk="p", sk=sort, n=2)
    for forward in (True, False):
        condition = "n <= :n" if forward else "n >= :n"
        request = on_index("by-n", f"pk = :p AND {condition}", values={"n": 2}, ScanIndexForward=forward)
        everything = sorts(world("Query", **request))
        for at, sort in enumerate(everything):
            answer = world("Query", **request, ExclusiveStartKey=item(pk="p", sk=sort, n=2))
            assert sorts(answer) == everything[at + 1 :]


def test_without_a_range_only_the_partition_matters(world: World) -> None:
    assert world.message("Query", **by_expression(ExclusiveStartKey=item(pk="other", sk="b"))) == OUTSIDE
    of_index = on_index("by-g", "g = :p", ExclusiveStartKey=KEY | item(g="x"))
    assert world.message("Query", **of_index) == OUTSIDE


@pytest.mark.parametrize("index", ["by-g", "by-gn", "by-n", "by-t"])
def test_a_start_key_of_an_index_belongs_to_its_segment(world: World, index: str) -> None:
    request: dict[str, Any] = {"TableName": INDEXED, "IndexName": index, "TotalSegments": 3}
    own = [[found["sk"]["S"] for found in world("Scan", **request, Segment=segment)["Items"]] for segment in range(3)]
    whole = world("Scan", TableName=INDEXED, IndexName=index)["Items"]
    assert sorted(sort for part in own for sort in part) == sorted(found["sk"]["S"] for found in whole)
    pages = [world("Scan", **request, Segment=segment, Limit=1) for segment in range(3)]
    keys = [page["LastEvaluatedKey"] for page in pages if page["Items"]]
    assert keys
    for key in keys:
        home = next(segment for segment in range(3) if key["sk"]["S"] in own[segment])
        for segment in range(3):
            again = {**request, "Segment": segment, "ExclusiveStartKey": key}
            if segment == home:
                assert world("Scan", **again)["Count"] == len(own[home]) - 1
            else:
                assert world.message("Scan", **again) == (
                    f"{START_KEY}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
                    f"TotalSegments: 3 Segment: {segment}"
                )
