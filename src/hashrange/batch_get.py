"""Reading many items by their keys.

Owns that each key is asked for once however often it is given, that items come back in the order of the keys, and when
a read gives up. Chunks and answers are ``operations.batch``'s; when what is sent is ``batch_window``'s. Must not know
sockets.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from msgspec import Raw

from .batch_window import Window
from .dispatch import Call
from .errors import DynamoDBError, ValidationError
from .expressions.projection import ProjectionLike
from .key import Key, KeySchema
from .operations import batch as requests
from .operations.batch import GET, GET_LIMITS, Read, ReadForm
from .operations.body import encode_body
from .operations.item import get_item
from .table import Core, Table
from .telemetry.usage import ConsumedCapacity, consumed_capacity
from .types import WireItem

M = TypeVar("M")
K = TypeVar("K")


class _Found(list[M], Generic[M, K]):
    """Items in the order of what was asked, and what is still to be asked."""

    def __init__(
        self, items: Iterable[M] = (), unprocessed: Iterable[K] = (), consumed: ConsumedCapacity | None = None
    ) -> None:
        super().__init__(items)
        self.unprocessed: tuple[K, ...] = tuple(unprocessed)
        self.consumed = consumed


class BatchGetResult(_Found[M | None, Key]):
    """The items of ``Table.batch_get``: a list in the order of the keys, None where there is no item.

    Attributes:
        unprocessed: keys that were given up, because DynamoDB left them unread until the attempts or the time were used
            up; their places in the list are None, and nothing is known of their items.
        consumed: capacity; None unless ``Config.capacity`` asks for it.
    """


class TablesBatchGetResult(_Found[Any, tuple[Table[Any], Key]]):
    """The items of ``DynamoDB.batch_get``; as ``BatchGetResult``, with ``(table, key)`` in ``unprocessed``."""


class _Reads:
    """A read's part in its window: sends its chunks, and puts items where they belong."""

    def __init__(
        self, core: Core, forms: Mapping[str, ReadForm], decoders: Sequence[Callable[[WireItem], Any]]
    ) -> None:
        self._core, self._forms = core, forms
        self._decoders = decoders  # one for each position: tables of one name may differ in their models
        self.items: dict[int, Any] = {}
        self.unread: list[int] = []
        self.consumed: ConsumedCapacity | None = None
        self.error: DynamoDBError | None = None
        self.halt: Callable[[DynamoDBError], None] = lambda reason: None

    async def send(self, chunk: list[Read], timeout: float | None) -> list[Read]:
        core = self._core
        key = chunk[0].key if len(chunk) == 1 else None
        request = requests.get_request(chunk, self._forms, core.capacity)
        answer = await core.dispatch(Call(GET, request, requests.only_table(chunk), key, timeout))
        if core.capacity is not None and (cost := consumed_capacity(GET, answer)) is not None:
            self.consumed = cost if self.consumed is None else self.consumed + cost
        for entry, wire in requests.items_read(answer, chunk):
            self._keep(entry, wire)
        return requests.unread(answer, chunk)

    def _keep(self, entry: Read, wire: WireItem) -> None:
        hidden = self._forms[entry.table].hidden
        shown = {name: wire[name] for name in wire if name not in hidden} if hidden else wire
        try:
            for position in entry.positions:  # an object of its own for each: they may be changed
                self.items[position] = self._decoders[position](shown)
        except DynamoDBError as error:
            error.with_context(table=entry.table, operation=GET, key=entry.key)
            raise

    def done(self, entries: list[Read]) -> None:
        return None

    def undone(self, entries: list[Read]) -> list[Read]:
        return entries

    def given_up(self, entries: list[Read], reason: DynamoDBError) -> None:
        self.unread += [position for entry in entries for position in entry.positions]

    def failed(self, entries: list[Read], reason: DynamoDBError) -> None:
        """The first failure ends the read: a list with holes that look like missing items would lie."""
        if self.error is None:
            self.error = reason.with_context(operation=GET, table=requests.only_table(entries))
            self.halt(reason)


