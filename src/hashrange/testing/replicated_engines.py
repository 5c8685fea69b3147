"""A global table for tests: an engine for each region, and replication that takes its time.

Every write to a table that all of them have reaches the other regions after the lag, as a whole item. Where two regions
wrote the same item, the later write wins everywhere, as with the service (Developer Guide, "How DynamoDB global tables
work"). Nothing runs in the background: what is due arrives before the next request is executed. Must not know clients.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from threading import RLock
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import ConfigurationError
from ..simulator.declare import TableDeclaration
from ..simulator.engine import Engine

_Wire: TypeAlias = dict[str, Any]
_Stamp: TypeAlias = tuple[float, int]  # seconds since the epoch, and the count of writes for those at the same time
_Place: TypeAlias = tuple[str, tuple[tuple[str, str, Any], ...]]

#: the name of the global tables that AWS makes today, as DescribeTable tells it
_VERSION = "2019.11.21"


class _Change(Struct, frozen=True):
    """An item as a write left it, on its way to one region; ``item`` is None where it was deleted."""

    source: str
    place: _Place
    key: _Wire
    item: _Wire | None
    stamp: _Stamp
    due: float


class ReplicatedEngines(Mapping[str, Engine]):
    """The engines of a global table's regions, by region: ``engines["eu-west-1"]``.

    Args:
        regions: their names.
        tables: the tables that every region has, as for ``Engine``. Tables that are created later are not replicated.
        lag: seconds until the other regions have a write; may be set at any time.
        clock: of all regions.
        engine: more arguments of every ``Engine``.

    Raises:
        ConfigurationError: the lag is no time, or a region is there twice.
        DeclarationError: a table is declared in no known notation, or cannot be made.
    """

    def __init__(
        self,
        regions: Iterable[str],
        tables: Iterable[TableDeclaration] = (),
        *,
        lag: float = 0.0,
        clock: Clock = SYSTEM_CLOCK,
        **engine: Any,
    ) -> None:
        if type(lag) not in (int, float) or not lag >= 0:
            raise ConfigurationError(f"lag is {lag!r}; it must be a number of seconds, 0 or more")
        names, declared = tuple(regions), tuple(tables)
        if len(set(names)) != len(names):
            raise ConfigurationError(f"regions is {names!r}; each may be there once")
        self.lag = lag
        self._clock, self._lock, self._writes = clock, RLock(), 0
        self._cut_off: set[str] = set()
        self._keys: dict[str, tuple[str, ...]] = {}  # none yet: what makes the tables is no write
        self._engines = {name: _Replica(self, declared, region=name, clock=clock, **engine) for name in names}
        self._under_way: dict[str, deque[_Change]] = {name: deque() for name in names}
        self._newest: dict[str, dict[_Place, _Stamp]] = {name: {} for name in names}
        for one in self._engines.values():
            self._keys = {table.definition.name: _key_names(table.definition.keys) for table in one.catalog.tables}

    def __repr__(self) -> str:
        return f"<ReplicatedEngines {', '.join(self._engines)}: {self.under_way} writes under way>"

    def __getitem__(self, region: str) -> Engine:
        return self._engines[region]

    def __iter__(self) -> Iterator[str]:
        return iter(self._engines)

    def __len__(self) -> int:
        return len(self._engines)

    @property
    def under_way(self) -> int:
        """How many writes have not reached a region yet; one that is to reach two counts twice."""
        return sum(map(len, self._under_way.values()))

    def disconnect(self, region: str) -> None:
        """Let nothing more into a region or out of it; it goes on by itself, and what is under way waits."""
        self._engines[region]
        self._cut_off.add(region)

    def reconnect(self, region: str) -> None:
        """End ``disconnect``: what has waited longer than the lag arrives at once."""
        self._engines[region]
        self._cut_off.discard(region)

    def catch_up(self) -> None:
        """Let everything arrive that is under way between regions that are connected, due or not."""
        with self._lock:
            for region in self._engines:
                self._arrive(region, float("inf"))

    # ── what the engines call ────────────────────────────────────────────────────────────────────────────────────────
    def execute(self, region: str, operation: str, payload: _Wire) -> _Wire | None:
        """What a region answers to a request; its writes set out for the other regions."""
        with self._lock:
            engine = self._engines[region]
            self._arrive(region, self._clock.monotonic())
            answer = Engine.execute(engine, operation, payload)
            for table, entry in _written(operation, payload, answer or {}):
                if table in self._keys:
                    self._set_out(region, table, {name: entry[name] for name in self._keys[table]})
            if operation == "DescribeTable" and answer is not None:
                self._describe(region, answer["Table"])
            return answer

    def _set_out(self, source: str, table: str, key: _Wire) -> None:
        self._writes += 1
        stamp = (self._clock.time(), self._writes)
        place = (table, tuple((name, kind, _identity(kind, text)) for name in key for kind, text in key[name].items()))
        engine = self._engines[source]
        with _untroubled(engine):
            request = {"TableName": table, "Key": key, "ConsistentRead": True}
            found = (Engine.execute(engine, "GetItem", request) or {}).get("Item")
        item = None if found is None else msgspec.json.decode(msgspec.json.encode(found))
        self._newest[source][place] = stamp
        due = self._clock.monotonic() + self.lag
        for region, queue in self._under_way.items():
            if region != source:
                queue.append(_Change(source, place, key, item, stamp, due))

    def _arrive(self, region: str, now: float) -> None:
        """Apply what is due in a region."""
        queue = self._under_way[region]
        if not queue or region in self._cut_off:
            return
        waiting = [change for change in queue if change.due > now or change.source in self._cut_off]
        arrived = [change for change in queue if change.due <= now and change.source not in self._cut_off]
        queue.clear()
        queue.extend(waiting)
        engine, newest = self._engines[region], self._newest[region]
        tables = {table.definition.name for table in engine.catalog.tables}
        for change in arrived:
            table = change.place[0]
            if table not in tables or newest.get(change.place, change.stamp) > change.stamp:
                continue  # a later write is there already
            newest[change.place] = change.stamp
            with _untroubled(engine):
                if change.item is None:
                    Engine.execute(engine, "DeleteItem", {"TableName": table, "Key": change.key})
                else:
                    Engine.execute(engine, "PutItem", {"TableName": table, "Item": change.item})

    def _describe(self, region: str, table: _Wire) -> None:
        """What DescribeTable says of a global table: its replicas in the other regions."""
        if table["TableName"] in self._keys:
            others = [name for name in self._engines if name != region]
            table["GlobalTableVersion"] = _VERSION
            table["Replicas"] = [{"RegionName": name, "ReplicaStatus": "ACTIVE"} for name in others]


class _Replica(Engine):
    """An engine that is one region of several."""

    def __init__(self, world: ReplicatedEngines, tables: Iterable[TableDeclaration], **options: Any) -> None:
        self._world: ReplicatedEngines | None = None  # making tables concerns nobody else
        super().__init__(tables, **options)
        self._world = world

    def execute(self, operation: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        if self._world is None:
            return super().execute(operation, payload)
        return self._world.execute(self.region, operation, payload)


@contextmanager
def _untroubled(engine: Engine) -> Iterator[None]:
    """Replication is not throttled, and meets no conflicts."""
    trouble, engine.trouble = engine.trouble, None
    try:
        yield
    finally:
        engine.trouble = trouble


def _key_names(keys: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(name for name, _ in keys)


def _identity(kind: str, text: Any) -> Any:
    return Decimal(text) if kind == "N" else text


def _written(operation: str, payload: _Wire, answer: _Wire) -> Iterator[tuple[str, _Wire]]:
    """The table's name, and the key or the whole item, of every write that a request has done."""
    if operation == "PutItem":
        yield _name(payload), payload["Item"]
    elif operation in ("UpdateItem", "DeleteItem"):
        yield _name(payload), payload["Key"]
    elif operation == "BatchWriteItem":
        undone: _Wire = answer.get("UnprocessedItems") or {}
        for table, requests in payload["RequestItems"].items():
            for request in requests:
                if request not in undone.get(table, ()):
                    ((_, write),) = request.items()
                    yield table.rpartition("/")[2], write.get("Item") or write["Key"]
    elif operation == "TransactWriteItems":
        for action in payload["TransactItems"]:
            ((kind, write),) = action.items()
            if kind != "ConditionCheck":
                yield _name(write), write.get("Item") or write["Key"]


def _name(request: _Wire) -> str:
    return str(request["TableName"]).rpartition("/")[2]
