"""Indexes and replicas that lag, after any sequence of writes: always a moment that was, and in the end the same.

A world with lag is held against one without that gets the same requests. What a late index shows, is what the prompt
one has shown at some moment; replicas of a table and its local indexes show one moment together.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.simulator import Disorder, Engine
from hashrange.simulator.errors import ApiError
from hashrange.simulator.state.store import Store
from hashrange.simulator.state.table import Table
from tests.fakes import NOW, FakeClock
from tests.simulated_items import INDEXED, indexed, item

LAG_SECONDS = 8
LATE = Disorder(index_lag=LAG_SECONDS, staleness=LAG_SECONDS)
GLOBAL, LOCAL = ("by-g", "by-gn"), ("by-n", "by-t")
REPLICATED = ("table", *LOCAL)

words = st.sampled_from("abc")
items = st.builds(
    item,
    pk=words,
    sk=words,
    g=words,
    n=st.integers(0, 2),
    t=st.sampled_from([{"B": "AA=="}, {"S": "no key"}]),
    kept=words,
    until=st.just({"N": str(int(NOW) + 15)}),
)
without_keys = st.builds(
    lambda full, left: {name: value for name, value in full.items() if name not in left},
    items,
    st.sets(st.sampled_from(["g", "n", "t", "kept", "until"])),
)
keys = st.builds(item, pk=words, sk=words)
puts = st.builds(lambda new: ("PutItem", {"TableName": INDEXED, "Item": new}), without_keys)
deletes = st.builds(lambda key: ("DeleteItem", {"TableName": INDEXED, "Key": key}), keys)
updates = st.builds(
    lambda key, text: ("UpdateItem", {"TableName": INDEXED, "Key": key, "UpdateExpression": text}),
    keys,
    st.sampled_from(["SET g = pk", "SET kept = sk, g = sk", "REMOVE g", "REMOVE n, t", "SET n = if_not_exists(n, t)"]),
)
transactions = st.builds(
    lambda new, key: (
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Put": {"TableName": INDEXED, "Item": new}},
                {"Delete": {"TableName": INDEXED, "Key": key}},
            ]
        },
    ),
    without_keys,
    keys,
)
Step = tuple[str, dict[str, Any]]
waits = st.builds(lambda seconds: ("wait", {"seconds": seconds}), st.sampled_from([0.5, 1, 3, 10]))
marks: st.SearchStrategy[Step] = st.sampled_from([("snapshot", {}), ("restore", {})])
steps = st.lists(st.one_of(puts, puts, deletes, updates, transactions, waits, marks), min_size=10, max_size=50)
#: those that change one item at a time
single_steps = st.lists(
    st.one_of(puts.map(lambda put: lasting(put)), deletes, updates, waits), min_size=10, max_size=50
)


def contents(store: Store) -> tuple[bytes, ...]:
    return (*(record.body for record in store.scan()), b"%d %d" % (store.count, store.size))


def lasting(put: Step) -> Step:
    """The put of an item that never expires."""
    operation, request = put
    return operation, {**request, "Item": {name: v for name, v in request["Item"].items() if name != "until"}}


class World:
    """An engine with one table of four indexes and a time to live."""

    def __init__(self, clock: FakeClock, disorder: Disorder | None, seed: int = 0) -> None:
        self.engine = Engine(clock=clock, randomness=random.Random(seed), disorder=disorder)
        self.engine.catalog.create(indexed())
        ttl = {"Enabled": True, "AttributeName": "until"}
        self.engine.execute("UpdateTimeToLive", {"TableName": INDEXED, "TimeToLiveSpecification": ttl})
        self.mark = self.engine.snapshot()

    @property
    def table(self) -> Table:
        return self.engine.catalog.table(INDEXED)

    def do(self, operation: str, request: dict[str, Any]) -> str:
        """What comes of a step: an error's name, or nothing."""
        if operation == "snapshot":
            self.mark = self.engine.snapshot()
        elif operation == "restore":
            self.engine.restore(self.mark)
        else:
            try:
                self.engine.execute(operation, request)
            except ApiError as error:
                return error.name
        return ""

    def look(self) -> None:
        """Let everything show that is due."""
        self.engine.execute("ListTables", {})

    def shown(self) -> dict[str, tuple[bytes, ...]]:
        """What prompt reads of the table and its indexes find."""
        return {name: contents(index.store) for name, index in self.table.indexes.items()} | {
            "table": contents(self.table.store)
        }

    def replicated(self) -> dict[str, tuple[bytes, ...]]:
        """What stale reads of the table and its local indexes find."""
        replicas = {"table": self.table.replica} | {name: self.table.indexes[name].replica for name in LOCAL}
        return {name: contents(replica) for name, replica in replicas.items() if replica is not None}

    def check_local_replicas(self) -> None:
        """Replicas of local indexes hold what that of the table says."""
        assert self.table.replica is not None
        for name in LOCAL:
            index, found = self.table.indexes[name], Store()
            for record in self.table.replica.all():
                entry = index.entry(record.item, record)
                if entry is not None:
                    found.put(entry)
            assert self.replicated()[name] == contents(found)


