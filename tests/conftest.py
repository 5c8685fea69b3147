"""What any test may use: options, markers, and DynamoDB Local, one process for the whole session.

The process belongs to the session, not to a worker: the first worker that asks starts it, and the kernel's lock on a
file tells it when pytest is gone, however pytest ended. Must not know any test.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from scripts import dynamodb_local as emulator

FOLDER = pytest.StashKey[Path]()
IN_USE = pytest.StashKey[BinaryIO]()
SERVER = pytest.StashKey["subprocess.Popen[str]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--target",
        action="append",
        metavar="NAME|URL",
        help="put the integration suite on this server only: a name from its table, or an endpoint; repeatable",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "differs(target, reason): a known difference of a target; must fail there")
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker is not None:
        config.stash[FOLDER] = Path(worker["folder"])
        return
    folder = config.stash[FOLDER] = Path(tempfile.mkdtemp(prefix="hashrange-tests-"))
    config.stash[IN_USE] = in_use = (folder / "in-use").open("wb")
    fcntl.flock(in_use, fcntl.LOCK_SH)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: every worker is told the session's folder."""
    node.workerinput["folder"] = str(node.config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    if IN_USE in config.stash:
        config.stash[IN_USE].close()  # the server ends now
        if SERVER in config.stash:
            config.stash[SERVER].wait()
        shutil.rmtree(config.stash[FOLDER], ignore_errors=True)


def pytest_report_header() -> str:
    try:
        emulator.tool("java")
        if not (emulator.cache_folder() / emulator.JAR).is_file():
            emulator.tool("npm")
    except emulator.ToolMissing as error:
        return f"{error}\nthe tests that need it are skipped"
    return f"DynamoDB Local: {emulator.PACKAGE} {emulator.VERSION}"


@pytest.fixture(scope="session")
def dynamodb_local(pytestconfig: pytest.Config) -> str:
    """The endpoint of DynamoDB Local; all tests share the process. Skips where Java or npm is missing.

    Each access key has tables of its own.
    """
    folder = pytestconfig.stash[FOLDER]
    endpoint = folder / "endpoint"
    with (folder / "starting").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not endpoint.exists():
            endpoint.write_text(_start(pytestconfig, folder))
    return endpoint.read_text()


def _start(config: pytest.Config, folder: Path) -> str:
    try:
        emulator.tool("java")
        emulator.fetch()
    except emulator.ToolMissing as error:
        pytest.skip(str(error))
    command = [sys.executable, emulator.__file__, "run", "--while-locked", str(folder / "in-use")]
    # in a session of its own: an interrupt at the terminal is for pytest, whose tests may still need the server
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, env=os.environ
    )
    config.stash[SERVER] = server
    assert server.stdout is not None
    assert server.stderr is not None
    with server.stdout, server.stderr:
        endpoint = server.stdout.readline().strip()
        if not endpoint:
            raise emulator.Unavailable(server.stderr.read().strip())
    return endpoint
