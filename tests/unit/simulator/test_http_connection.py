"""One connection of the server over a transport that is a list: framing, order, back-pressure, refusals, time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from hashrange.simulator.http_connection import BURST_MAX_REQUESTS, Limits, Waiting
from hashrange.simulator.http_messages import BAD_REQUEST, CONTINUE, HEAD_TOO_LARGE, TOO_LARGE, HttpRequest
from tests.unit.simulator.http_client import Client, House, Wire, post


async def until(condition: object, wire: Wire, length: int) -> None:
    for _ in range(1_000):
        if len(wire.sent) >= length:
            return
        await asyncio.sleep(0)
    raise AssertionError(f"{condition}: {len(wire.sent)} bytes were sent")


# ── framing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_request_is_answered() -> None:
    client = Client()
    assert client.send(post(b"{}", "X-Amz-Target: a.B", target="/x?y=z")) == b"[POST /x?y=z {}]"
    (request,) = client.gateway.requests
    assert request.headers == {b"host": b"localhost", b"content-length": b"2", b"x-amz-target": b"a.B"}
    assert client.connection.waits_for is Waiting.REQUEST
    assert repr(client.connection) == "<Connection: waits for a request>"


async def test_a_request_byte_by_byte() -> None:
    client = Client()
    data = post(b"body", "A: b", target="/long/target")
    for number in range(len(data) - 1):
        assert client.send(data[number : number + 1]) == b""
    assert client.connection.waits_for is Waiting.REST
    assert client.send(data[-1:]) == b"[POST /long/target body]"
    assert client.gateway.requests[0].headers[b"a"] == b"b"


async def test_several_requests_on_one_connection() -> None:
    client = Client()
    assert client.send(post(b"1")) == b"[POST / 1]"
    assert client.send(b"\r\n" + post(b"2")) == b"[POST / 2]"
    assert client.send(b"GET /x HTTP/1.1\r\n\r\n") == b"[GET /x ]"
    assert [request.body for request in client.gateway.requests] == [b"1", b"2", b""]
    assert b"host" not in client.gateway.requests[2].headers, "nothing of the one before"


async def test_chunks_and_what_follows_them() -> None:
    client = Client()
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n"
    assert client.send(head + b"3\r\nabc\r\n") == b""
    assert client.send(b"2;ext=1\r\nde\r\n0\r\nX-A: 2\r\nX-B: 3\r\n\r\n") == b"[POST / abcde]"
    headers = client.gateway.requests[0].headers
    assert headers[b"x-a"] == b"1", "a trailer replaces no header"
    assert b"x-b" not in headers


async def test_a_client_that_waits_for_its_turn_is_told_to_go_on() -> None:
    client = Client()
    whole = post(b"{}", "Expect: 100-Continue")
    assert client.send(whole[:-2]) == CONTINUE
    assert client.send(whole[-2:]) == b"[POST / {}]"
    assert client.send(post(b"{}", "Expect: something")) == b"[POST / {}]"


async def test_the_connection_ends_when_the_client_wants_so() -> None:
    client = Client()
    assert client.send(post(b"1", "Connection: close") + post(b"2")) == b"[POST / 1!]"
    assert client.wire.closed
    assert not client.wire.aborted
    client.connection.connection_lost(None)
    assert client.house.members == []


async def test_http_1_0() -> None:
    client = Client()
    assert client.send(post(b"1", "Connection: keep-alive", version="1.0")) == b"[POST / 1]"
    assert client.send(post(b"2", version="1.0")) == b"[POST / 2!]"
    assert client.wire.closed


async def test_an_offer_of_another_protocol_is_ignored() -> None:
    client = Client()
    offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA")
    assert client.send(post(b"1", *offer) + post(b"2")) == b"[POST / 1][POST / 2]"
    whole = post(b"three", *offer)
    assert client.send(whole[:-3]) == b""
    assert client.send(whole[-3:]) == b"[POST / three]"
    assert client.gateway.requests[-1].headers[b"http2-settings"].startswith(b"AAM")


async def test_a_heap_of_such_offers_is_refused() -> None:
    client = Client()
    offers = post(b"1", "Connection: Upgrade", "Upgrade: h2c") * (BURST_MAX_REQUESTS + 1)
    assert client.send(offers).endswith(BAD_REQUEST)


async def test_nobody_gets_a_tunnel() -> None:
    client = Client()
    assert client.send(b"CONNECT example.com:80 HTTP/1.1\r\n\r\nanything") == b"[CONNECT example.com:80 ]"
    assert client.wire.ended
    assert client.send(post()) == b""


# ── order and back-pressure ──────────────────────────────────────────────────────────────────────────────────────────
async def test_pipelined_requests_are_answered_in_order_and_in_turns() -> None:
    client = Client()
    count = BURST_MAX_REQUESTS * 3 + 1
    sent = client.send(b"".join(post(b"%d" % number) for number in range(count)))
    assert sent.count(b"[") == BURST_MAX_REQUESTS, "others get their turn"
    assert not client.wire.reading, "no more is read before these are answered"
    expected = b"".join(b"[POST / %d]" % number for number in range(count))
    await until("all are answered", client.wire, len(expected))
    assert client.wire.sent == expected
    await asyncio.sleep(0)
    assert client.wire.reading


async def test_a_client_that_takes_no_answers_is_not_worked_for() -> None:
    client = Client()
    client.connection.pause_writing()
    assert client.connection.waits_for is Waiting.CLIENT
    assert not client.wire.reading
    assert client.send(post(b"1") + post(b"2")) == b""
    for _ in range(5):
        await asyncio.sleep(0)
    assert client.wire.sent == b""
    client.connection.resume_writing()
    await asyncio.sleep(0)
    assert client.wire.sent == b"[POST / 1][POST / 2]"
    assert client.wire.reading


async def test_one_that_stops_taking_in_the_middle() -> None:
    client = Client()
    client.send(post(b"x") * (BURST_MAX_REQUESTS + 5))
    client.connection.pause_writing()
    await asyncio.sleep(0)
    assert len(client.gateway.requests) == BURST_MAX_REQUESTS
    client.connection.resume_writing()
    await asyncio.sleep(0)
    assert len(client.gateway.requests) == BURST_MAX_REQUESTS + 5


async def test_a_client_that_has_said_all_gets_its_answers() -> None:
    client = Client()
    client.send(post(b"x") * (BURST_MAX_REQUESTS + 1))
    assert client.connection.eof_received() is True
    for _ in range(3):
        await asyncio.sleep(0)
    assert len(client.gateway.requests) == BURST_MAX_REQUESTS + 1
    assert client.wire.closed
    assert not client.wire.aborted


async def test_the_end_of_a_client_without_requests_is_the_end() -> None:
    client = Client()
    client.send(post()[:-1])
    assert client.connection.eof_received() is False


async def test_a_client_that_is_gone_is_not_worked_for() -> None:
    client = Client()
    client.send(post(b"x") * (BURST_MAX_REQUESTS + 5))
    client.connection.connection_lost(ConnectionResetError())
    await asyncio.sleep(0)
    assert len(client.gateway.requests) == BURST_MAX_REQUESTS
    client.connection.abort()
    client.connection.resume_writing()
    await asyncio.sleep(0)


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────
SMALL = Limits(body_max_bytes=10, head_max_bytes=200, headers_max_count=5)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"hello\r\n\r\n",
        b"FOO / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nA\x00: b\r\n\r\n",
    ],
)
async def test_what_is_no_http(garbage: bytes) -> None:
    client = Client()
    assert client.send(garbage).endswith(BAD_REQUEST)
    assert client.wire.ended
    assert not client.wire.closed, "closing at once would tear the answer away"
    assert client.connection.waits_for is Waiting.END
    assert client.send(post()) == b"", "what still comes is thrown away"


async def test_requests_before_garbage_are_answered() -> None:
    client = Client()
    assert client.send(post(b"1") + b"\x00\x00") == b"[POST / 1]" + BAD_REQUEST
    client = Client()
    client.send(post(b"x") * (BURST_MAX_REQUESTS + 1) + b"\x00")
    assert not client.wire.ended
    for _ in range(3):
        await asyncio.sleep(0)
    assert client.wire.sent == b"[POST / x]" * (BURST_MAX_REQUESTS + 1) + BAD_REQUEST
    assert client.wire.ended


async def test_a_blocked_client_is_refused_when_it_takes_its_answers() -> None:
    client = Client()
    client.connection.pause_writing()
    assert client.send(b"\x00") == b""
    client.connection.resume_writing()
    await asyncio.sleep(0)
    assert client.wire.sent == BAD_REQUEST


async def test_a_body_may_be_as_long_as_the_limit() -> None:
    assert Client(SMALL).send(post(b"0123456789")) == b"[POST / 0123456789]"


async def test_a_longer_body_is_refused_before_it_comes() -> None:
    client = Client(SMALL)
    head = post(b"0123456789a", "Expect: 100-continue")[:-11]
    assert client.send(head) == TOO_LARGE
    assert client.send(b"0123456789a") == b""
    assert client.gateway.requests == []


async def test_a_longer_body_in_chunks_is_refused_where_it_gets_too_long() -> None:
    client = Client(SMALL)
    assert client.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n") == b""
    assert client.send(b"8\r\n01234567\r\n0\r\n\r\n") == TOO_LARGE


async def test_too_many_headers() -> None:
    fits = post(b"{}", "A: b", "C: d", "E: f")
    assert Client(SMALL).send(fits) == b"[POST / {}]"
    assert Client(SMALL).send(post(b"{}", "A: b", "C: d", "E: f", "G: h")) == HEAD_TOO_LARGE


@pytest.mark.parametrize("endless", [b"GET /" + b"a" * 300, b"GET / HTTP/1.1\r\nA: " + b"b" * 300])
async def test_a_head_without_an_end(endless: bytes) -> None:
    client = Client(SMALL)
    assert b"".join(client.send(endless[at : at + 10]) for at in range(0, len(endless), 10)) == HEAD_TOO_LARGE


async def test_what_came_before_a_head_is_not_of_it() -> None:
    client = Client(SMALL)
    whole = post(b"0123456789")
    assert client.send(whole * 5 + whole[:-10]) == b"[POST / 0123456789]" * 5
    assert client.send(whole[-10:]) == b"[POST / 0123456789]"


async def test_an_error_inside_the_server_ends_the_connection_only() -> None:
    client = Client()

    def fail(request: HttpRequest, *, keep_alive: bool) -> bytes:
        raise ZeroDivisionError

    client.gateway.respond = fail  # type: ignore[method-assign]
    assert client.send(post()) == BAD_REQUEST
    assert client.wire.ended


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
TIMES = Limits(idle_timeout=100.0, request_timeout=50.0, write_timeout=20.0, linger_timeout=5.0)


def looks(client: Client, *times: float) -> Iterator[bool]:
    """Whether it was closed after a look at each time."""
    for now in times:
        client.connection.check_time(now)
        yield client.wire.aborted


async def test_one_that_says_nothing() -> None:
    client = Client(TIMES)
    client.connection.check_time(0.0)
    client.send(post())
    assert list(looks(client, 1000.0, 1099.0, 1100.0)) == [False, False, True]


async def test_one_that_never_ends_its_request() -> None:
    client = Client(TIMES)
    client.send(b"POST / HTTP/1.1\r\n")
    client.connection.check_time(1000.0)
    client.send(b"Host: a\r\n")
    assert list(looks(client, 1049.0)) == [False]
    client.send(b"A: b\r\n")
    assert list(looks(client, 1050.0)) == [True], "a byte now and then is no progress"


async def test_one_that_takes_no_answers() -> None:
    client = Client(TIMES)
    client.connection.pause_writing()
    assert list(looks(client, 1000.0, 1019.0, 1020.0)) == [False, False, True]


async def test_one_that_is_refused_and_goes_on() -> None:
    client = Client(TIMES)
    client.send(b"\x00")
    client.connection.check_time(1000.0)
    client.send(b"more" * 100)
    assert list(looks(client, 1004.0, 1005.0)) == [False, True]


async def test_work_is_progress() -> None:
    client = Client(TIMES)
    for now in range(0, 10_000, 99):
        client.send(post())
        assert list(looks(client, float(now))) == [False]


# ── the owner ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_full_house_takes_nobody() -> None:
    house = House()
    house.full = True
    assert Client(house=house).wire.aborted


async def test_idle_ones_are_closed_when_the_owner_stops() -> None:
    client = Client()
    client.house.stopping = True
    client.connection.close_if_idle()
    assert client.wire.closed
    assert not client.wire.aborted


async def test_what_is_under_way_is_finished_when_the_owner_stops() -> None:
    client = Client()
    client.send(post(b"1")[:-1])
    client.house.stopping = True
    client.connection.close_if_idle()
    assert not client.wire.closed
    client.send(b"1" + post(b"2"))
    await asyncio.sleep(0)
    assert client.wire.sent == b"[POST / 1][POST / 2!]"
    assert client.wire.closed
