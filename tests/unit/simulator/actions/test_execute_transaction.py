"""ExecuteTransaction: reads together, writes all or none, existence checks, tokens, and what cancels."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_items import INDEXED, cancellation, item
from tests.simulated_statements import THINGS, Statements, request

ONE = "SELECT * FROM Indexed WHERE pk = 'a' AND sk = '2'"
INSERT = "INSERT INTO Indexed VALUE {'pk': 'new', 'sk': '1'}"
FAILED = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
NONE = {"Code": "None"}


@pytest.fixture
def world() -> Statements:
    return Statements()


def exists(where: str) -> str:
    return f"EXISTS(SELECT * FROM Indexed WHERE {where})"


def reasons(world: Statements, *statements: str | dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    asked = [request(each) if isinstance(each, str) else each for each in statements]
    return cancellation(world.refused("ExecuteTransaction", TransactStatements=asked, **more))


def wrong(world: Statements, *statements: str) -> str:
    return world.message("ExecuteTransaction", TransactStatements=[request(each) for each in statements])


# ── reads ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_reads(world: Statements) -> None:
    projected = "SELECT m.k FROM Indexed WHERE pk = 'a' AND sk = '1'"
    missing = "SELECT * FROM Indexed WHERE pk = 'x' AND sk = '1'"
    answer = world.transact(ONE, projected, missing, ReturnConsumedCapacity="TOTAL")
    assert answer["Responses"] == [{"Item": item(**THINGS["a2"])}, {"Item": item(k="v")}, {}]
    assert answer["ConsumedCapacity"] == [{"TableName": INDEXED, "CapacityUnits": 6.0, "ReadCapacityUnits": 6.0}]


# ── writes ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_writes(world: Statements) -> None:
    answer = world.transact(
        INSERT,
        "UPDATE Indexed SET n = n + 1 WHERE pk = 'a' AND sk = '2'",
        "DELETE FROM Indexed WHERE pk = 'b' AND sk = '1'",
        exists("pk = 'a' AND sk = '1' AND n = 5"),
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["Responses"] == []
    assert [entry["TableName"] for entry in answer["ConsumedCapacity"]] == [INDEXED]
    assert world.where("1 = 1") == ["a1", "a2", "b3", "new1"]
    assert world.where("n = 8") == ["a2"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "INSERT INTO Indexed VALUE {'pk': 'a', 'sk': '1'}",
            {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"},
        ),
        ("UPDATE Indexed SET n = 1 WHERE pk = 'nobody' AND sk = '1'", FAILED),
        ("DELETE FROM Indexed WHERE pk = 'a' AND sk = '1' AND n = 1", FAILED),
        (exists("pk = 'a' AND sk = '1' AND n = 1"), FAILED),
        (exists("pk = 'nobody' AND sk = '1' AND n IS MISSING"), FAILED),
        (
            "UPDATE Indexed SET n = 1 WHERE pk = 'a'",
            {
                "Code": "ValidationError",
                "Message": "Where clause does not contain a mandatory equality on all key attributes",
            },
        ),
        (
            "INSERT INTO Indexed VALUE {'pk': 1, 'sk': '1'}",
            {
                "Code": "ValidationError",
                "Message": "Key attribute's data type should match its data type in table's schema: Key pk",
            },
        ),
        (
            "UPDATE Indexed SET n = g + 1 WHERE pk = 'a' AND sk = '1'",
            {"Code": "ValidationError", "Message": "An operand in the update expression has an incorrect data type"},
        ),
    ],
)
def test_one_failure_cancels_all(world: Statements, text: str, reason: dict[str, str]) -> None:
    assert reasons(world, INSERT, text) == [NONE, reason]


def test_every_statement_that_fits_no_table_is_told(world: Statements) -> None:
    found = reasons(world, "DELETE FROM Indexed WHERE pk = 'a'", INSERT, "DELETE FROM Indexed WHERE sk = 'a'")
    assert [reason["Code"] for reason in found] == ["ValidationError", "None", "ValidationError"]


def test_a_failed_condition_tells_the_item(world: Statements) -> None:
    failing = request("DELETE FROM Indexed WHERE pk = 'a' AND sk = '2' AND n = 1")
    asked = {**failing, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    assert reasons(world, asked) == [{**FAILED, "Item": item(**THINGS["a2"])}]


def test_tokens(world: Statements) -> None:
    text = "UPDATE Indexed SET n = n + ? WHERE pk = 'a' AND sk = '1'"
    for amount in ("1", "1.0"):
        answer = world.transact(request(text, {"N": amount}), ClientRequestToken="t", ReturnConsumedCapacity="TOTAL")
        assert answer["Responses"] == []
    assert world.where("n = 6") == ["a1"]
    other = world.refused("ExecuteTransaction", TransactStatements=[request(text, {"N": "2"})], ClientRequestToken="t")
    assert other.name == "IdempotentParameterMismatchException"
    put = {"Put": {"TableName": INDEXED, "Item": item(pk="put", sk="1")}}
    assert world("TransactWriteItems", TransactItems=[put], ClientRequestToken="t") == {}


# ── what is refused as a whole ───────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (
            [ONE, INSERT],
            "ExecuteTransaction API does not support both read and write operations in the same request.",
        ),
        (
            [exists("pk = 'a' AND sk = '1' AND n = 5"), ONE],
            "ExecuteTransaction API does not support both read and write operations in the same request.",
        ),
        ([ONE, ONE], "Transaction request cannot include multiple operations on one item"),
        ([INSERT, INSERT], "Transaction request cannot include multiple operations on one item"),
        (
            [ONE, "SELECT * FROM Indexed WHERE pk = 'a'"],
            (
                "Validation failed in TransactStatements[1]: Select statements within ExecuteTransaction must specify "
                "the primary key in the where clause."
            ),
        ),
        (
            ['SELECT * FROM "Indexed"."by-g" WHERE g = \'x\''],
            "Validation failed in TransactStatements[0]: Reads on indices are not supported within transactions.",
        ),
        (
            ['EXISTS(SELECT * FROM "Indexed"."by-g" WHERE g = \'x\')'],
            "Validation failed in TransactStatements[0]: Operations on indices are not supported in transactions",
        ),
        (
            [INSERT, "UPDATE Indexed SET n = 1 WHERE pk = 'a' AND sk = '1' RETURNING ALL NEW *"],
            "Validation failed in TransactStatements[1]: RETURNING clause is not supported in ExecuteTransaction.",
        ),
        (
            [exists("pk = 'a' AND sk = '1'")],
            (
                "Validation failed in TransactStatements[0]: EXISTS() must contain a single item read with additional "
                "condition"
            ),
        ),
        (
            [exists("pk = 'a'")],
            (
                "Validation failed in TransactStatements[0]: EXISTS() must contain a single item read with additional "
                "condition"
            ),
        ),
        (
            ["DELETE FROM Indexed WHERE pk = ?"],
            "Validation failed in TransactStatements[0]: Number of parameters in request and statement don't match.",
        ),
        (["what"], "Unsupported operation: VariableReference"),
        (["a = 1"], "Unsupported operation in transaction."),
        (["SLECT * FROM Indexed"], "Statement wasn't well formed, can't be processed: Expected data manipulation"),
        (
            ["INSERT INTO Indexed VALUE {'pk': 'x', 'sk': '1', 'a': <<1, 1>>}"],
            "Validation failed in TransactStatements[0]: Input collection contains duplicates",
        ),
    ],
)
def test_refusals(world: Statements, statements: list[str], message: str) -> None:
    assert wrong(world, *statements) == message


def test_tables_that_are_not_there(world: Statements) -> None:
    for text in ("SELECT * FROM nowhere WHERE pk = 'a'", "DELETE FROM nowhere WHERE pk = 'a'"):
        error = world.refused("ExecuteTransaction", TransactStatements=[request(text)])
        assert (error.name, error.message) == ("ResourceNotFoundException", "Requested resource not found")


def test_how_much(world: Statements) -> None:
    text = "UPDATE Indexed SET a = ? WHERE pk = ? AND sk = '1'"
    statements = [request(text, "x" * 400_000, str(at)) for at in range(11)]
    message = world.message("ExecuteTransaction", TransactStatements=statements)
    assert message.startswith("Transaction payload size cannot exceed 4MB. Payload Size: ")
    assert world.message("ExecuteTransaction", TransactStatements=[request(ONE)] * 101).endswith(
        "at 'transactStatements' failed to satisfy constraint: Member must have length less than or equal to 100"
    )
