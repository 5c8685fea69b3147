"""Asking the Security Token Service for a role's credentials: what AssumeRole and WebIdentity share.

Owns STS's address, the request's form, the reading of its XML, its retryable errors, and the grammar of a role's
settings. Must not know where the caller's own identity comes from.

Source: AWS Security Token Service API Reference, AssumeRole, AssumeRoleWithWebIdentity, "Common Errors".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from ..clock import Clock, Randomness
from ..errors import AssumeRoleFailed, InvalidCredentials, NetworkError
from ..wire.endpoints import check_region, parse_endpoint_url, partition_of
from ..wire.sigv4 import sign_headers
from .credentials import Credentials, Secret
from .endpoint import ANSWER_MAX_BYTES, Answer, Attempts, Fetch, ask, credentials_from_parts, server_failed, shown

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_VERSION: Final = "2011-06-15"
_ATTEMPTS: Final = Attempts(count=3, timeout=5.0, base_delay=0.1)
_RETRYABLE_CODES: Final = frozenset(
    {"Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestThrottled", "IDPCommunicationError"}
)
_ROLE_ARN = re.compile(r"arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[!-~]{1,512}")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
DURATION_MIN_SECONDS: Final = 900
DURATION_MAX_SECONDS: Final = 43_200

_HINTS: Final[Mapping[str, str]] = {
    "AccessDenied": "the role's trust policy must name this caller, and the caller's policy must allow the action; "
    "an external id must match",
    "ExpiredTokenException": "the token is too old: is the file that it is read from still being renewed?",
    "InvalidIdentityToken": "the token's issuer must be an identity provider of the role's account, and its audience "
    "must be sts.amazonaws.com",
    "RegionDisabledException": "the account has STS switched off in this region",
    "SignatureDoesNotMatch": "check the source's secret key and this machine's clock",
}


@dataclass(frozen=True, slots=True)
class RoleSession:
    """The role to assume, and how. Made by ``role_session``, which checks it.

    Attributes:
        role_arn: the role.
        session_name: shows up in the account's audit trail; None makes one of the time.
        duration: seconds that the credentials live; None leaves it to STS (one hour).
    """

    role_arn: str
    session_name: str | None = None
    duration: int | None = None

    def parameters(self, now: float) -> dict[str, str]:
        name = self.session_name if self.session_name is not None else f"hashrange-{int(now)}"
        found = {"RoleArn": self.role_arn, "RoleSessionName": name}
        if self.duration is not None:
            found["DurationSeconds"] = str(self.duration)
        return found


def role_session(role_arn: Any, session_name: Any, duration: Any) -> RoleSession:
    """A checked ``RoleSession``.

    Raises:
        InvalidCredentials: names the setting, its value and what is allowed.
    """
    if not isinstance(role_arn, str) or not _ROLE_ARN.fullmatch(role_arn):
        raise InvalidCredentials(f"role_arn {role_arn!r} is not one like 'arn:aws:iam::123456789012:role/name'")
    if session_name is not None and not (isinstance(session_name, str) and _SESSION_NAME.fullmatch(session_name)):
        raise InvalidCredentials(f"session_name {session_name!r} is not 2 to 64 characters of A-Z a-z 0-9 _+=,.@-")
    if duration is not None and (
        type(duration) is not int or not DURATION_MIN_SECONDS <= duration <= DURATION_MAX_SECONDS
    ):
        raise InvalidCredentials(
            f"duration {duration!r} is not a whole number of seconds from {DURATION_MIN_SECONDS} to "
            f"{DURATION_MAX_SECONDS}"
        )
    return RoleSession(role_arn, session_name, duration)


def check_external_id(external_id: str) -> str:
    """Give ``external_id`` back, or refuse it.

    Raises:
        InvalidCredentials: it is not one that STS accepts.
    """
    if not isinstance(external_id, str) or not _EXTERNAL_ID.fullmatch(external_id):
        raise InvalidCredentials("external_id is not 2 to 1224 characters of A-Z a-z 0-9 _+=,.@:/-")
    return external_id


class Sts:
    """One STS endpoint.

    Args:
        region: chooses the endpoint, and is signed for.
        endpoint_url: another address, for a private endpoint or a test server.
        fetch, clock, randomness: the network, time and chance.

    Raises:
        InvalidRegion, ConfigurationError: region or endpoint_url is not one.
    """

    def __init__(
        self, region: str, endpoint_url: str | None, fetch: Fetch, clock: Clock, randomness: Randomness
    ) -> None:
        self._region = check_region(region, explicit_endpoint=endpoint_url is not None)
        if endpoint_url is None:
            self.url = f"https://sts.{region}.{partition_of(region).suffix}/"
        else:
            address = parse_endpoint_url(endpoint_url, "the STS endpoint_url")
            self.url = f"{address.scheme}://{address.authority}/"
        self._fetch, self._clock, self._randomness = fetch, clock, randomness

    def __repr__(self) -> str:
        return f"<Sts {self.url} for {self._region}>"

    async def credentials(
        self, action: str, session: RoleSession, parameters: Mapping[str, str | Secret], caller: Credentials | None
    ) -> Credentials:
        """The role's credentials.

        Args:
            action: AssumeRole or AssumeRoleWithWebIdentity.
            parameters: what the action needs beside the session.
            caller: who signs; None for an action that is not signed.

        Raises:
            AssumeRoleFailed: STS refused (with its code and message), or gave no answer that could be used.
        """

        async def send() -> tuple[int, bytes]:
            body = urlencode(self._form(action, session, parameters)).encode("ascii")
            headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Accept": "text/xml"}
            if caller is not None:
                headers = self._signed(headers, body, caller)
            return await self._fetch("POST", self.url, headers, body, timeout=_ATTEMPTS.timeout)

        try:
            answer = await ask(send, _ATTEMPTS, self._clock, self._randomness, _may_succeed_later)
        except NetworkError as error:
            raise self._failed(session, f"STS at {self.url} did not answer: {error.message}") from error
        outcome = _credentials_in(answer)
        if isinstance(outcome, Credentials):
            return outcome
        secrets = [value for value in parameters.values() if isinstance(value, Secret)]
        if caller is not None:
            secrets += [caller.secret_key, *([caller.token] if caller.token else [])]
        if outcome.code is None:
            raise self._failed(session, f"the answer of STS at {self.url} makes no sense: {outcome.message}", answer)
        said = f"{shown(outcome.code, *secrets)}: {shown(outcome.message, *secrets)}"
        raise self._failed(session, said, answer, shown(outcome.code, *secrets))

    def _form(self, action: str, session: RoleSession, parameters: Mapping[str, str | Secret]) -> list[tuple[str, str]]:
        named: dict[str, str | Secret] = {"Action": action, "Version": _VERSION}
        named.update(session.parameters(self._clock.time()))
        named.update(parameters)
        return [(name, value.reveal() if isinstance(value, Secret) else value) for name, value in named.items()]

    def _signed(self, headers: Mapping[str, str], body: bytes, caller: Credentials) -> dict[str, str]:
        return sign_headers(
            "POST",
            self.url,
            headers,
            body,
            service="sts",
            region=self._region,
            access_key=caller.access_key,
            secret_key=caller.secret_key.reveal(),
            token=None if caller.token is None else caller.token.reveal(),
            now=self._clock.time(),
        )

    @staticmethod
    def _failed(
        session: RoleSession, reason: str, answer: Answer | None = None, code: str | None = None
    ) -> AssumeRoleFailed:
        hint = _HINTS.get(code or "")
        if answer is None:
            hint = "check the network, and endpoint_url or AWS_ENDPOINT_URL_STS for a private endpoint"
        return AssumeRoleFailed(
            f"no credentials for role {session.role_arn}: {reason}",
            code=code,
            status=answer.status if answer is not None else 0,
            hint=hint,
        )


@dataclass(frozen=True, slots=True, repr=False)
class _Refusal:
    """What STS said instead of credentials, word for word; ``code`` is None where the answer is not one of STS's."""

    code: str | None
    message: str


