"""A MariaDB of the tests' own, one a session and worker, and a database in it for each test.

``pytest_plugins``-free: a test module imports ``mariadb_server`` and ``mariadb`` as fixtures. How the server is started
is ``scripts/mariadb.py``'s. Where MariaDB is not installed, its tests are skipped.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from scripts import mariadb as server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[int]:
    """The port of a server with a user ``root`` without a password."""
    with running() as port:
        yield port


@contextlib.contextmanager
def running() -> Iterator[int]:
    """A server, for as long as the block lasts; skips the test where MariaDB is not installed."""
    try:
        server.tool("mariadbd", "mysqld")
        server.tool("mariadb-install-db", "mysql_install_db")
    except server.Unavailable as missing:
        pytest.skip(str(missing))
    with server.running() as port:
        yield port


class Database:
    """A database of one test's own.

    Attributes:
        url: for SQLAlchemy.
    """

    def __init__(self, port: int) -> None:
        import pymysql

        self.port, self.name = port, f"test_{uuid.uuid4().hex}"
        self.url = f"mysql+pymysql://root@127.0.0.1:{port}/{self.name}"
        self.connection = pymysql.connect(host="127.0.0.1", port=port, user="root", autocommit=True, charset="utf8mb4")
        self.run(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4", f"USE {self.name}", "SET time_zone = '+00:00'")

    def run(self, *statements: str) -> None:
        """Run statements, one after the other."""
        with self.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def script(self, text: str) -> None:
        """Run statements that end with semicolons at line ends."""
        self.run(*(one for one in text.split(";\n") if one.strip()))

    def rows(self, statement: str) -> Sequence[tuple[Any, ...]]:
        """The rows of a SELECT."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, all with the columns of the first."""
        names = list(rows[0])
        columns, marks = ", ".join(f"`{name}`" for name in names), ", ".join(["%s"] * len(names))
        with self.connection.cursor() as cursor:
            values = [[row[name] for name in names] for row in rows]
            cursor.executemany(f"INSERT INTO `{table}` ({columns}) VALUES ({marks})", values)

    def others(self) -> list[int]:
        """The ids of all other connections to this database."""
        found = self.rows(
            f"SELECT id FROM information_schema.processlist WHERE db = '{self.name}' AND id <> CONNECTION_ID()"
        )
        return [one for (one,) in found]

    def kill_others(self) -> int:
        """Cut all other connections to this database. Returns how many there were."""
        ids = self.others()
        for one in ids:
            with contextlib.suppress(Exception):  # it may have ended by itself
                self.run(f"KILL {one}")
        return len(ids)

    def drop(self) -> None:
        self.run(f"DROP DATABASE IF EXISTS {self.name}")
        self.connection.close()


@pytest.fixture
def mariadb(mariadb_server: int) -> Iterator[Database]:
    """An empty database."""
    database = Database(mariadb_server)
    try:
        yield database
    finally:
        database.drop()
