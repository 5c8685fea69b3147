"""Two regions of a global table: one is killed, reads go on, and it comes back.

Two DynamoDB servers run on this machine, each in a thread, and stand for two regions. What is written in one arrives in
the other half a second later, on a clock that this program moves: nobody waits. Run it with
``python examples/two_regions.py``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hashrange import CircuitOpen, CircuitRule, Config, DynamoDB, Key, NetworkError, RetryPolicy, Static, Table
from hashrange.testing import FakeClock, LocalServer, ReplicatedEngines

HOME, NEAR = "us-east-1", "eu-west-1"
LAG_SECONDS = 0.5
RULE = CircuitRule(failures=2, open_seconds=30.0, successes=1)
ADA = Key("USER#1", "PROFILE")


@dataclass
class User:
    PK: str
    SK: str
    name: str


def title(text: str) -> None:
    print(f"\n── {text} " + "─" * max(0, 76 - len(text)))


async def write(users: Table[User], name: str) -> None:
    try:
        await users.put_item(User("USER#1", "PROFILE", name))
        print(f"write    {name:<14} stored in {HOME}")
    except CircuitOpen as error:
        print(f"write    {name:<14} refused at once: {error.region} is down")
    except NetworkError as error:
        print(f"write    {name:<14} failed: {error.region} does not answer")


async def read(users: Table[User], *, consistent: bool = False) -> None:
    kind = "read, consistent" if consistent else "read"
    try:
        user = await users.get_item(ADA, consistent=consistent)
        print(f"{kind:<17}{'nobody' if user is None else user.name}")
    except (CircuitOpen, NetworkError) as error:
        print(f"{kind:<17}failed: {error.region} does not answer")


def circuits(db: DynamoDB) -> None:
    print(f"circuits {', '.join(f'{region} {circuit.state}' for region, circuit in db.circuits.items())}")


async def story(db: DynamoDB, clock: FakeClock, servers: dict[str, LocalServer]) -> None:
    users = db.table("users", model=User)

    title("writes go home, reads to the nearest region, which is a little behind")
    await write(users, "Ada")
    await read(users)
    await read(users, consistent=True)
    clock.advance(LAG_SECONDS)
    await read(users)
    replicas = (await db.describe_table("users")).replicas
    print(f"replicas {', '.join(f'{replica.region} {replica.status}' for replica in replicas)}")

    title(f"{NEAR} is killed: after {RULE.failures} failures its circuit is open, and reads go to {HOME}")
    await asyncio.to_thread(servers[NEAR].stop)
    for _ in range(3):
        await read(users)
    circuits(db)
    await write(users, "Ada Lovelace")
    await read(users)

    title(f"it comes back: {RULE.open_seconds:g} s later it is tried, and has caught up")
    servers[NEAR].start()
    clock.advance(RULE.open_seconds)
    await read(users)
    circuits(db)

    title(f"{HOME} is killed: reads go on, and a write goes nowhere else by itself")
    await asyncio.to_thread(servers[HOME].stop)
    for _ in range(3):
        await write(users, "Ada King")
    await read(users)
    await read(users, consistent=True)

    title("it comes back")
    servers[HOME].start()
    clock.advance(RULE.open_seconds)
    await write(users, "Ada King")
    clock.advance(LAG_SECONDS)
    await read(users)
    circuits(db)


async def main() -> None:
    clock = FakeClock()
    engines = ReplicatedEngines([HOME, NEAR], ["users"], lag=LAG_SECONDS, clock=clock)
    with LocalServer(engines[HOME]) as home, LocalServer(engines[NEAR]) as near:
        config = Config(
            regions=[NEAR, HOME],
            home=HOME,
            endpoint_urls={HOME: home.url, NEAR: near.url},
            credentials=Static("example", "example"),
            circuit=RULE,
            retry=RetryPolicy.none(),
            clock=clock,
        )
        async with DynamoDB(config) as db:
            await story(db, clock, {HOME: home, NEAR: near})


if __name__ == "__main__":
    asyncio.run(main())
