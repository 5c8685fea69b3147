"""``hashrange scan``: all items of a table or of an index."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from .connection import add_connection, command_of, opened, whole_number
from .items import add_format, print_pages
from .query import add_reading
from .values import filter_of, keys_read

if TYPE_CHECKING:
    from .. import DynamoDB


def add_scan(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "scan",
        help="show all items",
        description="Show all items of a table or of an index. Everything is read and paid for, whatever the filter.",
    )
    parser.add_argument("table", metavar="TABLE", help="name or ARN")
    parser.add_argument("--index", metavar="NAME", help="scan this index")
    parser.add_argument(
        "--segments", metavar="COUNT", type=whole_number, default=1, help="read so many parts at once (default: 1)"
    )
    add_reading(parser)
    parser.add_argument("--consistent", action="store_true", help="see every write that was acknowledged before")
    add_format(parser)
    add_connection(parser)
    parser.set_defaults(run=command_of(scan), parser=parser)


async def scan(db: DynamoDB, options: argparse.Namespace) -> int:
    """Run the command."""
    condition = filter_of(options.filter)
    description, table = await opened(db, options.table)
    keys = keys_read(description, options.index, consistent=options.consistent)
    found = table.scan(
        segments=options.segments,
        index=options.index,
        filter=condition,
        limit=options.limit,
        consistent=options.consistent,
        prefetch=True,
    )
    names = tuple(dict.fromkeys((*keys.names, *description.keys.names)))
    await print_pages(found.pages(), options, names)
    return 0
