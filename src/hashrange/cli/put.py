"""``hashrange put``: write one item."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from .command import CommandError
from .connection import add_connection, opened, with_client
from .shown import json_text, note, say
from .typed import NotAnItem, plain_item, typed_item

if TYPE_CHECKING:
    from .. import DynamoDB
    from ..types import Item


def add_put(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "put",
        help="write one item",
        description="Write a whole item, in place of the one with its key if there is one.",
    )
    parser.add_argument("table", metavar="TABLE", help="name or ARN")
    parser.add_argument("item", metavar="JSON", help='the item, {"id": "a", "n": 1}, or - to read it from the input')
    parser.add_argument("--typed", action="store_true", help='JSON is DynamoDB JSON: {"id": {"S": "a"}}')
    add_connection(parser)
    parser.set_defaults(run=put, parser=parser)


def put(options: argparse.Namespace) -> int:
    """Run the command.

    Raises:
        CommandError: the JSON is no item, or lacks its key.
    """
    item = _item(options)  # before an event loop runs, which would keep Ctrl+C from ending a wait for input

    async def use(db: DynamoDB, options: argparse.Namespace) -> int:
        return await _put(db, options, item)

    return with_client(use, options)


def _item(options: argparse.Namespace) -> Item:
    try:
        text: str = sys.stdin.read() if options.item == "-" else options.item
    except UnicodeDecodeError:
        raise CommandError("the input is no UTF-8 text") from None
    try:
        return typed_item(text) if options.typed else plain_item(text)
    except NotAnItem as error:
        is_plain = options.typed and _is_item(text)
        hint = "without --typed, JSON is plain" if is_plain else 'quote it for the shell: \'{"id": "a"}\''
        raise CommandError(f"the item: {error}", hint) from None


def _is_item(text: str) -> bool:
    try:
        return bool(plain_item(text))
    except NotAnItem:
        return False


async def _put(db: DynamoDB, options: argparse.Namespace, item: Item) -> int:
    description, table = await opened(db, options.table)
    missing = [name for name in description.keys.names if name not in item]
    if missing:
        raise CommandError(f"the item lacks {', '.join(missing)}; the key of {options.table!r} is {description.keys}")
    typed = [name for name in description.keys.names if isinstance(item[name], dict)]
    if typed:
        raise CommandError(f"the key attribute {typed[0]!r} is a map", "is it DynamoDB JSON? then give --typed")
    await table.put_item(item)
    if options.json:
        say(json_text({"table": options.table, "key": {name: item[name] for name in description.keys.names}}))
    else:
        note(f"written to {options.table}")
    return 0
