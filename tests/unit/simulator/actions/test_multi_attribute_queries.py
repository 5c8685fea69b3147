"""Queries and scans of a global index whose keys have several attributes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.simulated_items import World as Items
from tests.simulated_items import item
from tests.simulated_matches import BY_PLACE, MATCHES, filled, held, matches

from ..table_world import INVALID

VALUES: dict[str, Any] = {
    "p": "rome",
    "d": 1,
    "f": "final",
    "q": "quarter",
    "s": "semi",
    "two": 2,
    "ten": 10,
    "none": "",
    "n": 0,
}


@pytest.fixture
def world() -> Items:
    return filled()


def query(condition: str, **request: Any) -> dict[str, Any]:
    """A request; its values are those of ``VALUES``."""
    used = item(**{f":{name}": VALUES[name] for name in re.findall(r":(\w+)", condition)})
    return {
        "TableName": MATCHES,
        "IndexName": BY_PLACE,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": used,
        **request,
    }


def found(answer: dict[str, Any]) -> list[str]:
    return [f"{each['stage']['S']} {each['court']['N']}" for each in answer["Items"]]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", ["final 2", "final 10", "quarter 2", "quarter 10", "semi 2", "semi 10"]),
        ("stage = :q", ["quarter 2", "quarter 10"]),
        ("stage < :q", ["final 2", "final 10"]),
        ("stage <= :q", ["final 2", "final 10", "quarter 2", "quarter 10"]),
        ("stage > :q", ["semi 2", "semi 10"]),
        ("stage >= :q", ["quarter 2", "quarter 10", "semi 2", "semi 10"]),
        (":q <= stage", ["quarter 2", "quarter 10", "semi 2", "semi 10"]),
        ("stage BETWEEN :f AND :q", ["final 2", "final 10", "quarter 2", "quarter 10"]),
        ("begins_with(stage, :q)", ["quarter 2", "quarter 10"]),
        ("stage = :q AND court = :ten", ["quarter 10"]),
        ("stage = :q AND court < :ten", ["quarter 2"]),
        ("court <= :ten AND stage = :q", ["quarter 2", "quarter 10"]),
        ("stage = :q AND court > :two", ["quarter 10"]),
        ("stage = :q AND court >= :two", ["quarter 2", "quarter 10"]),
        ("stage = :q AND court BETWEEN :n AND :two", ["quarter 2"]),
        ("stage = :q AND court > :ten", []),
    ],
)
def test_conditions_go_from_left_to_right(world: Items, condition: str, expected: list[str]) -> None:
    text = " AND ".join(part for part in ("place = :p", condition, "season = :d") if part)
    assert found(world("Query", **query(text))) == expected
    assert found(world("Query", **query(text, ScanIndexForward=False))) == expected[::-1]


def test_the_legacy_parameter(world: Items) -> None:
    conditions: dict[str, list[Any]] = {
        "place": ["EQ", "rome"],
        "season": ["EQ", 1],
        "stage": ["EQ", "semi"],
        "court": ["GE", 3],
    }
    written = {
        name: {"ComparisonOperator": operator, "AttributeValueList": [item(v=value)["v"]]}
        for name, (operator, value) in conditions.items()
    }
    answer = world("Query", TableName=MATCHES, IndexName=BY_PLACE, KeyConditions=written)
    assert found(answer) == ["semi 10"]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("place = :p", "Query condition missed key schema element: season"),
        ("season = :d", "Query condition missed key schema element: place"),
        ("place = :p AND stage = :s", "Query condition missed key schema element: season"),
        ("place = :p AND season > :d", "Query key condition not supported"),
        ("place = :p AND season = :d AND court = :two", "Query condition missed key schema element: stage"),
        ("place = :p AND season = :d AND note = :s", "Query condition missed key schema element: stage"),
        (
            "place = :p AND season = :d AND stage = :s AND note = :s",
            "Query condition missed key schema element: court",
        ),
        (
            "place = :p AND season = :d AND stage = :s AND court = :two AND note = :s",
            "Query key condition not supported",
        ),
        ("place = :p AND season = :d AND stage > :q AND court = :two", "Query key condition not supported"),
        ("place = :p AND season = :d AND begins_with(stage, :q) AND court > :two", "Query key condition not supported"),
        ("place = :p AND season = :s", f"{INVALID}Condition parameter type does not match schema type"),
        (
            "place = :p AND season = :d AND stage = :s AND court = :s",
            f"{INVALID}Condition parameter type does not match schema type",
        ),
        (
            "place = :none AND season = :d",
            (
                "One or more parameter values are not valid. A value specified for a secondary index key is not "
                "supported. The AttributeValue for a key attribute cannot contain an empty string value. "
                f"IndexName: {BY_PLACE}, IndexKey: place"
            ),
        ),
    ],
)
def test_conditions_that_no_order_can_serve(world: Items, condition: str, message: str) -> None:
    assert world.message("Query", **query(condition)) == message


def test_a_further_condition_on_a_partition_key_alone() -> None:
    world = Items(matches(key_roles="place season"))
    assert world.message("Query", **query("place = :p AND season = :d AND stage = :s")) == (
        "Query key condition not supported"
    )


@pytest.mark.parametrize("other", [{"IndexName": "elsewhere"}, {"TableName": "Nowhere"}])
def test_more_than_two_conditions_are_for_such_indexes_only(world: Items, other: dict[str, str]) -> None:
    request = query("place = :p AND season = :d AND stage = :s") | other
    assert world.message("Query", **request) == "Conditions can be of length 1 or 2 only"
    del request["IndexName"]
    assert world.message("Query", **request) == "Conditions can be of length 1 or 2 only"


def test_more_conditions_than_keys_can_have_attributes(world: Items) -> None:
    text = " AND ".join(f"{name} = :p" for name in "abcdefghi")
    assert world.message("Query", **query(text)) == "Conditions can be of length 1 or 2 only"


def test_filters_may_not_look_at_any_of_the_attributes(world: Items) -> None:
    for name in ("place", "season", "stage", "court"):
        request = query("place = :p AND season = :d", FilterExpression=f"attribute_exists({name})")
        assert world.message("Query", **request) == (
            f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {name}"
        )


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("condition", ["", " AND stage >= :q", " AND stage = :q AND court > :n"])
@pytest.mark.parametrize("limit", [1, 2, 4])
def test_pages_follow_one_another(world: Items, condition: str, *, forward: bool, limit: int) -> None:
    request = query(f"place = :p AND season = :d{condition}", ScanIndexForward=forward)
    whole = found(world("Query", **request))
    pages: list[str] = []
    answer = world("Query", **request, Limit=limit)
    while True:
        pages += found(answer)
        last = answer.get("LastEvaluatedKey")
        if last is None:
            break
        assert sorted(last) == ["court", "id", "place", "season", "stage"]
        answer = world("Query", **request, Limit=limit, ExclusiveStartKey=last)
    assert pages == whole


def test_items_with_equal_keys_come_one_after_the_other(world: Items) -> None:
    twins = [f"twin {at}" for at in range(5)]
    for twin in twins:
        world.put(MATCHES, id=twin, place="rome", season=7, stage="semi", court=1)
    values = item(**{":p": "rome", ":d": 7, ":s": "semi"})
    request = query("place = :p AND season = :d AND stage = :s") | {"ExpressionAttributeValues": values}
    ids: list[str] = []
    last = None
    while True:
        start: dict[str, Any] = {} if last is None else {"ExclusiveStartKey": last}
        answer = world("Query", **request, Limit=2, **start)
        ids += [each["id"]["S"] for each in answer["Items"]]
        last = answer.get("LastEvaluatedKey")
        if last is None:
            break
    assert sorted(ids) == twins


START: dict[str, Any] = {"id": "122", "place": "rome", "season": 1, "stage": "quarter", "court": 2}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"court": None}, "The provided starting key is invalid"),
        ({"court": None, "note": "n"}, "The provided starting key is invalid"),
        ({"season": "1"}, "The provided key element does not match the schema"),
        ({"court": "2"}, "The provided key element does not match the schema"),
        (
            {"season": 2},
            "The provided starting key is outside query boundaries based on provided conditions",
        ),
        (
            {"place": "oslo"},
            "The provided starting key is outside query boundaries based on provided conditions",
        ),
    ],
)
def test_start_keys_that_are_none(world: Items, change: dict[str, Any], message: str) -> None:
    changed = {name: value for name, value in (START | change).items() if value is not None}
    request = query("place = :p AND season = :d", ExclusiveStartKey=item(**changed))
    assert world.message("Query", **request) == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stage": "final"}, "The provided starting key does not match the range key predicate"),
        ({"season": 2}, "The query can return at most one row and cannot be restarted"),
    ],
)
def test_start_keys_outside_of_a_range(world: Items, change: dict[str, Any], message: str) -> None:
    request = query("place = :p AND season = :d AND stage >= :q", ExclusiveStartKey=item(**(START | change)))
    assert world.message("Query", **request) == message


def test_a_scan_of_the_index_in_pages_and_segments(world: Items) -> None:
    request = {"TableName": MATCHES, "IndexName": BY_PLACE}
    whole = held(world)
    assert len(whole) == 13
    ids: list[str] = []
    for segment in range(3):
        last = None
        while True:
            start: dict[str, Any] = {} if last is None else {"ExclusiveStartKey": last}
            answer = world("Scan", **request, **start, Limit=2, Segment=segment, TotalSegments=3)
            ids += [each["id"]["S"] for each in answer["Items"]]
            last = answer.get("LastEvaluatedKey")
            if last is None:
                break
    assert sorted(ids) == whole


def test_capacity_counts_the_index() -> None:
    world = Items(matches())
    whole = item(id="1", place="rome", season=1, stage="semi", court=2)
    answer = world("PutItem", TableName=MATCHES, Item=whole, ReturnConsumedCapacity="INDEXES")
    assert answer["ConsumedCapacity"]["GlobalSecondaryIndexes"] == {BY_PLACE: {"CapacityUnits": 1.0}}
    read = world("Query", **query("place = :p AND season = :d", ReturnConsumedCapacity="INDEXES"))
    assert read["ConsumedCapacity"]["GlobalSecondaryIndexes"] == {BY_PLACE: {"CapacityUnits": 0.5}}


def test_statements_find_the_same_items(world: Items) -> None:
    text = f'SELECT id FROM "{MATCHES}"."{BY_PLACE}" WHERE place = ? AND season = ? AND stage = ?'
    answer = world("ExecuteStatement", Statement=text, Parameters=[{"S": "rome"}, {"N": "1"}, {"S": "semi"}])
    assert sorted(each["id"]["S"] for each in answer["Items"]) == ["1210", "122"]
    part = f'SELECT id FROM "{MATCHES}"."{BY_PLACE}" WHERE place = ?'
    assert len(world("ExecuteStatement", Statement=part, Parameters=[{"S": "rome"}])["Items"]) == 12
