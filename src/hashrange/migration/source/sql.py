"""A live database, read through SQLAlchemy Core: one consistent snapshot at a time, rows as the driver gives them.

Owns the connection: how a snapshot is opened in each kind of database, in which time zone, and which of its errors
mean that it was lost. What is read in a snapshot is the reader's. Must not know contracts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ...errors import ConfigurationError
from ...extras import imported
from ..errors import MigrationError, SourceLost
from .schema import SourceSchema

if TYPE_CHECKING:
    import sqlalchemy as sa

#: error numbers of a connection that is gone, or cannot be had now: too many connections, shutdown, packets cut off,
#: killed, cannot connect, gone away, lost during a query (MySQL's "Server Error Message Reference", MariaDB's too)
_LOST: Final = frozenset(
    {1040, 1053, 1077, 1079, 1158, 1159, 1160, 1161, 1205, 1317, 1927, 2002, 2003, 2006, 2013, 2055}
)
#: what a connection of MySQL is told first: times in UTC, one view of the data, and no end while a page is written
_MYSQL_SESSION: Final = (
    "SET SESSION time_zone = '+00:00'",
    "SET SESSION wait_timeout = 28800",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
)


class Snapshot:
    """One consistent view of the source, in one thread at a time.

    Attributes:
        connection: to be used for reading only.
        source: where it is from.
    """

    def __init__(self, connection: sa.Connection, source: SqlSource) -> None:
        self.connection, self.source = connection, source

    def rows(self, statement: Any) -> list[Any]:
        """All rows of a SELECT, as tuples.

        Raises:
            SourceLost, MigrationError: as ``refusal`` tells.
        """
        try:
            return list(self.connection.execute(statement).fetchall())
        except Exception as error:
            raise refusal(error) from error

    def stream(self, statement: Any, at_once: int = 1_000) -> Iterator[Any]:
        """The rows of a SELECT one by one, so that not all of them are in memory at once. Nothing else can be read
        meanwhile. Raises as ``rows``."""
        try:
            options = {"stream_results": True, "max_row_buffer": at_once}
            with self.connection.execute(statement, execution_options=options) as result:
                for part in result.partitions(at_once):
                    yield from part
        except GeneratorExit:
            raise
        except Exception as error:
            raise refusal(error) from error


class SqlSource:
    """A database that SQLAlchemy can reach: MySQL, MariaDB, SQLite and others.

    Args:
        database: its URL, ``mysql+pymysql://user:password@host/name`` (``mysql://`` and ``mariadb://`` mean the same)
            or ``sqlite:///file.db``; or an engine. An engine stays the caller's.

    Raises:
        ConfigurationError: SQLAlchemy or the driver is not installed, or the URL is not one.
    """

    def __init__(self, database: str | sa.Engine) -> None:
        alchemy = imported("sqlalchemy", "migrate")
        self._owns = isinstance(database, str)
        self.engine: sa.Engine = _engine(alchemy, database) if isinstance(database, str) else database
        self._schema: SourceSchema | None = None

    def __repr__(self) -> str:
        return f"<SqlSource {self.name}>"

    @property
    def name(self) -> str:
        """The URL without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    def schema(self) -> SourceSchema:
        """The tables of the database; read once. Raises as ``Snapshot.rows``."""
        if self._schema is None:
            from .reflect import reflected

            try:
                self._schema = reflected(self.engine)
            except Exception as error:
                raise refusal(error) from error
        return self._schema

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """A consistent view of the whole database, as it is now: what is written meanwhile is not seen. Rows of tables
        without transactions (MyISAM) are seen as they are when they are read.

        Raises:
            SourceLost: the database cannot be reached.
            MigrationError: it refuses.
        """
        try:
            connection = self.engine.connect()
        except Exception as error:
            raise refusal(error) from error
        try:
            try:
                _begin(connection)
            except Exception as error:
                raise refusal(error) from error
            yield Snapshot(connection, self)
        finally:
            _end(connection)

    def close(self) -> None:
        """Close its connections."""
        if self._owns:
            self.engine.dispose()


def _engine(alchemy: Any, url: str) -> sa.Engine:
    try:
        parsed = alchemy.engine.make_url(url)
    except (alchemy.exc.ArgumentError, ValueError):
        raise ConfigurationError(  # the text may hold a password
            "the source is no database URL", hint="for example mysql+pymysql://user@127.0.0.1:3306/shop"
        ) from None
    if parsed.get_backend_name() == "sqlite" and parsed.database and not Path(parsed.database).exists():
        # SQLite would make an empty one
        raise ConfigurationError(
            f"the source {parsed.database} is not there", hint="sqlite:///relative or sqlite:////absolute"
        )
    if parsed.drivername in ("mysql", "mariadb"):
        parsed = parsed.set(drivername=f"{parsed.drivername}+pymysql")
    if parsed.drivername in ("mysql+pymysql", "mariadb+pymysql"):
        imported("pymysql", "migrate")
        if "charset" not in parsed.query:
            parsed = parsed.update_query_dict({"charset": "utf8mb4"})
    try:
        if parsed.get_backend_name() == "sqlite":
            made: sa.Engine = alchemy.create_engine(parsed)
        else:  # kept, as a new one costs the driver a TLS context; asked before use, as it may have died
            made = alchemy.create_engine(parsed, pool_pre_ping=True, max_overflow=-1)
    except (alchemy.exc.ArgumentError, ImportError) as error:
        raise ConfigurationError(f"a source of kind {parsed.drivername!r} cannot be opened: {error}") from None
    return made


def _begin(connection: sa.Connection) -> None:
    """Open the snapshot. The driver opens no transaction of its own: it would be another one."""
    kind = connection.dialect.name
    if kind in ("mysql", "mariadb"):
        connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in _MYSQL_SESSION:
            connection.exec_driver_sql(statement)
    elif kind == "sqlite":
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").fetchall()  # the view begins with a read
    else:
        connection.execution_options(isolation_level="REPEATABLE READ")


def _end(connection: sa.Connection) -> None:
    try:
        if connection.dialect.name in ("mysql", "mariadb", "sqlite") and not connection.invalidated:
            connection.exec_driver_sql("ROLLBACK")
    except Exception:  # it is gone, and its snapshot with it
        connection.invalidate()
    finally:
        connection.close()


def refusal(error: Exception) -> MigrationError:
    """What an error of the database means: SourceLost where another try may help, else MigrationError."""
    if isinstance(error, MigrationError):
        return error
    alchemy = imported("sqlalchemy", "migrate")
    cause = getattr(error, "orig", None) or error
    number = cause.args[0] if cause.args and isinstance(cause.args[0], int) else None
    lost = getattr(error, "connection_invalidated", False) or number in _LOST
    lost = lost or isinstance(error, (alchemy.exc.ResourceClosedError, ConnectionError, TimeoutError))
    lost = lost or (isinstance(error, alchemy.exc.InterfaceError) and number in (0, None))
    said = str(cause.args[1]) if number is not None and len(cause.args) > 1 else str(cause)
    if lost:
        return SourceLost(
            f"the connection to the source database was lost, or could not be made: {said or type(cause).__name__}",
            hint="see whether the database runs and lets us in; the same command goes on where it stopped",
        )
    return MigrationError(f"the source database refused: {said}")
