"""Vector indexes in CreateTable, UpdateTable, DescribeTable, DeleteTable, backups and declarations."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator import Engine
from hashrange.simulator.errors import ApiError
from tests.simulated_vectors import ARN, INVALID, PRODUCTS, SCHEMA, VECTORS, World, creation, vector, vector_index

IN_USE = "Attempt to change a resource which is still in use: "
ONE_AT_A_TIME = (
    "LimitExceededException",
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
)
GSI = {
    "IndexName": "gsi",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
DEFINED_G = [{"AttributeName": "g", "AttributeType": "S"}]


def filters(count: int) -> dict[str, str]:
    return {f"f{at:02}": "INLINE_FILTER" for at in range(count)}


def plain(world: World, **members: Any) -> World:
    """The table without vector indexes."""
    world.do("CreateTable", **(creation(VectorIndexes=None) | members))
    world.clock.advance(world.engine.catalog.lifecycle_seconds)
    return world


def update(world: World, *updates: dict[str, Any], **members: Any) -> Any:
    request = {"TableName": PRODUCTS, "VectorIndexUpdates": list(updates), **members}
    return world.do("UpdateTable", **request)["TableDescription"]


def create(*args: Any, **members: Any) -> dict[str, Any]:
    return {"Create": vector_index(*args, **members)}


def delete(name: str = VECTORS) -> dict[str, Any]:
    return {"Delete": {"IndexName": name}}


# ── a new table ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_table_is_described_with_its_vector_index() -> None:
    world = World(lifecycle_seconds=10.0)
    index = vector_index(schema=SCHEMA, Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]})
    described = {**index, "IndexStatus": "CREATING", "IndexSizeBytes": 0, "ItemCount": 0}
    described["IndexArn"] = f"{ARN}/index/{VECTORS}"
    answer = world.do("CreateTable", **creation(index))["TableDescription"]
    assert answer["VectorIndexes"] == [described]
    assert [each["AttributeName"] for each in answer["AttributeDefinitions"]] == ["brand", "category", "id"]
    world.clock.advance(10)
    assert world.described() == described | {"IndexStatus": "ACTIVE"}
    world.put("a", 1, 2, 3, category="c")
    assert world.described()["ItemCount"] == 1


def test_an_index_without_a_schema_shows_none() -> None:
    world = World(vector_index())
    assert "SearchSchema" not in world.described()
    assert "NonKeyAttributes" not in world.described()["Projection"]


def test_five_indexes_beside_a_global_one() -> None:
    world = World()
    indexes = [vector_index(f"vector-{at}") for at in range(5)]
    types = creation(*indexes)["AttributeDefinitions"] + DEFINED_G
    world.do("CreateTable", **creation(*indexes, GlobalSecondaryIndexes=[GSI], AttributeDefinitions=types))
    assert [each["IndexName"] for each in world.describe()["VectorIndexes"]] == [each["IndexName"] for each in indexes]
    assert [each["IndexName"] for each in world.describe()["GlobalSecondaryIndexes"]] == ["gsi"]


def test_the_largest_definition_is_taken() -> None:
    schema = {"category": "HASH", **filters(18)}
    include = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]}
    world = World(vector_index(schema=schema, Dimensions=4096, Projection=include))
    assert world.described()["Dimensions"] == 4096


AT = "1 validation error detected: Value {} at 'vectorIndexes.1.member.{}' failed to satisfy constraint: Member must {}"
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no index": (creation(VectorIndexes=[]), f"{INVALID}List of VectorIndexes is empty"),
    "no name": (creation(vector_index(IndexName=None)), AT.format("null", "indexName", "not be null")),
    "no vector attribute": (
        creation(vector_index(VectorAttribute=None)),
        AT.format("null", "vectorAttribute", "not be null"),
    ),
    "no projection": (creation(vector_index(Projection=None)), AT.format("null", "projection", "not be null")),
    "no dimensions": (creation(vector_index(Dimensions=None)), AT.format("null", "dimensions", "not be null")),
    "dimensions of zero": (
        creation(vector_index(Dimensions=0)),
        AT.format("'0'", "dimensions", "have value greater than or equal to 1"),
    ),
    "an unknown distance": (
        creation(vector_index(DistanceFunction="MANHATTAN")),
        AT.format("'MANHATTAN'", "distanceFunction", "satisfy enum value set: [COSINE, DOT_PRODUCT, EUCLIDEAN]"),
    ),
    "an unknown role": (
        creation(vector_index(schema={"category": "RANGE"})),
        AT.format(
            "'RANGE'",
            "searchSchema.1.member.searchSchemaElementType",
            "satisfy enum value set: [HASH, INLINE_FILTER]",
        ),
    ),
    "an empty schema": (
        creation(vector_index(SearchSchema=[])),
        AT.format("'[]'", "searchSchema", "have length greater than or equal to 1"),
    ),
    "provisioned": (
        creation(
            vector_index(),
            BillingMode="PROVISIONED",
            ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        ),
        f"{INVALID}Vector indexes are only supported on tables with BillingMode PAY_PER_REQUEST",
    ),
    "six": (
        creation(*[vector_index(f"vector-{at}") for at in range(6)]),
        f"{INVALID}VectorIndex count exceeds the per-table limit of 5",
    ),
    "twice the same name": (creation(vector_index(), vector_index()), f"{INVALID}Duplicate index name: {VECTORS}"),
    "the name of another index": (
        creation(
            vector_index("gsi"),
            GlobalSecondaryIndexes=[GSI],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}, *DEFINED_G],
        ),
        f"{INVALID}Duplicate index name: gsi",
    ),
    "an attribute without definition": (
        creation(
            vector_index(schema={"category": "HASH"}),
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ),
        f"{INVALID}One element in SearchSchema is not defined in attribute definitions",
    ),
    "a definition that is not used": (
        creation(vector_index(), types={"category": "S"}),
        f"{INVALID}Some AttributeDefinitions are not used. AttributeDefinitions: [id, category], keys used: [id]",
    ),
    "too many dimensions": (
        creation(vector_index(Dimensions=4097)),
        f"{INVALID}Dimensions must be between 1 and 4096 inclusive",
    ),
    "two partition keys": (
        creation(vector_index(schema={"a": "HASH", "b": "HASH"})),
        f"{INVALID}SearchSchema can have at most one HASH element",
    ),
    "an attribute twice": (
        creation(
            vector_index(
                SearchSchema=[
                    {"AttributeName": "a", "SearchSchemaElementType": "HASH"},
                    {"AttributeName": "a", "SearchSchemaElementType": "INLINE_FILTER"},
                ]
            )
        ),
        f"{INVALID}Duplicate attribute in SearchSchema: a",
    ),
    "too many filters": (
        creation(vector_index(schema=filters(19))),
        f"{INVALID}SearchSchema can have at most 18 INLINE_FILTER elements",
    ),
    "too much projected": (
        creation(
            vector_index(
                schema=filters(18), Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title", "price"]}
            )
        ),
        f"{INVALID}Number of projected attributes of a vector index exceeds the limit of 20",
    ),
    "the vector in the schema": (
        creation(vector_index(schema={"embedding": "HASH"})),
        f"{INVALID}The vector attribute cannot be an element of the SearchSchema: embedding",
    ),
    "the vector as a key": (
        creation(vector_index(VectorAttribute={"AttributeName": "id"})),
        f"{INVALID}The vector attribute cannot be a key attribute: id",
    ),
    "other dimensions of the same vector": (
        creation(vector_index(), vector_index("other", Dimensions=4)),
        f"{INVALID}Vector indexes on the same vector attribute must have the same Dimensions: embedding",
    ),
    "no attributes to include": (
        creation(vector_index(Projection={"ProjectionType": "INCLUDE"})),
        f"{INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_created(wrong: str) -> None:
    request, message = WRONG[wrong]
    world = World()
    assert world.refusal("CreateTable", **request) == message
    assert world.engine.catalog.tables == []


# ── an index comes and goes ──────────────────────────────────────────────────────────────────────────────────────────
def test_an_index_is_added_and_filled() -> None:
    world = plain(World(lifecycle_seconds=10.0))
    for at in range(3):
        world.put(str(at), 1, at, 0)
    world.put("none")
    for wrong in ({"S": "text"}, vector(1, 2), {"L": [{"S": "x"}] * 3}):
        world.do("PutItem", TableName=PRODUCTS, Item={"id": {"S": str(wrong)}, "embedding": wrong})
    request = {"TableName": PRODUCTS, "IndexName": VECTORS, "SearchVector": vector(1, 0, 0)["L"], "TopK": 5}
    description = update(world, create())
    assert description["TableStatus"] == "UPDATING"
    assert (description["VectorIndexes"][0]["IndexStatus"], description["VectorIndexes"][0]["Backfilling"]) == (
        "CREATING",
        False,
    )
    assert world.refusal("SearchVectors", **request) == f"The table does not have the specified index: {VECTORS}"
    world.clock.advance(5)
    assert (world.describe()["TableStatus"], world.described()["Backfilling"]) == ("ACTIVE", True)
    assert world.refusal("SearchVectors", **request) == f"Cannot search backfilling vector index: {VECTORS}"
    world.put("later", 1, 9, 0)
    world.clock.advance(5)
    assert world.described()["IndexStatus"] == "ACTIVE"
    assert "Backfilling" not in world.described()
    assert world.found(1, 0, 0) == ["0", "1", "2", "later"]


def test_an_index_with_a_schema_brings_its_definitions() -> None:
    world = plain(World())
    definitions = [{"AttributeName": name, "AttributeType": "S"} for name in SCHEMA]
    update(world, create(schema=SCHEMA), AttributeDefinitions=definitions)
    assert world.describe()["AttributeDefinitions"] == [
        {"AttributeName": name, "AttributeType": "S"} for name in ("brand", "category", "id")
    ]
    update(world, create("second", schema={"brand": "HASH"}))
    world.describe()
    update(world, delete())
    assert [each["AttributeName"] for each in world.describe()["AttributeDefinitions"]] == ["brand", "id"]
    update(world, delete("second"))
    assert [each["AttributeName"] for each in world.describe()["AttributeDefinitions"]] == ["id"]


def test_an_index_is_removed_with_what_it_held() -> None:
    world = World(vector_index(), lifecycle_seconds=10.0)
    world.put("a", 1, 0, 0)
    assert update(world, delete())["VectorIndexes"][0]["IndexStatus"] == "DELETING"
    request = {"TableName": PRODUCTS, "IndexName": VECTORS, "SearchVector": vector(1, 0, 0)["L"], "TopK": 5}
    assert world.refusal("SearchVectors", **request) == f"The table does not have the specified index: {VECTORS}"
    world.clock.advance(10)
    assert "VectorIndexes" not in world.describe()
    world.put("b", 1)
    assert world.engine.dump(PRODUCTS)[PRODUCTS]


def test_one_index_at_a_time() -> None:
    world = plain(World(lifecycle_seconds=10.0))
    request = {"TableName": PRODUCTS, "VectorIndexUpdates": [create("one"), create("two")]}
    assert world.failure("UpdateTable", **request) == ONE_AT_A_TIME
    update(world, create("one"))
    world.clock.advance(5)
    assert world.failure("UpdateTable", TableName=PRODUCTS, VectorIndexUpdates=[create("two")]) == ONE_AT_A_TIME
    gsi = {"GlobalSecondaryIndexUpdates": [{"Create": GSI}], "AttributeDefinitions": DEFINED_G}
    assert world.failure("UpdateTable", TableName=PRODUCTS, **gsi) == ONE_AT_A_TIME
    assert world.failure("UpdateTable", TableName=PRODUCTS, VectorIndexUpdates=[create("two")], **gsi) == ONE_AT_A_TIME
    update(world, delete("one"))  # one that is being filled may be given up
    world.clock.advance(10)
    world.do("UpdateTable", TableName=PRODUCTS, **gsi)
    world.clock.advance(5)
    assert world.failure("UpdateTable", TableName=PRODUCTS, VectorIndexUpdates=[create("two")]) == ONE_AT_A_TIME


def test_a_table_is_not_deleted_while_an_index_is_made() -> None:
    world = plain(World(lifecycle_seconds=10.0))
    update(world, create())
    world.clock.advance(5)
    assert world.failure("DeleteTable", TableName=PRODUCTS) == (
        "ResourceInUseException",
        f"{IN_USE}Cannot delete table while indexes are being created, updated, or deleted.",
    )


def test_an_index_that_is_going_cannot_be_deleted() -> None:
    world = World(vector_index(), lifecycle_seconds=10.0)
    update(world, delete())
    name, message = world.failure("UpdateTable", TableName=PRODUCTS, VectorIndexUpdates=[delete()])
    assert (name, message) == ("ResourceInUseException", f"{IN_USE}Table is being updated: {PRODUCTS}")


UPDATES_WRONG: dict[str, tuple[list[dict[str, Any]], str]] = {
    "nothing": ([{}], f"{INVALID}One of VectorIndexUpdate.Create, VectorIndexUpdate.Delete must not be null"),
    "both": (
        [create("new") | delete()],
        f"{INVALID}Only one vector index action is allowed per VectorIndexUpdate object",
    ),
    "too many dimensions": (
        [create("new", VectorAttribute={"AttributeName": "other"}, Dimensions=5000)],
        f"{INVALID}Dimensions must be between 1 and 4096 inclusive",
    ),
    "a name that is taken": ([create()], "Attempting to create an index which already exists"),
    "a definition that is missing": (
        [create("new", schema={"category": "HASH"})],
        f"{INVALID}One element in SearchSchema is not defined in attribute definitions",
    ),
    "other dimensions": (
        [create("new", Dimensions=4)],
        f"{INVALID}Vector indexes on the same vector attribute must have the same Dimensions: embedding",
    ),
    "a key": (
        [create("new", VectorAttribute={"AttributeName": "id"})],
        f"{INVALID}The vector attribute cannot be a key attribute: id",
    ),
}


@pytest.mark.parametrize("wrong", UPDATES_WRONG)
def test_what_cannot_be_updated(wrong: str) -> None:
    updates, message = UPDATES_WRONG[wrong]
    world = World(vector_index())
    before = world.describe()
    assert world.refusal("UpdateTable", TableName=PRODUCTS, VectorIndexUpdates=updates) == message
    assert world.describe() == before


def test_a_sixth_index_is_refused() -> None:
    world = World(*[vector_index(f"vector-{at}") for at in range(5)])
    world.describe()
    assert world.refusal("UpdateTable", TableName=PRODUCTS, VectorIndexUpdates=[create()]) == (
        f"{INVALID}VectorIndex count exceeds the per-table limit of 5"
    )


@pytest.mark.parametrize(
    ("wording", "message"),
    [
        ("classic", "Requested resource not found"),
        ("2026", f"Requested resource not found: Index nowhere for table {PRODUCTS}"),
    ],
)
def test_what_is_not_there_cannot_be_deleted(wording: Any, message: str) -> None:
    world = World(vector_index(), wording=wording)
    world.describe()
    found = world.failure("UpdateTable", TableName=PRODUCTS, VectorIndexUpdates=[delete("nowhere")])
    assert found == ("ResourceNotFoundException", message)


def test_an_empty_list_of_updates_is_nothing_to_do() -> None:
    world = World(vector_index())
    assert "is required" in world.refusal("UpdateTable", TableName=PRODUCTS, VectorIndexUpdates=[])


UNITS = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
ONLY_ON_DEMAND = f"{INVALID}Vector indexes are only supported on tables with BillingMode PAY_PER_REQUEST"


def test_a_provisioned_table_gets_no_vector_index() -> None:
    world = plain(World(), BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
    request = {"TableName": PRODUCTS, "VectorIndexUpdates": [create()]}
    assert world.refusal("UpdateTable", **request) == ONLY_ON_DEMAND
    world.do("UpdateTable", **request, BillingMode="PAY_PER_REQUEST")
    assert world.described()["IndexStatus"] == "ACTIVE"


def test_a_table_with_a_vector_index_stays_on_demand() -> None:
    world = World(vector_index())
    world.describe()
    request = {"TableName": PRODUCTS, "BillingMode": "PROVISIONED", "ProvisionedThroughput": UNITS}
    assert world.refusal("UpdateTable", **request) == ONLY_ON_DEMAND


# ── backups ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def backed_up() -> tuple[World, str]:
    """A world, and the ARN of a backup of its table, in which an item is not in the index."""
    world = plain(World())
    world.do("PutItem", TableName=PRODUCTS, Item={"id": {"S": "wrong"}, "embedding": vector(1)})
    update(world, create())
    world.describe()
    world.put("a", 1, 0, 0)
    arn = world.do("CreateBackup", TableName=PRODUCTS, BackupName="nightly")["BackupDetails"]["BackupArn"]
    return world, arn


def restore(world: World, arn: str, **members: Any) -> Any:
    request = {"TargetTableName": "restored", "BackupArn": arn, **members}
    return world.do("RestoreTableFromBackup", **request)["TableDescription"]


def test_a_backup_tells_its_vector_indexes(backed_up: tuple[World, str]) -> None:
    world, arn = backed_up
    features = world.do("DescribeBackup", BackupArn=arn)["BackupDescription"]["SourceTableFeatureDetails"]
    assert features["VectorIndexes"] == [vector_index()]


@pytest.mark.parametrize("override", [{}, {"VectorIndexOverride": [vector_index()]}])
def test_an_index_is_restored(backed_up: tuple[World, str], override: dict[str, Any]) -> None:
    world, arn = backed_up
    (index,) = restore(world, arn, **override)["VectorIndexes"]
    assert (index["IndexStatus"], index["ItemCount"]) == ("CREATING", 1)
    assert "Backfilling" not in index
    world.do("DescribeTable", TableName="restored")
    assert world.found(1, 0, 0, TableName="restored") == ["a"]


def test_an_index_can_be_left_out(backed_up: tuple[World, str]) -> None:
    world, arn = backed_up
    assert "VectorIndexes" not in restore(world, arn, VectorIndexOverride=[])


def test_another_index_cannot_be_restored(backed_up: tuple[World, str]) -> None:
    world, arn = backed_up
    for other in (vector_index("other"), vector_index(DistanceFunction="EUCLIDEAN")):
        request = {"TargetTableName": "restored", "BackupArn": arn, "VectorIndexOverride": [other]}
        assert world.refusal("RestoreTableFromBackup", **request) == (
            f"{INVALID}Index {other['IndexName']} does not match a vector index that existed in the source table "
            "and cannot be created during the restore operation"
        )


def test_a_restored_table_with_an_index_is_on_demand(backed_up: tuple[World, str]) -> None:
    world, arn = backed_up
    request: dict[str, Any] = {"BackupArn": arn, "TargetTableName": "restored", "BillingModeOverride": "PROVISIONED"}
    request["ProvisionedThroughputOverride"] = UNITS
    assert world.refusal("RestoreTableFromBackup", **request) == ONLY_ON_DEMAND
    assert (
        "VectorIndexes" not in world.do("RestoreTableFromBackup", **request, VectorIndexOverride=[])["TableDescription"]
    )


# ── declarations ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_description_makes_the_same_table() -> None:
    world = World(vector_index(schema=SCHEMA), vector_index("other"))
    description = {"Table": world.describe()}
    twin = World(engine=Engine([description]))
    assert [{**each, "IndexArn": ""} for each in twin.describe()["VectorIndexes"]] == [
        {**each, "IndexArn": ""} for each in world.describe()["VectorIndexes"]
    ]


def test_a_refused_request_has_changed_nothing() -> None:
    world = World(vector_index())
    before = world.describe()
    with pytest.raises(ApiError):
        update(world, create("new"), BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
    assert world.describe() == before
