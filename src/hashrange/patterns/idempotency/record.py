"""The record of one piece of work: an item that says who is at it, and until when; later, what came of it.

    nothing ──▶ running ──▶ done        every arrow is one conditional write. Out of running only by whoever has the
                │  ▲  └───▶ failed      lease, or by anybody once it is over. A record whose TTL is over is nothing,
                └──┘ taken over         whether DynamoDB has deleted it or not.

Every lease has a name that nobody else has, so a write whose answer was lost is known again, and whoever has lost the
lease cannot write the record. Must not know who does the work.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any, Final, cast

from msgspec import Struct

from ...errors import (
    ConditionFailed,
    DynamoDBError,
    FailedBefore,
    IdempotencyMismatch,
    InProgress,
    ItemTooLarge,
    LeaseLost,
    ValidationError,
)
from ...expressions import Attr, Update
from ...expressions.condition import Condition
from ...key import Key
from ...resilience.backoff import delay
from ...table import Table
from ...time_to_live import expiry
from ...types import Item

_log = logging.getLogger("hashrange")

#: the attributes of a record besides its key and the table's TTL attribute
STATE, LEASE, LEASE_UNTIL, PAYLOAD, RESULT, FAILURE = "state", "lease", "lease_until", "payload", "result", "failure"
RUNNING, DONE, FAILED = "running", "done", "failed"

#: between two looks at the record of somebody else's work
BASE_DELAY_SECONDS: Final = 0.05
DELAY_MAX_SECONDS: Final = 2.0
#: for giving a record up after work that failed; if that does not succeed, the end of the lease does it
GIVE_UP_TIMEOUT_SECONDS: Final = 5.0
FAILURE_MAX_CHARS: Final = 1_000
LEASE_NAME_BYTES: Final = 16


class Rules(Struct, frozen=True):
    """What all records of an ``Idempotency`` have in common; see there."""

    table: Table[Item]
    ttl: timedelta
    lease: timedelta
    wait: timedelta
    keep_failures: bool
    prefix: str


class Record:
    """The record of one key, as one delivery sees it.

    Args:
        name: the key, unique among all work.
        payload: a fingerprint of what must be the same in every delivery; None: nothing is compared.
    """

    def __init__(self, rules: Rules, name: str, payload: str | None) -> None:
        self._rules, self._table, self._payload = rules, rules.table, payload
        schema = rules.table.schema
        self._key = Key(rules.prefix + name, None if schema.keys.sort_key is None else "RECORD")
        self._ttl_attribute = cast("str", schema.ttl_attribute)
        self._clock = rules.table.config.clock
        self._lease = secrets.token_hex(LEASE_NAME_BYTES)

    # ── nothing → running ────────────────────────────────────────────────────────────────────────────────────────────
    async def begin(self) -> Item | None:
        """None where the work is to be done here; else the record of the work that was done.

        Raises:
            InProgress, IdempotencyMismatch, FailedBefore.
        """
        deadline = self._clock.monotonic() + self._rules.wait.total_seconds()
        while True:
            try:
                found = await self._claim()
            except asyncio.CancelledError:
                await self.give_up(None)  # it may have been written, and nobody would know for whom
                raise
            if found is None:
                return None
            self._compare(found)
            state = found.get(STATE)
            if state == DONE:
                return found
            if state == FAILED:
                raise self._located(FailedBefore(f"an earlier delivery failed: {found.get(FAILURE)}"))
            if state != RUNNING:
                raise self._located(
                    ValidationError("the item with this key is no record", hint="choose a prefix= of its own")
                )
            await self._watch(found, deadline)

    async def _claim(self) -> Item | None:
        """Write the record, if there is none, or one that is over; None where that succeeded, else what is there."""
        now = self._clock.time()
        mine = Attr(PAYLOAD).not_exists() | (Attr(PAYLOAD) == self._payload) if self._payload is not None else None
        left_behind = (Attr(STATE) == RUNNING) & (Attr(LEASE_UNTIL) <= now)
        free = Attr(self._table.schema.keys.partition_key).not_exists() | (Attr(self._ttl_attribute) <= int(now))
        free |= left_behind if mine is None else left_behind & mine
        record = self._item(RUNNING, **{LEASE_UNTIL: self._lease_end()})
        try:
            await self._table.put_item(record, condition=free)
        except ConditionFailed as failed:
            if not failed.item:
                raise
            there: Item = failed.item
            return None if there.get(LEASE) == self._lease else there
        return None

    def _compare(self, found: Item) -> None:
        theirs = found.get(PAYLOAD)
        if self._payload is not None and theirs is not None and theirs != self._payload:
            raise self._located(IdempotencyMismatch("the key was used before, with another payload"))

    async def _watch(self, found: Item, deadline: float) -> None:
        """Return when the work of somebody else has ended, or its lease.

        Raises:
            InProgress: it is not known in time.
        """
        chance = self._table.config.randomness.random
        record: Item | None = found
        for look in count(1):
            lease_left = 0.0 if record is None else float(record.get(LEASE_UNTIL, 0)) - self._clock.time()
            if record is None or record.get(STATE) != RUNNING or lease_left <= 0:
                return
            time_left = deadline - self._clock.monotonic()
            if time_left <= 0:
                raise self._located(InProgress("another delivery is at work on this key"))
            pause = delay(look, BASE_DELAY_SECONDS, DELAY_MAX_SECONDS, chance())
            await self._clock.sleep(min(pause, time_left, lease_left))
            record = await self._table.get_item(self._key, consistent=True)

    # ── running → done, failed, nothing ──────────────────────────────────────────────────────────────────────────────
    async def extend(self) -> None:
        """The lease begins anew.

        Raises:
            LeaseLost: another delivery has taken the work over.
        """
        change = Update().set(LEASE_UNTIL, self._lease_end()).set(self._ttl_attribute, self._expiry())
        try:
            await self._table.update_item(self._key, change, condition=self._mine)
        except ConditionFailed as failed:
            raise self._lost() from failed

    async def finish(self, encode: Callable[[], Any]) -> None:
        """The work is done; its result is what ``encode`` gives.

        Raises:
            LeaseLost: another delivery has taken the work over; nothing was stored.
            TypeMismatch, ItemTooLarge, ValidationError: the result cannot be stored. The work is not done again.
        """
        try:
            await self._table.put_item(self._item(DONE, **{RESULT: encode()}), condition=self._mine)
        except ConditionFailed as failed:
            raise self._lost() from failed
        except (ValidationError, ItemTooLarge) as error:
            await self.give_up(f"the work was done, but its result cannot be stored ({type(error).__name__})")
            raise

    async def give_up(self, failure: str | None) -> None:
        """The work failed: keep that, or (None) remove the record. If neither succeeds, the end of the lease does."""
        try:
            if failure is None:
                await self._table.delete_item(self._key, condition=self._mine, timeout=GIVE_UP_TIMEOUT_SECONDS)
            else:
                record = self._item(FAILED, **{FAILURE: failure[:FAILURE_MAX_CHARS]})
                await self._table.put_item(record, condition=self._mine, timeout=GIVE_UP_TIMEOUT_SECONDS)
        except ConditionFailed:
            _log.debug("the record of work that failed is somebody else's by now")
        except DynamoDBError as error:
            _log.warning("the record of work that failed stays until its lease is over: %s", error)

    # ── what a record is made of ─────────────────────────────────────────────────────────────────────────────────────
    def _item(self, state: str, **more: Any) -> Item:
        record = {**self._key.to_item(self._table.schema.keys), STATE: state, LEASE: self._lease, **more}
        record[self._ttl_attribute] = self._expiry()
        if self._payload is not None:
            record[PAYLOAD] = self._payload
        return record

    def _expiry(self) -> int:
        return expiry(self._clock.time(), self._rules.ttl)

    def _lease_end(self) -> float:
        return round(self._clock.time() + self._rules.lease.total_seconds(), 3)

    @property
    def _mine(self) -> Condition:
        return (Attr(STATE) == RUNNING) & (Attr(LEASE) == self._lease)

    def _lost(self) -> DynamoDBError:
        return self._located(LeaseLost("the work took longer than its lease, and another delivery has taken it over"))

    def _located(self, error: DynamoDBError) -> DynamoDBError:
        return error.with_context(table=self._table.name, operation="idempotency", key=self._key)
