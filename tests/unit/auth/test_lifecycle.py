"""Every kind of credentials that comes from a server, through the same life: one suite, many kinds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hashrange.auth.assume_role import AssumeRole
from hashrange.auth.chain import Environment
from hashrange.auth.container import Container
from hashrange.auth.credentials import Provider
from hashrange.auth.endpoint import Fetch
from hashrange.auth.instance import InstanceMetadata
from hashrange.auth.profile import Profile
from hashrange.auth.refresh import CredentialCache
from hashrange.auth.static import Static
from hashrange.auth.web_identity import WebIdentity
from hashrange.errors import AuthenticationError
from hashrange.wire.fetch import fetch

from .servers import (
    HOUR,
    NOW,
    REGION,
    ROLE,
    Chance,
    FakeContainer,
    FakeInstance,
    FakeSts,
    HastyFetch,
    ManualClock,
    Reply,
    Server,
    hushed,
    keys,
)

KINDS = ["assume role", "web identity", "container", "instance", "profile", "environment"]
MINUTE = 60.0


class Life:
    """One kind of provider, its server, and the client's cache."""

    def __init__(self, kind: str, path: Path, fetch: Fetch = fetch) -> None:
        self.kind, self.path, self.fetch = kind, path, fetch
        self.clock, self.chance = ManualClock(), Chance()
        self.token_file = path / "token"
        self.server: Server
        if kind == "container":
            self.server = FakeContainer(self.clock, token="hush.jwt.1")
        elif kind in ("instance", "environment"):
            self.server = FakeInstance(self.clock)
        else:
            self.server = FakeSts(self.clock)

    async def begin(self) -> None:
        await self.server.start()
        self.put_token("hush.jwt.1\n")
        (self.path / "credentials").write_text(
            f"[base]\naws_access_key_id={keys().access_key}\naws_secret_access_key={keys().secret_key.reveal()}\n"
        )
        (self.path / "config").write_text(f"[profile dev]\nrole_arn={ROLE}\nsource_profile=base\n")
        self.provider = self.made()
        self.cache = CredentialCache(self.provider, self.clock, self.chance)

    def made(self) -> Provider:
        url, clock, chance, call = self.server.url, self.clock, self.chance, self.fetch
        match self.kind:
            case "assume role":
                source = Static(keys().access_key, keys().secret_key)
                return AssumeRole(
                    ROLE, source, region=REGION, endpoint_url=url, fetch=call, clock=clock, randomness=chance
                )
            case "web identity":
                return WebIdentity(
                    ROLE,
                    str(self.token_file),
                    region=REGION,
                    endpoint_url=url,
                    fetch=call,
                    clock=clock,
                    randomness=chance,
                )
            case "container":
                url += FakeContainer.path
                return Container(url, token_file=str(self.token_file), fetch=call, clock=clock, randomness=chance)
            case "instance":
                return InstanceMetadata(url, fetch=call, clock=clock, randomness=chance)
            case "profile":
                environ = {
                    "AWS_PROFILE": "dev",
                    "AWS_REGION": REGION,
                    "AWS_ENDPOINT_URL_STS": url,
                    "AWS_CONFIG_FILE": str(self.path / "config"),
                    "AWS_SHARED_CREDENTIALS_FILE": str(self.path / "credentials"),
                }
                return Profile(environ=environ, fetch=call, clock=clock, randomness=chance)
        environ = {"HOME": str(self.path / "nobody"), "AWS_EC2_METADATA_SERVICE_ENDPOINT": url}
        return Environment(environ, region=REGION, fetch=call, clock=clock, randomness=chance)

    def put_token(self, text: str) -> None:
        self.token_file.write_text(text)

    async def end(self) -> None:
        await self.cache.close()
        await self.server.stop()

    async def secret(self) -> str:
        return (await self.cache.get()).secret_key.reveal()


@pytest.fixture(params=KINDS)
async def life(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Life]:
    found = Life(request.param, tmp_path)
    await found.begin()
    yield found
    await found.end()


async def test_first_fetch(life: Life) -> None:
    found = await life.cache.get()
    assert found.secret_key.reveal() == "hush/secret/1"
    assert found.token is not None
    assert found.token.reveal() == "hush//token+1=="
    assert found.expires_at == NOW + HOUR
    assert life.cache.current() is found


