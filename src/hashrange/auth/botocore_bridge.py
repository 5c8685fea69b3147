"""Credentials of a botocore session: for what only botocore has, such as SSO and ``credential_process``.

botocore is imported when the first credentials are asked for, and works in a thread: it blocks. Must not know which
kind of credentials the session has.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final, Protocol

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import AuthenticationError, CredentialsNotFound, DynamoDBError, InvalidCredentials
from .credentials import Credentials, Secret
from .endpoint import shown

#: after how long credentials that botocore renews are asked for anew, where it does not say when they expire
_UNKNOWN_EXPIRY_SECONDS: Final = 300.0


class Session(Protocol):
    """``botocore.session.Session`` or ``boto3.Session``."""

    def get_credentials(self) -> Any:
        """botocore's Credentials object, or None."""
        ...


class BotocoreCredentials:
    """What a botocore or boto3 session finds.

    Args:
        session: the session; None makes one of botocore's own when it is first needed.
        profile: the profile of a session made here.
        clock: time.

    Raises:
        InvalidCredentials: both a session and a profile are given.
    """

    name = "botocore"

    def __init__(
        self, session: Session | None = None, *, profile: str | None = None, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        if session is not None and profile is not None:
            raise InvalidCredentials("both session and profile are given", hint="make the session with that profile")
        self._session, self._profile, self._clock = session, profile, clock

    @property
    def looks_at(self) -> str:
        return "the session given" if self._profile is None else f"profile {self._profile!r}"

    def __repr__(self) -> str:
        return f"<BotocoreCredentials of {self.looks_at}>"

    async def fetch(self) -> Credentials:
        """What the session has.

        Raises:
            CredentialsNotFound: it has none.
            AuthenticationError: botocore failed; names its error.
            InvalidCredentials: botocore is not installed.
        """
        outcome = await asyncio.to_thread(self._load)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _load(self) -> Credentials | DynamoDBError:
        if self._session is None:
            try:
                from botocore.session import Session as BotocoreSession
            except ImportError:
                return InvalidCredentials("botocore is not installed", hint="pip install 'hashrange[botocore]'")
            self._session = BotocoreSession(profile=self._profile)
        try:
            found = self._session.get_credentials()
            frozen = None if found is None else found.get_frozen_credentials()
        except Exception as error:
            return _failed(error)
        if frozen is None:
            return CredentialsNotFound("the botocore session has no credentials")
        token = Secret(frozen.token) if frozen.token else None
        try:
            return Credentials(frozen.access_key or "", Secret(frozen.secret_key or ""), token, self._expires_at(found))
        except InvalidCredentials as error:
            return error.with_traceback(None)

    def _expires_at(self, found: Any) -> float | None:
        """When botocore's credentials expire. It has no public name for that; only those that renew have an expiry."""
        expiry = getattr(found, "_expiry_time", None)
        if isinstance(expiry, datetime):
            return expiry.timestamp()
        return self._clock.time() + _UNKNOWN_EXPIRY_SECONDS if hasattr(found, "refresh_needed") else None


def _failed(error: Exception) -> AuthenticationError:
    """botocore's error as one of ours. Neither its frames nor foreign texts go along: they may hold keys."""
    kind = type(error)
    said = kind.__name__
    # the text of a CredentialRetrievalError is what a foreign process printed; all others are botocore's own sentences
    if kind.__module__ == "botocore.exceptions" and said != "CredentialRetrievalError":
        said = f"{said}: {shown(str(error))}"
    return AuthenticationError(
        f"botocore could not get credentials: {said}", hint="'aws sts get-caller-identity' shows the same problem"
    )
