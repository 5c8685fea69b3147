"""``hashrange query``: the items of one partition key, in the order of the sort key."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final

from .command import CommandError, Parser
from .connection import add_connection, command_of, opened, whole_number
from .items import add_format, print_pages
from .values import filter_of, key_value, keys_read

if TYPE_CHECKING:
    from .. import DynamoDB
    from ..expressions import SortCondition
    from ..key import KeySchema
    from ..operations.describe import TableDescription
    from ..types import KeyValue

#: option → what it says of the sort key
_SORT: Final = {
    "eq": "equals that",
    "lt": "is less than that",
    "le": "is at most that",
    "gt": "is greater than that",
    "ge": "is at least that",
    "begins_with": "begins with that",
}


def add_query(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser: Parser = commands.add_parser(
        "query",
        help="show the items of one partition key",
        description="Show the items of one partition key, of the table or of an index, in the order of the sort key.",
    )
    parser.add_argument("table", metavar="TABLE", help="name or ARN")
    parser.add_argument("partition", metavar="PK", help="the partition key's value")
    sort = parser.add_mutually_exclusive_group()
    for name, meaning in _SORT.items():
        option = f"--{name.replace('_', '-')}"
        parser.note([option])
        sort.add_argument(option, metavar="VALUE", help=f"the sort key {meaning}")
    parser.note(["--between"])
    sort.add_argument("--between", metavar=("LOW", "HIGH"), nargs=2, help="the sort key is from LOW to HIGH")
    parser.add_argument("--index", metavar="NAME", help="query this index")
    add_reading(parser)
    parser.add_argument("--descending", action="store_true", help="from the last sort key to the first")
    parser.add_argument("--consistent", action="store_true", help="see every write that was acknowledged before")
    add_format(parser)
    add_connection(parser)
    parser.set_defaults(run=command_of(query), parser=parser)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Declare what queries and scans have in common."""
    parser.add_argument(
        "--filter",
        metavar="NAME=VALUE",
        action="append",
        help="only items for which it holds; also != < <= > >= ^= (begins with) ~= (contains); may be repeated",
    )
    parser.add_argument("--limit", metavar="COUNT", type=whole_number, help="at most so many items")


async def query(db: DynamoDB, options: argparse.Namespace) -> int:
    """Run the command."""
    condition = filter_of(options.filter)
    description, table = await opened(db, options.table)
    keys = keys_read(description, options.index, consistent=options.consistent)
    found = table.query(
        key_value(options.partition, keys.partition_key, description),
        _sort(options, keys, description),
        index=options.index,
        filter=condition,
        limit=options.limit,
        descending=options.descending,
        consistent=options.consistent,
        prefetch=True,
    )
    names = tuple(dict.fromkeys((*keys.names, *description.keys.names)))
    await print_pages(found.pages(), options, names)
    return 0


def _sort(
    options: argparse.Namespace, keys: KeySchema, description: TableDescription
) -> SortCondition | KeyValue | None:
    import hashrange

    given = options.between or next(([text] for name in _SORT if (text := getattr(options, name)) is not None), None)
    if given is None:
        return None
    if keys.sort_key is None:
        raise CommandError(f"the key {keys} has no sort key", "other attributes are for --filter")
    values = [key_value(text, keys.sort_key, description) for text in given]
    if options.between is not None:
        return hashrange.between(values[0], values[1])
    word = next(name for name in _SORT if getattr(options, name) is not None)
    if word == "eq":
        return values[0]
    if word == "begins_with" and not isinstance(values[0], str | bytes):
        raise CommandError("--begins-with is for text, and the sort key is a number", "use --between LOW HIGH")
    made: SortCondition = getattr(hashrange, word)(values[0])
    return made
