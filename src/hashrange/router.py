"""A call of a client of several regions: which of them takes it.

Stands before the regions' dispatchers and looks like one. A call is sent to one region, with all its attempts. Only a
read that failed because its region is down goes on in the next one. Must not know transports.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .dispatch import Call, Dispatcher
from .errors import DynamoDBError
from .resilience.breaker import verdict
from .resilience.routing import Routes, may_go_on_elsewhere
from .types import WireObject


class Router:
    """Takes calls to the first of their regions whose circuit lets them through.

    Args:
        dispatchers: one for each region.
        routes: which regions a call may go to.
        now: the clock's ``monotonic``.
        timeout: seconds for a call that brings no own timeout.
    """

    __slots__ = ("_dispatchers", "_now", "_routes", "_timeout")

    def __init__(
        self, dispatchers: Mapping[str, Dispatcher], routes: Routes, now: Callable[[], float], timeout: float
    ) -> None:
        self._dispatchers, self._routes, self._now, self._timeout = dispatchers, routes, now, timeout

    async def dispatch(self, call: Call) -> WireObject:
        """The decoded answer of a call; as ``Dispatcher.dispatch``.

        Raises:
            CircuitOpen: none of its regions takes calls now; it names the preferred one.
            DynamoDBError: as it failed in its region; of a read that was tried in several, as it failed in the last.
        """
        regions = self._routes.regions(call.operation, call.payload)
        dispatchers, now = self._dispatchers, self._now
        if len(regions) == 1:
            return await dispatchers[regions[0]].dispatch(call)
        deadline = now() + (self._timeout if call.timeout is None else call.timeout)
        failed: DynamoDBError | None = None
        for region in regions:
            chosen = dispatchers[region]
            if not chosen.circuit.admits(now()):
                continue
            try:
                return await chosen.dispatch(call)
            except DynamoDBError as error:
                left = deadline - now()
                # an endpoint that still counts as sound gets no second opinion: failover is the circuit's decision
                is_down = verdict(error) == "failed" and chosen.circuit.state != "closed"
                if not (is_down and left > 0 and may_go_on_elsewhere(call.operation)):
                    raise
                failed, call.timeout = error, left
        if failed is not None:
            raise failed
        return await dispatchers[regions[0]].dispatch(call)  # which says when it is tried again
