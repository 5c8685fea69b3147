"""``hashrange migrate backfill``: all rows of the source into the contract's tables, or into files, or nowhere.

Owns what is shown on the way and at the end. How rows are moved is ``migration/backfill``'s.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..command import CommandError
from ..connection import add_connection, settings, whole_number
from ..progress import Progress as Line
from ..shown import counted, json_text, note, printable, say, size_text
from .moving import ASK, add_contract, add_source, add_state, mappings_of, number, schema_of, source_of, state_of

if TYPE_CHECKING:
    from ...migration.backfill import DryRun, EntitySizes, Options, Progress, Report
    from ...migration.mapping.entity import Mappings
    from ...migration.source.schema import SourceSchema
    from ...migration.source.sql import SqlSource


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "backfill",
        help="copy all rows of the source to the contract's tables",
        description="Copy all rows of the source to the contract's tables, once each. An interrupted backfill goes on "
        "when the same command is given again. Rows that cannot become an item are written to files, and the command "
        "then ends with status 1.",
    )
    add_contract(parser, ddl=ASK)
    add_source(parser)
    add_state(parser)
    _add_what(parser)
    _add_how(parser)
    add_connection(parser)
    parser.note(["--dry-run", "--export-s3-format"])  # which are in a group
    parser.set_defaults(run=backfill, parser=parser)


def _add_what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--entity", metavar="NAME", action="append", help="only this one, by its source table; repeatable"
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--dry-run", action="store_true", help="write nothing: sizes, costs, keys, samples, refusals")
    instead.add_argument(
        "--export-s3-format", metavar="FOLDER", type=Path, help="write files for DynamoDB's import from S3 instead"
    )
    parser.add_argument("--rows-max", metavar="COUNT", type=whole_number, help="of a dry run: the first rows only")
    parser.add_argument("--no-compress", action="store_true", help="of such files")
    parser.add_argument("--mode", choices=("if-absent", "newer"), default="if-absent", help="what wins where both are")
    parser.add_argument("--newer-by", metavar="ATTRIBUTE", help="for --mode newer: when an item was changed")


def _add_how(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--write-units", metavar="COUNT", type=whole_number, help="write units a second at most")
    parser.add_argument("--page-rows", metavar="COUNT", type=whole_number, default=1_000, help="default: 1000")
    parser.add_argument("--chunk-rows", metavar="COUNT", type=whole_number, help="cut entities into such ranges")
    parser.add_argument("--parallel", metavar="COUNT", type=whole_number, default=1, help="ranges or entities at once")
    parser.add_argument("--concurrency", metavar="COUNT", type=whole_number, default=64, help="puts at once, each")
    parser.add_argument("--refused", metavar="FOLDER", type=Path, help="of refused rows (default: CONTRACT.refused)")
    parser.add_argument(
        "--refused-max", metavar="COUNT", type=number, default=1_000, help="give up beyond (default: 1000)"
    )


def backfill(options: argparse.Namespace) -> int:
    """Run the command.

    Raises:
        CommandError: options do not go together, or rows were refused.
    """
    _check(options)
    declared = schema_of(options)
    source = source_of(options, declared)
    try:
        schema = declared if declared.tables else source.schema()
        return asyncio.run(_run(options, source, mappings_of(options, schema), schema))
    finally:
        source.close()


def _check(options: argparse.Namespace) -> None:
    if (options.mode == "newer") != (options.newer_by is not None):
        raise CommandError("--mode newer and --newer-by ATTRIBUTE go together", "which attribute tells what is newer?")
    if options.rows_max is not None and not options.dry_run:
        raise CommandError("--rows-max goes with --dry-run", "a backfill copies all rows")
    if options.no_compress and options.export_s3_format is None:
        raise CommandError("--no-compress goes with --export-s3-format")
    if options.export_s3_format is not None and options.state_table is not None:
        raise CommandError("--export-s3-format writes to this machine, and so does its state", "use --state")


async def _run(options: argparse.Namespace, source: SqlSource, mappings: Mappings, schema: SourceSchema) -> int:
    if options.dry_run:
        return await _dry_run(options, source, mappings, schema)
    if options.export_s3_format is not None:
        return await _export(options, source, mappings, schema)
    from ... import DynamoDB
    from ...migration.backfill import Backfill, paced

    config, pacer = await settings(options), None
    if options.write_units is not None:
        monitor, pacer = paced(options.write_units)
        config = replace(config, observers=(*config.observers, monitor), capacity="total")
    async with DynamoDB(config) as db:
        state = await state_of(options, db)
        shown = _Shown("copied")
        try:
            run = Backfill(
                source, mappings, db, state, _options(options), schema=schema, pacer=pacer, on_progress=shown.page
            )
            return _ended(options, await shown.until_done(run.run(options.entity)), "copied")
        finally:
            await state.close()


async def _export(options: argparse.Namespace, source: SqlSource, mappings: Mappings, schema: SourceSchema) -> int:
    from ...migration.backfill import S3Export

    state = await state_of(options, None)
    shown = _Shown("exported")
    try:
        run = S3Export(
            source, mappings, state, options.export_s3_format, _options(options), compress=not options.no_compress,
            schema=schema, on_progress=shown.page,
        )  # fmt: skip
        return _ended(options, await shown.until_done(run.run(options.entity)), "exported")
    finally:
        await state.close()


def _options(options: argparse.Namespace) -> Options:
    from ...migration.backfill import Options

    contract: Path = options.contract
    return Options(
        mode=options.mode,
        newer_by=options.newer_by,
        page_rows=options.page_rows,
        chunk_rows=options.chunk_rows,
        parallel=options.parallel,
        concurrency=options.concurrency,
        refused_max=options.refused_max,
        refused_folder=options.refused or contract.with_name(f"{contract.name}.refused"),
    )


class _Shown:
    """The line of progress."""

    def __init__(self, verb: str) -> None:
        self._line = Line(verb)
        self._verb, self._done = verb, 0

    def page(self, progress: Progress) -> None:
        self._done = progress.done
        self._line.show(progress.done, progress.done / progress.total if progress.total else None)

    async def until_done(self, run: Any) -> Report:
        try:
            report: Report = await run
            return report
        except asyncio.CancelledError:
            self._line.clear()
            note(f"interrupted after {counted(self._done, 'row')}; the same command goes on")
            raise
        finally:
            self._line.clear()


def _ended(options: argparse.Namespace, report: Report, verb: str) -> int:
    total = report.total
    if options.json:
        say(json_text(msgspec.to_builtins(report)))
    else:
        for name, counts in report.entities.items():
            say(printable(f"{name}: {counts}"))
        note(f"{counted(total.read, 'row')} {verb} in {report.seconds:.1f} s" + (", resumed" if report.resumed else ""))
    if total.refused:
        where = ", ".join(one for one in report.files if one.endswith(".jsonl"))
        raise CommandError(f"{counted(total.refused, 'row')} could not be {verb}", f"{where} says which, and why")
    return 0


# ── dry run ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def _dry_run(options: argparse.Namespace, source: SqlSource, mappings: Mappings, schema: SourceSchema) -> int:
    from ...migration.backfill import dry_run

    line = Line("read")
    try:
        found = await dry_run(
            source, mappings, entities=options.entity, schema=schema, rows_max=options.rows_max,
            page_rows=options.page_rows, on_page=_each(line),
        )  # fmt: skip
    finally:
        line.clear()
    if options.json:
        entities = {name: msgspec.structs.asdict(one) for name, one in found.entities.items()}
        say(json_text({"entities": entities, "write_units": found.write_units}))
    else:
        _show(found)
    return 1 if any(one.refused for one in found.entities.values()) else 0


def _each(line: Line) -> Callable[[str, int], None]:
    return lambda entity, rows: line.show(rows)


def _show(found: DryRun) -> None:
    for name, one in found.entities.items():
        say(printable(f"{name} → {one.table}, {one.entity}: {counted(one.rows, 'row')}, {counted(one.items, 'item')}"))
        if one.items:
            _show_sizes(one)
        for reason, count in one.refused.items():
            say(printable(f"  refused: {count:,} × {reason}"))
        for item in one.samples:
            say(printable(f"  {json_text(item)}"))
        say()
    note(f"{counted(found.write_units, 'write unit')}, indexes not counted")


def _show_sizes(one: EntitySizes) -> None:
    sizes = (one.size_min, one.size_median, one.size_p99, one.size_max)
    names = ("smallest", "median", "p99", "largest")
    say("  " + ", ".join(f"{name} {size_text(size)}" for name, size in zip(names, sizes, strict=True)))
    say(f"  {size_text(one.bytes_total)} in all, {one.write_units:,} write units")
    top = ", ".join(f"{key} ({count:,})" for key, count in one.top)
    say(printable(f"  {counted(one.partitions, 'partition key')}; most items: {top}"))
