"""Answers that wait until what they tell is on the disk: all of one turn of the event loop share one transaction.

A read waits too where it may have seen a write that is not there yet. Where the transaction fails, nothing of it has
happened, and all who wait are told so. Must not know requests or files.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from .disk.engine import DiskEngine
from .errors import ApiError


class Waiting(Protocol):
    """Who gets an answer."""

    def send(self, answer: bytes, *, keep_alive: bool) -> None: ...


class HeldAnswers:
    """The answers of one server that wait.

    Args:
        engine: whose disk it is.
        failed: makes the answer to a request that failed, for a connection that is kept alive or not.
        loop: whose turns they are.
    """

    __slots__ = ("_engine", "_failed", "_failures", "_held", "_loop")

    def __init__(self, engine: DiskEngine, failed: Callable[[bool], bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._engine, self._failed, self._loop = engine, failed, loop
        self._failures = engine.failures
        self._held: list[tuple[Waiting, bytes, bool]] = []

    def __repr__(self) -> str:
        return f"<HeldAnswers: {len(self._held)}>"

    def hold(self, waiting: Waiting, answer: bytes, *, keep_alive: bool) -> bool:
        """Keep an answer back if it has to wait; False: it may be sent at once."""
        if self._engine.is_durable and self._engine.failures == self._failures and not self._held:
            return False
        if not self._held:
            self._loop.call_soon(self.release)
        self._held.append((waiting, answer, keep_alive))
        return True

    def release(self) -> None:
        """Bring to the disk what is not there yet, and send the answers."""
        if not self._held:
            return
        held, self._held = self._held, []
        try:
            self._engine.make_durable()
            failed = self._engine.failures != self._failures
        except ApiError:
            failed = True
        self._failures = self._engine.failures
        for waiting, answer, keep_alive in held:
            waiting.send(self._failed(keep_alive) if failed else answer, keep_alive=keep_alive)