async def test_refresh_before_expiry_in_the_background(life: Life) -> None:
    await life.secret()
    life.server.gate = asyncio.Event()
    life.clock.now = NOW + 46 * MINUTE
    for _ in range(10):
        assert await life.secret() == "hush/secret/1"  # at once, although the server does not answer
    (task,) = [each for each in asyncio.all_tasks() if each.get_name() == "hashrange credentials"]
    life.server.gate.set()
    await asyncio.wait((task,))
    assert await life.secret() == "hush/secret/2"
    assert life.server.issued == 2


async def test_single_flight_under_a_hundred_callers(life: Life) -> None:
    found = await asyncio.gather(*(life.secret() for _ in range(100)))
    assert found == ["hush/secret/1"] * 100
    assert life.server.issued == 1


async def test_endpoint_down_with_old_ones_still_valid(life: Life, caplog: pytest.LogCaptureFixture) -> None:
    await life.secret()
    await life.server.stop()
    life.clock.now = NOW + 55 * MINUTE
    assert await life.secret() == "hush/secret/1"
    assert life.cache.current() is not None
    assert "credentials could not be renewed" in caplog.text
    assert hushed(caplog.text, life.cache)
    life.clock.now = NOW + HOUR
    with pytest.raises(AuthenticationError) as caught:
        await life.secret()
    assert hushed(caught.value)
    await life.server.start()
    assert await life.secret() == "hush/secret/2"


async def test_endpoint_down_with_none(life: Life) -> None:
    await life.server.stop()
    errors = await asyncio.gather(*(life.secret() for _ in range(10)), return_exceptions=True)
    for error in errors:
        assert isinstance(error, AuthenticationError)
        assert f"127.0.0.1:{life.server.port}" in error.message
        assert hushed(error)
    await life.server.start()
    assert await life.secret() == "hush/secret/1"


@pytest.mark.parametrize(
    "garbage",
    [
        Reply(200, b"hush, hush"),
        Reply(200, b'{"SecretAccessKey": "hush", "Token": "hush'),
        Reply(200, b"<a>" * 50_000),
        Reply(200, b"\x00\xff" * 500_000),
        Reply(418, b"hush"),
        Reply(0, raw=b"hush hush hush\r\n\r\n"),
        Reply(0, raw=b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhush"),
        Reply(0, raw=b""),
    ],
)
async def test_garbage(life: Life, garbage: Reply) -> None:
    life.server.script = [garbage] * 20
    with pytest.raises(AuthenticationError) as caught:
        await life.secret()
    assert hushed(caught.value, await life.cache.explain())
    life.server.script = []
    assert await life.secret() == "hush/secret/1"


@pytest.mark.parametrize("kind", KINDS)
async def test_no_answer_in_time(kind: str, tmp_path: Path) -> None:
    life = Life(kind, tmp_path, HastyFetch())
    await life.begin()
    life.server.silent = True
    with pytest.raises(AuthenticationError) as caught:
        await life.secret()
    assert "answer" in caught.value.message
    assert hushed(caught.value)
    await life.end()


@pytest.mark.parametrize("kind", ["web identity", "container"])
async def test_token_file_rotated(kind: str, tmp_path: Path) -> None:
    life = Life(kind, tmp_path)
    await life.begin()
    await life.secret()
    if isinstance(life.server, FakeContainer):
        life.server.token = "hush.jwt.2"
    elif isinstance(life.server, FakeSts):
        life.server.tokens = {"hush.jwt.2"}
    life.put_token("hush.jwt.2")
    life.clock.now = NOW + HOUR
    assert await life.secret() == "hush/secret/2"
    await life.end()


async def test_refused_ones_are_replaced(life: Life) -> None:
    bad = await life.cache.get()
    life.cache.invalidate(bad)
    assert await life.secret() == "hush/secret/2"


async def test_explains(life: Life) -> None:
    explanation = await life.cache.explain()
    assert explanation.found == explanation.steps[-1].provider
    assert explanation.steps[-1].outcome == "found"
    assert explanation.steps[-1].detail == "access key …0001, expires 2027-01-15T09:00:00Z"
    await life.server.stop()
    broken = await life.cache.explain()
    assert broken.found is None
    assert f"127.0.0.1:{life.server.port}" in broken.steps[-1].detail
    await life.server.start()
    assert hushed(explanation, broken, life.provider)


async def test_closing_in_the_middle(life: Life) -> None:
    life.server.gate = asyncio.Event()
    caller = asyncio.create_task(life.secret())
    await life.server.arrived.wait()
    await life.cache.close()
    with pytest.raises(Exception, match="closed"):
        await caller
    assert not [each for each in asyncio.all_tasks() if each.get_name() == "hashrange credentials"]
