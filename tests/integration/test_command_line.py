"""The command as a user types it: a process of its own, with pipes, a terminal, Ctrl+C and a reader that goes away."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hashrange import DynamoDB
from hashrange.simulator import Engine
from hashrange.testing import LocalServer, Recorder

HASHRANGE = [sys.executable, "-m", "hashrange"]
PATIENCE_SECONDS = 60
#: no settings of whoever runs the tests
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true", "TERM": "xterm"}


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(Engine(["app", "copy", "large"])) as server:
        yield server


@pytest.fixture(scope="module")
def large(server: LocalServer) -> LocalServer:
    """500 items of 5 KB: more than a pipe holds, and several pages."""

    async def fill() -> None:
        async with DynamoDB.local(server.port) as db:
            await db.table("large").batch_write(
                puts=({"PK": "a", "SK": f"{number:03}", "text": "x" * 5_000} for number in range(500))
            )

    asyncio.run(fill())
    return server


def typed(*arguments: str, given: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HASHRANGE, *arguments],
        input=given,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        cwd=cwd,
        timeout=PATIENCE_SECONDS,
    )


def test_a_session(server: LocalServer, tmp_path: Path) -> None:
    local = ["--local", str(server.port)]
    assert typed("put", "app", "-", *local, given='{"PK": "USER#1", "SK": "PROFILE", "name": "Ada"}').returncode == 0
    assert typed("put", "app", '{"PK": "USER#1", "SK": "ORDER#1", "total": 9.5}', *local).returncode == 0
    ran = typed("get", "app", "USER#1", "PROFILE", *local)
    assert (ran.stdout, ran.stderr) == ("PK    USER#1\nSK    PROFILE\nname  Ada\n", "")
    ran = typed("query", "app", "USER#1", "--begins-with", "ORDER#", "--json", *local)
    assert json.loads(ran.stdout) == {"PK": "USER#1", "SK": "ORDER#1", "total": 9.5}
    assert typed("export", "app", "app.jsonl", *local, cwd=tmp_path).stderr == "2 items of app in app.jsonl\n"
    assert typed("import", "copy", "app.jsonl", *local, cwd=tmp_path).stderr == "2 items of app.jsonl in copy\n"
    assert len(typed("scan", "copy", *local).stdout.splitlines()) == 3
    assert "copy" in typed("tables", *local).stdout
    assert "PK:S SK:S" in typed("describe", "copy", *local).stdout
    ran = typed("doctor", "copy", *local)
    assert (ran.returncode, ran.stdout.splitlines()[-1]) == (0, "Nothing is wrong.")


def test_failures_are_one_line(server: LocalServer) -> None:
    ran = typed("get", "appp", "a", "b", "--local", str(server.port))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"hashrange: error: there is no table 'appp' at {server.url} (did you mean 'app'?)\n"
    ran = typed("tables", "--local", "1")
    assert (ran.returncode, ran.stderr.count("\n"), "Traceback" in ran.stderr) == (1, 1, False)
    ran = typed("tables")
    assert ran.stderr.startswith("hashrange: error: region is missing (give --region")
    assert typed("tabels").returncode == 2


def test_a_reader_that_goes_away(large: LocalServer) -> None:
    command = [*HASHRANGE, "scan", "large", "--json", "--local", str(large.port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT) as scan:
        assert scan.stdout is not None
        assert scan.stderr is not None
        assert json.loads(scan.stdout.readline())["PK"] == "a"
        scan.stdout.close()
        assert scan.stderr.read() == ""
        assert scan.wait(PATIENCE_SECONDS) == 141


def test_ctrl_c_while_it_waits_for_an_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        command = [*HASHRANGE, "tables", "--local", str(silent.getsockname()[1])]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
        connection, _ = silent.accept()
        with connection:
            assert b"ListTables" in connection.recv(65_536)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, out, err) == (130, b"", b"")


@pytest.mark.parametrize("segments", ["1", "4"])
def test_a_full_disk_is_no_traceback(segments: str, large: LocalServer) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    command = [*HASHRANGE, "scan", "large", "--json", "--segments", segments, "--local", str(large.port)]
    ran = subprocess.run(
        ["sh", "-c", '"$@" > /dev/full', "-", *command],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        timeout=PATIENCE_SECONDS,
    )
    assert ran.returncode == 1
    assert ran.stderr == "hashrange: error: input or output: No space left on device\n"


class Bridge:
    """A port that hands requests on to a server, and holds one back for ever: its client waits."""

    def __init__(self, to_port: int, operation: str, nth: int) -> None:
        self._to_port, self._operation, self._left = to_port, operation.encode(), nth
        self.held = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Bridge:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._to_port))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other, one is near), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, requests: bool) -> None:
        try:
            while part := source.recv(65_536):
                if requests and b"DynamoDB_20120810." + self._operation in part:
                    self._left -= 1
                    if self._left == 0:
                        self.held.set()
                        continue
                target.sendall(part)
        except OSError:
            pass
        finally:
            for end in (source, target):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            source.close()


def test_an_export_interrupted_with_ctrl_c_goes_on(large: LocalServer, tmp_path: Path) -> None:
    """A server in between lets the first page through, and never answers the request for the third."""
    with Bridge(large.port, "Scan", 3) as bridge:
        command = [*HASHRANGE, "export", "large", "large.jsonl", "--local", str(bridge.port)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, cwd=tmp_path
        )
        assert bridge.held.wait(PATIENCE_SECONDS)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert (process.returncode, out) == (130, "")
        assert re.fullmatch(r"interrupted after \d+ items; the same command goes on\n", err), err
        assert typed(*command[3:], cwd=tmp_path).stderr.startswith("500 items of large in large.jsonl (")
    assert len((tmp_path / "large.jsonl").read_text().splitlines()) == 500


def on_a_terminal(*arguments: str, cwd: Path) -> tuple[int, str]:
    """A command whose output and errors are a terminal; its exit code and what the terminal showed."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [*HASHRANGE, *arguments], stdin=slave, stdout=slave, stderr=slave, env=ENVIRONMENT, cwd=cwd
    ) as process:
        os.close(slave)
        shown = b""
        while True:
            try:
                part = os.read(master, 65_536)
            except OSError:  # Linux's end of a terminal
                break
            if not part:
                break
            shown += part
        os.close(master)
        return process.wait(PATIENCE_SECONDS), shown.decode()