async def batch_get(
    core: Core,
    wanted: Iterable[Any],
    *,
    model: type[Any] | None = None,
    consistent: bool = False,
    projection: ProjectionLike | None = None,
    hide_expired: bool = False,
    concurrency: int = 8,
    timeout: float | None = None,
) -> TablesBatchGetResult:
    """What ``Table.batch_get`` and ``DynamoDB.batch_get`` do.

    Args:
        wanted: ``(table, key)`` for each item.
        model: decode all items as this instead of as their tables' models.
        others: as in ``Table.batch_get``.
    """
    plan = _Plan(core, consistent=consistent, projection=projection, hide_expired=hide_expired)
    for pair in wanted:
        plan.add(pair)

    def decoder(table: Table[Any]) -> Callable[[WireItem], Any]:
        read = table._read_item if model is None else table._decoder(table._item_model_of(model))
        return table._hiding(projection, read)[1] if hide_expired else read

    reads = _Reads(core, plan.forms, [decoder(table) for table, _ in plan.pairs])
    limit = core.timeout if timeout is None else timeout
    window = Window(core, reads, GET_LIMITS, concurrency=concurrency, timeout=limit)
    reads.halt = window.halt
    window.begin()
    try:
        for entry in plan.entries.values():
            window.add(entry)
        await window.drain()
    except BaseException:
        await window.cancel(DynamoDBError("the read was cancelled"))
        raise
    if reads.error is not None:
        raise reads.error
    items = [reads.items.get(position) for position in range(len(plan.pairs))]
    unread = (plan.pairs[position] for position in sorted(reads.unread))
    return TablesBatchGetResult(items, unread, reads.consumed)


async def table_batch_get(table: Table[Any], keys: Iterable[Key], **options: Any) -> BatchGetResult[Any]:
    """What ``Table.batch_get`` does; the options are those of ``batch_get``."""
    found = await batch_get(table._core, ((table, key) for key in keys), **options)
    return BatchGetResult(found, (key for _, key in found.unprocessed), found.consumed)


class _Plan:
    """What is to be read: each key once, with all its places in the result."""

    def __init__(self, core: Core, *, consistent: bool, projection: ProjectionLike | None, hide_expired: bool) -> None:
        self._core, self._consistent, self._projection = core, consistent, projection
        self._hide_expired = hide_expired
        self._keys: dict[str, KeySchema] = {}
        self.pairs: list[tuple[Table[Any], Key]] = []
        self.forms: dict[str, ReadForm] = {}
        self.entries: dict[Hashable, Read] = {}

    def add(self, pair: Any) -> None:
        """Want this key at the end of the result."""
        number = len(self.pairs) + 1
        table, key = _pair(pair, number)
        schema = table.schema
        try:
            self._check(table)
            wire = get_item(schema, key, consistent=False, projection=None, capacity=None)["Key"]
            place = requests.place_of(schema.name, schema.keys, wire)
            entry = self.entries.get(place)
            if entry is None:
                body = encode_body(wire)
                size = requests.entry_bytes(schema.name, len(body))
                self.entries[place] = entry = Read(place, schema.name, schema.keys, Raw(body), size)
        except DynamoDBError as error:
            error.message = f"key {number} of the batch: {error.message}"
            error.args = (error.message,)
            error.with_context(table=table.name, operation=GET, key=key)
            raise
        entry.positions.append(number - 1)
        self.pairs.append((table, key))

    def _check(self, table: Table[Any]) -> None:
        schema = table.schema
        if table._core is not self._core:
            raise ValidationError(
                "the table belongs to another client", hint="make it with table() of the client that reads"
            )
        if schema.name not in self.forms:
            projection = self._projection
            if self._hide_expired:
                projection, _ = table._hiding(projection, table._read_item)
            self.forms[schema.name] = requests.read_form(schema, consistent=self._consistent, projection=projection)
        if self._keys.setdefault(schema.name, schema.keys) != schema.keys:
            raise ValidationError(
                f"the batch has table {schema.name!r} with the keys {self._keys[schema.name]} and {schema.keys}"
            )


def _pair(pair: Any, number: int) -> tuple[Table[Any], Key]:
    shape: Sequence[Any] = pair if isinstance(pair, tuple) else ()
    if len(shape) == 2 and isinstance(shape[0], Table):
        return shape[0], shape[1]
    raise ValidationError(
        f"request {number} is not a table and a key", operation=GET, hint="give (table, key) for each item"
    )
