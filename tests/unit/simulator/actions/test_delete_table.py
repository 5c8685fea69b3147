"""DeleteTable: what goes, and what keeps a table."""

from __future__ import annotations

import pytest

from ..table_world import ARN, IN_USE, NAME, World, creation, definitions, index, keys

NOT_FOUND = ("ResourceNotFoundException", f"Requested resource not found: Table: {NAME} not found")


def test_a_table_goes() -> None:
    world = World(lifecycle=10)
    before = world.create()
    described = world.do("DeleteTable", TableName=NAME)["TableDescription"]
    assert described == before | {"TableStatus": "DELETING"}
    assert world.describe()["TableStatus"] == "DELETING"
    assert world.do("ListTables") == {"TableNames": [NAME]}
    world.clock.advance(10)
    assert world.failure("DescribeTable", TableName=NAME) == NOT_FOUND
    assert world.do("ListTables") == {"TableNames": []}


def test_its_name_is_free_then_and_the_new_table_is_another() -> None:
    world = World()
    first = world.create()
    world.do("PutItem", TableName=NAME, Item={"a": {"S": "1"}})
    world.do("DeleteTable", TableName=NAME)
    second = world.create()
    assert second["TableId"] != first["TableId"]
    assert second["TableArn"] == first["TableArn"]
    assert second["ItemCount"] == 0


def test_the_answer_has_no_global_indexes() -> None:
    world = World()
    world.create(
        AttributeDefinitions=definitions(a="S", b="S"),
        KeySchema=keys("a", "b"),
        LocalSecondaryIndexes=[index("lsi", "a", "b")],
        GlobalSecondaryIndexes=[index("gsi", "b")],
    )
    described = world.do("DeleteTable", TableName=NAME)["TableDescription"]
    assert "GlobalSecondaryIndexes" not in described
    assert len(described["LocalSecondaryIndexes"]) == 1


def test_a_table_that_is_not_there() -> None:
    world = World()
    assert world.failure("DeleteTable", TableName=NAME) == NOT_FOUND
    assert world.failure("DeleteTable", TableName=ARN) == NOT_FOUND


def test_a_protected_table_stays() -> None:
    world = World()
    world.create(DeletionProtectionEnabled=True)
    assert world.refusal("DeleteTable", TableName=NAME) == (
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    )
    world.update(DeletionProtectionEnabled=False)
    world.do("DeleteTable", TableName=NAME)


def test_a_table_that_is_being_created_or_deleted() -> None:
    world = World(lifecycle=10)
    world.do("CreateTable", **creation())
    created = ("ResourceInUseException", f"{IN_USE}Table is being created: {NAME}")
    assert world.failure("DeleteTable", TableName=NAME) == created
    world.clock.advance(10)
    world.do("DeleteTable", TableName=ARN)
    deleted = ("ResourceInUseException", f"{IN_USE}Table is being deleted: {NAME}")
    assert world.failure("DeleteTable", TableName=NAME) == deleted


def test_a_table_whose_index_is_being_filled() -> None:
    world = World(lifecycle=10)
    world.create()
    world.update(AttributeDefinitions=definitions(g="S"), GlobalSecondaryIndexUpdates=[{"Create": index()}])
    world.clock.advance(5)
    assert world.failure("DeleteTable", TableName=NAME) == (
        "ResourceInUseException",
        f"{IN_USE}Cannot delete table while indexes are being created, updated, or deleted.",
    )


@pytest.mark.parametrize("operation", ["DeleteTable", "DescribeTable", "DescribeTimeToLive"])
def test_a_name_is_checked_first(operation: str) -> None:
    world = World()
    missing = "The parameter 'TableName' is required but was not present in the request"
    length = "TableName must be at least 3 characters long and at most 255 characters long"
    assert world.refusal(operation) == missing
    assert world.refusal(operation, TableName="ab") == length
    assert world.refusal(operation, TableName="a" * 256) == length
    assert world.refusal(operation, TableName="ab;") == (
        "1 validation error detected: Value 'ab;' at 'tableName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    )
