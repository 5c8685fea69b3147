"""``hashrange tables``: which tables there are, with status, keys, items and size."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Any, Final

from .connection import add_connection, command_of, table_names
from .describe import keys_text
from .shown import counted, json_text, note, say, show_table, size_text

if TYPE_CHECKING:
    from .. import DynamoDB
    from ..operations.describe import TableDescription

_CONCURRENCY: Final = 8


def add_tables(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "tables",
        help="list tables with status, keys, items and size",
        description="List the tables. Items and size are as of the service's last count, up to six hours ago.",
    )
    add_connection(parser)
    parser.set_defaults(run=command_of(tables), parser=parser)


async def tables(db: DynamoDB, options: argparse.Namespace) -> int:
    """Run the command."""
    slots = asyncio.Semaphore(_CONCURRENCY)

    async def one(name: str) -> TableDescription | None:
        async with slots:
            return await _description(db, name)

    found = await asyncio.gather(*(one(name) for name in await table_names(db)))
    there = [description for description in found if description is not None]
    if options.json:
        for each in there:
            say(json_text(_document(each)))
        return 0
    rows = [("TABLE", "STATUS", "KEYS", "INDEXES", "ITEMS", "SIZE")]
    rows += [
        (
            each.name,
            each.status,
            keys_text(each, each.keys),
            str(len(each.indexes)),
            f"{each.item_count:,}",
            size_text(each.size_bytes),
        )
        for each in there
    ]
    if there:
        show_table(rows, right=(3, 4, 5))
    note(f"{counted(len(there), 'table')} at {db.config.endpoint.url}")
    return 0


async def _description(db: DynamoDB, name: str) -> TableDescription | None:
    """None of a table that has gone since it was listed."""
    from .. import ResourceNotFound
    from ..operations.describe import parse_description

    try:
        return parse_description(await db.call("DescribeTable", {"TableName": name}), {})
    except ResourceNotFound:
        return None


def _document(each: TableDescription) -> dict[str, Any]:
    return {
        "name": each.name,
        "status": each.status,
        "partition_key": each.keys.partition_key,
        "sort_key": each.keys.sort_key,
        "indexes": sorted(each.indexes),
        "items": each.item_count,
        "size_bytes": each.size_bytes,
    }
