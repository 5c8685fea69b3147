"""Every client under measurement, as one table: its name, how it is opened, and the loops it can run on.

An adapter opens its client once, as its documentation shows, with the client's own defaults. One thing is set for all:
the pool holds as many connections as calls are in flight, because some peers' defaults (10 for botocore, 20 kept alive
for httpx) would make them reconnect all the time. ``get`` and ``put`` are then what a user would write.
The peers are imported when opened, so that a process pays only for the one that it measures.
"""

from __future__ import annotations

import contextlib
import importlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.sample import ACCESS_KEY, ITEM, KEY, REGION, SECRET_KEY, TABLE, WIRE_ITEM, WIRE_KEY

Call = Callable[[], Awaitable[object]]
BOTH_LOOPS = ("asyncio", "uvloop")
THREADS = ("threads",)


@dataclass(frozen=True)
class Target:
    """Where to connect, and how many calls at a time."""

    url: str
    ca: Path
    in_flight: int

    @property
    def ssl_context(self) -> ssl.SSLContext | None:
        """Trusts the stub; None over plain HTTP."""
        return ssl.create_default_context(cafile=str(self.ca)) if self.url.startswith("https:") else None


@dataclass(frozen=True)
class Calls:
    """An opened client: one call each. A synchronous client gives functions that block instead of awaitables."""

    get: Callable[[], Any]
    put: Callable[[], Any]


@dataclass(frozen=True)
class Client:
    """A row of the table.

    Attributes:
        group: the peer it stands for; of several in a group the best one counts.
        open: an async context manager that gives the calls.
        loops: where it can run.
        distributions: packages whose versions belong in the report.
        variant: measured for the headline figures only, to choose the best of the group.
    """

    group: str
    open: Callable[[Target], contextlib.AbstractAsyncContextManager[Calls]]
    loops: tuple[str, ...]
    distributions: tuple[str, ...]
    variant: bool = False


@contextlib.asynccontextmanager
async def _hashrange(target: Target) -> AsyncIterator[Calls]:
    package = importlib.import_module("hashrange")
    auth = importlib.import_module("hashrange.auth.static")
    config = package.Config(
        region=REGION,
        endpoint_url=target.url,
        credentials=auth.Static(ACCESS_KEY, SECRET_KEY),
        ssl_context=target.ssl_context,
    )
    async with package.DynamoDB(config) as db:
        table = db.table(TABLE, partition_key="PK", sort_key="SK")
        key = package.Key(*KEY.values())
        yield Calls(lambda: table.get_item(key), lambda: table.put_item(ITEM))


@contextlib.asynccontextmanager
async def _bare_loop(target: Target) -> AsyncIterator[Calls]:
    bare = importlib.import_module("benchmarks.bare_loop").BareLoop(target.url, target.ssl_context)
    get, put = {"TableName": TABLE, "Key": WIRE_KEY}, {"TableName": TABLE, "Item": WIRE_ITEM}
    yield Calls(lambda: bare.call("GetItem", get), lambda: bare.call("PutItem", put))
    await bare.close()


def _aiodynamo(http: Any, target: Target) -> Calls:
    package = importlib.import_module("aiodynamo.client")
    credentials = importlib.import_module("aiodynamo.credentials")
    url = importlib.import_module("yarl").URL(target.url)
    static = credentials.StaticCredentials(credentials.Key(ACCESS_KEY, SECRET_KEY))
    table = package.Client(http, static, REGION, endpoint=url).table(TABLE)
    return Calls(lambda: table.get_item(KEY), lambda: table.put_item(ITEM))


@contextlib.asynccontextmanager
async def _aiodynamo_aiohttp(target: Target) -> AsyncIterator[Calls]:
    aiohttp = importlib.import_module("aiohttp")
    http = importlib.import_module("aiodynamo.http.aiohttp")
    connector = aiohttp.TCPConnector(limit=max(100, target.in_flight), ssl=target.ssl_context or True)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield _aiodynamo(http.AIOHTTP(session), target)


