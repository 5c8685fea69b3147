"""``hashrange get``: one item."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from .command import CommandError
from .connection import add_connection, command_of, opened
from .items import add_format, ordered
from .shown import cell, json_text, printable, say, show_facts
from .typed import typed_text
from .values import key_of

if TYPE_CHECKING:
    from .. import DynamoDB


def add_get(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "get",
        help="show one item",
        description="Show the item with a key. The table says whether a key is text, a number or (as base64) binary.",
    )
    parser.add_argument("table", metavar="TABLE", help="name or ARN")
    parser.add_argument("partition", metavar="PK", help="the partition key's value")
    parser.add_argument("sort", metavar="SK", nargs="?", help="the sort key's value, where the table has one")
    parser.add_argument("--consistent", action="store_true", help="see every write that was acknowledged before")
    add_format(parser)
    add_connection(parser)
    parser.set_defaults(run=command_of(get), parser=parser)


async def get(db: DynamoDB, options: argparse.Namespace) -> int:
    """Run the command.

    Raises:
        CommandError: there is no such item.
    """
    description, table = await opened(db, options.table)
    item = await table.get_item(key_of(description, options.partition, options.sort), consistent=options.consistent)
    if item is None:
        others = f"'hashrange query {options.table} PK' shows all items of a partition"
        raise CommandError(f"table {options.table!r} has no item with this key", others if options.sort else None)
    if options.typed:
        say(typed_text(item))
    elif options.json:
        say(json_text(item))
    else:
        names = ordered(item, description.keys.names)
        show_facts([(printable(name), cell(item[name])) for name in names])
    return 0
