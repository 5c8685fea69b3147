"""A global table for tests: what replicates and when, who wins, and what a region does that is cut off."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from hashrange import ConfigurationError
from hashrange.simulator import Disorder, Engine, TableSpec, Throughput
from hashrange.testing import FakeClock, ReplicatedEngines

US, EU, AP = "us-east-1", "eu-west-1", "ap-south-1"
KEY = {"PK": {"S": "a"}, "SK": {"S": "b"}}


class World:
    """A table in two regions (or three), and their time."""

    def __init__(self, *regions: str, lag: float = 1.0, **options: Any) -> None:
        self.clock = FakeClock()
        options = {"tables": ["app"], **options}
        self.engines = ReplicatedEngines(regions or (US, EU), lag=lag, clock=self.clock, **options)

    def put(self, region: str, value: str, key: dict[str, Any] = KEY) -> None:
        self.do(region, "PutItem", Item=key | {"value": {"S": value}})

    def get(self, region: str, key: dict[str, Any] = KEY) -> str | None:
        item = dump(self.do(region, "GetItem", Key=key)).get("Item")
        return None if item is None else item["value"]["S"]

    def values(self, *regions: str) -> list[str | None]:
        return [self.get(region) for region in regions or self.engines]

    def do(self, region: str, operation: str, **payload: Any) -> dict[str, Any]:
        return self.engines[region].execute(operation, {"TableName": "app", **payload}) or {}


def dump(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(answer))
    return found


def test_a_write_reaches_the_others_after_the_lag() -> None:
    world = World(US, EU, AP)
    world.put(US, "1")
    assert (world.values(), world.engines.under_way) == (["1", None, None], 2)
    world.clock.advance(0.9)
    assert world.values() == ["1", None, None]
    world.clock.advance(0.1)
    assert (world.values(), world.engines.under_way) == (["1", "1", "1"], 0)


def test_without_a_lag_it_is_there_at_once() -> None:
    world = World(lag=0.0)
    world.put(EU, "1")
    assert world.values() == ["1", "1"]


def test_the_lag_may_change() -> None:
    world = World(lag=100.0)
    world.put(US, "1")
    world.engines.lag = 0.0
    world.put(US, "2")
    assert world.values() == ["2", "2"], "what was slower is older, and does not come back"
    world.clock.advance(100.0)
    assert world.values() == ["2", "2"]


WRITES: list[tuple[str, dict[str, Any], str | None]] = [
    ("PutItem", {"Item": KEY | {"value": {"S": "new"}}}, "new"),
    (
        "UpdateItem",
        {"Key": KEY, "UpdateExpression": "SET #v = :v", "ExpressionAttributeNames": {"#v": "value"}}
        | {"ExpressionAttributeValues": {":v": {"S": "new"}}},
        "new",
    ),
    ("DeleteItem", {"Key": KEY}, None),
]


@pytest.mark.parametrize(("operation", "payload", "after"), WRITES)
def test_single_writes(operation: str, payload: dict[str, Any], after: str | None) -> None:
    world = World(lag=0.0)
    world.put(US, "old")
    world.do(EU, operation, **payload)
    assert world.values() == [after, after]


def test_batches_and_transactions() -> None:
    world = World(lag=0.0)
    other, third = KEY | {"SK": {"S": "c"}}, KEY | {"SK": {"S": "d"}}
    put = {"PutRequest": {"Item": other | {"value": {"S": "batch"}}}}
    world.put(US, "old")
    world.engines[US].execute("BatchWriteItem", {"RequestItems": {"app": [put, {"DeleteRequest": {"Key": KEY}}]}})
    assert (world.get(EU), world.get(EU, other)) == (None, "batch")
    actions = [
        {"Put": {"TableName": "app", "Item": KEY | {"value": {"S": "tx"}}}},
        {"Delete": {"TableName": "app", "Key": other}},
        {"ConditionCheck": {"TableName": "app", "Key": third, "ConditionExpression": "attribute_not_exists(PK)"}},
    ]
    world.engines[EU].execute("TransactWriteItems", {"TransactItems": actions})
    assert (world.get(US), world.get(US, other)) == ("tx", None)


def test_what_a_batch_leaves_undone_does_not_travel() -> None:
    world = World(lag=0.0, disorder=Disorder(unprocessed=0.5), randomness=Random(3))
    requests = [{"PutRequest": {"Item": KEY | {"SK": {"S": str(n)}, "value": {"S": "x"}}}} for n in range(20)]
    world.engines.lag = 1.0
    answer = world.engines[US].execute("BatchWriteItem", {"RequestItems": {"app": requests}})
    assert answer is not None
    undone = len(answer["UnprocessedItems"]["app"])
    assert 0 < undone < 20
    assert world.engines.under_way == 20 - undone


def test_a_write_that_is_refused_does_not_travel() -> None:
    world = World()
    with pytest.raises(Exception, match="conditional request failed"):
        world.do(US, "DeleteItem", Key=KEY, ConditionExpression="attribute_exists(PK)")
    assert world.engines.under_way == 0


@pytest.mark.parametrize("first", [US, EU])
def test_the_later_write_wins_everywhere(first: str) -> None:
    world = World(US, EU, AP)
    last = EU if first == US else US
    world.put(first, "first")
    world.clock.advance(0.5)
    world.put(last, "last")
    assert (world.get(first), world.get(last)) == ("first", "last")
    world.clock.advance(1.0)
    assert world.values() == ["last", "last", "last"]


def test_a_later_delete_wins_over_a_put() -> None:
    world = World()
    world.put(US, "1")
    world.engines.catch_up()
    world.put(US, "2")
    world.do(EU, "DeleteItem", Key=KEY)
    world.engines.catch_up()
    assert world.values() == [None, None]


def test_numbers_are_one_key_however_they_are_written() -> None:
    world = World(tables=[TableSpec("app", "PK:N", None)])
    world.put(US, "first", {"PK": {"N": "1"}})
    world.put(EU, "last", {"PK": {"N": "1.0"}})
    world.engines.catch_up()
    assert [world.get(region, {"PK": {"N": "1"}}) for region in (US, EU)] == ["last", "last"]


def test_a_region_that_is_cut_off_goes_on_by_itself() -> None:
    world = World(US, EU, AP)
    world.engines.disconnect(US)
    world.put(US, "us")
    world.clock.advance(5.0)
    world.put(EU, "eu")
    world.clock.advance(5.0)
    world.engines.catch_up()
    assert world.values() == ["us", "eu", "eu"]
    world.engines.reconnect(US)
    assert world.values() == ["eu", "eu", "eu"]
    assert world.engines.under_way == 0


def test_replication_is_not_throttled() -> None:
    world = World(lag=0.0)
    world.engines[EU].throughput = Throughput(burst_seconds=0.0)
    world.engines[EU].disorder = Disorder(conflicts=1.0)
    world.put(US, "1")
    assert world.get(EU) == "1"
    assert world.engines[EU].trouble is not None


def test_only_the_tables_of_all_regions_are_global() -> None:
    world = World(lag=0.0)
    world.engines[US].create_tables(["own"])
    world.engines[US].execute("PutItem", {"TableName": "own", "Item": KEY})
    assert world.engines.under_way == 0
    described = world.engines[US].execute("DescribeTable", {"TableName": "own"})
    assert described is not None
    assert "Replicas" not in described["Table"]


def test_a_table_that_is_gone_takes_nothing() -> None:
    world = World()
    world.put(US, "1")
    world.engines[EU].execute("DeleteTable", {"TableName": "app"})
    world.clock.advance(1.0)
    assert world.engines[EU].execute("ListTables", {}) == {"TableNames": []}
    assert world.get(US) == "1"


def test_a_description_names_the_other_regions() -> None:
    table = World(US, EU, AP).do(EU, "DescribeTable")["Table"]
    assert table["Replicas"] == [{"RegionName": name, "ReplicaStatus": "ACTIVE"} for name in (US, AP)]
    assert table["GlobalTableVersion"] == "2019.11.21"
    assert table["TableArn"].startswith("arn:aws:dynamodb:eu-west-1:")


def test_it_is_a_mapping_of_engines() -> None:
    engines = ReplicatedEngines([US, EU], ["app"])
    assert list(engines) == [US, EU]
    assert len(engines) == 2
    assert all(isinstance(engine, Engine) and engine.region == region for region, engine in engines.items())
    assert repr(engines) == "<ReplicatedEngines us-east-1, eu-west-1: 0 writes under way>"
    with pytest.raises(KeyError):
        engines.disconnect("nowhere")
    with pytest.raises(KeyError):
        engines.reconnect("nowhere")


@pytest.mark.parametrize("lag", [-1, "1", None, float("nan"), True])
def test_a_lag_that_is_no_time_is_refused(lag: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"lag is .*; it must be a number of seconds, 0 or more"):
        ReplicatedEngines([US], lag=lag)


def test_a_region_twice_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="each may be there once"):
        ReplicatedEngines([US, US])
