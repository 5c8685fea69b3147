"""Optimistic locking: an item carries a version, and a write says for which version it was made.

Owns the version attribute, and who wrote which version. Uses the table as its users do; how ``modify`` tries again is
``modifying``'s. Must not know requests.

A write whose answer is lost is sent again, and finds the version gone on, by itself or by somebody else, who may even
have written the very same. So each write leaves a mark of its own beside the version (``marks``), by which its writer
knows it again, even where others have written since. Where marks do not tell, ``VersionConflict.maybe_applied`` says
that nobody knows.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Generic, TypeVar, cast

from ..errors import (
    ConditionFailed,
    ConfigurationError,
    DynamoDBError,
    InvalidExpression,
    ValidationError,
    VersionConflict,
)
from ..expressions import Attr, Update
from ..expressions.condition import Condition
from ..key import Key
from ..table import Table
from ..types import Item
from .marks import LANE_BYTES, next_marks, parse_marks, wrote
from .modifying import Change, Create, Modification

M = TypeVar("M")


class Versioned(Generic[M]):
    """A table whose items carry a version: a whole number, 1 when the item is made, one more with every write.

    All who write these items must do it under the version; reads are those of the table.

    Args:
        table: with or without a model. A model should have the version as a field.
        attribute: the version's name.
        marks: the name of the attribute that tells who wrote the last versions; it is left out of all that this class
            gives back. None: none is written, and then two writers of which one lost an answer may both believe that
            they wrote a version, if they wrote the very same.

    Raises:
        ConfigurationError: a name is not one, or is part of the table's key.
    """

    def __init__(self, table: Table[M], attribute: str = "version", *, marks: str | None = "version_marks") -> None:
        _check_name(table, "attribute", attribute)
        if marks is not None:
            _check_name(table, "marks", marks)
            if marks == attribute:
                raise ConfigurationError(f"attribute and marks are both {marks!r}", table=table.name)
        self.table, self.attribute, self.marks = table, attribute, marks
        self._lanes: list[str] = []  # those that nobody uses now
        self._plain: Table[Item] = table.with_model(cast("type[Item]", dict))

    def __repr__(self) -> str:
        return f"<Versioned {self.table!r} by {self.attribute!r}>"

    # ── writing under a version ──────────────────────────────────────────────────────────────────────────────────────
    async def put_versioned(
        self, item: M | Mapping[str, Any], expected: int | None, *, timeout: float | None = None
    ) -> M:
        """Write a whole item in place of the one that has the expected version.

        Args:
            item: a model's object or a mapping. Its own version does not count: it is stored with ``expected + 1``.
            expected: the version that is there; None: there must be no item; 0: there must be one that has no version
                (or version 0) yet.
            timeout: seconds.

        Returns:
            the item as it is stored, with its new version.

        Raises:
            VersionConflict: there is another version, or none; ``item`` is what is there.
            ValidationError: ``expected``, or the version that is stored, is not a whole number.
        """
        with self._lane() as lane:
            return await self._put(self.table.to_item(item), expected, lane, timeout)

    async def _put(self, values: Item, expected: int | None, lane: str, timeout: float | None) -> M:
        new = self._after(expected, "PutItem")
        stored = {**values, self.attribute: new, **self._marked(values, expected, new, lane)}
        try:
            await self._plain.put_item(stored, condition=self._condition(expected), timeout=timeout)
        except ConditionFailed as failed:
            if not self._settle(failed, new, lane):
                raise self._conflict(failed, expected) from failed
        return self.table.from_item(self._shown(stored))

    async def update_versioned(
        self, key: Key, update: Update, expected: int | None, *, timeout: float | None = None
    ) -> M:
        """Change the item that has the expected version. Any change may be sent again after a lost answer: it cannot be
        applied twice to one version.

        Args:
            key: ``Key(partition, sort)``.
            update: what to change; the version is added to it. An empty one gives the item a new version only.
            expected: as in ``put_versioned``.
            timeout: seconds.

        Returns:
            the item as it is then; after a lost answer, with what others may have changed since.

        Raises:
            VersionConflict: there is another version, or no item; ``item`` is what is there.
            InvalidExpression: the update changes the version itself, or is not an ``Update``.
            ValidationError: ``expected``, or the version that is stored, is not a whole number.
        """
        with self._lane() as lane:
            return await self._update(key, update, expected, lane, timeout)

    async def _update(self, key: Key, update: Update, expected: int | None, lane: str, timeout: float | None) -> M:
        new = self._after(expected, "UpdateItem")
        change = self._checked(update).set(self.attribute, new)
        for name, value in self._marked({}, expected, new, lane).items():
            change = change.set(name, value)
        try:
            done = await self._plain.update_item(
                key, change, condition=self._condition(expected), returns="all_new", retry_ambiguous=True,
                timeout=timeout,
            )  # fmt: skip
        except ConditionFailed as failed:
            if not self._settle(failed, new, lane):
                raise self._conflict(failed, expected) from failed
            return self.table.from_item(self._shown(failed.item))
        return self.table.from_item(self._shown(done.item or {}))

    async def delete_versioned(self, key: Key, expected: int, *, timeout: float | None = None) -> None:
        """Delete the item that has the expected version.

        Args:
            key: ``Key(partition, sort)``.
            expected: the version that is there; 0: there must be an item without a version.
            timeout: seconds.

        Raises:
            VersionConflict: there is another version, or no item. With ``maybe_applied``, an answer was lost, and the
                item is gone, or another one is there: nothing tells who deleted it.
            ValidationError: ``expected``, or the version that is stored, is not a whole number.
        """
        if expected is None:
            raise self._located(ValidationError("a delete needs the expected version, not None"), "DeleteItem")
        self._after(expected, "DeleteItem")
        try:
            await self._plain.delete_item(key, condition=self._condition(expected), timeout=timeout)
        except ConditionFailed as failed:
            raise self._conflict(failed, expected) from failed

    # ── read, apply, write ───────────────────────────────────────────────────────────────────────────────────────────
    async def modify(
        self,
        key: Key,
        fn: Change[M],
        *,
        max_attempts: int = 16,
        create: Create[M] | None = None,
        timeout: float | None = None,
    ) -> M:
        """Read the item, apply a function, write the result under the version that was read; again after a conflict.

        The item is read consistently. After a conflict it waits (backoff with jitter) and reads anew, so the function
        may be called several times and should do nothing else. Attributes that a model does not have are kept.

        Args:
            key: ``Key(partition, sort)``.
            fn: is given the item (its own to change) and returns the new one, or None where nothing is to be changed.
                It may be a coroutine function.
            max_attempts: how often at most.
            create: makes the item where there is none; it is written even if ``fn`` changes nothing of it.
            timeout: seconds for everything together, ``fn`` included; None: the client's.

        Returns:
            the item as it is stored.

        Raises:
            VersionConflict: others were faster ``max_attempts`` times; or, with ``maybe_applied``, an answer was lost,
                and it cannot be known whether the item was written.
            ItemNotFound: there is no item, and no ``create``.
            DeadlineExceeded: the time was up before a write succeeded.
            ValidationError: ``fn`` changed the key, or changed the item and returned None; or the version is no number.
        """
        if type(max_attempts) is not int or max_attempts < 1:
            problem = ValidationError(f"max_attempts is {max_attempts!r}; it must be a whole number of at least 1")
            raise self._located(problem, "modify", key)
        with self._lane() as lane:
            return await Modification(self, key, fn, create, lane).run(max_attempts, timeout)

    # ── versions and marks ───────────────────────────────────────────────────────────────────────────────────────────
    def _after(self, expected: Any, operation: str) -> int:
        """The version that a write under this one gives the item."""
        if expected is None:
            return 1
        if type(expected) is not int or expected < 0:
            shown = expected if isinstance(expected, (int, float, Decimal)) else f"of type {type(expected).__name__}"
            raise self._located(
                ValidationError(
                    f"the expected version is {shown}; it must be a whole number, or None for a new item",
                    hint=f"give the item's {self.attribute!r} as it was read",
                ),
                operation,
            )
        return expected + 1

    def _version_of(self, item: Mapping[str, Any], key: Any = None) -> int | None:
        """The version of an item that was read; None where it has none."""
        value = item.get(self.attribute)
        if self.attribute not in item:
            return None
        if type(value) is int and value >= 0:
            return value
        shown = value if isinstance(value, (int, float, Decimal)) else f"of type {type(value).__name__}"
        raise self._located(
            ValidationError(
                f"{self.attribute}: the stored version is {shown}, not a whole number of 0 or more",
                hint="the version needs an attribute of its own, that nobody else writes",
            ),
            "version",
            key,
        )

    def _condition(self, expected: int | None) -> Condition:
        exists = Attr(self.table.schema.keys.partition_key)
        version = Attr(self.attribute)
        if expected is None:
            return exists.not_exists()
        return exists.exists() & (version.not_exists() | (version == 0)) if expected == 0 else version == expected

    def _marked(self, before: Mapping[str, Any], expected: int | None, new: int, lane: str) -> Item:
        """The attribute that tells who wrote the last versions."""
        if self.marks is None:
            return {}
        return {self.marks: str(next_marks(parse_marks(before.get(self.marks)), expected, lane, new))}

    @contextmanager
    def _lane(self) -> Iterator[str]:
        """A name for one write, or for one after the other. It is used again, unless nobody knows what came of it."""
        lane = self._lanes.pop() if self._lanes else secrets.token_urlsafe(LANE_BYTES)
        try:
            yield lane
        except DynamoDBError as error:
            if not error.maybe_applied:
                self._lanes.append(lane)
            raise
        self._lanes.append(lane)

    def _settle(self, failed: ConditionFailed, new: int, lane: str) -> bool:
        """Whether a write was refused only because an earlier attempt of it was applied; where it is sure that none
        was, the error says so."""
        if not failed.maybe_applied:
            return False
        wrote_it = self._wrote(failed.item, new, lane)
        if wrote_it is False:
            failed.maybe_applied = False
        return wrote_it is True

    def _wrote(self, found: Item | None, version: int, lane: str) -> bool | None:
        """Whether this lane gave the item this version; None where nobody knows."""
        if not found or self.marks is None:
            return None
        return wrote(parse_marks(found.get(self.marks)), found.get(self.attribute), lane, version)

    def _shown(self, item: Item) -> Item:
        return item if self.marks is None else {name: item[name] for name in item if name != self.marks}

    # ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _conflict(self, failed: ConditionFailed, expected: int | None) -> VersionConflict:
        item: Item | None = failed.item
        found = None if item is None else self._version_of(item, failed.key)
        if item is None:
            said = f"there is no item, and version {expected} was expected"
        elif expected is None:
            said = "there is an item already"
        else:
            said = f"the item has {'no version' if found is None else f'version {found}'}, not {expected or 'none'}"
        conflict = VersionConflict(
            said, table=failed.table, operation=failed.operation, key=failed.key, code=failed.code, data=failed.data,
            status=failed.status, request_id=failed.request_id, attempts=failed.attempts, elapsed=failed.elapsed,
            maybe_applied=failed.maybe_applied,
        )  # fmt: skip
        conflict.expected, conflict.found = expected, found
        if item is not None:
            conflict.item = self._as_model(self._shown(item))
        return conflict

    def _as_model(self, item: Item) -> Any:
        """As the model, or as it is where it does not fit: that is another matter."""
        try:
            return self.table.from_item(item)
        except DynamoDBError:
            return item

    def _checked(self, update: Any) -> Update:
        if not isinstance(update, Update):
            raise self._located(
                InvalidExpression(f"the update is of type {type(update).__name__}", hint="use Update().set(...)"),
                "UpdateItem",
            )
        taken = {self.attribute, self.marks} & update.attribute_names
        if taken:
            raise self._located(
                InvalidExpression(
                    f"the update changes {', '.join(sorted(map(repr, taken)))}",
                    hint="leave it out: versioned writes change it themselves",
                ),
                "UpdateItem",
            )
        return update

    def _located(self, error: DynamoDBError, operation: str, key: Any = None) -> DynamoDBError:
        return error.with_context(table=self.table.name, operation=operation, key=key)


def _check_name(table: Table[Any], what: str, name: Any) -> None:
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"{what} is {name!r}; it must be the name of an attribute", table=table.name)
    if name in table.schema.keys.names:
        raise ConfigurationError(f"{what} is {name!r}, which is part of the table's key", table=table.name)
