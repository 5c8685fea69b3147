"""What commands that move or compare rows have in common: the contract with its conventions, the source, the state.

Must not know a command.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from ..command import CommandError

if TYPE_CHECKING:
    from ... import DynamoDB
    from ...migration.contract.model import Contract
    from ...migration.conventions import Conventions
    from ...migration.mapping.entity import Mappings
    from ...migration.source.schema import SourceSchema
    from ...migration.source.sql import SqlSource
    from ...migration.state.store import Store

#: of ``--ddl``, where there is a database
ASK: Final = "CREATE TABLE statements (default: ask the database)"
_DIGITS_MAX: Final = 6  # of a second, in MySQL


# ── contract ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def add_contract_file(parser: argparse.ArgumentParser, *, ddl: str = "CREATE TABLE statements of the source") -> None:
    """Declare the contract. ``ddl`` says what the schema is for."""
    parser.add_argument("contract", metavar="CONTRACT", type=Path, help="the contract's file")
    parser.add_argument("--ddl", metavar="FILE", type=Path, help=ddl)
    parser.add_argument("--overrides", metavar="FILE", type=Path, help="values that the contract cannot say (JSON)")
    parser.add_argument("--relaxed", action="store_true", help="mend what a rule can mend")
    parser.add_argument(
        "--prefix", metavar="TEXT", type=_prefix, default="", help="before table names, for example 'staging-'"
    )


def add_contract(parser: argparse.ArgumentParser, *, ddl: str = "CREATE TABLE statements of the source") -> None:
    """Declare the contract, and what it leaves open, which must be the same for every writer."""
    add_contract_file(parser, ddl=ddl)
    declare = parser.add_argument
    declare("--time-zone", metavar="NAME", type=_time_zone, default="UTC", help="of DATETIME columns (default: UTC)")
    declare("--fraction-digits", metavar="COUNT", type=_digits, default=0, help="of seconds in times (default: 0)")
    declare("--nulls", choices=("omit", "null"), default="omit", help="NULL is left out, or stored as NULL")
    declare("--zero-dates", choices=("refuse", "null"), default="refuse", help="0000-00-00 is refused, or NULL")
    declare("--fold-keys", action="store_true", help="keys of case-insensitive text are written in lower case")


def _prefix(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_.-]*", text):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} cannot stand in a table's name: A-Z, a-z, 0-9, _ . - can")


def _time_zone(text: str) -> str:
    from ...errors import ConfigurationError
    from ...migration.mapping.times import zone_of

    try:
        zone_of(text)
    except ConfigurationError as error:
        raise argparse.ArgumentTypeError(f"{error.message}; one is 'Europe/Berlin'") from None
    return text


def _digits(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= _DIGITS_MAX:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of digits, 0 to {_DIGITS_MAX}")


def number(text: str) -> int:
    """An option's value that counts something which there may be none of."""
    if text.isascii() and text.isdigit():
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 0")


def contract_of(options: argparse.Namespace, schema: SourceSchema) -> Contract:
    """The contract. Raises ContractError."""
    from ...migration.contract.load import load_contract

    mode: Literal["relaxed", "strict"] = "relaxed" if options.relaxed else "strict"
    return load_contract(options.contract, mode=mode, schema=schema, overrides=options.overrides).require()


def mappings_of(options: argparse.Namespace, schema: SourceSchema) -> Mappings:
    """The mappings of the contract. Raises ContractError."""
    from ...migration.mapping.entity import mappings

    return mappings(contract_of(options, schema), schema=schema, conventions=conventions_of(options))


def conventions_of(options: argparse.Namespace) -> Conventions:
    """What the contract leaves open."""
    from ...migration.conventions import Conventions

    return Conventions(
        nulls=options.nulls,
        time_zone=options.time_zone,
        fraction_digits=options.fraction_digits,
        zero_dates=options.zero_dates,
        fold_keys=options.fold_keys,
        table_prefix=options.prefix,
    )


# ── source ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def add_source(parser: argparse.ArgumentParser) -> None:
    """Declare where rows come from."""
    parser.add_argument("--source", metavar="URL", help="the database: mysql://user@host/name, sqlite:///file.db")
    parser.add_argument(
        "--source-variable", metavar="NAME", help="the environment variable with that URL, whose password nobody sees"
    )
    parser.add_argument(
        "--rows",
        metavar="TABLE=FILE",
        action="append",
        default=[],
        help="instead of a database: a table's rows in CSV or JSON lines; once a table; needs --ddl",
    )


def schema_of(options: argparse.Namespace) -> SourceSchema:
    """What ``--ddl`` says. Raises ContractError."""
    from ...migration.source.ddl import parse_ddl
    from ...migration.source.schema import NO_SCHEMA

    if options.ddl is None:
        return NO_SCHEMA
    return parse_ddl(options.ddl.read_text(encoding="utf-8-sig", errors="replace"))


def source_of(options: argparse.Namespace, schema: SourceSchema) -> SqlSource:
    """The source that the options name.

    Raises:
        CommandError: they name none, or several.
        MigrationError: it cannot be opened.
    """
    from ...migration.source.files import FileSource
    from ...migration.source.sql import SqlSource

    given = [one for one in (options.source, options.source_variable, options.rows) if one]
    if len(given) != 1:
        raise CommandError("give one of --source, --source-variable and --rows", "where do the rows come from?")
    if options.rows:
        if not schema.tables:
            raise CommandError("--rows needs --ddl", "files do not say what their columns are")
        return FileSource(_files(options.rows), schema)
    if options.source:
        return SqlSource(options.source)
    url = options.environ.get(options.source_variable)
    if not url:
        raise CommandError(f"the environment variable {options.source_variable} is not set")
    return SqlSource(url)


def _files(given: list[str]) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for one in given:
        table, sign, file = one.partition("=")
        if not table or not sign or not file:
            raise CommandError(f"--rows {one}: it must be TABLE=FILE")
        if table in files:
            raise CommandError(f"--rows names files of table {table!r} twice", "put its rows into one file")
        files[table] = Path(file)
    return files


# ── state ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def add_state(parser: argparse.ArgumentParser) -> None:
    """Declare where the state is."""
    parser.add_argument("--state", metavar="FILE", type=Path, help="checkpoints (default: CONTRACT.state)")
    parser.add_argument(
        "--state-table",
        metavar="TABLE/NAMESPACE",
        help="checkpoints in a DynamoDB table with keys PK and SK, which several machines see",
    )


async def state_of(options: argparse.Namespace, db: DynamoDB | None) -> Store:
    """The state that the options name.

    Raises:
        CommandError: they name two, or the table cannot be used.
    """
    if options.state_table is None:
        from ...migration.state.file_store import FileStore

        contract: Path = options.contract
        return FileStore(options.state or contract.with_name(f"{contract.name}.state"))
    from ...migration.state.table_store import TableStore
    from ..connection import opened

    name, _, namespace = options.state_table.partition("/")
    if options.state is not None or not namespace:
        raise CommandError("--state-table is TABLE/NAMESPACE, and goes without --state")
    if db is None:
        raise CommandError("--state-table needs a client", "use --state")
    _, table = await opened(db, name)
    return TableStore(table, namespace)
