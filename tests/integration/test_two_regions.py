"""A client of two regions over sockets: two servers, of which one is killed and comes back, and replication with a lag.

Time is the test's: the lag and the circuits' thirty seconds pass when it says so.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hashrange import (
    Attr,
    CircuitOpen,
    Config,
    Credentials,
    DynamoDB,
    Item,
    Key,
    NetworkError,
    ResourceNotFound,
    RetryPolicy,
    Secret,
    Static,
    Table,
)
from hashrange.simulator import Server
from hashrange.testing import FakeClock, ReplicatedEngines

HOME, NEAR = "us-east-1", "eu-west-1"
KEY = Key("USER#1", "PROFILE")
LAG = 1.0
OPEN_SECONDS, FAILURES = 30.0, 5
DEFINITION: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


class Counting:
    """A provider that counts how often it is asked."""

    name = "counting"

    def __init__(self) -> None:
        self.asked = 0

    async def fetch(self) -> Credentials:
        self.asked += 1
        return Credentials("AKIAEXAMPLE", Secret("example"), None, None)


class World:
    """Two servers and a client near one of them."""

    def __init__(self) -> None:
        self.clock, self.provider = FakeClock(), Counting()
        self.engines = ReplicatedEngines([HOME, NEAR], ["app"], lag=LAG, clock=self.clock)
        self.servers: dict[str, Server] = {}

    async def start(self, region: str) -> None:
        port = self.servers[region].port if region in self.servers else 0
        server = Server(self.engines[region], port=port, keys={"AKIAEXAMPLE": "example"})
        await server.start()
        self.servers[region] = server

    async def kill(self, region: str) -> None:
        await self.servers[region].stop(grace=0)

    def client(self, **config: Any) -> DynamoDB:
        settings = {
            "regions": (NEAR, HOME),
            "home": HOME,
            "endpoint_urls": {region: server.endpoint_url for region, server in self.servers.items()},
            "credentials": self.provider,
            "clock": self.clock,
            "retry": RetryPolicy.none(),
        }
        return DynamoDB(Config(**{**settings, **config}))

    def seen(self, region: str, operation: str) -> int:
        return len(self.engines[region].calls(operation))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    one = World()
    for region in (HOME, NEAR):
        await one.start(region)
    yield one
    for region in (HOME, NEAR):
        await one.kill(region)


def item(visits: int) -> Item:
    return {"PK": "USER#1", "SK": "PROFILE", "visits": visits}


async def visits(app: Table[Item], *, consistent: bool = False) -> Any:
    found = await app.get_item(KEY, consistent=consistent)
    return None if found is None else found["visits"]


async def break_circuit(app: Table[Item], **options: Any) -> None:
    for number in range(FAILURES):
        with pytest.raises(NetworkError) as caught:
            await app.put_item(item(-1 - number), **options)
        assert caught.value.region == HOME


async def test_replication_lags_and_consistent_reads_do_not(world: World) -> None:
    async with world.client() as db:
        app = db.table("app")
        await app.put_item(item(1))
        assert (await visits(app), await visits(app, consistent=True)) == (None, 1)
        world.clock.advance(LAG)
        assert await visits(app) == 1
        assert (world.seen(HOME, "PutItem"), world.seen(NEAR, "PutItem")) == (1, 0)
        assert (world.seen(HOME, "GetItem"), world.seen(NEAR, "GetItem")) == (1, 2)
        assert world.provider.asked == 1, "both regions are signed for with the same credentials"


async def test_the_nearest_region_is_killed_and_comes_back(world: World) -> None:
    async with world.client() as db:
        app = db.table("app")
        await app.put_item(item(1))
        world.clock.advance(LAG)
        await world.kill(NEAR)
        outcomes = []
        for _ in range(FAILURES + 5):
            try:
                outcomes.append(await visits(app))
            except NetworkError as error:
                outcomes.append(error.region)
        assert outcomes == [NEAR] * (FAILURES - 1) + [1] * 6, "the failure that opens the circuit is not the caller's"
        assert (db.circuits[NEAR].state, db.circuit.state) == ("open", "closed")
        await app.put_item(item(2))
        assert await visits(app) == 2, "home has no lag"

        world.clock.advance(OPEN_SECONDS)
        assert await visits(app) == 2, "it is tried, and still down"
        await world.start(NEAR)
        assert await visits(app) == 2
        assert world.seen(NEAR, "GetItem") == 0
        world.clock.advance(OPEN_SECONDS)
        for _ in range(2):
            assert await visits(app) == 2, "it has caught up"
        assert (db.circuits[NEAR].state, world.seen(NEAR, "GetItem")) == ("closed", 2)


async def test_home_is_killed_and_comes_back(world: World) -> None:
    async with world.client() as db:
        app = db.table("app")
        await app.put_item(item(1))
        world.clock.advance(LAG)
        await world.kill(HOME)
        await break_circuit(app)
        for write in (app.put_item(item(2)), app.delete_item(KEY), app.get_item(KEY, consistent=True)):
            with pytest.raises(CircuitOpen) as caught:
                await write
            assert caught.value.region == HOME
        assert await visits(app) == 1, "reads go on"
        assert world.seen(NEAR, "PutItem") == 0, "no write has left home"

        await world.start(HOME)
        with pytest.raises(CircuitOpen):
            await app.put_item(item(2))
        world.clock.advance(OPEN_SECONDS)
        await app.put_item(item(3), condition=Attr("visits") == 1)
        assert (await visits(app), await visits(app, consistent=True)) == (1, 3)
        world.clock.advance(LAG)
        assert await visits(app) == 3


async def test_writes_go_to_the_next_region_only_if_told_so_and_the_last_writer_wins(world: World) -> None:
    async with world.client(write_failover="next") as db:
        app = db.table("app")
        await app.put_item(item(1))  # home is cut off before it replicates this
        world.engines.disconnect(HOME)
        await world.kill(HOME)
        await break_circuit(app)
        await app.put_item(item(2), condition=Attr("PK").not_exists())
        assert (await visits(app), await visits(app, consistent=True)) == (2, 2)

        await world.start(HOME)
        world.engines.reconnect(HOME)
        world.clock.advance(OPEN_SECONDS)
        for _ in range(2):
            assert await visits(app, consistent=True) == 2, "home has it, too, and its own write has lost"
        assert (db.circuit.state, world.seen(HOME, "GetItem")) == ("closed", 2)


async def test_a_description_names_the_replicas(world: World) -> None:
    async with world.client() as db:
        description = await db.describe_table("app")
    assert [(replica.region, replica.status) for replica in description.replicas] == [(NEAR, "ACTIVE")]
    assert description.global_table_version == "2019.11.21"


async def test_each_region_is_signed_for_by_its_name(dynamodb_local: str) -> None:
    """DynamoDB Local has a database for each region that a request was signed for."""
    config = Config(
        regions=(NEAR, HOME),
        home=HOME,
        endpoint_urls={HOME: dynamodb_local, NEAR: dynamodb_local},
        credentials=Static("tworegions", "tworegions"),
    )
    async with DynamoDB(config) as db:
        await db.call("CreateTable", {"TableName": "signed", **DEFINITION})
        table = db.table("signed", sort_key=None)
        await table.put_item({"PK": "a"})
        assert await table.get_item(Key("a"), consistent=True) == {"PK": "a"}
        with pytest.raises(ResourceNotFound) as caught:
            await table.get_item(Key("a"))
        assert caught.value.region == NEAR
        await db.call("DeleteTable", {"TableName": "signed"})
