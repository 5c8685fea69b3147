"""A connected TCP socket to a host: its addresses, and a race among them. Works the same on asyncio and uvloop.

The loops' own ``create_connection`` is not used for this: uvloop tries one address after the other, each with all the
time there is, and asyncio forgets an open socket when it is cancelled at the wrong moment. Must not know TLS or HTTP.

Source of the race: RFC 8305, "Happy Eyeballs".
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from itertools import zip_longest
from typing import Any, Final, TypeAlias

#: seconds after which the next address is tried beside those that have not answered yet
NEXT_ADDRESS_DELAY: Final = 0.25

#: family, type, protocol, canonical name, address; as ``socket.getaddrinfo`` gives it
_Address: TypeAlias = tuple[int, int, int, str, tuple[Any, ...]]


async def open_socket(host: str, port: int) -> socket.socket:
    """A connected, non-blocking socket; cancelling leaves none behind.

    Raises:
        OSError: the name has no address, or none of its addresses could be reached.
        ValueError: the host's text cannot be a name.
    """
    addresses = _alternating(await _resolve(host, port))
    if len(addresses) == 1:
        return await _connected(addresses[0])
    return await _first_connected(addresses)


async def _resolve(host: str, port: int) -> Iterable[_Address]:
    try:  # an address needs no name server, and so no thread
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        loop = asyncio.get_running_loop()
        return await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def _alternating(addresses: Iterable[_Address]) -> list[_Address]:
    """IPv6 and IPv4 in turn, beginning with what the resolver prefers: one of them may lead nowhere."""
    by_family: dict[int, list[_Address]] = {}
    for address in addresses:
        by_family.setdefault(address[0], []).append(address)
    return [each for row in zip_longest(*by_family.values()) for each in row if each is not None]


async def _connected(address: _Address) -> socket.socket:
    family, kind, protocol, _, target = address
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, target)
    except BaseException:
        sock.close()
        raise
    return sock


async def _first_connected(addresses: list[_Address]) -> socket.socket:
    untried = iter(addresses)
    racing: set[asyncio.Task[socket.socket]] = set()
    failures: list[str] = []
    try:
        while True:
            address = next(untried, None)
            if address is not None:
                racing.add(asyncio.create_task(_connected(address)))
            elif not racing:
                raise OSError("; ".join(dict.fromkeys(failures)) or "the name has no address")
            wait = None if address is None else NEXT_ADDRESS_DELAY
            ended, _ = await asyncio.wait(racing, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                racing.discard(task)
                failure = task.exception()
                if failure is None:
                    return task.result()
                failures.append(str(failure))
    finally:
        for task in racing:
            task.cancel()
            task.add_done_callback(_discard)


def _discard(task: asyncio.Task[socket.socket]) -> None:
    """Close the socket of one who came too late."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()
