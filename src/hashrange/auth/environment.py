"""The environment variables of credentials: the only place where their names stand.

Owns what each variable means, and makes the provider that it asks for. Must not decide which provider wins (``chain``).
An empty variable counts as one that is not set, as in the AWS CLI.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ..clock import Clock, Randomness
from ..errors import CredentialsNotFound, DynamoDBError, InvalidCredentials, InvalidRegion
from .credentials import Credentials, Provider, Secret
from .static import Static

if TYPE_CHECKING:
    from .endpoint import Fetch
    from .explain import Step

Environ = Mapping[str, str]
#: the environment of this process
PROCESS: Final[Environ] = os.environ

_KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_RELATIVE_URI: Final = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
_FULL_URI: Final = "AWS_CONTAINER_CREDENTIALS_FULL_URI"


class EnvironmentKeys:
    """The keys in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, read at every fetch."""

    name = "environment keys"
    looks_at = ", ".join(_KEYS)

    def __init__(self, environ: Environ = PROCESS) -> None:
        self._environ = environ

    def __repr__(self) -> str:
        return "<EnvironmentKeys>"

    async def fetch(self) -> Credentials:
        """The keys.

        Raises:
            CredentialsNotFound: neither variable is set.
            InvalidCredentials: only one of them is, or one holds what cannot be a key.
        """
        given = [name for name in _KEYS if self._environ.get(name)]
        if not given:
            raise CredentialsNotFound(f"neither {_KEYS[0]} nor {_KEYS[1]} is set")
        if len(given) == 1:
            missing = next(name for name in _KEYS if name not in given)
            raise InvalidCredentials(f"{given[0]} is set, but {missing} is not", hint="set both, or none")
        token = _secret(self._environ.get("AWS_SESSION_TOKEN") or None)
        return await Static(self._environ[_KEYS[0]], self._environ[_KEYS[1]], token).fetch()


class Later:
    """A provider that the environment may ask for, made when it is its turn: most are never needed, nor their modules.

    So a mistake in its variables comes out at its turn, too. It is made in a thread, since modules are files.

    Args:
        name, looks_at: what explanations say of it where it cannot be made.
        make: makes it; raises CredentialsNotFound where the environment does not ask for it.
    """

    def __init__(self, name: str, looks_at: str, make: Callable[[], Provider]) -> None:
        self.name, self.looks_at, self.make = name, looks_at, make

    def __repr__(self) -> str:
        return f"<Later {self.name}>"

    async def fetch(self) -> Credentials:
        provider = await asyncio.to_thread(self.make)
        return await provider.fetch()

    async def explain(self) -> tuple[Step, ...]:
        from .explain import explain_fetch, explain_provider

        try:
            provider = await asyncio.to_thread(self.make)
        except DynamoDBError:
            return (await explain_fetch(self),)
        return await explain_provider(provider)


class Surroundings:
    """One environment, and what the providers made from it need: the network, time and chance.

    Args:
        environ: read whenever something is asked, not kept.
        region: for STS; None takes it from AWS_REGION or AWS_DEFAULT_REGION.
        fetch, clock, randomness: handed on to the providers.
    """

    def __init__(
        self, environ: Environ, region: str | None, fetch: Fetch, clock: Clock, randomness: Randomness
    ) -> None:
        self.environ, self.given_region = environ, region
        self.fetch, self.clock, self.randomness = fetch, clock, randomness

    def _get(self, name: str) -> str | None:
        return self.environ.get(name) or None

    def region(self) -> str:
        """The region of STS.

        Raises:
            InvalidRegion: nobody gave one.
        """
        found = self.given_region or self._get("AWS_REGION") or self._get("AWS_DEFAULT_REGION")
        if found is None:
            raise InvalidRegion("there is no region to ask STS in", hint="give region=, or set AWS_REGION")
        return found

    def sts_url(self) -> str | None:
        return self._get("AWS_ENDPOINT_URL_STS")

    def profile_name(self) -> str:
        return self._get("AWS_PROFILE") or "default"

    def shared_files(self, credentials: str | None, config: str | None) -> tuple[str, str]:
        """The two files: those given, or those that the environment names, or those in ``~/.aws``."""
        home = self._get("HOME") or os.path.expanduser("~")
        return (
            _path(credentials or self._get("AWS_SHARED_CREDENTIALS_FILE"), home, "credentials"),
            _path(config or self._get("AWS_CONFIG_FILE"), home, "config"),
        )

    # ── providers, in the order of the chain ─────────────────────────────────────────────────────────────────────────
    def keys(self) -> Provider:
        return EnvironmentKeys(self.environ)

    def web_identity(self) -> Later:
        return Later("web identity", "AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN", self._web_identity)

    def profile(self) -> Later:
        return Later(f"profile {self.profile_name()!r}", "the AWS CLI's files", self._profile)

    def container(self) -> Later:
        return Later("container", f"{_RELATIVE_URI}, {_FULL_URI}", self._container)

    def instance(self) -> Later:
        return Later("instance metadata", "AWS_EC2_METADATA_*", self._instance)

    def assumed_role(self, source: Provider) -> Later | None:
        """AWS_ROLE_ARN assumed by ``source``; None where it is not set, or belongs to a web identity."""
        if self._get("AWS_ROLE_ARN") is None or self._get("AWS_WEB_IDENTITY_TOKEN_FILE") is not None:
            return None
        return Later("assumed role", "AWS_ROLE_ARN", lambda: self._assumed_role(source))

    def _assumed_role(self, source: Provider) -> Provider:
        from .assume_role import AssumeRole

        return AssumeRole(
            self._get("AWS_ROLE_ARN") or "",
            source,
            region=self.region(),
            external_id=self._get("AWS_EXTERNAL_ID"),
            session_name=self._get("AWS_ROLE_SESSION_NAME"),
            endpoint_url=self.sts_url(),
            fetch=self.fetch,
            clock=self.clock,
            randomness=self.randomness,
        )

    def _web_identity(self) -> Provider:
        token_file, role_arn = self._get("AWS_WEB_IDENTITY_TOKEN_FILE"), self._get("AWS_ROLE_ARN")
        if token_file is None:
            raise CredentialsNotFound("AWS_WEB_IDENTITY_TOKEN_FILE is not set")
        if role_arn is None:
            raise InvalidCredentials("AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not")
        from .web_identity import WebIdentity

        return WebIdentity(
            role_arn,
            token_file,
            region=self.region(),
            session_name=self._get("AWS_ROLE_SESSION_NAME"),
            endpoint_url=self.sts_url(),
            fetch=self.fetch,
            clock=self.clock,
            randomness=self.randomness,
        )

    def _profile(self) -> Provider:
        from .profile import Profile

        return Profile(
            environ=self.environ,
            region=self.given_region,
            fetch=self.fetch,
            clock=self.clock,
            randomness=self.randomness,
        )

    def _container(self) -> Provider:
        """The container's endpoint, where one is named; the relative URI wins, as in the AWS SDKs."""
        relative, full = self._get(_RELATIVE_URI), self._get(_FULL_URI)
        if relative is not None and not relative.startswith("/"):
            raise InvalidCredentials(f"{_RELATIVE_URI} does not begin with a slash")
        if relative is None and full is None:
            raise CredentialsNotFound(f"neither {_RELATIVE_URI} nor {_FULL_URI} is set")
        from .container import ECS_ADDRESS, Container

        return Container(
            full or "" if relative is None else ECS_ADDRESS + relative,
            token=_secret(self._get("AWS_CONTAINER_AUTHORIZATION_TOKEN")),
            token_file=self._get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
            fetch=self.fetch,
            clock=self.clock,
            randomness=self.randomness,
        )

    def _instance(self) -> Provider:
        if (self._get("AWS_EC2_METADATA_DISABLED") or "").lower() == "true":
            raise CredentialsNotFound("AWS_EC2_METADATA_DISABLED is true")
        from .instance import IPV4_ADDRESS, IPV6_ADDRESS, InstanceMetadata

        by_ipv6 = (self._get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") or "").lower() == "ipv6"
        return InstanceMetadata(
            self._get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or (IPV6_ADDRESS if by_ipv6 else IPV4_ADDRESS),
            fetch=self.fetch,
            clock=self.clock,
            randomness=self.randomness,
        )


def _secret(text: str | None) -> Secret | None:
    return None if text is None else Secret(text)


def _path(given: str | None, home: str, name: str) -> str:
    """A path as given, with ``~`` for the home directory; by default the file's usual place."""
    if given is None:
        return os.path.join(home, ".aws", name)
    return home + given[1:] if given == "~" or given.startswith("~/") else given
