"""What stays of an engine: the definitions of its tables, their stores and streams, the tokens of its transactions.

Owns how these are written in the file. Definitions stand there as JSON; a member that a later version adds has a
default. Must not know requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from ...clock import Clock
from ..capacity import Usage
from ..state.definitions import TableDefinition
from ..state.expiry import Expiry
from ..state.tokens import Done, Tokens
from .expiry import expiry_of
from .file import File
from .folder import DataFolderError
from .store import DiskStore
from .stream_records import DiskStreams

_encode: Final = msgspec.json.Encoder().encode
_definition: Final = msgspec.json.Decoder(TableDefinition).decode
_receipt: Final = msgspec.json.Decoder(dict[str, Usage]).decode


class Home(Struct, frozen=True):
    """What the ARNs of all tables say."""

    region: str = "us-east-1"
    account: str = "123456789012"


_HOME: Final = Home()


class DiskKeeper:
    """Keeps the tables of one catalog.

    Args:
        file: where.
    """

    __slots__ = ("_changed", "_file", "_stores", "_streams")

    def __init__(self, file: File) -> None:
        self._file = file
        self._streams: DiskStreams | None = None
        self._changed: dict[str, TableDefinition] = {}
        self._stores: dict[tuple[str, str | None], DiskStore] = {}
        for number, table, index, count, size in file.rows('SELECT id, "table", "index", count, size FROM stores'):
            self._stores[table, index] = DiskStore(file, number, count, size)

    def __repr__(self) -> str:
        return f"<DiskKeeper of {len(self._stores)} stores>"

    def definitions(self) -> list[TableDefinition]:
        """Those that are kept, as they were."""
        return [_definition(text) for (text,) in self._file.rows("SELECT definition FROM tables ORDER BY name")]

    def expiry(self, table: str, attribute: str) -> Expiry:
        return expiry_of(self._file, self.store(table, None), attribute)

    def store(self, table: str, index: str | None) -> DiskStore:
        """The store of a table or one of its indexes; an empty one is made where there is none."""
        found = self._stores.get((table, index))
        if found is None:
            number = 1 + max((store.number for store in self._stores.values()), default=0)
            self._file.write("INSERT INTO stores VALUES(?, ?, ?, 0, 0)", [(number, table, index)])
            found = self._stores[table, index] = DiskStore(self._file, number)
            found.create()
        return found

    def streams(self, clock: Clock) -> DiskStreams:
        self._streams = DiskStreams(clock, self._file)
        return self._streams

    def tidy(self) -> None:
        """Delete from the file some of what is too old to be seen."""
        if self._streams is not None:
            self._streams.tidy()

    def keep(self, definition: TableDefinition) -> None:
        self._changed[definition.name] = definition
        self._file.join(self)

    def drop(self, table: str, index: str | None) -> None:
        """Forget a store, with what is in it."""
        store = self._stores.pop((table, index))
        store.discard()
        self._file.write("DELETE FROM stores WHERE id = ?", [(store.number,)])

    def forget(self, table: str) -> None:
        self._changed.pop(table, None)
        for name, index in [*self._stores]:
            if name == table:
                self.drop(name, index)
        self._file.write("DELETE FROM tables WHERE name = ?", [(table,)])

    def push(self) -> None:
        """Write to the file the definitions that have changed."""
        rows = [(name, _encode(definition)) for name, definition in self._changed.items()]
        self._changed.clear()
        self._file.write("INSERT OR REPLACE INTO tables VALUES(?, ?)", rows)

    def home(self, region: str | None, account: str | None) -> Home:
        """Where the tables are; a new file is told, another one asked.

        Raises:
            DataFolderError: it says something else.
        """
        found: dict[str, str] = dict(self._file.rows("SELECT name, value FROM settings"))
        wanted = Home(region or found.get("region", _HOME.region), account or found.get("account", _HOME.account))
        given = {"region": wanted.region, "account": wanted.account}
        for name, value in given.items():
            if found.setdefault(name, value) != value:
                raise DataFolderError(
                    f"the data folder is of {name} {found[name]}, not {value}",
                    f"give that {name}, or another folder: its tables have ARNs with the {name} in them",
                )
        self._file.write("INSERT OR IGNORE INTO settings VALUES(?, ?)", given.items())
        return wanted


class DiskTokens(Tokens):
    """Tokens that stay as long as they are valid.

    Args:
        clock: of the engine.
        file: where.
    """

    __slots__ = ("_file", "_new")

    def __init__(self, clock: Clock, file: File) -> None:
        super().__init__(clock)
        self._file = file
        self._new: list[tuple[str, str]] = []
        statement = "SELECT operation, token, fingerprint, valid_until, receipt FROM tokens ORDER BY valid_until"
        for operation, token, fingerprint, valid_until, receipt in file.rows(statement):
            self._done[operation, token] = Done(fingerprint, valid_until, _receipt(receipt))

    def remember(self, operation: str, token: str, fingerprint: bytes, receipt: Any) -> None:
        super().remember(operation, token, fingerprint, receipt)
        self._new.append((operation, token))
        self._file.join(self)

    def push(self) -> None:
        """Write to the file the new tokens, in the place of those that are forgotten."""
        self._file.write("DELETE FROM tokens WHERE valid_until <= ?", [(self._clock.time(),)])
        rows = [(*key, done.fingerprint, done.valid_until, _encode(done.receipt)) for key, done in self._fresh()]
        self._file.write("INSERT OR REPLACE INTO tokens VALUES(?, ?, ?, ?, ?)", rows)
        self._new.clear()

    def _fresh(self) -> Iterator[tuple[tuple[str, str], Done]]:
        return ((key, self._done[key]) for key in self._new if key in self._done)
