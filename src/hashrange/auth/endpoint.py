"""Asking a credential endpoint: a few attempts, a bounded answer, and errors that hold nothing of what was sent.

Owns the ``Fetch`` protocol, the loop over attempts and the reading of the JSON document that container and instance
endpoints answer with. Must not know an endpoint's address, or what a failure means to its provider.

No traceback that leaves here has a frame in which a request or an answer stands: error reporters show local variables.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec

from ..clock import Clock, Randomness
from ..errors import InvalidCredentials, NetworkError
from ..resilience.backoff import delay
from .credentials import Credentials, Secret

#: the longest answers known, STS's, have a few kilobytes
ANSWER_MAX_BYTES: Final = 256 * 1024
_DELAY_MAX_SECONDS: Final = 2.0
_SHOWN_MAX_CHARS: Final = 300
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class Fetch(Protocol):
    """Sends one HTTP request; ``hashrange.wire.fetch.fetch`` is one. Replace it to go through a proxy, or in tests."""

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, timeout: float
    ) -> tuple[int, bytes]:
        """The answer's status and body.

        Raises:
            NetworkError: no whole answer came within ``timeout`` seconds.
        """
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """An endpoint's answer; its ``repr`` does not show the body, which may hold keys."""

    status: int
    body: bytes

    def __repr__(self) -> str:
        return f"<Answer {self.status}, {len(self.body)} bytes>"


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often an endpoint is asked.

    Attributes:
        count: attempts, the first included.
        timeout: seconds for each.
        base_delay: seconds; see ``resilience.backoff.delay``.
    """

    count: int
    timeout: float
    base_delay: float


def server_failed(answer: Answer) -> bool:
    """Whether an answer says that the same request may succeed later."""
    return answer.status >= 500 or answer.status == 429


async def ask(
    send: Callable[[], Awaitable[tuple[int, bytes]]],
    attempts: Attempts,
    clock: Clock,
    randomness: Randomness,
    again: Callable[[Answer], bool] = server_failed,
) -> Answer:
    """The first answer for which ``again`` is false, or the last one.

    Raises:
        NetworkError: the last attempt got no answer.
    """
    attempt = 1
    outcome = await _once(send)
    while attempt < attempts.count and (isinstance(outcome, NetworkError) or again(outcome)):
        await clock.sleep(delay(attempt, attempts.base_delay, _DELAY_MAX_SECONDS, randomness.random()))
        attempt += 1
        outcome = await _once(send)
    if isinstance(outcome, NetworkError):
        raise outcome
    return outcome


async def _once(send: Callable[[], Awaitable[tuple[int, bytes]]]) -> Answer | NetworkError:
    try:
        return Answer(*await send())
    except NetworkError as error:
        error.__cause__ = error.__context__ = None  # their frames may hold the request; the message says what they say
        return error.with_traceback(None)


def credentials_from_json(answer: Answer) -> Credentials | str:
    """The credentials in ``{"AccessKeyId": …, "SecretAccessKey": …, "Token": …, "Expiration": …}``.

    Token and Expiration may be absent. Where the document is not such a one, a text that says what is wrong with it,
    without any of its values. Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
    """
    document = json_object(answer)
    if isinstance(document, str):
        return document
    found: dict[str, str] = {}
    for name in ("AccessKeyId", "SecretAccessKey", "Token", "Expiration"):
        value = document.get(name)
        if isinstance(value, str):
            found[name] = value
        elif value is not None:
            return f"its {name} is not text"
        elif name in ("AccessKeyId", "SecretAccessKey"):
            return f"it has no {name}"
    return credentials_from_parts(
        found["AccessKeyId"], found["SecretAccessKey"], found.get("Token"), found.get("Expiration")
    )


def credentials_from_parts(
    access_key: str, secret_key: str, token: str | None, expiration: str | None
) -> Credentials | str:
    """Credentials from an answer's texts, or what is wrong with them."""
    expires_at = None if expiration is None else seconds_from_iso(expiration)
    if expiration is not None and expires_at is None:
        return "its Expiration is not a date"
    try:
        return Credentials(access_key, Secret(secret_key), None if token is None else Secret(token), expires_at)
    except InvalidCredentials as error:
        return error.message


def json_object(answer: Answer) -> dict[str, Any] | str:
    """The answer's JSON object, or what is wrong with it."""
    if len(answer.body) > ANSWER_MAX_BYTES:
        return f"it is longer than {ANSWER_MAX_BYTES} bytes"
    try:
        document = msgspec.json.decode(answer.body)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested too deeply
        return "it is not JSON"
    return document if isinstance(document, dict) else "it is not a JSON object"


def error_in_json(answer: Answer, *secrets: Secret | None) -> str:
    """What an error answer says of itself: `` (code: message)``, or nothing."""
    document = json_object(answer)
    if isinstance(document, str):
        return ""
    names = {name.lower(): value for name, value in document.items() if isinstance(value, str)}
    said = ": ".join(names[name] for name in ("code", "message") if names.get(name))
    return f" ({shown(said, *secrets)})" if said else ""


def shown(text: str, *secrets: Secret | None) -> str:
    """A text of the other side, fit for a message: one line, of bounded length, without what we sent in confidence."""
    for secret in secrets:
        if secret:
            text = text.replace(secret.reveal(), repr(secret))
    text = _CONTROL.sub(" ", text).strip()
    return text if len(text) <= _SHOWN_MAX_CHARS else f"{text[: _SHOWN_MAX_CHARS - 1]}…"


def is_header_text(token: Secret) -> bool:
    """Whether a token can stand in a header: visible ASCII and spaces, and not empty."""
    text = token.reveal()
    return bool(text) and text.isascii() and text.isprintable()


def seconds_from_iso(text: str) -> float | None:
    """``2026-01-31T23:59:59Z`` as seconds since the epoch; UTC where no zone is given; None where it is no date."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
