"""``hashrange import``: JSON lines in DynamoDB JSON into a table, in flat memory.

Owns the walk through the file: windows of lines, each written whole before the state file says so, so that an
interrupted import goes on behind the lines that were acknowledged. A line that is no item is named by its number, and
the rest goes on.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from msgspec import Struct

from .command import CommandError
from .connection import add_connection, command_of, opened, whole_number
from .failure import told
from .progress import Progress
from .resume import State, forget, load, save
from .shown import counted, json_text, note, printable, say
from .typed import NotAnItem, typed_item

if TYPE_CHECKING:
    from .. import DynamoDB, Table
    from ..operations.describe import TableDescription

_WINDOW_LINES: Final = 2_000  # between two states; so many may be written again after an interruption
_WINDOW_BYTES: Final = 16 * 1024 * 1024
_LINE_MAX_BYTES: Final = 8 * 1024 * 1024  # an item is at most 400 KB, whatever its JSON adds
_GZIP: Final = b"\x1f\x8b"
_SHOWN_MAX: Final = 20  # broken lines that are named
_TYPE_OF: Final[dict[str, type | tuple[type, ...]]] = {"S": str, "N": (int, Decimal), "B": bytes}


class Imported(State, kw_only=True):
    """How far an import came.

    Attributes:
        file_size, file_time_ns: of the file, which must not change.
        offset, lines: so many bytes, and lines, are done.
        items: how many of the lines were written.
        broken: how many could not be.
    """

    file_size: int
    file_time_ns: int
    offset: int = 0
    lines: int = 0
    items: int = 0
    broken: int = 0


class Line(Struct):
    """A line of the file; None in the place of one that is too long."""

    number: int
    text: bytes | None


def add_import(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "import",
        help="write all items of a file to a table",
        description="Write the items of a file, JSON lines in DynamoDB JSON, in the place of those with the same keys. "
        "An interrupted import goes on when the same command is given again; FILE.import-state says where.",
    )
    parser.add_argument("table", metavar="TABLE", help="name or ARN; the table must exist")
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="what 'hashrange export' wrote, or an export to S3, unpacked"
    )
    parser.add_argument(
        "--concurrency", metavar="COUNT", type=whole_number, default=8, help="requests at once (default: 8)"
    )
    parser.add_argument("--restart", action="store_true", help="begin with the first line, whatever was done before")
    add_connection(parser)
    parser.set_defaults(run=command_of(import_), parser=parser)


async def import_(db: DynamoDB, options: argparse.Namespace) -> int:
    """Run the command: 1 where lines were not imported.

    Raises:
        CommandError: the file cannot be read, or the table not written.
    """
    description, table = await opened(db, options.table)
    path: Path = options.file
    state_path = path.with_name(f"{path.name}.import-state")
    try:
        with path.open("rb") as file:
            _check_kind(path, file)
            state = _state(path, state_path, table, db.config.endpoint.url, restart=options.restart)
            before = state.lines
            await _Import(table, description, path, state, state_path, options.concurrency).run(file)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    forget(state_path)
    if options.json:
        outcome = {"items": state.items, "broken_lines": state.broken, "lines": state.lines, "resumed_at": before}
        say(json_text({"table": table.name, "file": str(path), **outcome}))
    else:
        note(
            f"{counted(state.items, 'item')} of {path} in {table.name}"
            + (f" ({before:,} lines before)" if before else "")
        )
    if state.broken:
        raise CommandError(f"{counted(state.broken, 'line')} of {path} could not be imported", "they are named above")
    return 0


def _check_kind(path: Path, file: BinaryIO) -> None:
    """Refuse what has no lines, before every one of them is complained of."""
    if file.read(len(_GZIP)) == _GZIP:
        raise CommandError(f"{path} is compressed", f"unpack it first: gunzip {path}")


def _state(path: Path, state_path: Path, table: Table[Any], endpoint: str, *, restart: bool) -> Imported:
    about = path.stat()
    state = None if restart else load(state_path, Imported, table.name, endpoint)
    if state is None:
        return Imported(table=table.name, endpoint=endpoint, file_size=about.st_size, file_time_ns=about.st_mtime_ns)
    if (state.file_size, state.file_time_ns) != (about.st_size, about.st_mtime_ns):
        raise CommandError(f"{path} has changed since its import was interrupted", "--restart begins anew")
    return state


class _Import:
    """One import, from where its state says to the end of the file."""

    def __init__(
        self,
        table: Table[Any],
        description: TableDescription,
        path: Path,
        state: Imported,
        state_path: Path,
        concurrency: int,
    ) -> None:
        self._table, self._description, self._path = table, description, path
        self._state, self._state_path, self._concurrency = state, state_path, concurrency
        self._progress = Progress("imported", before=state.items)
        self._named = 0

    async def run(self, file: BinaryIO) -> None:
        state = self._state
        file.seek(state.offset)
        try:
            while window := list(_window(file, state.lines)):
                written = await self._write(window)
                state.items += written
                state.broken += sum(line.text is None or bool(line.text.strip()) for line in window) - written
                state.lines, state.offset = window[-1].number, file.tell()
                save(self._state_path, state)
                self._progress.show(state.items, state.offset / max(state.file_size, 1))
        except asyncio.CancelledError:
            self._progress.clear()
            note(f"interrupted after {counted(state.lines, 'line')}; the same command goes on")
            raise
        finally:
            self._progress.clear()

    async def _write(self, window: list[Line]) -> int:
        """Write the items of these lines; returns how many were written."""
        from .. import BatchError, ValidationError

        given: list[tuple[Line, dict[str, Any]]] = []
        try:
            return await self._batch(window, given)
        except BatchError as error:
            worst = next((one for one in error.failed if not isinstance(one.reason, ValidationError)), None)
            if worst is not None:
                hint = "the same command goes on where it stopped"
                raise CommandError(f"{self._path}: {told(worst.reason)}", hint) from error
        # the service refuses a whole request for one item: each by itself, in the file's order, tells which
        return await self._one_by_one(given)

    async def _batch(self, window: list[Line], given: list[tuple[Line, dict[str, Any]]]) -> int:
        """Write them by requests of many; what was given to these is in ``given`` then. A line is read when there is
        room for it: the table writes meanwhile."""
        from .. import DynamoDBError

        async with self._table.batch(concurrency=self._concurrency) as batch:
            for line in window:
                try:
                    item = self._item(line)
                    if item is None:
                        continue
                    room = batch.put(item)
                except NotAnItem as error:
                    self._name(line, str(error))
                except DynamoDBError as error:
                    self._name(line, error.message.partition(": ")[2] or error.message)
                else:
                    given.append((line, item))
                    await room
        return len(given)

    async def _one_by_one(self, given: list[tuple[Line, dict[str, Any]]]) -> int:
        from .. import ItemError, ValidationError

        written = 0
        for line, item in given:
            try:
                await self._table.put_item(item)
            except (ValidationError, ItemError) as error:
                self._name(line, error.message)
            else:
                written += 1
        return written

    def _item(self, line: Line) -> dict[str, Any] | None:
        """The item of a line; None where it is blank.

        Raises:
            NotAnItem: it has none, or the item does not fit the table's keys.
        """
        if line.text is None:
            raise NotAnItem(f"it is longer than {_LINE_MAX_BYTES:,} bytes")
        text = line.text.strip()
        if not text:
            return None
        item = typed_item(text)
        for name in self._description.keys.names:
            if name not in item:
                raise NotAnItem(f"it lacks the key attribute {name!r}")
        for name, kind in self._description.attribute_types.items():
            if name in item and not _is_of(item[name], kind):
                raise NotAnItem(f"{name!r} is a key of the table or an index, and not of type {kind}")
        return item

    def _name(self, line: Line, why: str) -> None:
        self._named += 1
        if self._named > _SHOWN_MAX + 1:
            return
        self._progress.clear()
        if self._named > _SHOWN_MAX:
            note("... and more")
        else:
            note(f"{self._path}, line {line.number:,}: {printable(why)}")


def _is_of(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPE_OF[kind]) and not isinstance(value, bool)


def _window(file: BinaryIO, number: int) -> Iterator[Line]:
    """The next lines of the file, behind line ``number``."""
    size_bytes = 0
    for at in range(number + 1, number + 1 + _WINDOW_LINES):
        text = file.readline(_LINE_MAX_BYTES)
        if not text:
            return
        if len(text) == _LINE_MAX_BYTES and not text.endswith(b"\n"):
            _skip_line(file.readline)
            yield Line(at, None)
            continue
        yield Line(at, text.removeprefix(b"\xef\xbb\xbf") if at == 1 else text)
        size_bytes += len(text)
        if size_bytes >= _WINDOW_BYTES:
            return


def _skip_line(readline: Callable[[int], bytes]) -> None:
    while (rest := readline(_LINE_MAX_BYTES)) and not rest.endswith(b"\n"):
        pass
