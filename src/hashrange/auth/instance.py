"""Credentials of an EC2 instance's role, from the instance metadata service, version 2 only.

Version 1, which answers without a token, is never used: it is what request forgery feeds on. Must not read the
environment.

Source: Amazon EC2 User Guide, "Use the Instance Metadata Service to access instance metadata" and "Retrieve security
credentials from instance metadata".
"""

from __future__ import annotations

import logging
import re
from typing import Final

from ..clock import SYSTEM_CLOCK, SYSTEM_RANDOMNESS, Clock, Randomness
from ..errors import AuthenticationError, CredentialsNotFound, NetworkError
from ..wire.endpoints import parse_endpoint_url
from ..wire.fetch import fetch as http_fetch
from .credentials import Credentials, Secret, utc_text
from .endpoint import (
    Answer,
    Attempts,
    Fetch,
    ask,
    credentials_from_json,
    error_in_json,
    is_header_text,
    json_object,
    shown,
)

IPV4_ADDRESS: Final = "http://169.254.169.254"
IPV6_ADDRESS: Final = "http://[fd00:ec2::254]"
TOKEN_TTL_SECONDS: Final = 21_600  # the longest that is allowed
#: off EC2 nothing answers at that address: what is waited for here, everyone without credentials waits for
_ATTEMPTS: Final = Attempts(count=2, timeout=1.0, base_delay=0.0)
_TOKEN_PATH: Final = "/latest/api/token"  # noqa: S105 - an address
_ROLE_PATH: Final = "/latest/meta-data/iam/security-credentials/"
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
#: how long credentials are used that the service gives although they have expired
_EXTENSION_SECONDS: Final = 600.0

_log = logging.getLogger("hashrange.auth")


class InstanceMetadata:
    """Temporary credentials of an EC2 instance's role, by IMDSv2.

    While the service gives credentials that have expired (it is cut off from STS), they are used all the same, as the
    AWS SDKs do: services accept them longer in such times.

    Args:
        endpoint_url: where the service is.
        fetch, clock, randomness: the network, time and chance.

    Raises:
        ConfigurationError: ``endpoint_url`` is not ``http(s)://host[:port]``.
    """

    name = "instance metadata"

    def __init__(
        self,
        endpoint_url: str = IPV4_ADDRESS,
        *,
        fetch: Fetch = http_fetch,
        clock: Clock = SYSTEM_CLOCK,
        randomness: Randomness = SYSTEM_RANDOMNESS,
    ) -> None:
        address = parse_endpoint_url(endpoint_url, "the instance metadata endpoint")
        self.looks_at = f"{address.scheme}://{address.authority}"
        self._fetch, self._clock, self._randomness = fetch, clock, randomness

    def __repr__(self) -> str:
        return f"<InstanceMetadata {self.looks_at}>"

    async def fetch(self) -> Credentials:
        """The role's credentials.

        Raises:
            CredentialsNotFound: there is no such service here, it is switched off, or the instance has no role.
            AuthenticationError: the service is here, and fails or answers something else.
        """
        found = await self._with_token(await self._token())
        if found is None:  # the token was refused: it is of before a restart, or of another instance's life
            found = await self._with_token(await self._token())
        if found is None:
            raise self._failed("refuses the token that it gave")
        return self._extended(found)

    async def _token(self) -> Secret:
        headers = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_TTL_SECONDS)}
        try:
            answer = await self._ask("PUT", _TOKEN_PATH, headers)
        except NetworkError as error:
            raise CredentialsNotFound(
                f"nothing answers at {self.looks_at}: {error.message}",
                hint="in a container on EC2 the instance's metadata hop limit must be 2 or more",
            ) from error
        if answer.status in (403, 404, 405):
            raise CredentialsNotFound(f"{self.looks_at} gives no IMDSv2 token (HTTP status {answer.status})")
        if answer.status != 200:
            raise self._failed(f"answered the request for a token with HTTP status {answer.status}", answer)
        token = Secret(answer.body.strip())
        if not is_header_text(token):
            raise self._failed("gave a token that cannot be one", answer)
        return token

    async def _with_token(self, token: Secret) -> Credentials | None:
        """The credentials, or None where the token is refused."""
        roles = await self._get(_ROLE_PATH, token)
        if roles.status == 401:
            return None
        if roles.status == 404 or (roles.status == 200 and not roles.body.strip()):
            raise CredentialsNotFound(f"the instance at {self.looks_at} has no role")
        name = _role_name(roles)
        if name is None:
            what = f"HTTP status {roles.status}" if roles.status != 200 else "what is no role's name"
            raise self._failed(f"answered the request for the role with {what}", roles)
        answer = await self._get(_ROLE_PATH + name, token)
        if answer.status == 401:
            return None
        found = _credentials_of_role(answer, token)
        if isinstance(found, str):
            raise self._failed(f"gave no credentials for role {name}: {found}", answer)
        return found

    async def _get(self, path: str, token: Secret) -> Answer:
        try:
            return await self._ask("GET", path, {}, token)
        except NetworkError as error:
            raise self._failed(f"did not answer: {error.message}") from error

    async def _ask(self, method: str, path: str, headers: dict[str, str], token: Secret | None = None) -> Answer:
        async def send() -> tuple[int, bytes]:
            secret = {"X-aws-ec2-metadata-token": token.reveal()} if token is not None else {}
            return await self._fetch(method, self.looks_at + path, headers | secret, timeout=_ATTEMPTS.timeout)

        return await ask(send, _ATTEMPTS, self._clock, self._randomness)

    def _extended(self, found: Credentials) -> Credentials:
        now = self._clock.time()
        if found.expires_at is None or found.expires_at > now:
            return found
        _log.warning(
            "the instance metadata service gave credentials that expired %s; they are used for another %d s",
            utc_text(found.expires_at),
            _EXTENSION_SECONDS,
        )
        return Credentials(found.access_key, found.secret_key, found.token, now + _EXTENSION_SECONDS)

    def _failed(self, reason: str, answer: Answer | None = None) -> AuthenticationError:
        return AuthenticationError(
            f"the instance metadata service at {self.looks_at} {reason}",
            status=answer.status if answer is not None else 0,
            hint="check the instance's role and its metadata options",
        )


def _role_name(answer: Answer) -> str | None:
    """The first of the instance's roles (it has at most one), or None where the answer is something else."""
    name = answer.body.decode("ascii", "replace").strip().split("\n", 1)[0].strip()
    return name if answer.status == 200 and _ROLE_NAME.fullmatch(name) else None


def _credentials_of_role(answer: Answer, token: Secret) -> Credentials | str:
    """The credentials of an answer, or what is wrong with it. A failure may come with status 200 and a Code."""
    if answer.status != 200:
        return f"HTTP status {answer.status}{error_in_json(answer, token)}"
    document = json_object(answer)
    if isinstance(document, str):
        return document
    code = document.get("Code")
    if code not in (None, "Success"):
        return f"{shown(str(code), token)}{error_in_json(answer, token)}"
    return credentials_from_json(answer)
