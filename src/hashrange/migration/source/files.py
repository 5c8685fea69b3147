"""Tables that came as files, CSV or JSON lines: loaded into a temporary SQLite database, and read as any other source.

Owns the way from text to values that SQLite keeps as they are: whole numbers as numbers, decimals and times as text.
Must not know contracts.
"""

from __future__ import annotations

import base64
import binascii
import csv
import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from ...errors import ConfigurationError
from ...extras import imported
from ..errors import MigrationError
from .schema import Column, Family, SourceSchema, Table
from .sql import SqlSource

_FIELD_MAX_CHARS: Final = 16 * 1024 * 1024  # a BLOB as text; the csv module's own limit is 128 KB
_NUMBERS: Final = "numbers"
_TRUE: Final = frozenset({"1", "true", "t", "yes"})
_FALSE: Final = frozenset({"0", "false", "f", "no"})
_DOCUMENTS: Final = msgspec.json.Encoder(decimal_format="number")  # all digits of a number stay


class FileSource(SqlSource):
    """Tables in files.

    Args:
        files: table to path; ``.csv`` with a line of column names, else JSON lines with one object each.
        schema: of these tables, with their keys and types.
        null: what stands for NULL in CSV, as ``mysqldump --tab`` and LOAD DATA have it; an empty field is NULL too,
            except in columns of text that may not be NULL.
        folder: where the temporary database is; None: where the system keeps such files. It needs about as much room
            as the files.

    Raises:
        ConfigurationError: the schema does not know a table, or a table has no primary key.
        MigrationError: a file cannot be read, or a line of it does not fit; names file, line and column.
    """

    def __init__(
        self,
        files: Mapping[str, str | Path],
        schema: SourceSchema,
        *,
        null: str = r"\N",
        folder: str | Path | None = None,
    ) -> None:
        imported("sqlalchemy", "migrate")
        self._folder = tempfile.TemporaryDirectory(prefix="hashrange-source-", dir=folder)
        path = Path(self._folder.name, "rows.sqlite")
        try:
            _load(path, {name: Path(file) for name, file in files.items()}, schema, null)
            super().__init__(f"sqlite:///{path}")
            imported("sqlalchemy", "migrate").event.listen(self.engine, "connect", _knows_numbers)
        except BaseException:
            self._folder.cleanup()
            raise
        self._schema = SourceSchema({name: _known(schema, name) for name in files})

    @property
    def name(self) -> str:
        return f"files of {', '.join(self.schema().tables)}"

    def close(self) -> None:
        """Remove the temporary database."""
        super().close()
        self._folder.cleanup()


def _known(schema: SourceSchema, name: str) -> Table:
    table = schema.table(name)
    if table is None:
        raise ConfigurationError(f"the schema has no table {name!r}", hint="give the DDL of the tables in the files")
    if not table.primary_key:
        raise ConfigurationError(f"table {name!r} has no primary key", hint="rows are read in the order of their keys")
    return table


