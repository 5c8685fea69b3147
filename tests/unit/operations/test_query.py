"""Query and Scan requests in wire shape, what is added for positions, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from hashrange.errors import InvalidExpression, InvalidKey, ValidationError
from hashrange.expressions import Attr, Raw, begins_with, between, gt
from hashrange.key import Key
from hashrange.operations.query import Read, check_segments, fingerprint, item_key, plan, position
from hashrange.schema import GlobalIndex, LocalIndex, TableSchema, table_schema

TABLE = table_schema(
    "app",
    "PK",
    "SK",
    {"by_email": GlobalIndex("email"), "by_total": LocalIndex("total"), "by_day": GlobalIndex("day", "SK")},
    ttl_attribute="expires_at",
)
SIMPLE = table_schema("users", "id", None)


def read(schema: TableSchema = TABLE, index: str | None = None, **options: Any) -> Read:
    return Read(schema=schema, index=None if index is None else schema.index(index), **options)


# ── what is sent ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_least_that_is_sent() -> None:
    scan = plan(read())
    assert (scan.operation, scan.request, scan.hidden, scan.overread) == ("Scan", {"TableName": "app"}, (), False)
    query = plan(read(partition="USER#1"))
    assert query.operation == "Query"
    assert query.request == {
        "TableName": "app",
        "KeyConditionExpression": "#n0 = :v0",
        "ExpressionAttributeNames": {"#n0": "PK"},
        "ExpressionAttributeValues": {":v0": {"S": "USER#1"}},
    }


def test_all_that_can_be_sent() -> None:
    found = plan(
        read(
            index="by_total",
            partition="USER#1",
            sort=between(1, 5),
            filter=Attr("status") == "open",
            projection=["status", "SK", "PK", "total"],
            descending=True,
            consistent=True,
            capacity="TOTAL",
        )
    )
    assert found.request == {
        "TableName": "app",
        "IndexName": "by_total",
        "KeyConditionExpression": "#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2",
        "FilterExpression": "#n2 = :v3",
        "ProjectionExpression": "#n2, #n3, #n0, #n1",
        "ExpressionAttributeNames": {"#n0": "PK", "#n1": "total", "#n2": "status", "#n3": "SK"},
        "ExpressionAttributeValues": {
            ":v0": {"S": "USER#1"},
            ":v1": {"N": "1"},
            ":v2": {"N": "5"},
            ":v3": {"S": "open"},
        },
        "ScanIndexForward": False,
        "ConsistentRead": True,
        "ReturnConsumedCapacity": "TOTAL",
    }
    assert (found.hidden, found.overread) == ((), True)


@pytest.mark.parametrize(
    ("sort", "text"),
    [
        ("A", "#n0 = :v0 AND #n1 = :v1"),
        (begins_with("A"), "#n0 = :v0 AND begins_with(#n1, :v1)"),
        (gt("A"), "#n0 = :v0 AND #n1 > :v1"),
        (Raw("#s < :x", {"#s": "SK"}, {":x": "A"}), "#n0 = :v0 AND #n1 < :v1"),
    ],
)
def test_sort_conditions(sort: Any, text: str) -> None:
    found = plan(read(partition="USER#1", sort=sort)).request
    assert found["KeyConditionExpression"] == text
    assert found["ExpressionAttributeValues"][":v1"] == {"S": "A"}


def test_a_page_adds_its_start_and_its_limit() -> None:
    scan = plan(read())
    start = {"PK": {"S": "a"}, "SK": {"S": "b"}}
    assert scan.page(None, None) == {"TableName": "app"}
    assert scan.page(start, 7) == {"TableName": "app", "ExclusiveStartKey": start, "Limit": 7}
    assert scan.request == {"TableName": "app"}


def test_a_segment_of_a_scan() -> None:
    scan = plan(read())
    assert scan.of_segment(2, 4).request == {"TableName": "app", "Segment": 2, "TotalSegments": 4}
    assert scan.request == {"TableName": "app"}


def test_counting_asks_for_no_attributes() -> None:
    found = plan(read(projection=["name"], filter=Attr("a").exists()), count_only=True)
    assert found.request == {
        "TableName": "app",
        "Select": "COUNT",
        "FilterExpression": "attribute_exists(#n0)",
        "ExpressionAttributeNames": {"#n0": "a"},
    }
    assert found.hidden == ()


# ── positions ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("schema", "index", "names"),
    [
        (TABLE, None, ("PK", "SK")),
        (SIMPLE, None, ("id",)),
        (TABLE, "by_email", ("email", "PK", "SK")),
        (TABLE, "by_total", ("PK", "total", "SK")),
        (TABLE, "by_day", ("day", "SK", "PK")),
    ],
)
def test_a_position_is_the_keys_of_index_and_table(
    schema: TableSchema, index: str | None, names: tuple[str, ...]
) -> None:
    one = read(schema, index)
    assert one.position_names == names
    item = {name: {"S": name} for name in (*names, "other")}
    assert position(item, one) == {name: {"S": name} for name in names}


@pytest.mark.parametrize(
    ("index", "projection", "hidden"),
    [
        (None, ["name"], ("PK", "SK")),
        (None, ["SK", "name"], ("PK",)),
        (None, ["SK", "PK"], ()),
        ("by_email", ["name"], ("email", "PK", "SK")),
        ("by_email", ["email", "PK"], ("SK",)),
        ("by_total", [Attr("total"), Attr("a").b], ("PK", "SK")),
    ],
)
def test_keys_that_are_not_projected_are_added_and_hidden(
    index: str | None, projection: Any, hidden: tuple[str, ...]
) -> None:
    found = plan(read(index=index, projection=projection))
    names = found.request["ExpressionAttributeNames"]
    asked = [names[part.partition(".")[0]] for part in found.request["ProjectionExpression"].split(", ")]
    assert found.hidden == hidden
    assert asked[len(projection) :] == list(hidden)


def test_a_raw_projection_stays_as_it_is_and_its_pages_are_never_cut() -> None:
    found = plan(read(projection=Raw("#a, b", {"#a": "name"}), filter=Attr("x") == 1))
    assert found.request["ProjectionExpression"] == "#n1, b"
    assert (found.hidden, found.overread) == ((), False)


@pytest.mark.parametrize(
    ("item", "key"),
    [
        ({"PK": {"S": "a"}, "SK": {"N": "1"}, "x": {"S": ""}}, Key("a", 1)),
        ({"PK": {"S": "a"}}, None),
        ({}, None),
    ],
)
def test_the_key_of_an_item_for_errors(item: Any, key: Key | None) -> None:
    assert item_key(item, TABLE.keys) == key
    assert item_key({"id": {"B": "AAE="}}, SIMPLE.keys) == Key(b"\x00\x01")


# ── fingerprints ─────────────────────────────────────────────────────────────────────────────────────────────────────
class Kind(StrEnum):
    USER = "USER#1"


def mark(one: Read, segment: tuple[int, int] | None = None) -> str:
    found = plan(one)
    return fingerprint(one, found if segment is None else found.of_segment(*segment))


def test_what_reads_differently_has_another_fingerprint() -> None:
    other = table_schema("other", "PK", "SK")
    marks = [
        mark(read()),
        mark(read(other)),
        mark(read(index="by_email")),
        mark(read(), (0, 2)),
        mark(read(), (1, 2)),
        mark(read(), (0, 3)),
        mark(read(partition="1")),
        mark(read(partition=1)),
        mark(read(partition=b"1")),
        mark(read(partition="2")),
        mark(read(partition=2)),
        mark(read(partition=Decimal("1.5"))),
        mark(read(index="by_email", partition="1")),
        mark(read(other, partition="1")),
    ]
    assert len(set(marks)) == len(marks)


@pytest.mark.parametrize(
    "values",
    [
        [1, Decimal(1), Decimal("1.0"), Decimal("1E0")],
        [Decimal("0.5"), Decimal("5E-1"), Decimal("0.50")],
        [10**37, Decimal("1E+37")],
        [Decimal("1E-130"), Decimal("0.1E-129")],
        [0, Decimal("-0"), Decimal("0E10")],
        ["USER#1", Kind.USER],
    ],
)
def test_the_same_partition_has_the_same_fingerprint(values: list[Any]) -> None:
    assert len({mark(read(partition=value)) for value in values}) == 1


def test_38_digits_tell_partitions_apart() -> None:
    assert mark(read(partition=10**37 + 1)) != mark(read(partition=10**37 + 2))


# ── expired items ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_expired_items_are_filtered() -> None:
    found = plan(read(expires_after=1_800_000_000)).request
    assert found["FilterExpression"] == "NOT attribute_type(#n0, :v0) OR #n0 > :v1"
    assert found["ExpressionAttributeNames"] == {"#n0": "expires_at"}
    assert found["ExpressionAttributeValues"] == {":v0": {"S": "N"}, ":v1": {"N": "1800000000"}}


@pytest.mark.parametrize(
    "condition",
    [(Attr("a") == 1) | (Attr("b") == 2), Raw("#a = :x OR #b = :y", {"#a": "a", "#b": "b"}, {":x": 1, ":y": 2})],
)
def test_the_filter_and_the_expiry_both_hold(condition: Any) -> None:
    found = plan(read(expires_after=9, filter=condition)).request
    assert found["FilterExpression"] == "(#n0 = :v0 OR #n1 = :v1) AND (NOT attribute_type(#n2, :v2) OR #n2 > :v3)"


def test_expiry_needs_its_attribute() -> None:
    with pytest.raises(ValidationError, match="hide_expired needs the name of the TTL attribute of table 'users'"):
        plan(read(SIMPLE, expires_after=9))


# ── refused ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("partition", [None, "day"])
def test_a_global_index_cannot_be_read_consistently(partition: str | None) -> None:
    with pytest.raises(ValidationError, match="global indexes cannot be read consistently") as caught:
        plan(read(index="by_email", partition=partition, consistent=True))
    assert "'by_email'" in str(caught.value)
    assert plan(read(index="by_total", partition=partition, consistent=True)).request["ConsistentRead"] is True


@pytest.mark.parametrize("size", [0, -1, 1.5, "10", True])
def test_page_sizes(size: Any) -> None:
    with pytest.raises(ValidationError, match=r"page_size is .* whole number of at least 1"):
        plan(read(page_size=size))


@pytest.mark.parametrize("condition", ["a = 1", True, Attr("a"), {"a": 1}])
def test_a_filter_is_a_condition(condition: Any) -> None:
    with pytest.raises(InvalidExpression, match=r"filter is of type \w+, not a condition"):
        plan(read(filter=condition))
    with pytest.raises(InvalidExpression, match=r"filter is of type \w+, not a condition"):
        plan(read(filter=condition, expires_after=9))


def test_keys_are_checked() -> None:
    with pytest.raises(InvalidKey):
        plan(read(partition=""))
    with pytest.raises(InvalidKey):
        plan(read(partition="x" * 2049))
    with pytest.raises(InvalidKey):
        plan(read(SIMPLE, partition="a", sort="b"))


@pytest.mark.parametrize("segments", [1, 2, 1_000_000])
def test_segments(segments: int) -> None:
    check_segments(segments)


@pytest.mark.parametrize("segments", [0, -1, 1_000_001, 2.0, "4", None, True])
def test_segments_that_cannot_be(segments: Any) -> None:
    with pytest.raises(ValidationError, match="whole number from 1 to 1000000"):
        check_segments(segments)
