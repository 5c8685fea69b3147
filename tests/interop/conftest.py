"""The servers that other SDKs are put against: ``hashrange serve`` as it is installed, and one inside the test.

The second knows one access key, and so checks every signature that an SDK makes.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from hashrange.simulator import Engine, Server

ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
PATIENCE_SECONDS = 30.0


@pytest.fixture(scope="session")
def command() -> Iterator[str]:
    """``hashrange serve``, in a process of its own; its tables are whatever the tests leave there: none."""
    words = [sys.executable, "-m", "hashrange", "serve", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("DynamoDB in memory at http://"), line
            yield line.split(" ")[4]
            process.terminate()
            assert process.wait(PATIENCE_SECONDS) == 0, "it ends in peace"
        finally:
            process.kill()


@pytest.fixture
def inside() -> Iterator[str]:
    """A server in a thread, which checks signatures."""
    started, stop = threading.Event(), asyncio.Event()
    server = Server(Engine(), keys={ACCESS_KEY: SECRET_KEY})
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        async with server:
            loops.append(asyncio.get_running_loop())
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(PATIENCE_SECONDS)
    try:
        yield server.endpoint_url
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


@pytest.fixture(params=["command", "inside"])
def endpoint(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a server without tables. The environment holds credentials for it, and none of the machine's own."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",  # whatever would be hidden by a retry is an error here
        "AWS_PAGER": "",
    }.items():
        monkeypatch.setenv(name, value)
    return str(request.getfixturevalue(request.param))
