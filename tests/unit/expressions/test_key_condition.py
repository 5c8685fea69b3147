"""Key conditions of a query."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from hashrange.errors import InvalidExpression, InvalidKey
from hashrange.expressions import (
    Attr,
    KeyCondition,
    Placeholders,
    Raw,
    SortCondition,
    begins_with,
    between,
    ge,
    gt,
    le,
    lt,
    render_key_condition,
)
from hashrange.key import KeySchema

KEYS = KeySchema("PK", "SK")


@pytest.mark.parametrize(
    ("sort", "text", "values"),
    [
        (None, "#n0 = :v0", []),
        ("PROFILE", "#n0 = :v0 AND #n1 = :v1", [{"S": "PROFILE"}]),
        (7, "#n0 = :v0 AND #n1 = :v1", [{"N": "7"}]),
        (0, "#n0 = :v0 AND #n1 = :v1", [{"N": "0"}]),
        (Decimal("1.5"), "#n0 = :v0 AND #n1 = :v1", [{"N": "1.5"}]),
        (b"x", "#n0 = :v0 AND #n1 = :v1", [{"B": "eA=="}]),
        (lt("m"), "#n0 = :v0 AND #n1 < :v1", [{"S": "m"}]),
        (le("m"), "#n0 = :v0 AND #n1 <= :v1", [{"S": "m"}]),
        (gt(1), "#n0 = :v0 AND #n1 > :v1", [{"N": "1"}]),
        (ge(1), "#n0 = :v0 AND #n1 >= :v1", [{"N": "1"}]),
        (between("a", "b"), "#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2", [{"S": "a"}, {"S": "b"}]),
        (between(1, 1), "#n0 = :v0 AND #n1 BETWEEN :v1 AND :v1", [{"N": "1"}]),
        (begins_with("ORDER#"), "#n0 = :v0 AND begins_with(#n1, :v1)", [{"S": "ORDER#"}]),
        (begins_with(b"\x00"), "#n0 = :v0 AND begins_with(#n1, :v1)", [{"B": "AA=="}]),
        (Raw("SK < :x", values={":x": "m"}), "#n0 = :v0 AND SK < :v1", [{"S": "m"}]),
    ],
)
def test_text(sort: Any, text: str, values: list[Any]) -> None:
    placeholders = Placeholders()
    assert render_key_condition(KEYS, "USER#1", sort, placeholders) == text
    assert list(placeholders.values.values()) == [{"S": "USER#1"}, *values]
    assert placeholders.names["#n0"] == "PK"


def test_names_are_those_of_the_table_or_index_and_placeholders_are_shared() -> None:
    placeholders = Placeholders()
    placeholders.name("SK"), placeholders.value("x")
    text = render_key_condition(KeySchema("my.key", "SK"), "x", begins_with("x"), placeholders)
    assert text == "#n1 = :v0 AND begins_with(#n0, :v0)"
    assert placeholders.names == {"#n0": "SK", "#n1": "my.key"}


def test_simple_keys() -> None:
    placeholders = Placeholders()
    assert render_key_condition(KeySchema("id"), 5, None, placeholders) == "#n0 = :v0"
    for sort in ("x", begins_with("x"), Raw("SK = :x", values={":x": 1})):
        with pytest.raises(InvalidKey, match=r"the key \(id\) has no sort key"):
            render_key_condition(KeySchema("id"), 5, sort, placeholders)


@pytest.mark.parametrize("partition", ["", b"", None, True, 1.5, ["x"], "x" * 2_049, "ß" * 1_025])
def test_refused_partition_keys(partition: Any) -> None:
    with pytest.raises(InvalidKey, match="'PK'"):
        render_key_condition(KEYS, partition, None, Placeholders())


@pytest.mark.parametrize("value", ["", b"", True, 1.5, "x" * 1_025, b"x" * 1_025])
@pytest.mark.parametrize("wrap", [lambda value: value, lt, le, gt, ge, lambda value: between(value, value)])
def test_refused_sort_keys(wrap: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises((InvalidKey, InvalidExpression), match=r"'SK'|between"):
        render_key_condition(KEYS, "x", wrap(value), Placeholders())


def test_the_longest_keys() -> None:
    placeholders = Placeholders()
    render_key_condition(KEYS, "x" * 2_048, begins_with("y" * 1_024), placeholders)
    assert [len(value["S"]) for value in placeholders.values.values()] == [2_048, 1_024]


def test_empty_prefix() -> None:
    """The service holds values of key conditions to the rules of keys: an empty one is refused there too."""
    for prefix in ("", b""):
        with pytest.raises(InvalidKey, match="empty prefix") as refused:
            begins_with(prefix)
        assert "whole partition" in str(refused.value)


@pytest.mark.parametrize("prefix", [1, None, ["x"], Attr("a")])
def test_refused_prefixes(prefix: Any) -> None:
    with pytest.raises(InvalidExpression, match="takes str or bytes"):
        begins_with(prefix)


@pytest.mark.parametrize(
    ("build", "error", "reason"),
    [
        (lambda: between("b", "a"), InvalidExpression, "the lower bound is above the upper bound"),
        (lambda: between(10, Decimal("9.5")), InvalidExpression, "the lower bound is above the upper bound"),
        (lambda: between(b"b", b"a"), InvalidExpression, "the lower bound is above the upper bound"),
        (lambda: between("a", 1), InvalidExpression, "the bounds are of types S and N"),
        (lambda: between(Decimal("NaN"), 1), InvalidKey, "between: NaN"),
        (lambda: lt(object()), InvalidKey, "lt: object has no DynamoDB type"),  # type: ignore[arg-type]
        (lambda: ge(Attr("a")), InvalidExpression, r"ge\(\) takes a value"),  # type: ignore[arg-type]
    ],
)
def test_refused_bounds(build: Callable[[], object], error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        build()


@pytest.mark.parametrize("sort", [Attr("SK").begins_with("x"), Attr("SK") == "x", Attr("SK")])
def test_conditions_on_attributes_are_no_sort_conditions(sort: Any) -> None:
    with pytest.raises(InvalidExpression, match="is not a condition on the sort key") as refused:
        render_key_condition(KEYS, "x", sort, Placeholders())
    assert "begins_with" in str(refused.value)


def test_sort_conditions_are_not_combined_by_and() -> None:
    with pytest.raises(InvalidExpression, match="no truth value"):
        _ = gt("a") and lt("b")


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        (lt(5), "SortCondition(lt(5))"),
        (between("a", "b"), "SortCondition(between('a', 'b'))"),
        (begins_with("x"), "SortCondition(begins_with('x'))"),
        (KeyCondition(KEYS, "x", "y"), "KeyCondition(PK = 'x' AND SK = 'y')"),
        (KeyCondition(KEYS, "x", ge(1)), "KeyCondition(PK = 'x' AND SK >= 1)"),
    ],
)
def test_repr(condition: Any, shown: str) -> None:
    assert repr(condition) == shown


def test_sort_conditions_are_values() -> None:
    assert begins_with("x") == begins_with("x")
    assert begins_with("x") != begins_with("y")
    assert lt(1) != le(1)
    assert len({gt(1), gt(1), ge(1)}) == 2
    assert isinstance(gt(1), SortCondition)


def test_values_of_key_templates_are_for_those_only() -> None:
    """A sort condition may hold a datetime, a date or a UUID; a plain key may not."""
    day, uid = date(2026, 1, 2), UUID(int=5)
    moment = datetime(2026, 1, 2, 3, tzinfo=UTC)
    for value, shown in ((day, "2026-01-02"), (moment, "2026-01-02 03:00:00+00:00"), (uid, str(uid))):
        condition = ge(value)
        assert (condition.word, condition.values) == ("ge", (value,))
        assert repr(condition) == f"SortCondition(ge({shown!r}))"
        with pytest.raises(InvalidKey, match="'SK' is of type"):
            render_key_condition(KEYS, "x", condition, Placeholders())


def test_bounds_that_are_instants_are_compared_as_such() -> None:
    east, west = timezone(timedelta(hours=5)), timezone(timedelta(hours=-5))
    earlier, later = datetime(2026, 1, 2, 3, tzinfo=east), datetime(2026, 1, 1, 22, tzinfo=west)
    assert earlier < later
    assert between(earlier, later).values == (earlier, later)
    with pytest.raises(InvalidExpression, match="lower bound is above"):
        between(later, earlier)
