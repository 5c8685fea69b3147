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
        type=float,
        metavar="MINUTES",
        help="compare the simulator with DynamoDB Local for so long, on other requests each time",
    )


@pytest.fixture
def fuzz_seconds(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> float | None:
    """How long this test may take of the time there is for all; None: it compares the usual requests."""
    minutes: float | None = pytestconfig.getoption("--fuzz", default=None)
    if minutes is None:
        return None
    sharing = sum("fuzz_seconds" in getattr(item, "fixturenames", ()) for item in request.session.items)
    return minutes * 60 / sharing


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
