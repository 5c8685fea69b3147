"""Read, apply a function, write under the version that was read: again after a conflict.

Owns when that is tried again. Only what is sure is: after a conflict with somebody else, and after an answer that was
lost where the item tells that nothing was written. Must not know how a version is written (``versioning``).
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from copy import deepcopy
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar, cast

from ..errors import DeadlineExceeded, DynamoDBError, ItemNotFound, ValidationError, VersionConflict
from ..key import Key
from ..resilience.backoff import delay
from ..types import Item

if TYPE_CHECKING:
    from .versioning import Versioned

M = TypeVar("M")

#: what ``modify`` calls: a function or a coroutine function; None: nothing is to be changed
Change: TypeAlias = Callable[[M], "M | Mapping[str, Any] | Awaitable[M | Mapping[str, Any] | None] | None"]
#: what makes the item where there is none
Create: TypeAlias = Callable[[], "M | Mapping[str, Any] | Awaitable[M | Mapping[str, Any]]"]

#: between two attempts; conflicts are short
BASE_DELAY_SECONDS: Final = 0.01
DELAY_MAX_SECONDS: Final = 1.0


class _LostError(Exception):
    """A write failed, and yet may have been applied.

    Attributes:
        stored: the item as it was before; None where there was none.
        version: what the write would have given it.
        error: what the write raised.
    """

    def __init__(self, stored: Item | None, version: int, error: DynamoDBError) -> None:
        self.stored, self.version, self.error = stored, version, error


class Modification(Generic[M]):
    """One call of ``Versioned.modify``; all its writes are of one lane."""

    def __init__(self, versioned: Versioned[M], key: Key, fn: Change[M], create: Create[M] | None, lane: str) -> None:
        self._versioned, self._table = versioned, versioned.table
        self._key, self._fn, self._create = key, fn, create
        self._lane = lane
        self._lost: _LostError | None = None

    async def run(self, max_attempts: int, timeout: float | None) -> M:
        """The item as it is stored in the end; see ``Versioned.modify``."""
        config = self._table.config
        now = config.clock.monotonic
        deadline = now() + (config.timeout if timeout is None else timeout)
        try:
            for attempt in count(1):
                try:
                    return await self._attempt(deadline)
                except VersionConflict as conflict:
                    if conflict.maybe_applied or attempt >= max_attempts:
                        raise
                    failed: DynamoDBError = conflict
                except _LostError as lost:
                    if attempt >= max_attempts:
                        raise lost.error from lost.error.__cause__
                    failed = lost.error
                pause = delay(attempt, BASE_DELAY_SECONDS, DELAY_MAX_SECONDS, config.randomness.random())
                if now() + pause >= deadline:
                    late = DeadlineExceeded(f"the deadline came after {attempt} attempts to write the item")
                    raise self._located(late) from failed
                await config.clock.sleep(pause)
        except DynamoDBError as error:
            if self._lost is not None:
                error.maybe_applied = True
            raise
        raise AssertionError("count() does not end")

    async def _attempt(self, deadline: float) -> M:
        versioned, now = self._versioned, self._table.config.clock.monotonic
        stored = await versioned._plain.get_item(self._key, consistent=True, timeout=max(0.0, deadline - now()))
        if self._lost is not None and self._was_applied(self._lost, stored):
            return self._table.from_item(versioned._shown(stored or {}))
        expected, changed = await self._changed(stored)
        if changed is None:
            return self._table.from_item(versioned._shown(stored or {}))
        try:
            return await versioned._put(changed, expected, self._lane, max(0.0, deadline - now()))
        except VersionConflict:
            raise
        except DynamoDBError as error:
            if not error.maybe_applied:
                raise
            self._lost = _LostError(stored, (expected or 0) + 1, error)
            raise self._lost from error

    def _was_applied(self, lost: _LostError, stored: Item | None) -> bool:
        """Whether a write of this call was applied after all; where it was not, it is forgotten.

        Raises:
            DynamoDBError: that of the write, where nobody knows.
        """
        wrote = False if stored == lost.stored else self._versioned._wrote(stored, lost.version, self._lane)
        if wrote is None:
            raise lost.error from lost.error.__cause__
        if wrote is False and stored != lost.stored:
            self._lost = None
        return wrote

    async def _changed(self, stored: Item | None) -> tuple[int | None, Item | None]:
        """The version to expect, and the item to write under it; None where nothing is to be written."""
        if stored is None:
            expected, unknown, before = None, Item(), await self._created()
        else:
            expected = self._versioned._version_of(stored, self._key) or 0
            before = self._table.to_item(self._table.from_item(self._versioned._shown(stored)))
            unknown = {name: value for name, value in stored.items() if name not in before}
        given = self._table.from_item(deepcopy(before))
        result = self._fn(given)
        wanted = cast("M | Mapping[str, Any] | None", await result if inspect.isawaitable(result) else result)
        if wanted is None:
            if self._table.to_item(given) != before:
                raise self._located(
                    ValidationError(
                        "the function changed the item and returned None, which says that nothing is to be changed",
                        hint="return the item",
                    )
                )
            return expected, before if stored is None else None
        after = {**unknown, **self._table.to_item(wanted)}
        if Key.from_item(after, self._table.schema.keys) != self._key:
            raise self._located(ValidationError("the function changed the item's key"))
        return expected, after

    async def _created(self) -> Item:
        if self._create is None:
            missing = ItemNotFound("there is no item to modify", hint="create= makes one where there is none")
            raise self._located(missing)
        made = self._create()
        return self._table.to_item(cast("M", await made if inspect.isawaitable(made) else made))

    def _located(self, error: DynamoDBError) -> DynamoDBError:
        return self._versioned._located(error, "modify", self._key)
