"""The small request for credential endpoints, against real servers on loopback."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hashrange.errors import AttemptTimeout, BadResponse, ConnectFailed, ConnectionLost, NetworkError
from hashrange.wire.fetch import fetch
from hashrange.wire.sigv4 import sign_headers
from tests.loops import on_each_loop
from tests.wire_servers import (
    OK,
    Handler,
    answer,
    answering,
    closing,
    first_answering,
    free_port,
    resetting,
    server_tls,
    serving,
    silent,
    trusted_by_the_machine,
)

PATIENCE = 5.0
HASTE = 0.1
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"


@on_each_loop
async def test_a_request_and_its_answer() -> None:
    async with serving(answering(answer(b"<xml/>", status=403))) as server:
        url = f"http://{server.authority}/a/b%20c?x=1&y"
        assert await fetch("PUT", url, {"X-A": "1"}, b"body", timeout=PATIENCE) == (403, b"<xml/>")
        (request,) = server.requests
        assert (request.method, request.target, request.body) == ("PUT", "/a/b%20c?x=1&y", b"body")
        assert request.headers == {
            "host": server.authority,
            "connection": "close",
            "content-length": "4",
            "x-a": "1",
        }
        await server.all_gone()


@pytest.mark.parametrize("path", ["", "?", "?x=1"])
@on_each_loop
async def test_an_address_without_a_path(path: str) -> None:
    async with serving(answering(OK)) as server:
        assert (await fetch("GET", f"http://{server.authority}{path}", {}, timeout=PATIENCE))[0] == 200
        assert server.requests[0].target == "/" + path.rstrip("?")


@on_each_loop
async def test_headers_that_are_set_here_stand_there_once() -> None:
    given = {"HOST": "elsewhere", "content-length": "99", "Connection": "keep-alive", "X-A": "1"}
    async with serving(answering(OK)) as server:
        await fetch("GET", f"http://{server.authority}/", given, timeout=PATIENCE)
        assert server.requests[0].headers["host"] == server.authority
        assert server.requests[0].headers["content-length"] == "0"
        assert server.requests[0].headers["x-a"] == "1"


@on_each_loop
async def test_the_host_is_the_one_that_was_signed() -> None:
    async with serving(answering(OK)) as server:
        url = f"http://user:password@{server.authority}/"
        signed = sign_headers(
            "POST", url, {}, b"", service="sts", region="eu-west-1", access_key="a", secret_key="s", token=None, now=0.0
        )
        await fetch("POST", url, signed, timeout=PATIENCE)
        assert server.requests[0].headers["host"] == signed["Host"] == server.authority
        assert server.requests[0].headers["authorization"] == signed["Authorization"]


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
@on_each_loop
async def test_an_answer_that_ends_with_the_connection(version: bytes) -> None:
    """As simple servers give it, and so some that hand out credentials."""
    data = b"HTTP/%b 200 OK\r\nContent-Type: application/json\r\n\r\n{}" % version
    async with serving(first_answering(data, closing)) as server:
        assert await fetch("GET", f"http://{server.authority}/", {}, timeout=PATIENCE) == (200, b"{}")


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        pytest.param(closing, ConnectionLost, id="closes"),
        pytest.param(
            first_answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", closing), ConnectionLost, id="half"
        ),
        pytest.param(first_answering(b"HTTP/1.1 200 OK\r\n\r\n{", resetting), ConnectionLost, id="resets"),
        pytest.param(first_answering(b"garbage\r\n\r\n", silent), BadResponse, id="garbage"),
    ],
)
@on_each_loop
async def test_a_server_that_misbehaves(handler: Handler, error: type[NetworkError]) -> None:
    async with serving(handler) as server:
        with pytest.raises(error):
            await fetch("GET", f"http://{server.authority}/", {}, timeout=PATIENCE)
        await server.all_gone()


@on_each_loop
async def test_nobody_listens() -> None:
    with free_port() as port, pytest.raises(ConnectFailed):
        await fetch("GET", f"http://127.0.0.1:{port}/", {}, timeout=PATIENCE)


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@on_each_loop
async def test_no_answer_in_time() -> None:
    async with serving(silent) as server:
        with pytest.raises(AttemptTimeout):
            await fetch("GET", f"http://{server.authority}/", {}, timeout=HASTE)
        with pytest.raises(ConnectFailed, match=r"within 0\.\d+ s"):
            await fetch(
                "GET", f"https://{server.authority}/", {}, timeout=HASTE * 3
            )  # a part of it for the trust store
        await server.all_gone()


@on_each_loop
async def test_no_thread_in_time_to_read_the_trust_store() -> None:
    go, executor = threading.Event(), ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(executor)
    executor.submit(go.wait, PATIENCE)
    try:
        async with serving(silent) as server:
            with pytest.raises(ConnectFailed, match="the trust store was not read"):
                await fetch("GET", f"https://{server.authority}/", {}, timeout=HASTE)
            assert server.peers == []
    finally:
        go.set()


# ── TLS ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
@on_each_loop
async def test_over_tls_certificates_are_checked() -> None:
    async with serving(answering(OK), tls=server_tls()) as server:
        with pytest.raises(ConnectFailed, match="certificate verify failed") as caught:
            await fetch("GET", f"https://{server.authority}/", {}, timeout=PATIENCE)
        assert caught.value.hint == "the server's certificate is not trusted"
        assert server.requests == []


@on_each_loop
async def test_over_tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    trusted_by_the_machine(monkeypatch, tmp_path)
    async with serving(answering(OK), tls=server_tls()) as server:
        url = f"https://localhost:{server.port}/"
        assert await fetch("GET", url, {}, timeout=PATIENCE) == (200, b"{}")
        assert server.requests[0].headers["host"] == f"localhost:{server.port}"
