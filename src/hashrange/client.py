"""The client: configuration in, tables out.

Owns the life cycle (nothing happens before the first await; ``close`` ends everything) and the wiring of the layers.
Must not know how anything below it works.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from .auth.refresh import CredentialCache
from .clock import Clock
from .config import Config
from .dispatch import Call, Dispatcher
from .errors import DynamoDBError, InvalidTable, ValidationError
from .schema import IndexDeclaration, TableSchema, check_table_name, table_schema
from .table import Core, Table
from .telemetry.usage import Usage
from .types import RETURN_CONSUMED_CAPACITY, Item, Nulls, Unknown, WireObject
from .version import __version__
from .wire.transport import Transport

if TYPE_CHECKING:
    from .operations.describe import TableDescription
    from .simulator.declare import TableDeclaration
    from .simulator.engine import Engine

M = TypeVar("M")


class DynamoDB:
    """A client of one region or endpoint.

    Making one does no I/O and is legal at module level; connections open at the first await, one pool for each running
    event loop. End it with ``async with`` or ``await db.close()``.

    Args:
        config: see ``Config``; None reads the environment (``Config.from_env()``).
        transport: what carries the requests; None: HTTP to the config's endpoint.
    """

    def __init__(self, config: Config | None = None, *, transport: Transport | None = None) -> None:
        self.config = config = Config.from_env() if config is None else config
        provider = config.credentials
        if provider is None:
            from .auth.chain import Environment

            provider = Environment(region=config.region, clock=config.clock, randomness=config.randomness)
        self.credentials = CredentialCache(provider, config.clock, config.randomness)
        self._transport = _http_transport(config, self.credentials) if transport is None else transport
        self._dispatcher = Dispatcher(
            self._transport,
            policy=config.retry,
            timeout=config.timeout,
            attempt_timeout=config.attempt_timeout,
            clock=config.clock,
            randomness=config.randomness,
            observers=config.observers,
        )
        capacity = RETURN_CONSUMED_CAPACITY[config.capacity]
        self._core = Core(
            dispatch=self._dispatcher.dispatch,
            clock=config.clock,
            numbers=config.numbers,
            capacity=None if capacity == "NONE" else capacity,
            cursor_key=config.cursor_secret,
        )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ, **overrides: Any) -> Self:
        """A client from environment variables; ``overrides`` are fields of ``Config``."""
        return cls(Config.from_env(environ, **overrides))

    @classmethod
    def local(cls, port: int = 8000, host: str = "127.0.0.1", **overrides: Any) -> Self:
        """A client of DynamoDB Local or ``hashrange serve`` on this machine."""
        return cls(Config.local(port, host, **overrides))

    @classmethod
    def auto(cls, environ: Mapping[str, str] = os.environ, **overrides: Any) -> Self:
        """``local`` where DYNAMODB_LOCAL is true (with DYNAMODB_LOCAL_PORT), else ``from_env``."""
        return cls(Config.auto(environ, **overrides))

    @classmethod
    def in_memory(
        cls,
        tables: Iterable[TableDeclaration] = (),
        *,
        engine: Engine | None = None,
        clock: Clock | None = None,
        **config: Any,
    ) -> Self:
        """A client of a DynamoDB inside this process: for tests and demos, without sockets or credentials.

        Everything but the socket is as with the service. Each has a world of its own, unless ``engine`` is given.

        Args:
            tables: names (keys PK and SK, both text), ``TableSpec``s, or CreateTable requests.
            engine: a world to share, to look into (``engine.calls()``) or to steer.
            clock: time, of the client and of a new engine. With ``engine``, the engine's unless given.
            config: fields of ``Config``.

        Raises:
            InvalidTable: a table is declared in no known way, or cannot be made.
            ConfigurationError: a field of ``Config`` is not what it may be.
        """
        from .auth.static import Static
        from .simulator.declare import DeclarationError
        from .simulator.engine import Engine
        from .simulator.transport import InProcess

        settings: dict[str, Any] = {"credentials": Static("in-memory", "in-memory")} | config
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
        return cls(checked, transport=InProcess(engine))

    def __repr__(self) -> str:
        return f"<DynamoDB {self._transport!r}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; calls under way fail. Idempotent."""
        await self._transport.close()

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
        """A table configured from what the service says of it: keys, indexes and TTL attribute."""
        schema = (await self.describe_table(name, timeout=timeout)).schema
        # its own name for a table in another account, given by ARN, would be a table of this account
        named = TableSchema(name, schema.keys, schema.indexes, schema.ttl_attribute)
        return Table(self._core, named, model, nulls=nulls, unknown=unknown)

    # ── anything else ────────────────────────────────────────────────────────────────────────────────────────────────
    async def call(
        self, operation: str, request: Mapping[str, Any] | None = None, *, timeout: float | None = None
    ) -> WireObject:
        """Any operation of the service, raw: request and answer in wire shape, as in its API reference.

        Signed, retried and measured like every call.

        Args:
            operation: for example ``"CreateTable"``.
            request: for example ``{"TableName": "app", ...}``; blobs as base64 text.
            timeout: seconds.

        Raises:
            ValidationError: the operation is not a name that one could have, or JSON cannot carry the request.
        """
        if not (isinstance(operation, str) and operation.isascii() and operation.isalnum()):
            raise ValidationError(
                f"{operation!r} is not the name of an operation", hint="write it as the service does: 'CreateTable'"
            )
        payload = dict(request or {})
        table = payload.get("TableName")
        return await self._core.dispatch(
            Call(operation, payload, table if isinstance(table, str) else None, timeout=timeout)
        )

    def track(self) -> Usage:
        """Adds up calls, units, retries and time of everything awaited inside ``with db.track() as usage:``."""
        return Usage()


def _http_transport(config: Config, credentials: CredentialCache) -> Transport:
    from .wire.http_transport import HttpTransport  # a client over another transport needs no sockets

    endpoint = config.endpoint
    return HttpTransport(
        endpoint,
        credentials,
        config.clock,
        user_agent=f"hashrange/{__version__}",
        ssl_context=config.ssl_context,
        proxy=config.proxy_for(endpoint),
        max_connections=config.max_connections,
        max_waiters=config.max_waiters,
        idle_timeout=config.idle_timeout,
        connect_timeout=config.connect_timeout,
    )
