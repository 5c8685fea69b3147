"""A backfill from a real MariaDB: values of every family, a snapshot while rows change, a connection that is cut, and a
process that is killed, on the simulator's server and, in small, on DynamoDB Local.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hashrange import Config, DynamoDB, Key, Static
from hashrange.migration.backfill import Backfill, Counts, Options
from hashrange.migration.contract.load import load_contract
from hashrange.migration.conventions import Conventions
from hashrange.migration.errors import MigrationError, SourceLost
from hashrange.migration.mapping.entity import mappings
from hashrange.migration.source.ddl import parse_ddl
from hashrange.migration.source.reader import Reader
from hashrange.migration.source.schema import SourceSchema, Table
from hashrange.migration.source.sql import Snapshot, SqlSource
from hashrange.migration.state.file_store import FileStore
from tests import shop_contract
from tests.mariadb import Database, mariadb, mariadb_server
from tests.shop_source import create_tables, file_source, orders, shop_mappings, stored

__all__ = ["mariadb", "mariadb_server"]

MADE = shop_mappings()
#: on DynamoDB Local, which all processes of a session share, it has tables of its own
ACCESS_KEY = f"migration{uuid.uuid4().hex[:12]}"


@pytest.fixture
async def db(target_url: str) -> AsyncIterator[DynamoDB]:
    async with client(target_url) as found:
        await create_tables(found, MADE)
        yield found
        for name in {one.table_name for one in MADE}:
            await found.call("DeleteTable", {"TableName": name})


@pytest.fixture(params=["simulator_server", "dynamodb_local"])
def target_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


def client(url: str) -> DynamoDB:
    credentials = Static(ACCESS_KEY, "integration")
    return DynamoDB(Config(endpoint_url=url, region="us-east-1", credentials=credentials))


def fill(database: Database, rows: dict[str, list[dict[str, Any]]]) -> None:
    database.script(shop_contract.DDL)
    for table in shop_contract.TABLES:
        database.insert(table, rows[table])


@pytest.fixture
def source(mariadb: Database) -> Iterator[SqlSource]:
    fill(mariadb, orders(60))
    found = SqlSource(mariadb.url)
    yield found
    found.close()


def backfill(folder: Path, source: SqlSource, db: DynamoDB, state: FileStore, **options: Any) -> Backfill:
    return Backfill(source, MADE, db, state, Options(**{"refused_folder": folder / "refused", **options}))


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_mariadb_and_files_give_the_same_items(tmp_path: Path, source: SqlSource, db: DynamoDB) -> None:
    state = FileStore(tmp_path / "state")
    report = await backfill(tmp_path, source, db, state, page_rows=17).run()
    assert report.total == Counts(read=74, written=74)
    files = file_source(tmp_path, orders(60))
    expected = {}
    for mapping in MADE:
        with files.snapshot() as snapshot:
            for page in Reader(snapshot, mapping.needs).pages():
                for item in (mapping.to_item(mapping.record(row)) for row in page.rows):
                    expected[mapping.table_name, item["PK"], item["SK"]] = item
    assert await stored(db, MADE) == expected
    files.close()
    await state.close()


FAMILIES = """\
CREATE TABLE everything (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY, small TINYINT, medium MEDIUMINT, yes BOOLEAN, bits BIT(10), flag BIT(1),
    exact DECIMAL(30,10), near DOUBLE, near_too FLOAT, chars CHAR(5), words VARCHAR(50), much LONGTEXT,
    one ENUM('a', 'b'), some SET('x', 'y', 'z'), day DATE, moment DATETIME(6), instant TIMESTAMP(3) NULL, span TIME(2),
    vintage YEAR, raw VARBINARY(10), blobs LONGBLOB, document JSON
) DEFAULT CHARSET=utf8mb4;
"""
COLUMNS = {
    "small": "N", "medium": "N", "yes": "BOOL", "bits": "N", "flag": "BOOL", "exact": "N", "near": "N", "near_too": "N",
    "chars": "S", "words": "S", "much": "S", "one": "S", "some": "SS", "day": "S", "moment": "S", "instant": "S",
    "span": "S", "vintage": "N", "raw": "B", "blobs": "B", "document": "M",
}  # fmt: skip


def everything(schema: SourceSchema) -> Any:
    def attribute(name: str, kind: str, column: str) -> dict[str, str]:
        return {"name": name, "type": kind, "source_table": "everything", "source_column": column}

    table = {
        "table": "Everything", "type": "single-entity", "source_table": "everything", "pk": "PK", "sk": "SK",
        "attributes": [attribute("PK", "S", "id"), attribute("SK", "S", "id"),
                       *(attribute(name, kind, name) for name, kind in COLUMNS.items())],
        "satisfies": ["AP1"], "estimated_item_size_bytes": 500,
    }  # fmt: skip
    contract = load_contract({"tables": [table]}).require()
    return mappings(contract, schema=schema, conventions=Conventions(fraction_digits=6))


def test_columns_of_all_families_arrive_as_they_are(mariadb: Database) -> None:
    mariadb.run(FAMILIES)
    mariadb.run(
        "INSERT INTO everything VALUES (18446744073709551615, -128, 8388607, 1, b'1000000001', b'1',"
        " 12345678901234567890.0123456789, 1.5, 0.5, 'ab', 'Zoë', REPEAT('ü', 1000), 'b', 'z,x', '2024-02-29',"
        " '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.678', '-01:02:03.45', 1999, X'00FF', X'89504E47',"
        ' \'{"n": 1.10, "l": [1, null, "é"]}\')',
        "INSERT INTO everything (id) VALUES (1)",
    )
    source = SqlSource(mariadb.url)
    (mapping,) = everything(source.schema())
    with source.snapshot() as snapshot:
        (page,) = Reader(snapshot, mapping.needs).pages()
    nothing, all_of_them = (mapping.to_item(mapping.record(row)) for row in page.rows)
    assert nothing == {"PK": "1", "SK": "1"}
    assert all_of_them == {
        "PK": "18446744073709551615", "SK": "18446744073709551615", "small": -128, "medium": 8388607, "yes": True,
        "bits": 513, "flag": True, "exact": Decimal("12345678901234567890.0123456789"), "near": Decimal("1.5"),
        "near_too": Decimal("0.5"), "chars": "ab", "words": "Zoë", "much": "ü" * 1000, "one": "b", "some": {"x", "z"},
        "day": "2024-02-29", "moment": "2026-01-02T03:04:05.678901Z", "instant": "2026-01-02T03:04:05.678000Z",
        "span": "-01:02:03.450000", "vintage": 1999, "raw": b"\x00\xff", "blobs": b"\x89PNG",
        "document": {"n": Decimal("1.10"), "l": [1, None, "é"]},
    }  # fmt: skip
    source.close()


def test_the_live_schema_is_that_of_the_ddl(mariadb: Database) -> None:
    mariadb.script(shop_contract.DDL)
    mariadb.run(FAMILIES)
    source = SqlSource(mariadb.url)
    declared, live = parse_ddl(shop_contract.DDL + FAMILIES), source.schema()
    assert set(live.tables) == set(declared.tables)
    for name, table in declared.tables.items():
        assert told(live.tables[name]) == told(table), name
    source.close()


def told(table: Table) -> Any:
    columns = {
        one.name: (one.family, one.nullable, one.members, one.auto_increment, one.length if one.family == "text" else 0)
        for one in table.columns.values()
        if one.name != "much"
    }
    foreign = {(one.columns, one.target, one.target_columns) for one in table.foreign_keys}
    return list(table.columns), columns, table.primary_key, set(table.unique), foreign


# ── a source that changes ────────────────────────────────────────────────────────────────────────────────────────────
def test_a_snapshot_stays_as_it_was_over_all_its_queries(mariadb: Database, source: SqlSource) -> None:
    needs = MADE.by_repository["orders"].needs
    with source.snapshot() as snapshot:
        pages = Reader(snapshot, needs).pages(size=20)
        found = next(pages).rows
        mariadb.run(
            "UPDATE customers SET email = CONCAT('new.', email)", "UPDATE orders SET status = 'cancelled'",
            "DELETE FROM order_lines WHERE order_id >= 1010", "DELETE FROM orders WHERE id >= 1050",
            "INSERT INTO orders SELECT id + 5000, customer_id, status, 1, 0, NULL, placed_at, updated_at FROM orders",
        )  # fmt: skip
        found += [row for page in pages for row in page.rows]
    assert len(found) == 63
    assert {row.own["status"] for row in found} == {"pending", "paid", "shipped"}
    assert {len(row.many["lines"]) for row in found[3:]} == {2}
    assert {str(row.found["PK"]) for row in found} == {
        "{(0, 'email'): 'ada@example.com'}", "{(0, 'email'): 'mueller@example.com'}",
    }  # fmt: skip


class Cutting(SqlSource):
    """Has its connection cut by the server before the so-manieth query of a snapshot, in turn."""

    def __init__(self, database: Database, queries: list[int]) -> None:
        super().__init__(database.url)
        self.database, self._queries = database, queries
        self.snapshots = 0

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        self.snapshots += 1
        with super().snapshot() as found:
            if self.snapshots > 1 and self._queries:
                yield _Cut(found, self.database, self._queries.pop(0))
            else:
                yield found


class _Cut(Snapshot):
    def __init__(self, snapshot: Snapshot, database: Database, queries: int) -> None:
        super().__init__(snapshot.connection, snapshot.source)
        self._database, self._left = database, queries

    def rows(self, statement: Any) -> list[Any]:
        self._left -= 1
        if self._left == -1:
            assert self._database.kill_others() >= 1
        return super().rows(statement)


async def test_a_connection_that_is_cut_is_made_anew_and_nothing_is_lost(
    tmp_path: Path, mariadb: Database, db: DynamoDB
) -> None:
    fill(mariadb, orders(60))
    source, state = Cutting(mariadb, [0, 1, 5]), FileStore(tmp_path / "state")
    report = await backfill(tmp_path, source, db, state, page_rows=5).run(["orders"])
    assert report.entities["orders"] == Counts(read=63, written=63)
    assert source.snapshots == 5
    assert len(await stored(db, MADE)) == 63
    source.close()
    await state.close()


def test_a_connection_is_kept_for_the_next_snapshot_unless_it_died(mariadb: Database) -> None:
    source = SqlSource(mariadb.url)

    def number() -> int:
        with source.snapshot() as snapshot:
            return int(snapshot.rows(sa.text("SELECT CONNECTION_ID()"))[0][0])

    first = number()
    assert number() == first
    mariadb.run(f"KILL {first}")
    assert number() != first
    source.close()


def test_what_the_database_says_is_handed_on(mariadb: Database) -> None:
    port = mariadb.port
    for url, kind, message in (
        (f"mysql://nobody:hunter2@127.0.0.1:{port}/{mariadb.name}", MigrationError, "Access denied"),
        (f"mysql://root@127.0.0.1:{port}/nowhere", MigrationError, "Unknown database"),
        ("mysql://root@127.0.0.1:1/nowhere", SourceLost, "connect"),
    ):
        source = SqlSource(url)
        with pytest.raises(MigrationError, match=message) as caught, source.snapshot():
            pass
        assert type(caught.value) is kind
        assert "hunter2" not in str(caught.value)
        source.close()


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────────
def command(folder: Path, database: Database, url: str, *more: str) -> list[str]:
    for name, text in (("contract.json", shop_contract.CONTRACT), ("overrides.json", shop_contract.OVERRIDES)):
        (folder / name).write_text(text)
    return [
        sys.executable, "-m", "hashrange", "migrate", "backfill", str(folder / "contract.json"), "--overrides",
        str(folder / "overrides.json"), "--source-variable", "SHOP", "--endpoint-url", url, *more,
    ]  # fmt: skip


def environment(database: Database) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DYNAMODB_"))}
    keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": "integration"}
    return {**kept, **keys, "AWS_REGION": "us-east-1", "SHOP": database.url}


def started(line: list[str], database: Database) -> subprocess.Popen[bytes]:
    return subprocess.Popen(line, env=environment(database), stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ran(line: list[str], database: Database) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, env=environment(database), capture_output=True, text=True, timeout=60, check=False)


async def test_a_command_that_is_killed_again_and_again_goes_on(
    tmp_path: Path, mariadb: Database, db: DynamoDB, target_url: str
) -> None:
    rows = orders(250, lines=1)
    for order in rows["orders"][100:103]:  # three rows whose customer has an address over the limit of a key
        order["customer_id"] = 5
    rows["customers"].append({**rows["customers"][0], "id": 5, "login": "odd", "email": ""})
    fill(mariadb, rows)
    line = command(tmp_path, mariadb, target_url, "--page-rows", "5", "--concurrency", "2", "--json")
    table = db.table("Customers", "PK", "SK")
    killed = 0
    for share in (20, 90, 150, 200):
        with started(line, mariadb) as process:
            while process.poll() is None and await table.scan(consistent=True).count() < share:
                pass
            killed += process.poll() is None
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
    assert killed >= 2
    ended = ran(line, mariadb)
    assert ended.returncode == 1
    assert "4 rows could not be copied" in ended.stderr
    outcome = json.loads(ended.stdout)
    counts = {name: Counts(**found) for name, found in outcome["entities"].items()}
    assert (counts["orders"].read, counts["orders"].written + counts["orders"].present) == (253, 250)
    assert sum(one.different for one in counts.values()) == 0
    refused = (tmp_path / "contract.json.refused" / "orders.jsonl").read_text().splitlines()
    assert [json.loads(one)["row"] for one in refused] == [{"id": one["id"]} for one in rows["orders"][100:103]]
    items = await stored(db, MADE)
    assert len(items) == 250 + 2 + 2 + 3 + 4
    assert await table.get_item(Key("ada@example.com", "ORDER#2026-03-05T14:30:01Z#5")) is not None


def test_what_is_wrong_ends_the_command_with_one_line(tmp_path: Path, mariadb: Database, simulator_server: str) -> None:
    fill(mariadb, orders(0))
    line = command(tmp_path, mariadb, simulator_server)
    for more, message in (
        ((), "there is no table"),
        (("--entity", "nobody"), "the contract has no entity of the name 'nobody'"),
        (("--mode", "newer"), "--mode newer and --newer-by ATTRIBUTE go together"),
        (("--source", "mysql://x@y/z"), "give one of --source, --source-variable and --rows"),
    ):
        ended = ran([*line, *more], mariadb)
        assert ended.returncode == 1
        assert message in ended.stderr
        assert len(ended.stderr.splitlines()) == 1
