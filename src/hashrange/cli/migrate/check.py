"""``hashrange migrate check``: what is wrong with a contract, where, and what to do about it.

Owns how findings look. Must not know what is checked.
"""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..shown import counted, is_terminal, json_text, printable, say
from .moving import add_contract_file

if TYPE_CHECKING:
    from ...migration.contract.model import Contract
    from ...migration.findings import Finding, Findings
    from ...migration.source.schema import SourceSchema

_SEVERITIES: Final = ("error", "warning", "repair")
_WIDTH_MAX: Final = 110


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "check",
        help="what is wrong with a contract, where, and what to do about it",
        description="Check a migration contract, alone or against the schema of its source. Ends with status 1 where "
        "there are errors.",
    )
    add_contract_file(parser, ddl="CREATE TABLE statements of the source: checks more")
    parser.add_argument("--patterns", metavar="FILE", type=Path, help="access patterns, to check keys against (JSON)")
    parser.add_argument("--json", action="store_true", help="one JSON document, for programs")
    parser.set_defaults(run=check, parser=parser)


def check(options: argparse.Namespace) -> int:
    """Run the command."""
    from ...migration.check import check as checked
    from ...migration.check import read_patterns
    from ...migration.contract.load import load_contract

    files = {
        "": options.contract, "schema": options.ddl, "overrides": options.overrides, "patterns": options.patterns,
    }  # fmt: skip
    schema, found = _schema(options.ddl)
    loaded = load_contract(
        options.contract, mode="relaxed" if options.relaxed else "strict", schema=schema, overrides=options.overrides
    )
    for finding in found:
        loaded.findings.add(finding)
    if loaded.contract is not None:
        patterns = None if options.patterns is None else read_patterns(options.patterns, loaded.findings)
        checked(loaded.contract, schema, loaded.findings, patterns=patterns, table_prefix=options.prefix)
    if options.json:
        say(json_text(_document(loaded.contract, loaded.findings, files)))
    else:
        _show(loaded.contract, schema, loaded.findings, files)
    return 1 if loaded.findings.count("error") else 0


def _schema(path: Path | None) -> tuple[SourceSchema, tuple[Finding, ...]]:
    """The schema of the source, and what is wrong with its file."""
    from ...migration.errors import ContractError
    from ...migration.findings import Finding, Place
    from ...migration.source.ddl import parse_ddl
    from ...migration.source.schema import NO_SCHEMA

    if path is None:
        return NO_SCHEMA, ()
    try:
        schema = parse_ddl(path.read_text(encoding="utf-8-sig", errors="replace"))
    except ContractError as error:
        return NO_SCHEMA, error.findings
    if schema.tables:
        return schema, ()
    fix = "give the output of SHOW CREATE TABLE or of mysqldump --no-data"
    none = Finding("error", "ddl-without-tables", "this file creates no table", fix, Place("", 1, 1, "schema"))
    return schema, (none,)


def _document(contract: Contract | None, findings: Findings, files: dict[str, Path]) -> dict[str, Any]:
    return {
        "contract": str(files[""]),
        "format": None if contract is None else contract.format,
        "tables": [] if contract is None else list(contract.tables),
        **{f"{severity}s": findings.count(severity) for severity in _SEVERITIES},
        "findings": [{**one, "file": str(files[one["document"]])} for one in findings.as_json()],
    }


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _show(contract: Contract | None, schema: SourceSchema, findings: Findings, files: dict[str, Path]) -> None:
    if contract is not None:
        entities = sum(len(table.entities) for table in contract.tables.values())
        tables = counted(len(contract.tables), "table")
        kinds = "1 kind of item" if entities == 1 else f"{entities} kinds of items"
        say(printable(f"{files['']}: {contract.format} format, {tables}, {kinds}"))
        if schema.tables:
            say(printable(f"{files['schema']}: {counted(len(schema.tables), 'table')}"))
    for name, group in _grouped(contract, findings):
        say()
        say(printable(name))
        for one in sorted(group, key=lambda finding: _SEVERITIES.index(finding.severity)):
            _show_one(one, files)
    say()
    counts = (counted(findings.count(severity), severity) for severity in _SEVERITIES)
    say(", ".join(counts))


def _grouped(contract: Contract | None, findings: Iterable[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    """Findings by the table that they are about, in the contract's order; what is about no table comes first."""
    tables = [] if contract is None else sorted(contract.tables.values(), key=lambda one: len(one.place.pointer))
    groups: dict[str, list[Finding]] = {"the whole": []}
    groups |= {f"table {name}": [] for name in ([] if contract is None else contract.tables)}
    others = {"schema": "the schema", "overrides": "the overrides", "patterns": "the access patterns"}
    for one in findings:
        name = others.get(one.place.document, "the whole")
        if not one.place.document:
            pointer = f"{one.place.pointer}/"
            inside = (table.name for table in tables if pointer.startswith(f"{table.place.pointer}/"))
            name = next((f"table {table}" for table in inside), name)
        groups.setdefault(name, []).append(one)
    yield from ((name, group) for name, group in groups.items() if group)


def _show_one(one: Finding, files: dict[str, Path]) -> None:
    place, file = one.place, files.get(one.place.document) or one.place.document
    where = f"{file}:{place.line}:{place.column}" if place.line else f"{file}{place.pointer and f' {place.pointer}'}"
    say(printable(f"  {one.severity:<7}  {where}  {one.code}"))
    _paragraph(one.message, "           ")
    if one.fix:
        _paragraph(f"fix: {one.fix}", "           ")


def _paragraph(text: str, indent: str) -> None:
    """Wrapped on a terminal; one line in a file or a pipe."""
    text = printable(text)
    if not is_terminal():
        say(indent + text)
        return
    width = min(shutil.get_terminal_size().columns, _WIDTH_MAX)
    for line in textwrap.wrap(text, max(width, 40), initial_indent=indent, subsequent_indent=indent):
        say(line)
