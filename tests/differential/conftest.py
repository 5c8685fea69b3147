"""How long the simulator is compared with DynamoDB Local, and the two of them side by side."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.differential.pair import Pair


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fuzz",
        type=int,
        metavar="TIMES",
        help="compare the simulator with DynamoDB Local that many times as long as usual, on other requests each time",
    )


@pytest.fixture
def fuzz_times(pytestconfig: pytest.Config) -> int | None:
    """How many times as long; None: the usual requests."""
    times: int | None = pytestconfig.getoption("--fuzz", default=None)
    return times


@pytest.fixture(scope="module")
def pair(dynamodb_local: str) -> Iterator[Pair]:
    """An engine and Local; both without tables, whoever else uses Local."""
    at = urlsplit(dynamodb_local)
    assert at.hostname is not None
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=60)
    try:
        yield Pair(connection, access_key=f"differential{os.getpid()}x{time.time_ns()}")
    finally:
        connection.close()
