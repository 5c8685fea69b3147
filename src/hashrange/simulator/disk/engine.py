"""An engine whose tables stay: what it has answered is on the disk, and survives the process whatever ends it.

Owns when a transaction of the file ends (before the answer to a request goes out), and what happens when it cannot: it
is given up, and the engine goes on from what the file holds, so that disk and memory agree. Must not know SQLite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from ...clock import SYSTEM_CLOCK, Clock
from ..contents import Dump, seed
from ..declare import TableDeclaration, table_requests
from ..disorder import Disorder
from ..engine import Engine, Snapshot
from ..errors import ApiError
from ..state.catalog import Catalog
from .backups import DiskBackups
from .file import File
from .folder import Folder
from .keeper import DiskKeeper, DiskTokens

Result = TypeVar("Result")

_NOT_IN_MEMORY: Final = "tables that stay have no snapshots in memory: 'hashrange snapshot save' copies a data folder"
_NOT_LATE: Final = "indexes and replicas of tables that stay are never late: index_lag and staleness must be 0"


class DiskEngine(Engine):
    """A simulated DynamoDB whose tables are kept in a folder.

    Items, tables with all their settings, streams with their records, backups, and the tokens of transactions stay.
    What is known of exports and imports does not. Reads come from the file: memory does not grow with the tables.

    Args:
        data: the folder, which belongs to this engine until ``close``; made where it is missing.
        tables: those to be made where they are not there yet, as for ``Engine``.
        region, account: those of the folder; of a new one as for ``Engine``. None takes what the folder has.
        settings: the other arguments of ``Engine``; no index lag and no staleness.

    Raises:
        DataFolderError: the folder cannot be used; it is as it was.
        DeclarationError: as for ``Engine``.
    """

    def __init__(
        self,
        data: Path | str,
        tables: Iterable[TableDeclaration] = (),
        *,
        region: str | None = None,
        account: str | None = None,
        clock: Clock = SYSTEM_CLOCK,
        **settings: Any,
    ) -> None:
        self.data = Path(data)
        self._turn = RLock()
        self._is_loaded = False
        self._borne: Disorder | None = None  # the last disorder that could be had
        folder = Folder(self.data)
        try:
            self._file = File(folder)
            self._keeper = DiskKeeper(self._file)
            home = self._keeper.home(region, account)
            super().__init__((), region=home.region, account=home.account, clock=clock, **settings)
            self._lifecycle_seconds = self.catalog.lifecycle_seconds
            #: exports, and imports whose tables are on the disk
            self._jobs = self.catalog.exports, self.catalog.imports
            self._load()
            self._keeper.tidy()
            self._make_durable()
            there = {table.name for table in self.catalog.tables}
            self.create_tables(one for one in tables if table_requests(one).create_table.get("TableName") not in there)
        except BaseException:
            folder.close()
            raise

    def __repr__(self) -> str:
        return f"<DiskEngine {self.data}, {self.region}: {len(self.catalog.tables)} tables>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the folder go. Idempotent; whatever was answered is on the disk already."""
        with self._turn:
            self._file.close()

    def execute(self, operation: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        return self._durably(lambda: self.execute_in_turn(operation, payload))

    def execute_in_turn(self, operation: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """``execute`` whose answer must not go out before ``make_durable``, which many requests may share."""
        with self._turn:
            if not self._is_loaded:
                self._give_up()
            try:
                return super().execute(operation, payload)
            except ApiError:
                if self._file.is_broken:
                    self._give_up()
                raise
            except BaseException:  # it may have been in the middle of a transaction
                self._give_up()
                raise

    def make_durable(self) -> None:
        """Bring to the disk what is not there yet.

        Raises:
            ApiError: InternalServerError: it cannot be; then nothing of it has happened.
        """
        with self._turn:
            self._make_durable()

    @property
    def is_durable(self) -> bool:
        """Whether everything is on the disk."""
        return not self._file.is_dirty

    @property
    def failures(self) -> int:
        """How often something could not be brought to the disk, and has not happened."""
        return self._file.failures

    def seed(self, table: str, items: Iterable[Mapping[str, Any]]) -> int:
        def put() -> int:
            with self._without_trouble():
                return seed(self.execute_in_turn, table, items)

        return self._durably(put)

    def dump(self, *tables: str) -> Dump:
        with self._turn:
            return super().dump(*tables)

    def expire(self) -> int:
        def expire_and_tidy() -> int:
            count = super(DiskEngine, self).expire()
            self._keeper.tidy()
            return count

        return self._durably(expire_and_tidy)

    def snapshot(self) -> Snapshot:
        """Raises ValueError: there are none in memory."""
        raise ValueError(_NOT_IN_MEMORY)

    def restore(self, snapshot: Snapshot) -> None:
        """Raises ValueError: there are none in memory."""
        raise ValueError(_NOT_IN_MEMORY)

    # ── the ends of transactions ─────────────────────────────────────────────────────────────────────────────────────
    def _durably(self, action: Callable[[], Result]) -> Result:
        with self._turn:
            if not self._is_loaded:
                self._give_up()
            try:
                result = action()
            finally:
                self._make_durable()
            return result

    def _make_durable(self) -> None:
        try:
            self._file.commit()
        except BaseException:
            self._give_up()
            raise
        self._jobs = self.catalog.exports, self.catalog.imports

    def _give_up(self) -> None:
        self._is_loaded = False
        self._file.give_up()
        self._load()

    def _load(self) -> None:
        """Be what the file holds."""
        self._keeper = DiskKeeper(self._file)
        exports, imports = self._jobs
        self.catalog = Catalog(
            region=self.region,
            account=self.account,
            clock=self.clock,
            randomness=self.randomness,
            lifecycle_seconds=self._lifecycle_seconds,
            collection_max_bytes=self.catalog.collection_max_bytes,
            keeper=self._keeper,
        )
        self.catalog.backups = DiskBackups(self._file)
        self.catalog.exports, self.catalog.imports = exports, imports
        for definition in self._keeper.definitions():
            self.catalog.adopt(definition)
        self.tokens = DiskTokens(self.clock, self._file)
        self._is_loaded = True

    def _make_trouble(self) -> None:
        disorder = self._disorder
        if disorder is not None and (disorder.index_lag or disorder.staleness):
            self._disorder = self._borne
            raise ValueError(_NOT_LATE)
        self._borne = disorder
        super()._make_trouble()
