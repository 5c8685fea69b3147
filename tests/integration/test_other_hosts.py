"""Streams and vector searches go to the hosts that AWS has for them: which ones a proxy is asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hashrange import CircuitOpen, CircuitRule, Config, DynamoDB, NetworkError, RetryPolicy, Static
from tests.loops import on_each_loop
from tests.wire_servers import Served, first_answering, serving, silent

REFUSAL = b"HTTP/1.1 502 no route\r\n\r\n"
STREAMS, SEARCH = "ListStreams", "SearchVectors"


@asynccontextmanager
async def client(**config: Any) -> AsyncIterator[tuple[DynamoDB, Served]]:
    """A client behind a proxy that lets nobody through."""
    async with serving(first_answering(REFUSAL, silent)) as proxy:
        settings: dict[str, Any] = {"credentials": Static("AKID", "SECRET"), "retry": RetryPolicy.none()} | config
        async with DynamoDB(Config(proxy=f"http://{proxy.authority}", **settings)) as db:
            yield db, proxy


async def refused(db: DynamoDB, *operations: str) -> None:
    for operation in operations:
        with pytest.raises(NetworkError):
            await db.call(operation)


def hosts(proxy: Served) -> list[str]:
    return [request.target.removesuffix(":443") for request in proxy.requests]


@on_each_loop
async def test_each_operation_goes_to_its_host() -> None:
    async with client(region="eu-west-1") as (db, proxy):
        await refused(db, "ListTables", STREAMS, "GetRecords", SEARCH)
        assert hosts(proxy) == [
            "dynamodb.eu-west-1.amazonaws.com",
            "streams.dynamodb.eu-west-1.amazonaws.com",
            "streams.dynamodb.eu-west-1.amazonaws.com",
            "search-dynamodb.eu-west-1.amazonaws.com",
        ]


@on_each_loop
async def test_they_are_the_home_regions() -> None:
    regions: dict[str, Any] = {"regions": ["eu-west-1", "us-west-2"], "home": "us-west-2", "use_fips": True}
    async with client(**regions) as (db, proxy):
        await refused(db, STREAMS, SEARCH)
        assert hosts(proxy) == [
            "streams.dynamodb-fips.us-west-2.amazonaws.com",
            "search-dynamodb-fips.us-west-2.amazonaws.com",
        ]


@on_each_loop
async def test_an_address_that_is_given_stands_for_all() -> None:
    async with client(region="eu-west-1", endpoint_url="https://vpce.example") as (db, proxy):
        await refused(db, STREAMS, SEARCH)
        assert hosts(proxy) == ["vpce.example"] * 2
    given = {"eu-west-1": "https://vpce.example"}
    async with client(regions=["eu-west-1", "us-west-2"], home="eu-west-1", endpoint_urls=given) as (db, proxy):
        await refused(db, STREAMS)
        assert hosts(proxy) == ["vpce.example"]


@on_each_loop
async def test_a_host_that_is_down_is_no_reason_not_to_ask_the_others() -> None:
    async with client(region="eu-west-1", circuit=CircuitRule(1, 30.0, 1)) as (db, proxy):
        await refused(db, SEARCH)
        with pytest.raises(CircuitOpen):
            await db.call(SEARCH)
        assert db.circuit.state == "closed"
        await refused(db, STREAMS, "ListTables")
        assert len(proxy.requests) == 3


@on_each_loop
async def test_nothing_is_opened_by_a_client_that_is_closed() -> None:
    async with client(region="eu-west-1") as (db, proxy):
        await refused(db, STREAMS)
        await db.close()
        for operation in (STREAMS, SEARCH, "ListTables"):
            with pytest.raises(Exception, match="closed"):
                await db.call(operation)
        assert len(proxy.requests) == 1
