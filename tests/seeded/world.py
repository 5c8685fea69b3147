"""One world: an engine behind a bad network, a client, the model, and the workers that use them, all from one seed.

Owns what exists at the beginning, and how a call's end is understood (done, refused, ambiguous). What workers do is
``workers``'; what must be true in the end is ``inspection``'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from hashrange import DynamoDB, GlobalIndex, Key, LocalIndex, Table
from hashrange.errors import (
    AmbiguousWrite,
    CircuitOpen,
    ConditionFailed,
    DeadlineExceeded,
    DynamoDBError,
    InternalServerError,
    NetworkError,
    ServiceUnavailable,
    ThroughputError,
    TransactionCanceled,
    TransactionConflict,
    TransactionInProgress,
)
from hashrange.simulator import Engine, TableSpec
from hashrange.wire.transport import Transport

from .effects import Effects, Register, Status
from .journal import Journal
from .network import Network
from .simulation import LoopClock
from .weather import Weather

T = TypeVar("T")

#: errors that a bad network and a busy service are the reason of
EXPECTED: Final = (
    AmbiguousWrite, CircuitOpen, ConditionFailed, DeadlineExceeded, InternalServerError, NetworkError,
    ServiceUnavailable, ThroughputError, TransactionCanceled, TransactionConflict, TransactionInProgress,
)  # fmt: skip

COUNTERS: Final = 2
SHELVES: Final = 2
FREE_AT_FIRST: Final = 12
DOCUMENTS: Final = 2
ACCOUNTS: Final = 4
BALANCE_AT_FIRST: Final = 100
#: how much later than its deadline a call may end; of arithmetic, since no time passes while a task runs
_ROUNDING_SECONDS: Final = 1e-6

INDEXES: Final[dict[str, GlobalIndex | LocalIndex]] = {
    "by_group": GlobalIndex("group", "stamp"),
    "by_stamp": LocalIndex("stamp"),
}
TABLES: Final = (TableSpec("app", indexes=INDEXES), TableSpec("rows", partition_key="id", sort_key=None))


class Outcome(Struct, Generic[T]):
    """How a call ended.

    Attributes:
        status: what its caller knows of it.
        value: what it gave; only where it is done.
        error: what it raised; None also where it was cancelled.
        lingers: whether a request of it may arrive later.
    """

    status: Status
    value: T | None = None
    error: DynamoDBError | None = None
    lingers: bool = False


class World:
    """Everything that a seed makes.

    Args:
        seed: of all chance.
        weather: its settings.
        wrap: put around the network; for tests of the model, which must notice what this breaks.
        retry_ambiguous: whether counters are counted without regard to lost answers; for the same.
    """

    def __init__(
        self,
        seed: int,
        weather: Weather,
        *,
        wrap: Callable[[Transport], Transport] = lambda transport: transport,
        retry_ambiguous: bool = False,
    ) -> None:
        self.seed, self.weather, self.retry_ambiguous = seed, weather, retry_ambiguous
        self.journal, self.clock = Journal(), LoopClock()
        self.engine = Engine(TABLES, clock=self.clock, randomness=Random(f"engine {seed}"))
        self.network = Network(self.engine, weather, seed, self.journal)
        self.db = self._client(lambda _: wrap(self.network), **weather.config)
        self.app, self.rows = self.tables_of(self.db)
        self.counters = [Effects() for _ in range(COUNTERS)]
        self.shelves = [Effects() for _ in range(SHELVES)]
        self.documents = [Effects() for _ in range(DOCUMENTS)]
        self.transfers = Effects()
        self.claims: dict[int, Effects] = {}
        self.registers: dict[tuple[str, Key], Register] = {}
        self.holders: dict[int, str] = {}

    def _client(self, wrap: Callable[[Transport], Transport], **config: Any) -> DynamoDB:
        chance = Random(f"client {self.seed}")
        return DynamoDB.in_memory(engine=self.engine, transport=wrap, randomness=chance, **config)

    def outside(self) -> DynamoDB:
        """A client without a network."""
        return self._client(lambda transport: transport)

    def tables_of(self, db: DynamoDB) -> tuple[Table[dict[str, Any]], Table[dict[str, Any]]]:
        return db.table("app", indexes=INDEXES), db.table("rows", "id", None)

    async def begin(self) -> None:
        """Store what there is at the beginning, then let the weather in."""
        db = self.outside()
        app, _ = self.tables_of(db)
        for number in range(SHELVES):
            await app.put_item({"PK": f"shelf#{number}", "SK": "shelf", "free": FREE_AT_FIRST})
        for number in range(DOCUMENTS):
            await app.put_item({"PK": f"document#{number}", "SK": "document", "version": 0, "trail": []})
        for number in range(ACCOUNTS):
            await app.put_item({"PK": f"account#{number}", "SK": "account", "balance": BALANCE_AT_FIRST})
        self.engine.disorder, self.engine.throughput = self.weather.disorder, self.weather.throughput

    # ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────
    async def ask(
        self,
        what: str,
        make: Callable[[], Coroutine[Any, Any, T]],
        *,
        patience: float | None = None,
        within: float | None = None,
    ) -> Outcome[T]:
        """Make a call, and understand how it ends.

        Args:
            what: for the journal.
            make: the call.
            patience: seconds after which the caller cancels it; None: never.
            within: seconds in which it must end; None: the client's timeout.
        """
        started = self.clock.monotonic()
        self.journal.note("call", what)
        with self.db.track() as usage:
            task = asyncio.create_task(make(), name=what)
            await asyncio.wait((task,), timeout=patience)
            abandoned = task.cancel()
            if abandoned:
                await asyncio.wait((task,))
        outcome: Outcome[T]
        if task.cancelled():
            outcome = Outcome("ambiguous", lingers=True)
        elif (error := task.exception()) is not None:
            outcome = self._failed(what, error)
            outcome.lingers = outcome.status == "ambiguous" or usage.retries > 0
        else:
            outcome = Outcome("done", task.result(), lingers=usage.retries > 0)
        took = self.clock.monotonic() - started
        within = self.db.config.timeout if within is None else within
        if took > within + _ROUNDING_SECONDS:
            self.journal.find(f"{what} took {took:.3f} s and had {within:g} s")
        told = "cancelled" if task.cancelled() else type(outcome.error).__name__ if outcome.error else ""
        self.journal.note("told", f"{what}: {outcome.status} {told}")
        return outcome

    def _failed(self, what: str, error: BaseException) -> Outcome[Any]:
        if not isinstance(error, DynamoDBError):
            self.journal.find(f"{what} raised {error!r}")
            return Outcome("ambiguous")
        if not isinstance(error, EXPECTED):
            self.journal.find(f"{what} raised {type(error).__name__}: {error}")
        if isinstance(error, AmbiguousWrite) and not error.maybe_applied:
            self.journal.find(f"{what} is an AmbiguousWrite that was not applied")
        return Outcome("ambiguous" if error.maybe_applied else "refused", error=error)

    def check(self, what: str, findings: list[str]) -> None:
        """Write down what is wrong."""
        for finding in findings:
            self.journal.find(f"{what}: {finding}")
