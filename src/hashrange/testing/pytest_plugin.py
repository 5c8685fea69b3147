"""Fixtures for pytest, there wherever hashrange is installed: a client in memory, a server, a cassette.

Plain fixtures: they work with and without plugins for asyncio, in threads, and under xdist, since every test has a
world of its own. Loading this must cost nothing: all else is imported when a fixture is used. Must not know faults.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from ..client import DynamoDB
    from ..simulator.engine import Engine
    from .cassette_use import CassetteUse
    from .local_server import LocalServer

_ACCESS: Final = "testing"  # access key and secret: emulators do not check them
_REGION: Final = "us-east-1"
_NAME_MAX_CHARS: Final = 100
_WORLD: Final = frozenset({"tables", "clock", "seed"})
_CASSETTE: Final = frozenset({"mode", "redact", "path", "clock"})

#: what other settings could lead clients elsewhere than to the fixture's server
_UNSET: Final = (
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "DYNAMODB_LOCAL",
    "DYNAMODB_LOCAL_PORT",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("hashrange").addoption(
        "--hashrange-record",
        choices=("none", "new", "all"),
        default="none",
        help="what the 'cassette' fixture records: nothing, missing cassettes, or all of them anew (default: none)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "dynamodb(tables=(), clock=None, seed=None, **config): the tables, the clock (or what makes one), and the seed "
        "of a test's DynamoDB; all else are fields of its client's Config",
    )
    config.addinivalue_line(
        "markers",
        "cassette(path=None, mode='strict', redact=None, clock=None): where a test's cassette is, how it is replayed, "
        "and which attributes are redacted in it",
    )


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Say of two dumps of engines that are not equal what differs: what only the left one has is added."""
    contents = sys.modules.get("hashrange.simulator.contents")
    if contents is None or op != "==" or not isinstance(left, dict) or not isinstance(right, dict):
        return None
    if not any(isinstance(one, contents.Dump) for one in (left, right)):
        return None
    from .changes import diff

    return ["two dumps are not equal", *diff(right, left).lines()]


@pytest.fixture
def dynamodb_engine(request: pytest.FixtureRequest) -> Engine:
    """The DynamoDB of this test, with the tables of its mark; ``dynamodb`` and ``dynamodb_server`` share it."""
    from random import Random

    from ..simulator.engine import Engine
    from .fake_clock import clock_of_test

    mark = _mark(request, "dynamodb", ("tables",))
    settings: dict[str, Any] = {"region": mark.get("region", _REGION)}
    if (clock := mark.get("clock")) is not None:
        settings["clock"] = clock_of_test(clock)
    if (seed := mark.get("seed")) is not None:
        settings["randomness"] = Random(seed)  # noqa: S311 - a test that repeats itself
    tables = mark.get("tables", ())
    return Engine((tables,) if isinstance(tables, str) else tables, **settings)


@pytest.fixture
def dynamodb(request: pytest.FixtureRequest, dynamodb_engine: Engine) -> Iterator[DynamoDB]:
    """A client of this test's DynamoDB, in memory: ``@pytest.mark.dynamodb(tables=["app"])``."""
    from random import Random

    from ..client import DynamoDB

    mark = _mark(request, "dynamodb", ("tables",))
    config = {name: value for name, value in mark.items() if name not in _WORLD}
    if (seed := mark.get("seed")) is not None:  # chance of its own: what the client draws must not change the world
        config.setdefault("randomness", Random(f"client/{seed}"))  # noqa: S311
    client = DynamoDB.in_memory(engine=dynamodb_engine, **config)
    yield client
    _close(client)


@pytest.fixture
def dynamodb_server(dynamodb_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """This test's DynamoDB over HTTP (``.url``, ``.port``, ``.engine``); the AWS_* variables lead all clients to it."""
    from .local_server import LocalServer

    with LocalServer(dynamodb_engine) as server:
        for name in _UNSET:
            monkeypatch.delenv(name, raising=False)
        for name in ("DYNAMODB_ENDPOINT", "AWS_ENDPOINT_URL_DYNAMODB"):
            monkeypatch.setenv(name, server.url)
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            monkeypatch.setenv(name, dynamodb_engine.region)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, _ACCESS)
        monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "127.0.0.1", prepend=",")
        yield server


@pytest.fixture
def cassette(request: pytest.FixtureRequest) -> Iterator[CassetteUse]:
    """The cassette of this test: ``DynamoDB(config, transport=cassette)``.

    It is replayed, and nothing is sent; with ``--hashrange-record=new`` it is recorded where it is missing, with
    ``all`` anew. It lies in ``cassettes`` beside the test, under the test's name.
    """
    from .cassette_use import CassetteUse

    mark = _mark(request, "cassette", ("path",))
    if unknown := sorted(mark.keys() - _CASSETTE):
        raise pytest.UsageError(f"the mark 'cassette' takes no {', '.join(unknown)}")
    path = request.path.parent / mark.pop("path") if mark.get("path") else _cassette_path(request)
    mark.pop("path", None)
    record = str(request.config.getoption("--hashrange-record"))
    use = CassetteUse(path, recording=record == "all" or (record == "new" and not path.exists()), **mark)
    yield use
    use.finish()


def _mark(request: pytest.FixtureRequest, name: str, positional: tuple[str, ...]) -> dict[str, Any]:
    """What the marks of this name say about the test; the nearest one wins, argument by argument."""
    found: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers(name))):
        if len(mark.args) > len(positional):
            raise pytest.UsageError(f"the mark {name!r} takes its arguments by name")
        found |= {**dict(zip(positional, mark.args, strict=False)), **mark.kwargs}
    return found


def _cassette_path(request: pytest.FixtureRequest) -> Path:
    """``cassettes/MODULE/TEST.jsonl`` beside the test; a name that files cannot have gets a hash of the real one."""
    parts = [] if request.cls is None else [request.cls.__name__]
    name = ".".join([*parts, request.node.name])
    safe = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.")[:_NAME_MAX_CHARS]
    if safe != name:
        safe = f"{safe}-{sha256(name.encode()).hexdigest()[:8]}"
    return request.path.parent / "cassettes" / request.path.stem / f"{safe}.jsonl"


def _close(client: DynamoDB) -> None:
    """End a client in memory without an event loop: it holds no sockets, and so has nothing to wait for."""
    closing = client.close()
    try:
        closing.send(None)
    except StopIteration:
        return
    closing.close()  # a test has put a transport of its own into it, which is the test's to end
