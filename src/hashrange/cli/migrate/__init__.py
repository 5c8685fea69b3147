"""``hashrange migrate``: commands for the way from MySQL to DynamoDB, one a file.

A module of this package that has ``add(commands)`` is a command. Must not know any of them.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from ..command import Parser


def add_migrate(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the commands."""
    parser = commands.add_parser(
        "migrate",
        help="from MySQL and a migrationContract.json to DynamoDB",
        description="Follow a migration contract. 'hashrange migrate COMMAND --help' shows a command's options.",
    )
    inner = parser.add_subparsers(title="commands", dest="migrate_command", metavar="COMMAND", parser_class=Parser)
    for found in sorted(iter_modules(__path__), key=lambda one: one.name):
        module = import_module(f"{__name__}.{found.name}")
        if hasattr(module, "add"):
            module.add(inner)

    def which(options: argparse.Namespace) -> int:
        parser.error(f"which command? One of {', '.join(inner.choices)}")
        return 2

    parser.set_defaults(run=which, parser=parser)
