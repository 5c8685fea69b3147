"""Scan: all items in the service's order, in pages and in segments; what it refuses, and in which order."""

from __future__ import annotations

from hashlib import md5
from typing import Any

import pytest

from hashrange.simulator.state.definitions import TableDefinition
from tests.simulated_items import INDEXED, NOT_FOUND, SIMPLE, SORTED, World, item, keys
from tests.simulated_queries import INVALID, START_KEY, filled

#: in the order of the service's hash, as it was observed: md5 heads 6521ac, 961a1f, f6558e
LETTERS = ["b", "c", "a"]


@pytest.fixture
def world() -> World:
    return filled()


def scan(world: World, table: str = SORTED, **request: Any) -> dict[str, Any]:
    return world("Scan", TableName=table, **request)


def refusal(world: World, table: str = SORTED, **request: Any) -> str:
    return world.message("Scan", TableName=table, **request)


def many(count: int = 60) -> World:
    """SIMPLE with so many items."""
    world = World()
    for number in range(count):
        world.put(SIMPLE, pk=f"item {number}")
    return world


def head(partition: str) -> str:
    """What the order of partitions and the segments go by."""
    return md5(b"Outliers" + partition.encode(), usedforsecurity=False).hexdigest()


def names(answer: dict[str, Any]) -> list[str]:
    return [found["pk"]["S"] for found in answer["Items"]]


# ── order and pages ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_partitions_come_in_the_order_of_their_hash() -> None:
    world = World()
    for letter in sorted(LETTERS):
        world.put(SIMPLE, pk=letter)
    assert scan(world, SIMPLE) == {"Items": [item(pk=letter) for letter in LETTERS], "Count": 3, "ScannedCount": 3}
    everything = names(scan(many(), SIMPLE))
    assert everything == sorted(everything, key=head)


def test_numbers_are_hashed_as_the_service_stores_them() -> None:
    world = World(TableDefinition("Numbers", keys("pk"), {"pk": "N"}))
    for number in (0, 1):
        world.put("Numbers", pk=number)
    assert scan(world, "Numbers")["Items"] == [item(pk=1), item(pk=0)]  # md5 heads c3a031, ce212d


def test_items_of_a_partition_stay_together_and_in_order(world: World) -> None:
    found = [(each["pk"]["S"], each["sk"]["S"]) for each in scan(world)["Items"]]
    p = [("p", sort) for sort in ("a", "a0", "b", "c", "d")]
    assert found == ([*p, ("other", "b")] if head("p") < head("other") else [("other", "b"), *p])


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 7, 59, 60, 61])
def test_pages_by_limit(limit: int) -> None:
    world = many()
    found: list[str] = []
    request: dict[str, Any] = {"Limit": limit}
    pages = 0
    while True:
        answer = scan(world, SIMPLE, **request)
        found += names(answer)
        pages += 1
        if "LastEvaluatedKey" not in answer:
            break
        assert answer["LastEvaluatedKey"] == answer["Items"][-1]
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    assert found == names(scan(world, SIMPLE))
    assert pages == 60 // limit + 1


def test_pages_may_end_within_a_partition(world: World) -> None:
    everything = scan(world)["Items"]
    for at in range(len(everything)):
        start = {name: everything[at][name] for name in ("pk", "sk")}
        assert scan(world, ExclusiveStartKey=start)["Items"] == everything[at + 1 :]


def test_a_start_key_need_not_exist() -> None:
    world = many()
    everything = names(scan(world, SIMPLE))
    found = names(scan(world, SIMPLE, ExclusiveStartKey=item(pk="nobody")))
    assert found == [name for name in everything if head(name) > head("nobody")]
    assert 0 < len(found) < 60


