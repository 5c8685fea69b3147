"""Credentials from a container's endpoint: ECS tasks, EKS Pod Identity, and what speaks the same way.

Owns which addresses may be asked. Must not read the environment: who does passes the address and the token.

Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from ..clock import SYSTEM_CLOCK, SYSTEM_RANDOMNESS, Clock, Randomness
from ..errors import AuthenticationError, InvalidCredentials, NetworkError
from ..wire.endpoints import parse_endpoint_url
from ..wire.fetch import fetch as http_fetch
from .credentials import Credentials, Secret
from .endpoint import Answer, Attempts, Fetch, ask, credentials_from_json, error_in_json, is_header_text
from .files import UnreadableFile, read_secret

#: where ECS answers, and what a relative URI is relative to
ECS_ADDRESS: Final = "http://169.254.170.2"
#: ECS, and EKS's agent by IPv4 and IPv6
_LINK_LOCAL_HOSTS: Final = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23"})
_ATTEMPTS: Final = Attempts(count=3, timeout=2.0, base_delay=0.1)


class Container:
    """Temporary credentials of a container's role.

    Args:
        url: ``https://…``, or ``http://…`` of this machine, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23].
        token: the value of the Authorization header, if the endpoint wants one.
        token_file: a file with it; wins over ``token`` and is read anew at every fetch.
        fetch, clock, randomness: the network, time and chance.

    Raises:
        InvalidCredentials: the address is one that must not be asked, since whoever answers there chooses our identity
            and gets the token.
    """

    name = "container"

    def __init__(
        self,
        url: str,
        *,
        token: str | Secret | None = None,
        token_file: str | None = None,
        fetch: Fetch = http_fetch,
        clock: Clock = SYSTEM_CLOCK,
        randomness: Randomness = SYSTEM_RANDOMNESS,
    ) -> None:
        self._token = token = None if token is None else Secret(token)  # a traceback shows no text
        self._url = _checked(url)
        self._token_file = token_file
        self._fetch, self._clock, self._randomness = fetch, clock, randomness

    @property
    def looks_at(self) -> str:
        parts = urlsplit(self._url)
        path = "/***" if parts.path.strip("/") else ""  # on ECS, who knows the path gets the credentials
        return f"{parts.scheme}://{parts.netloc}{path}" + (f" with {self._token_file}" if self._token_file else "")

    def __repr__(self) -> str:
        return f"<Container {self.looks_at}>"

    async def fetch(self) -> Credentials:
        """The role's credentials.

        Raises:
            AuthenticationError: the endpoint does not answer, refuses, or answers something else; or the token file
                cannot be read.
        """
        token = await self._authorization()

        async def send() -> tuple[int, bytes]:
            headers = {"Accept": "application/json"}
            if token is not None:
                headers["Authorization"] = token.reveal()
            return await self._fetch("GET", self._url, headers, timeout=_ATTEMPTS.timeout)

        try:
            answer = await ask(send, _ATTEMPTS, self._clock, self._randomness)
        except NetworkError as error:
            raise self._failed(f"did not answer: {error.message}") from error
        if answer.status != 200:
            raise self._failed(f"answered with HTTP status {answer.status}{error_in_json(answer, token)}", answer)
        found = credentials_from_json(answer)
        if isinstance(found, str):
            raise self._failed(f"gave an answer that cannot be used: {found}", answer)
        return found

    async def _authorization(self) -> Secret | None:
        if self._token_file is None:
            token = self._token
        else:
            try:
                token = Secret((await read_secret(self._token_file)).reveal().strip())
            except UnreadableFile as error:
                raise self._failed(f"needs a token, but {error}") from None
        if token is not None and not is_header_text(token):
            raise self._failed("needs a token, but it is empty, or holds a line break or what is not ASCII")
        return token

    def _failed(self, reason: str, answer: Answer | None = None) -> AuthenticationError:
        return AuthenticationError(
            f"the container's credential endpoint {self.looks_at} {reason}",
            status=answer.status if answer is not None else 0,
            hint="check AWS_CONTAINER_CREDENTIALS_* and that the task or pod has a role",
        )


def _checked(url: str) -> str:
    """Give ``url`` back, or refuse it."""
    parts = urlsplit(url) if isinstance(url, str) and url.isascii() and url.isprintable() and " " not in url else None
    if parts is None:
        raise InvalidCredentials("the container's credential endpoint is not a URL")
    address = parse_endpoint_url(f"{parts.scheme}://{parts.netloc}", "the container's credential endpoint")
    if address.scheme == "https" or address.host in _LINK_LOCAL_HOSTS or _is_this_machine(address.host):
        return url
    raise InvalidCredentials(
        f"the container's credential endpoint is on {address.host}, which must not be asked over http",
        hint=f"allowed are https, this machine, and {', '.join(sorted(_LINK_LOCAL_HOSTS))}",
    )


def _is_this_machine(host: str) -> bool:
    """Stricter than ``endpoints.is_loopback``: names below localhost are whatever a resolver says."""
    if host == "localhost":
        return True
    if ":" not in host and not host.rpartition(".")[2].isdigit():
        return False
    import ipaddress  # only for literals: not worth its time at every import

    return ipaddress.ip_address(host).is_loopback
