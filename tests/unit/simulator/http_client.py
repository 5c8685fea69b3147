"""A client of one server connection over a transport that is a list, and the parts of a server around it."""

from __future__ import annotations

import asyncio

from hashrange.simulator.engine import Engine
from hashrange.simulator.gateway import Gateway
from hashrange.simulator.held_answers import HeldAnswers
from hashrange.simulator.http_connection import Connection, Limits
from hashrange.simulator.http_messages import HttpRequest


class Wire(asyncio.Transport):
    """A transport that notes what is done with it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.reading = True
        self.ended = self.closed = self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        assert not self.ended
        self.sent += bytes(data)

    def write_eof(self) -> None:
        self.ended = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True


class Echo(Gateway):
    """Answers each request with its method, its target and its body; keeps the requests."""

    def __init__(self) -> None:
        super().__init__(Engine())
        self.requests: list[HttpRequest] = []

    def respond(self, request: HttpRequest, *, keep_alive: bool) -> bytes:
        self.requests.append(request)
        end = b"" if keep_alive else b"!"
        return b"[%s %s %s%s]" % (request.method, request.target, request.body, end)


class House:
    """An owner of connections."""

    def __init__(self) -> None:
        self.stopping = False
        self.full = False
        self.held: HeldAnswers | None = None
        self.members: list[Connection] = []

    def opened(self, connection: Connection) -> bool:
        self.members.append(connection)
        return not self.full

    def closed(self, connection: Connection) -> None:
        self.members.remove(connection)


class Client:
    """A connected client."""

    def __init__(self, limits: Limits | None = None, house: House | None = None) -> None:
        self.gateway, self.wire, self.house = Echo(), Wire(), house or House()
        self.connection = Connection(self.house, self.gateway, limits or Limits(), asyncio.get_running_loop())
        self.connection.connection_made(self.wire)

    def send(self, data: bytes) -> bytes:
        """Let the server receive data; what it has sent because of it."""
        before = len(self.wire.sent)
        self.connection.data_received(data)
        return self.wire.sent[before:]


def post(body: bytes = b"{}", *headers: str, target: str = "/", version: str = "1.1") -> bytes:
    lines = [f"POST {target} HTTP/{version}", "Host: localhost", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
