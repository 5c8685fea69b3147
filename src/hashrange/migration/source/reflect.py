"""The schema of a live database, as its own catalogue tells it.

Owns the way from SQLAlchemy's types to the families of ``schema``. Must not know contracts or rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...extras import imported
from .schema import Column, Family, ForeignKey, SourceSchema, Table

if TYPE_CHECKING:
    import sqlalchemy as sa

#: names of SQLAlchemy's type classes, upper case, to families
_FAMILIES: Final[dict[str, Family]] = {
    **dict.fromkeys(("INTEGER", "BIGINT", "SMALLINT", "MEDIUMINT", "TINYINT", "INT"), "integer"),
    **dict.fromkeys(("DECIMAL", "NUMERIC"), "decimal"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DOUBLE_PRECISION", "REAL"), "float"),
    **dict.fromkeys(("CHAR", "VARCHAR", "NCHAR", "NVARCHAR", "TEXT", "TINYTEXT", "MEDIUMTEXT", "LONGTEXT"), "text"),
    **dict.fromkeys(("STRING", "UUID", "INET4", "INET6"), "text"),
    **dict.fromkeys(("BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "BINARY", "VARBINARY"), "binary"),
    "BOOLEAN": "boolean",
    "BIT": "bit",
    "ENUM": "enum",
    "SET": "set",
    "DATE": "date",
    "DATETIME": "datetime",
    "TIMESTAMP": "timestamp",
    "TIME": "time",
    "YEAR": "year",
    "JSON": "json",
}


def reflected(engine: sa.Engine) -> SourceSchema:
    """The schema of all tables of an engine's database."""
    alchemy = imported("sqlalchemy", "migrate")
    with engine.connect() as connection:
        inspector = alchemy.inspect(connection)
        collations, documents = _collations(connection), _documents(connection)
        tables = {
            name: _table(inspector, name, collations.get(name, {}), documents.get(name, ""), engine.dialect)
            for name in sorted(inspector.get_table_names())
        }
    return SourceSchema(tables)


def _table(inspector: Any, name: str, collations: dict[str, str], documents: str, dialect: Any) -> Table:
    keys = tuple(inspector.get_pk_constraint(name).get("constrained_columns") or ())
    columns = {
        found["name"]: _column(
            found, keys, collations.get(found["name"]), f"json_valid(`{found['name']}`)" in documents, dialect
        )
        for found in inspector.get_columns(name)
    }
    unique = [tuple(found["column_names"]) for found in inspector.get_unique_constraints(name)]
    unique += [
        tuple(found["column_names"])
        for found in inspector.get_indexes(name)
        if found.get("unique") and all(found["column_names"])
    ]
    foreign = tuple(
        ForeignKey(
            tuple(found["constrained_columns"]),
            found["referred_table"],
            tuple(found["referred_columns"]),
            (found.get("options") or {}).get("ondelete", "no action").lower(),
        )
        for found in inspector.get_foreign_keys(name)
    )
    return Table(name, columns, keys, tuple(key for key in dict.fromkeys(unique) if key != keys), foreign)


def _column(
    found: dict[str, Any], keys: tuple[str, ...], collation: str | None, is_document: bool, dialect: Any
) -> Column:
    kind = found["type"]
    family: Family = "json" if is_document else _family(kind, dialect)
    members = getattr(kind, "enums", None) if family == "enum" else getattr(kind, "values", None)
    automatic = found.get("autoincrement") is True or (
        dialect.name == "sqlite" and keys == (found["name"],) and family == "integer"
    )
    return Column(
        found["name"],
        _written(kind, dialect),
        family,
        nullable=bool(found["nullable"]) and found["name"] not in keys,
        length=getattr(kind, "length", None) if family in ("text", "binary") else None,
        members=tuple(members) if family in ("enum", "set") and members else (),
        ignores_case=collation is not None and collation.endswith("_ci") and family in ("text", "enum", "set"),
        has_default=found.get("default") is not None or automatic,
        auto_increment=automatic,
    )


def _family(kind: Any, dialect: Any) -> Family:
    name = type(kind).__name__.upper()
    if name == "TINYINT" and getattr(kind, "display_width", None) == 1 and dialect.name in ("mysql", "mariadb"):
        return "boolean"
    for base in type(kind).__mro__:
        family = _FAMILIES.get(base.__name__.upper())
        if family is not None:
            return family
    return "other"


def _written(kind: Any, dialect: Any) -> str:
    try:
        return str(kind.compile(dialect=dialect)).lower()
    except Exception:  # types that SQLAlchemy does not know have no text
        return type(kind).__name__.lower()


def _collations(connection: Any) -> dict[str, dict[str, str]]:
    """Table to column to the collation that it really has, a default included."""
    if connection.dialect.name not in ("mysql", "mariadb"):
        return {}
    found = connection.exec_driver_sql(
        "SELECT table_name, column_name, collation_name FROM information_schema.columns "
        "WHERE table_schema = DATABASE() AND collation_name IS NOT NULL"
    )
    collations: dict[str, dict[str, str]] = {}
    for table, column, collation in found:
        collations.setdefault(table, {})[column] = collation
    return collations


def _documents(connection: Any) -> dict[str, str]:
    """Table to the text of its checks: MariaDB's JSON is LONGTEXT with a check that it is valid."""
    if not getattr(connection.dialect, "is_mariadb", False):
        return {}
    found = connection.exec_driver_sql(
        "SELECT table_name, check_clause FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()"
    )
    checks: dict[str, str] = {}
    for table, clause in found:
        checks[table] = f"{checks.get(table, '')} {clause}"
    return checks
