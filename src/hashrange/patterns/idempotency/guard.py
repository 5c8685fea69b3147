"""Idempotency as people use it: a decorator for handlers, and a block.

Owns when the work begins, what counts as its result or failure, and that a cancelled delivery still stores the result
of work that was done. Exactly once it cannot be: whoever dies between the work and the record leaves work that is done
again. Must not know how a record is written (``record``), or where events come from.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from types import TracebackType
from typing import Any, ParamSpec, Protocol, TypeVar, cast

import msgspec

from ...errors import ConfigurationError, ValidationError
from ...table import Table
from ...types import Item
from .record import RESULT, Record, Rules

P = ParamSpec("P")
R = TypeVar("R")


class Once(Protocol):
    """What ``Idempotency.once`` gives: a decorator that keeps the function's arguments and result as they are."""

    def __call__(self, handler: Callable[P, Awaitable[R]], /) -> Callable[P, Coroutine[Any, Any, R]]: ...


class IdempotentRun:
    """One delivery: either the work is to be done here, or its result is there.

    Attributes:
        replayed: whether an earlier delivery has done the work; then ``result`` is what that one stored.
        result: where the work is done here, what the block sets; it is stored when the block ends.
    """

    def __init__(self, record: Record, found: Item | None) -> None:
        self._record = record
        self.replayed = found is not None
        self.result: Any = None if found is None else found.get(RESULT)

    def __repr__(self) -> str:
        return f"<IdempotentRun {'replayed' if self.replayed else 'running'}>"

    async def extend(self) -> None:
        """The work takes longer: the lease begins anew.

        Raises:
            LeaseLost: it was over, and another delivery has taken the work over.
        """
        await self._record.extend()


class Idempotency:
    """Does work once for each key, and gives its result to every later delivery.

    Args:
        table: where the records are, among other items or in a table of their own. Its keys are text, and its TTL
            attribute is declared.
        ttl: how long a result is kept.
        lease: how long the work may take; when it is over, another delivery may begin the work anew. It must be longer
            than the clocks of the machines differ.
        wait: how long a delivery waits for another one that is at work; zero: not at all.
        keep_failures: whether work that raised is not tried again: later deliveries get ``FailedBefore``. Otherwise its
            record is removed, and the next delivery begins anew.
        prefix: what the partition keys of the records begin with; a sort key is always ``"RECORD"``.

    Raises:
        ConfigurationError: names the argument that is not what it may be.
    """

    def __init__(
        self,
        table: Table[Any],
        *,
        ttl: timedelta = timedelta(hours=24),
        lease: timedelta = timedelta(seconds=60),
        wait: timedelta = timedelta(seconds=10),
        keep_failures: bool = False,
        prefix: str = "IDEMPOTENCY#",
    ) -> None:
        for name, value, least in (("ttl", ttl, 1), ("lease", lease, 1), ("wait", wait, 0)):
            if not isinstance(value, timedelta) or value.total_seconds() < least:
                raise ConfigurationError(f"{name} is {value!r}; it must be a timedelta of at least {least} s")
        if lease > ttl:
            raise ConfigurationError(f"lease is {lease}, longer than ttl, which is {ttl}")
        if not isinstance(prefix, str):
            raise ConfigurationError(f"prefix is of type {type(prefix).__name__}, not text")
        if table.schema.ttl_attribute is None:
            raise ConfigurationError(
                f"table {table.name!r} has no TTL attribute: its records would never be deleted",
                hint="declare it: db.table(name, ttl_attribute='expires_at'), or use db.load_table(name)",
            )
        plain = table.with_model(cast("type[Item]", dict))
        self._rules = Rules(plain, ttl, lease, wait, keep_failures, prefix)

    def __repr__(self) -> str:
        return f"<Idempotency in {self._rules.table!r}: ttl {self._rules.ttl}, lease {self._rules.lease}>"

    def once(
        self,
        *,
        key: Callable[..., str],
        payload: Callable[..., Any] | None = None,
        name: str | None = None,
        model: type[Any] | None = None,
    ) -> Once:
        """Makes a coroutine function work once for each key: ``@idempotency.once(key=lambda event: event["id"])``.

        The first delivery returns what the function returns; later ones what DynamoDB stored of it: a float comes back
        as a Decimal (or as ``Config.numbers`` says), a tuple as a list, unless ``model`` says what it is.

        Args:
            key: from the function's arguments, what identifies the event.
            payload: from the function's arguments, what must be the same in every delivery; not what the carrier adds,
                such as a count of deliveries. None: nothing is compared.
            name: keeps this function's keys apart from others'; None: its module and name. Give one where it may be
                renamed while results are kept.
            model: what the function returns: a dataclass, attrs class, Struct, TypedDict or pydantic model, which comes
                back as such. None: a plain value.

        The function then raises, besides its own errors:
            InProgress: another delivery is at work on it.
            IdempotencyMismatch: the key was used with another payload.
            FailedBefore: an earlier delivery failed, and that is kept.
            LeaseLost: the work took longer than the lease, and another delivery has begun it, too.
            TypeMismatch, ItemTooLarge, ValidationError: what it returned cannot be stored. The work was done, and is
                not done again: later deliveries get ``FailedBefore``.
        """
        results = None if model is None else self._rules.table.with_model(model)

        def decorate(handler: Callable[P, Awaitable[R]]) -> Callable[P, Coroutine[Any, Any, R]]:
            own = f"{handler.__module__}.{handler.__qualname__}" if name is None else name

            @functools.wraps(handler)
            async def handle(*args: P.args, **kwargs: P.kwargs) -> R:
                event = _checked_key(key(*args, **kwargs))
                compared = None if payload is None else payload(*args, **kwargs)
                async with Guard(self._rules, f"{own}#{event}", compared, results) as run:
                    if not run.replayed:
                        run.result = await handler(*args, **kwargs)
                return cast("R", run.result)

            return handle

        return decorate

    def guard(self, key: str, payload: Any = None) -> Guard:
        """A block that does its work once for each key.

            async with idempotency.guard("order-981") as run:
                if not run.replayed:
                    run.result = await charge(order)
            print(run.result)

        Args:
            key: what identifies the work.
            payload: must be the same whenever this key is used; anything that JSON has a form for. None: not compared.

        Entering raises InProgress, IdempotencyMismatch and FailedBefore, and leaving it LeaseLost, TypeMismatch,
        ItemTooLarge and ValidationError, as ``once`` says.
        """
        return Guard(self._rules, _checked_key(key), payload, None)


