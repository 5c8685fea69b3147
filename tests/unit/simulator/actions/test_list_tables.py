"""ListTables: order and pages."""

from __future__ import annotations

from typing import Any

import pytest

from ..table_world import World

NAMES = ["Ab.", "ab-", "ab.", "ab0", "ab_", "abc"]


@pytest.fixture
def world() -> World:
    world = World()
    for name in reversed(NAMES):
        world.create(TableName=name)
    return world


def test_names_come_in_the_order_of_their_bytes(world: World) -> None:
    assert world.do("ListTables") == {"TableNames": NAMES}


def test_pages(world: World) -> None:
    found: list[dict[str, Any]] = []
    start: dict[str, Any] = {}
    for _ in range(3):
        page = world.do("ListTables", Limit=2, **start)
        found.append(page)
        start = {"ExclusiveStartTableName": page.get("LastEvaluatedTableName")}
    assert found == [
        {"TableNames": ["Ab.", "ab-"], "LastEvaluatedTableName": "ab-"},
        {"TableNames": ["ab.", "ab0"], "LastEvaluatedTableName": "ab0"},
        {"TableNames": ["ab_", "abc"]},
    ], "no name to go on from where the page is the last, though it is full"


@pytest.mark.parametrize(
    ("start", "names"),
    [("ab1", ["ab_", "abc"]), ("AAA", NAMES), ("zzz", []), ("abc", []), ("Ab.", NAMES[1:])],
)
def test_a_start_need_not_exist(start: str, names: list[str], world: World) -> None:
    assert world.do("ListTables", ExclusiveStartTableName=start) == {"TableNames": names}


def test_a_page_has_a_hundred_names() -> None:
    world = World()
    for number in range(101):
        world.create(TableName=f"t{number:03}")
    page = world.do("ListTables")
    assert len(page["TableNames"]) == 100
    assert page["LastEvaluatedTableName"] == "t099"
    assert world.do("ListTables", ExclusiveStartTableName="t099") == {"TableNames": ["t100"]}


def test_violations() -> None:
    found = World().refusal("ListTables", ExclusiveStartTableName=";", Limit=0)
    assert found == (
        "3 validation errors detected: "
        "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1; "
        "Value ';' at 'exclusiveStartTableName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; "
        "Value ';' at 'exclusiveStartTableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3"
    )
    newest = World(wording="2026").refusal("ListTables", ExclusiveStartTableName="ab", Limit=101)
    assert newest == (
        "2 validation errors detected: Value 'ab' at 'exclusiveStartTableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3; "
        "Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100"
    )
