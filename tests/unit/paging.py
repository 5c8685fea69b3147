"""A collection of numbered items for the tests of reads, and a client's table over it."""

from __future__ import annotations

from typing import Any

from hashrange.expressions import Attr
from hashrange.schema import GlobalIndex, IndexDeclaration, LocalIndex
from hashrange.table import Table
from hashrange.types import WireItem
from tests.fakes import client

Row = dict[str, Any]
INDEXES: dict[str, IndexDeclaration] = {"by_email": GlobalIndex("email", "day"), "by_total": LocalIndex("total")}


def item(number: int) -> WireItem:
    return {
        "PK": {"S": "USER#1"},
        "SK": {"S": f"{number:04d}"},
        "n": {"N": str(number)},
        "email": {"S": "a@example.org"},
        "day": {"S": f"d{number // 3}"},
        "total": {"N": str(number % 5)},
    }


def rows(count: int) -> list[WireItem]:
    return [item(number) for number in range(count)]


def even(one: WireItem) -> bool:
    return int(one["n"]["N"]) % 2 == 0


EVEN = Attr("n") > 0  # what it means is the fake's matter


def table(transport: Any, **config: Any) -> Table[Row]:
    return client(transport, **config).table("app", indexes=INDEXES, ttl_attribute="until")


def numbers(found: list[Row]) -> list[int]:
    return [one["n"] for one in found]