def _load(path: Path, files: Mapping[str, Path], schema: SourceSchema, null: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    _knows_numbers(connection, None)
    try:
        connection.execute("PRAGMA journal_mode = OFF")  # nobody needs half a database
        connection.execute("PRAGMA synchronous = OFF")
        for name, file in files.items():
            table = _known(schema, name)
            connection.execute("BEGIN")
            _create(connection, name, table)
            _fill(connection, name, table, file, null)
            connection.execute("COMMIT")
    finally:
        connection.close()


def _create(connection: sqlite3.Connection, name: str, table: Table) -> None:
    # without types: values stay what they are
    columns = ", ".join(_quoted(one.name) + _order_of(one) for one in table.columns.values())
    key = ", ".join(map(_quoted, table.primary_key))
    connection.execute(f"CREATE TABLE {_quoted(name)} ({columns}, PRIMARY KEY ({key}))")
    for number, one in enumerate(table.foreign_keys):
        names = ", ".join(map(_quoted, one.columns))
        connection.execute(f"CREATE INDEX {_quoted(f'{name}_{number}')} ON {_quoted(name)} ({names})")


def _knows_numbers(connection: Any, record: Any) -> None:
    """SQLite has no exact decimals: they are text, which it must order as the numbers that they are."""
    connection.create_collation(_NUMBERS, _as_numbers)


def _order_of(column: Column) -> str:
    return f" COLLATE {_NUMBERS}" if column.family in ("decimal", "integer") else ""


def _as_numbers(one: str, other: str) -> int:
    left, right = Decimal(one), Decimal(other)
    return (left > right) - (left < right)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _fill(connection: sqlite3.Connection, name: str, table: Table, file: Path, null: str) -> None:
    names = list(table.columns)
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {_quoted(name)} ({', '.join(map(_quoted, names))}) VALUES ({marks})"  # noqa: S608 - quoted
    line = 0
    is_csv = file.suffix.lower() == ".csv"
    try:
        read = _csv_rows(file, null) if is_csv else _json_rows(file)
        for line, row in read:
            unknown = [one for one in row if one is not None and table.column(one) is None]
            if unknown or None in row:
                what = f"column {unknown[0]!r} is not in the schema" if unknown else "it has more fields than columns"
                raise MigrationError(f"{file}, line {line:,}: {what}")
            row = {_declared(table, one).name: value for one, value in row.items()}
            if is_csv:
                row = {one: _unless_empty(table.columns[one], value) for one, value in row.items()}
            connection.execute(statement, [_stored(table.columns[one], row.get(one), file, line) for one in names])
    except OSError as error:
        raise MigrationError(f"{file}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise MigrationError(f"{file}, behind line {line:,}: it is not UTF-8") from error
    except sqlite3.IntegrityError as error:
        raise MigrationError(f"{file}, line {line:,}: another row has the same key") from error
    except csv.Error as error:
        raise MigrationError(f"{file}, behind line {line:,}: {error}") from error


def _csv_rows(file: Path, null: str) -> Iterator[tuple[int, dict[str, Any]]]:
    csv.field_size_limit(_FIELD_MAX_CHARS)
    with file.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text, strict=True)
        for row in reader:
            yield reader.line_num, {name: None if value == null else value for name, value in row.items()}


def _json_rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line, parse_float=Decimal)
            except (ValueError, RecursionError):
                row = None
            if type(row) is not dict:
                raise MigrationError(f"{file}, line {number:,}: it is no JSON object")
            yield number, row


def _declared(table: Table, name: str) -> Column:
    found = table.column(name)
    assert found is not None, "unknown columns were refused"
    return found


def _unless_empty(column: Column, value: Any) -> Any:
    """A field of CSV; an empty one is NULL where text could not be meant."""
    return None if value == "" and (column.nullable or column.family not in _TEXTS) else value


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _stored(column: Column, value: Any, file: Path, line: int) -> Any:
    """What SQLite keeps of a value."""
    if value is None:
        return None
    convert: Callable[[Any], Any] = _CONVERSIONS.get(column.family, _text)
    try:
        return convert(value)
    except (ValueError, ArithmeticError, binascii.Error):
        raise MigrationError(
            f"{file}, line {line:,}: column {column.name!r} is {column.type}, and its value is none"
        ) from None


def _text(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return _document(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    return value if isinstance(value, str) else str(value)


def _document(value: Any) -> str:
    if isinstance(value, str):
        json.loads(value)
        return value
    return _DOCUMENTS.encode(value).decode()


def _whole(value: Any) -> int | str:
    number = int(value)
    if number != Decimal(str(int(value) if isinstance(value, bool) else value).strip()):
        raise ValueError
    # SQLite's integers have 64 bits; BIGINT UNSIGNED has more
    return number if -(2**63) <= number < 2**63 else str(number)


def _decimal(value: Any) -> str:
    number = Decimal(str(value).strip())
    if not number.is_finite():
        raise ValueError
    return format(number, "f")


def _double(value: Any) -> float:
    return float(value)


def _truth(value: Any) -> int:
    if isinstance(value, (bool, int)):
        return int(value)
    text = str(value).strip().lower()
    if text not in _TRUE | _FALSE:
        return int(text)
    return int(text in _TRUE)


def _binary(value: Any) -> bytes:
    text = str(value)
    return bytes.fromhex(text[2:]) if text[:2] in ("0x", "0X") else base64.b64decode(text, validate=True)


def _members(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else _text(value)


_TEXTS: Final[frozenset[Family]] = frozenset({"text", "enum", "set"})
_CONVERSIONS: Final[Mapping[Family, Callable[[Any], Any]]] = {
    "integer": _whole,
    "year": _whole,
    "bit": _whole,
    "decimal": _decimal,
    "float": _double,
    "boolean": _truth,
    "binary": _binary,
    "json": _document,
    "set": _members,
}
