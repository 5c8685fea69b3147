"""Faults in a given order: the first request meets the first of them, the second the second.

Must not know what a fault does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from random import Random

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import ConfigurationError
from ..wire.transport import Request, Response, Transport
from .happenings import Fault
from .injection import Injector, check_fault
from .requests import checked_operations


class UnexpectedRequest(AssertionError):
    """A strict script was over, and there came another request."""


class Script(Injector):
    """Lets exactly these faults happen, one to each request, in the order in which they are sent.

    Args:
        steps: the faults; ``success()`` is a request that goes its way. ``scenarios`` has some that are often wanted.
        transport: what carries the requests.
        operations: only requests of this operation, or of these, are steps; others pass. None: all.
        strict: after the last step another request is an ``UnexpectedRequest``; else it passes.
        seed: of what is left to chance (which items of a batch).
        clock: on which slow answers and timeouts take their time: the client's.

    Attributes:
        log: the steps that happened, as ``Injection(operation, table, call, fault)``.

    Raises:
        ConfigurationError: names the argument that is not what it may be.
    """

    def __init__(
        self,
        steps: Sequence[Fault],
        transport: Transport,
        *,
        operations: str | Collection[str] | None = None,
        strict: bool = False,
        seed: int | str = 0,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(transport, clock)
        if isinstance(steps, Fault) or not isinstance(steps, Sequence):
            raise ConfigurationError(f"steps is of type {type(steps).__name__}; it must be a list of faults")
        for at, step in enumerate(steps):
            check_fault(f"steps[{at}]", step)
        if type(strict) is not bool:
            raise ConfigurationError(f"strict is {strict!r}; it must be True or False")
        self._steps = tuple(steps)
        self._operations = checked_operations("operations", operations)
        self._strict, self._seed = strict, seed
        self._done = 0

    def __repr__(self) -> str:
        return f"<Script {self._done} of {len(self._steps)} steps over {self._transport!r}>"

    @property
    def remaining(self) -> tuple[Fault, ...]:
        """The steps that no request has met yet."""
        return self._steps[self._done :]

    @property
    def finished(self) -> bool:
        """Whether every step has happened."""
        return not self.remaining

    async def send(self, request: Request) -> Response:
        if self._operations is not None and request.operation not in self._operations:
            return await self._pass_on(request)
        if self.finished:
            if self._strict:
                steps = f"{len(self._steps)} step{'' if len(self._steps) == 1 else 's'}"
                raise UnexpectedRequest(f"a {request.operation} came after the script's end ({steps}): {self._story()}")
            return await self._pass_on(request)
        step = self._steps[self._done]
        self._done += 1
        random = Random(f"{self._seed}/{self._done}")  # noqa: S311 - a test that repeats itself
        return await self._inject(step, self._done, request, random)

    def _story(self) -> str:
        return ", ".join(f"{each.operation} met {each.fault!r}" for each in self.log) or "it has none"
