"""``hashrange snapshot``: the data folder of ``hashrange serve --data`` as one file, and back.

Owns what the command says. Must not know what is in the file.
"""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .command import CommandError, Parser
from .serve import declared_tables
from .shown import counted, note

if TYPE_CHECKING:
    from ..simulator.disk.engine import DiskEngine
    from ..simulator.disk.s3_export import S3Export


def add_snapshot(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "snapshot",
        help="copy what 'serve --data' keeps",
        description="Copy the data folder of 'hashrange serve --data' into one file, and make a folder of such a file.",
    )
    actions = parser.add_subparsers(title="actions", dest="action", metavar="ACTION", parser_class=Parser)
    save = actions.add_parser(
        "save",
        help="folder to file",
        description="Copy all that was acknowledged at this moment. The folder may be in use.",
    )
    save.add_argument("data", metavar="DIR", type=Path, help="the data folder")
    save.add_argument("file", metavar="FILE", type=Path, help="where to; it must not exist")
    save.set_defaults(run=_save, parser=save)
    load = actions.add_parser(
        "load", help="file to folder", description="Make a data folder, for 'hashrange serve --data'."
    )
    load.add_argument("file", metavar="FILE", type=Path, help="what 'hashrange snapshot save' wrote")
    load.add_argument("data", metavar="DIR", type=Path, help="where to; no data may be in it")
    load.set_defaults(run=_load, parser=load)
    imported = actions.add_parser(
        "import-s3",
        help="an export of DynamoDB to folder",
        description="Put the items of an export to S3 (full or incremental), copied to this machine, "
        "into a table of a data folder: all of them, or none.",
    )
    imported.add_argument("export", metavar="EXPORT", type=Path, help="the folder with manifest-files.json")
    imported.add_argument("data", metavar="DIR", type=Path, help="the data folder; made where it is missing")
    imported.add_argument(
        "--table",
        metavar="FILE",
        type=Path,
        required=True,
        help="JSON: the table, made where it is missing; for example what 'aws dynamodb describe-table' prints",
    )
    imported.set_defaults(run=_import_s3, parser=imported)

    def which(options: argparse.Namespace) -> int:
        parser.error(f"which action? One of {', '.join(actions.choices)}")
        return 2

    parser.set_defaults(run=which, parser=parser)


def _save(options: argparse.Namespace) -> int:
    from ..simulator.disk.folder import DataFolderError
    from ..simulator.disk.snapshot import save_snapshot

    try:
        count = save_snapshot(options.data, options.file)
    except DataFolderError as error:
        raise CommandError(error.message, error.hint) from None
    note(f"{counted(count, 'item')} of {options.data} in {options.file}")
    return 0


def _load(options: argparse.Namespace) -> int:
    from ..simulator.disk.folder import DataFolderError
    from ..simulator.disk.snapshot import load_snapshot

    try:
        count = load_snapshot(options.file, options.data)
    except DataFolderError as error:
        raise CommandError(error.message, error.hint) from None
    note(f"{counted(count, 'item')} of {options.file} in {options.data}")
    return 0


def _import_s3(options: argparse.Namespace) -> int:
    from ..simulator.declare import DeclarationError, table_requests
    from ..simulator.disk.engine import DiskEngine
    from ..simulator.disk.folder import DataFolderError
    from ..simulator.disk.s3_export import S3Export

    declared = declared_tables(options.table)
    if len(declared) != 1:
        raise CommandError(f"{options.table} holds {len(declared)} tables", "give a file with the one of the export")
    try:
        export = S3Export(options.export)
        with closing(DiskEngine(options.data, declared, calls_max=0)) as engine:
            name = table_requests(declared[0]).create_table["TableName"]
            count = _copy(export, engine, name)
    except DeclarationError as error:
        raise CommandError(f"{options.table}: {error}") from None
    except DataFolderError as error:
        raise CommandError(error.message, error.hint) from None
    note(f"{counted(count, 'item')} of {export.path} in {name} of {options.data}")
    return 0


def _copy(export: S3Export, engine: DiskEngine, table: str) -> int:
    """Make in the table what the export tells; how many lines it had. All of it, or nothing."""
    from ..simulator.errors import ApiError

    count = 0
    for line in export:
        try:
            engine.execute_in_turn(line.operation, {"TableName": table, line.member: line.content})
        except ApiError as error:
            raise CommandError(f"{line.where}: {error.message or error.name}", "nothing was imported") from None
        count += 1
    engine.make_durable()
    return count
