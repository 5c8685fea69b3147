"""The integration suite's seams: the servers that it runs on, a client of each, and tables that do not outlive a test.

One black-box suite, many targets: a test takes ``db`` and ``make_table`` and knows no server. What a target is known to
do differently stands at the test, as ``@pytest.mark.differs("target", reason="...")``: the test must then fail there.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TypeAlias

import pytest

from hashrange.auth.static import Static
from hashrange.client import DynamoDB
from hashrange.config import Config
from hashrange.errors import ResourceNotFound
from hashrange.simulator.engine import Engine
from hashrange.types import WireObject

#: seconds; creating a table takes a moment on DynamoDB Local and some ten seconds on the service
TABLE_TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.05


#: makes clients of one server; what it takes are fields of ``Config``
Connect: TypeAlias = Callable[..., DynamoDB]


def at(endpoint: str) -> Connect:
    """Clients of a server that checks no credentials."""
    settings = {"endpoint_url": endpoint, "region": "us-east-1", "credentials": Static("integration", "integration")}
    return lambda **config: DynamoDB(Config(**{**settings, **config}))


def on_dynamodb_local(request: pytest.FixtureRequest) -> Connect:
    return at(request.getfixturevalue("dynamodb_local"))


def on_server(request: pytest.FixtureRequest) -> Connect:
    return at(request.getfixturevalue("simulator_server"))


def in_process(request: pytest.FixtureRequest) -> Connect:
    engine = Engine()
    return lambda **config: DynamoDB.in_memory(engine=engine, **config)


Target: TypeAlias = Callable[[pytest.FixtureRequest], Connect]

#: every target that the suite runs on by itself: its name, and how clients of it are made
TARGETS: dict[str, Target] = {
    "in_process": in_process,
    "server": on_server,
    "dynamodb_local": on_dynamodb_local,
}


@pytest.fixture(scope="session")
def simulator_server() -> Iterator[str]:
    """The endpoint of a ``hashrange serve`` of this session's own."""
    command = [sys.executable, "-m", "hashrange", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first_line = process.stdout.readline()
        endpoint = re.search(r"http://[0-9.:]+", first_line)
        assert endpoint, first_line
        try:
            yield endpoint.group()
        finally:
            process.terminate()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "target" in metafunc.fixturenames:
        chosen: list[str] = metafunc.config.getoption("--target") or list(TARGETS)
        for name in chosen:
            if name not in TARGETS and not name.startswith(("http://", "https://")):
                raise pytest.UsageError(f"--target {name}: neither an endpoint nor one of {', '.join(TARGETS)}")
        metafunc.parametrize("target", chosen, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        target = item.callspec.params.get("target") if isinstance(item, pytest.Function) and has_params(item) else None
        for mark in item.iter_markers("differs"):
            if target == differing_target(*mark.args, **mark.kwargs):
                item.add_marker(pytest.mark.xfail(reason=mark.kwargs["reason"], strict=True))


def has_params(item: pytest.Function) -> bool:
    return hasattr(item, "callspec")


def differing_target(target: str, *, reason: str) -> str:
    """The target that a ``differs`` mark names; a mark without a reason is an error."""
    assert target in TARGETS, f"{target!r} is no target: {', '.join(TARGETS)}"
    assert reason
    return target


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Target:
    """How clients of the server under test are made."""
    name: str = request.param
    return TARGETS.get(name, lambda _: at(name))


@pytest.fixture
def connect(target: Target, request: pytest.FixtureRequest) -> Connect:
    """``connect(**config)`` is another client of the server under test, to be closed by the test."""
    return target(request)


@pytest.fixture
async def db(connect: Connect) -> AsyncIterator[DynamoDB]:
    """A client of the server under test."""
    async with connect() as client:
        yield client


MakeTable: TypeAlias = Callable[..., Awaitable[str]]


@pytest.fixture
async def make_table(db: DynamoDB) -> AsyncIterator[MakeTable]:
    """``await make_table(**definition)`` creates a table and gives its name; it is deleted when the test ends.

    The definition is that of CreateTable, in wire shape; what is missing of it makes a table with the keys PK and SK,
    both text, paid by request.
    """
    names: list[str] = []

    async def make(**definition: object) -> str:
        name = f"test-{uuid.uuid4().hex}"
        await db.call("CreateTable", {"TableName": name, **DEFAULT_DEFINITION, **definition})
        names.append(name)
        await wait_for_status(db, name, "ACTIVE")
        return name

    yield make
    for name in names:
        await delete_table(db, name)


DEFAULT_DEFINITION: WireObject = {
    "AttributeDefinitions": [
        {"AttributeName": "PK", "AttributeType": "S"},
        {"AttributeName": "SK", "AttributeType": "S"},
    ],
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    "BillingMode": "PAY_PER_REQUEST",
}


async def wait_for_status(db: DynamoDB, table: str, status: str) -> None:
    """Return when the table and all its indexes have the status."""
    async with asyncio.timeout(TABLE_TIMEOUT_SECONDS):
        while True:
            description = (await db.call("DescribeTable", {"TableName": table}))["Table"]
            states = {description["TableStatus"]}
            states |= {index["IndexStatus"] for index in description.get("GlobalSecondaryIndexes", ())}
            if states == {status}:
                return
            await asyncio.sleep(POLL_SECONDS)


async def delete_table(db: DynamoDB, table: str) -> None:
    try:
        await db.call("DeleteTable", {"TableName": table})
    except ResourceNotFound:  # the test has deleted it
        return
