"""One provider after the other, and the chain of them that an environment asks for.

Owns the order. Must not know how a provider works.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..clock import SYSTEM_CLOCK, SYSTEM_RANDOMNESS, Clock, Randomness
from ..errors import CredentialsNotFound
from ..wire.fetch import fetch as http_fetch
from .credentials import Credentials, Provider
from .environment import PROCESS, Environ, Surroundings

if TYPE_CHECKING:
    from .endpoint import Fetch
    from .explain import Step


class Chain:
    """The first of several providers that has credentials.

    A provider that is set up and fails ends the chain: to go on would silently be somebody else.

    Args:
        providers: in order.
        name: what errors and explanations call it.
    """

    def __init__(self, providers: Iterable[Provider], *, name: str = "chain") -> None:
        self.name = name
        self._providers = tuple(providers)

    def __repr__(self) -> str:
        return f"<Chain {', '.join(map(repr, self._providers))}>"

    async def fetch(self) -> Credentials:
        """Credentials of the first provider that has some.

        Raises:
            CredentialsNotFound: none has; says what each one looked for.
            AuthenticationError, ConfigurationError: of the first provider that is set up and fails.
        """
        tried: list[str] = []
        for provider in self._providers:
            try:
                return await provider.fetch()
            except CredentialsNotFound as error:
                tried.append(f"{provider.name} ({error.message})")
        raise CredentialsNotFound(f"no credentials found; tried {', '.join(tried) or 'nothing'}")

    async def explain(self) -> tuple[Step, ...]:
        """The steps of the providers, until one is found or fails; the rest is not tried."""
        from .explain import Step, explain_provider, looks_at

        steps: list[Step] = []
        for provider in self._providers:
            if any(step.outcome in ("found", "failed") for step in steps):
                steps.append(Step(provider.name, "not tried", looks_at(provider)))
            else:
                steps += await explain_provider(provider)
        return tuple(steps)


class Environment:
    """The credentials of where the program runs: the default of every client.

    In this order: environment keys, web identity, the profile of the shared files, the container's endpoint, the
    instance metadata service. Where AWS_ROLE_ARN is set without AWS_WEB_IDENTITY_TOKEN_FILE, the first of them that has
    credentials assumes that role; with it, AWS_ROLE_ARN is the web identity's role and nobody else's.

    Making one reads nothing; variables and files are read at every fetch.

    Args:
        environ: the environment variables.
        region: for STS; None takes it from AWS_REGION or AWS_DEFAULT_REGION.
        fetch, clock, randomness: the network, time and chance.
    """

    name = "environment"

    def __init__(
        self,
        environ: Environ = PROCESS,
        *,
        region: str | None = None,
        fetch: Fetch = http_fetch,
        clock: Clock = SYSTEM_CLOCK,
        randomness: Randomness = SYSTEM_RANDOMNESS,
    ) -> None:
        self._surroundings = Surroundings(environ, region, fetch, clock, randomness)

    def __repr__(self) -> str:
        return "<Environment>"

    async def fetch(self) -> Credentials:
        """The environment's credentials.

        Raises:
            CredentialsNotFound: there are none; says what each provider looked for.
            AuthenticationError, ConfigurationError: a provider is set up and fails.
        """
        return await self._provider().fetch()

    async def explain(self) -> tuple[Step, ...]:
        """The steps of its providers, as of a chain."""
        from .explain import explain_provider

        return await explain_provider(self._provider())

    def _provider(self) -> Provider:
        around = self._surroundings
        providers = (around.keys(), around.web_identity(), around.profile(), around.container(), around.instance())
        chain = Chain(providers, name=self.name)
        return around.assumed_role(chain) or chain
