"""AWS Signature Version 4: which bytes are hashed, in which order.

Pure: the time is an argument. ``sign_headers`` signs any request; ``DynamoDBSigner`` makes the head of a DynamoDB
request and keeps what does not change within a second. Must not know where credentials come from.

Source: AWS General Reference, "Create a signed AWS API request".
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256

from msgspec import Struct

_ALGORITHM = "AWS4-HMAC-SHA256"
_TARGET_PREFIX = "DynamoDB_20120810."
_STREAMS_TARGET_PREFIX = "DynamoDBStreams_20120810."
#: operations of DynamoDB Streams, an API of its own that is signed in the same way
STREAMS = frozenset({"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"})
_NOT_SIGNED = frozenset({"authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"})
_SET_HERE = frozenset({"authorization", "host", "x-amz-date", "x-amz-security-token"})


def amz_date(now: float) -> str:
    """Seconds since the epoch as ``20260131T235959Z``."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))


@lru_cache(maxsize=32)
def signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    """The key of one day, region and service (``day`` as ``20260131``)."""
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature(key: bytes, date: str, scope: str, canonical_request: bytes) -> str:
    """The hexadecimal signature of a canonical request."""
    to_sign = f"{_ALGORITHM}\n{date}\n{scope}\n{sha256(canonical_request).hexdigest()}"
    return hmac.digest(key, to_sign.encode("ascii"), "sha256").hex()


def canonical_request(method: str, url: str, headers: Mapping[str, str], payload_hash: str) -> tuple[str, str]:
    """The canonical request and the list of signed headers (``host;x-amz-date``).

    ``headers`` are signed as given, but for those that proxies may change; ``url`` is already percent-encoded.
    """
    from urllib.parse import quote, urlsplit  # slow to import, for few calls in a program's life

    parts = urlsplit(url)
    query = sorted(
        (quote(name, safe="-_.~%"), quote(value, safe="-_.~%"))
        for name, _, value in (pair.partition("=") for pair in parts.query.split("&") if pair)
    )
    signed = sorted(
        (name.lower().strip(), re.sub(" +", " ", value.strip()))
        for name, value in headers.items()
        if name.lower() not in _NOT_SIGNED
    )
    names = ";".join(name for name, _ in signed)
    lines = [
        method.upper(),
        quote(_without_dots(parts.path) or "/", safe="/-_.~"),
        "&".join(f"{name}={value}" for name, value in query),
        *(f"{name}:{value}" for name, value in signed),
        "",
        names,
        payload_hash,
    ]
    return "\n".join(lines), names


def _without_dots(path: str) -> str:
    """A path without empty, ``.`` and ``..`` segments, as the standard wants it for every service but S3."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if path.endswith("/") and kept else "")


def sign_headers(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    service: str,
    region: str,
    access_key: str,
    secret_key: str,
    token: str | None,
    now: float,
) -> dict[str, str]:
    """All headers of the signed request: those given, and in place of theirs Host, X-Amz-Date, X-Amz-Security-Token and
    Authorization.

    Args:
        url: absolute, percent-encoded.
        now: seconds since the epoch.
    """
    date = amz_date(now)
    all_headers = {name: value for name, value in headers.items() if name.lower() not in _SET_HERE}
    all_headers |= {"Host": host_header(url), "X-Amz-Date": date}
    if token is not None:
        all_headers["X-Amz-Security-Token"] = token
    request, names = canonical_request(method, url, all_headers, sha256(body).hexdigest())
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    key = signing_key(secret_key, date[:8], region, service)
    signed = signature(key, date, scope, request.encode())
    all_headers["Authorization"] = (
        f"{_ALGORITHM} Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signed}"
    )
    return all_headers


def host_header(url: str) -> str:
    """The Host header of a URL: without the port where it is the scheme's own."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return host.removesuffix(default) if default else host


class _Template(Struct, frozen=True):
    """What is the same for all requests of one operation, second and identity."""

    head: bytes  # everything up to the signature
    canonical: bytes  # everything up to the body's hash
    to_sign: bytes  # everything up to the canonical request's hash
    key: bytes


class DynamoDBSigner:
    """Makes the signed head of ``POST /`` for one endpoint."""

    __slots__ = ("_host", "_identity", "_region", "_second", "_templates", "_user_agent")

    def __init__(self, host: str, region: str, user_agent: str) -> None:
        self._host, self._region, self._user_agent = host, region, user_agent
        self._second = -1
        self._identity: object = None
        self._templates: dict[str, _Template] = {}

    def request(
        self,
        operation: str,
        body: bytes,
        *,
        identity: object,
        access_key: str,
        secret_key: str,
        token: str | None,
        now: float,
    ) -> bytes:
        """The bytes of a whole signed request.

        Args:
            identity: an object that stands for the three secrets; templates are kept as long as it is the same object.
            now: seconds since the epoch.
        """
        second = int(now)
        if second != self._second or identity is not self._identity:
            self._second, self._identity = second, identity
            self._templates.clear()
        template = self._templates.get(operation)
        if template is None:
            template = self._templates[operation] = self._template(operation, access_key, secret_key, token, second)
        canonical = template.canonical + sha256(body).hexdigest().encode("ascii")
        to_sign = template.to_sign + sha256(canonical).hexdigest().encode("ascii")
        signed = hmac.digest(template.key, to_sign, "sha256").hex()
        return template.head + f"{signed}\r\nContent-Length: {len(body)}\r\n\r\n".encode("ascii") + body

    def _template(self, operation: str, access_key: str, secret_key: str, token: str | None, second: int) -> _Template:
        date = amz_date(second)
        scope = f"{date[:8]}/{self._region}/dynamodb/aws4_request"
        headers = {
            "Host": self._host,
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Date": date,
            "X-Amz-Target": (_STREAMS_TARGET_PREFIX if operation in STREAMS else _TARGET_PREFIX) + operation,
        }
        if token is not None:
            headers["X-Amz-Security-Token"] = token
        canonical, names = canonical_request("POST", "/", headers, "")
        lines = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        lines += [
            f"User-Agent: {self._user_agent}",
            f"Authorization: {_ALGORITHM} Credential={access_key}/{scope}, SignedHeaders={names}, Signature=",
        ]
        return _Template(
            head="\r\n".join(lines).encode("ascii"),
            canonical=canonical.encode("ascii"),
            to_sign=f"{_ALGORITHM}\n{date}\n{scope}\n".encode("ascii"),
            key=signing_key(secret_key, date[:8], self._region, "dynamodb"),
        )
