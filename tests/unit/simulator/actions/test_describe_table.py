"""DescribeTable: a table in any state, with what is in it."""

from __future__ import annotations

from ..table_world import ARN, NAME, World, creation, definitions, index


def test_sizes_and_counts_are_exact() -> None:
    world = World()
    world.create(
        AttributeDefinitions=definitions(a="S", g="S"),
        GlobalSecondaryIndexes=[index(Projection={"ProjectionType": "KEYS_ONLY"})],
    )
    world.do("PutItem", TableName=NAME, Item={"a": {"S": "1"}, "g": {"S": "x"}, "b": {"S": "long"}})
    world.do("PutItem", TableName=NAME, Item={"a": {"S": "2"}})
    described = world.describe()
    assert (described["ItemCount"], described["TableSizeBytes"]) == (2, 11)
    (gsi,) = described["GlobalSecondaryIndexes"]
    assert (gsi["ItemCount"], gsi["IndexSizeBytes"]) == (1, 4)


def test_a_table_is_found_by_name_and_by_arn_in_any_state() -> None:
    world = World(lifecycle=10)
    world.do("CreateTable", **creation())
    assert world.describe()["TableStatus"] == "CREATING"
    assert world.describe(ARN)["TableStatus"] == "CREATING"
    world.clock.advance(10)
    assert world.describe(ARN)["TableStatus"] == "ACTIVE"


def test_a_table_that_is_not_there() -> None:
    world = World()
    world.create()
    for name in ("nowhere", ARN.replace("users", "nowhere"), ARN.replace("eu-west-1", "us-east-1")):
        code, message = world.failure("DescribeTable", TableName=name)
        assert code == "ResourceNotFoundException"
        assert message == f"Requested resource not found: Table: {name.rpartition('/')[2]} not found"


def test_names_are_case_sensitive() -> None:
    world = World()
    world.create()
    assert world.failure("DescribeTable", TableName=NAME.upper())[0] == "ResourceNotFoundException"
