"""``hashrange migrate verify``: whether source and tables hold the same, and to mend it where they do not."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..command import CommandError
from ..connection import add_connection, settings, whole_number
from ..progress import Progress
from ..shown import json_text, note, printable, say
from .moving import ASK, add_contract, add_source, mappings_of, number, schema_of, source_of

if TYPE_CHECKING:
    from ...migration.mapping.entity import Mappings
    from ...migration.source.schema import SourceSchema
    from ...migration.source.sql import SqlSource
    from ...migration.verify import Report
    from ...migration.verify import run as verification


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "verify",
        help="whether source and tables hold the same",
        description="Compare each row with its item, and each index with the rows. Ends with status 1 where they "
        "differ.",
    )
    add_contract(parser, ddl=ASK)
    add_source(parser)
    parser.add_argument(
        "--entity", metavar="NAME", action="append", help="only this one, by its source table; repeatable"
    )
    parser.add_argument("--sample", metavar="SHARE", type=_share, help="a share of the rows: 0.01 or 1%%; default: all")
    parser.add_argument(
        "--segments", metavar="N", type=whole_number, default=4, help="parts of a table scanned at once"
    )
    parser.add_argument(
        "--list", metavar="N", type=number, default=100, dest="listed", help="so many of a kind are listed"
    )
    parser.add_argument("--repair", action="store_true", help="write what is missing or different")
    parser.add_argument("--delete-extra", action="store_true", help="with --repair: delete items that no row makes")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="also write the report as Markdown")
    parser.add_argument("--html", metavar="FILE", type=Path, help="also write the report as a page")
    add_connection(parser)
    parser.set_defaults(run=verify, parser=parser)


def verify(options: argparse.Namespace) -> int:
    """Run the command."""
    if options.delete_extra and not options.repair:
        raise CommandError("--delete-extra goes with --repair")
    for path in (options.markdown, options.html):
        if path is not None and not path.parent.is_dir():  # it takes long until it is written
            raise CommandError(f"{path}: there is no folder for this report")
    declared = schema_of(options)
    source = source_of(options, declared)
    try:
        schema = declared if declared.tables else source.schema()
        return asyncio.run(_verified(options, source, mappings_of(options, schema), schema))
    finally:
        source.close()


async def _verified(options: argparse.Namespace, source: SqlSource, mappings: Mappings, schema: SourceSchema) -> int:
    from ... import DynamoDB
    from ...migration.verify import Verification, repair

    line = Progress("compared")
    read: dict[tuple[str, str], int] = {}

    def show(event: verification.Progress) -> None:
        read[event.side, event.name] = event.done
        line.show(sum(read.values()))

    async with DynamoDB(await settings(options)) as db:
        verification = Verification(
            source, mappings, db, schema=schema, sample=options.sample, segments=options.segments,
            listed_max=options.listed, on_progress=show,
        )  # fmt: skip
        report = await verification.run(options.entity)
        line.clear()
        _show(report, options)
        if options.repair and report.discrepancies:
            done = await repair(db, report.discrepancies, delete_extra=options.delete_extra)
            note(f"repaired: {done}; verify again to see that all is well")
    return 0 if report.ok else 1


def _show(report: Report, options: argparse.Namespace) -> None:
    from ...migration.verify import html, markdown, text

    if options.json:
        say(json_text(report.as_json()))
    else:
        for part in text(report).splitlines():
            say(printable(part))
    for path, form in ((options.markdown, markdown), (options.html, html)):
        if path is not None:
            path.write_text(form(report), encoding="utf-8")
            note(f"written to {path}")


def _share(text: str) -> float:
    percent = text.endswith("%")
    try:
        value = float(text.removesuffix("%")) / (100 if percent else 1)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share of the rows; give 0.01 or 1%, over 0 and up to all")
    return value
