"""``hashrange describe``: what the service says of one table."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from .connection import add_connection, command_of, described
from .shown import json_text, say, show_facts, show_table, size_text

if TYPE_CHECKING:
    from .. import DynamoDB
    from ..key import KeySchema
    from ..operations.describe import TableDescription


def add_describe(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "describe",
        help="keys, indexes, TTL, stream and size of a table",
        description="Show what the service says of a table. With --json, its own structure and the TTL attribute.",
    )
    parser.add_argument("table", metavar="TABLE", help="name or ARN")
    add_connection(parser)
    parser.set_defaults(run=command_of(describe), parser=parser)


async def describe(db: DynamoDB, options: argparse.Namespace) -> int:
    """Run the command."""
    found = await described(db, options.table)
    if options.json:
        say(json_text({**found.raw, "TimeToLiveAttribute": found.ttl_attribute}))
        return 0
    show_facts(_facts(found))
    if found.indexes:
        say()
        rows = [("INDEX", "KIND", "KEYS", "PROJECTION", "STATUS")]
        rows += [
            (
                index.name,
                "global" if index.is_global else "local",
                keys_text(found, index.keys, index.further_keys),
                ", ".join((index.projection, *index.non_key_attributes)),
                index.status,
            )
            for index in found.indexes.values()
        ]
        show_table(rows)
    return 0


def _facts(found: TableDescription) -> list[tuple[str, str]]:
    facts = [
        ("table", found.name),
        ("ARN", found.arn),
        ("status", found.status),
        ("keys", keys_text(found, found.keys)),
        ("items", f"{found.item_count:,} (as of the service's last count)"),
        ("size", size_text(found.size_bytes)),
        ("billing", found.billing_mode),
        ("TTL attribute", found.ttl_attribute or "none"),
        ("stream", found.stream.view_type or found.stream.status.lower()),
    ]
    replicas = ", ".join(f"{replica.region} ({replica.status})" for replica in found.replicas)
    return [*facts, ("replicas", replicas)] if replicas else facts


def keys_text(description: TableDescription, keys: KeySchema, further: tuple[str, ...] = ()) -> str:
    """Keys with their types: ``PK:S SK:N``."""
    return " ".join(f"{name}:{description.attribute_types.get(name, '?')}" for name in (*keys.names, *further))
