"""The command line: what is understood, what is said to who mistypes, and ``serve`` as a process of its own."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hashrange import AuthenticationError, Config, DynamoDB, Key, Static, __version__
from hashrange.cli.main import main

PATIENCE_SECONDS = 30


def mistyped(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said to arguments that are not understood."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    return capsys.readouterr().err


def failed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said where a command cannot do what it is asked."""
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("hashrange: error: ")
    return printed.err.removeprefix("hashrange: error: ").strip()


# ── what is understood ───────────────────────────────────────────────────────────────────────────────────────────────
def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"hashrange {__version__}\n"


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["serve", "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for option in ("--host", "--port", "--tables", "--region", "--access-key", "--secret-key", "--cors"):
        assert option in text


def test_a_command_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "COMMAND" in mistyped(capsys)
    assert "invalid choice: 'srve'" in mistyped(capsys, "srve")


def test_a_mistyped_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert "unrecognized arguments: --prot 80 (did you mean --port?)" in mistyped(capsys, "serve", "--prot", "80")
    assert "unrecognized arguments: --prot=80 (did you mean --port?)" in mistyped(capsys, "serve", "--prot=80")
    assert "did you mean" not in mistyped(capsys, "serve", "--xyz")
    assert "unrecognized arguments: 8000" in mistyped(capsys, "serve", "8000")
    assert "unrecognized arguments: --acc" in mistyped(capsys, "serve", "--acc", "x"), "no abbreviations"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("--hosts", "--host"),
        ("--prt", "--port"),
        ("--table", "--tables"),
        ("--regoin", "--region"),
        ("--acess-key", "--access-key"),
        ("--secretkey", "--secret-key"),
        ("--corse", "--cors"),
    ],
)
def test_every_option_is_recognized_when_mistyped(typed: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"unrecognized arguments: {typed} (did you mean {meant}?)" in mistyped(capsys, "serve", typed)
    assert f"{typed}=x (did you mean {meant}?)" in mistyped(capsys, "serve", f"{typed}=x")


@pytest.mark.parametrize("option", ["--host", "--port", "--tables", "--region", "--access-key", "--secret-key"])
def test_an_option_without_its_value(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"argument {option}: expected one argument" in mistyped(capsys, "serve", option)
    assert f"argument {option}: expected one argument" in mistyped(capsys, "serve", option, "--cors")


def test_a_switch_takes_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert "argument --cors: ignored explicit argument 'yes'" in mistyped(capsys, "serve", "--cors=yes")


@pytest.mark.parametrize("port", ["-1", "65536", "http", "8e3", "٨", ""])
def test_a_port_that_is_none(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{port!r} is no port: 0 to 65535" in mistyped(capsys, "serve", f"--port={port}")


@pytest.mark.parametrize("region", ["", "us east", "US-EAST-1", "a\nb"])
def test_a_region_that_is_none(region: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is no region; one is 'eu-west-1'" in mistyped(capsys, "serve", f"--region={region}")


# ── what cannot be done ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("option", ["--access-key", "--secret-key"])
def test_keys_go_together(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = failed(capsys, "serve", option, "hush")
    assert said == "--access-key and --secret-key go together"


def test_what_stands_for_s3_is_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "none"
    assert failed(capsys, "serve", "--s3", str(path)).startswith(f"{path} is no folder")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it is no JSON: Expecting value"),
        ('["app"', "it is no JSON: "),
        ("[" * 100_000, "it is no JSON: "),
        ("7", "it holds no list of tables"),
        ("[7]", "a table is declared by a name, a TableSpec or a mapping, not by int"),
        ("[{}]", "a table has neither 'TableName' (a CreateTable request) nor 'name' (a declaration)"),
        ('["ab"]', "table 'ab': TableName must be at least 3 characters long"),
        ('["app", "app"]', "table 'app': Table already exists: app"),
        ('[{"name": "app", "keys": []}]', "table 'app': unknown member 'keys'; known: name, partition_key"),
        ('[{"TableName": "app"}]', "table 'app': "),
    ],
)
def test_a_file_that_declares_no_tables(
    text: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "schema.json"
    path.write_text(text, encoding="utf-8")
    assert failed(capsys, "serve", "--tables", str(path)).startswith(f"{path}: {complaint}")


def test_a_file_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert failed(capsys, "serve", "--tables", str(tmp_path / "none")).endswith("none: No such file or directory")
    assert failed(capsys, "serve", "--tables", str(tmp_path)).endswith(": Is a directory")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    assert "it is no JSON: 'utf-8' codec" in failed(capsys, "serve", "--tables", str(tmp_path / "bytes"))


def test_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = failed(capsys, "serve", "--port", str(port))
    assert said == f"port {port} of 127.0.0.1 is in use; --port 0 takes a free one"


def test_an_address_that_is_not_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert "192.0.2.1" in failed(capsys, "serve", "--host", "192.0.2.1")
    assert failed(capsys, "serve", "--host", "a..b") == "'a..b' is no address of this machine"
    assert "argument --host: there is none" in mistyped(capsys, "serve", "--host", "")


# ── a process ────────────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``python -m hashrange serve`` and its endpoint; it is killed if it has not ended by itself."""
    command = [sys.executable, "-m", "hashrange", "serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"DynamoDB in memory at (http://\S+) \(region \S+\); Ctrl\+C stops it\n", line)
        assert found is not None, line + process.stderr.read()
        yield process, found[1]
    finally:
        process.kill()
        process.communicate()


def client(endpoint: str, secret: str = "secret") -> DynamoDB:
    return DynamoDB(Config(region="eu-west-1", endpoint_url=endpoint, credentials=Static("me", secret)))


async def use(endpoint: str, table: str = "app") -> None:
    async with client(endpoint) as db:
        items = db.table(table)
        await items.put_item({"PK": "a", "SK": "b", "n": 1})
        assert await items.get_item(Key("a", "b")) == {"PK": "a", "SK": "b", "n": 1}


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(stop: signal.Signals, tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(["app", {"name": "more", "ttl_attribute": "until"}]), encoding="utf-8")
    with serving("--tables", str(path), "--region", "eu-west-1") as (process, endpoint):
        for table in ("app", "more"):
            asyncio.run(use(endpoint, table))
        with socket.create_connection(("127.0.0.1", int(endpoint.rpartition(":")[2]))) as idle:
            process.send_signal(stop)
            assert process.wait(PATIENCE_SECONDS) == 0
            assert idle.recv(1) == b""
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_what_is_in_flight_is_finished_when_it_is_stopped(stop: signal.Signals) -> None:
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with serving() as (process, endpoint):
        address = ("127.0.0.1", int(endpoint.rpartition(":")[2]))
        with socket.create_connection(address, PATIENCE_SECONDS) as idle, socket.create_connection(address) as busy:
            busy.sendall(request + request[:-1])
            assert busy.recv(4096).startswith(b"HTTP/1.1 200 "), "the server has all that was sent"
            process.send_signal(stop)
            assert idle.recv(1) == b"", "it has begun to stop"
            with pytest.raises(OSError):
                socket.create_connection(address, PATIENCE_SECONDS)
            busy.settimeout(PATIENCE_SECONDS)
            busy.sendall(request[-1:])
            answer = busy.makefile("rb").read()
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert b"\r\nConnection: close\r\n" in answer
            assert process.wait(PATIENCE_SECONDS) == 0


def test_with_keys_it_checks_signatures(tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    path.write_text('{"name": "app"}', encoding="utf-8")

    async def refused(endpoint: str) -> None:
        async with client(endpoint, "wrong") as db:
            with pytest.raises(AuthenticationError) as caught:
                await db.table("app").get_item(Key("a", "b"))
        assert caught.value.code == "InvalidSignatureException"

    with serving("--tables", str(path), "--access-key", "me", "--secret-key", "secret") as (_, endpoint):
        asyncio.run(use(endpoint))
        asyncio.run(refused(endpoint))


def test_it_says_when_others_can_reach_it() -> None:
    with serving("--host", "0.0.0.0") as (process, endpoint):
        assert endpoint.startswith("http://0.0.0.0:")
        assert process.stdout is not None
        assert process.stdout.readline() == "Whoever reaches this machine can read and write its tables.\n"