def _may_succeed_later(answer: Answer) -> bool:
    if server_failed(answer):
        return True
    outcome = _credentials_in(answer) if answer.status >= 400 else None
    return isinstance(outcome, _Refusal) and outcome.code in _RETRYABLE_CODES


def _credentials_in(answer: Answer) -> Credentials | _Refusal:
    """The credentials in STS's XML, or its refusal."""
    root = _xml(answer)
    if isinstance(root, str):
        return _Refusal(None, f"HTTP status {answer.status}, and {root}")
    texts = _texts(root, "Credentials" if answer.status == 200 else "Error")
    if answer.status != 200:
        if "Code" in texts:
            return _Refusal(texts["Code"], texts.get("Message") or "no message")
        return _Refusal(None, f"HTTP status {answer.status} without an error code")
    missing = [name for name in ("AccessKeyId", "SecretAccessKey", "SessionToken") if name not in texts]
    if missing:
        return _Refusal(None, f"it has no {missing[0]}")
    found = credentials_from_parts(
        texts["AccessKeyId"], texts["SecretAccessKey"], texts["SessionToken"], texts.get("Expiration")
    )
    return _Refusal(None, found) if isinstance(found, str) else found


def _texts(root: Element, parent: str) -> dict[str, str]:
    """The texts of the children of the first element with that name, whatever the namespace."""
    for element in root.iter():
        if _local_name(element) == parent:
            return {_local_name(child): child.text.strip() for child in element if child.text}
    return {}


def _local_name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _xml(answer: Answer) -> Element | str:
    """The document's root, or what is wrong with it. A document type, and so every entity, is refused unread."""
    # only those who assume roles pay for this import
    from xml.etree.ElementTree import ParseError, fromstring

    if len(answer.body) > ANSWER_MAX_BYTES:
        return f"it is longer than {ANSWER_MAX_BYTES} bytes"
    try:
        text = answer.body.decode("utf-8")
        if "<!DOCTYPE" in text.upper():
            return "it has a document type"
        return fromstring(text)  # noqa: S314 - no document type gets this far
    except (ParseError, ValueError):
        return "it is not XML"
