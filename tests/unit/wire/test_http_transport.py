"""What the transport decides without a socket: dates of answers, what can be mended, and what it shows of itself."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.auth.credentials import Credentials
from hashrange.auth.refresh import CredentialCache
from hashrange.auth.static import Static
from hashrange.errors import (
    AccessDenied,
    AuthenticationError,
    ClientClosed,
    ConnectionLost,
    DynamoDBError,
    TokenExpired,
)
from hashrange.wire.endpoints import resolve_endpoint
from hashrange.wire.http_transport import HttpTransport, http_date
from hashrange.wire.transport import Request, Response
from tests.fakes import NOW, FakeClock


def transport(proxy: str | None = None) -> HttpTransport:
    endpoint = resolve_endpoint("eu-west-1")
    provider = Static("AKIDHUSH", "hush/secret", "hush/token")
    return HttpTransport(endpoint, CredentialCache(provider), FakeClock(), user_agent="hashrange/test", proxy=proxy)


def test_it_needs_no_loop_until_something_is_sent() -> None:
    assert repr(transport()) == "<HttpTransport https://dynamodb.eu-west-1.amazonaws.com: no pool>"


def test_its_repr_shows_no_secret() -> None:
    assert "hush" not in repr(transport("http://user:hush@proxy.example")).lower()


async def test_closed_before_its_first_use() -> None:
    client = transport()
    await client.close()
    await client.close()
    with pytest.raises(ClientClosed) as caught:
        await client.send(Request("GetItem", b"{}", 1.0))
    assert not caught.value.sent


async def test_what_a_source_of_credentials_was_sent_is_not_the_request() -> None:
    class Unreachable:
        name = "unreachable"

        async def fetch(self) -> Credentials:
            raise ConnectionLost("the source of credentials hung up")

    endpoint = resolve_endpoint("eu-west-1")
    client = HttpTransport(endpoint, CredentialCache(Unreachable()), FakeClock(), user_agent="hashrange/test")
    with pytest.raises(ConnectionLost) as caught:
        await client.send(Request("UpdateItem", b"{}", 1.0))
    assert not caught.value.sent, "or else an increment would count as ambiguous"


@pytest.mark.parametrize("error", [TokenExpired(""), AuthenticationError(""), AccessDenied(""), DynamoDBError("")])
def test_an_answer_that_it_did_not_give_cannot_be_mended(error: DynamoDBError) -> None:
    assert not transport().repair(error, Response(400, b"{}", server_time=NOW + 3_600))


# ── dates ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        (b"", None),
        (b"Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        (b"Wed, 31 Dec 1969 23:59:59 GMT", None),
        (b"Sat, 01 Aug 2026 10:20:00 GMT", 1_785_579_600.0),
        (b"Sat, 01 Aug 2026 12:20:00 +0200", 1_785_579_600.0),
        (b"Sat, 01 Aug 2026 10:20:00", 1_785_579_600.0),
        (b"Sat, 01 Aug 2026 10:20:00 -0000", 1_785_579_600.0),
        (b"Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799.0),
        (b"Fri, 31 Dec 9999 25:59:59 GMT", None),
        (b"Sat, 01 Aug 2026 10:20:00 +9999999999999999", None),
        (b"Sat, 01 Aug 99999 10:20:00 GMT", None),
        (b"Sat, 01 Aug 99999999999999999999 10:20:00 GMT", None),
        (b"Sat, 99 Aug 2026", None),
        (b"\xff\xfe", None),
    ],
)
def test_dates(text: bytes | None, seconds: float | None) -> None:
    assert http_date(text) == seconds


@given(st.integers(min_value=0, max_value=253_402_300_799))
def test_every_date_that_a_server_can_write(seconds: int) -> None:
    text = format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)
    assert http_date(text.encode("ascii")) == seconds


DATE_WORDS = ["Sat,", "01", "Aug", "2026", "10:20:00", "GMT", "+0200", "-0000", ":", ",", "99", "1e9", "Z", " ", "-"]


@settings(deadline=None, max_examples=300)
@given(
    st.binary(max_size=40)
    | st.lists(st.sampled_from(DATE_WORDS), max_size=9).map(lambda words: " ".join(words).encode())
)
def test_whatever_stands_in_the_header_it_is_a_date_or_none(text: bytes) -> None:
    found = http_date(text)
    assert found is None or 0 <= found < 253_402_300_800