def test_progress_is_shown_on_a_terminal(large: LocalServer, tmp_path: Path) -> None:
    local = ["--local", str(large.port)]
    code, shown = on_a_terminal("export", "large", "large.jsonl", *local, cwd=tmp_path)
    assert code == 0
    assert "\r\x1b[K" in shown
    assert " items, " in shown
    assert shown.endswith("\r\x1b[K500 items of large in large.jsonl\r\n"), "the line of progress is taken away"
    code, shown = on_a_terminal("import", "copy", "large.jsonl", *local, cwd=tmp_path)
    assert code == 0
    assert "[####################] 100% imported 500 items, " in shown
    assert shown.endswith("\r\x1b[K500 items of large.jsonl in copy\r\n")


def test_long_values_are_cut_on_a_terminal(large: LocalServer, tmp_path: Path) -> None:
    code, shown = on_a_terminal("scan", "large", "--limit", "1", "--local", str(large.port), cwd=tmp_path)
    assert code == 0
    assert f"a   000  {'x' * 39}…\r\n" in shown
    assert "x" * 41 in typed("scan", "large", "--limit", "1", "--local", str(large.port)).stdout


def test_a_cassette(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"

    async def record() -> None:
        async with DynamoDB.in_memory(tables=["app"], transport=lambda inner: Recorder(inner, path)) as db:
            await db.table("app").put_item({"PK": "a", "SK": "b"})

    asyncio.run(record())
    ran = typed("replay", str(path))
    assert (ran.returncode, ran.stderr) == (0, f"{path} is whole: 1 call\n")
    assert "PutItem" in ran.stdout
    path.write_bytes(path.read_bytes()[:-20])
    ran = typed("replay", str(path))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"hashrange: error: the cassette {path}, line ")
