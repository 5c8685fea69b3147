"""Writes to a table with a vector index: what is in the index after each, what is refused, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator.disorder import Disorder
from tests.simulated_vectors import INVALID, PRODUCTS, SCHEMA, VECTORS, World, vector, vector_index

KEY = {"id": {"S": "a"}}


@pytest.fixture
def world() -> World:
    return World(vector_index())


@pytest.fixture
def shop() -> World:
    return World(vector_index(schema=SCHEMA))


def in_category(world: World, category: str = "c") -> list[str]:
    return sorted(world.found(1, 0, 0, condition="category = :c", c=category))


def update(world: World, expression: str, **values: Any) -> Any:
    request: dict[str, Any] = {"TableName": PRODUCTS, "Key": KEY, "UpdateExpression": expression}
    if values:
        request["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    return world.do("UpdateItem", **request, ReturnConsumedCapacity="INDEXES")


# ── every way to write ───────────────────────────────────────────────────────────────────────────────────────────────
def test_put_and_put_again(world: World) -> None:
    world.put("a", 1, 0, 0)
    assert world.scores(1, 0, 0) == {"a": 0.0}
    world.put("a", -1, 0, 0)
    assert world.scores(1, 0, 0) == {"a": 2.0}
    world.put("a")
    assert world.scores(1, 0, 0) == {}


def test_update(world: World) -> None:
    update(world, "SET embedding = :e, title = :t", e=vector(1, 0, 0), t={"S": "t"})
    assert world.scores(1, 0, 0) == {"a": 0.0}
    update(world, "SET embedding[0] = :n", n={"N": "-1"})
    assert world.scores(1, 0, 0) == {"a": 2.0}
    update(world, "SET title = :t", t={"S": "other"})
    assert world.search(1, 0, 0)["SearchResults"][0]["Item"]["title"] == {"S": "other"}
    update(world, "REMOVE embedding")
    assert world.found(1, 0, 0) == []


def test_delete(world: World) -> None:
    world.put("a", 1, 0, 0)
    world.do("DeleteItem", TableName=PRODUCTS, Key=KEY)
    assert world.found(1, 0, 0) == []
    assert world.described()["ItemCount"] == world.described()["IndexSizeBytes"] == 0


def test_batch(world: World) -> None:
    world.put("gone", 1, 0, 0)
    puts = [{"PutRequest": {"Item": {"id": {"S": key}, "embedding": vector(1, 0, 0)}}} for key in "abc"]
    deletes = [{"DeleteRequest": {"Key": {"id": {"S": "gone"}}}}]
    answer = world.do("BatchWriteItem", RequestItems={PRODUCTS: puts + deletes}, ReturnConsumedCapacity="INDEXES")
    assert sorted(world.found(1, 0, 0)) == ["a", "b", "c"]
    # together less than a request is metered at
    assert answer["ConsumedCapacity"][0]["VectorIndexes"] == {VECTORS: {"VectorWriteRequestBytes": 1024.0}}


def test_transaction(world: World) -> None:
    world.put("gone", 1, 0, 0)
    put = {"Put": {"TableName": PRODUCTS, "Item": {**KEY, "embedding": vector(1, 0, 0)}}}
    delete = {"Delete": {"TableName": PRODUCTS, "Key": {"id": {"S": "gone"}}}}
    answer = world.do("TransactWriteItems", TransactItems=[put, delete], ReturnConsumedCapacity="INDEXES")
    assert world.found(1, 0, 0) == ["a"]
    assert answer["ConsumedCapacity"][0]["VectorIndexes"] == {VECTORS: {"VectorWriteRequestBytes": 1024.0}}


def test_a_transaction_with_a_wrong_vector_writes_nothing(world: World) -> None:
    put = {"Put": {"TableName": PRODUCTS, "Item": {**KEY, "embedding": vector(1, 0, 0)}}}
    wrong = {"Put": {"TableName": PRODUCTS, "Item": {"id": {"S": "b"}, "embedding": vector(1)}}}
    name, message = world.failure("TransactWriteItems", TransactItems=[put, wrong])
    assert name == "TransactionCanceledException"
    assert "[None, ValidationError]" in message


def test_partiql(world: World) -> None:
    statement = f"INSERT INTO \"{PRODUCTS}\" VALUE {{'id': 'a', 'embedding': [1, 0, 0]}}"
    answer = world.do("ExecuteStatement", Statement=statement, ReturnConsumedCapacity="INDEXES")
    assert world.scores(1, 0, 0) == {"a": 0.0}
    assert answer["ConsumedCapacity"]["VectorIndexes"] == {VECTORS: {"VectorWriteRequestBytes": 1024.0}}
    world.do("ExecuteStatement", Statement=f"UPDATE \"{PRODUCTS}\" SET embedding = [-1, 0, 0] WHERE id = 'a'")
    assert world.scores(1, 0, 0) == {"a": 2.0}
    wrong = f"UPDATE \"{PRODUCTS}\" SET embedding = [-1, 0] WHERE id = 'a'"
    assert "Invalid size for parameter embedding" in world.refusal("ExecuteStatement", Statement=wrong)
    world.do("ExecuteStatement", Statement=f"DELETE FROM \"{PRODUCTS}\" WHERE id = 'a'")
    assert world.found(1, 0, 0) == []


def test_seed(world: World) -> None:
    world.engine.seed(PRODUCTS, [{"id": "a", "embedding": [1, 0, 0]}, {"id": "b"}])
    assert world.found(1, 0, 0) == ["a"]


def test_time_to_live(world: World) -> None:
    specification = {"Enabled": True, "AttributeName": "ends"}
    world.do("UpdateTimeToLive", TableName=PRODUCTS, TimeToLiveSpecification=specification)
    ends = {"N": str(int(world.clock.time()) + 60)}
    world.do("PutItem", TableName=PRODUCTS, Item={**KEY, "embedding": vector(1, 0, 0), "ends": ends})
    assert world.found(1, 0, 0) == ["a"]
    world.clock.advance(120)
    assert world.found(1, 0, 0) == []


def test_snapshots_change_independently(world: World) -> None:
    world.put("a", 1, 0, 0)
    before = world.engine.snapshot()
    world.put("a", -1, 0, 0)
    world.put("b", 1, 0, 0)
    assert world.scores(1, 0, 0) == {"b": 0.0, "a": 2.0}
    world.engine.restore(before)
    assert world.scores(1, 0, 0) == {"a": 0.0}


def test_an_index_may_be_late(world: World) -> None:
    world.engine.disorder = Disorder(index_lag=10.0)
    world.put("a", 1, 0, 0)
    assert world.found(1, 0, 0) == []
    world.clock.advance(11)
    assert world.found(1, 0, 0) == ["a"]


def test_vectors_of_what_has_gone_are_forgotten(world: World) -> None:
    for at in range(300):
        world.put(str(at), 1, at, 0)
    assert len(world.found(1, 0, 0)) == 100
    for at in range(299):
        world.do("DeleteItem", TableName=PRODUCTS, Key={"id": {"S": str(at)}})
    assert world.found(1, 0, 0) == ["299"]
    world.put("299", -1, 0, 0)
    assert world.scores(1, 0, 0) == {"299": 2.0}


# ── what is in the index ─────────────────────────────────────────────────────────────────────────────────────────────
def test_without_the_partition_attribute_an_item_is_not_in_the_index(shop: World) -> None:
    shop.put("a", 1, 0, 0, category="c")
    shop.put("b", 1, 0, 0)
    assert in_category(shop) == ["a"]
    assert shop.described()["ItemCount"] == 1
    update(shop, "REMOVE category")
    assert in_category(shop) == []
    update(shop, "SET category = :c", c={"S": "d"})
    assert in_category(shop, "d") == ["a"]
    update(shop, "SET category = :c", c={"S": "c"})
    assert (in_category(shop), in_category(shop, "d")) == (["a"], [])


def test_without_a_filter_attribute_it_is(shop: World) -> None:
    shop.put("a", 1, 0, 0, category="c")
    assert in_category(shop) == ["a"]


def test_an_index_has_4_bytes_for_a_number(world: World) -> None:
    world.put("a", "0.123456789", "0.123456789", "0.123456789", title="four")
    id_, embedding, title = len("id") + 1, len("embedding") + 3 * 4, len("title") + 4
    # the overhead of a list and its elements is counted as in an item
    assert world.described()["IndexSizeBytes"] == id_ + embedding + title


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────
def type_error(place: str, expected: str, actual: str) -> str:
    return f"{INVALID}Invalid type for parameter {place}, Expected: {expected}, Actual: {actual}. IndexName: {VECTORS}"


OUT_OF_RANGE = (
    f"{INVALID}Invalid type for parameter embedding[1], Expected: 32-bit floating point number, "
    f"Actual: a number out of its range. IndexName: {VECTORS}"
)
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a text": ({"embedding": {"S": "1,2,3"}}, type_error("embedding", "L", "S")),
    "a number": ({"embedding": {"N": "1"}}, type_error("embedding", "L", "N")),
    "a set": ({"embedding": {"NS": ["1", "2", "3"]}}, type_error("embedding", "L", "NS")),
    "null": ({"embedding": {"NULL": True}}, type_error("embedding", "L", "NULL")),
    "a set with duplicates": ({"embedding": {"NS": ["1", "1"]}}, "Input collection contains duplicates"),
    "too short": (
        {"embedding": vector(1, 2)},
        f"{INVALID}Invalid size for parameter embedding, Expected: 3, Actual: 2. IndexName: {VECTORS}",
    ),
    "too long": (
        {"embedding": vector(1, 2, 3, 4)},
        f"{INVALID}Invalid size for parameter embedding, Expected: 3, Actual: 4. IndexName: {VECTORS}",
    ),
    "empty": (
        {"embedding": {"L": []}},
        f"{INVALID}Invalid size for parameter embedding, Expected: 3, Actual: 0. IndexName: {VECTORS}",
    ),
    "a text inside": (
        {"embedding": {"L": [{"N": "1"}, {"S": "2"}, {"N": "3"}]}},
        type_error("embedding[1]", "N", "S"),
    ),
    "out of range": ({"embedding": vector(1, "3.5e38", 3)}, OUT_OF_RANGE),
    "another type of partition": (
        {"category": {"N": "1"}},
        f"{INVALID}Type mismatch for Index Key category Expected: S Actual: N IndexName: {VECTORS}",
    ),
    "another type of filter": (
        {"brand": {"BOOL": True}},
        f"{INVALID}Type mismatch for Index Key brand Expected: S Actual: BOOL IndexName: {VECTORS}",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_put_is_refused(wrong: str, shop: World) -> None:
    attributes, message = WRONG[wrong]
    assert shop.refusal("PutItem", TableName=PRODUCTS, Item=KEY | attributes) == message


@pytest.mark.parametrize("wrong", WRONG)
def test_a_batch_is_refused(wrong: str, shop: World) -> None:
    attributes, message = WRONG[wrong]
    right = {"PutRequest": {"Item": {"id": {"S": "b"}}}}
    requests = [right, {"PutRequest": {"Item": KEY | attributes}}]
    assert shop.refusal("BatchWriteItem", RequestItems={PRODUCTS: requests}) == message


@pytest.mark.parametrize("wrong", [name for name in WRONG if "duplicates" not in name])
def test_an_update_is_refused(wrong: str, shop: World) -> None:
    attributes, message = WRONG[wrong]
    ((name, value),) = attributes.items()
    request = {
        "TableName": PRODUCTS,
        "Key": KEY,
        "UpdateExpression": f"SET {name} = :v",
        "ExpressionAttributeValues": {":v": value},
    }
    assert shop.refusal("UpdateItem", **request) == message


def test_an_empty_partition_attribute_is_refused(shop: World) -> None:
    empty = {"category": {"S": ""}}
    assert shop.refusal("PutItem", TableName=PRODUCTS, Item=KEY | empty) == (
        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
        "The AttributeValue for a key attribute cannot contain an empty string value. "
        f"IndexName: {VECTORS}, IndexKey: category"
    )


def test_an_update_may_leave_what_was_wrong_before() -> None:
    world = World()
    world.engine.create_tables([PRODUCTS_WITHOUT_INDEX])
    world.do("PutItem", TableName=PRODUCTS, Item={**KEY, "embedding": {"S": "no vector"}})
    create = {"VectorIndexUpdates": [{"Create": vector_index()}]}
    world.do("UpdateTable", TableName=PRODUCTS, **create)
    world.describe()
    update(world, "SET title = :t", t={"S": "t"})
    assert world.found(1, 0, 0) == []


PRODUCTS_WITHOUT_INDEX: dict[str, Any] = {
    "TableName": PRODUCTS,
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}


# ── capacity ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def written(answer: Any) -> Any:
    return answer["ConsumedCapacity"].get("VectorIndexes")


def test_bytes_above_the_least_are_told_as_they_are() -> None:
    world = World(vector_index(Dimensions=1024, Projection={"ProjectionType": "KEYS_ONLY"}))
    size = len("id") + 1 + len("embedding") + 4 * 1024
    answer = world.put("a", *[1] * 1024, title="x" * 1000)
    assert written(answer) == {VECTORS: {"VectorWriteRequestBytes": float(size)}}
    answer = world.do("DeleteItem", TableName=PRODUCTS, Key=KEY, ReturnConsumedCapacity="INDEXES")
    assert written(answer) == {VECTORS: {"VectorWriteRequestBytes": float(size)}}


def test_a_write_that_changes_nothing_of_the_index_costs_nothing() -> None:
    world = World(vector_index(Projection={"ProjectionType": "KEYS_ONLY"}))
    world.put("a", 1, 2, 3)
    assert written(world.put("a", 1, 2, 3, title="new")) is None
    assert written(world.put("b")) is None


def test_bytes_are_no_units() -> None:
    world = World(vector_index())
    answer = world.put("a", 1, 2, 3)["ConsumedCapacity"]
    assert answer["CapacityUnits"] == answer["Table"]["CapacityUnits"] == 1.0
    total = world.do("DeleteItem", TableName=PRODUCTS, Key=KEY, ReturnConsumedCapacity="TOTAL")
    assert "VectorIndexes" not in total["ConsumedCapacity"]


def test_the_least_is_of_the_request_not_of_each_index() -> None:
    world = World(vector_index(), vector_index("other", DistanceFunction="EUCLIDEAN"))
    arms = written(world.put("a", 1, 2, 3))
    assert arms.keys() == {VECTORS, "other"}
    assert sum(arm["VectorWriteRequestBytes"] for arm in arms.values()) == 1024.0


def test_moving_to_another_partition_takes_out_and_puts_in(shop: World) -> None:
    big = "x" * 2000
    shop.put("a", 1, 2, 3, category="c", title=big)
    once = shop.described()["IndexSizeBytes"]
    moved = written(shop.put("a", 1, 2, 3, category="d", title=big))
    assert moved == {VECTORS: {"VectorWriteRequestBytes": float(2 * once)}}
