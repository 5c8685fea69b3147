"""IMDSv2: token, role, credentials; off EC2, without a role, and all that may go wrong."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.auth.credentials import Credentials, Secret
from hashrange.auth.instance import IPV4_ADDRESS, IPV6_ADDRESS, InstanceMetadata
from hashrange.errors import AuthenticationError, ConfigurationError, CredentialsNotFound

from .servers import HOUR, NOW, FakeInstance, HastyFetch, Reply, as_json, hushed


def provider(server: FakeInstance, **changes: Any) -> InstanceMetadata:
    return InstanceMetadata(server.url, clock=server.clock, **changes)


def token() -> Reply:
    return Reply(200, b"hush-session-0=")


async def test_gives_the_credentials_of_the_role() -> None:
    async with FakeInstance() as server:
        found = await provider(server).fetch()
    assert found == Credentials("ASIAHUSHHUSH00000001", Secret("hush/secret/1"), Secret("hush//token+1=="), NOW + HOUR)
    assert [(request.method, request.path) for request in server.requests] == [
        ("PUT", "/latest/api/token"),
        ("GET", "/latest/meta-data/iam/security-credentials/"),
        ("GET", "/latest/meta-data/iam/security-credentials/web-server"),
    ]
    assert server.requests[0].headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
    assert "x-aws-ec2-metadata-token" not in server.requests[0].headers


@pytest.mark.parametrize("good_for", [0, 1])
async def test_a_token_that_is_refused_is_replaced_once(good_for: int) -> None:
    async with FakeInstance(script=[Reply(200, b"hush-of-another-life")]) as server:
        assert await provider(server).fetch()
        assert server.sessions == 1
        server.forget_after = good_for
        with pytest.raises(AuthenticationError, match="refuses the token that it gave") as caught:
            await provider(server).fetch()
        assert server.sessions == 3
    assert hushed(caught.value)


async def test_off_ec2_nothing_answers() -> None:
    async with FakeInstance() as server:
        pass
    with pytest.raises(CredentialsNotFound, match="nothing answers") as caught:
        await provider(server).fetch()
    assert caught.value.hint is not None
    assert "hop limit" in caught.value.hint
    assert server.url in caught.value.message


async def test_off_ec2_nobody_waits_long() -> None:
    fetch = HastyFetch()
    async with FakeInstance(silent=True) as server:
        with pytest.raises(CredentialsNotFound, match="nothing answers"):
            await provider(server, fetch=fetch).fetch()
    assert fetch.asked == [1.0, 1.0]
    assert server.clock.slept == [0.0]


async def test_switched_off_or_without_a_role_is_not_set_up() -> None:
    async with FakeInstance(enabled=False) as server:
        with pytest.raises(CredentialsNotFound, match=r"no IMDSv2 token \(HTTP status 403\)"):
            await provider(server).fetch()
    async with FakeInstance(role=None) as server:
        with pytest.raises(CredentialsNotFound, match="has no role"):
            await provider(server).fetch()
    async with FakeInstance(role="") as server:
        with pytest.raises(CredentialsNotFound, match="has no role"):
            await provider(server).fetch()


@pytest.mark.parametrize(
    ("replies", "problem"),
    [
        ([Reply(400)], "request for a token with HTTP status 400"),
        ([Reply(200, b"")], "a token that cannot be one"),
        ([Reply(200, b"hush\r\nX: 1")], "a token that cannot be one"),
        ([Reply(200, b"hush\xff")], "a token that cannot be one"),
        ([Reply(500), Reply(500)], "request for a token with HTTP status 500"),
        ([token(), Reply(500), Reply(502)], "request for the role with HTTP status 502"),
        ([token(), Reply(200, b"<html>hush</html>")], "what is no role's name"),
        ([token(), Reply(200, b"../../hush")], "what is no role's name"),
        ([token(), Reply(0, raw=b""), Reply(0, raw=b"")], "did not answer"),
        ([token(), Reply(200, b"r\nother"), Reply(404)], "no credentials for role r: HTTP status 404"),
        ([token(), Reply(200, b"r"), Reply(200, b"hush")], "for role r: it is not JSON"),
        ([token(), Reply(200, b"r"), as_json(200, {"Code": "Success"})], "for role r: it has no AccessKeyId"),
        ([token(), Reply(200, b"r"), as_json(200, {"Code": 5})], "for role r: 5"),
    ],
)
async def test_says_what_is_wrong(replies: list[Reply], problem: str) -> None:
    async with FakeInstance(script=list(replies)) as server:
        with pytest.raises(AuthenticationError, match=problem) as caught:
            await provider(server).fetch()
    assert server.script == []
    assert not isinstance(caught.value, CredentialsNotFound)
    assert hushed(caught.value)


async def test_a_role_that_cannot_be_assumed() -> None:
    async with FakeInstance(code="AssumeRoleUnauthorizedAccess") as server:
        with pytest.raises(
            AuthenticationError, match=r"AssumeRoleUnauthorizedAccess \(.*: the role cannot be assumed\)"
        ):
            await provider(server).fetch()


async def test_a_passing_failure_is_tried_again() -> None:
    async with FakeInstance(script=[Reply(503), token()]) as server:
        server.sessions = 0
        assert await provider(server).fetch()


async def test_expired_credentials_are_used_a_little_longer(caplog: pytest.LogCaptureFixture) -> None:
    async with FakeInstance(life=-60.0) as server:
        found = await provider(server).fetch()
    assert found.expires_at == NOW + 600
    assert found.secret_key.reveal() == "hush/secret/1"
    assert "credentials that expired 2027-01-15T07:59:00Z" in caplog.text
    assert hushed(caplog.text)


def test_where_it_is() -> None:
    assert InstanceMetadata().looks_at == IPV4_ADDRESS
    assert repr(InstanceMetadata(IPV6_ADDRESS)) == "<InstanceMetadata http://[fd00:ec2::254]>"
    with pytest.raises(ConfigurationError, match="instance metadata endpoint"):
        InstanceMetadata("169.254.169.254")
