"""A backfill or a verification in one process: reads a job from standard input, does it, prints its figures. Also the
source that is moved: a table of orders in MariaDB, each with a customer and a product to be looked up.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.sample import ACCESS_KEY, REGION, SECRET_KEY
from benchmarks.stub import settle
from hashrange import Config, DynamoDB, Static
from hashrange.migration.backfill import Backfill, Options
from hashrange.migration.contract.load import load_contract
from hashrange.migration.mapping.entity import Mappings, mappings
from hashrange.migration.source.sql import SqlSource
from hashrange.migration.state.file_store import FileStore
from hashrange.migration.verify import Verification

CUSTOMERS, PRODUCTS = 100_000, 10_000
TABLE = "orders"
ROWS_AT_ONCE = 100_000
#: MariaDB makes the rows itself, from its sequences
SCRIPT = (
    "CREATE TABLE customers (id INT PRIMARY KEY, email VARCHAR(100) NOT NULL, name VARCHAR(100) NOT NULL)",
    "CREATE TABLE products (id INT PRIMARY KEY, name VARCHAR(200) NOT NULL, price DECIMAL(10,2) NOT NULL)",
    """CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT NOT NULL, product_id INT NOT NULL,
    quantity INT NOT NULL, status ENUM('pending','paid','shipped') NOT NULL, is_gift TINYINT(1) NOT NULL,
    note VARCHAR(200), placed_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL)""",
    f"""INSERT INTO customers SELECT seq, CONCAT('customer', seq, '@example.com'), CONCAT('Customer No. ', seq)
    FROM seq_1_to_{CUSTOMERS}""",
    f"INSERT INTO products SELECT seq, CONCAT('Product No. ', seq), seq / 100 FROM seq_1_to_{PRODUCTS}",
)
ORDERS = (
    "INSERT INTO orders SELECT seq, 1 + (seq * 7919) % {customers}, 1 + (seq * 104729) % {products}, 1 + seq % 9,"
    " ELT(1 + seq % 3, 'pending', 'paid', 'shipped'), seq % 2, IF(seq % 5, NULL, 'Please ring twice.'),"
    " FROM_UNIXTIME(1700000000 + seq), FROM_UNIXTIME(1700000000 + seq) FROM seq_{first}_to_{last}"
)


def _own(name: str, kind: str, column: str | None = None) -> dict[str, Any]:
    return {"name": name, "type": kind, "source_table": "orders", "source_column": column or name}


def _other(name: str, kind: str, column: str, table: str, select: str) -> dict[str, Any]:
    join = {
        "type": "foreign-key",
        "target_table": table,
        "join_condition": f"{table}.id = orders.{column}",
        "select_column": f"{table}.{select}",
    }
    return {**_own(name, kind, column), "join": join}


CONTRACT: dict[str, Any] = {
    "tables": [
        {
            "table": TABLE,
            "type": "single-entity",
            "source_table": "orders",
            "pk": "PK",
            "sk": "SK",
            "attributes": [
                _other("PK", "S", "customer_id", "customers", "email"),
                {
                    **_own("SK", "S", "id"),
                    "transformation": {"type": "string-format", "format": "ORDER#{placed_at}#{id}"},
                },
                _own("order_id", "N", "id"),
                _own("customer_id", "S"),
                _other("customer_name", "S", "customer_id", "customers", "name"),
                _own("product_id", "S"),
                _other("product_name", "S", "product_id", "products", "name"),
                _other("price", "N", "product_id", "products", "price"),
                _own("quantity", "N"),
                _own("status", "S"),
                _own("is_gift", "BOOL"),
                _own("note", "S"),
                _own("placed_at", "S"),
                _own("updated_at", "S"),
            ],
            "satisfies": ["AP1"],
            "estimated_item_size_bytes": 400,
        }
    ]
}


def fill(database: Any, count: int) -> None:
    """Make the source's rows: so many orders."""
    database.run(*SCRIPT)
    for first in range(1, count + 1, ROWS_AT_ONCE):
        last = min(first + ROWS_AT_ONCE - 1, count)
        database.run(ORDERS.format(customers=CUSTOMERS, products=PRODUCTS, first=first, last=last))


def client(url: str) -> DynamoDB:
    """A client of the server under measurement."""
    return DynamoDB(Config(endpoint_url=url, region=REGION, credentials=Static(ACCESS_KEY, SECRET_KEY)))


def source(url: str) -> tuple[SqlSource, Mappings]:
    """The source, and the mappings of the contract."""
    found = SqlSource(url)
    return found, mappings(load_contract(CONTRACT).require(), schema=found.schema())


async def backfill(job: dict[str, Any], rows: SqlSource, made: Mappings) -> int:
    """Move all rows. Returns how many."""
    with tempfile.TemporaryDirectory(prefix="hashrange-migration-") as folder:
        state = FileStore(Path(folder, "state"))
        async with client(job["url"]) as db:
            report = await Backfill(rows, made, db, state, Options(refused_folder=Path(folder))).run()
        await state.close()
    return report.total.written


async def verify(job: dict[str, Any], rows: SqlSource, made: Mappings) -> int:
    """Compare all rows with their items. Returns how many agree."""
    async with client(job["url"]) as db:
        report = await Verification(rows, made, db).run()
    return sum(one.matched for one in report.entities)


WORK: dict[str, Callable[[dict[str, Any], SqlSource, Mappings], Awaitable[int]]] = {
    "backfill": backfill,
    "verify": verify,
}


async def measured(job: dict[str, Any]) -> dict[str, float]:
    """Do a job. Returns the figures."""
    rows, made = source(job["source"])
    usage, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    done = await WORK[job["what"]](job, rows, made)
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    rows.close()
    if done != job["rows"]:
        raise SystemExit(f"{job['what']}: {done} of {job['rows']}")
    cpu = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
    return {
        "items_per_s": done / seconds,
        "seconds": seconds,
        "cpu_us": cpu / done * 1e6,
        "peak_mb": after.ru_maxrss / 1024,
    }


def main() -> None:
    """The process's life: job in, figures out."""
    job = json.load(sys.stdin)
    settle(os.getpid(), job["core"])
    try:
        import uvloop
    except ImportError:
        found = asyncio.run(measured(job))
    else:
        found = uvloop.run(measured(job))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
