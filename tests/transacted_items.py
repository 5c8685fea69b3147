"""Elements of TransactWriteItems as tests write them: attributes as in ``simulated_items.item``, the rest in ``extra``.

The value ``:one`` is there for updates that use it.
"""

from __future__ import annotations

from typing import Any

from tests.simulated_items import SIMPLE, item

ONE = {"ExpressionAttributeValues": {":one": {"N": "1"}}}


def put(table: str = SIMPLE, *, extra: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": item(**attributes), **(extra or {})}}


def delete(table: str = SIMPLE, *, extra: dict[str, Any] | None = None, **key: Any) -> dict[str, Any]:
    return {"Delete": {"TableName": table, "Key": item(**key), **(extra or {})}}


def update(expression: str, table: str = SIMPLE, *, extra: dict[str, Any] | None = None, **key: Any) -> dict[str, Any]:
    values = ONE if ":one" in expression else {}
    return {
        "Update": {"TableName": table, "Key": item(**key), "UpdateExpression": expression, **values, **(extra or {})}
    }


def check(condition: str, table: str = SIMPLE, *, extra: dict[str, Any] | None = None, **key: Any) -> dict[str, Any]:
    asked = {"TableName": table, "Key": item(**key), "ConditionExpression": condition, **(extra or {})}
    return {"ConditionCheck": asked}
