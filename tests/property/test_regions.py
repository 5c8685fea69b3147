"""Two regions that fail and come back at any time: no write reaches two of them, and reads go wherever they can."""

from __future__ import annotations

import asyncio
from typing import Any, Literal, TypeAlias

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.auth.static import Static
from hashrange.client import DynamoDB
from hashrange.config import Config
from hashrange.errors import ConnectFailed, ConnectionLost, DynamoDBError
from hashrange.expressions import Update
from hashrange.key import Key
from hashrange.resilience.breaker import CircuitRule
from hashrange.resilience.retry import RetryPolicy, RetryRule
from hashrange.wire.transport import Request, Response
from tests.fakes import Chance, FakeClock, answer, failure

REGIONS = ("eu-west-1", "us-east-1")
HOME = "us-east-1"
Health: TypeAlias = Literal["up", "refuses", "loses answers", "fails inside", "partly"]
HEALTH: tuple[Health, ...] = ("up", "refuses", "loses answers", "fails inside", "partly")
#: operations of which each call is named by a number that stands in its requests
WRITES = ("put", "update", "add", "delete", "batch", "transaction", "raw")
READS = ("get", "query", "consistent get", "batch get")

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("health"), st.sampled_from(REGIONS), st.sampled_from(HEALTH)),
        st.tuples(st.just("wait"), st.sampled_from([0.5, 5.0, 10.0])),
        st.tuples(st.just("calls"), st.lists(st.sampled_from([*WRITES, *READS]), min_size=1, max_size=4)),
    ),
    max_size=30,
)


class Region:
    """A region that answers as well as it can, and writes down every request."""

    def __init__(self) -> None:
        self.health: Health = "up"
        self.requests: list[tuple[str, str]] = []

    async def send(self, request: Request) -> Response:
        await asyncio.sleep(0)
        if self.health == "refuses":
            raise ConnectFailed("refused")
        self.requests.append((request.operation, request.body.decode()))
        if self.health == "loses answers":
            raise ConnectionLost("reset")
        if self.health == "fails inside":
            return failure("InternalServerError", status=500)
        if request.operation == "BatchWriteItem" and self.health == "partly":
            items = msgspec.json.decode(request.body)["RequestItems"]
            if len(items["app"]) > 1:
                return answer({"UnprocessedItems": {"app": items["app"][1:]}})
        return answer()

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return False

    async def close(self) -> None: ...


class World:
    """The regions, a client, and what it was asked to do."""

    def __init__(self, write_failover: Literal["never", "next"]) -> None:
        self.clock = FakeClock()
        self.regions = {name: Region() for name in REGIONS}
        self.calls = 0
        config = Config(
            regions=REGIONS,
            home=HOME,
            write_failover=write_failover,
            credentials=Static("a", "b"),
            clock=self.clock,
            randomness=Chance(),
            circuit=CircuitRule(failures=2, open_seconds=10.0, successes=2),
            retry=RetryPolicy(network=RetryRule(2, 0.1), internal=RetryRule(2, 0.1)),
        )
        self.db = DynamoDB(config, transport=dict(self.regions))

    async def call(self, kind: str) -> None:
        self.calls += 1
        name = f"<{self.calls}>"
        try:
            await self._send(kind, name)
        except DynamoDBError:
            return

    async def _send(self, kind: str, name: str) -> Any:
        app, key = self.db.table("app"), Key(name, "x")
        item = {"PK": name, "SK": "x"}
        match kind:
            case "put":
                return await app.put_item(item)
            case "update":
                return await app.update_item(key, Update().set("a", 1))
            case "add":
                return await app.update_item(key, Update().add("a", 1))
            case "delete":
                return await app.delete_item(key)
            case "batch":
                return await app.batch_write([item, {"PK": name, "SK": "y"}, {"PK": name, "SK": "z"}])
            case "raw":
                return await self.db.call("ExecuteStatement", {"Statement": f"DELETE {name}"})
            case "transaction":
                async with self.db.transaction() as tx:
                    tx.put(app, item)
                return None
            case "query":
                return await app.query(name).all()
            case "batch get":
                return await app.batch_get([key])
            case _:
                return await app.get_item(key, consistent=kind == "consistent get")

    async def run(self, steps: list[Any]) -> None:
        for step in steps:
            match step:
                case ("health", region, health):
                    self.regions[region].health = health
                case ("wait", seconds):
                    self.clock.advance(seconds)
                case (_, kinds):
                    await asyncio.gather(*map(self.call, kinds))


@settings(deadline=None, max_examples=150)
@given(STEPS, st.sampled_from(["never", "next"]))
def test_no_write_is_sent_to_two_regions(steps: list[Any], write_failover: Literal["never", "next"]) -> None:
    world = World(write_failover)
    asyncio.run(world.run(steps))
    near, home = (world.regions[region] for region in REGIONS)
    reads = {"GetItem", "Query", "BatchGetItem"}
    for operation, body in near.requests:
        if operation in reads:
            continue
        assert write_failover == "next"
        assert operation in ("PutItem", "UpdateItem", "DeleteItem")
        assert not any(body == other for _, other in home.requests), body


@settings(deadline=None, max_examples=150)
@given(STEPS)
def test_a_read_succeeds_once_the_circuit_of_a_region_that_is_down_is_open(steps: list[Any]) -> None:
    async def story() -> None:
        world = World("never")
        await world.run(steps)
        for down, up in (REGIONS, reversed(REGIONS)):
            world.regions[down].health, world.regions[up].health = "refuses", "up"
            world.clock.advance(100.0)  # whatever was open may be tried
            for _ in range(4):  # at most two failures open the one, two successes close the other
                await world.call("get")
            assert await world.db.table("app").get_item(Key("a", "b")) is None

    asyncio.run(story())
