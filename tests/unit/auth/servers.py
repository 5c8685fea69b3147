"""Small HTTP servers on loopback that play STS, the container endpoint and IMDSv2, with the checks of the real ones.

``test_servers.py`` lets botocore talk to them. Every secret that they hand out, or that tests hand in, contains
"hush", so that one search finds a leak.
"""

from __future__ import annotations

import asyncio
import json
import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreKeys

from hashrange.auth.credentials import Credentials, Secret
from hashrange.wire.fetch import fetch

ROLE = "arn:aws:iam::123456789012:role/reader"
REGION = "eu-west-1"
NOW = 1_800_000_000.0
HOUR = 3600.0


class ManualClock:
    """A clock that a test turns; sleeping takes no time and is written down."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


class Chance:
    """Randomness that always says the same."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def random(self) -> float:
        return self.value


class HastyFetch:
    """The real ``fetch`` with next to no patience, for servers that never answer; keeps the timeouts asked for."""

    def __init__(self, timeout: float = 0.05) -> None:
        self.timeout = timeout
        self.asked: list[float] = []

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, timeout: float
    ) -> tuple[int, bytes]:
        self.asked.append(timeout)
        return await fetch(method, url, headers, body, timeout=self.timeout)


def keys(number: int = 0) -> Credentials:
    """Long-lived credentials of a caller."""
    return Credentials(f"AKIAHUSHHUSH{number:08d}", Secret(f"hush/caller/{number}"))


def visible(error: BaseException) -> str:
    """Everything of an error that could reach a log: texts, tracebacks, and the local variables of our frames."""
    found = [repr(error), str(error), *traceback.format_exception(error)]
    seen: BaseException | None = error
    while seen is not None:
        found.append(repr(seen.__dict__))
        for frame, _ in traceback.walk_tb(seen.__traceback__):
            if "/hashrange/" in frame.f_code.co_filename:
                found += [f"{name}={_repr(value)}" for name, value in frame.f_locals.items()]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(found)


def _repr(value: object) -> str:
    try:
        return repr(value)
    except AttributeError:  # an object whose __init__ raised
        return object.__repr__(value)


def hushed(*things: object) -> bool:
    """Whether nothing secret shows."""
    texts = [visible(each) if isinstance(each, BaseException) else f"{each}\n{each!r}" for each in things]
    return "hush" not in "\n".join(texts).lower()


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    status: int
    body: bytes = b""
    raw: bytes | None = None  # sent instead of an HTTP answer

    def encoded(self) -> bytes:
        head = f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
        return head.encode() + self.body if self.raw is None else self.raw


