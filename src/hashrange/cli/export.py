"""``hashrange export``: a table as JSON lines in DynamoDB JSON, page by page, in flat memory.

Owns the file and its checkpoint: after an interruption the file is cut back to the last whole page that the checkpoint
knows of, so no line is missing and none stands there twice.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from .command import CommandError
from .connection import add_connection, command_of, opened, whole_number
from .progress import Progress
from .resume import State, forget, load, save
from .shown import counted, json_text, note, say
from .typed import typed_text

if TYPE_CHECKING:
    from .. import DynamoDB, ScanCheckpoint, Table


class Exported(State, kw_only=True):
    """How far an export came: ``offset`` bytes of the file, with ``items`` lines, are good."""

    segments: int
    scan: str
    items: int = 0
    offset: int = 0


def add_export(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "export",
        help="write all items of a table to a file",
        description="Write all items as JSON lines in DynamoDB JSON. An interrupted export goes on when the same "
        "command is given again; FILE.checkpoint says where.",
    )
    parser.add_argument("table", metavar="TABLE", help="name or ARN")
    parser.add_argument("file", metavar="FILE", type=Path, help="where to write; it must not exist")
    parser.add_argument(
        "--segments", metavar="COUNT", type=whole_number, help="read so many parts at once (default: 1)"
    )
    parser.add_argument("--restart", action="store_true", help="begin anew, in the place of what is there")
    add_connection(parser)
    parser.set_defaults(run=command_of(export), parser=parser)


async def export(db: DynamoDB, options: argparse.Namespace) -> int:
    """Run the command.

    Raises:
        CommandError: the file cannot be written, or is there already.
    """
    description, table = await opened(db, options.table)
    path: Path = options.file
    checkpoint_path = path.with_name(f"{path.name}.checkpoint")
    state = None if options.restart else load(checkpoint_path, Exported, table.name, db.config.endpoint.url)
    going_on = state is not None
    if state is None:
        state = Exported(table=table.name, endpoint=db.config.endpoint.url, segments=options.segments or 1, scan="")
    elif options.segments not in (None, state.segments):
        raise CommandError(
            f"{checkpoint_path} is of an export with --segments {state.segments}", "leave --segments out"
        )
    before = state.items
    progress = Progress("exported", before=before)
    with _opened(path, state, going_on=going_on, restart=options.restart) as file:
        try:
            save(checkpoint_path, state)
            await _write(table, file, state, checkpoint_path, progress, description.item_count)
        except asyncio.CancelledError:
            progress.clear()
            note(f"interrupted after {counted(state.items, 'item')}; the same command goes on")
            raise
        finally:
            progress.clear()
    forget(checkpoint_path)
    if options.json:
        say(json_text({"table": table.name, "file": str(path), "items": state.items, "resumed_at": before}))
    else:
        note(f"{counted(state.items, 'item')} of {table.name} in {path}" + (f" ({before:,} before)" if before else ""))
    return 0


def _opened(path: Path, state: Exported, *, going_on: bool, restart: bool) -> BinaryIO:
    """The file, cut back to what the state knows of."""
    if path.exists() and not path.is_file():
        raise CommandError(f"{path} is no ordinary file", "'hashrange scan --typed' prints items")
    try:
        file = path.open("r+b" if going_on else "wb" if restart else "xb")
    except FileExistsError:
        raise CommandError(f"{path} is there already", "--restart replaces it") from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    if file.seek(0, 2) < state.offset:
        file.close()
        raise CommandError(f"{path} is shorter than its checkpoint says", "--restart begins anew")
    file.truncate(state.offset)
    file.seek(state.offset)
    return file


async def _write(
    table: Table[Any], file: BinaryIO, state: Exported, checkpoint_path: Path, progress: Progress, expected: int
) -> None:
    written = state.items

    def page_done(checkpoint: ScanCheckpoint) -> None:
        # called when the next page is asked for: all lines that were written are of finished pages
        try:
            file.flush()
        except OSError as error:
            raise CommandError(f"{file.name}: {error.strerror}", "the same command goes on where it stopped") from None
        state.items, state.offset, state.scan = written, file.tell(), checkpoint.dumps()
        save(checkpoint_path, state)

    from .. import ScanCheckpoint

    checkpoint = ScanCheckpoint.loads(state.scan, page_done) if state.scan else ScanCheckpoint(page_done)
    async for page in table.scan(segments=state.segments, checkpoint=checkpoint, prefetch=True).pages():
        lines = [f"{typed_text(item)}\n" for item in page.items]
        try:
            file.write("".join(lines).encode())
        except OSError as error:
            raise CommandError(f"{file.name}: {error.strerror}", "the same command goes on where it stopped") from None
        written += page.count
        progress.show(written, written / expected if expected else None)
