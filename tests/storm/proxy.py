"""A TCP proxy between a client and a server that does to their connections what networks do, from one seed.

Owns where it listens, its links, and what each fault does. In a process of its own: ``python -m tests.storm.proxy
PORT SEED [tls]`` says where it listens, goes on until its standard input ends, and then says its counts; all as JSON.
Must not know what requests mean.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import ClassVar, Final, Self

from tests.storm.faults import CONNECTIONS, EXCHANGES, Deck, Fault
from tests.storm.link import Link, Side, accepted_side, flipped, garbage, opened_side, own_answer, part_of, reset
from tests.wire_servers import authority, server_tls

#: seconds for which nobody is let in
OUTAGE_SECONDS: Final = 0.05
#: seconds for which a connection is never read
DEAF_SECONDS: Final = 1.0
#: seconds at most by which a request comes after its client has gone
LATE_SECONDS_MAX: Final = 0.2
#: seconds at most until something happens to an idle connection
IDLE_SECONDS_MAX: Final = 0.003


class Proxy:
    """Listens on 127.0.0.1.

    Args:
        port: of the server, on this machine.
        seed: of all chance.
        tls: what clients are spoken to by; None for plain TCP. The server has plain TCP.
        exchanges, connections: the decks.

    Attributes:
        port: where it listens.
        injected: fault → how often.
        accepted: connections that came in.
        links: those that are open, or have something to deliver yet.
    """

    def __init__(
        self,
        port: int,
        seed: int,
        tls: ssl.SSLContext | None = None,
        exchanges: Mapping[Fault, int] = EXCHANGES,
        connections: Mapping[Fault, int] = CONNECTIONS,
    ) -> None:
        self._server_port, self._tls = port, tls
        self._chance = Random(seed)
        self._exchanges, self._connections = Deck(exchanges, self._chance), Deck(connections, self._chance)
        self._place = socket.socket()  # holds the port while nobody listens
        self._accepting: asyncio.Task[None] | None = None
        self._going_out = False
        self._clients: set[Side] = set()
        self.port = 0
        self.injected: Counter[str] = Counter()
        self.accepted = 0
        self.links: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Proxy {len(self.links)} links, {self.accepted} accepted, {self.injected.total()} exchanges>"

    async def __aenter__(self) -> Self:
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", 0))
        self.port = self._place.getsockname()[1]
        self._accepting = asyncio.create_task(self._accept(self._listener()))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._place.close()
        tasks = [task for task in (self._accepting, *self.links) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    async def at_rest(self) -> None:
        """Return when no link is left: the clients have closed theirs, and what came late has been delivered."""
        while self.links:
            await asyncio.wait(self.links)

    # ── connections ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _listener(self) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(512)
        listener.setblocking(False)
        return listener

    async def _accept(self, listener: socket.socket) -> None:
        # not by asyncio's server: it forgets a connection that comes while it closes
        loop = asyncio.get_running_loop()
        try:
            while True:
                sock, _ = await loop.sock_accept(listener)
                self.accepted += 1
                if self._going_out:
                    reset(sock)
                    listener.close()
                    await asyncio.sleep(OUTAGE_SECONDS)
                    listener, self._going_out = self._listener(), False
                    continue
                task = loop.create_task(self._serve(sock))
                self.links.add(task)
                task.add_done_callback(self.links.discard)
        finally:
            listener.close()

    async def _serve(self, sock: socket.socket) -> None:
        fault = self._connections.deal()
        self.injected[fault] += fault is not Fault.NONE
        if fault is Fault.REFUSE:
            reset(sock)
            return
        with contextlib.ExitStack() as stack:
            stack.callback(sock.close)
            if fault is Fault.DEAF:
                await asyncio.sleep(DEAF_SECONDS)
                return
            with contextlib.suppress(EOFError, OSError):  # one of the two has left
                client = await accepted_side(sock, self._tls)
                stack.callback(client.writer.transport.abort)
                self._clients.add(client)
                stack.callback(self._clients.discard, client)
                await self._link(client)

    async def _link(self, client: Side) -> None:
        server = await opened_side(self._server_port)
        link = Link(client, server)
        try:
            while True:
                request = await client.message()
                fault = self._exchanges.deal()
                self.injected[fault] += 1
                if not await self._acts[fault](self, link, request):
                    break
            await client.gone()
        finally:
            server.writer.transport.abort()

    # ── the server never sees the request ────────────────────────────────────────────────────────────────────────────
    async def _cut_before(self, link: Link, _: bytes) -> bool:
        link.close()
        return False

    async def _reset_before(self, link: Link, _: bytes) -> bool:
        link.reset()
        return False

    async def _unavailable(self, link: Link, _: bytes) -> bool:
        await link.client.send(own_answer(503))
        return True

    async def _cut_in_request(self, link: Link, request: bytes) -> bool:
        await link.server.send(part_of(request, self._chance))
        link.close()
        return False

    async def _reset_in_request(self, link: Link, request: bytes) -> bool:
        await link.server.send(part_of(request, self._chance))
        link.reset()
        return False

    # ── nobody knows ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def _cut_after_request(self, link: Link, request: bytes) -> bool:
        link.server.writer.write(request)
        link.close()
        return False

    async def _late(self, link: Link, request: bytes) -> bool:
        await link.client.gone()
        await asyncio.sleep(self._chance.random() * LATE_SECONDS_MAX)
        await link.ask(request)
        return False

    # ── the answer is lost ───────────────────────────────────────────────────────────────────────────────────────────
    async def _cut_after(self, link: Link, request: bytes) -> bool:
        await link.ask(request)
        link.close()
        return False

    async def _reset_after(self, link: Link, request: bytes) -> bool:
        await link.ask(request)
        link.reset()
        return False

    async def _stall(self, link: Link, request: bytes) -> bool:
        await link.ask(request)
        return False

    async def _bad_gateway(self, link: Link, request: bytes) -> bool:
        await link.ask(request)
        await link.client.send(own_answer(502))
        return True

    async def _garbage(self, link: Link, request: bytes) -> bool:
        await link.ask(request)
        await link.client.send(garbage(self._chance))
        return False

    async def _cut_in_answer(self, link: Link, request: bytes) -> bool:
        await link.client.send(part_of(await link.ask(request), self._chance))
        link.close()
        return False

    async def _reset_in_answer(self, link: Link, request: bytes) -> bool:
        await link.client.send(part_of(await link.ask(request), self._chance))
        link.reset()
        return False

    async def _half_close(self, link: Link, request: bytes) -> bool:
        await link.client.send(part_of(await link.ask(request), self._chance))
        link.client.close_half()
        return False

    async def _flip(self, link: Link, request: bytes) -> bool:
        await link.client.send(flipped(await link.ask(request), self._chance))
        return True

    async def _drip_too_slow(self, link: Link, request: bytes) -> bool:
        await link.client.drip(await link.ask(request), 200, 0.02)
        return True

    # ── the answer arrives ───────────────────────────────────────────────────────────────────────────────────────────
    async def _pass(self, link: Link, request: bytes) -> bool:
        await link.client.send(await link.ask(request))
        return True

    async def _drip(self, link: Link, request: bytes) -> bool:
        await link.server.drip(request, 7, 0.001)
        await link.client.drip(await link.server.message(), 7, 0.001)
        return True

    async def _delay(self, link: Link, request: bytes) -> bool:
        await asyncio.sleep(self._chance.random() * 0.05)
        return await self._pass(link, request)

    async def _surplus(self, link: Link, request: bytes) -> bool:
        await link.client.send(await link.ask(request) + garbage(self._chance))
        return False

    async def _half_close_server(self, link: Link, request: bytes) -> bool:
        await link.server.send(request)
        link.server.close_half()
        await link.client.send(await link.server.message())
        link.close()
        return False

    async def _cut_idle(self, link: Link, request: bytes) -> bool:
        await self._pass_and_wait(link, request)
        link.close()
        return False

    async def _reset_idle(self, link: Link, request: bytes) -> bool:
        await self._pass_and_wait(link, request)
        link.reset()
        return False

    async def _garbage_idle(self, link: Link, request: bytes) -> bool:
        await self._pass_and_wait(link, request)
        await link.client.send(garbage(self._chance))
        return False

    async def _pass_and_wait(self, link: Link, request: bytes) -> None:
        await self._pass(link, request)
        await asyncio.sleep(self._chance.random() * IDLE_SECONDS_MAX)

    # ── of more than one exchange ────────────────────────────────────────────────────────────────────────────────────
    async def _out(self, link: Link, _: bytes) -> bool:
        """The next one who knocks finds the door closed."""
        self._going_out = True
        for client in self._clients:
            client.reset()
        link.reset()
        return False

    #: what each does with a request: whether the link can go on
    _acts: ClassVar[dict[Fault, Callable[[Proxy, Link, bytes], Awaitable[bool]]]] = {
        Fault.NONE: _pass,
        Fault.CUT_BEFORE: _cut_before,
        Fault.RESET_BEFORE: _reset_before,
        Fault.UNAVAILABLE: _unavailable,
        Fault.CUT_IN_REQUEST: _cut_in_request,
        Fault.RESET_IN_REQUEST: _reset_in_request,
        Fault.CUT_AFTER_REQUEST: _cut_after_request,
        Fault.LATE: _late,
        Fault.CUT_AFTER: _cut_after,
        Fault.RESET_AFTER: _reset_after,
        Fault.STALL: _stall,
        Fault.BAD_GATEWAY: _bad_gateway,
        Fault.GARBAGE: _garbage,
        Fault.CUT_IN_ANSWER: _cut_in_answer,
        Fault.RESET_IN_ANSWER: _reset_in_answer,
        Fault.HALF_CLOSE: _half_close,
        Fault.FLIP: _flip,
        Fault.DRIP_TOO_SLOW: _drip_too_slow,
        Fault.DRIP: _drip,
        Fault.DELAY: _delay,
        Fault.SURPLUS: _surplus,
        Fault.HALF_CLOSE_SERVER: _half_close_server,
        Fault.CUT_IDLE: _cut_idle,
        Fault.RESET_IDLE: _reset_idle,
        Fault.GARBAGE_IDLE: _garbage_idle,
        Fault.OUTAGE: _out,
    }


async def _main(port: int, seed: int, *, tls: bool) -> None:
    loop = asyncio.get_running_loop()
    async with Proxy(port, seed, server_tls() if tls else None) as proxy:
        print(json.dumps({"port": proxy.port, "authority": authority().cert_pem.bytes().decode()}), flush=True)
        with contextlib.suppress(ConnectionError):
            await loop.run_in_executor(None, sys.stdin.read)
        await proxy.at_rest()
        print(json.dumps({"injected": proxy.injected, "accepted": proxy.accepted}), flush=True)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2]), tls=sys.argv[3:] == ["tls"]))
