"""The source table of an entity as a repository: a ``Primary`` that works out of the box, over SQLAlchemy Core.

Results are records of the entity with all of its fields, those from other rows included: what a row's item is made of.
Owns transactions. Calls to the database run in a thread. Must not know DynamoDB or phases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, TypeVar

from ...errors import DynamoDBError, ItemNotFound, MultipleItemsFound, ValidationError
from ...extras import imported
from ..errors import RowRefused
from ..mapping.entity import EntityMapping
from ..mapping.fields import Record
from ..source.schema import NO_SCHEMA, SourceSchema
from ..source.select import column, equal, source_table
from ..source.sql import Snapshot, SqlSource, refusal
from .columns import Columns
from .primary import Prepared
from .rows import Found, RowKey, SourceRows, in_thread

T = TypeVar("T")
#: the key of the row that was written, None where there is none; and what it was before
_Written: TypeAlias = tuple[RowKey | None, Found | None]

_FOUND_MAX = 2


class SqlRepository:
    """Rows of one entity in the source: a ``Primary``, which ``PreparesWrites``.

    Args:
        source: the database. Its connections are set to UTC; give it an engine of its own, or a URL.
        mapping: of the entity, made with a schema.
        schema: of the contract's checks.

    Raises:
        ConfigurationError: the mapping was made without a schema.
    """

    def __init__(
        self,
        source: SqlSource,
        mapping: EntityMapping,
        *,
        schema: SourceSchema = NO_SCHEMA,
    ) -> None:
        self._source, self._mapping = source, mapping
        self._columns = Columns(mapping, source.engine.dialect.name)
        self._rows = SourceRows(source, mapping, schema=schema)
        self._table = mapping.entity.source_table

    def __repr__(self) -> str:
        return f"<SqlRepository {self._table} of {self._source.name}>"

    # ── Primary ──────────────────────────────────────────────────────────────────────────────────────────────────────
    async def create(self, record: Any) -> Record:
        """Insert a row. Fields that are left out get their columns' defaults; the id, where the database makes it.

        Args:
            record: fields by name, or a record of the repository: what comes from other rows must be left out or None.

        Raises:
            ValidationError: a field is none of the row's.
            MigrationError: the database refuses (a key that is there, a foreign key, a value).
            SourceLost: the database cannot be reached; whether the row was written is not known.
        """
        return await self.create_prepared(record, _nothing)

    async def get(self, **key: Any) -> Record | None:
        """The row with these values of its own columns, or None.

        Raises:
            MultipleItemsFound: there are several.
        """
        keys = await in_thread(lambda: self._found(self._columns.of(key)))
        if len(keys) > 1:
            raise MultipleItemsFound(f"more than one row of {self._table} has this {', '.join(key)}")
        found = await self._rows.one(keys[0]) if keys else None
        return None if found is None else found.record

    async def update(self, key: Mapping[str, Any], changes: Mapping[str, Any]) -> Record | None:
        """Change a row. Returns it as it is now; None where there is none. Raises as ``create``."""
        return await self.update_prepared(key, changes, _nothing)

    async def delete(self, key: Mapping[str, Any]) -> bool:
        """Delete a row. Returns whether there was one. Raises as ``create``."""
        return await self.delete_prepared(key, _nothing)

    # ── PreparesWrites ───────────────────────────────────────────────────────────────────────────────────────────────
    async def create_prepared(self, record: Any, prepared: Prepared) -> Record:
        values = self._columns.of(_fields_of(record, self._mapping))
        row_key = await self._in_transaction(lambda connection: (self._inserted(connection, values), None), prepared)
        assert row_key is not None, "a row that was inserted has a key"
        return await self._now(row_key)

    async def update_prepared(
        self, key: Mapping[str, Any], changes: Mapping[str, Any], prepared: Prepared
    ) -> Record | None:
        wanted, values = self._columns.of(key), self._columns.of(changes)
        row_key = await self._in_transaction(lambda connection: self._updated(connection, wanted, values), prepared)
        if row_key is None:
            return None
        found = await self._rows.one(row_key)
        return None if found is None else found.record

    async def delete_prepared(self, key: Mapping[str, Any], prepared: Prepared) -> bool:
        wanted = self._columns.of(key)
        row_key = await self._in_transaction(lambda connection: self._deleted(connection, wanted), prepared)
        return row_key is not None

    # ── for what follows a table: phase 5 ────────────────────────────────────────────────────────────────────────────
    async def put_row(self, row_key: RowKey, record: Mapping[str, Any]) -> None:
        """Make a row what a record says, in its own columns; others keep what they have, or get their defaults."""
        values = self._columns.of(record, strict=False)

        def work(connection: Any) -> None:
            alchemy = imported("sqlalchemy", "migrate")
            there = equal(self._mapping.needs.key, row_key)
            statement = alchemy.select(alchemy.func.count()).select_from(source_table(self._table)).where(there)
            if connection.execute(statement).scalar_one():
                connection.execute(alchemy.update(_with(self._table, values)).where(there).values(values))
            else:
                self._inserted(connection, values | dict(zip(self._mapping.needs.key, row_key, strict=True)))

        await self._alone(work)

    async def remove_row(self, row_key: RowKey) -> None:
        """Let there be no such row."""
        alchemy = imported("sqlalchemy", "migrate")
        statement = alchemy.delete(source_table(self._table)).where(equal(self._mapping.needs.key, row_key))
        await self._alone(lambda connection: connection.execute(statement))

    # ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _found(self, wanted: Mapping[str, Any]) -> list[RowKey]:
        alchemy = imported("sqlalchemy", "migrate")
        key = self._mapping.needs.key
        statement = alchemy.select(*map(column, key)).select_from(source_table(self._table))
        with self._source.snapshot() as snapshot:
            statement = statement.where(equal(list(wanted), list(wanted.values()))).limit(_FOUND_MAX)
            return [tuple(row) for row in snapshot.rows(statement)]

    def _inserted(self, connection: Any, values: Mapping[str, Any]) -> RowKey:
        alchemy = imported("sqlalchemy", "migrate")
        done = connection.execute(alchemy.insert(_with(self._table, values)).values(values))
        return tuple(
            values[name] if values.get(name) is not None else done.lastrowid for name in self._mapping.needs.key
        )

    def _updated(self, connection: Any, wanted: Mapping[str, Any], values: Mapping[str, Any]) -> _Written:
        alchemy = imported("sqlalchemy", "migrate")
        row_key = self._locked(connection, wanted)
        if row_key is None:
            return None, None
        before = self._before(connection, row_key)
        if values:
            there = equal(self._mapping.needs.key, row_key)
            connection.execute(alchemy.update(_with(self._table, values)).where(there).values(values))
        changed = tuple(values.get(name, value) for name, value in zip(self._mapping.needs.key, row_key, strict=True))
        if changed != row_key:
            raise ValidationError(
                f"{self._mapping.name}: the primary key of a row cannot change", hint="delete it, and create another"
            )
        return row_key, before

    def _deleted(self, connection: Any, wanted: Mapping[str, Any]) -> _Written:
        alchemy = imported("sqlalchemy", "migrate")
        row_key = self._locked(connection, wanted)
        if row_key is None:
            return None, None
        before = self._before(connection, row_key)
        there = equal(self._mapping.needs.key, row_key)
        connection.execute(alchemy.delete(source_table(self._table)).where(there))
        return row_key, before

    def _before(self, connection: Any, row_key: RowKey) -> Found | None:
        """What a locked row is; None where it is none that could have an item."""
        try:
            return next(iter(self._rows.look_in(Snapshot(connection, self._source), [row_key])), None)
        except RowRefused:
            return None

    def _locked(self, connection: Any, wanted: Mapping[str, Any]) -> RowKey | None:
        """The key of the one row with these values, which nobody else can change until the end of the transaction."""
        alchemy = imported("sqlalchemy", "migrate")
        statement = alchemy.select(*map(column, self._mapping.needs.key)).select_from(source_table(self._table))
        statement = statement.where(equal(list(wanted), list(wanted.values()))).limit(_FOUND_MAX)
        found = connection.execute(statement.with_for_update()).fetchall()
        if len(found) > 1:
            raise MultipleItemsFound(f"more than one row of {self._table} has this {', '.join(wanted)}")
        return tuple(found[0]) if found else None

    async def _now(self, row_key: RowKey) -> Record:
        found = await self._rows.one(row_key)
        if found is None:
            raise ItemNotFound(f"the row of {self._table} that was just written is not there any more")
        return found.record

    # ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def _in_transaction(self, work: Callable[[Any], _Written], prepared: Prepared) -> RowKey | None:
        """Do something, tell of it, and commit; where it was no row, or anything fails, roll back."""
        opened: list[Any] = []  # also where its opening was cancelled
        with _OwnThread() as run:
            done = False
            try:
                await run(lambda: opened.append(self._opened()))
                row_key, before = await run(lambda: _heard(lambda: work(opened[0])))
                if row_key is not None:
                    await prepared(row_key, before)
                    await run(lambda: _heard(opened[0].commit))
                    done = True
                return row_key
            finally:
                for connection in opened:
                    await run(lambda: _left(connection, done))  # noqa: B023 - awaited here

    async def _alone(self, work: Callable[[Any], Any]) -> None:
        def whole() -> None:
            connection = self._opened()
            done = False
            try:
                _heard(lambda: work(connection))
                _heard(connection.commit)
                done = True
            finally:
                _left(connection, done)

        with _OwnThread() as run:
            await run(whole)

    def _opened(self) -> Any:
        def opened() -> Any:
            connection = self._source.engine.connect()
            if connection.dialect.name in ("mysql", "mariadb"):
                connection.exec_driver_sql("SET SESSION time_zone = '+00:00'")
                connection.commit()
            elif connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA foreign_keys = ON")
                connection.commit()
            return connection

        return _heard(opened)


class _OwnThread:
    """A thread for one transaction: many may wait for one row's lock, and who holds it must be able to commit."""

    def __enter__(self) -> _OwnThread:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dual-write")
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._thread.shutdown(wait=False)

    async def __call__(self, work: Callable[[], T]) -> T:
        return await in_thread(work, self._thread)


async def _nothing(row_key: RowKey, before: Found | None) -> None:
    return None


def _with(table: str, values: Mapping[str, Any]) -> Any:
    """A table with these columns: what INSERT and UPDATE are made of."""
    alchemy = imported("sqlalchemy", "migrate")
    quoted = alchemy.sql.quoted_name
    return alchemy.table(quoted(table, True), *(alchemy.column(quoted(name, True)) for name in values))


def _fields_of(record: Any, mapping: EntityMapping) -> Mapping[str, Any]:
    if isinstance(record, Mapping):
        return record
    names = [name for name in mapping.fields if hasattr(record, name)]
    return {name: getattr(record, name) for name in names if getattr(record, name) is not None}


def _heard(work: Callable[[], T]) -> T:
    """Run something, with the database's errors as ours."""
    try:
        return work()
    except DynamoDBError:
        raise
    except Exception as error:
        raise refusal(error) from error


def _left(connection: Any, done: bool) -> None:
    try:
        if not done:
            connection.rollback()
    except Exception:  # it is gone, and its transaction with it
        connection.invalidate()
    finally:
        connection.close()
