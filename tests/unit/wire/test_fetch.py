"""What ``fetch`` refuses before it connects: addresses and headers that would not arrive as they were meant."""

from __future__ import annotations

import asyncio

import pytest

from hashrange.errors import ConnectFailed
from hashrange.wire.fetch import fetch

#: nobody listens here; what is refused in time never gets to know
NOWHERE = "http://127.0.0.1:9/"


async def refusal(method: str = "GET", url: str = NOWHERE, headers: dict[str, str] | None = None) -> str:
    with pytest.raises(ConnectFailed) as caught:
        await fetch(method, url, headers or {}, timeout=1.0)
    assert not caught.value.sent
    return str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost",
        "localhost:80",
        "ftp://localhost/",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http://:80/",
        "https://user@/",
    ],
)
async def test_what_is_no_address(url: str) -> None:
    assert "is not an http or https address" in await refusal(url=url)


@pytest.mark.parametrize(
    "url", ["http://localhost:port/", "http://localhost:99999/", "http://localhost:-1/", "http://[::1/", "http://[x]/"]
)
async def test_what_is_a_malformed_address(url: str) -> None:
    await refusal(url=url)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "token\r\nX-Injected: 1"},
        {"Authorization": "token\nX-Injected: 1"},
        {"Authorization": "token\rX-Injected: 1"},
        {"Authorization": "token\n"},
        {"Authorization": "to\0ken"},
        {"Authorization": "tökén"},
        {"X-Injected: 1\r\nAuthorization": "token"},
    ],
)
async def test_a_header_that_would_become_two(headers: dict[str, str]) -> None:
    message = await refusal(headers=headers)
    assert "a header or the address" in message
    assert "token" not in message, "a header may be a secret"


@pytest.mark.parametrize("path", ["a b", "a\x7fb", "ä", "a\0b", "?q=a b"])
async def test_a_path_that_is_not_encoded(path: str) -> None:
    assert "a header or the address" in await refusal(url=NOWHERE + path)


async def test_a_method_that_would_become_a_path() -> None:
    assert "a header or the address" in await refusal("GET /other HTTP/1.1\r\nX: ")
    assert "a header or the address" in await refusal("GET /other")


async def test_the_password_of_an_address_is_not_shown() -> None:
    assert "hush" not in await refusal(url="ftp://user:hush@localhost/")
    assert "hush" not in await refusal(url="http://user:hush@localhost:port/")
    assert "hush" not in await refusal(url="http://user:hush/x@localhost/")
    assert "hush" not in await refusal(url="http://user:hush@127.0.0.1:9/")


async def test_nothing_is_left_of_a_refusal() -> None:
    await refusal(url="http://localhost:99999/")
    assert asyncio.all_tasks() == {asyncio.current_task()}
