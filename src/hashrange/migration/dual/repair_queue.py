"""What has to be set right: an entry of the migration's state for each write of two sides, from before its first step
until both sides are known to agree.

An entry is written before the source is, so that a crash at any point leaves it there; it is deleted when the write is
done. One that fails, or whose process is gone, falls due, and a worker (``repairs``) does what is left. So does one
whose write was answered late: a request that was given up may still arrive, and is waited for.

    begun ──────────► (deleted)          the write is done
      │  ╲ crash, or the second side failed
      ▼   ▼
    pending ─► pending ─► … ─► (deleted)   set right; each try is later than the one before
                    ╲─► aside              it cannot be set right by trying again: says why

Owns these entries, ``dual/repair/…`` and ``dual/aside/…``. Must not know how anything is repaired.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from ...clock import SYSTEM_RANDOMNESS, Clock, Randomness
from ...codec import decode_value, encode_value
from ...errors import DynamoDBError
from ...key import Key
from ...resilience.backoff import delay
from ..backfill.checkpoints import decoded, encoded
from ..errors import RowRefused, StateConflict
from ..state.store import Entry, Store
from .rows import Place, RowKey

Direction: TypeAlias = Literal["forward", "reverse"]

_OPEN: Final = "dual/repair/"
_ASIDE: Final = "dual/aside/"
_REASON_MAX_CHARS: Final = 500
_TRIES_MAX: Final = 20  # against others that change the same entry
#: the reason of an entry whose write is under way, or was cut off
BEGUN: Final = "begun"


class Rules(Struct, frozen=True, kw_only=True):
    """When an entry falls due.

    Attributes:
        grace_seconds: after a write began without coming to its end. Longer than any write takes.
        settle_seconds: so long may a request that was given up still arrive at DynamoDB.
        base_seconds, max_seconds: of the delay between tries; see ``resilience.backoff``.
        attempts_max: failed tries after which an entry is set aside.
    """

    grace_seconds: float = 60.0
    settle_seconds: float = 30.0
    base_seconds: float = 1.0
    max_seconds: float = 300.0
    attempts_max: int = 12


class Repair(Struct, kw_only=True):
    """An entry.

    Attributes:
        id: its key in the state.
        repository: of which entity.
        direction: "forward" where the source is right, "reverse" where the table is (phase 5).
        operation: the write that it is of: create, update, delete, refresh.
        row_key: of the row; None: of a create that has not told it yet.
        known: keys of items that the row has had, with its places then.
        correlation_id: of the request, or None.
        begun_at: seconds since the epoch.
        due_at: not before then.
        attempts: tries that failed.
        reason: why it is still there.
        version: of the state's entry; None: not written yet.
    """

    id: str
    repository: str
    direction: Direction
    operation: str
    row_key: RowKey | None
    known: dict[Key, Place]
    correlation_id: str | None
    begun_at: float
    due_at: float
    attempts: int = 0
    reason: str = BEGUN
    version: int | None = None


class RepairQueue:
    """The entries of a migration.

    Args:
        store: the state.
        rules: see there.
        clock: for times; clocks of machines that share a state should agree within a few seconds.
        randomness: spreads tries.
    """

    def __init__(self, store: Store, rules: Rules, *, clock: Clock, randomness: Randomness = SYSTEM_RANDOMNESS) -> None:
        self._store, self.rules, self._clock, self._randomness = store, rules, clock, randomness

    def __repr__(self) -> str:
        return f"<RepairQueue in {self._store!r}>"

    # ── of a write ───────────────────────────────────────────────────────────────────────────────────────────────────
    async def begin(
        self,
        repository: str,
        operation: str,
        row_key: RowKey | None,
        known: Mapping[Key, Place],
        *,
        direction: Direction = "forward",
        correlation_id: str | None = None,
        due_after: float | None = None,
    ) -> Repair:
        """Write the entry of a write that is about to begin. Raises what the state raises: then nothing has begun."""
        now = self._clock.time()
        due = now + (self.rules.grace_seconds if due_after is None else due_after)
        key = f"{_OPEN}{repository}/{int(now * 1000):015d}-{secrets.token_hex(6)}"
        repair = Repair(
            id=key, repository=repository, direction=direction, operation=operation, row_key=row_key,
            known=dict(known), correlation_id=correlation_id, begun_at=now, due_at=due,
        )  # fmt: skip
        await self._write(repair)
        return repair

    async def know(self, repair: Repair, keys: Mapping[Key, Place], row_key: RowKey | None = None) -> None:
        """Add what is about to be touched, before it is."""
        if row_key is not None:
            repair.row_key = row_key
        repair.known.update(keys)
        await self._write(repair)

    async def done(self, repair: Repair, *, lingers: bool = False) -> None:
        """Both sides agree. ``lingers``: a request was given up that may still arrive: looked at once more, later."""
        if lingers:
            repair.due_at = self._clock.time() + self.rules.settle_seconds
            repair.reason = "an attempt whose answer was lost may still arrive"
            await self._write(repair)
            return
        await self._delete(repair)

    async def fail(self, repair: Repair, error: BaseException, *, first: bool = False) -> bool:
        """A try failed. Returns whether it was set aside: trying again would not help, or did not so often.

        Args:
            error: why.
            first: it was not a try of a worker, but the write itself.
        """
        repair.reason = f"{type(error).__name__}: {_said(error)}"[:_REASON_MAX_CHARS]
        repair.attempts += 0 if first else 1
        rules = self.rules
        if isinstance(error, RowRefused) or repair.attempts >= rules.attempts_max:
            await self.set_aside(repair)
            return True
        wait = delay(max(repair.attempts, 1), rules.base_seconds, rules.max_seconds, self._randomness.random())
        # a request of this try may still arrive: what is looked at before then may change behind our back
        wait = max(wait, rules.settle_seconds) if getattr(error, "maybe_applied", False) else wait
        repair.due_at = self._clock.time() + wait
        await self._write(repair)
        return False

    async def set_aside(self, repair: Repair) -> None:
        """Take an entry out of the work; ``aside`` lists it."""
        opened = Repair(**{name: getattr(repair, name) for name in repair.__struct_fields__})
        repair.id, repair.version = _ASIDE + repair.id.removeprefix(_OPEN), None
        await self._write(repair)
        await self._delete(opened)

    # ── of a worker ──────────────────────────────────────────────────────────────────────────────────────────────────
    async def claim(self, repair: Repair) -> bool:
        """Take an entry for some time. False where somebody else has, or it is done."""
        repair.due_at = self._clock.time() + self.rules.grace_seconds
        try:
            await self._put(repair)
        except StateConflict:
            return False
        return True

    async def pending(self, repository: str | None = None) -> AsyncIterator[Repair]:
        """The entries that are not done, oldest first of each repository, due or not."""
        async for key, entry in self._store.scan(_OPEN if repository is None else f"{_OPEN}{repository}/"):
            yield _repair(key, entry)

    async def aside(self) -> AsyncIterator[Repair]:
        """The entries that were set aside."""
        async for key, entry in self._store.scan(_ASIDE):
            yield _repair(key, entry)

    async def count(self, direction: Direction | None = None) -> tuple[int, int]:
        """How many wait to be set right, and how many are set aside. Writes that are just under way are not counted."""
        now = self._clock.time()
        open_now = [
            one
            async for one in self.pending()
            if direction in (None, one.direction) and (one.reason != BEGUN or one.due_at <= now)
        ]
        aside = [one async for one in self.aside() if direction in (None, one.direction)]
        return len(open_now), len(aside)

    async def again(self) -> int:
        """Put what was set aside back to work. Returns how many."""
        count = 0
        async for repair in self.aside():
            aside = Repair(**{name: getattr(repair, name) for name in repair.__struct_fields__})
            repair.id, repair.version = _OPEN + repair.id.removeprefix(_ASIDE), None
            repair.attempts, repair.due_at = 0, self._clock.time()
            await self._write(repair)
            await self._delete(aside)
            count += 1
        return count

    async def forget(self) -> int:
        """Delete what was set aside, after somebody has seen to it. Returns how many."""
        count = 0
        async for repair in self.aside():
            await self._delete(repair)
            count += 1
        return count

    # ── entries ──────────────────────────────────────────────────────────────────────────────────────────────────────
    async def _write(self, repair: Repair) -> None:
        """Write it over whatever is there: what both writers know is kept."""
        for tries_left in reversed(range(_TRIES_MAX)):
            try:
                await self._put(repair)
            except StateConflict:
                if not tries_left:
                    raise
                there = await self._store.read(repair.id)
                if there is None:
                    repair.version = None
                    continue
                found = _repair(repair.id, there)
                repair.known = {**found.known, **repair.known}
                repair.row_key = repair.row_key or found.row_key
                repair.version = there.version
            else:
                return

    async def _put(self, repair: Repair) -> None:
        value = {
            "direction": repair.direction,
            "operation": repair.operation,
            "row_key": None if repair.row_key is None else encoded(repair.row_key),
            "known": [[_key_document(key), encoded(place)] for key, place in repair.known.items()],
            "correlation_id": repair.correlation_id,
            "begun_at": repair.begun_at,
            "due_at": repair.due_at,
            "attempts": repair.attempts,
            "reason": repair.reason,
        }
        repair.version = await self._store.write(repair.id, value, version=repair.version)

    async def _delete(self, repair: Repair) -> None:
        if repair.version is None:
            return
        try:
            await self._store.delete(repair.id, version=repair.version)
        except StateConflict:
            return  # a worker has it: it looks once more, which does no harm


def _repair(key: str, entry: Entry) -> Repair:
    value = entry.value
    return Repair(
        id=key,
        repository=key.removeprefix(_OPEN).removeprefix(_ASIDE).rsplit("/", 1)[0],
        direction=value["direction"],
        operation=value["operation"],
        row_key=None if value["row_key"] is None else decoded(value["row_key"]),
        known={_key_of(key): decoded(place) for key, place in value["known"]},
        correlation_id=value["correlation_id"],
        begun_at=value["begun_at"],
        due_at=value["due_at"],
        attempts=value["attempts"],
        reason=value["reason"],
        version=entry.version,
    )


def _key_document(key: Key) -> list[Any]:
    return [encode_value(part) for part in ((key.partition,) if key.sort is None else (key.partition, key.sort))]


def _key_of(document: list[Any]) -> Key:
    return Key(*map(decode_value, document))


def _said(error: BaseException) -> str:
    return error.message if isinstance(error, DynamoDBError) else type(error).__name__
