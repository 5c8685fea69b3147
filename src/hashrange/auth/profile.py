"""Credentials of a profile in the AWS CLI's files.

Owns what a profile's settings mean together: which of them wins, and which profile stands behind which. Must not read
files or variables itself.

Source: AWS CLI User Guide, "Configuration and credential file settings", "Using an IAM role in the AWS CLI"; and the
order of botocore's providers where the guide is silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..clock import SYSTEM_CLOCK, SYSTEM_RANDOMNESS, Clock, Randomness
from ..errors import AssumeRoleFailed, CredentialsNotFound, InvalidCredentials
from ..wire.fetch import fetch as http_fetch
from .assume_role import AssumeRole
from .credentials import Credentials, Provider
from .endpoint import Fetch
from .environment import PROCESS, Environ, Surroundings
from .shared_files import Section, SharedFiles
from .static import Static
from .web_identity import WebIdentity

_KEYS: Final = ("aws_access_key_id", "aws_secret_access_key")
_SSO: Final = ("sso_session", "sso_start_url", "sso_account_id", "sso_role_name")
_PROCESS: Final = ("credential_process", "login_session")
_SHOWN_PROFILES_MAX: Final = 10


class Profile:
    """A profile of ``~/.aws/config`` and ``~/.aws/credentials``; both files are read at every fetch.

    Understands keys, ``role_arn`` with ``source_profile`` or ``credential_source``, and ``web_identity_token_file``.
    SSO, login sessions and ``credential_process`` are botocore's: see ``BotocoreCredentials``. The profile's region is
    not used: ``region()`` tells it.

    Args:
        name: the profile; None takes AWS_PROFILE, or ``default``.
        region: for STS, where the profile has a role; None takes it from AWS_REGION or AWS_DEFAULT_REGION.
        credentials_file, config_file: paths; None takes AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, or the files
            in ``~/.aws``.
        environ: the environment variables.
        fetch, clock, randomness: the network, time and chance, for roles.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        region: str | None = None,
        credentials_file: str | None = None,
        config_file: str | None = None,
        environ: Environ = PROCESS,
        fetch: Fetch = http_fetch,
        clock: Clock = SYSTEM_CLOCK,
        randomness: Randomness = SYSTEM_RANDOMNESS,
    ) -> None:
        self._surroundings = Surroundings(environ, region, fetch, clock, randomness)
        self._name = name
        self._credentials_file, self._config_file = credentials_file, config_file

    @property
    def name(self) -> str:
        return f"profile {self._profile_name()!r}"

    @property
    def looks_at(self) -> str:
        return str(self._files())

    def __repr__(self) -> str:
        return f"<Profile {self._profile_name()!r}>"

    async def fetch(self) -> Credentials:
        """The profile's credentials.

        Raises:
            CredentialsNotFound: there is no default profile, or the profile has no settings of credentials.
            InvalidCredentials: there is no profile of that name, or its settings make no sense; says which.
            AssumeRoleFailed: it has a role, and STS refused, could not be reached, or there is nobody to assume it.
        """
        name, profiles = self._profile_name(), await self._files().profiles()
        if name not in profiles:
            raise _missing(name, profiles, self.looks_at)
        provider = _Resolution(profiles, self._surroundings).provider(name, ())
        try:
            return await provider.fetch()
        except CredentialsNotFound as error:  # it has a role: another identity instead would be a surprise
            raise AssumeRoleFailed(f"{self.name}: {error.message}", hint=error.hint) from error

    async def region(self) -> str | None:
        """The region that the profile's settings name, for ``Config(region=...)``; None where they name none.

        Raises:
            CredentialsNotFound: there is no default profile.
            InvalidCredentials: there is no profile of that name, or a file cannot be read.
        """
        name, profiles = self._profile_name(), await self._files().profiles()
        if name not in profiles:
            raise _missing(name, profiles, self.looks_at)
        found: str = profiles[name].get("region", "")
        return found.strip() or None

    def _profile_name(self) -> str:
        return self._name if self._name is not None else self._surroundings.profile_name()

    def _files(self) -> SharedFiles:
        return SharedFiles(*self._surroundings.shared_files(self._credentials_file, self._config_file))


def _missing(name: str, profiles: Mapping[str, Section], files: str) -> CredentialsNotFound | InvalidCredentials:
    if name == "default":
        return CredentialsNotFound(f"there is no default profile in {files}")
    known = sorted(profiles)
    text = ", ".join(known[:_SHOWN_PROFILES_MAX]) + (", …" if len(known) > _SHOWN_PROFILES_MAX else "")
    return InvalidCredentials(
        f"there is no profile {name!r} in {files}", hint=f"there are: {text}" if known else "there is none at all"
    )


