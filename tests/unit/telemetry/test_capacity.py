"""The ledger of consumed capacity, and its table."""

from __future__ import annotations

import io
from typing import Any

import pytest

from hashrange.client import DynamoDB
from hashrange.key import Key
from hashrange.schema import GlobalIndex
from hashrange.simulator.declare import TableSpec
from hashrange.telemetry.capacity import CapacityLine, units_of

GSI = {"GSI1": GlobalIndex("email")}


async def busy(capacity: Any) -> DynamoDB:
    db = DynamoDB.in_memory([TableSpec("app", indexes={"GSI1": ("email", None)}), "log"], capacity=capacity)
    app = db.table("app", indexes=GSI)
    for n in range(2):
        await app.put_item({"PK": "a", "SK": str(n), "email": "a@b.c"})
    await app.get_item(Key("a", "0"))
    await app.query("a@b.c", index="GSI1").all()
    await db.batch_get([(app, Key("a", "0")), (db.table("log"), Key("x", "1"))])
    return db


async def test_the_lines_with_indexes() -> None:
    db = await busy("indexes")
    assert db.capacity.lines() == [
        CapacityLine("app", "BatchGetItem", None, 1, 0.5, 0.0),
        CapacityLine("app", "GetItem", None, 1, 0.5, 0.0),
        CapacityLine("app", "PutItem", None, 2, 0.0, 2.0),
        CapacityLine("app", "PutItem", "GSI1", 2, 0.0, 2.0),
        CapacityLine("app", "Query", "GSI1", 1, 0.5, 0.0),
        CapacityLine("log", "BatchGetItem", None, 1, 0.5, 0.0),
    ]
    db.capacity.clear()
    assert db.capacity.lines() == []


async def test_with_totals_a_read_counts_for_the_index_and_a_write_for_the_table() -> None:
    db = await busy("total")
    lines = {(line.table, line.operation): line for line in db.capacity.lines()}
    assert lines["app", "PutItem"] == CapacityLine("app", "PutItem", None, 2, 0.0, 4.0)
    assert lines["app", "Query"] == CapacityLine("app", "Query", "GSI1", 1, 0.5, 0.0)


async def test_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    db = await busy("indexes")
    db.capacity.report()
    assert capsys.readouterr().out == (
        "table  operation     index  calls  read units  write units\n"
        "app    BatchGetItem  -          1         0.5          0.0\n"
        "app    GetItem       -          1         0.5          0.0\n"
        "app    PutItem       -          2         0.0          2.0\n"
        "app    PutItem       GSI1       2         0.0          2.0\n"
        "app    Query         GSI1       1         0.5          0.0\n"
        "log    BatchGetItem  -          1         0.5          0.0\n"
        "total                                     2.0          4.0\n"
    )
    file = io.StringIO()
    db.capacity.report(file)
    assert file.getvalue() == f"{db.capacity}\n"


async def test_without_capacity_the_report_says_how_to_have_it() -> None:
    db = await busy("none")
    assert str(db.capacity) == 'No capacity has been reported yet. It is not asked for: Config(capacity="indexes").'
    assert str(DynamoDB.in_memory(capacity="total").capacity) == "No capacity has been reported yet."


@pytest.mark.parametrize(
    ("reported", "reads", "units"),
    [
        ({"CapacityUnits": 2.0}, True, (2.0, 0.0)),
        ({"CapacityUnits": 2.0}, False, (0.0, 2.0)),
        ({"CapacityUnits": 5.0, "ReadCapacityUnits": 2.0, "WriteCapacityUnits": 3.0}, False, (2.0, 3.0)),
        ({}, True, (0.0, 0.0)),
    ],
)
def test_units(reported: dict[str, float], reads: bool, units: tuple[float, float]) -> None:
    assert units_of(reported, reads=reads) == units
