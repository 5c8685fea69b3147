"""What the example needs around it, started for as long as it runs: the shop's database, filled, and a DynamoDB.

Everything is on this machine, and gone afterwards. Must not know the migration.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from examples.shop_migration.rows import TABLES, Shop
from scripts import mariadb

FOLDER: Final = Path(__file__).resolve().parent
_ROWS_AT_ONCE: Final = 5_000
_ZONE: Final = "+00:00"  # in which rows.py writes times


@contextmanager
def shop_in_mariadb(shop: Shop) -> Iterator[str]:
    """A private MariaDB with the shop's tables and rows; gives its URL.

    Raises:
        scripts.mariadb.Unavailable: MariaDB is not installed.
    """
    with mariadb.running() as port:
        server = f"mysql+pymysql://root@127.0.0.1:{port}"
        engine = sa.create_engine(f"{server}/?charset=utf8mb4")
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE DATABASE shop CHARACTER SET utf8mb4")
        engine.dispose()
        url = f"{server}/shop?charset=utf8mb4"
        _fill(url, FOLDER / "schema.sql", shop, f"SET time_zone = '{_ZONE}'")
        yield url


@contextmanager
def shop_in_sqlite(shop: Shop, folder: Path) -> Iterator[str]:
    """The same in a file; gives its URL."""
    url = f"sqlite:///{folder / 'shop.sqlite'}"
    # with a write-ahead log those who read, a backfill for instance, are in nobody's way
    _fill(url, FOLDER / "schema.sqlite.sql", shop, "PRAGMA journal_mode = WAL")
    yield url


def _fill(url: str, schema: Path, shop: Shop, begin: str) -> None:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql(begin)
        for statement in re.split(r";\s*$", schema.read_text(encoding="utf-8"), flags=re.MULTILINE):
            if re.sub(r"--.*", "", statement).strip():
                connection.exec_driver_sql(statement)
        for table in TABLES:
            page: list[dict[str, Any]] = []
            for row in shop.rows(table):
                page.append(row)
                if len(page) == _ROWS_AT_ONCE:
                    _insert(connection, table, page)
                    page = []
            _insert(connection, table, page)
        connection.commit()
    engine.dispose()


def _insert(connection: sa.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        columns = ", ".join(rows[0])
        marks = ", ".join(f":{name}" for name in rows[0])
        connection.execute(sa.text(f"INSERT INTO {table} ({columns}) VALUES ({marks})"), rows)


@contextmanager
def dynamodb() -> Iterator[str]:
    """A DynamoDB in memory, ``hashrange serve`` in a process of its own; gives its endpoint."""
    command = [sys.executable, "-m", "hashrange", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            endpoint = re.search(r"http://[0-9.:]+", process.stdout.readline())
            if endpoint is None:
                raise RuntimeError("hashrange serve does not start")
            yield endpoint.group()
        finally:
            process.terminate()


def environment(source: str) -> dict[str, str]:
    """The environment of the commands: the source's URL, made-up credentials, nothing of the user's own AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DYNAMODB_"))}
    key = f"shop{secrets.token_hex(8)}"  # DynamoDB Local keeps the tables of each access key apart
    return {
        **kept,
        "SHOP_DATABASE": source,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
