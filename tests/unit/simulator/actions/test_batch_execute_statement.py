"""BatchExecuteStatement: every statement has its own answer or error; only mixtures and duplicates refuse the batch."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_items import INDEXED, item
from tests.simulated_statements import THINGS, Statements, request

ONE = "SELECT * FROM Indexed WHERE pk = 'a' AND sk = '2'"
FOUND = {"TableName": INDEXED, "Item": item(**THINGS["a2"])}


@pytest.fixture
def world() -> Statements:
    return Statements()


def failed(code: str, message: str, **more: str) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": message}, **more}


def test_reads(world: Statements) -> None:
    projected = "SELECT m.k FROM Indexed WHERE pk = 'a' AND sk = ?"
    missing = "SELECT * FROM Indexed WHERE pk = 'nobody' AND sk = '1'"
    assert world.batch("SELECT * FROM Indexed WHERE '2' = sk AND 'a' = pk") == {"Responses": [FOUND]}
    assert world.batch(ONE, request(projected, "1"), missing) == {
        "Responses": [FOUND, {"TableName": INDEXED, "Item": item(k="v")}, {"TableName": INDEXED}]
    }


@pytest.mark.parametrize(
    "where", ["pk = 'a'", "pk = 'a' AND sk > '1'", "pk = 'a' AND sk = '1' AND n = 5", "pk IN ['a'] AND sk = '1'"]
)
def test_a_read_names_its_item(world: Statements, where: str) -> None:
    message = "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
    answer = world.batch(f"SELECT * FROM Indexed WHERE {where}", ONE)
    assert answer == {"Responses": [failed("ValidationError", message), FOUND]}


def test_what_is_wrong_with_one_statement_leaves_the_others_alone(world: Statements) -> None:
    syntax = "Statement wasn't well formed, can't be processed: Expected data manipulation"
    operation = "Invalid operation. Only select, insert, update and delete operations are valid"
    exists = "EXISTS can only be used in ExecuteTransaction write requests."
    key = "Key attribute's data type should match its data type in table's schema: Key sk"
    count = "Number of parameters in request and statement don't match."
    answer = world.batch(
        "SLECT * FROM Indexed",
        "what",
        f"EXISTS({ONE})",
        "SELECT * FROM Indexed WHERE pk = 'a' AND sk = 1",
        "SELECT * FROM Indexed WHERE pk = ? AND sk = '1'",
        "SELECT * FROM nowhere WHERE pk = 'a'",
        ONE,
    )
    assert answer["Responses"] == [
        *(failed("ValidationError", message) for message in (syntax, operation, exists, key, count)),
        failed("ResourceNotFound", "Requested resource not found"),
        FOUND,
    ]


def test_writes(world: Statements) -> None:
    answer = world.batch(
        "INSERT INTO Indexed VALUE {'pk': 'c', 'sk': '1'}",
        "INSERT INTO Indexed VALUE {'pk': 'a', 'sk': '1'}",
        "UPDATE Indexed SET n = 8 WHERE pk = 'a' AND sk = '2' RETURNING MODIFIED OLD *",
        "UPDATE Indexed SET n = 8 WHERE pk = 'nobody' AND sk = '2'",
        "DELETE FROM Indexed WHERE pk = 'b' AND sk = '1' RETURNING ALL OLD *",
        "DELETE FROM Indexed WHERE pk = 'b' AND sk = '3' AND n = 1",
        "INSERT INTO Indexed VALUE {'pk': 'd'}",
    )
    table = {"TableName": INDEXED}
    condition = failed("ConditionalCheckFailed", "The conditional request failed", **table)
    assert answer["Responses"] == [
        table,
        failed("DuplicateItem", "Duplicate primary key exists in table", **table),
        {**table, "Item": item(n=7)},
        condition,
        {**table, "Item": item(**THINGS["b1"])},
        condition,
        failed("ValidationError", "Key attribute should be present in the item: Key sk"),
    ]
    assert world.where("1 = 1") == ["a1", "a2", "b3", "c1"]


def test_reads_and_writes_do_not_mix(world: Statements) -> None:
    statements = [request(ONE), request("DELETE FROM Indexed WHERE pk = 'a' AND sk = '1'")]
    assert world.message("BatchExecuteStatement", Statements=statements) == (
        "Read and write requests together in the same batch is not supported."
    )


@pytest.mark.parametrize("text", [ONE, "INSERT INTO Indexed VALUE {'pk': 'new', 'sk': '1'}"])
def test_no_item_comes_twice(world: Statements, text: str) -> None:
    assert world.message("BatchExecuteStatement", Statements=[request(text)] * 2) == (
        "Provided list of item keys contains duplicates"
    )


def test_how_many(world: Statements) -> None:
    assert world.message("BatchExecuteStatement", Statements=[]).endswith(
        "Value '[]' at 'statements' failed to satisfy constraint: Member must have length greater than or equal to 1"
    )
    assert world.message("BatchExecuteStatement", Statements=[request(ONE)] * 26).endswith(
        "at 'statements' failed to satisfy constraint: Member must have length less than or equal to 25"
    )


def test_capacity_is_told_of_each_statement(world: Statements) -> None:
    consistent = {**request("SELECT * FROM Indexed WHERE pk = 'x' AND sk = '1'"), "ConsistentRead": True}
    answer = world.batch(ONE, consistent, ReturnConsumedCapacity="TOTAL")
    assert [entry["CapacityUnits"] for entry in answer["ConsumedCapacity"]] == [0.5, 1.0]
    failing = "UPDATE Indexed SET n = 1 WHERE pk = 'a' AND sk = '1' AND n = 1"
    writes = world.batch(
        failing, "what", "INSERT INTO Indexed VALUE {'pk': 'c', 'sk': '1', 'g': 'x'}", ReturnConsumedCapacity="INDEXES"
    )
    assert [entry["CapacityUnits"] for entry in writes["ConsumedCapacity"]] == [1.0, 2.0]
