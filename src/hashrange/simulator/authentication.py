"""Who is calling: the service's checks of the Authorization header or the signed query, in its order.

Any credentials are accepted, as long as they are complete, unless keys are given: then signatures are checked by a
reading of Signature Version 4 of the simulator's own. Must not know sockets, operations or tables. No error holds a
secret key.

Source: AWS General Reference, "Signature Version 4 signing process".
"""

from __future__ import annotations

import hmac
import re
from calendar import timegm
from collections.abc import Iterable, Mapping
from hashlib import sha256
from time import gmtime, strftime, strptime
from typing import Final
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from msgspec import Struct

from . import messages
from .errors import ApiError
from .http_messages import HttpRequest

SKEW_MAX_MINUTES: Final = 15

_HEADER_PARTS: Final = ("Credential", "Signature", "SignedHeaders")
_QUERY_PARTS: Final = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
_DATE_FORMAT: Final = "%Y%m%dT%H%M%SZ"
_DATE: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII)
#: what every SDK sends; anything else is looked at piece by piece
_USUAL: Final = re.compile(rb"AWS4-[!-~]+ Credential=[^ ,=]+, ?SignedHeaders=[^ ,=]+, ?Signature=[^ ,=]+")


class _Claim(Struct):
    """What a request says of its signature."""

    credential: str
    signed_headers: str
    signature: str
    date: str
    in_query: bool


def refusal(request: HttpRequest, keys: Mapping[str, str] | None, now: float) -> ApiError | None:
    """Why a request is not let in; None where it is.

    Args:
        keys: access key to secret key; None accepts any credentials that are complete.
        now: seconds since the epoch.
    """
    header = request.headers.get(b"authorization")
    if (
        keys is None
        and header is not None
        and b"X-Amz-Algorithm" not in request.target
        and _USUAL.fullmatch(header)
        and b"x-amz-date" in request.headers
    ):
        return None
    try:
        claim = _claim(request, None if header is None else header.decode("latin-1"))
        if keys is not None:
            _verify(request, claim, keys, now)
    except ApiError as error:
        return error
    return None


# ── the structure ────────────────────────────────────────────────────────────────────────────────────────────────────
def _claim(request: HttpRequest, header: str | None) -> _Claim:
    """What the request claims. Raises ApiError where that is incomplete."""
    query = dict(_query(request.target))
    in_query = "X-Amz-Algorithm" in query
    if header and in_query:
        raise ApiError("InvalidSignatureException", messages.TWO_SIGNATURES)
    if header and header.strip().startswith("AWS4-"):
        return _claim_of_header(request, header)
    if header or not in_query:
        raise ApiError("MissingAuthenticationTokenException", messages.TOKEN_MISSING)
    missing = [name for name in _QUERY_PARTS if not query.get(name)]
    if missing:
        raise ApiError("IncompleteSignatureException", messages.incomplete_query(missing))
    return _Claim(
        query["X-Amz-Credential"],
        query["X-Amz-SignedHeaders"],
        query["X-Amz-Signature"],
        query["X-Amz-Date"],
        in_query=True,
    )


def _claim_of_header(request: HttpRequest, header: str) -> _Claim:
    pieces = (piece.split("=", 1) for piece in re.split("[, ]", header)[1:] if "=" in piece)
    parts = {name: value.partition("=")[0] for name, value in pieces}
    missing = [name for name in _HEADER_PARTS if not parts.get(name)]
    date = request.headers.get(b"x-amz-date") or request.headers.get(b"date")
    if missing or not date:
        text = messages.incomplete_header(missing, without_date=not date, header=header)
        raise ApiError("IncompleteSignatureException", text)
    return _Claim(
        parts["Credential"], parts["SignedHeaders"], parts["Signature"], date.decode("latin-1"), in_query=False
    )


def _query(target: bytes) -> list[tuple[str, str]]:
    _, _, query = target.partition(b"?")
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True) if query else []


# ── the signature ────────────────────────────────────────────────────────────────────────────────────────────────────
def _verify(request: HttpRequest, claim: _Claim, keys: Mapping[str, str], now: float) -> None:
    elements = claim.credential.split("/")
    if len(elements) != 5:
        raise ApiError("IncompleteSignatureException", messages.bad_credential(claim.credential))
    access_key, scope = elements[0], elements[1:]
    _check_date(claim.date, now)
    if "host" not in claim.signed_headers.lower().split(";"):
        raise ApiError("InvalidSignatureException", messages.HOST_NOT_SIGNED)
    secret = keys.get(access_key)
    if secret is None:
        raise ApiError("UnrecognizedClientException", messages.ACCESS_KEY_UNKNOWN)
    expected = signature(secret, scope, claim.date, canonical_request(request, claim.signed_headers.split(";")))
    if not hmac.compare_digest(expected.encode(), claim.signature.encode("utf-8", "surrogateescape")):
        raise ApiError("InvalidSignatureException", messages.SIGNATURE_WRONG)


def _check_date(date: str, now: float) -> None:
    try:
        signed_at = timegm(strptime(date, _DATE_FORMAT)) if _DATE.fullmatch(date) else None
    except ValueError:
        signed_at = None
    if signed_at is None:
        raise ApiError("IncompleteSignatureException", messages.bad_signature_date(date))
    skew = SKEW_MAX_MINUTES * 60
    if signed_at < now - skew:
        text = messages.signature_expired(date, _text(now - skew), _text(now), SKEW_MAX_MINUTES)
        raise ApiError("InvalidSignatureException", text)
    if signed_at > now + skew:
        text = messages.signature_not_current(date, _text(now + skew), _text(now), SKEW_MAX_MINUTES)
        raise ApiError("InvalidSignatureException", text)


def _text(seconds: float) -> str:
    return strftime(_DATE_FORMAT, gmtime(seconds))


def canonical_request(request: HttpRequest, signed_headers: Iterable[str]) -> bytes:
    """The text that the client has hashed, put together from what came."""
    path = request.target.partition(b"?")[0]
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in _query(request.target)
        if name != "X-Amz-Signature"
    )
    names = [name.lower() for name in signed_headers]
    values = (b" ".join(request.headers.get(name.encode("latin-1", "replace"), b"").split()) for name in names)
    lines = [
        request.method,
        quote(_plain_path(unquote_to_bytes(path)), safe="/-_.~").encode("ascii"),
        "&".join(f"{name}={value}" for name, value in pairs).encode("ascii"),
        *(name.encode("latin-1", "replace") + b":" + value for name, value in zip(names, values, strict=True)),
        b"",
        ";".join(names).encode("latin-1", "replace"),
        sha256(request.body).hexdigest().encode("ascii"),
    ]
    return b"\n".join(lines)


def _plain_path(path: bytes) -> bytes:
    """The path without empty, ``.`` and ``..`` segments."""
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    return b"/" + b"/".join(kept) + (b"/" if kept and path.endswith(b"/") else b"")


def signature(secret_key: str, scope: list[str], date: str, request: bytes) -> str:
    """The hexadecimal signature of a canonical request; ``scope`` is day, region, service and ``aws4_request``."""
    key = b"AWS4" + secret_key.encode()
    for part in scope:
        key = hmac.digest(key, part.encode("utf-8", "surrogateescape"), "sha256")
    text = f"AWS4-HMAC-SHA256\n{date}\n{'/'.join(scope)}\n{sha256(request).hexdigest()}"
    return hmac.digest(key, text.encode("utf-8", "surrogateescape"), "sha256").hex()