class Guard:
    """A block around work; made by ``Idempotency.guard``, for one use."""

    def __init__(self, rules: Rules, key: str, payload: Any, results: Table[Any] | None) -> None:
        self._record = Record(rules, key, None if payload is None else _fingerprint(payload))
        self._keep_failures, self._results = rules.keep_failures, results
        self._run: IdempotentRun | None = None

    async def __aenter__(self) -> IdempotentRun:
        if self._run is not None:
            raise ValidationError("a guard is used once", hint="call guard() for each delivery")
        found = await self._record.begin()
        self._run = run = IdempotentRun(self._record, found)
        if run.replayed and self._results is not None and run.result is not None:
            run.result = self._results.from_item(run.result)
        return run

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        run = self._run
        if run is None or run.replayed:
            return
        if error is None:
            await _to_its_end(self._record.finish(lambda: self._encoded(run.result)))
        elif isinstance(error, Exception) and self._keep_failures:
            await self._record.give_up(f"{type(error).__name__}: {error}")
        else:  # who was cancelled may try again
            await self._record.give_up(None)

    def _encoded(self, result: Any) -> Any:
        return result if self._results is None or result is None else self._results.to_item(result)


async def _to_its_end(storing: Coroutine[Any, Any, None]) -> None:
    """Store the result of work that was done, even if the delivery is cancelled meanwhile: else it is done again."""
    task = asyncio.create_task(storing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        try:
            await asyncio.wait({task})
        finally:
            if not task.done():  # cancelled once more: then the lease ends it
                task.cancel()
            elif not task.cancelled():
                task.exception()  # who was cancelled learns nothing else
        raise


def _checked_key(key: Any) -> str:
    if not isinstance(key, str) or not key:
        shown = "empty" if key == "" else f"of type {type(key).__name__}"
        raise ValidationError(f"the idempotency key is {shown}; it must be text", hint="str() makes text of a number")
    return key


def _fingerprint(payload: Any) -> str:
    """The same text for the same payload, whatever the order of its maps and sets."""
    try:
        text = msgspec.json.encode(payload, order="deterministic", enc_hook=_plain)
    except (TypeError, ValueError, RecursionError) as problem:
        raise ValidationError(
            f"the payload of type {type(payload).__name__} cannot be compared ({problem})",
            hint="give a value that JSON has a form for: text, numbers, lists, dicts, dataclasses, models",
        ) from None
    return hashlib.sha256(text).hexdigest()


def _plain(value: Any) -> Any:
    """pydantic's models, which msgspec does not know."""
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise TypeError(f"{type(value).__name__} has no form in JSON")
    return dump(mode="json")
