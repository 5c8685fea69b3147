"""Client request tokens of transactions: a repeated request is recognised for ten minutes and is not applied again.

Owns what was done under which token. Must not know what a transaction holds: it gets a fingerprint of it and keeps a
receipt, which the answer to a repetition is made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import msgspec

from ...clock import Clock
from .. import messages
from ..errors import ApiError

TOKEN_VALID_SECONDS: Final = 600.0  # API reference, TransactWriteItems, ClientRequestToken

_encode: Final = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Done:
    """A transaction that was applied.

    Attributes:
        fingerprint: of its parameters.
        valid_until: seconds since the epoch.
        receipt: what the operation wants to know of it later; never changed.
    """

    fingerprint: bytes
    valid_until: float
    receipt: Any


class Tokens:
    """The tokens of one account, each with what was done under it."""

    __slots__ = ("_clock", "_done")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._done: dict[tuple[str, str], Done] = {}  # oldest first

    def __repr__(self) -> str:
        return f"<Tokens: {len(self._done)} remembered>"

    def receipt(self, operation: str, token: str, fingerprint: bytes) -> Any | None:
        """What was done under a token; None where it is new or forgotten.

        Raises:
            ApiError: IdempotentParameterMismatchException: something else was done under it.
        """
        self._forget()
        done = self._done.get((operation, token))
        if done is None:
            return None
        if done.fingerprint != fingerprint:
            raise ApiError("IdempotentParameterMismatchException", messages.REPEATED_WITH_OTHER_PARAMETERS)
        return done.receipt

    def remember(self, operation: str, token: str, fingerprint: bytes, receipt: Any) -> None:
        """Note that a transaction was applied just now."""
        self._done[operation, token] = Done(fingerprint, self._clock.time() + TOKEN_VALID_SECONDS, receipt)

    def copy(self) -> Tokens:
        """The same tokens, which change independently."""
        twin = Tokens(self._clock)
        twin._done = dict(self._done)
        return twin

    def _forget(self) -> None:
        now = self._clock.time()
        for key, done in list(self._done.items()):
            if done.valid_until > now:
                return
            del self._done[key]


def fingerprint(parameters: Any) -> bytes:
    """A short digest of parameters; the order of members does not matter."""
    return blake2b(_encode(parameters), digest_size=16).digest()
