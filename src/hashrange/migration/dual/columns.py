"""Values of fields as a database's columns take them: what the mapping reads, the other way round.

A time goes back into the zone of its column, a set into its text, a document into JSON. SQLite keeps no decimals and no
times: there they are text, as ``source/files`` writes them. Must not know statements.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ...errors import ConfigurationError, ValidationError
from ..conventions import Conventions
from ..mapping.entity import EntityMapping
from ..mapping.fields import Field
from ..source.schema import Column


class Columns:
    """The columns of one entity's own row.

    Args:
        mapping: of the entity.
        dialect: the database's name in SQLAlchemy.

    Raises:
        ConfigurationError: the mapping was made without a schema.
    """

    def __init__(self, mapping: EntityMapping, dialect: str) -> None:
        self._mapping, self._as_text = mapping, dialect == "sqlite"
        self._fields: dict[str, Column] = {
            name: one.column for name, one in mapping.fields.items() if one.column is not None and one.from_own_row
        }
        if not self._fields:
            raise ConfigurationError(
                f"{mapping.name}: the mapping knows no columns",
                hint="give the source's schema to mappings(...) or AccessLayer(...)",
            )
        self._by_name: dict[str, Column] = {one.name: one for one in self._fields.values()}

    def of(self, fields: Mapping[str, Any], *, strict: bool = True) -> dict[str, Any]:
        """Column to value, of fields by their names, or by those of their columns.

        Args:
            fields: what is given.
            strict: refuse what is of no column of the own row; else it is left out.

        Raises:
            ValidationError: there is no such field, or a value is none of its column's.
        """
        found: dict[str, Any] = {}
        for name, value in fields.items():
            column = self._fields.get(name) or self._by_name.get(name)
            if column is not None:
                found[column.name] = self.value(column, value)
            elif strict and not (name in self._mapping.fields and value is None):
                where = "comes from other rows" if name in self._mapping.fields else "is none of its fields"
                raise ValidationError(
                    f"{self._mapping.name}: {name!r} {where}, and cannot be written to its row",
                    hint=f"its row has {', '.join(self._fields)}",
                )
        return found

    def own(self, one: Field) -> bool:
        """Whether a field is a column of the own row."""
        return one.name in self._fields

    def value(self, column: Column, value: Any) -> Any:
        """One value as its column takes it."""
        if value is None:
            return None
        try:
            made = _of_family(column, value, self._mapping.conventions)
        except (TypeError, ValueError, ArithmeticError):
            raise ValidationError(
                f"{self._mapping.name}: column {column.name!r} is {column.type}, and takes no {type(value).__name__}"
            ) from None
        return _as_text(made) if self._as_text else made


def _of_family(column: Column, value: Any, conventions: Conventions) -> Any:
    match column.family:
        case "datetime" | "timestamp" if isinstance(value, datetime) and value.tzinfo is not None:
            zone = UTC if column.family == "timestamp" or conventions.time_zone == "UTC" else None
            return value.astimezone(zone or ZoneInfo(conventions.time_zone)).replace(tzinfo=None)
        case "boolean" | "bit" if isinstance(value, bool):
            return int(value)
        case "integer" | "year" if isinstance(value, (str, Decimal)):
            return int(value)
        case "decimal" if isinstance(value, (str, int)):
            return Decimal(value)
        case "set" if isinstance(value, (set, frozenset)):
            order = {name: at for at, name in enumerate(column.members)}
            return ",".join(sorted(value, key=lambda name: (order.get(name, len(order)), name)))
        case "json" if not isinstance(value, str):
            return json.dumps(value, default=_json_number)
        case "text" | "enum" if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            return str(value)
    return value


def _json_number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError


def _as_text(value: Any) -> Any:
    match value:
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case timedelta():
            hours, rest = divmod(abs(value), timedelta(hours=1))
            minutes, seconds = divmod(rest, timedelta(minutes=1))
            sign = "-" if value < timedelta(0) else ""
            text = f"{sign}{hours:02d}:{minutes:02d}:{seconds.seconds:02d}"
            return f"{text}.{seconds.microseconds:06d}" if seconds.microseconds else text
        case _:
            return value