class _Resolution:
    """From a profile's settings to the provider that they ask for."""

    def __init__(self, profiles: Mapping[str, Section], surroundings: Surroundings) -> None:
        self._profiles = profiles
        self._surroundings = surroundings

    def provider(self, name: str, path: tuple[str, ...]) -> Provider:
        """The provider of a profile that the profiles of ``path`` led to.

        Raises:
            CredentialsNotFound: the profile has no settings of credentials.
            InvalidCredentials: its settings make no sense, or need botocore.
        """
        settings = self._profiles[name]
        has_keys = any(key in settings for key in _KEYS)
        if "web_identity_token_file" in settings:
            return self._web_identity(name, settings)
        # a profile that is the source of another gives its keys, even where it also has a role
        if "role_arn" in settings and not (path and has_keys):
            return self._role(name, settings, path)
        _refuse(name, settings, _SSO)
        if has_keys:
            return _keys(name, settings)
        _refuse(name, settings, _PROCESS)
        raise CredentialsNotFound(f"profile {name!r} has neither keys nor a role")

    def _web_identity(self, name: str, settings: Section) -> Provider:
        role_arn = settings.get("role_arn")
        if role_arn is None:
            raise InvalidCredentials(f"profile {name!r} has web_identity_token_file, but no role_arn")
        around = self._surroundings
        return WebIdentity(
            role_arn,
            settings["web_identity_token_file"],
            region=around.region(),
            session_name=settings.get("role_session_name"),
            duration=_duration(name, settings),
            endpoint_url=around.sts_url(),
            fetch=around.fetch,
            clock=around.clock,
            randomness=around.randomness,
        )

    def _role(self, name: str, settings: Section, path: tuple[str, ...]) -> Provider:
        if "mfa_serial" in settings:
            raise InvalidCredentials(
                f"profile {name!r} has mfa_serial, and there is nobody to ask for a code", hint=_botocore_hint(name)
            )
        around = self._surroundings
        return AssumeRole(
            settings["role_arn"],
            self._source(name, settings, path),
            region=around.region(),
            external_id=settings.get("external_id"),
            session_name=settings.get("role_session_name"),
            duration=_duration(name, settings),
            endpoint_url=around.sts_url(),
            fetch=around.fetch,
            clock=around.clock,
            randomness=around.randomness,
        )

    def _source(self, name: str, settings: Section, path: tuple[str, ...]) -> Provider:
        """Who assumes the role of a profile: ``source_profile`` or ``credential_source``, exactly one of them."""
        profile, source = settings.get("source_profile"), settings.get("credential_source")
        if (profile is None) == (source is None):
            both = "both source_profile and" if profile is not None else "neither source_profile nor"
            raise InvalidCredentials(f"profile {name!r} has role_arn and {both} credential_source", hint="give one")
        if profile is not None:
            return self._source_profile(name, profile, (*path, name))
        around = self._surroundings
        makers = {"Environment": around.keys, "Ec2InstanceMetadata": around.instance, "EcsContainer": around.container}
        if source not in makers:
            allowed = ", ".join(makers)
            raise InvalidCredentials(f"profile {name!r} has credential_source {source!r}; allowed are {allowed}")
        return makers[source]()

    def _source_profile(self, name: str, source: str, path: tuple[str, ...]) -> Provider:
        if source not in self._profiles:
            raise InvalidCredentials(f"profile {name!r} has source_profile {source!r}, which does not exist")
        # a profile may name itself: its role is assumed with its own keys
        own_keys = source == name and any(key in self._profiles[source] for key in _KEYS)
        if source in path and not own_keys:
            raise InvalidCredentials(f"source_profile goes in a circle: {' → '.join((*path, source))}")
        try:
            return self.provider(source, path)
        except CredentialsNotFound as error:
            raise InvalidCredentials(f"{error.message}, but is the source_profile of {name!r}") from None


def _keys(name: str, settings: Section) -> Provider:
    missing = [key for key in _KEYS if not settings.get(key)]
    if missing:
        raise InvalidCredentials(f"profile {name!r} has no {missing[0]}", hint=f"it needs {' and '.join(_KEYS)}")
    return Static(settings[_KEYS[0]], settings[_KEYS[1]], settings.get("aws_session_token") or None)


def _duration(name: str, settings: Section) -> int | None:
    text = settings.get("duration_seconds")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidCredentials(f"profile {name!r} has duration_seconds {text!r}, which is not a number")
    return int(text)


def _refuse(name: str, settings: Section, needing_botocore: tuple[str, ...]) -> None:
    for setting in needing_botocore:
        if setting in settings:
            raise InvalidCredentials(
                f"profile {name!r} has {setting}, which only botocore understands", hint=_botocore_hint(name)
            )


def _botocore_hint(name: str) -> str:
    return f"pip install 'hashrange[botocore]' and use credentials=BotocoreCredentials(profile={name!r})"
