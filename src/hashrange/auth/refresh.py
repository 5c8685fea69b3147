"""The credentials that a client holds: when to renew them, and who waits for that.

Owns the two windows before an expiry and the single flight. ``current()`` is on the path of every request: one reading
of the clock and one comparison. Must not know where credentials come from.

                 fetched                    advisory        mandatory     expires_at
                    │── current() gives them ──│ also, while a │ get() waits  │ none
                                               │ task renews   │ for the task │

A session of an hour is renewed within the last 15 minutes, and waited for within the last 10 (botocore's windows); a
shorter one within the last quarter and sixth of its life. After a failure the old ones are given, without waiting,
until they expire, and the next attempts keep a growing distance.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
from contextvars import Context
from math import inf
from typing import TYPE_CHECKING, Final

from ..clock import SYSTEM_CLOCK, SYSTEM_RANDOMNESS, Clock, Randomness
from ..errors import AuthenticationError, ClientClosed, DynamoDBError
from ..resilience.backoff import delay
from .credentials import Credentials, Provider, unforeseen, utc_text

if TYPE_CHECKING:
    from .explain import Explanation

ADVISORY_MAX_SECONDS: Final = 900.0
MANDATORY_MAX_SECONDS: Final = 600.0
_ADVISORY_SHARE: Final = 1 / 4  # of the life: 15 minutes of an hour
_MANDATORY_SHARE: Final = 1 / 6  # of the life: 10 minutes of an hour
#: a source that gives the same credentials again (the instance metadata service does) is not asked more often
_ATTEMPTS_MIN_SECONDS: Final = 1.0
_FAILED_BASE_SECONDS: Final = 1.0
_FAILED_MAX_SECONDS: Final = 60.0

_log = logging.getLogger("hashrange.auth")

_Flight = asyncio.Task[Credentials | DynamoDBError]


class CredentialCache:
    """Holds a provider's credentials and renews them before they expire.

    May be used under several event loops, one after the other or at once. Tasks that renew are kept until they end;
    ``close`` cancels them.

    Args:
        provider: where they come from.
        clock, randomness: time, and the chance that keeps many processes from renewing at the same moment.
    """

    def __init__(
        self, provider: Provider, clock: Clock = SYSTEM_CLOCK, randomness: Randomness = SYSTEM_RANDOMNESS
    ) -> None:
        self._provider, self._clock, self._randomness = provider, clock, randomness
        self._held: Credentials | None = None
        self._quiet_until = -inf  # until then ``_held`` are given, and nothing else is to do; never after they expire
        self._wait_from = -inf  # from then on ``get`` waits for the renewal, unless one has failed
        self._failures = 0  # since the last success
        self._last_failure = ""
        self._flights: dict[asyncio.AbstractEventLoop, _Flight] = {}
        self._closed = False

    def __repr__(self) -> str:
        return f"<CredentialCache of {self._provider.name}: {self._state()}>"

    def current(self) -> Credentials | None:
        """The credentials held, where they may be used without waiting; else None, and ``get`` must be awaited.

        Starts renewing them in the background when it is time.
        """
        if self._clock.time() < self._quiet_until:
            return self._held
        return self._renewing()

    async def get(self) -> Credentials:
        """Valid credentials; where there are none, waits for the provider, once for all who wait.

        Raises:
            CredentialsNotFound, AuthenticationError, ConfigurationError: what the provider said, and there are no old
                ones that are still valid.
            ClientClosed: ``close`` was called.
        """
        found = self.current()
        if found is not None:
            return found
        flight = self._flight()
        await asyncio.wait((flight,))  # a caller that is cancelled here leaves the flight to the others
        if flight.cancelled():
            raise _closed()
        outcome = flight.result()
        if isinstance(outcome, Credentials):
            return outcome
        held = self._valid(self._clock.time())
        if held is not None:
            return held
        # everyone gets an error of their own: its context is filled in by who raised the call
        raise copy.copy(outcome) from outcome.__cause__

    def invalidate(self, bad: Credentials) -> None:
        """Never give ``bad`` again, since the service refused them; the next ``get`` asks the provider."""
        if self._held == bad:
            self._quiet_until = self._wait_from = -inf
            self._held = None

    async def explain(self) -> Explanation:
        """Ask the provider anew, and tell what was tried and found; what is held stays as it is."""
        from .explain import Explanation, explain_provider

        return Explanation(await explain_provider(self._provider), self._state())

    async def close(self) -> None:
        """Cancel what is under way; afterwards nothing is asked for. Idempotent."""
        self._closed = True
        here = asyncio.get_running_loop()
        for loop, flight in list(self._flights.items()):
            if loop is here:
                flight.cancel()
                await asyncio.wait((flight,))
            else:
                with contextlib.suppress(RuntimeError):  # that loop has been closed: its tasks are gone
                    loop.call_soon_threadsafe(flight.cancel)

    # ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def _valid(self, now: float) -> Credentials | None:
        held = self._held
        return held if held is not None and (held.expires_at is None or now < held.expires_at) else None

    def _renewing(self) -> Credentials | None:
        """What to give when it is time to renew: None, or the old ones and a task in the background."""
        now = self._clock.time()
        held = self._valid(now)
        if held is None or (now >= self._wait_from and self._failures == 0):
            return None
        with contextlib.suppress(RuntimeError, ClientClosed):  # no loop runs here, or there is no later
            self._flight()
        return held

    def _keep(self, found: Credentials, now: float) -> None:
        self._failures, self._last_failure = 0, ""
        if found.expires_at is None:
            self._held, self._wait_from, self._quiet_until = found, inf, inf
            return
        life = found.expires_at - now
        advisory = min(ADVISORY_MAX_SECONDS, life * _ADVISORY_SHARE)
        mandatory = min(MANDATORY_MAX_SECONDS, life * _MANDATORY_SHARE)
        begin = found.expires_at - advisory + (advisory - mandatory) / 2 * self._randomness.random()
        self._held, self._wait_from = found, found.expires_at - mandatory
        self._quiet_until = min(max(begin, now + _ATTEMPTS_MIN_SECONDS), found.expires_at)

    def _note(self, failure: DynamoDBError, now: float) -> None:
        self._failures += 1
        self._last_failure = f"{utc_text(now)}: {failure.message}"
        held = self._valid(now)
        if held is None:
            return
        pause = delay(self._failures, _FAILED_BASE_SECONDS, _FAILED_MAX_SECONDS, self._randomness.random())
        self._quiet_until = min(now + pause, inf if held.expires_at is None else held.expires_at)
        _log.warning(
            "credentials could not be renewed; the old ones (%s) are used, and the next attempt is in %.3g s: %s",
            held.describe(),
            pause,
            failure,
        )

    def _state(self) -> str:
        held = self._valid(self._clock.time())
        text = "nothing" if held is None else held.describe()
        return f"{text}; last failure {self._last_failure}" if self._last_failure else text

    # ── renewing ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def _flight(self) -> _Flight:
        """The task that renews under the running loop; started if there is none."""
        loop = asyncio.get_running_loop()
        flight = self._flights.get(loop)
        if flight is None or flight.done():
            if self._closed:
                raise _closed()
            for gone in [each for each in list(self._flights) if each.is_closed()]:  # a copy: other threads add theirs
                self._flights.pop(gone, None)
            # in a context of its own: it is nobody's call, and no call's measurements should count it
            flight = loop.create_task(self._renew(), name="hashrange credentials", context=Context())
            self._flights[loop] = flight
            flight.add_done_callback(self._landed)
        return flight

    def _landed(self, flight: _Flight) -> None:
        loop = flight.get_loop()
        if self._flights.get(loop) is flight:
            self._flights.pop(loop, None)

    async def _renew(self) -> Credentials | DynamoDBError:
        """One fetch; its outcome is kept, and given to those who wait as a value, so that none goes unheard."""
        outcome = await self._fetched()
        now = self._clock.time()
        if isinstance(outcome, Credentials):
            self._keep(outcome, now)
        else:
            self._note(outcome, now)
        return outcome

    async def _fetched(self) -> Credentials | DynamoDBError:
        name = self._provider.name
        try:
            found = await self._provider.fetch()
        except DynamoDBError as error:
            return error.with_traceback(None)
        except Exception as error:
            failure = AuthenticationError(f"no credentials from {name}: {unforeseen(error)}", hint="see the cause")
            failure.__cause__ = error
            return failure
        if not isinstance(found, Credentials):
            return AuthenticationError(f"no credentials from {name}: it gave {type(found).__name__}, not Credentials")
        if found.expires_at is not None and found.expires_at <= self._clock.time():
            return AuthenticationError(
                f"{name} gave credentials that have expired ({found.describe()})",
                hint="check this machine's clock, and whether the source still renews them",
            )
        return found


def _closed() -> ClientClosed:
    error = ClientClosed("the client was closed, and its credentials are no longer renewed")
    error.sent = False
    return error
