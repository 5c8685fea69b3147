"""Worlds for tests of the simulator's item operations: engines with tables, and what they answer as JSON would show it.

Tables are put into the catalog as definitions, so that no test of an item depends on CreateTable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from hashrange.simulator.engine import Engine
from hashrange.simulator.errors import ApiError
from hashrange.simulator.state.definitions import IndexDefinition, Keys, TableDefinition
from tests.fakes import Chance, FakeClock

#: a table with a simple key, one with a composite key, one with a number and binary as its keys
SIMPLE = "Simple"
SORTED = "Sorted"
TYPED = "Typed"
#: one with two global indexes and two local ones
INDEXED = "Indexed"
NOT_FOUND = "Requested resource not found"
KEY_MISMATCH = "The provided key element does not match the schema"
CONDITION_FAILED = "The conditional request failed"


def keys(partition: str, sort: str | None = None) -> Keys:
    return ((partition, "HASH"),) if sort is None else ((partition, "HASH"), (sort, "RANGE"))


def indexed(name: str = INDEXED) -> TableDefinition:
    """pk and sk; "by-g" (g), "by-gn" (g, n; keys only), "by-n" (pk, n; all), "by-t" (pk, t; with kept)."""
    indexes = [
        IndexDefinition("by-g", keys("g")),
        IndexDefinition("by-gn", keys("g", "n"), projection="KEYS_ONLY"),
        IndexDefinition("by-n", keys("pk", "n"), is_global=False),
        IndexDefinition("by-t", keys("pk", "t"), is_global=False, projection="INCLUDE", non_key_attributes=("kept",)),
    ]
    types = {"pk": "S", "sk": "S", "g": "S", "n": "N", "t": "B"}
    return TableDefinition(name, keys("pk", "sk"), types, {index.name: index for index in indexes})


def definitions() -> list[TableDefinition]:
    return [
        TableDefinition(SIMPLE, keys("pk"), {"pk": "S"}),
        TableDefinition(SORTED, keys("pk", "sk"), {"pk": "S", "sk": "S"}),
        TableDefinition(TYPED, keys("n", "b"), {"n": "N", "b": "B"}),
        indexed(),
    ]


class World:
    """An engine with the tables of ``definitions`` (or others) and a clock that only ``clock.advance`` moves."""

    def __init__(self, *tables: TableDefinition) -> None:
        self.clock = FakeClock()
        self.engine = Engine(clock=self.clock, randomness=Chance(0.5))
        for definition in tables or definitions():
            self.engine.catalog.create(definition)

    def __call__(self, operation: str, **request: Any) -> dict[str, Any]:
        """The answer of one operation."""
        answer = self.engine.execute(operation, request)
        return msgspec.json.decode(msgspec.json.encode(answer))  # type: ignore[no-any-return]

    def refused(self, operation: str, **request: Any) -> ApiError:
        """The error of one operation; nothing may have changed."""
        before = self.contents()
        try:
            self.engine.execute(operation, request)
        except ApiError as error:
            assert self.contents() == before, "a refused operation changes nothing"
            return error
        raise AssertionError(f"{operation} was not refused")

    def message(self, operation: str, **request: Any) -> str:
        """The message of a ValidationException."""
        error = self.refused(operation, **request)
        assert error.name == "ValidationException", error.name
        return str(error.message)

    def contents(self) -> dict[str, list[bytes]]:
        """All that the tables and indexes hold, in order; with what their counts say."""
        found = {}
        for table in self.engine.catalog.tables:
            for name, store in ((table.name, table.store), *((n, i.store) for n, i in table.indexes.items())):
                bodies = [record.body for record in store.scan()]
                found[f"{table.name}/{name}"] = [*bodies, b"%d %d" % (store.count, store.size)]
        return found

    def put(self, table: str, **attributes: Any) -> None:
        """Put an item of plain texts (or wire values)."""
        self("PutItem", TableName=table, Item=item(**attributes))

    def get(self, table: str, **key: Any) -> dict[str, Any] | None:
        return self("GetItem", TableName=table, Key=item(**key)).get("Item")


def item(**attributes: Any) -> dict[str, Any]:
    """Wire values: texts become S, ints N, everything else is one already."""
    return {name: wire(value) for name, value in attributes.items()}


def wire(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int) and not isinstance(value, bool):
        return {"N": str(value)}
    assert isinstance(value, Mapping), value
    return dict(value)


def cancellation(error: ApiError) -> list[dict[str, Any]]:
    """The reasons of a cancelled transaction, as JSON would show them."""
    assert error.name == "TransactionCanceledException", (error.name, error.message)
    reasons = msgspec.json.decode(msgspec.json.encode(error.members["CancellationReasons"]))
    codes = ", ".join(reason["Code"] for reason in reasons)
    assert error.message == (f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]")
    return reasons  # type: ignore[no-any-return]
