"""Worlds and requests for tests of Query and Scan."""

from __future__ import annotations

from typing import Any

from tests.simulated_items import INDEXED, SORTED, World, item

INVALID = "One or more parameter values were invalid: "
START_KEY = "The provided starting key is invalid"
SORTS = ["a", "a0", "b", "c", "d"]


def filled() -> World:
    """SORTED has a partition "p" with the sort keys of ``SORTS``, and another; INDEXED has four items."""
    world = World()
    for sort in reversed(SORTS):
        world.put(SORTED, pk="p", sk=sort, n=SORTS.index(sort))
    world.put(SORTED, pk="other", sk="b")
    for sort, g, n, b in (("1", "x", 3, "AQ=="), ("2", "x", 1, "Ag=="), ("3", "y", 2, "AQ=="), ("4", "x", None, None)):
        more = {} if n is None else {"n": n, "t": {"B": b}}
        world.put(INDEXED, pk="p", sk=sort, g=g, kept=f"kept {sort}", extra=f"extra {sort}", **more)
    return world


def by_expression(text: str = "pk = :p", *, values: dict[str, Any] | None = None, **request: Any) -> dict[str, Any]:
    """A request with a key condition; ``:p`` is "p" if nothing else is said."""
    given = {name: value for name, value in item(**(values or {})).items() if f":{name}" in str((text, request))}
    if ":p" in text:
        given.setdefault("p", {"S": "p"})
    return {
        "TableName": SORTED,
        "KeyConditionExpression": text,
        "ExpressionAttributeValues": {f":{name}": value for name, value in given.items()},
        **request,
    }


def by_conditions(table: str = SORTED, **conditions: Any) -> dict[str, Any]:
    """The same with KeyConditions: a value, or an operator with its values."""
    written = {}
    for name, condition in conditions.items():
        operator, *values = condition if isinstance(condition, list) else ["EQ", condition]
        written[name] = {
            "ComparisonOperator": operator,
            "AttributeValueList": [item(v=value)["v"] for value in values],
        }
    return {"TableName": table, "KeyConditions": written}


def sorts(answer: dict[str, Any]) -> list[str]:
    return [found["sk"]["S"] for found in answer["Items"]]


def on_index(name: str, text: str, **request: Any) -> dict[str, Any]:
    return by_expression(text, TableName=INDEXED, IndexName=name, **request)
