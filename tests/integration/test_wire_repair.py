"""What a transport mends after an authentication error: expired tokens and a wrong clock."""

from __future__ import annotations

import asyncio

import pytest

from hashrange.auth.credentials import Credentials, Secret
from hashrange.errors import AuthenticationError, DynamoDBError, TokenExpired
from tests.fakes import FakeClock
from tests.loops import on_each_loop
from tests.wire_clients import call, client_of
from tests.wire_servers import OK, Served, answer, answering, serving


def refusing(code: str, date: str | None = None) -> bytes:
    """An error of the service."""
    body = b'{"__type":"com.amazonaws#%b"}' % code.encode()
    return answer(body, status=400, headers=None if date is None else {"Date": date})


class Rotating:
    """A provider that gives other keys every time."""

    name = "rotating"

    def __init__(self) -> None:
        self.given: list[Credentials] = []

    async def fetch(self) -> Credentials:
        self.given.append(Credentials(f"AKID{len(self.given)}", Secret("hush"), Secret(f"token-{len(self.given)}")))
        return self.given[-1]


def keys_of(server: Served) -> list[str]:
    """Whose signature each request has."""
    return [request.headers["authorization"].partition("Credential=")[2][:5] for request in server.requests]


@on_each_loop
async def test_an_expired_token_is_replaced() -> None:
    provider = Rotating()
    async with (
        serving(answering(refusing("ExpiredTokenException"), OK)) as server,
        client_of(server, provider=provider) as client,
    ):
        refused = await call(client)
        assert client.repair(TokenExpired("expired"), refused)
        assert (await call(client)).status == 200
        assert keys_of(server) == ["AKID0", "AKID1"]
        assert [request.headers["x-amz-security-token"] for request in server.requests] == ["token-0", "token-1"]
        assert client.repair(TokenExpired("a straggler of the old ones"), refused)
        assert (await call(client)).status == 200
        assert keys_of(server) == ["AKID0", "AKID1", "AKID1"], "the new ones are kept"


def dates_of(server: Served) -> list[str]:
    return [request.headers["x-amz-date"] for request in server.requests]


@on_each_loop
async def test_a_wrong_clock_is_corrected_by_the_servers() -> None:
    clock = FakeClock(1_785_578_400.0)  # 20260801T100000Z
    ahead = refusing("InvalidSignatureException", "Sat, 01 Aug 2026 10:20:00 GMT")
    async with serving(answering(ahead, ahead, OK)) as server, client_of(server, clock=clock) as client:
        error = AuthenticationError("signature not yet current")
        first, straggler = await asyncio.gather(call(client), call(client))
        assert first.server_time == pytest.approx(1_785_578_400.0 + 1_200)
        assert client.repair(error, first)
        assert client.repair(error, straggler), "it was signed by the wrong clock too: sending again makes sense"
        corrected = await call(client)
        assert corrected.status in (200, 400)
        assert sorted(dates_of(server)) == ["20260801T100000Z", "20260801T100000Z", "20260801T102000Z"]


@on_each_loop
async def test_a_clock_that_was_corrected_is_not_blamed_again() -> None:
    clock = FakeClock(1_785_578_400.0)
    ahead = refusing("InvalidSignatureException", "Sat, 01 Aug 2026 10:20:00 GMT")
    async with serving(answering(ahead)) as server, client_of(server, clock=clock) as client:
        error = AuthenticationError("the signature does not match")
        assert client.repair(error, await call(client))
        assert not client.repair(error, await call(client))
        assert dates_of(server) == ["20260801T100000Z", "20260801T102000Z"]


@pytest.mark.parametrize(
    ("date", "server_time"),
    [
        ("Sat, 01 Aug 2026 10:03:59 GMT", 1_785_578_639.0),
        ("yesterday", None),
        ("", None),
        ("Sat, 01 Aug 2026 10:00:00 -0000", 1_785_578_400.0),
        ("Sat, 01 Aug 2026 10:00:00", 1_785_578_400.0),
        ("Fri, 31 Dec 9999 25:00:00 GMT", None),
        ("Fri, 99 Xyz 2026 10:00:00 GMT", None),
        ("Sat, 01 Aug 2026 10:20:00 +9999999999999", None),
    ],
)
@on_each_loop
async def test_a_clock_is_not_blamed_without_reason(date: str, server_time: float | None) -> None:
    clock = FakeClock(1_785_578_400.0)
    refusal = refusing("InvalidSignatureException", date)
    async with serving(answering(refusal)) as server, client_of(server, clock=clock) as client:
        response = await call(client)
        assert response.server_time == server_time
        assert not client.repair(AuthenticationError("no"), response)


@on_each_loop
async def test_what_is_not_about_authentication_is_not_mended() -> None:
    ahead = refusing("ValidationException", "Sat, 01 Aug 2026 10:20:00 GMT")
    async with serving(answering(ahead)) as server, client_of(server) as client:
        assert not client.repair(DynamoDBError("no"), await call(client))