@dataclass
class Server:
    """One server; subclasses answer. ``script`` holds replies that come before all others."""

    clock: ManualClock = field(default_factory=ManualClock)
    life: float = HOUR
    script: list[Reply] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    silent: bool = False  # accept, and never answer
    issued: int = 0
    gate: asyncio.Event | None = None  # answers wait for it
    port: int = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    async def start(self) -> None:
        self._connections: set[asyncio.Task[None]] = set()
        self.arrived = asyncio.Event()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Nobody answers at the port any more; ``start`` comes back to it."""
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            request = await self._read(reader)
            self.requests.append(request)
            self.arrived.set()
            if self.silent:
                await reader.read()
                return
            if self.gate is not None:
                await self.gate.wait()
            reply = self.script.pop(0) if self.script else self.answer(request)
            writer.write(reply.encoded())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self._connections.discard(task)
            writer.close()

    @staticmethod
    async def _read(reader: asyncio.StreamReader) -> Request:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Request(method, path, headers, body)

    def answer(self, request: Request) -> Reply:
        raise AssertionError("a subclass answers")

    def issue(self) -> dict[str, str]:
        """New credentials, in the form of the JSON endpoints."""
        self.issued += 1
        expires = datetime.fromtimestamp(self.clock.now + self.life, UTC)
        return {
            "AccessKeyId": f"ASIAHUSHHUSH{self.issued:08d}",
            "SecretAccessKey": f"hush/secret/{self.issued}",
            "Token": f"hush//token+{self.issued}==",
            "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def as_json(status: int, document: Any) -> Reply:
    return Reply(status, json.dumps(document).encode())


@dataclass
class FakeSts(Server):
    """AssumeRole (signature checked by botocore's signer) and AssumeRoleWithWebIdentity."""

    region: str = REGION
    callers: dict[str, Credentials] = field(default_factory=lambda: {keys().access_key: keys()})
    external_id: str | None = None
    tokens: set[str] = field(default_factory=lambda: {"hush.jwt.1"})
    forms: list[dict[str, str]] = field(default_factory=list)

    def answer(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode("ascii"), strict_parsing=True))
        self.forms.append(form)
        kind = request.headers.get("content-type", "").partition(";")[0]
        if (request.method, request.path, kind) != ("POST", "/", "application/x-www-form-urlencoded"):
            return sts_error(404, "InvalidAction", "not a query request")
        if form.get("Version") != "2011-06-15" or not re.fullmatch(r"[\w+=,.@-]{2,64}", form["RoleSessionName"]):
            return sts_error(400, "ValidationError", "version or session name")
        if not 900 <= int(form.get("DurationSeconds", "3600")) <= 43200:
            return sts_error(400, "ValidationError", "DurationSeconds")
        if form["Action"] == "AssumeRole":
            refusal = self._signature(request) or self._external_id(form)
        else:
            refusal = self._token(form)
        if refusal is not None:
            return refusal
        self.life = float(form.get("DurationSeconds", self.life))
        return Reply(200, sts_answer(form["Action"], self.issue()).encode())

    def _external_id(self, form: dict[str, str]) -> Reply | None:
        if form["RoleArn"] == ROLE and form.get("ExternalId") == self.external_id:
            return None
        return sts_error(403, "AccessDenied", f"not authorized to perform: sts:AssumeRole on {form['RoleArn']}")

    def _token(self, form: dict[str, str]) -> Reply | None:
        if form["Action"] != "AssumeRoleWithWebIdentity":
            return sts_error(400, "InvalidAction", form["Action"])
        if form["WebIdentityToken"] in self.tokens:
            return None
        # the real one does not quote the token; a careless one might
        return sts_error(400, "InvalidIdentityToken", f"no such token: {form['WebIdentityToken']}")

    def _signature(self, request: Request) -> Reply | None:
        match = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8}/[^/]+/[^/]+/aws4_request), "
            r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})",
            request.headers.get("authorization", ""),
        )
        if match is None:
            return sts_error(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        access_key, scope, names, signature = match.groups()
        caller = self.callers.get(access_key)
        if caller is None:
            return sts_error(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        date = request.headers["x-amz-date"]
        token = None if caller.token is None else caller.token.reveal()
        if (
            scope != f"{date[:8]}/{self.region}/sts/aws4_request"
            or request.headers.get("x-amz-security-token") != token
        ):
            return sts_error(403, "SignatureDoesNotMatch", f"Credential should be scoped to {self.region} and sts")
        moment = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        if abs(moment - self.clock.now) > 900:
            return sts_error(403, "SignatureDoesNotMatch", "Signature expired")
        if signature != _signature_by_botocore(request, names.split(";"), caller, self.region):
            return sts_error(403, "SignatureDoesNotMatch", "does not match the signature you provided")
        return None


def _signature_by_botocore(request: Request, names: list[str], caller: Credentials, region: str) -> str:
    signed = {name: request.headers[name] for name in names}
    url = f"http://{request.headers['host']}{request.path}"
    aws = AWSRequest(request.method, url, headers=signed, data=request.body)
    aws.context["timestamp"] = request.headers["x-amz-date"]
    signer = SigV4Auth(BotocoreKeys(caller.access_key, caller.secret_key.reveal()), "sts", region)
    found = signer.signature(signer.string_to_sign(aws, signer.canonical_request(aws)), aws)
    assert isinstance(found, str)
    return found


def sts_answer(action: str, issued: Mapping[str, str]) -> str:
    """The documented form of a success."""
    return (
        f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>'
        "<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/reader/me</Arn>"
        "<AssumedRoleId>AROA123:me</AssumedRoleId></AssumedRoleUser>"
        f"<Credentials><AccessKeyId>{issued['AccessKeyId']}</AccessKeyId>"
        f"<SecretAccessKey>{issued['SecretAccessKey']}</SecretAccessKey>"
        f"<SessionToken>{issued['Token']}</SessionToken><Expiration>{issued['Expiration']}</Expiration>"
        f"</Credentials></{action}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{action}Response>"
    )


def sts_error(status: int, code: str, message: str) -> Reply:
    """The documented form of a failure."""
    text = (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{escape(message)}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    )
    return Reply(status, text.encode())


@dataclass
class FakeContainer(Server):
    """The container endpoint; with ``token`` it wants it in the Authorization header."""

    path: str = "/v2/credentials/hush-0815"
    token: str | None = None

    @property
    def credentials_url(self) -> str:
        return self.url + self.path

    def answer(self, request: Request) -> Reply:
        if (request.method, request.path) != ("GET", self.path):
            return as_json(404, {"code": "NoIdMapping", "message": "no such task"})
        given = request.headers.get("authorization")
        if given != self.token:
            return as_json(401, {"code": "AccessDenied", "message": f"wrong token: {given}"})
        return as_json(200, {"RoleArn": ROLE, **self.issue()})


@dataclass
class FakeInstance(Server):
    """The instance metadata service, version 2 only."""

    role: str | None = "web-server"
    code: str = "Success"
    enabled: bool = True
    sessions: int = 0
    forget_after: int | None = None  # how many requests a session token is good for

    def answer(self, request: Request) -> Reply:
        if not self.enabled or "x-forwarded-for" in request.headers:
            return Reply(403)
        if request.path == "/latest/api/token":
            return self._session(request)
        given = request.headers.get("x-aws-ec2-metadata-token")
        if given != f"hush-session-{self.sessions}=" or self.forget_after == 0:
            return Reply(401)
        if self.forget_after is not None:
            self.forget_after -= 1
        if self.role is None or request.method != "GET":
            return Reply(404, b"<html>404 - Not Found</html>")
        if request.path == "/latest/meta-data/iam/security-credentials/":
            return Reply(200, self.role.encode())
        if request.path == f"/latest/meta-data/iam/security-credentials/{self.role}":
            if self.code != "Success":
                return as_json(200, {"Code": self.code, "Message": "the role cannot be assumed", "LastUpdated": "x"})
            return as_json(200, {"Code": "Success", "Type": "AWS-HMAC", **self.issue()})
        return Reply(404)

    def _session(self, request: Request) -> Reply:
        ttl = request.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
        if request.method != "PUT":
            return Reply(405)
        if not ttl.isdigit() or not 1 <= int(ttl) <= 21600:
            return Reply(400)
        self.sessions += 1
        return Reply(200, f"hush-session-{self.sessions}=".encode())
