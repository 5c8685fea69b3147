"""From fields to key conditions: which index, which condition, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from hashrange import DynamoDBError, Entity, SingleTable, begins_with, between, ge, gt, le, lt
from hashrange.expressions import SortCondition
from hashrange.patterns.single_table.key_range import KeyRange, key_range

from .shop import INDEXES, MONDAY, SHOP


@dataclass
class Row:
    a: str
    b: str
    n: int
    m: int
    day: date


def ranged(entity: str, index: str | None = None, **fields: Any) -> KeyRange:
    layout = next(layout for layout in SHOP.layouts if layout.entity.name == entity)
    return key_range(layout, fields, index)


def of_row(sk: str, **fields: Any) -> KeyRange:
    table = SingleTable("app", [Entity(Row, pk="ROW", sk=sk)])
    return key_range(table.layouts[0], fields, None)


def shown(found: KeyRange) -> Any:
    sort = found.sort
    return (sort.word, *sort.values) if isinstance(sort, SortCondition) else sort


# ── which index ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("entity", "fields", "index", "partition", "sort"),
    [
        ("User", {"id": "1"}, None, "USER#1", "PROFILE"),
        ("User", {"email": "a@x"}, "GSI1", "EMAIL#a@x", ("begins_with", "USER#")),
        ("User", {"email": "a@x", "id": "1"}, "GSI1", "EMAIL#a@x", "USER#1"),
        ("Order", {"user_id": "1", "id": 5}, None, "USER#1", "ORDER#00000005"),
        ("Order", {"status": "open"}, "GSI1", "STATUS#open", None),
        ("Order", {"status": "open", "placed_at": MONDAY}, "GSI1", "STATUS#open", ("begins_with", "2026-01-05#")),
        ("Order", {"user_id": "1", "status": "open"}, "GSI2", "USER#1", ("begins_with", "open#")),
        ("OrderItem", {"user_id": "1"}, None, "USER#1", ("begins_with", "ORDER#")),
        ("OrderItem", {"user_id": "1", "order_id": 5}, None, "USER#1", ("begins_with", "ORDER#00000005#ITEM#")),
    ],
)
def test_the_index_is_that_which_the_fields_go_with(
    entity: str, fields: dict[str, Any], index: str | None, partition: str, sort: Any
) -> None:
    found = ranged(entity, **fields)
    assert (found.place.index, found.partition, shown(found)) == (index, partition, sort)


def test_an_index_may_be_named() -> None:
    assert shown(ranged("Order", "primary", user_id="1")) == ("begins_with", "ORDER#")
    assert shown(ranged("Order", "GSI2", user_id="1")) is None


@pytest.mark.parametrize(
    ("index", "fields", "reason"),
    [
        (None, {"user_id": "1"}, r"user_id goes with several indexes: 'primary': .*; 'GSI2': .*Hint: say which"),
        (None, {"id": 1}, "id goes with no index; there are 'primary': "),
        (None, {}, "nothing goes with no index"),
        (None, {"user_id": "1", "total": 5}, "user_id, total goes with no index"),
        (None, {"user_id": "1", "placed_at": ge(MONDAY)}, "goes with no index"),
        ("GSI2", {"user_id": "1", "placed_at": ge(MONDAY)}, "'placed_at' is given, and 'status', which stands before"),
        ("GSI2", {"user_id": "1", "status": ge("a"), "placed_at": MONDAY}, "'status', which stands before it"),
        ("GSI2", {"user_id": "1", "id": 5}, "'id' is in none of its keys"),
        ("GSI1", {"user_id": "1"}, "'status' is missing, which the partition key"),
        ("GSI1", {"status": ge("open")}, "'status' is a condition"),
        ("GSI9", {"user_id": "1"}, "is not in index 'GSI9'"),
        ("GSI1", {"status": None}, "field 'status' is None"),
        ("GSI2", {"user_id": "1", "status": None}, "field 'status' is None"),
        ("GSI1", {"status": "lost"}, "'status' is none of open, shipped"),
        ("primary", {"user_id": "1#2"}, "contains '#'"),
    ],
)
def test_refused_fields(index: str | None, fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(DynamoDBError, match=reason) as refused:
        ranged("Order", index, **fields)
    assert "'Order'" in str(refused.value)


# ── which range ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("condition", "sort", "without"),
    [
        (between(3, 5), ("between", "N#03", "N#05$"), None),
        (ge(3), ("between", "N#03", "N$"), None),
        (gt(3), ("between", "N#03$", "N$"), None),
        (le(3), ("between", "N#", "N#03$"), None),
        (lt(3), ("between", "N#", "N#03"), None),
        (begins_with("0"), ("begins_with", "N#0"), None),
    ],
)
def test_a_range_of_a_field_in_the_middle(condition: SortCondition, sort: Any, without: str | None) -> None:
    found = of_row("N#{n:02d}#{a}", n=condition)
    assert (shown(found), found.without) == (sort, without)


@pytest.mark.parametrize(
    ("condition", "sort", "without"),
    [
        (between(3, 5), ("between", "N#03", "N#05"), None),
        (ge(3), ("between", "N#03", "N$"), None),
        (gt(3), ("between", "N#03", "N$"), "N#03"),
        (le(3), ("between", "N#", "N#03"), None),
        (lt(3), ("between", "N#", "N#03"), "N#03"),
    ],
)
def test_a_range_of_the_last_field(condition: SortCondition, sort: Any, without: str | None) -> None:
    found = of_row("N#{n:02d}", n=condition)
    assert (shown(found), found.without) == (sort, without)


@pytest.mark.parametrize("word", [ge, gt, le, lt])
def test_a_range_of_what_comes_first(word: Any) -> None:
    assert shown(of_row("{day}", day=word(date(2026, 1, 2)))) == (word.__name__, "2026-01-02")
    bound = "2026-01-02" if word in (ge, lt) else "2026-01-02$"
    assert shown(of_row("{day}#{a}", day=word(date(2026, 1, 2)))) == (word.__name__, bound)


@pytest.mark.parametrize("word", [ge, gt, le, lt])
def test_a_range_of_a_number(word: Any) -> None:
    assert shown(of_row("{n}", n=word(5))) == (word.__name__, 5)
    assert shown(of_row("{n}", n=between(1, 5))) == ("between", 1, 5)
    assert shown(of_row("{n}", n=5)) == 5
    assert shown(of_row("{n}")) is None


def test_a_range_before_digits_that_follow_at_once() -> None:
    assert shown(of_row("{n:02d}{m:02d}", n=between(3, 5))) == ("between", "03", "05\U0010ffff")
    assert shown(of_row("{n:02d}{m:02d}", n=4, m=ge(5))) == ("between", "0405", "05")


def test_the_last_characters_of_all() -> None:
    assert shown(of_row("\U0010ffff{n:02d}", n=ge(5))) == ("between", "\U0010ffff05", "\U0010ffff\U0010ffff")
    assert shown(of_row("\ud7ff{n:02d}", n=ge(5))) == ("between", "\ud7ff05", "\ue000")


def test_days_of_a_day_format_are_whole() -> None:
    """A bound is as precise as the format: the whole last day belongs to the range."""
    found = ranged("Order", status="open", placed_at=between(MONDAY, datetime(2026, 1, 6, 12, tzinfo=UTC)))
    assert shown(found) == ("between", "2026-01-05", "2026-01-06$")


@pytest.mark.parametrize(
    ("sk", "fields", "reason"),
    [
        ("A#{n:d}", {"n": ge(5)}, "field 'n': its text does not sort"),
        ("A#{n:02d}", {"n": begins_with(b"x")}, "its prefix is not text"),
        ("A#{n:02d}", {"n": ge("x")}, "is of type str, not int"),
        ("{n}", {"n": begins_with("5")}, "numbers have no prefix"),
        ("{n}", {"n": ge("x")}, "is of type str, not int"),
        ("{n}", {"n": None}, "field 'n' is None"),
        ("A#{day}", {"day": between(date(2026, 1, 2), date(2026, 1, 3)), "a": "x"}, "'a' is in none"),
    ],
)
def test_refused_ranges(sk: str, fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(DynamoDBError, match=reason):
        key_range(SingleTable("app", [Entity(Row, pk="ROW", sk=sk)]).layouts[0], fields, "primary")


def test_a_simple_key() -> None:
    table = SingleTable("app", [Entity(Row, pk="ROW#{a}")], sort_key=None, indexes=INDEXES)
    assert key_range(table.layouts[0], {"a": "x"}, None).sort is None
