"""Where a page ends, whatever is read: by Limit, at a megabyte, or where nothing can follow."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_items import INDEXED, SORTED, World, item
from tests.simulated_queries import SORTS, by_expression, filled, on_index, sorts

#: eleven of these reach a megabyte, ten do not
BIG = "x" * 100_000
COUNT = 25
READS = {
    "table": by_expression(TableName=INDEXED),
    "by-g": on_index("by-g", "g = :p"),
    "by-n": on_index("by-n", "pk = :p"),
}


@pytest.fixture(scope="module")
def heavy() -> World:
    """INDEXED with big items; ``n`` has the order of the sort keys, and ``t`` as well."""
    world = World()
    for number in range(COUNT):
        binary = {"B": f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[number]}A=="}
        world.put(INDEXED, pk="p", sk=f"{number:02}", g="p", n=number, t=binary, extra=BIG)
    return world


def pages(world: World, operation: str, request: dict[str, Any]) -> list[dict[str, Any]]:
    found = [world(operation, **request)]
    while "LastEvaluatedKey" in found[-1]:
        found.append(world(operation, **request, ExclusiveStartKey=found[-1]["LastEvaluatedKey"]))
    return found


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("source", READS)
def test_a_query_stops_at_a_megabyte(heavy: World, source: str, forward: bool) -> None:
    request = READS[source] | {"ScanIndexForward": forward}
    found = pages(heavy, "Query", request)
    assert [page["ScannedCount"] for page in found] == [11, 11, 3]
    seen = [sort for page in found for sort in sorts(page)]
    assert sorted(seen) == [f"{number:02}" for number in range(COUNT)]
    if source != "by-g":  # its items have equal keys
        assert seen == sorted(seen, reverse=not forward)
    keys = {"table": {"pk", "sk"}, "by-g": {"pk", "sk", "g"}, "by-n": {"pk", "sk", "n"}}[source]
    for page in found[:-1]:
        last = page["Items"][-1]
        assert page["LastEvaluatedKey"] == {name: last[name] for name in keys}


@pytest.mark.parametrize("source", READS)
@pytest.mark.parametrize(
    "request_",
    [
        {"Select": "COUNT"},
        {"ProjectionExpression": "sk"},
        {"FilterExpression": "attribute_exists(nope)"},
        {"FilterExpression": "attribute_exists(nope)", "Select": "COUNT"},
    ],
)
def test_what_is_not_answered_counts_as_well(heavy: World, source: str, request_: dict[str, Any]) -> None:
    found = pages(heavy, "Query", READS[source] | request_)
    assert [page["ScannedCount"] for page in found] == [11, 11, 3]
    if "FilterExpression" in request_:
        assert [page["Count"] for page in found] == [0, 0, 0]


@pytest.mark.parametrize("source", [None, "by-g", "by-n"])
def test_a_scan_stops_at_a_megabyte(heavy: World, source: str | None) -> None:
    request = {"TableName": INDEXED} | ({} if source is None else {"IndexName": source})
    found = pages(heavy, "Scan", request)
    assert [page["Count"] for page in found] == [11, 11, 3]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (4, [4, 4, 4, 4, 4, 4, 1]),
        (5, [5, 5, 5, 5, 5, 0]),  # the last page ends at its limit, and does not know that nothing follows
        (11, [11, 11, 3]),
        (12, [11, 11, 3]),
        (1_000, [11, 11, 3]),
    ],
)
def test_limit_and_a_megabyte(heavy: World, limit: int, expected: list[int]) -> None:
    assert [page["Count"] for page in pages(heavy, "Query", READS["table"] | {"Limit": limit})] == expected


def test_what_an_index_does_not_hold_does_not_count(heavy: World) -> None:
    whole = heavy("Query", **on_index("by-gn", "g = :p"))
    assert (whole["Count"], "LastEvaluatedKey" in whole) == (COUNT, False)
    kept = heavy("Query", **on_index("by-t", "pk = :p"))
    assert (kept["Count"], "LastEvaluatedKey" in kept) == (COUNT, False)


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("selection", [{"Select": "ALL_ATTRIBUTES"}, {"ProjectionExpression": "sk, extra"}])
def test_what_is_fetched_for_a_local_index_counts(heavy: World, selection: dict[str, str], forward: bool) -> None:
    request = on_index("by-t", "pk = :p", ScanIndexForward=forward) | selection
    found = pages(heavy, "Query", request)
    assert [page["Count"] for page in found] == [11, 11, 3]
    assert all(each["extra"] == {"S": BIG} for page in found for each in page["Items"])
    assert all(set(page["LastEvaluatedKey"]) == {"pk", "sk", "t"} for page in found[:-1])
    seen = [sort for page in found for sort in sorts(page)]
    assert seen == sorted(seen, reverse=not forward)


# ── where nothing can follow ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("condition", "forward", "limit", "is_cut"),
    [
        # an item follows, or one could
        ("sk <= :c", True, 3, True),
        ("sk >= :c", True, 2, True),
        ("sk >= :c", True, 1, True),
        ("sk < :c", True, 3, True),
        ("sk > :c", False, 1, True),
        ("sk <= :c", False, 4, True),
        ("sk = :c", True, 1, True),
        ("begins_with(sk, :c)", True, 1, True),
        ("sk BETWEEN :b AND :c", True, 1, True),
        ("sk BETWEEN :b AND :z", True, 3, True),
        # the range itself ends at the last item
        ("sk <= :c", True, 4, False),
        ("sk >= :c", False, 2, False),
        ("sk BETWEEN :b AND :c", True, 2, False),
        ("sk BETWEEN :b AND :c", False, 2, False),
        ("sk BETWEEN :c AND :c", True, 1, False),
        ("sk <= :c", True, 5, False),
    ],
)
def test_a_page_that_reaches_the_end_of_its_range_is_not_cut(
    condition: str, forward: bool, limit: int, is_cut: bool
) -> None:
    world = filled()
    values = {name: name for name in "bcz" if f":{name}" in condition}
    request = by_expression(f"pk = :p AND {condition}", values=values, ScanIndexForward=forward)
    answer = world("Query", **request, Limit=limit)
    assert ("LastEvaluatedKey" in answer) is is_cut
    if is_cut:
        assert answer["LastEvaluatedKey"] == item(pk="p", sk=sorts(answer)[-1])
    assert answer["Count"] == min(limit, len(sorts(world("Query", **request))))


def test_a_filter_does_not_change_where_a_range_ends() -> None:
    request = by_expression(
        "pk = :p AND sk <= :b", values={"b": "b"}, FilterExpression="attribute_exists(nope)", Limit=3
    )
    assert filled()("Query", **request) == {"Items": [], "Count": 0, "ScannedCount": 3}


@pytest.mark.parametrize("limit", range(1, 7))
@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize(
    ("condition", "first", "last"),
    [("sk <= :c", "a", "c"), ("sk >= :b", "b", "d"), ("sk BETWEEN :b AND :c", "b", "c"), ("sk > :b", "c", "d")],
)
def test_all_pages_of_a_range(condition: str, first: str, last: str, forward: bool, limit: int) -> None:
    values = {name: name for name in "bc" if f":{name}" in condition}
    request = by_expression(f"pk = :p AND {condition}", values=values, ScanIndexForward=forward, Limit=limit)
    found = [sort for page in pages(filled(), "Query", request) for sort in sorts(page)]
    expected = [sort for sort in SORTS if first <= sort <= last]
    assert found == (expected if forward else expected[::-1])


def test_an_index_may_go_on_with_equal_keys() -> None:
    world = World()
    for sort in "abc":
        world.put(INDEXED, pk="p", sk=sort, n=2)
    request = on_index("by-n", "pk = :p AND n <= :n", values={"n": 2}, Limit=1)
    assert [page["Count"] for page in pages(world, "Query", request)] == [1, 1, 1, 0]


def test_scans_know_no_range() -> None:
    world = World()
    world.put(SORTED, pk="p", sk="a")
    assert world("Scan", TableName=SORTED, Limit=1)["LastEvaluatedKey"] == item(pk="p", sk="a")
