"""Query: what it reads and in which order, where its pages end, and what that costs."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator.state.definitions import IndexDefinition, TableDefinition
from tests.simulated_items import INDEXED, SIMPLE, SORTED, TYPED, World, item, keys
from tests.simulated_queries import SORTS, by_conditions, by_expression, filled, on_index, sorts


@pytest.fixture
def world() -> World:
    return filled()


# ── what is read ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_items_of_a_partition_come_in_the_order_of_their_sort_keys(world: World) -> None:
    answer = world("Query", **by_expression())
    assert answer == {
        "Items": [item(pk="p", sk=sort, n=SORTS.index(sort)) for sort in SORTS],
        "Count": 5,
        "ScannedCount": 5,
    }
    assert sorts(world("Query", **by_expression(ScanIndexForward=False))) == SORTS[::-1]
    assert sorts(world("Query", **by_expression(ScanIndexForward=True))) == SORTS


def test_a_partition_without_items(world: World) -> None:
    answer = world("Query", **by_expression("pk = :x", values={"x": "nobody"}, Limit=1))
    assert answer == {"Items": [], "Count": 0, "ScannedCount": 0}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("sk = :b", ["b"]),
        ("sk < :b", ["a", "a0"]),
        ("sk <= :b", ["a", "a0", "b"]),
        ("sk > :b", ["c", "d"]),
        ("sk >= :b", ["b", "c", "d"]),
        (":b < sk", ["c", "d"]),
        ("sk BETWEEN :a AND :b", ["a", "a0", "b"]),
        ("sk BETWEEN :b AND :b", ["b"]),
        ("begins_with(sk, :a)", ["a", "a0"]),
        ("sk > :z", []),
    ],
)
def test_conditions_on_the_sort_key(world: World, condition: str, expected: list[str]) -> None:
    values = {"a": "a", "b": "b", "z": "z"}
    for text in (f"pk = :p AND {condition}", f"{condition} AND pk = :p", f"(pk = :p) AND ({condition})"):
        assert sorts(world("Query", **by_expression(text, values=values))) == expected
        backward = by_expression(text, values=values, ScanIndexForward=False)
        assert sorts(world("Query", **backward)) == expected[::-1]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (["EQ", "b"], ["b"]),
        (["LT", "b"], ["a", "a0"]),
        (["LE", "b"], ["a", "a0", "b"]),
        (["GT", "b"], ["c", "d"]),
        (["GE", "b"], ["b", "c", "d"]),
        (["BETWEEN", "a0", "c"], ["a0", "b", "c"]),
        (["BEGINS_WITH", "a"], ["a", "a0"]),
    ],
)
def test_the_same_with_key_conditions(world: World, condition: list[str], expected: list[str]) -> None:
    assert sorts(world("Query", **by_conditions(pk="p", sk=condition))) == expected


def test_numbers_and_binaries_are_sorted_by_value() -> None:
    numbers = ["-1e20", "-10", "-9", "-0.5", "0", "0.5", "9", "10", "1e20"]
    world = World(TableDefinition("Numbers", keys("pk", "sk"), {"pk": "B", "sk": "N"}))
    for number in reversed(numbers):
        world.put("Numbers", pk={"B": "AP8="}, sk={"N": number})
    request = by_conditions("Numbers", pk={"B": "AP8="}, sk=["BETWEEN", {"N": "-9.0"}, {"N": "9.5"}])
    found = [found["sk"]["N"] for found in world("Query", **request)["Items"]]
    assert found == ["-9", "-0.5", "0", "0.5", "9"]
    world = World(TableDefinition("Binaries", keys("pk", "sk"), {"pk": "N", "sk": "B"}))
    for binary in ("/w==", "AP8=", "AA==", "AAE="):
        world.put("Binaries", pk=1, sk={"B": binary})
    everything = world("Query", **by_conditions("Binaries", pk={"N": "1.0"}))
    assert [found["sk"]["B"] for found in everything["Items"]] == ["AA==", "AAE=", "AP8=", "/w=="]
    prefixed = world("Query", **by_conditions("Binaries", pk=1, sk=["BEGINS_WITH", {"B": "AA=="}]))
    assert prefixed["Count"] == 3


def test_a_table_without_a_sort_key(world: World) -> None:
    world.put(SIMPLE, pk="p", n=1)
    assert world("Query", **by_expression(TableName=SIMPLE))["Items"] == [item(pk="p", n=1)]


# ── filters and projections ──────────────────────────────────────────────────────────────────────────────────────────
def test_a_filter_comes_after_the_limit(world: World) -> None:
    request = by_expression(values={"n": 3}, FilterExpression="n >= :n", Limit=4)
    answer = world("Query", **request)
    assert (sorts(answer), answer["Count"], answer["ScannedCount"]) == (["c"], 1, 4)
    assert answer["LastEvaluatedKey"] == item(pk="p", sk="c")
    nothing = world("Query", **by_expression(values={"n": 3}, FilterExpression="n >= :n", Limit=1))
    assert (nothing["Items"], nothing["Count"], nothing["ScannedCount"]) == ([], 0, 1)
    assert nothing["LastEvaluatedKey"] == item(pk="p", sk="a")


def test_a_filter_sees_what_a_projection_leaves_out(world: World) -> None:
    request = by_expression(values={"n": 3}, FilterExpression="n = :n", ProjectionExpression="sk")
    assert world("Query", **request)["Items"] == [item(sk="c")]


def test_legacy_filters(world: World) -> None:
    request = by_conditions(pk="p")
    filters = {
        "n": {"ComparisonOperator": "GE", "AttributeValueList": [{"N": "3"}]},
        "nope": {"ComparisonOperator": "NOT_NULL"},
    }
    assert world("Query", **request, QueryFilter={"n": filters["n"]})["Count"] == 2
    assert world("Query", **request, QueryFilter=filters)["Count"] == 0
    assert world("Query", **request, QueryFilter=filters, ConditionalOperator="OR")["Count"] == 2


def test_attributes_to_get(world: World) -> None:
    answer = world("Query", **by_conditions(pk="p"), AttributesToGet=["n", "nope"], Limit=2)
    assert answer["Items"] == [item(n=0), item(n=1)]
    assert answer["LastEvaluatedKey"] == item(pk="p", sk="a0")


def test_key_conditions_may_stand_beside_expressions(world: World) -> None:
    request = by_conditions(pk="p") | {
        "FilterExpression": "n < :n",
        "ProjectionExpression": "sk",
        "ExpressionAttributeValues": item(**{":n": 1}),
    }
    assert world("Query", **request)["Items"] == [item(sk="a")]


@pytest.mark.parametrize("request_", [{}, {"Select": "ALL_ATTRIBUTES"}])
def test_everything_is_selected_of_a_table(world: World, request_: dict[str, Any]) -> None:
    assert world("Query", **by_expression(Limit=1, **request_))["Items"] == [item(pk="p", sk="a", n=0)]


def test_counting(world: World) -> None:
    request = by_expression(values={"n": 2}, Select="COUNT", FilterExpression="n <= :n", Limit=5)
    answer = world("Query", **request)
    assert answer == {"Count": 3, "ScannedCount": 5, "LastEvaluatedKey": item(pk="p", sk="d")}
    assert world("Query", **by_expression(Select="COUNT")) == {"Count": 5, "ScannedCount": 5}


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
def test_pages_by_limit(world: World, limit: int, forward: bool) -> None:
    found: list[str] = []
    request = by_expression(Limit=limit, ScanIndexForward=forward)
    pages = 0
    while True:
        pages += 1
        answer = world("Query", **request)
        found += sorts(answer)
        assert len(answer["Items"]) <= limit
        if "LastEvaluatedKey" not in answer:
            break
        assert answer["LastEvaluatedKey"] == item(pk="p", sk=found[-1])
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    assert found == (SORTS if forward else SORTS[::-1])
    # a page that ends at its limit does not know that nothing follows
    assert pages == len(SORTS) // limit + 1


def test_pages_within_a_range(world: World) -> None:
    request = by_expression("pk = :p AND sk BETWEEN :a AND :b", values={"a": "a0", "b": "c"}, Limit=2)
    first = world("Query", **request)
    assert sorts(first) == ["a0", "b"]
    second = world("Query", **request, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert sorts(second) == ["c"]
    assert "LastEvaluatedKey" not in second
    backward = world("Query", **request, ExclusiveStartKey=item(pk="p", sk="b"), ScanIndexForward=False)
    assert sorts(backward) == ["a0"]


def test_a_start_key_need_not_exist(world: World) -> None:
    between = item(pk="p", sk="a5")
    assert sorts(world("Query", **by_expression(ExclusiveStartKey=between))) == ["b", "c", "d"]
    backward = by_expression(ExclusiveStartKey=between, ScanIndexForward=False)
    assert sorts(world("Query", **backward)) == ["a0", "a"]


def test_a_page_ends_at_a_megabyte() -> None:
    world = World()
    for number in range(12):
        world.put(SORTED, pk="p", sk=f"{number:02}", body="x" * 100_000)
    first = world("Query", **by_expression())
    assert (first["Count"], first["LastEvaluatedKey"]) == (11, item(pk="p", sk="10"))
    second = world("Query", **by_expression(ExclusiveStartKey=first["LastEvaluatedKey"]))
    assert sorts(second) == ["11"]
    assert "LastEvaluatedKey" not in second
    counted = world("Query", **by_expression(Select="COUNT"))
    assert (counted["Count"], counted["LastEvaluatedKey"]) == (11, item(pk="p", sk="10"))
    none = world("Query", **by_expression(values={"x": "x"}, FilterExpression="body = :x"))
    assert (none["Count"], none["ScannedCount"], none["LastEvaluatedKey"]) == (0, 11, item(pk="p", sk="10"))


@pytest.mark.parametrize(("spare", "is_cut"), [(1, False), (0, True)])
def test_to_the_byte(spare: int, is_cut: bool) -> None:
    world = World()
    page, overhead = 1024 * 1024, 2 + (1 + 1 + 1)  # of one item: itself, and its partition key
    sizes = [348_000, 348_000]
    stored = [overhead + 1 + size + 3 + (1 + (overhead + 2 + size) // 3072) * (18 + 2) for size in sizes]
    last = page - spare - sum(stored)
    # what the last one's text may have: as much as is left when its own blocks are taken off
    text = max(
        size for size in range(last) if overhead + 1 + size + 3 + (1 + (overhead + 2 + size) // 3072) * 20 <= last
    )
    for number, size in enumerate([*sizes, text]):
        world.put(SORTED, pk="p", sk=str(number), t="x" * size)
    answer = world("Query", **by_expression())
    assert answer["Count"] == 3
    assert ("LastEvaluatedKey" in answer) is is_cut


# ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_local_index_sorts_by_its_own_key(world: World) -> None:
    answer = world("Query", **on_index("by-n", "pk = :p"))
    assert sorts(answer) == ["2", "3", "1"]
    assert answer["Items"][0] == item(pk="p", sk="2", g="x", kept="kept 2", extra="extra 2", n=1, t={"B": "Ag=="})
    assert sorts(world("Query", **on_index("by-n", "pk = :p AND n > :n", values={"n": 1}))) == ["3", "1"]


def test_a_global_index_holds_what_has_its_keys(world: World) -> None:
    assert sorted(sorts(world("Query", **on_index("by-g", "g = :x", values={"x": "x"})))) == ["1", "2", "4"]
    answer = world("Query", **on_index("by-gn", "g = :x", values={"x": "x"}))
    assert answer["Items"] == [item(pk="p", sk="2", g="x", n=1), item(pk="p", sk="1", g="x", n=3)]


def test_what_an_index_answers(world: World) -> None:
    projected = item(pk="p", sk="1", t={"B": "AQ=="}, kept="kept 1")
    everything = projected | item(n=3, g="x", extra="extra 1")
    request = on_index("by-t", "pk = :p", Limit=1)
    assert world("Query", **request)["Items"] == [projected]
    assert world("Query", **request, Select="ALL_PROJECTED_ATTRIBUTES")["Items"] == [projected]
    assert world("Query", **request, Select="ALL_ATTRIBUTES")["Items"] == [everything]
    assert world("Query", **request, ProjectionExpression="kept")["Items"] == [item(kept="kept 1")]
    assert world("Query", **request, ProjectionExpression="extra, sk")["Items"] == [item(extra="extra 1", sk="1")]
    counted = world("Query", **on_index("by-t", "pk = :p"), Select="COUNT")
    assert counted == {"Count": 3, "ScannedCount": 3}


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize(
    ("index", "text", "names"),
    [
        ("by-g", "g = :x", {"pk", "sk", "g"}),
        ("by-gn", "g = :x", {"pk", "sk", "g", "n"}),
        ("by-n", "pk = :p", {"pk", "sk", "n"}),
        ("by-t", "pk = :p", {"pk", "sk", "t"}),
    ],
)
def test_pages_of_an_index(world: World, index: str, text: str, names: set[str], forward: bool) -> None:
    request = on_index(index, text, values={"x": "x"}, ScanIndexForward=forward)
    expected = sorts(world("Query", **request))
    found: list[str] = []
    answer: dict[str, Any] = {"LastEvaluatedKey": None}
    while "LastEvaluatedKey" in answer:
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]} if answer["LastEvaluatedKey"] else {}
        answer = world("Query", **request, Limit=1, **start)
        found += sorts(answer)
        assert set(answer.get("LastEvaluatedKey", names)) == names
    assert found == expected
    assert len(found) >= 2


def test_the_entries_of_an_index_follow_its_items(world: World) -> None:
    world.put(INDEXED, pk="p", sk="1", g="y", n=9)
    world("DeleteItem", TableName=INDEXED, Key=item(pk="p", sk="3"))
    assert sorted(sorts(world("Query", **on_index("by-g", "g = :x", values={"x": "x"})))) == ["2", "4"]
    assert sorts(world("Query", **on_index("by-gn", "g = :y", values={"y": "y"}))) == ["1"]
    assert sorts(world("Query", **on_index("by-t", "pk = :p"))) == ["2"]


# ── capacity ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_capacity_is_that_of_all_that_was_read_at_once(world: World) -> None:
    for number in range(3):
        world.put(SORTED, pk="big", sk=str(number), body="x" * 1000)
    request = by_conditions(pk="big")
    assert world("Query", **request, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"] == {
        "TableName": SORTED,
        "CapacityUnits": 0.5,
    }
    consistent = world("Query", **request, ReturnConsumedCapacity="INDEXES", ConsistentRead=True)
    assert consistent["ConsumedCapacity"] == {
        "TableName": SORTED,
        "CapacityUnits": 1.0,
        "Table": {"CapacityUnits": 1.0},
    }
    world.put(SORTED, pk="big", sk="3", body="x" * 1100)
    filtered = by_conditions(pk="big") | {"FilterExpression": "attribute_exists(nope)"}
    assert world("Query", **filtered, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]["CapacityUnits"] == 1.0
    assert "ConsumedCapacity" not in world("Query", **request, ReturnConsumedCapacity="NONE")


@pytest.mark.parametrize(("consistent", "units"), [(False, 0.5), (True, 1.0)])
def test_reading_nothing_costs_a_step(world: World, consistent: bool, units: float) -> None:
    request = by_conditions(pk="nobody") | {"ReturnConsumedCapacity": "TOTAL", "ConsistentRead": consistent}
    assert world("Query", **request)["ConsumedCapacity"]["CapacityUnits"] == units


@pytest.mark.parametrize(
    ("index", "request_", "arms"),
    [
        ("by-g", {}, {"GlobalSecondaryIndexes": {"by-g": {"CapacityUnits": 0.5}}}),
        ("by-t", {}, {"LocalSecondaryIndexes": {"by-t": {"CapacityUnits": 0.5}}}),
        ("by-n", {"Select": "ALL_ATTRIBUTES"}, {"LocalSecondaryIndexes": {"by-n": {"CapacityUnits": 0.5}}}),
    ],
)
def test_capacity_of_an_index(world: World, index: str, request_: dict[str, Any], arms: dict[str, Any]) -> None:
    text, values = ("g = :x", {"x": "x"}) if index == "by-g" else ("pk = :p", {})
    answer = world("Query", **on_index(index, text, values=values, ReturnConsumedCapacity="INDEXES", **request_))
    assert answer["ConsumedCapacity"] == {
        "TableName": INDEXED,
        "CapacityUnits": 0.5,
        "Table": {"CapacityUnits": 0.0},
        **arms,
    }


@pytest.mark.parametrize(("size", "consistent", "units"), [(100, False, 1.5), (9_000, False, 4.5), (9_000, True, 9.0)])
def test_items_fetched_for_a_local_index_are_paid_one_by_one(size: int, consistent: bool, units: float) -> None:
    world = World()
    for sort in "abc":
        world.put(INDEXED, pk="p", sk=sort, t={"B": "AA=="}, extra="x" * size)
    request = on_index("by-t", "pk = :p", ReturnConsumedCapacity="INDEXES", ConsistentRead=consistent)
    for selection in ({"Select": "ALL_ATTRIBUTES"}, {"ProjectionExpression": "extra"}):
        index_units = 1.0 if consistent else 0.5
        assert world("Query", **request, **selection)["ConsumedCapacity"] == {
            "TableName": INDEXED,
            "CapacityUnits": units + index_units,
            "Table": {"CapacityUnits": units},
            "LocalSecondaryIndexes": {"by-t": {"CapacityUnits": index_units}},
        }


def test_filters_may_look_at_the_tables_keys_on_an_index(world: World) -> None:
    request = on_index("by-gn", "g = :x", values={"x": "x", "s": "1"}, FilterExpression="sk = :s")
    assert sorts(world("Query", **request)) == ["1"]


def test_a_global_index_that_has_everything_may_be_asked_for_it(world: World) -> None:
    request = on_index("by-g", "g = :y", values={"y": "y"}, Select="ALL_ATTRIBUTES")
    assert world("Query", **request)["Items"][0]["extra"] == {"S": "extra 3"}


def test_an_index_without_a_sort_key_takes_one_condition(world: World) -> None:
    request = on_index("by-g", "g = :x AND n = :x", values={"x": "x"})
    assert world.message("Query", **request) == "Query key condition not supported"


def test_ties_in_an_index_are_kept_apart() -> None:
    index = IndexDefinition("idx", keys("g", "n"), projection="KEYS_ONLY")
    types = {"pk": "S", "sk": "S", "g": "S", "n": "N"}
    world = World(TableDefinition("Ties", keys("pk", "sk"), types, {"idx": index}))
    for number in range(20):
        world.put("Ties", pk=f"p{number % 3}", sk=str(number), g="g", n=1)
    request = by_conditions("Ties", g="g", n=1) | {"IndexName": "idx"}
    everything = [(found["pk"], found["sk"]) for found in world("Query", **request)["Items"]]
    assert len(set(map(str, everything))) == 20
    found = []
    start: dict[str, Any] = {}
    while True:
        answer = world("Query", **request, Limit=3, **start)
        found += [(each["pk"], each["sk"]) for each in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            break
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    assert found == everything
    backward = world("Query", **request, ScanIndexForward=False)["Items"]
    assert [(each["pk"], each["sk"]) for each in backward] == everything[::-1]


def test_typed_keys_are_typed_in_start_keys() -> None:
    world = World()
    for number in (1, 2, 3):
        world.put(TYPED, n=7, b={"B": f"{'ABCD'[number]}A=="})
    request = by_conditions(TYPED, n=7)
    answer = world("Query", **request, Limit=1)
    assert answer["LastEvaluatedKey"] == item(n=7, b={"B": "BA=="})
    following = world("Query", **request, ExclusiveStartKey=item(n={"N": "7.0"}, b={"B": "BA=="}))
    assert following["Count"] == 2
