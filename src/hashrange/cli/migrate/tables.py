"""``hashrange migrate tables``: make the contract's tables, compare them, or write them down for CloudFormation or
Terraform."""

from __future__ import annotations

import argparse
import json
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..command import CommandError
from ..connection import add_connection, with_client
from ..shown import json_text, note, printable, say
from .moving import add_contract_file, contract_of, schema_of

if TYPE_CHECKING:
    from ... import DynamoDB
    from ...migration.contract.model import Contract

_ACTIONS: Final = {
    "create": "make the tables that are missing",
    "request": "print the CreateTable requests",
    "cloudformation": "print a template, with alarms and a policy",
    "terraform": "print a module, with alarms and a policy",
    "iam": "print a policy for who uses the tables",
}


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "tables",
        help="compare the contract's tables, make them, or write them down",
        description="Say what the tables that are there have otherwise than the contract, and end with status 1 where "
        "something has to be done; or do one of the following. What is printed needs no connection.",
    )
    add_contract_file(parser)
    actions = parser.add_mutually_exclusive_group()
    for action, text in _ACTIONS.items():
        actions.add_argument(f"--{action}", action="store_const", const=action, dest="action", help=text)
        parser.note([f"--{action}"])
    parser.add_argument("--aws", action="store_true", help="with --create: yes, at AWS, where tables cost money")
    parser.add_argument("--add-indexes", action="store_true", help="with --create: also make indexes that are missing")
    parser.add_argument("--out", metavar="FILE", type=Path, help="write there instead of printing")
    parser.add_argument("--scan", action="store_true", help="policies allow scans")
    parser.add_argument("--account", metavar="ID", help="with --iam: the account, 12 digits")
    add_connection(parser)
    parser.set_defaults(run=tables, parser=parser)


def tables(options: argparse.Namespace) -> int:
    """Run the command."""
    _check(options)
    contract = contract_of(options, schema_of(options))
    if options.action in (None, "create"):
        return with_client(partial(_live, contract), options)
    text = _written(contract, options)
    if options.out is None:
        say(text.rstrip("\n"))
    else:
        options.out.write_text(text, encoding="utf-8")
        note(f"written to {options.out}")
    return 0


def _check(options: argparse.Namespace) -> None:
    for name in ("aws", "add_indexes"):
        if getattr(options, name) and options.action != "create":
            raise CommandError(f"--{name.replace('_', '-')} goes with --create")
    if options.out is not None and options.action in (None, "create"):
        raise CommandError("--out goes with what is printed", "--request, --cloudformation, --terraform or --iam")
    if options.scan and options.action not in ("cloudformation", "terraform", "iam"):
        raise CommandError("--scan goes with --cloudformation, --terraform or --iam")


async def _live(contract: Contract, db: DynamoDB, options: argparse.Namespace) -> int:
    from ...migration.conventions import Conventions
    from ...migration.tables.live import Outcome, compare_tables, ensure_tables

    conventions = Conventions(table_prefix=options.prefix)
    if options.action == "create":
        outcomes = await ensure_tables(
            contract, db, conventions=conventions, aws=options.aws, add_indexes=options.add_indexes
        )
    else:
        found = await compare_tables(contract, db, conventions=conventions)
        names = [conventions.table_prefix + name for name in contract.tables]
        by_table = {name: tuple(one for one in found if one.table == name) for name in names}
        outcomes = tuple(
            Outcome(name, "differs" if any(one.remedy != "extra" for one in its) else "unchanged", its)
            for name, its in by_table.items()
        )
    for one in outcomes:
        if options.json:
            differences = [{name: getattr(each, name) for name in each.__struct_fields__} for each in one.differences]
            say(json_text({"table": one.table, "action": one.action, "differences": differences}))
        else:
            say(printable(f"{one.table}: {one.action}"))
            for each in one.differences:
                say(printable(f"  {str(each).removeprefix(f'{one.table}: ')}"))
    differs = any(one.action == "differs" for one in outcomes)
    if differs:
        note("tables that differ are left as they are; --create makes missing ones, --add-indexes missing indexes")
    return 1 if differs else 0


def _written(contract: Contract, options: argparse.Namespace) -> str:
    from ...migration.conventions import Conventions
    from ...migration.tables import access_policy, cloudformation, terraform
    from ...migration.tables.request import create_table_requests

    conventions = Conventions(table_prefix=options.prefix)
    if options.action == "request":
        return _document(create_table_requests(contract, conventions))
    if options.action == "cloudformation":
        return _document(cloudformation(contract, conventions=conventions, scan=options.scan))
    if options.action == "terraform":
        return terraform(contract, conventions=conventions, scan=options.scan)
    region = options.region or options.environ.get("AWS_REGION")
    if not region or not re.fullmatch(r"\d{12}", options.account or "", re.ASCII):
        raise CommandError("a policy names its tables by ARN", "give --region and --account, 12 digits")
    if not re.fullmatch("[a-z0-9-]+", region):
        raise CommandError(f"{region!r} is no region", "one is 'eu-west-1'")
    return _document(
        access_policy(contract, region=region, account=options.account, conventions=conventions, scan=options.scan)
    )


def _document(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
