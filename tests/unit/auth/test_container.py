"""The container endpoint: which addresses may be asked, the token, and what goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hashrange.auth.container import Container
from hashrange.auth.credentials import Credentials, Secret
from hashrange.errors import AuthenticationError, ConfigurationError, CredentialsNotFound

from .servers import HOUR, NOW, FakeContainer, HastyFetch, Reply, as_json, hushed


def provider(server: FakeContainer, **changes: Any) -> Container:
    return Container(server.credentials_url, clock=server.clock, **changes)


async def test_gives_the_credentials_of_the_task() -> None:
    async with FakeContainer() as server:
        found = await provider(server).fetch()
    assert found == Credentials("ASIAHUSHHUSH00000001", Secret("hush/secret/1"), Secret("hush//token+1=="), NOW + HOUR)
    assert "authorization" not in server.requests[0].headers


async def test_sends_the_token_it_was_given() -> None:
    async with FakeContainer(token="Basic hush") as server:
        assert await provider(server, token="Basic hush").fetch()
        assert await provider(server, token=Secret("Basic hush")).fetch()
        wrong = provider(server, token="hush-wrong")
        with pytest.raises(AuthenticationError, match=r"401 \(AccessDenied: wrong token: \*\*\*\)") as caught:
            await wrong.fetch()
    assert caught.value.status == 401
    assert hushed(caught.value)


async def test_reads_the_token_file_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("hush-1\n")
    async with FakeContainer(token="hush-1") as server:
        container = provider(server, token="ignored", token_file=str(path))
        await container.fetch()
        server.token = "hush-2"
        with pytest.raises(AuthenticationError, match="wrong token"):
            await container.fetch()
        path.write_text("hush-2")
        assert (await container.fetch()).secret_key.reveal() == "hush/secret/2"


@pytest.mark.parametrize(
    ("content", "problem"), [(None, "No such file"), ("", "it is empty"), ("hush\r\nhush: 1", "a line break")]
)
async def test_a_token_file_without_a_token(tmp_path: Path, content: str | None, problem: str) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content)
    async with FakeContainer() as server:
        with pytest.raises(AuthenticationError, match=f"needs a token, but .*{problem}") as caught:
            await provider(server, token_file=str(path)).fetch()
    assert server.requests == []
    assert hushed(caught.value)


@pytest.mark.parametrize(
    ("replies", "problem"),
    [
        ([Reply(404)], "HTTP status 404"),
        ([as_json(400, {"code": "NoRole", "message": "the task has none"})], r"HTTP status 400 \(NoRole: the task has"),
        ([Reply(302)], "HTTP status 302"),
        ([Reply(200, b"hush")], "cannot be used: it is not JSON"),
        ([as_json(200, {"AccessKeyId": "hush"})], "cannot be used: it has no SecretAccessKey"),
        ([Reply(500), Reply(500), Reply(503)], "HTTP status 503"),
        ([Reply(0, raw=b"hush")] * 3, "did not answer"),
    ],
)
async def test_says_what_is_wrong(replies: list[Reply], problem: str) -> None:
    async with FakeContainer(script=list(replies)) as server:
        with pytest.raises(AuthenticationError, match=problem) as caught:
            await provider(server).fetch()
    assert server.script == []
    assert not isinstance(caught.value, CredentialsNotFound)  # it is set up: a chain must not go on
    assert hushed(caught.value)


async def test_a_passing_failure_is_tried_again() -> None:
    async with FakeContainer(script=[Reply(500), Reply(0, raw=b"")]) as server:
        assert await provider(server).fetch()
    assert len(server.requests) == 3


async def test_no_answer_in_time() -> None:
    fetch = HastyFetch()
    async with FakeContainer(silent=True) as server:
        with pytest.raises(AuthenticationError, match="did not answer"):
            await provider(server, fetch=fetch).fetch()
    assert fetch.asked == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/credentials",
        "https://10.0.0.1:8443/",
        "http://localhost:51678/get",
        "http://127.0.0.1/get",
        "http://127.3.2.1:80/get",
        "http://[::1]/get",
        "http://169.254.170.2/v2/credentials/1",
        "http://169.254.170.23/v1/credentials",
        "http://[fd00:ec2::23]/v1/credentials",
        "http://[FD00:EC2:0::23]:80/v1/credentials",
    ],
)
def test_addresses_that_may_be_asked(url: str) -> None:
    assert repr(Container(url)).startswith("<Container http")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "http://localhost.example.com/",
        "http://evil.localhost/",
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://[fd00:ec2::24]/",
        "http://169.254.170.2@example.com/",
        "https://user:hush@example.com/",
        "ftp://localhost/",
        "//localhost/",
        "localhost/get",
        "http:///get",
        "http://127.0.0.1:99999/",
        "http://2130706433/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nX: 1",
        "http://127.0.0.1/ä",
        "",
    ],
)
def test_addresses_that_must_not_be_asked(url: str) -> None:
    token = "hush"
    with pytest.raises(ConfigurationError, match="container's credential endpoint") as caught:
        Container(url, token=token)
    assert "hush" not in str(caught.value)


def test_shows_neither_token_nor_path() -> None:
    container = Container("http://169.254.170.2/v2/credentials/hush-0815?id=hush", token="hush", token_file="/token")
    assert container.looks_at == "http://169.254.170.2/*** with /token"
    assert Container("https://example.com").looks_at == "https://example.com"
    assert hushed(container, container.looks_at)
