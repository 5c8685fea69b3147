"""What a difference between two dumps looks like in a failing assertion."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator import Engine, TableSpec
from hashrange.testing import diff

pytest_plugins = ["pytester"]


def engine_with(*items: dict[str, Any]) -> Engine:
    engine = Engine([TableSpec("users", "id", "kind")])
    engine.seed("users", items)
    return engine


ADA = {"id": "ada", "kind": "user", "age": 36, "address": {"city": "London"}, "tags": {"a"}, "scores": [1, 2, 3]}


def test_what_is_the_same_has_no_differences() -> None:
    found = diff(engine_with(ADA).dump(), engine_with(ADA).dump())
    assert not found
    assert str(found) == "no differences"


def test_attributes_are_told_by_their_paths() -> None:
    after = ADA | {"age": 37, "address": {"city": "Rome", "zip": "1"}, "tags": {"b", "a"}, "scores": [1, 5]}
    found = diff(engine_with(ADA).dump(), engine_with(after, {"id": "bob", "kind": "user", "n": 1}).dump())
    assert found
    assert str(found).splitlines() == [
        "table users: 1 added, 1 changed",
        "  ~ id='ada', kind='user'",
        "      address.city: 'London' → 'Rome'",
        "      address.zip: '1' is new",
        "      age: 36 → 37",
        "      scores[1]: 2 → 5",
        "      scores[2]: 3 is gone",
        "      tags: {'a'} → {'a', 'b'}",
        "  + id='bob', kind='user', n=1",
    ]


def test_an_item_that_went_is_told_with_what_it_had() -> None:
    found = diff(engine_with(ADA).dump(), engine_with().dump())
    assert str(found).splitlines()[1] == (
        "  - id='ada', kind='user', age=36, address={'city': 'London'}, tags={'a'}, scores=[1, 2, 3]"
    )


def test_tables_that_came_and_went_are_told() -> None:
    assert str(diff(Engine(["old", "same"]).dump(), Engine(["new", "same"]).dump())) == "+ table new\n- table old"


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (1, True, "x: 1 → True"),
        (1, "1", "x: 1 → '1'"),
        (None, False, "x: None → False"),
        (b"a", "a", "x: b'a' → 'a'"),
        ({}, [], "x: {} → []"),
        (
            "a" * 500 + "b",
            "a" * 500 + "c",
            f"x: ...{'a' * 59 + 'b'!r} (501 characters) → ...{'a' * 59 + 'c'!r} (501 characters)",
        ),
        ("a" * 500, "b" + "a" * 499, f"x: {'a' * 60!r}... (500 characters) → {'b' + 'a' * 59!r}... (500 characters)"),
        (b"a" * 100, b"", f"x: {b'a' * 60!r}... (100 bytes) → b''"),
        ([1] * 200, {1}, "x: [" + "1, " * 38 + "1,... → {1}"),
    ],
)
def test_values_are_told_apart_and_long_ones_cut_where_they_differ(before: Any, after: Any, shown: str) -> None:
    item = {"id": "a", "kind": "b"}
    found = diff(engine_with(item | {"x": before}).dump(), engine_with(item | {"x": after}).dump())
    assert [str(one) for one in found.items[0].attributes] == [shown]


def test_there_is_an_end_to_it() -> None:
    many = [{"id": f"{n:03}", "kind": "k"} for n in range(100)]
    lines = str(diff(engine_with().dump(), engine_with(*many).dump())).splitlines()
    assert (len(lines), lines[0], lines[-1]) == (22, "table users: 100 added", "  ... and 80 more")
    wide = {"id": "a", "kind": "k"} | {f"x{n:03}": n for n in range(100)}
    lines = str(diff(engine_with({"id": "a", "kind": "k"}).dump(), engine_with(wide).dump())).splitlines()
    assert (len(lines), lines[-1]) == (23, "      ... and 80 more")
    (_, line) = str(diff(engine_with().dump(), engine_with(wide).dump())).splitlines()
    assert line.endswith("x019=19, and 80 more")


def test_one_side_may_be_written_by_hand() -> None:
    expected = {"users": [ADA | {"age": 1}]}
    assert "age: 36 → 1" in str(diff(engine_with(ADA).dump(), expected))
    assert "age: 1 → 36" in str(diff(expected, engine_with(ADA).dump()))
    assert not diff({"users": [ADA]}, engine_with(ADA).dump())
    found = diff({"t": [{"a": 1}, {"a": 2}]}, {"t": [{"a": 2}, {"a": 3}]})
    assert str(found).splitlines() == ["table t: 1 added, 1 removed", "  - a=1", "  + a=3"]


def test_a_failing_assertion_tells_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.dynamodb(tables=["app"])
        def test_equal(dynamodb_engine):
            before = dynamodb_engine.dump()
            dynamodb_engine.seed("app", [{"PK": "a", "SK": "b", "name": "Ada"}])
            assert dynamodb_engine.dump() == before

        def test_other_dicts():
            assert {"a": 1} == {"a": 2}
        """
    )
    found = pytester.runpytest_inprocess("-p", "no:asyncio", "-p", "no:cacheprovider")
    found.stdout.fnmatch_lines(
        ["*two dumps are not equal", "*table app: 1 added", "*+ PK='a', SK='b', name='Ada'", "*Differing items:*"]
    )
    assert "two dumps" not in str(found.stdout).split("test_other_dicts")[-1]
