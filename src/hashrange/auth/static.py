"""Credentials that are given as they are. Must not know where the caller has them from."""

from __future__ import annotations

from .credentials import Credentials, Secret


class Static:
    """Fixed credentials: they do not refresh.

    Args:
        access_key: the access key id.
        secret_key: the secret access key, as text or Secret.
        token: the session token of temporary credentials.

    Raises:
        InvalidCredentials: a part is empty, or holds what cannot stand in a signed request.
    """

    name = "static"
    looks_at = "the arguments given"

    def __init__(self, access_key: str, secret_key: str | Secret, token: str | Secret | None = None) -> None:
        secret_key, token = Secret(secret_key), None if token is None else Secret(token)  # a traceback shows no text
        self._credentials = Credentials(access_key, secret_key, token)

    def __repr__(self) -> str:
        return f"<Static {self._credentials.describe()}>"

    async def fetch(self) -> Credentials:
        """The credentials as they were given."""
        return self._credentials