def take(step: Step, clock: FakeClock, *worlds: World) -> None:
    """Do the same in all worlds; the same must come of it."""
    operation, request = step
    if operation == "wait":
        clock.advance(request["seconds"])
    else:
        assert len({world.do(operation, request) for world in worlds}) == 1
    for world in worlds:
        world.look()


def assert_alike(prompt: World, late: World) -> None:
    """Nothing is behind any more."""
    for world in (prompt, late):
        world.look()
    now = prompt.shown()
    assert late.shown() == now
    assert late.replicated() == {name: now[name] for name in REPLICATED}


@settings(deadline=None, max_examples=60)
@given(steps=single_steps, seed=st.integers(0, 999))
def test_what_lags_shows_a_moment_that_was(steps: list[Step], seed: int) -> None:
    clock = FakeClock()
    prompt, late = World(clock, None), World(clock, LATE, seed)
    history = [prompt.shown()]
    for step in steps:
        take(step, clock, prompt, late)
        history.append(prompt.shown())
        shown = late.shown()
        for name in GLOBAL:
            assert shown[name] in [moment[name] for moment in history]
        assert late.replicated() in [{name: moment[name] for name in REPLICATED} for moment in history]
    clock.advance(LAG_SECONDS)
    assert_alike(prompt, late)


@settings(deadline=None, max_examples=60)
@given(steps=steps, seed=st.integers(0, 999))
def test_what_lags_catches_up(steps: list[Step], seed: int) -> None:
    clock = FakeClock()
    prompt, late = World(clock, None), World(clock, LATE, seed)
    for step in steps:
        take(step, clock, prompt, late)
        shown, now = late.shown(), prompt.shown()
        assert all(shown[name] == now[name] for name in REPLICATED)
        # a transaction, or items that expire together, may be seen in part; but never an index beside its table
        late.check_local_replicas()
    clock.advance(60)  # what expires now lags once more
    for world in (prompt, late):
        world.look()
    clock.advance(LAG_SECONDS)
    assert_alike(prompt, late)


@settings(deadline=None, max_examples=30)
@given(steps=steps, seed=st.integers(0, 999), switch=st.integers(0, 6))
def test_turning_lag_on_and_off_loses_nothing(steps: list[Step], seed: int, switch: int) -> None:
    clock = FakeClock()
    prompt, late = World(clock, None), World(clock, None, seed)
    for at, step in enumerate(steps):
        if at % 7 == switch:
            late.engine.disorder = LATE if at % 2 else None
        take(step, clock, prompt, late)
    late.engine.disorder = None
    assert late.shown() == prompt.shown()
    assert late.replicated() == {}


@pytest.mark.parametrize("seed", range(3))
def test_the_same_seed_lags_the_same(seed: int) -> None:
    def shown() -> list[Any]:
        clock = FakeClock()
        world = World(clock, Disorder(index_lag=LAG_SECONDS), seed)
        found = []
        for number in range(30):
            world.do("PutItem", {"TableName": INDEXED, "Item": item(pk="a", sk=str(number), g="g")})
            clock.advance(0.5)
            world.look()
            found.append(len(contents(world.table.indexes["by-g"].store)))
        return found

    assert shown() == shown()
