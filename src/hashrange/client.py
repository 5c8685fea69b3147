"""The client: configuration in, tables out.

Owns the life cycle (nothing happens before the first await; ``close`` ends everything) and the wiring of the layers.
Must not know how anything below it works.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from itertools import count
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, overload

from .auth.refresh import CredentialCache
from .clock import Clock
from .config import Config
from .dispatch import Call, always
from .errors import ConfigurationError, DynamoDBError, InvalidTable, ValidationError
from .regions import Regions, Transports
from .resilience.breaker import CircuitBreaker
from .schema import IndexDeclaration, TableSchema, check_table_name, table_schema
from .table import Core, Table
from .telemetry.capacity import CapacityLedger
from .telemetry.usage import Usage
from .types import RETURN_CONSUMED_CAPACITY, Item, Nulls, Unknown, WireObject
from .wire.transport import Transport, Wrapper, chosen_transport

if TYPE_CHECKING:
    from .batch import BatchReport, TablesBatch
    from .batch_get import TablesBatchGetResult
    from .expressions.projection import ProjectionLike
    from .key import Key
    from .operations.describe import TableDescription
    from .simulator.declare import TableDeclaration
    from .simulator.engine import Engine
    from .transaction import GetRequest, TransactGetResult, Transaction

M = TypeVar("M")


class DynamoDB:
    """A client of one region or endpoint, or of the regions of global tables (``Config.regions``).

    Making one does no I/O and is legal at module level; connections open at the first await, one pool for each running
    event loop. End it with ``async with`` or ``await db.close()``.

    Args:
        config: see ``Config``; None reads the environment (``Config.from_env()``).
        transport: what carries the requests instead of HTTP to the config's endpoint; or a function that is given that
            transport and returns the one to use, for example a recorder around it. With several regions, a mapping from
            region to one of these, or a function, which is called for each.

    Raises:
        ConfigurationError: ``transport`` is neither, or returns something that is no transport.
    """

    def __init__(self, config: Config | None = None, *, transport: Transports = None) -> None:
        self.config = config = Config.from_env() if config is None else config
        provider = config.credentials
        if provider is None:
            from .auth.chain import Environment

            provider = Environment(region=config.region, clock=config.clock, randomness=config.randomness)
        self.credentials = CredentialCache(provider, config.clock, config.randomness)
        #: consumed capacity by table, operation and index: ``db.capacity.report()``
        self.capacity = CapacityLedger(is_reported=config.capacity != "none")
        observers = config.observers if config.capacity == "none" else (*config.observers, self.capacity)
        self._regions = Regions(config, self.credentials, transport, observers)
        capacity = RETURN_CONSUMED_CAPACITY[config.capacity]
        self._core = Core(
            dispatch=self._regions.dispatch,
            clock=config.clock,
            numbers=config.numbers,
            capacity=None if capacity == "NONE" else capacity,
            cursor_key=config.cursor_secret,
            policy=config.retry,
            randomness=config.randomness,
            timeout=config.timeout,
            config=config,
        )
        self._transactions = count(1)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ, **overrides: Any) -> Self:
        """A client of what the environment says: ``Config.from_env``.

        Args:
            environ: the environment variables.
            overrides: fields of ``Config``, which win over them.

        Raises:
            ConfigurationError, InvalidRegion: a variable's value is not allowed, or there is no region.
        """
        return cls(Config.from_env(environ, **overrides))

    @classmethod
    def local(cls, port: int = 8000, host: str = "127.0.0.1", **overrides: Any) -> Self:
        """A client of DynamoDB Local or ``hashrange serve`` on this machine; it needs no region and no credentials.

        Args:
            port, host: where it listens.
            overrides: fields of ``Config``.
        """
        return cls(Config.local(port, host, **overrides))

    @classmethod
    def auto(cls, environ: Mapping[str, str] = os.environ, **overrides: Any) -> Self:
        """``local`` where DYNAMODB_LOCAL is true (with DYNAMODB_LOCAL_PORT), else ``from_env``.

        Args:
            environ: the environment variables.
            overrides: fields of ``Config``, which win over them.

        Raises:
            ConfigurationError, InvalidRegion: as ``from_env``.
        """
        return cls(Config.auto(environ, **overrides))

    @classmethod
    def in_memory(
        cls,
        tables: Iterable[TableDeclaration] = (),
        *,
        engine: Engine | None = None,
        clock: Clock | None = None,
        transport: Transport | Wrapper | None = None,
        **config: Any,
    ) -> Self:
        """A client of a DynamoDB inside this process: for tests and demos, without sockets or credentials.

        Everything but the socket is as with the service. Each has a world of its own, unless ``engine`` is given.

        Args:
            tables: names (keys PK and SK, both text), ``TableSpec``s, or CreateTable requests.
            engine: a world to share, to look into (``engine.calls()``) or to steer.
            clock: time, of the client and of a new engine. With ``engine``, the engine's unless given.
            transport: a function that is given the transport to the engine and returns the one to use: faults or a
                recorder around it; or a transport that takes its place.
            config: fields of ``Config``.

        Raises:
            InvalidTable: a table is declared in no known way, or cannot be made.
            ConfigurationError: a field of ``Config``, or ``transport``, is not what it may be.
        """
        if config.get("regions"):
            raise ConfigurationError(
                "regions is set for a client in memory; it must be left out, because one engine is one region",
                hint="DynamoDB(Config(regions=..., ...), transport={region: InProcess(engine), ...}); "
                "hashrange.testing.ReplicatedEngines has such engines",
            )
        from .auth.static import Static
        from .simulator.declare import DeclarationError
        from .simulator.engine import Engine
        from .simulator.transport import InProcess

        # an address that nobody connects to: it is not AWS's, in metrics and to whoever asks before doing harm
        settings: dict[str, Any] = {
            "credentials": Static("in-memory", "in-memory"),
            "endpoint_url": "http://localhost",
        } | config
        if clock is not None:
            settings["clock"] = clock
        elif engine is not None:
            settings["clock"] = engine.clock
        settings.setdefault("region", "us-east-1" if engine is None else engine.region)
        checked = Config(**settings)
        try:
            if engine is None:
                engine = Engine(tables, region=checked.region, clock=checked.clock, randomness=checked.randomness)
            else:
                engine.create_tables(tables)
        except DeclarationError as error:
            raise InvalidTable(str(error), hint="a table is a name, a TableSpec or a CreateTable request") from None
        return cls(checked, transport=chosen_transport(transport, partial(InProcess, engine)))

    def __repr__(self) -> str:
        return f"<DynamoDB {self._regions!r}>"

    @property
    def _transport(self) -> Transport:
        """The home region's."""
        return self._regions.transports[self.config.region]

    @property
    def circuit(self) -> CircuitBreaker:
        """The circuit breaker: ``circuit.state`` is "closed", "open" or "half_open"; ``circuit.reset()`` closes it.

        Of several regions, home's.
        """
        return self.circuits[self.config.region]

    @property
    def circuits(self) -> Mapping[str, CircuitBreaker]:
        """The circuit breaker of each region: ``db.circuits["eu-west-1"].state``."""
        return {region: one.circuit for region, one in self._regions.dispatchers.items()}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; calls under way fail. Idempotent."""
        await self._regions.close()

    # ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────
    @overload
    def table(
        self,
        name: str,
        partition_key: str = "PK",
        sort_key: str | None = "SK",
        *,
        indexes: Mapping[str, IndexDeclaration] | None = None,
        ttl_attribute: str | None = None,
    ) -> Table[Item]: ...
    @overload
    def table(
        self,
        name: str,
        partition_key: str = "PK",
        sort_key: str | None = "SK",
        *,
        model: type[M],
        indexes: Mapping[str, IndexDeclaration] | None = None,
        ttl_attribute: str | None = None,
        nulls: Nulls = "omit",
        unknown: Unknown = "ignore",
    ) -> Table[M]: ...
    def table(
        self,
        name: str,
        partition_key: str = "PK",
        sort_key: str | None = "SK",
        *,
        model: type[Any] = dict,
        indexes: Mapping[str, IndexDeclaration] | None = None,
        ttl_attribute: str | None = None,
        nulls: Nulls = "omit",
        unknown: Unknown = "ignore",
    ) -> Table[Any]:
        """A table; costs no call and checks nothing with the service.

        Args:
            name: the table's name or ARN.
            partition_key, sort_key: names of the key attributes; ``sort_key=None`` for a simple key.
            model: what items are: a dataclass, attrs class, msgspec Struct, TypedDict or pydantic model; else dicts.
            indexes: index name to ``GlobalIndex(partition_key, sort_key)`` or ``LocalIndex(sort_key)``.
            ttl_attribute: the attribute that DynamoDB's time to live looks at.
            nulls: whether a model's None fields are left out ("omit") or stored as NULL ("keep").
            unknown: whether attributes that a model does not have are ignored ("ignore") or refused ("error").

        Raises:
            InvalidTable: a name is not one that DynamoDB could have.
        """
        schema = table_schema(name, partition_key, sort_key, indexes, ttl_attribute)
        return Table(self._core, schema, model, nulls=nulls, unknown=unknown)

    async def describe_table(self, name: str, *, timeout: float | None = None) -> TableDescription:
        """What the service says of a table: key schema, indexes, TTL attribute, stream metadata and more.

        Two calls, within one timeout: DescribeTable and DescribeTimeToLive.

        Raises:
            InvalidTable: the name is not one that DynamoDB could have.
            ResourceNotFound: there is no such table.
        """
        try:
            check_table_name(name)
        except DynamoDBError as error:
            error.with_context(operation="DescribeTable")
            raise
        now, dispatch = self._core.clock.monotonic, self._core.dispatch
        timeout = self.config.timeout if timeout is None else timeout
        deadline = now() + timeout
        request = {"TableName": name}
        described = await dispatch(Call("DescribeTable", request, name, timeout=timeout))
        time_to_live = await dispatch(Call("DescribeTimeToLive", request, name, timeout=deadline - now()))
        from .operations.describe import parse_description  # most programs never ask

        return parse_description(described, time_to_live)

    @overload
    async def load_table(self, name: str, *, timeout: float | None = None) -> Table[Item]: ...
    @overload
    async def load_table(
        self,
        name: str,
        *,
        model: type[M],
        nulls: Nulls = "omit",
        unknown: Unknown = "ignore",
        timeout: float | None = None,
    ) -> Table[M]: ...
    async def load_table(
        self,
        name: str,
        *,
        model: type[Any] = dict,
        nulls: Nulls = "omit",
        unknown: Unknown = "ignore",
        timeout: float | None = None,
    ) -> Table[Any]:
        """A table configured from what the service says of it: keys, indexes and TTL attribute.

        Args:
            name: the table's name or ARN.
            model, nulls, unknown: as in ``table``.
            timeout: seconds, for both calls of ``describe_table``.

        Raises:
            InvalidTable, ResourceNotFound: as ``describe_table``.
        """
        schema = (await self.describe_table(name, timeout=timeout)).schema
        # its own name for a table in another account, given by ARN, would be a table of this account
        named = TableSchema(name, schema.keys, schema.indexes, schema.ttl_attribute)
        return Table(self._core, named, model, nulls=nulls, unknown=unknown)

    # ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────
    async def batch_get(
        self,
        requests: Iterable[tuple[Table[Any], Key]],
        *,
        consistent: bool = False,
        projection: ProjectionLike | None = None,
        hide_expired: bool = False,
        concurrency: int = 8,
        timeout: float | None = None,
    ) -> TablesBatchGetResult:
        """The items of any tables with these keys: ``await db.batch_get([(users, key), (orders, key2)])``.

        Otherwise as ``Table.batch_get``; each item is decoded as its table's model.
        """
        from .batch_get import batch_get

        return await batch_get(
            self._core, requests, consistent=consistent, projection=projection, hide_expired=hide_expired,
            concurrency=concurrency, timeout=timeout,
        )  # fmt: skip

    def batch(
        self, *, concurrency: int = 8, on_duplicate: Literal["last", "error"] = "last", timeout: float | None = None
    ) -> TablesBatch:
        """Puts and deletes on any tables: ``async with db.batch() as batch: batch.put(users, user)``.

        Otherwise as ``Table.batch``; one request may hold operations on several tables.
        """
        from .batch import TablesBatch

        return TablesBatch(self._core, concurrency=concurrency, on_duplicate=on_duplicate, timeout=timeout)

    async def batch_write(
        self,
        puts: Iterable[tuple[Table[Any], Any]] = (),
        deletes: Iterable[tuple[Table[Any], Key]] = (),
        *,
        concurrency: int = 8,
        on_duplicate: Literal["last", "error"] = "last",
        timeout: float | None = None,
    ) -> BatchReport:
        """Write ``(table, item)`` for each of ``puts``, then delete ``(table, key)`` for each of ``deletes``.

        Otherwise as ``Table.batch_write``.
        """
        from .batch import batch_write

        return await batch_write(
            self.batch(concurrency=concurrency, on_duplicate=on_duplicate, timeout=timeout),
            puts,
            deletes,
            checked_first=isinstance(puts, Collection) and isinstance(deletes, Collection),
        )

    # ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────
    def transaction(
        self, *, token: str | None = None, retry_conflicts: bool = True, timeout: float | None = None
    ) -> Transaction:
        """Writes of which all are applied or none: ``async with db.transaction() as tx:``; sent on leaving the block.

        Args:
            token: names what is done once, for example ``"order-981"``: within ten minutes, the same content under the
                same token is applied once, whoever sends it. None: only attempts of this one call count as the same.
            retry_conflicts: whether to try again where another writer is at work on the items.
            timeout: seconds for sending it.

        Raises:
            ValidationError: the token is empty.
        """
        from .transaction import Transaction, random_token

        draw = partial(random_token, self.config.randomness, next(self._transactions))
        return Transaction(self._core, token=token, retry_conflicts=retry_conflicts, timeout=timeout, random_token=draw)

    @overload
    async def transact_get(
        self, requests: Iterable[GetRequest[M]], *, timeout: float | None = None
    ) -> TransactGetResult[M | None]: ...
    @overload
    async def transact_get(
        self, requests: Iterable[GetRequest[Any]], *, timeout: float | None = None
    ) -> TransactGetResult[Any]: ...
    async def transact_get(
        self, requests: Iterable[GetRequest[Any]], *, timeout: float | None = None
    ) -> TransactGetResult[Any]:
        """Up to 100 items, of any tables, as they are at one moment.

        Args:
            requests: ``(table, key)``, or ``(table, key, projection)`` for some attributes only.
            timeout: seconds.

        Returns:
            The items in the order of the requests, each as its table's model; None where there is none.

        Raises:
            TransactionCanceled: a write was at work on an item, after all retries; ``reasons`` says on which.
            ValidationError: there are more than 100, or one item is asked for with different projections.
        """
        from .transaction import transact_get

        return await transact_get(self._core, requests, timeout=timeout)

    # ── anything else ────────────────────────────────────────────────────────────────────────────────────────────────
    async def call(
        self,
        operation: str,
        request: Mapping[str, Any] | None = None,
        *,
        retry_ambiguous: bool = False,
        timeout: float | None = None,
    ) -> WireObject:
        """Any operation of the service, raw: request and answer in wire shape, as in its API reference.

        Signed, retried and measured like every call. What is known to change nothing the second time is sent again
        where its answer was lost: reads, puts, deletes, updates of plain SET and REMOVE, transactions with a token.
        Streams and vector searches go to the hosts that AWS has for them, unless an endpoint or a transport was given.

        Args:
            operation: for example ``"CreateTable"``.
            request: for example ``{"TableName": "app", ...}``; blobs as base64 text.
            retry_ambiguous: send it again after an answer was lost even if that could apply it twice.
            timeout: seconds.

        Raises:
            AmbiguousWrite: its answer was lost, and sending it again could apply it twice.
            ValidationError: the operation is not a name that one could have, or JSON cannot carry the request.
        """
        if not (isinstance(operation, str) and operation.isascii() and operation.isalnum()):
            raise ValidationError(
                f"{operation!r} is not the name of an operation", hint="write it as the service does: 'CreateTable'"
            )
        payload = dict(request or {})
        table = payload.get("TableName")
        call = Call(operation, payload, table if isinstance(table, str) else None, timeout=timeout)
        if retry_ambiguous:
            call.replay_safe = always
        return await self._regions.dispatch_of(operation)(call)

    def track(self) -> Usage:
        """Adds up calls, units, retries and time of everything awaited inside ``with db.track() as usage:``."""
        return Usage()
