"""Opening connections to real sockets: name resolution, TCP, TLS, a proxy; each stage as it should be, and each way
in which it can fail or never end. After each test no socket and no task is left.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import pytest

from hashrange.errors import ConnectFailed, NetworkError
from hashrange.wire.connection import Connection, State
from hashrange.wire.dial import Origin, dialer, open_connection, tls_context
from tests.loops import on_each_loop, run_clean, settle
from tests.wire_servers import (
    OK,
    Handler,
    Peer,
    Served,
    answering,
    black_hole,
    closing,
    first_answering,
    free_port,
    proxying,
    resetting,
    server_tls,
    serving,
    silent,
    trusting,
)

PATIENCE = 5.0  # where it should succeed
HASTE = 0.1  # where the end of the time is the subject
REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\n\r\n"


def origin_of(server: Served, tls: ssl.SSLContext | None = None, proxy: str | None = None) -> Origin:
    return Origin(server.host, server.port, tls, proxy)


async def assert_works(connection: Connection) -> None:
    """It carries a request and its answer. Ends it."""
    assert connection.state is State.IDLE
    answer = await connection.exchange(REQUEST, PATIENCE)
    assert answer.status == 200
    assert connection.state is State.IDLE
    connection.close()
    await settle()


async def refusal(origin: Origin, timeout: float = PATIENCE) -> ConnectFailed:
    """The error of opening a connection."""
    with pytest.raises(ConnectFailed) as caught:
        await open_connection(origin, timeout)
    assert not caught.value.sent
    assert f"{origin.host}:{origin.port}" in str(caught.value) or "proxy" in str(caught.value)
    return caught.value


# ── TCP ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
@on_each_loop
async def test_plain_tcp() -> None:
    async with serving(answering(OK)) as server:
        await assert_works(await open_connection(origin_of(server), PATIENCE))
        await server.all_gone()


@on_each_loop
async def test_a_dialer_dials_its_origin_again_and_again() -> None:
    async with serving(answering(OK)) as server:
        dial = dialer(origin_of(server))
        await assert_works(await dial(PATIENCE))
        await assert_works(await dial(PATIENCE))
        assert len(server.peers) == 2


@on_each_loop
async def test_ipv6() -> None:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
    async with serving(answering(OK), host="::1") as server:
        await assert_works(await open_connection(origin_of(server), PATIENCE))


@on_each_loop
async def test_a_name_with_several_addresses_of_which_one_answers() -> None:
    """localhost is ::1 and 127.0.0.1 on most machines; the server listens on one of them."""
    async with serving(answering(OK)) as server:
        await assert_works(await open_connection(Origin("localhost", server.port), PATIENCE))


@on_each_loop
async def test_nobody_listens() -> None:
    with free_port() as port:
        error = await refusal(Origin("127.0.0.1", port))
    assert "while connecting" in str(error)


@on_each_loop
async def test_an_address_that_never_answers() -> None:
    with black_hole() as port:
        error = await refusal(Origin("127.0.0.1", port), HASTE)
    assert "within 0.1 s while connecting" in str(error)


@on_each_loop
async def test_without_time_left_nobody_is_called() -> None:
    async with serving(silent) as server:
        await refusal(origin_of(server), 0.0)
        await refusal(origin_of(server), -1.0)
        await settle()
        assert server.peers == []


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("host", ["a" * 64 + ".example", "two..dots", "nul\0", "ü" * 70])
@pytest.mark.parametrize("secure", [False, True])
@on_each_loop
async def test_a_text_that_cannot_be_a_host_name(host: str, secure: bool) -> None:
    await refusal(Origin(host, 8000, tls_context() if secure else None))


class Resolving(asyncio.SelectorEventLoop):
    """A loop that knows no name, or never finds out."""

    finds_out = True

    async def getaddrinfo(self, *args: Any, **options: Any) -> Any:
        if self.finds_out:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        await asyncio.Event().wait()


def test_a_name_that_does_not_exist() -> None:
    async def dial() -> None:
        error = await refusal(Origin("no-such-host.example", 443))
        assert "Name or service not known" in str(error)

    run_clean(Resolving, dial)


def test_a_name_whose_server_never_answers() -> None:
    class Waiting(Resolving):
        finds_out = False

    async def dial() -> None:
        error = await refusal(Origin("slow-name-server.example", 443), HASTE)
        assert "within 0.1 s while connecting" in str(error)

    run_clean(Waiting, dial)


# ── TLS ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@on_each_loop
async def test_tls(host: str) -> None:
    async with serving(answering(OK), tls=server_tls()) as server:
        connection = await open_connection(Origin(host, server.port, trusting(tls_context())), PATIENCE)
        await assert_works(connection)
        await server.all_gone()


@on_each_loop
async def test_a_certificate_that_nobody_trusts() -> None:
    async with serving(silent, tls=server_tls()) as server:
        error = await refusal(origin_of(server, tls_context()))
        assert error.hint == "the server's certificate is not trusted"
        assert "certificate verify failed" in str(error)


@on_each_loop
async def test_a_certificate_for_another_host() -> None:
    async with serving(silent, tls=server_tls("elsewhere.example")) as server:
        error = await refusal(origin_of(server, trusting(tls_context())))
        assert "127.0.0.1" in str(error)
        assert error.hint is not None
        assert "certificate" in error.hint


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@on_each_loop
async def test_versions_of_tls_that_are_spoken(version: ssl.TLSVersion) -> None:
    async with serving(answering(OK), tls=server_tls(version=version)) as server:
        await assert_works(await open_connection(origin_of(server, trusting(tls_context())), PATIENCE))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@on_each_loop
async def test_versions_of_tls_that_are_refused(version: ssl.TLSVersion) -> None:
    async with serving(silent, tls=server_tls(version=version)) as server:
        error = await refusal(origin_of(server, trusting(tls_context())))
        assert error.hint is None


@on_each_loop
async def test_a_handshake_that_never_ends() -> None:
    async with serving(silent) as server:
        error = await refusal(origin_of(server, tls_context()), HASTE)
        assert "within 0.1 s" in str(error)
        await server.all_gone()


@pytest.mark.parametrize("how", [closing, resetting])
@on_each_loop
async def test_a_handshake_that_the_server_ends(how: Handler) -> None:
    async def handle(peer: Peer) -> None:
        await peer.reader.readexactly(1)
        await how(peer)

    async with serving(handle) as server:
        await refusal(origin_of(server, tls_context()))


@on_each_loop
async def test_a_server_that_does_not_speak_tls() -> None:
    async def handle(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await peer.gone()

    async with serving(handle) as server:
        await refusal(origin_of(server, tls_context()))
        await server.all_gone()


# ── a proxy ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("secure", [False, True])
@on_each_loop
async def test_through_a_proxy(secure: bool) -> None:
    tls = trusting(tls_context()) if secure else None
    async with (
        serving(answering(OK), tls=server_tls() if secure else None) as server,
        serving(proxying()) as proxy,
    ):
        connection = await open_connection(origin_of(server, tls, f"http://{proxy.authority}"), PATIENCE)
        await assert_works(connection)
        assert proxy.requests[0].target == server.authority
        assert "proxy-authorization" not in proxy.requests[0].headers
        await server.all_gone()
        await proxy.all_gone()


@on_each_loop
async def test_a_proxy_that_wants_to_know_who_comes() -> None:
    async with serving(answering(OK)) as server, serving(proxying("user@corp", "p:ss wörd")) as proxy:
        url = f"http://user%40corp:p%3Ass%20w%C3%B6rd@{proxy.authority}"
        await assert_works(await open_connection(origin_of(server, proxy=url), PATIENCE))
        error = await refusal(origin_of(server, proxy=f"http://user%40corp:wrong-secret@{proxy.authority}"))
        assert "407 Proxy Authentication Required" in str(error)
        assert "wrong-secret" not in str(error)
        await refusal(origin_of(server, proxy=f"http://user@{proxy.authority}"))


@on_each_loop
async def test_through_a_proxy_to_an_ipv6_address() -> None:
    async with serving(first_answering(b"HTTP/1.1 502 no route\r\n\r\n", silent)) as proxy:
        await refusal(Origin("::1", 8000, None, f"http://{proxy.authority}"))
        assert proxy.requests[0].target == "[::1]:8000"
        assert proxy.requests[0].headers["host"] == "[::1]:8000"


@on_each_loop
async def test_the_certificate_behind_a_proxy_is_checked() -> None:
    async with serving(silent, tls=server_tls()) as server, serving(proxying()) as proxy:
        error = await refusal(origin_of(server, tls_context(), f"http://{proxy.authority}"))
        assert error.hint == "the server's certificate is not trusted"
        assert "starting TLS through the proxy" in str(error)


ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        pytest.param(first_answering(b"HTTP/1.1 403 Forbidden\r\n\r\n", silent), "403 Forbidden", id="403"),
        pytest.param(first_answering(b"SSH-2.0-OpenSSH\r\n\r\n", silent), "SSH-2.0", id="garbage"),
        pytest.param(first_answering(b"HTTP/1.1\r\n\r\n", silent), "refused a tunnel", id="no status"),
        pytest.param(first_answering(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000, silent), "has no end", id="endless"),
        pytest.param(first_answering(ESTABLISHED + b"surplus", silent), "talks into the tunnel", id="talks"),
        pytest.param(closing, "closed the connection", id="closes at once"),
        pytest.param(first_answering(b"", closing), "closed the connection", id="closes"),
        pytest.param(first_answering(b"HTTP/1.1 200", closing), "closed the connection", id="closes in its answer"),
        pytest.param(first_answering(b"", resetting), "", id="resets"),
    ],
)
@pytest.mark.parametrize("secure", [False, True])
@on_each_loop
async def test_a_proxy_that_does_not_do_its_work(handler: Handler, message: str, secure: bool) -> None:
    async with serving(handler) as proxy:
        tls = tls_context() if secure else None
        error = await refusal(Origin("db.example", 443, tls, f"http://{proxy.authority}"))
        assert message in str(error)
        await proxy.all_gone()


@pytest.mark.parametrize("end", [closing, resetting])
@pytest.mark.parametrize("secure", [False, True])
@on_each_loop
async def test_a_tunnel_that_ends_is_noticed_at_the_latest_when_it_is_used(end: Handler, secure: bool) -> None:
    async def open_and_use(origin: Origin) -> None:
        connection = await open_connection(origin, PATIENCE)
        await connection.exchange(REQUEST, PATIENCE)

    async with serving(first_answering(ESTABLISHED, end)) as proxy:
        tls = tls_context() if secure else None
        with pytest.raises(ConnectFailed if secure else NetworkError) as caught:
            await open_and_use(Origin("db.example", 443, tls, f"http://{proxy.authority}"))
        assert "within" not in str(caught.value), "it is noticed by itself, and not by waiting in vain"
        await proxy.all_gone()


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 Conn", ESTABLISHED])
@on_each_loop
async def test_a_proxy_that_never_answers(said: bytes) -> None:
    async with serving(first_answering(said, silent)) as proxy:
        error = await refusal(Origin("db.example", 443, tls_context(), f"http://{proxy.authority}"), HASTE)
        stage = "starting TLS through the proxy" if said == ESTABLISHED else "waiting for the proxy's answer to CONNECT"
        assert f"within 0.1 s while {stage}" in str(error)
        await proxy.all_gone()


@on_each_loop
async def test_nobody_listens_where_the_proxy_should_be() -> None:
    with free_port() as port:
        error = await refusal(Origin("db.example", 443, None, f"http://user:hush@127.0.0.1:{port}"))
    assert "while connecting to the proxy" in str(error)
    assert "hush" not in str(error)


def test_an_origin_does_not_show_the_proxys_password() -> None:
    origin = Origin("db.example", 443, None, "http://user:hush@proxy.example")
    assert "hush" not in repr(origin)
    assert str(origin) == "db.example:443 through a proxy"
