"""The trouble that operations meet: throttling, conflicts, what is left unprocessed, and reads that are behind.

What an action asks before it reads or writes; an engine without any trouble has no such object. Owns when chance is
asked, so that a seed repeats itself. Must not know the shapes of requests and answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from ..clock import Clock, Randomness
from . import trouble_messages
from .capacity import TRANSACTION_FACTOR, Usage, read_units, write_units, write_usage
from .disorder import Disorder, Ongoing
from .errors import ApiError
from .state.store import Place, Record, is_at
from .state.table import Table
from .state.write import Write
from .throughput import Demand, Meter, Throughput, throttled
from .values import Item


class Element(Protocol):
    """One write, by itself or in a transaction; ``subject`` holds its key."""

    @property
    def subject(self) -> Item: ...
    def plan(self, table: Table) -> Write: ...


class Trouble:
    """What an engine's operations meet.

    Args:
        throughput: what tables carry; None for no limit.
        disorder: what else goes wrong.
        ongoing: the transactions that are under way.
    """

    __slots__ = ("_chance", "_clock", "_disorder", "_ongoing", "_throughput")

    def __init__(
        self,
        throughput: Throughput | None,
        disorder: Disorder,
        ongoing: Ongoing,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._throughput, self._disorder, self._ongoing = throughput, disorder, ongoing
        self._clock, self._chance = clock, randomness

    def __repr__(self) -> str:
        return f"Trouble({self._throughput!r}, {self._disorder!r})"

    # ── single reads ─────────────────────────────────────────────────────────────────────────────────────────────────
    def get(self, table: Table, key: Item, *, consistent: bool) -> Record | None:
        """What a read of one item finds.

        Raises:
            ApiError: it is throttled.
        """
        partition, place = table.locate(key)
        demand = Demand(table.definition, None, is_write=False, partition=partition)
        self._require(table, [demand])
        store = table.store
        if table.replica is not None and self.is_late(table, consistent=consistent):
            store = table.replica
        record = store.get(partition, place)
        self._charge(table, [_costing(demand, read_units(0 if record is None else record.size, consistent))])
        return record

    def get_in_batch(self, table: Table, key: Item, *, consistent: bool) -> Record | None:
        """The same for a key of a batch, which may also be left unprocessed; that is an error here, too."""
        if self._happens(self._disorder.unprocessed):
            raise throttled(table.definition, is_write=False)
        return self.get(table, key, consistent=consistent)

    def is_late(self, table: Table, *, consistent: bool) -> bool:
        """Whether a read goes to a replica."""
        return not consistent and table.replica is not None and self._happens(self._disorder.stale_share)

    # ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def admit_page(self, table: Table, index: str | None, partition: bytes | None) -> None:
        """Refuse to read a page where nothing is left.

        Args:
            index: of a global index its name.
            partition: the key of a query.

        Raises:
            ApiError: it is throttled.
        """
        self._require(table, [Demand(table.definition, index, is_write=False, partition=partition)])

    def charge_page(self, table: Table, index: str | None, partition: bytes | None, usage: Usage) -> None:
        """Take away what a page has cost."""
        self._charge(table, [Demand(table.definition, index, is_write=False, partition=partition, units=usage.total)])

    # ── single writes ────────────────────────────────────────────────────────────────────────────────────────────────
    def plan(self, element: Element, table: Table) -> Write:
        """What a single write is going to change; it is paid for.

        Raises:
            ApiError: it meets a conflict, is throttled, or cannot be planned. One whose condition fails is paid for.
        """
        partition, place = table.locate(element.subject)
        if self._is_busy(table, partition, place) or self._happens(self._disorder.conflicts):
            raise ApiError("TransactionConflictException", trouble_messages.ITEM_IN_TRANSACTION)
        demand = Demand(table.definition, None, is_write=True, partition=partition)
        self._require(table, [demand])
        try:
            write = element.plan(table)
        except ApiError as error:
            if error.name == "ConditionalCheckFailedException":
                old = table.store.get(partition, place)
                self._charge(table, [_costing(demand, write_units(0 if old is None else old.size))])
            raise
        demands = _demands(table, partition, write)
        self._require(table, demands)
        self._charge(table, demands)
        return write

    def refusal_in_batch(self, table: Table, subject: Item, write: Write) -> ApiError | None:
        """Why a write of a batch is left unprocessed; None where it is done, and paid for."""
        partition, place = table.locate(subject)
        if self._happens(self._disorder.unprocessed) or self._is_busy(table, partition, place):
            return throttled(table.definition, is_write=True)
        demands = _demands(table, partition, write)
        try:
            self._require(table, demands)
        except ApiError as error:
            return error
        self._charge(table, demands)
        return None

    # ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────
    def admit_get(self, table: Table, key: Item) -> None:
        """Refuse a read of a transaction.

        Raises:
            ApiError: the error that becomes the reason of its cancellation.
        """
        self._admit_element(table, key, is_write=False)

    def charge_gets(self, read: Iterable[tuple[Table, Item, Record | None]]) -> None:
        """Take away what the reads of a transaction have cost."""
        for table, key, record in read:
            units = TRANSACTION_FACTOR * read_units(0 if record is None else record.size, consistent=True)
            partition, _ = table.locate(key)
            self._charge(table, [Demand(table.definition, None, is_write=False, partition=partition, units=units)])

    def plan_element(self, element: Element, table: Table) -> Write:
        """What an element of a transaction is going to change. Raises as ``admit_get``, or as the element does."""
        partition = self._admit_element(table, element.subject, is_write=True)
        write = element.plan(table)
        try:
            self._require(table, _demands(table, partition, write, TRANSACTION_FACTOR)[1:])
        except ApiError as error:
            raise _as_reason(error) from None
        return write

    def begin(self, token: str | None, planned: Sequence[tuple[Table, Item, Write]]) -> None:
        """A transaction is written: it is paid for, and under way for a while."""
        now, seconds = self._clock.monotonic(), self._disorder.transaction_seconds
        for table, subject, write in planned:
            partition, place = table.locate(subject)
            self._charge(table, _demands(table, partition, write, TRANSACTION_FACTOR))
            if seconds:
                self._ongoing.begin_item(table.name, partition, place, now + seconds)
        if seconds and token is not None:
            self._ongoing.begin_token(token, now + seconds)
        self._ongoing.tidy(now)

    def check_token(self, token: str) -> None:
        """Refuse to repeat a transaction that is under way.

        Raises:
            ApiError: TransactionInProgressException.
        """
        if self._ongoing.has_token(token, self._clock.monotonic()):
            raise ApiError("TransactionInProgressException", trouble_messages.TRANSACTION_IN_PROGRESS)

    def _admit_element(self, table: Table, subject: Item, *, is_write: bool) -> bytes:
        """Its partition key, if it may go on."""
        partition, place = table.locate(subject)
        if self._is_busy(table, partition, place) or self._happens(self._disorder.conflicts):
            raise ApiError("TransactionConflictException", trouble_messages.REASON_ITEM_IN_TRANSACTION)
        try:
            self._require(table, [Demand(table.definition, None, is_write=is_write, partition=partition)])
        except ApiError as error:
            raise _as_reason(error) from None
        return partition

    # ── what all of them ask ─────────────────────────────────────────────────────────────────────────────────────────
    def _happens(self, probability: float) -> bool:
        return probability > 0 and self._chance.random() < probability

    def _is_busy(self, table: Table, partition: bytes, place: Place) -> bool:
        if not len(self._ongoing):
            return False
        return self._ongoing.has_item(table.name, partition, place, self._clock.monotonic())

    def _require(self, table: Table, demands: Iterable[Demand]) -> None:
        if self._throughput is not None:
            _meter(table).require(self._throughput, demands, self._clock.monotonic())

    def _charge(self, table: Table, demands: Iterable[Demand]) -> None:
        if self._throughput is not None:
            _meter(table).charge(self._throughput, demands, self._clock.monotonic())


def _meter(table: Table) -> Meter:
    if table.meter is None:
        table.meter = Meter()
    return table.meter


def _costing(demand: Demand, units: float) -> Demand:
    return Demand(demand.table, demand.index, demand.is_write, demand.partition, units)


def _as_reason(error: ApiError) -> ApiError:
    """A reason of a cancellation has no list of throttling reasons."""
    return ApiError(error.name, error.message)


def _demands(table: Table, partition: bytes, write: Write, factor: int = 1) -> list[Demand]:
    """What a write wants: first of the table with its local indexes, then of each global index that it touches."""
    usage = write_usage(write, factor)
    own = usage.table + sum(usage.local_indexes.values())
    demands = [Demand(table.definition, None, is_write=True, partition=partition, units=own)]
    for change in write.changes:
        if not change.index.is_global:
            continue
        old, new, name = change.old, change.new, change.index.name
        if old is not None and new is not None and is_at(old, new):
            costs = [(new, max(old.size, new.size))]
        else:
            costs = [(record, record.size) for record in (old, new) if record is not None]
        for record, size in costs:
            demands.append(Demand(table.definition, name, True, record.partition, write_units(size)))
    return demands