@contextlib.asynccontextmanager
async def _aiodynamo_httpx(target: Target) -> AsyncIterator[Calls]:
    httpx = importlib.import_module("httpx")
    http = importlib.import_module("aiodynamo.http.httpx")
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    async with httpx.AsyncClient(limits=limits, verify=target.ssl_context or True) as client:
        yield _aiodynamo(http.HTTPX(client), target)


def _botocore_arguments(target: Target, config: Any) -> dict[str, Any]:
    return {
        "region_name": REGION,
        "endpoint_url": target.url,
        "aws_access_key_id": ACCESS_KEY,
        "aws_secret_access_key": SECRET_KEY,
        "verify": str(target.ca),
        "config": config(max_pool_connections=max(10, target.in_flight)),
    }


def _wire_shaped(client: Any) -> Calls:
    return Calls(
        lambda: client.get_item(TableName=TABLE, Key=WIRE_KEY),
        lambda: client.put_item(TableName=TABLE, Item=WIRE_ITEM),
    )


@contextlib.asynccontextmanager
async def _aioboto3_client(target: Target) -> AsyncIterator[Calls]:
    session = importlib.import_module("aioboto3").Session()
    config = importlib.import_module("aiobotocore.config").AioConfig
    async with session.client("dynamodb", **_botocore_arguments(target, config)) as client:
        yield _wire_shaped(client)


@contextlib.asynccontextmanager
async def _aioboto3_resource(target: Target) -> AsyncIterator[Calls]:
    session = importlib.import_module("aioboto3").Session()
    config = importlib.import_module("aiobotocore.config").AioConfig
    async with session.resource("dynamodb", **_botocore_arguments(target, config)) as resource:
        table = await resource.Table(TABLE)
        yield Calls(lambda: table.get_item(Key=KEY), lambda: table.put_item(Item=ITEM))


@contextlib.asynccontextmanager
async def _boto3_client(target: Target) -> AsyncIterator[Calls]:
    config = importlib.import_module("botocore.config").Config
    client = importlib.import_module("boto3").client("dynamodb", **_botocore_arguments(target, config))
    yield _wire_shaped(client)
    client.close()


@contextlib.asynccontextmanager
async def _boto3_resource(target: Target) -> AsyncIterator[Calls]:
    config = importlib.import_module("botocore.config").Config
    resource = importlib.import_module("boto3").resource("dynamodb", **_botocore_arguments(target, config))
    table = resource.Table(TABLE)
    yield Calls(lambda: table.get_item(Key=KEY), lambda: table.put_item(Item=ITEM))
    resource.meta.client.close()


@contextlib.asynccontextmanager
async def _pydynox(target: Target) -> AsyncIterator[Calls]:
    package = importlib.import_module("pydynox")
    client = package.DynamoDBClient(
        region=REGION, access_key=ACCESS_KEY, secret_key=SECRET_KEY, endpoint_url=target.url
    )
    yield Calls(lambda: client.get_item(TABLE, KEY), lambda: client.put_item(TABLE, ITEM))


CLIENTS: dict[str, Client] = {
    "hashrange": Client("hashrange", _hashrange, BOTH_LOOPS, ("hashrange", "msgspec", "httptools", "uvloop")),
    "bare loop": Client("bare loop", _bare_loop, BOTH_LOOPS, ()),
    "aiodynamo (aiohttp)": Client("aiodynamo", _aiodynamo_aiohttp, BOTH_LOOPS, ("aiodynamo", "aiohttp")),
    "aiodynamo (httpx)": Client("aiodynamo", _aiodynamo_httpx, BOTH_LOOPS, ("httpx",), variant=True),
    "pydynox": Client("pydynox", _pydynox, BOTH_LOOPS, ("pydynox",)),
    "aioboto3 (client)": Client("aioboto3", _aioboto3_client, BOTH_LOOPS, ("aioboto3", "aiobotocore")),
    "aioboto3 (resource)": Client("aioboto3", _aioboto3_resource, BOTH_LOOPS, (), variant=True),
    "boto3 (client)": Client("boto3", _boto3_client, THREADS, ("boto3", "botocore")),
    "boto3 (resource)": Client("boto3", _boto3_resource, THREADS, (), variant=True),
}
