"""The command as a user types it: a process of its own, with pipes, a terminal, Ctrl+C and a reader that goes away."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
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
    with LocalServer(Engine(["app", "copy", "large", "target"])) as server:
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


def test_a_disk_that_becomes_full_in_an_export(large: LocalServer, tmp_path: Path) -> None:
    """A limit of the system to the size of files: what fits is kept, and the same command goes on."""
    arguments = ["export", "large", "large.jsonl", "--local", str(large.port)]
    ran = subprocess.run(
        ["sh", "-c", 'ulimit -f 4000; exec "$@"', "-", *HASHRANGE, *arguments],  # blocks of 512 bytes
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        cwd=tmp_path,
        timeout=PATIENCE_SECONDS,
    )
    assert ran.returncode == 1
    assert ran.stderr == ("hashrange: error: large.jsonl: File too large (the same command goes on where it stopped)\n")
    assert re.fullmatch(r"500 items of large in large\.jsonl \(\d+ before\)\n", typed(*arguments, cwd=tmp_path).stderr)
    lines = (tmp_path / "large.jsonl").read_text().splitlines()
    assert len(lines) == len({json.loads(line)["SK"]["S"] for line in lines}) == 500


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


@pytest.mark.parametrize("command", ["export", "import"])
def test_what_was_killed_goes_on(command: str, large: LocalServer, tmp_path: Path) -> None:
    """kill -9, while a request far behind the first waits for its answer: the result is as if nothing had been."""
    path = tmp_path / "items.jsonl"
    if command == "import":
        lines = [f'{{"PK":{{"S":"{number % 9}"}},"SK":{{"S":"{number:05}"}}}}' for number in range(4_500)]
        path.write_text("\n".join(lines))
    table, operation, nth = ("large", "Scan", 3) if command == "export" else ("target", "BatchWriteItem", 130)
    with Bridge(large.port, operation, nth) as bridge:
        arguments = [command, table, "items.jsonl", "--json", "--local", str(bridge.port)]
        process = subprocess.Popen([*HASHRANGE, *arguments], stderr=subprocess.PIPE, env=ENVIRONMENT, cwd=tmp_path)
        assert bridge.held.wait(PATIENCE_SECONDS)
        process.kill()
        assert process.communicate(timeout=PATIENCE_SECONDS)[1] == b""
        assert process.returncode == -signal.SIGKILL
        ran = typed(*arguments, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    outcome = json.loads(ran.stdout)
    assert 0 < outcome["resumed_at"] < outcome["items"], "it did not begin anew"
    stored = typed("scan", table, "--typed", "--local", str(large.port)).stdout.splitlines()
    assert len(stored) == (500 if command == "export" else 4_500)
    assert sorted(path.read_text().splitlines()) == sorted(stored)
    assert [each.name for each in tmp_path.iterdir()] == ["items.jsonl"]


#: the command of an installation without the extra ``cli``
PLAIN = "import sys; sys.modules['rich'] = None; from hashrange.cli.main import main; sys.exit(main())"


def on_a_terminal(
    *arguments: str, cwd: Path, columns: int = 80, plain: bool = False, **variables: str
) -> tuple[int, str]:
    """A command whose output and errors are a terminal; its exit code and what the terminal showed.

    Args:
        columns: of the terminal.
        plain: without rich.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-c", PLAIN] if plain else HASHRANGE
    with subprocess.Popen(
        [*command, *arguments], stdin=slave, stdout=slave, stderr=slave, env=ENVIRONMENT | variables, cwd=cwd
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


ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "rich"])
def test_progress_is_shown_on_a_terminal(plain: bool, large: LocalServer, tmp_path: Path) -> None:
    local = ["--local", str(large.port)]
    code, shown = on_a_terminal("export", "large", "large.jsonl", *local, cwd=tmp_path, plain=plain)
    assert code == 0
    assert "\r\x1b[K" in shown
    assert " items, " in shown
    assert shown.endswith("\r\x1b[K500 items of large in large.jsonl\r\n"), "the line of progress is taken away"
    code, shown = on_a_terminal("import", "copy", "large.jsonl", *local, cwd=tmp_path, plain=plain)
    assert code == 0
    bar = f"[{'#' * 20}]" if plain else "━" * 20
    assert f"{bar} 100% imported 500 items, " in ESCAPES.sub("", shown)
    assert shown.endswith("\r\x1b[K500 items of large.jsonl in copy\r\n")