def test_a_page_ends_at_a_megabyte() -> None:
    world = World()
    for number in range(12):
        world.put(SIMPLE, pk=f"{number:02}", body="x" * 100_000)
    first = scan(world, SIMPLE, Select="COUNT")
    assert (first["Count"], first["ScannedCount"], set(first["LastEvaluatedKey"])) == (11, 11, {"pk"})
    second = scan(world, SIMPLE, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert (second["Count"], "LastEvaluatedKey" in second) == (1, False)


def test_a_page_of_many_small_items_ends_at_a_megabyte_as_it_is_stored() -> None:
    world = World()
    for number in range(400):
        world.put(SIMPLE, pk=f"{number:03}", body="x" * 2_700)
    stored = 2 + (1 + 3 + 1) + (1 + 2_700 + 2) + 18
    assert scan(world, SIMPLE)["Count"] == -(-1024 * 1024 // stored) == 385


# ── segments ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("total", [1, 2, 3, 7, 100, 4096, 5000, 1_000_000])
def test_segments_are_parts_of_the_whole(total: int) -> None:
    world = many(30)
    everything = names(scan(world, SIMPLE))
    by_segment: dict[int, list[str]] = {}
    for name in everything:
        bucket = int(head(name)[:3], 16)
        segment = bucket * total // 4096
        by_segment.setdefault(segment, []).append(name)
    for segment in {*by_segment, 0, total - 1}:
        answer = scan(world, SIMPLE, Segment=segment, TotalSegments=total)
        assert names(answer) == by_segment.get(segment, [])
    assert sum(len(part) for part in by_segment.values()) == 30


def test_pages_of_a_segment() -> None:
    world = many()
    whole = names(scan(world, SIMPLE, Segment=1, TotalSegments=3))
    found: list[str] = []
    request: dict[str, Any] = {"Segment": 1, "TotalSegments": 3, "Limit": 4}
    while True:
        answer = scan(world, SIMPLE, **request)
        found += names(answer)
        if "LastEvaluatedKey" not in answer:
            break
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    assert found == whole


# ── filters, projections, indexes ────────────────────────────────────────────────────────────────────────────────────
def test_a_filter_may_look_at_keys(world: World) -> None:
    request: dict[str, Any] = {
        "FilterExpression": "sk = :b AND pk <> :p",
        "ExpressionAttributeValues": item(**{":b": "b", ":p": "p"}),
    }
    answer = scan(world, **request)
    assert (answer["Items"], answer["Count"], answer["ScannedCount"]) == ([item(pk="other", sk="b")], 1, 6)


def test_legacy_filters(world: World) -> None:
    filters = {
        "n": {"ComparisonOperator": "IN", "AttributeValueList": [{"N": "1"}, {"N": "3"}]},
        "pk": {"ComparisonOperator": "BEGINS_WITH", "AttributeValueList": [{"S": "o"}]},
    }
    assert scan(world, ScanFilter=filters)["Count"] == 0
    assert scan(world, ScanFilter=filters, ConditionalOperator="OR")["Count"] == 3
    assert scan(world, ScanFilter={"n": filters["n"]}, AttributesToGet=["n"])["Items"] == [item(n=1), item(n=3)]


def test_projections(world: World) -> None:
    answer = scan(world, ProjectionExpression="#n", ExpressionAttributeNames={"#n": "n"}, Limit=2)
    assert all(set(found) <= {"n"} for found in answer["Items"])
    assert set(answer["LastEvaluatedKey"]) == {"pk", "sk"}


@pytest.mark.parametrize(
    ("index", "members", "lacking"),
    [
        ("by-g", {"pk", "sk", "g", "n", "t", "kept", "extra"}, set()),
        ("by-gn", {"pk", "sk", "g", "n"}, {"4"}),
        ("by-n", {"pk", "sk", "g", "n", "t", "kept", "extra"}, {"4"}),
        ("by-t", {"pk", "sk", "t", "kept"}, {"4"}),
    ],
)
def test_what_an_index_holds(world: World, index: str, members: set[str], lacking: set[str]) -> None:
    answer = scan(world, INDEXED, IndexName=index)
    assert {found["sk"]["S"] for found in answer["Items"]} == {"1", "2", "3", "4"} - lacking
    assert set().union(*answer["Items"]) == members
    found = []
    request: dict[str, Any] = {"IndexName": index, "Limit": 1}
    while True:
        page = scan(world, INDEXED, **request)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    assert found == answer["Items"]


def test_a_local_index_reaches_back(world: World) -> None:
    answer = scan(world, INDEXED, IndexName="by-t", Select="ALL_ATTRIBUTES", ReturnConsumedCapacity="INDEXES")
    assert all("extra" in found for found in answer["Items"])
    assert answer["ConsumedCapacity"] == {
        "TableName": INDEXED,
        "CapacityUnits": 2.0,
        "Table": {"CapacityUnits": 1.5},
        "LocalSecondaryIndexes": {"by-t": {"CapacityUnits": 0.5}},
    }


def test_a_filter_of_an_index_sees_what_the_index_has(world: World) -> None:
    request = {"IndexName": "by-gn", "FilterExpression": "attribute_exists(extra)"}
    answer = scan(world, INDEXED, **request)
    assert (answer["Count"], answer["ScannedCount"]) == (0, 3)


def test_capacity() -> None:
    world = World()
    request = {"ReturnConsumedCapacity": "TOTAL"}
    assert scan(world, SIMPLE, **request)["ConsumedCapacity"] == {"TableName": SIMPLE, "CapacityUnits": 0.5}
    for number in range(5):
        world.put(SIMPLE, pk=str(number), body="x" * 1000)
    assert scan(world, SIMPLE, **request)["ConsumedCapacity"]["CapacityUnits"] == 1.0
    consistent = scan(world, SIMPLE, **request, ConsistentRead=True, FilterExpression="attribute_not_exists(pk)")
    assert consistent["ConsumedCapacity"]["CapacityUnits"] == 2.0


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────
SEGMENT_MISSING = (
    "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"
)
TOTAL_MISSING = (
    "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            {"AttributesToGet": ["a"], "ScanFilter": {}, "ConditionalOperator": "OR", "FilterExpression": ""},
            (
                "Can not use both expression and non-expression parameters in the same request: "
                "Non-expression parameters: {AttributesToGet, ScanFilter, ConditionalOperator} "
                "Expression parameters: {FilterExpression}"
            ),
        ),
        (
            {"ProjectionExpression": "a", "ExpressionAttributeValues": {}},
            "ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null",
        ),
        ({"ExpressionAttributeNames": {}}, "ExpressionAttributeNames can only be specified when using expressions"),
        (
            {"AttributesToGet": ["a", "a"], "ScanFilter": {"a": {"ComparisonOperator": "EQ"}}},
            INVALID + "Duplicate value in attribute name: a",
        ),
        (
            {"ScanFilter": {"a": {"ComparisonOperator": "EQ"}}, "ExclusiveStartKey": {"a": {}}},
            INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator",
        ),
        (
            {"ConditionalOperator": "AND"},
            "ConditionalOperator cannot be used without Filter or Expected",
        ),
        (
            {"ExclusiveStartKey": {"a": {}}, "Segment": 1},
            f"{START_KEY}: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        ({"ExclusiveStartKey": {"a": {"N": ""}}}, "The parameter cannot be converted to a numeric value"),
        ({"Segment": 1, "FilterExpression": ""}, TOTAL_MISSING),
        ({"Segment": 0}, TOTAL_MISSING),
        ({"TotalSegments": 1}, SEGMENT_MISSING),
        (
            {"TotalSegments": 2, "Segment": 2},
            (
                "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
                "Segment: 2 is not less than TotalSegments: 2"
            ),
        ),
        (
            {"FilterExpression": "", "ProjectionExpression": ""},
            "Invalid FilterExpression: The expression can not be empty;",
        ),
        ({"ProjectionExpression": ""}, "Invalid ProjectionExpression: The expression can not be empty;"),
        (
            {"ProjectionExpression": "a", "ExpressionAttributeNames": {"#a": "a"}, "Select": "COUNT"},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
        ),
        (
            {"Select": "SPECIFIC_ATTRIBUTES"},
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
        ),
        (
            {"Select": "COUNT", "ProjectionExpression": "a"},
            "Cannot specify the ProjectionExpression when choosing to get only the Count",
        ),
        (
            {"Select": "ALL_ATTRIBUTES", "AttributesToGet": ["a"]},
            "Cannot specify the AttributesToGet when choosing to get ALL_ATTRIBUTES",
        ),
        (
            {"Select": "ALL_PROJECTED_ATTRIBUTES"},
            "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
        ),
    ],
)
def test_what_is_refused_whether_the_table_exists_or_not(world: World, request_: dict[str, Any], expected: str) -> None:
    for table in ("nope", SORTED):
        assert refusal(world, table, **request_) == expected


def test_constraints(world: World) -> None:
    request: dict[str, Any] = {"Limit": 0, "TotalSegments": 1_000_001, "Segment": -1, "Select": "x", "IndexName": "ab"}
    assert refusal(world, **request) == "5 validation errors detected: " + "; ".join(
        f"Value '{value}' at '{place}' failed to satisfy constraint: Member must {constraint}"
        for value, place, constraint in [
            (
                "x",
                "select",
                "satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]",
            ),
            ("ab", "indexName", "have length greater than or equal to 3"),
            ("1000001", "totalSegments", "have value less than or equal to 1000000"),
            ("-1", "segment", "have value greater than or equal to 0"),
            ("0", "limit", "have value greater than or equal to 1"),
        ]
    )


def test_a_table_that_does_not_exist(world: World) -> None:
    error = world.refused("Scan", TableName="nope", IndexName="none", ExclusiveStartKey={})
    assert (error.name, error.message) == ("ResourceNotFoundException", NOT_FOUND)


SCALARS = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "


@pytest.mark.parametrize(
    ("table", "request_", "expected"),
    [
        (SORTED, {"IndexName": "none", "ExclusiveStartKey": {}}, "The table does not have the specified index: none"),
        (
            INDEXED,
            {"IndexName": "by-g", "ConsistentRead": True, "ExclusiveStartKey": {}},
            "Consistent reads are not supported on global secondary indexes",
        ),
        (
            INDEXED,
            {"IndexName": "by-gn", "Select": "ALL_ATTRIBUTES", "ExclusiveStartKey": item(pk=1, sk=1, g="x", n=1)},
            INVALID + "Select type ALL_ATTRIBUTES is not supported for global secondary index by-gn "
            "because its projection type is not ALL",
        ),
        (
            INDEXED,
            {"IndexName": "by-gn", "ProjectionExpression": "kept, pk, extra.a"},
            INVALID + "Global secondary index by-gn does not project [extra, kept]",
        ),
        (SORTED, {"ProjectionExpression": "pk.a", "FilterExpression": "attribute_exists(sk.a)"}, f"{SCALARS}Key: pk"),
        (SORTED, {"FilterExpression": "attribute_exists(sk.a)"}, f"{SCALARS}Key: sk"),
        (INDEXED, {"FilterExpression": "attribute_exists(t[0])"}, f"{SCALARS}IndexKey: t"),
        (INDEXED, {"ProjectionExpression": "n.x"}, f"{SCALARS}IndexKey: n"),
    ],
)
def test_what_is_refused_of_a_table(world: World, table: str, request_: dict[str, Any], expected: str) -> None:
    assert refusal(world, table, **request_) == expected


def test_a_start_key_belongs_to_its_segment() -> None:
    world = many()
    own = names(scan(world, SIMPLE, Segment=0, TotalSegments=2))
    for name in names(scan(world, SIMPLE)):
        request = {"ExclusiveStartKey": item(pk=name), "Segment": 0, "TotalSegments": 2}
        if name in own:
            assert names(scan(world, SIMPLE, **request)) == own[own.index(name) + 1 :]
        else:
            assert refusal(world, SIMPLE, **request) == (
                f"{START_KEY}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
                "TotalSegments: 2 Segment: 0"
            )
