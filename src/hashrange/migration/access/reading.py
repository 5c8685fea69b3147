"""Reading records: one by its key or a unique index, those of a partition or an index, whole tables by scan.

The lower half of a repository. Owns how a key is told from what people give, and how an item becomes a record. Must not
know writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from ...client import DynamoDB
from ...errors import BatchError, DynamoDBError, InvalidExpression, MultipleItemsFound
from ...expressions import Condition
from ...key import Key
from ...types import Item
from ..errors import NotInContract
from ..mapping.entity import EntityMapping
from ..source.schema import SourceSchema
from .key_ranges import key_range
from .listing import Complete, Listing
from .lookups import Method, identifies, indexes_of, methods, not_served
from .records import Records
from .stored import Stored
from .tracing import Operation, operation

R = TypeVar("R")


class Reading(Generic[R]):
    """What ``Repository`` can read.

    Attributes:
        record_class: a subclass may name the class of its records here, with the same fields.
        model: the class of its records.
        mapping: how rows, records and items turn into one another.
        schema: the source's, where one was given.
        name: the repository's.
        label: what one of its records is called.
        methods: the look-ups by name that the contract's keys serve.
    """

    record_class: ClassVar[Any] = None

    def __init__(self, mapping: EntityMapping, db: DynamoDB, schema: SourceSchema, stored: Stored) -> None:
        self.mapping, self.db, self.schema, self.stored = mapping, db, schema, stored
        self.name = mapping.repository
        self.records: Records[R] = Records(mapping, self.record_class)
        self.model: type[R] = self.records.model
        self.methods: dict[str, Method] = methods(mapping, schema)
        self.label = self.records.shape.name
        self.table = stored.table

    def __repr__(self) -> str:
        return f"<Repository {self.name} of {self.mapping.name} in {self.table.name!r}>"

    # ── one record ───────────────────────────────────────────────────────────────────────────────────────────────────
    async def get(
        self, key: Any = None, /, *, consistent: bool = False, timeout: float | None = None, **fields: Any
    ) -> R | None:
        """The record with this key, or None.

        Args:
            key: the fields of its key by name, a record, or a ``Key``; or give the fields by name.
            consistent: see every write that was acknowledged before; not through an index.
            timeout: seconds.
            fields: those of the key, or of an index that makes them unique.

        Raises:
            NotInContract: no key is made of these fields.
        """
        with self._operation("get"):
            item = await self._item(key, fields, consistent=consistent, timeout=timeout)
            return None if item is None else self.read(item)

    async def exists(
        self, key: Any = None, /, *, consistent: bool = False, timeout: float | None = None, **fields: Any
    ) -> bool:
        """Whether there is a record with this key; a failure is raised, and is not False. Args: as ``get``."""
        with self._operation("exists"):
            return await self._item(key, fields, consistent=consistent, timeout=timeout) is not None

    async def find(self, index: str, /, *, timeout: float | None = None, **fields: Any) -> R | None:
        """The record that an index makes unique, or None. Indexes follow writes after some moments.

        Args:
            index: its name.
            timeout: seconds.
            fields: those of its partition key (and of its sort key).

        Raises:
            MultipleItemsFound: there is more than one.
        """
        with self._operation("find"):
            found = await self.query(index, limit=2, timeout=timeout, **fields).all()
            only: R | None = self._only(found, f"{index} of {', '.join(fields)}")
            return only

    async def get_many(
        self, keys: Iterable[Any], *, consistent: bool = False, timeout: float | None = None
    ) -> list[R | None]:
        """The records with these keys, in their order; None where there is none. Any number of keys.

        Args:
            keys: each as ``get`` takes one; fields of the table's key only.
            consistent, timeout: as in ``get``; the timeout is for all of them.

        Raises:
            BatchError: some were given up, since the table's throughput is used up.
        """
        with self._operation("get_many"):
            found = await self.table.batch_get([self.key(key) for key in keys], consistent=consistent, timeout=timeout)
            if found.unprocessed:
                raise BatchError(
                    f"{len(found.unprocessed)} of the records were not read: DynamoDB left them until the time was up",
                    hint="ask for them again, with a longer timeout=",
                )
            return [None if item is None or not self.stored.recognises(item) else self.read(item) for item in found]

    # ── many ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def query(
        self,
        index: str | None = None,
        /,
        *,
        filter: Condition | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        descending: bool = False,
        consistent: bool = False,
        cursor: str | None = None,
        prefetch: bool = False,
        timeout: float | None = None,
        **fields: Any,
    ) -> Listing[R]:
        """The records of this entity in one partition, in the order of the sort key. Nothing is sent until it is used.

        Args:
            index: its name; None: the table's own key.
            filter: on attributes; what it leaves out is read and paid for.
            fields: all of the partition key's, and of the sort key's the first ones: values, the last one maybe a
                condition (``created_at=ge(monday)``).
            others: as in ``Table.query``.

        Raises:
            NotInContract: the entity is not in that index.
            MissingRequiredKey, InvalidExpression: fields do not go with the key.
        """
        if index is not None and index not in indexes_of(self.mapping):
            raise NotInContract(
                f"{self.mapping.name} is not in an index {index!r}",
                hint=f"it is in {', '.join(indexes_of(self.mapping)) or 'none'}",
            )
        with self._located("Query"):
            found = key_range(self.mapping, index, self.records.values(fields))
        query = self.table.query(
            found.partition, found.sort, index=index, filter=filter, limit=limit, page_size=page_size,
            descending=descending, consistent=consistent, cursor=cursor, prefetch=prefetch, timeout=timeout,
        )  # fmt: skip
        read, complete = self._reader(index)

        def chosen(item: Item) -> Any:
            return None if found.without is not None and item.get(found.sort_key) == found.without else read(item)

        return Listing(query.map(chosen), partial(self._operation, "query"), complete)

    def scan(
        self,
        *,
        filter: Condition | None = None,
        segments: int = 1,
        limit: int | None = None,
        page_size: int | None = None,
        consistent: bool = False,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Listing[R]:
        """All records of this entity. The whole table is read and paid for, with the items of other entities in it.

        Args: as ``Table.scan``.
        """
        scan = self.table.scan(
            filter=filter, segments=segments, limit=limit, page_size=page_size, consistent=consistent, cursor=cursor,
            timeout=timeout,
        )  # fmt: skip
        read, _ = self._reader(None)
        return Listing(scan.map(read), partial(self._operation, "scan"))

    async def count(self, index: str | None = None, /, *, timeout: float | None = None, **fields: Any) -> int:
        """How many records there are in a partition of the table or an index; they are read, and paid for.

        Args: as ``query``.
        """
        return await self.query(index, timeout=timeout, **fields).count()

    async def count_by_scan(self, *, segments: int = 1, timeout: float | None = None) -> int:
        """How many records of this entity there are in all. The whole table is read and paid for."""
        return await self.scan(segments=segments, timeout=timeout).count()

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def key(self, key: Any = None, /, **fields: Any) -> Key:
        """The key of a record's item: of a record, or of the fields of its key.

        Raises:
            NotInContract: no key of the table is made of these fields.
            RowRefused: a value cannot stand in a key.
        """
        if isinstance(key, Key):
            if not self.mapping.recognises(key.to_item(self.stored.keys)):
                raise InvalidExpression(f"this is not the key of a {self.label}", key=key, table=self.table.name)
            return key
        values = self.records.values(self._given(key, fields))
        if not self.records.is_record(key):
            self._check_key_fields(values)
        return self.mapping.key(values)

    def _check_key_fields(self, values: Mapping[str, Any]) -> None:
        missing = [name for name in self.mapping.key_fields if name not in values]
        extra = [name for name in values if name not in self.mapping.key_fields]
        if missing and extra:
            raise not_served(self.mapping, tuple(values))
        if missing or extra:
            wrong = f"{missing[0]!r} is missing" if missing else f"{extra[0]!r} is not part of it"
            raise InvalidExpression(
                f"the key of {self.mapping.name}: {wrong}", hint=f"it needs {', '.join(self.mapping.key_fields)}"
            )

    def _given(self, key: Any, fields: Mapping[str, Any]) -> Any:
        if (key is None) == (not fields):
            raise InvalidExpression(f"{self.mapping.name}: give a key, or the fields of one by name; not both")
        return fields if key is None else key

    async def _item(
        self, key: Any, fields: Mapping[str, Any], *, consistent: bool, timeout: float | None
    ) -> Item | None:
        """The item with a key, or that with the fields of a unique index."""
        wanted = await self.resolved(key, fields, timeout=timeout)
        item = None if wanted is None else await self.table.get_item(wanted, consistent=consistent, timeout=timeout)
        return item if item is not None and self.stored.recognises(item) else None

    async def resolved(self, key: Any, fields: Mapping[str, Any], *, timeout: float | None = None) -> Key | None:
        """The item's key: as given, or found through an index that makes these fields unique; None where it finds
        nothing."""
        given = self._given(key, fields)
        if isinstance(given, Key) or self.records.is_record(given):
            return self.key(given)
        values = self.records.values(given)
        if set(values) == set(self.mapping.key_fields):
            return self.mapping.key(values)
        for index in indexes_of(self.mapping):
            if set(values) == {name for part in self.mapping.index_fields[index] for name in part} or set(
                values
            ) == set(self.mapping.index_fields[index][0]):
                if not identifies(self.mapping, self.schema, values):
                    continue
                found = key_range(self.mapping, index, values)
                query = self.table.query(found.partition, found.sort, index=index, limit=2, timeout=timeout)
                keys = await query.map(lambda item: self.stored.key_of(item) if self._own(item) else None).all()
                only: Key | None = self._only(keys, f"{index} of {', '.join(values)}")
                return only
        self._check_key_fields(values)
        raise AssertionError("fields that are neither missing nor too many are the key's")

    def _only(self, found: list[Any], what: str) -> Any:
        if len(found) > 1:
            raise MultipleItemsFound(
                f"more than one {self.mapping.name} in {what}", table=self.table.name,
                hint="the source has them unique: were they written without guards?",
            )  # fmt: skip
        return found[0] if found else None

    # ── items to records ─────────────────────────────────────────────────────────────────────────────────────────────
    def read(self, item: Mapping[str, Any]) -> R:
        """An item as a record.

        Raises:
            RowRefused: an attribute holds what its field cannot be.
        """
        return self.records.of(self.mapping.from_item(item))

    def there(self, item: Any) -> Any:
        """The item that made a condition fail: as a record where it is one of this entity and fits."""
        if not isinstance(item, Mapping) or not self._own(item):
            return item
        try:
            return self.read(item)
        except DynamoDBError:
            return item

    def _own(self, item: Mapping[str, Any]) -> bool:
        return self.stored.recognises(item)

    def _reader(self, index: str | None) -> tuple[Callable[[Item], Any], Complete[R] | None]:
        """From an item to a record, or, where an index does not hold whole items, to its key, and what reads those."""
        recognises = self.stored.recognises
        if index is None or self.mapping.table.indexes[index].projection == "ALL":
            return (lambda item: self.read(item) if recognises(item) else None), None

        async def complete(keys: list[Any]) -> list[R]:
            return [record for record in await self.get_many(keys) if record is not None]

        return (lambda item: self.stored.key_of(item) if recognises(item) else None), complete

    # ── what they share ──────────────────────────────────────────────────────────────────────────────────────────────
    def _operation(self, name: str) -> AbstractContextManager[None]:
        return operation(Operation(self.mapping.name, self.name, name), self.db.config.clock)

    def _located(self, name: str) -> AbstractContextManager[None]:
        return _Located(self.table.name, name)


class _Located(AbstractContextManager[None]):
    """Errors inside say which table and operation they are about."""

    def __init__(self, table: str, operation: str) -> None:
        self._table, self._operation = table, operation

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, DynamoDBError):
            error.with_context(table=self._table, operation=self._operation)