def test_long_values_are_cut_on_a_terminal(large: LocalServer, tmp_path: Path) -> None:
    for plain in (True, False):
        arguments = ["scan", "large", "--limit", "1", "--local", str(large.port)]
        code, shown = on_a_terminal(*arguments, cwd=tmp_path, plain=plain)
        assert code == 0
        assert f"a   000  {'x' * 39}…\r\n" in ESCAPES.sub("", shown)
    assert "x" * 41 in typed("scan", "large", "--limit", "1", "--local", str(large.port)).stdout


@pytest.mark.parametrize("columns", [80, 40])
def test_what_a_terminal_shows_is_not_broken(columns: int, large: LocalServer, tmp_path: Path) -> None:
    local = ["--local", str(large.port)]
    for arguments in (["tables"], ["describe", "large"], ["scan", "large", "--limit", "3"], ["doctor", "large"]):
        code, shown = on_a_terminal(*arguments, *local, cwd=tmp_path, columns=columns)
        assert code == 0
        assert "\x1b[" in shown, "with colours"
        lines = [line.rstrip() for line in ESCAPES.sub("", shown).splitlines()]
        assert max(map(len, lines)) <= columns, lines
        assert "large" in "".join(lines) or arguments[0] == "scan"
        code, plain = on_a_terminal(*arguments, *local, cwd=tmp_path, columns=columns, NO_COLOR="1")
        assert ESCAPES.findall(plain.replace("\x1b[0m", "").replace("\x1b[1m", "").replace("\x1b[2m", "")) == []
        assert len(plain.splitlines()) == len(lines)


def test_a_session_on_a_terminal(server: LocalServer, tmp_path: Path) -> None:
    local = ["--local", str(server.port)]

    def shown(*arguments: str) -> list[str]:
        code, text = on_a_terminal(*arguments, cwd=tmp_path)
        assert code == 0, text
        return [line.rstrip() for line in ESCAPES.sub("", text).splitlines()]

    assert shown("put", "app", '{"PK": "T", "SK": "1", "name": "Ada"}', *local) == ["written to app"]
    assert shown("get", "app", "T", "1", *local) == ["PK    T", "SK    1", "name  Ada"]
    assert shown("query", "app", "T", *local) == ["PK  SK  name", "────────────", "T   1   Ada", "1 item"]
    assert shown("query", "app", "T", "--typed", *local) == ['{"PK":{"S":"T"},"SK":{"S":"1"},"name":{"S":"Ada"}}']
    assert shown("completion", "bash")[0] == "# hashrange: completion for bash"
    code, text = on_a_terminal("get", "app", "T", "2", *local, cwd=tmp_path)
    assert (code, text.count("hashrange: error: ")) == (1, 1)

    async def record() -> None:
        path = tmp_path / "calls.jsonl"
        async with DynamoDB.in_memory(tables=["app"], transport=lambda inner: Recorder(inner, path)) as db:
            await db.table("app").put_item({"PK": "a", "SK": "b"})

    asyncio.run(record())
    lines = shown("replay", "calls.jsonl")
    assert lines[0].split() == ["LINE", "OPERATION", "TABLE", "OUTCOME", "REQUEST"]
    assert lines[-1] == "calls.jsonl is whole: 1 call"
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("arguments", [["tables"], ["describe", "app"], ["scan", "app"], ["get", "app", "a", "7"]])
def test_json_is_never_coloured(arguments: list[str], server: LocalServer, tmp_path: Path) -> None:
    put = '{"PK": "a", "SK": "7", "text": "x"}'
    assert typed("put", "app", put, "--local", str(server.port)).returncode == 0
    code, shown = on_a_terminal(*arguments, "--json", "--local", str(server.port), cwd=tmp_path, FORCE_COLOR="1")
    assert code == 0
    assert "\x1b" not in shown
    for line in shown.splitlines():
        assert isinstance(json.loads(line), dict)


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
