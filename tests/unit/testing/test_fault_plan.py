"""Which request meets which fault: by operation, table, number, chance and how often; and that a seed decides it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from hashrange import ConfigurationError, Key, ProvisionedThroughputExceeded, TokenExpired
from hashrange.testing import (
    FakeClock,
    FaultPlan,
    Injection,
    Rule,
    condition_failed,
    expired_token,
    partial_batch,
    success,
    throttle,
    timeout_after,
    unavailable,
)
from hashrange.wire.transport import Request, Response
from tests.fakes import FakeTransport, answer

from .clients import ITEM, KEY, World, put, request


def plan(*rules: Rule, seed: int | str = 0) -> FaultPlan:
    return FaultPlan(FakeTransport(answer(), repeat=True), rules, seed=seed, clock=FakeClock())


async def struck(of: FaultPlan, requests: list[Request]) -> list[int]:
    """The numbers, from 1, of the requests that failed."""
    return [number for number, each in enumerate(requests, 1) if (await of.send(each)).status != 200]


GETS = [request()] * 8


@pytest.mark.parametrize(
    ("rule", "numbers"),
    [
        (Rule(throttle()), [1, 2, 3, 4, 5, 6, 7, 8]),
        (Rule(throttle(), nth=1), [1]),
        (Rule(throttle(), nth={2, 5, 99}), [2, 5]),
        (Rule(throttle(), nth=[3]), [3]),
        (Rule(throttle(), times=2), [1, 2]),
        (Rule(throttle(), nth={2, 4, 6}, times=2), [2, 4]),
        (Rule(throttle(), probability=0), []),
        (Rule(throttle(), probability=1), [1, 2, 3, 4, 5, 6, 7, 8]),
        (Rule(throttle(), "GetItem"), [1, 2, 3, 4, 5, 6, 7, 8]),
        (Rule(throttle(), ["PutItem", "Query"]), []),
        (Rule(throttle(), table="app", nth=8), [8]),
        (Rule(throttle(), table="other"), []),
    ],
)
async def test_a_rule_says_which_requests(rule: Rule, numbers: list[int]) -> None:
    assert await struck(plan(rule), GETS) == numbers


async def test_the_first_rule_that_wants_to_wins_and_all_count() -> None:
    both = plan(Rule(unavailable(), "PutItem", nth=2), Rule(throttle(), nth={1, 2, 4}), Rule(success()))
    statuses = [(await both.send(each)).status for each in [put(), put(), request(), request()]]
    assert statuses == [400, 503, 200, 400]
    assert both.log == [
        Injection("PutItem", "app", 1, throttle()),
        Injection("PutItem", "app", 2, unavailable()),
        Injection("GetItem", "app", 3, success()),
        Injection("GetItem", "app", 4, throttle()),
    ]
    assert repr(both).startswith("<FaultPlan 3 rules, 4 faults in 4 requests over ")


async def test_a_batch_or_transaction_is_about_all_its_tables() -> None:
    write: dict[str, Any] = {"PutRequest": {"Item": {}}}
    batch = request("BatchWriteItem", table=None, RequestItems={"one": [write], "two": [write]})
    get = request("BatchGetItem", table=None, RequestItems={"two": {"Keys": [{}]}})
    actions = [{"Put": {"TableName": "one"}}, {"Delete": {"TableName": "two"}}]
    transaction = request("TransactWriteItems", table=None, TransactItems=actions)
    nonsense = [Request("Scan", body, 5.0) for body in (b"", b"[]", b"{", b'{"TransactItems":[1,{"Put":2}]}')]
    for table, numbers in {"one": [1, 3], "two": [1, 2, 3], "three": []}.items():
        assert await struck(plan(Rule(throttle(), table=table)), [batch, get, transaction, *nonsense]) == numbers
    told = plan(Rule(throttle()))
    await struck(told, [batch, get])
    assert [each.table for each in told.log] == [None, "two"]


async def test_a_table_may_be_asked_for_by_its_arn() -> None:
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/app"
    assert await struck(plan(Rule(throttle(), table="app")), [request(table=arn), request(table="my-app")]) == [1]


async def test_a_fault_that_is_for_some_operations_only_waits_for_them() -> None:
    rules = plan(Rule(partial_batch()), Rule(condition_failed(), nth=1))
    assert await struck(rules, [request(), put(), put()]) == [2]


async def test_chance_comes_from_the_seed_alone() -> None:
    rule = Rule(throttle(), "GetItem", probability=0.4)
    first = await struck(plan(rule, seed=7), GETS * 10)
    assert first == await struck(plan(rule, seed=7), GETS * 10)
    assert first != await struck(plan(rule, seed=8), GETS * 10)
    assert 15 <= len(first) <= 50


async def test_unrelated_requests_and_other_rules_change_nothing() -> None:
    rule = Rule(throttle(), "GetItem", probability=0.4)
    alone = await struck(plan(rule, seed=7), GETS * 5)
    among = plan(rule, Rule(unavailable(), "PutItem", probability=0.5), seed=7)
    mixed = [each for get in GETS * 5 for each in (put(), get, put())]
    await struck(among, mixed)
    assert [each.call for each in among.log if each.operation == "GetItem"] == alone


async def test_concurrent_requests_are_told_apart() -> None:
    shared = plan(Rule(throttle(), nth={2, 4}))
    responses = await asyncio.gather(*(shared.send(request()) for _ in range(5)))
    assert [response.status for response in responses] == [200, 400, 200, 400, 200]


# ── through a whole client ───────────────────────────────────────────────────────────────────────────────────────────
async def test_a_client_retries_what_a_plan_throttles() -> None:
    world = World()
    plans: list[FaultPlan] = []

    def planned(inner: Any) -> FaultPlan:
        plans.append(FaultPlan(inner, [Rule(throttle(), "PutItem", nth={1, 2})], clock=world.clock))
        return plans[0]

    async with world.client(planned) as db:
        await db.table("app").put_item(ITEM)
        assert await db.table("app").get_item(KEY) == ITEM
    assert world.clock.sleeps == pytest.approx([0.05, 0.1])
    assert [(each.operation, each.call) for each in plans[0].log] == [("PutItem", 1), ("PutItem", 2)]
    assert world.operations() == ["PutItem", "GetItem"]


async def test_a_write_whose_answer_is_lost_is_there() -> None:
    world = World()
    async with world.client(lambda inner: FaultPlan(inner, [Rule(timeout_after(), nth=1)], clock=world.clock)) as db:
        await db.table("app").put_item(ITEM)
    assert world.operations() == ["PutItem", "PutItem"]
    assert world.clock.sleeps == pytest.approx([5.0, 0.1])


async def test_an_expired_token_is_refreshed_once() -> None:
    world = World()
    fault = expired_token()
    async with world.client(lambda inner: FaultPlan(inner, [Rule(fault, nth={1, 3, 4})])) as db:
        assert await db.table("app").get_item(KEY) is None
        with pytest.raises(TokenExpired):
            await db.table("app").get_item(KEY)
    async with world.client(lambda inner: FaultPlan(inner, [Rule(expired_token(refreshed=False), nth=1)])) as db:
        with pytest.raises(TokenExpired):
            await db.table("app").get_item(KEY)


async def test_another_tables_calls_are_left_alone() -> None:
    world = World()
    world.engine.create_tables(["quiet"])
    rule = Rule(throttle(), table="app")
    async with world.client(lambda inner: FaultPlan(inner, [rule], clock=world.clock)) as db:
        assert await db.table("quiet").get_item(Key("a", "b")) is None
        with pytest.raises(ProvisionedThroughputExceeded) as caught:
            await db.table("app").get_item(Key("a", "b"))
    assert caught.value.attempts == 10
    assert caught.value.request_id == "FAULT11"


async def test_the_transport_below_is_closed_and_asked_to_repair() -> None:
    below = FakeTransport(answer(), mends=[True])
    around = FaultPlan(below, [])
    assert around.repair(TokenExpired("x"), Response(400, b"")) is True
    await around.close()
    assert below.closed == 1


# ── bad input ────────────────────────────────────────────────────────────────────────────────────────────────────────
RULES_REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"fault": throttle}, "fault is of type function"),
    ({"fault": "throttle"}, "fault is of type str"),
    ({"operations": "PutItems"}, "no operation 'PutItems'.*did you mean 'PutItem'"),
    ({"operations": ["GetItem", "Frobnicate"]}, "no operation 'Frobnicate'"),
    ({"operations": []}, "operations is empty"),
    ({"operations": 3}, "operations is 3"),
    ({"operations": [[]]}, r"no operation \[\]"),
    ({"operations": "PutItem", "fault": partial_batch()}, "cannot happen to PutItem"),
    ({"table": ""}, "table is ''"),
    ({"table": 3}, "table is 3"),
    ({"nth": 0}, "nth is 0"),
    ({"nth": -1}, "nth is -1"),
    ({"nth": True}, "nth is True"),
    ({"nth": set()}, r"nth is set\(\)"),
    ({"nth": {1, 0}}, "nth is"),
    ({"nth": "1"}, "nth is '1'"),
    ({"nth": 1.5}, "nth is 1.5"),
    ({"probability": 1.1}, "probability is 1.1"),
    ({"probability": -0.1}, "probability is -0.1"),
    ({"probability": float("nan")}, "probability is nan"),
    ({"probability": "often"}, "probability is 'often'"),
    ({"probability": True}, "probability is True"),
    ({"times": 0}, "times is 0"),
    ({"times": 1.0}, "times is 1.0"),
]


@pytest.mark.parametrize(("arguments", "complaint"), RULES_REFUSED)
def test_a_rule_that_cannot_be_is_refused(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        Rule(**{"fault": throttle(), **arguments})


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: FaultPlan("x", []), "transport is of type str, which has no send"),  # type: ignore[arg-type]
        (lambda: FaultPlan(FakeTransport, []), "transport is the class FakeTransport"),  # type: ignore[arg-type]
        (lambda: FaultPlan(FakeTransport(), Rule(throttle())), "rules is of type Rule"),  # type: ignore[arg-type]
        (lambda: FaultPlan(FakeTransport(), [throttle()]), r"rules\[0\] is of type .*write Rule"),  # type: ignore[list-item]
        (lambda: FaultPlan(FakeTransport(), [], seed=1.5), "seed is of type float"),  # type: ignore[arg-type]
        (lambda: FaultPlan(FakeTransport(), [], clock=7), "clock is of type int"),  # type: ignore[arg-type]
    ],
)
def test_a_plan_that_cannot_be_is_refused(make: Callable[[], FaultPlan], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        make()
