"""That the seeded tests can fail: each defect here, of a transport, a setting or an engine, must be noticed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import pytest

from hashrange.errors import ConnectionLost, DynamoDBError
from hashrange.simulator.state.table import Table
from hashrange.wire.transport import Request, Response, Transport

from .bankers import Auditor, Banker
from .inspection import inspect
from .keepers import Keeper, Reader
from .loaders import Loader
from .runs import KINDS, run_seed
from .simulation import run_simulated
from .weather import FAULTS
from .wild import wild
from .workers import Buyer, Claimer, Counter, Editor, Locker, Worker
from .world import World

GOOD = wild(1, share=0.0)


class Defect:
    """A transport that is right but for one thing."""

    def __init__(self, transport: Transport) -> None:
        self.transport, self.chance = transport, Random("defect")

    async def send(self, request: Request) -> Response:
        return await self.transport.send(request)

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return False

    async def close(self) -> None:
        await self.transport.close()


class DropsAcknowledgedWrites(Defect):
    async def send(self, request: Request) -> Response:
        if request.operation in ("PutItem", "DeleteItem", "BatchWriteItem") and self.chance.random() < 0.1:
            return Response(200, b"{}")
        return await super().send(request)


class AppliesTwice(Defect):
    async def send(self, request: Request) -> Response:
        if request.operation == "UpdateItem" and self.chance.random() < 0.2:
            await super().send(request)
        return await super().send(request)


class SaysNotSent(Defect):
    """Of what was applied: so it is sent again, or told as refused for good."""

    async def send(self, request: Request) -> Response:
        response = await super().send(request)
        if request.operation == "UpdateItem" and self.chance.random() < 0.5:
            error = ConnectionLost("so it says")
            error.sent = False
            raise error
        return response


class LosesPartOfABatch(Defect):
    async def send(self, request: Request) -> Response:
        if request.operation == "BatchWriteItem":
            document: dict[str, Any] = msgspec.json.decode(request.body)
            for entries in document["RequestItems"].values():
                del entries[1:]
            request = Request(request.operation, msgspec.json.encode(document), request.timeout, request.table)
        return await super().send(request)


class AppliesHalfATransaction(Defect):
    async def send(self, request: Request) -> Response:
        if request.operation == "TransactWriteItems":
            document: dict[str, Any] = msgspec.json.decode(request.body)
            document["TransactItems"] = document["TransactItems"][:1]
            request = Request(request.operation, msgspec.json.encode(document), request.timeout, request.table)
        return await super().send(request)


class ForgetsConditions(Defect):
    async def send(self, request: Request) -> Response:
        document: dict[str, Any] = msgspec.json.decode(request.body)
        condition = document.pop("ConditionExpression", None)
        if condition is not None and request.operation == "PutItem":
            for name in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
                document.pop(name, None)
            request = Request(request.operation, msgspec.json.encode(document), request.timeout, request.table)
        return await super().send(request)


class ReadsStale(Defect):
    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self._answers: dict[bytes, Response] = {}

    async def send(self, request: Request) -> Response:
        if request.operation not in ("GetItem", "BatchGetItem", "Query", "TransactGetItems"):
            return await super().send(request)
        if request.body in self._answers:
            return self._answers[request.body]
        self._answers[request.body] = response = await super().send(request)
        return response


class IgnoresTimeouts(Defect):
    async def send(self, request: Request) -> Response:
        await asyncio.sleep(40.0)
        return await super().send(request)


class Hangs(Defect):
    async def send(self, request: Request) -> Response:
        never: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        return await never


class LeavesTasks(Defect):
    async def send(self, request: Request) -> Response:
        self._left = asyncio.create_task(asyncio.sleep(10_000.0), name="left behind")
        return await super().send(request)


def test_a_good_network_gives_no_findings() -> None:
    """So the defects below are the reason for what is found."""
    run = run_seed(1, weather=GOOD, kinds=KINDS * 2)
    assert not run.findings
    assert not any(run.counts[name] for name in FAULTS)


@pytest.mark.parametrize(
    ("defect", "kinds", "noticed"),
    [
        (DropsAcknowledgedWrites, [Keeper, Reader], "was stored before"),
        (DropsAcknowledgedWrites, [Loader], "was stored before"),
        (DropsAcknowledgedWrites, [Claimer], "was acknowledged and is lost"),
        (DropsAcknowledgedWrites, [Editor], "was acknowledged and is lost"),
        (AppliesTwice, [Counter], "the counter is"),
        (AppliesTwice, [Buyer], "shelf"),
        (SaysNotSent, [Counter], "operations"),
        (LosesPartOfABatch, [Loader], "was stored before"),
        (AppliesHalfATransaction, [Banker, Auditor], "the accounts have"),
        (AppliesHalfATransaction, [Banker], "by the receipts"),
        (ForgetsConditions, [Editor], "was acknowledged and is lost"),
        (ForgetsConditions, [Claimer], "was acknowledged and is lost"),
        (ForgetsConditions, [Locker], "holds lock"),
        (ReadsStale, [Keeper, Reader, Reader, Reader], "was stored before"),
        (IgnoresTimeouts, [Keeper], "took"),
        (Hangs, [Keeper, Editor], "Deadlock"),
        (LeavesTasks, [Keeper], "left behind"),
    ],
)
def test_a_defect_is_noticed(defect: Callable[[Transport], Transport], kinds: list[type[Worker]], noticed: str) -> None:
    run = run_seed(1, weather=GOOD, kinds=tuple(kinds) * 2, wrap=defect)
    assert any(noticed in finding for finding in run.findings), run.findings[:5]
    assert "make soak SEED=1" in run.report()


def test_counting_without_regard_to_lost_answers_is_noticed() -> None:
    weather = wild(2)
    assert not run_seed(2, weather=weather, kinds=(Counter,) * 3).findings
    run = run_seed(2, weather=weather, kinds=(Counter,) * 3, retry_ambiguous=True)
    assert any("counter" in finding for finding in run.findings)


# ── an engine that is wrong ──────────────────────────────────────────────────────────────────────────────────────────
def _lose_an_entry(table: Table) -> None:
    store = table.indexes["by_group"].store
    store.change(next(iter(store.all())), None)


def _lose_an_item(table: Table) -> None:
    record = next(record for record in table.store.all() if "group" in record.item)
    table.store.change(record, None)


@pytest.mark.parametrize(
    ("damage", "noticed"),
    [
        (_lose_an_entry, "index by_group is not what the table makes of it"),
        (_lose_an_entry, "index by_group says that it has 4 items"),
        (_lose_an_item, "index by_stamp is not what the table makes of it"),
        (lambda table: None, None),
    ],
)
def test_an_index_that_does_not_follow_its_table_is_noticed(
    damage: Callable[[Table], None], noticed: str | None
) -> None:
    async def live() -> list[str]:
        world = World(1, GOOD)
        await world.begin()
        async with world.outside() as db:
            app, _ = world.tables_of(db)
            for number in range(5):
                await app.put_item({"PK": "a", "SK": f"{number}", "group": "g", "stamp": f"{number}"})
        damage(world.engine.catalog.table("app"))
        await inspect(world)
        return world.journal.findings

    findings = run_simulated(live)
    assert findings == [] if noticed is None else noticed in findings
