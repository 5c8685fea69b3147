"""A role assumed with a token from a file: IRSA on EKS, and other OpenID Connect federations.

Must not know who writes the file. It is read anew at every fetch, since whoever writes it renews it.
"""

from __future__ import annotations

from ..clock import SYSTEM_CLOCK, SYSTEM_RANDOMNESS, Clock, Randomness
from ..errors import AssumeRoleFailed
from ..wire.fetch import fetch as http_fetch
from .credentials import Credentials, Secret
from .endpoint import Fetch
from .files import UnreadableFile, read_secret
from .sts import Sts, role_session


class WebIdentity:
    """Temporary credentials of a role, from STS's AssumeRoleWithWebIdentity.

    Args:
        role_arn: the role, ``arn:aws:iam::123456789012:role/name``.
        token_file: path of the file with the token.
        region: chooses STS's endpoint.
        session_name: shows up in the account's audit trail; by default ``hashrange-`` and the time.
        duration: seconds that the credentials live, 900 to 43200; by default one hour.
        endpoint_url: another STS, for a private endpoint or a test server.
        fetch, clock, randomness: the network, time and chance.

    Raises:
        InvalidCredentials, InvalidRegion, ConfigurationError: an argument is not allowed; says which and why.
    """

    name = "web identity"

    def __init__(
        self,
        role_arn: str,
        token_file: str,
        *,
        region: str,
        session_name: str | None = None,
        duration: int | None = None,
        endpoint_url: str | None = None,
        fetch: Fetch = http_fetch,
        clock: Clock = SYSTEM_CLOCK,
        randomness: Randomness = SYSTEM_RANDOMNESS,
    ) -> None:
        self._session = role_session(role_arn, session_name, duration)
        self._token_file = token_file
        self._sts = Sts(region, endpoint_url, fetch, clock, randomness)

    @property
    def looks_at(self) -> str:
        return f"{self._session.role_arn} with {self._token_file} by {self._sts.url}"

    def __repr__(self) -> str:
        return f"<WebIdentity {self._session.role_arn} with {self._token_file}>"

    async def fetch(self) -> Credentials:
        """The role's credentials.

        Raises:
            AssumeRoleFailed: the file cannot be read or is empty, STS refused, or STS could not be reached.
        """
        try:
            token = Secret((await read_secret(self._token_file)).reveal().strip())
        except UnreadableFile as error:
            raise self._no_token(str(error)) from None
        if not token:
            raise self._no_token(f"{self._token_file} is empty")
        return await self._sts.credentials(
            "AssumeRoleWithWebIdentity", self._session, {"WebIdentityToken": token}, caller=None
        )

    def _no_token(self, reason: str) -> AssumeRoleFailed:
        return AssumeRoleFailed(
            f"no credentials for role {self._session.role_arn}: {reason}",
            hint="the token file is what AWS_WEB_IDENTITY_TOKEN_FILE or web_identity_token_file names",
        )
