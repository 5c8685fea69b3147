"""Who we are: secrets that do not show themselves, credentials, and what a provider of credentials is.

Owns ``Secret``, ``Credentials`` and the ``Provider`` protocol. Must not do I/O, read the environment
or the time, or know a kind of provider.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NoReturn, Protocol

from ..errors import InvalidCredentials

_HIDDEN: Final = "***"
#: what may stand in a header and in a signature's scope: visible ASCII, no space
_HEADER_TEXT = r"[!-~]+"
#: below this length, four characters would be too much of an access key to show
_ACCESS_KEY_SHOWN_FROM_CHARS: Final = 16


class Secret:
    """A text that nobody sees by accident.

    ``repr``, ``str`` and ``format`` give ``***``; it does not pickle; comparing takes the same time wherever the
    difference is. Bytes are kept exactly: ``reveal_bytes`` gives them back.

    Args:
        value: the text, its bytes, or another Secret.
    """

    __slots__ = ("_value",)
    _value: str

    def __init__(self, value: str | bytes | Secret) -> None:
        if isinstance(value, Secret):
            text = value.reveal()
        elif isinstance(value, bytes):
            text = value.decode("utf-8", "surrogateescape")
        elif isinstance(value, str):
            text = value
        else:
            raise TypeError(f"a Secret holds text or bytes, not {type(value).__name__}")
        object.__setattr__(self, "_value", text)

    def reveal(self) -> str:
        """The text itself; keep it no longer than needed."""
        return self._value

    def reveal_bytes(self) -> bytes:
        """The text in UTF-8, or exactly the bytes that it was made from."""
        return self.reveal().encode("utf-8", "surrogateescape")

    def __repr__(self) -> str:
        return _HIDDEN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return _HIDDEN

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        from hmac import compare_digest  # slow to import, and secrets are seldom compared

        return compare_digest(self.reveal_bytes(), other.reveal_bytes())

    def __hash__(self) -> int:
        return hash(self._value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Secret does not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Secret does not change")

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret does not pickle: it would leave this process")


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """One identity to sign with. Its ``repr`` shows the end of the access key only; it does not pickle.

    Attributes:
        access_key: the access key id.
        secret_key: the secret access key.
        token: the session token of temporary credentials, else None.
        expires_at: seconds since the epoch; None where they do not expire, or nobody says when.

    Raises:
        InvalidCredentials: a part is empty, or holds what cannot stand in a signed request (a line break, a space).
    """

    access_key: str
    secret_key: Secret
    token: Secret | None = None
    expires_at: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.secret_key, Secret) or not isinstance(self.token, Secret | None):
            raise TypeError("secret_key and token must be of type Secret, so that they do not show themselves")
        problem = self._problem()
        if problem is not None:
            raise InvalidCredentials(problem, hint="copy it again, whole and without quotes or spaces")

    def _problem(self) -> str | None:
        """What is wrong, as a text; raising from here would put the secrets among a traceback's local variables."""
        parts = [("the access key", self.access_key), ("the secret key", self.secret_key.reveal())]
        parts += [("the session token", self.token.reveal())] if self.token is not None else []
        for name, text in parts:
            if not re.fullmatch(_HEADER_TEXT, text):
                return f"{name} {'holds a space, a line break or what is not ASCII' if text else 'is empty'}"
        return None

    def __repr__(self) -> str:
        return f"<Credentials {self.describe()}>"

    def describe(self) -> str:
        """A text for people: the end of the access key, and when they expire."""
        shown = f"…{self.access_key[-4:]}" if len(self.access_key) >= _ACCESS_KEY_SHOWN_FROM_CHARS else _HIDDEN
        until = "no known expiry" if self.expires_at is None else f"expires {utc_text(self.expires_at)}"
        return f"access key {shown}, {until}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Credentials:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("Credentials do not pickle: they would leave this process")


def utc_text(seconds: float) -> str:
    """Seconds since the epoch as ``2026-01-31T23:59:59Z``; a number that no calendar holds as it is."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{seconds:g} s after 1970"


class Provider(Protocol):
    """A source of credentials. Anything with a ``name`` and such a ``fetch`` is one."""

    @property
    def name(self) -> str:
        """What people call it, for example ``web identity``."""
        ...

    async def fetch(self) -> Credentials:
        """Credentials, fresh from the source; what they cost (files, requests) is paid at every call.

        Raises:
            CredentialsNotFound: this source is not set up here; a chain goes on to the next.
            AuthenticationError, ConfigurationError: it is set up and does not work; a chain stops here, since another
                identity than the intended one would be worse than none.
        """
        ...


def unforeseen(error: Exception) -> str:
    """The text for an error that no provider should raise: its type only, since nobody knows what else is in it."""
    return f"it raised {type(error).__name__}, which no provider should"
