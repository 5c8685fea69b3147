"""A role assumed with other credentials. Must not know where those come from."""

from __future__ import annotations

from ..clock import SYSTEM_CLOCK, SYSTEM_RANDOMNESS, Clock, Randomness
from ..errors import CredentialsNotFound
from ..wire.fetch import fetch as http_fetch
from .credentials import Credentials, Provider, Secret
from .endpoint import Fetch
from .explain import Step, explain_fetch, explain_provider
from .sts import Sts, check_external_id, role_session


class AssumeRole:
    """Temporary credentials of a role, from STS's AssumeRole.

    Args:
        role_arn: the role, ``arn:aws:iam::123456789012:role/name``.
        source: who may assume it; asked anew at every refresh.
        region: chooses STS's endpoint.
        external_id: what the role's trust policy may ask for.
        session_name: shows up in the account's audit trail; by default ``hashrange-`` and the time.
        duration: seconds that the credentials live, 900 to 43200; by default one hour.
        endpoint_url: another STS, for a private endpoint or a test server.
        fetch, clock, randomness: the network, time and chance.

    Raises:
        InvalidCredentials, InvalidRegion, ConfigurationError: an argument is not allowed; says which and why.
    """

    name = "assumed role"

    def __init__(
        self,
        role_arn: str,
        source: Provider,
        *,
        region: str,
        external_id: str | Secret | None = None,
        session_name: str | None = None,
        duration: int | None = None,
        endpoint_url: str | None = None,
        fetch: Fetch = http_fetch,
        clock: Clock = SYSTEM_CLOCK,
        randomness: Randomness = SYSTEM_RANDOMNESS,
    ) -> None:
        self._session = role_session(role_arn, session_name, duration)
        self._source = source
        self._parameters: dict[str, str | Secret] = {}
        if external_id is not None:
            text = external_id.reveal() if isinstance(external_id, Secret) else external_id
            self._parameters["ExternalId"] = Secret(check_external_id(text))
        self._sts = Sts(region, endpoint_url, fetch, clock, randomness)

    @property
    def looks_at(self) -> str:
        return f"{self._session.role_arn} by {self._sts.url}"

    def __repr__(self) -> str:
        return f"<AssumeRole {self._session.role_arn}, source {self._source!r}>"

    async def fetch(self) -> Credentials:
        """The role's credentials.

        Raises:
            CredentialsNotFound: the source has none.
            AssumeRoleFailed: STS refused, or could not be reached.
        """
        try:
            caller = await self._source.fetch()
        except CredentialsNotFound as error:
            raise CredentialsNotFound(
                f"nobody to assume role {self._session.role_arn}: {error.message}", hint=error.hint
            ) from error
        return await self._sts.credentials("AssumeRole", self._session, self._parameters, caller)

    async def explain(self) -> tuple[Step, ...]:
        """The steps of the source, then its own."""
        steps = await explain_provider(self._source)
        if any(step.outcome == "found" for step in steps) and not any(step.outcome == "failed" for step in steps):
            return *steps, await explain_fetch(self)
        return *steps, Step(self.name, "not tried", self.looks_at, "there is nobody to assume it")
