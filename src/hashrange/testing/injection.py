"""What ``FaultPlan`` and ``Script`` share: a transport around a transport that lets faults happen and writes them down.

Must not know when a fault is due.
"""

from __future__ import annotations

from random import Random

from msgspec import Struct

from ..clock import Clock
from ..errors import ConfigurationError, DynamoDBError
from ..wire.transport import Request, Response, Transport
from .happenings import Attempt, Fault, FaultMismatch, refreshes
from .requests import tables_of


class Injection(Struct, frozen=True):
    """A fault that happened.

    Attributes:
        operation: of the request.
        table: of the request; None where there is none, or several.
        call: the how manieth it was of those that the rule, or the script, applies to; from 1.
        fault: what happened.
    """

    operation: str
    table: str | None
    call: int
    fault: Fault


class Injector:
    """A transport around a transport.

    Attributes:
        log: every fault that happened, oldest first.
    """

    def __init__(self, transport: Transport, clock: Clock) -> None:
        check_methods("transport", transport, ("send", "repair", "close"))
        check_methods("clock", clock, ("monotonic", "sleep"))
        self._transport, self._clock = transport, clock
        self._requests = 0
        self.log: list[Injection] = []

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        refreshed = refreshes(response)
        return self._transport.repair(error, response) if refreshed is None else refreshed

    async def close(self) -> None:
        await self._transport.close()

    async def _pass_on(self, request: Request) -> Response:
        self._requests += 1
        return await self._transport.send(request)

    async def _inject(self, fault: Fault, call: int, request: Request, random: Random) -> Response:
        if fault.operations is not None and request.operation not in fault.operations:
            possible = ", ".join(sorted(fault.operations))
            raise FaultMismatch(f"{fault!r} was due on a {request.operation}; it can only happen on {possible}")
        self._requests += 1
        tables = tables_of(request)
        self.log.append(Injection(request.operation, tables[0] if len(tables) == 1 else None, call, fault))
        return await fault.happen(Attempt(request, self._transport, self._clock, self._requests, random))


def check_methods(name: str, value: object, methods: tuple[str, ...]) -> None:
    """Refuse what cannot be used as a transport or a clock.

    Raises:
        ConfigurationError: names the argument.
    """
    kind = f"the class {value.__name__}" if isinstance(value, type) else f"of type {type(value).__name__}"
    for method in methods:
        if isinstance(value, type) or not callable(getattr(value, method, None)):
            raise ConfigurationError(f"{name} is {kind}, which has no {method}()")


def check_fault(name: str, value: object) -> None:
    """Refuse what is not a fault; names the argument."""
    if not isinstance(value, Fault):
        shown = getattr(value, "__name__", None)
        hint = f"write {shown}(): it has to be called" if callable(value) and shown else "faults are made by functions"
        raise ConfigurationError(f"{name} is of type {type(value).__name__}; it must be a fault", hint=hint)
