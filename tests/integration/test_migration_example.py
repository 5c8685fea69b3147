"""The shop's migration, in small: every step does what the example says, and nothing stays behind."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from examples.shop_migration.rows import TABLES, Shop
from hashrange.migration.check import check, read_patterns
from hashrange.migration.contract.load import load_contract
from hashrange.migration.source.ddl import parse_ddl
from scripts import mariadb

pytestmark = pytest.mark.timeout(300)  # a dozen processes, one after the other

FOLDER = Path(__file__).resolve().parent.parent.parent / "examples" / "shop_migration"
#: what stands in what it prints, in this order
STEPS = (
    "300 orders, made in",
    "0 errors, 13 warnings, 0 repairs",
    "Categories: created",
    "Categories: unchanged",
    "Customers, ORDER: 300 rows, 300 items",
    "killed (SIGKILL) when order 150 had arrived",
    "orders: 300 read, ",
    "330 rows copied in",
    "330 rows copied in 0.0 s, resumed",
    "Both sides agree: all rows and items compared, integrity 100.0000%.",
    "phase 2: every worker writes both sides now",
    "meanwhile the application did ",
    "writes set right afterwards, 0 given up",
    "Both sides agree: all rows and items compared, integrity 100.0000%.",
    "refused, as it should be: phase 3 may not begin yet: time: the phase has lasted 0.0 h, 24 h are wanted",
    "phase 3: 120 records read, 120 compared, 0 differ",
    "phase 4: 40 records read from DynamoDB",
    "The shop is in DynamoDB, and both sides agree.",
)
#: what the contract's check says: each is explained in the docs
CODES = {
    "cascade-unserved", "collation", "empty-key", "key-moves", "numbers-as-text", "sparse-index", "time-in-key",
    "unique-unenforced",
}  # fmt: skip


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(FOLDER / "run.py"), *arguments]
    return subprocess.run(line, capture_output=True, text=True, timeout=280, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("server", ["of its own", "dynamodb_local"])
def test_the_shop_moves(server: str, request: pytest.FixtureRequest) -> None:
    try:
        mariadb.tool("mariadbd", "mysqld")
        mariadb.tool("mariadb-install-db", "mysql_install_db")
    except mariadb.Unavailable as missing:
        pytest.skip(str(missing))
    there = [] if server == "of its own" else ["--target", request.getfixturevalue("dynamodb_local")]
    expect_all_steps(ran("--orders", "300", "--mariadb", *there))


@pytest.mark.slow
def test_the_shop_moves_from_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    expect_all_steps(ran("--orders", "300", "--sqlite"))
    assert list(tmp_path.iterdir()) == []


def expect_all_steps(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    position = 0
    for text in STEPS:
        found = done.stdout.find(text, position)
        assert found >= 0, f"{text!r} is missing after:\n{done.stdout[:position]}\nin:\n{done.stdout[position:]}"
        position = found + len(text)
    for side in ("written", "there already"):
        assert re.search(rf"orders: 300 read, .*\b{side}", done.stdout)
    assert "Traceback" not in done.stderr


def test_the_contract_has_no_error_and_known_warnings() -> None:
    schema = parse_ddl((FOLDER / "schema.sql").read_text(encoding="utf-8"))
    loaded = load_contract(FOLDER / "migrationContract.json", schema=schema, overrides=FOLDER / "overrides.json")
    patterns = read_patterns(FOLDER / "patterns.json", loaded.findings)
    check(loaded.require(), schema, loaded.findings, patterns=patterns)
    assert {one.severity for one in loaded.findings} == {"warning"}
    assert {one.code for one in loaded.findings} == CODES


def test_rows_are_the_same_each_time_and_fit_the_schema() -> None:
    schema = parse_ddl((FOLDER / "schema.sql").read_text(encoding="utf-8"))
    assert set(schema.tables) == set(TABLES)
    for table in TABLES:
        rows = list(Shop(200).rows(table))
        assert rows == list(Shop(200).rows(table))
        assert {frozenset(row) for row in rows} == {frozenset(schema.tables[table].columns)}
    lines = list(Shop(200).rows("order_lines"))
    assert {line["order_id"] for line in lines} == set(range(1, 201))
    assert {line["product_id"] for line in lines} <= {row["id"] for row in Shop(200).rows("products")}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--orders", "many"], "'many' is no whole number of at least 100"),
        (["--orders", "3"], "'3' is no whole number of at least 100"),
        (["--mariadb", "--sqlite"], "not allowed with argument"),
    ],
)
def test_what_is_not_understood(arguments: list[str], said: str) -> None:
    done = ran(*arguments)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.slow
def test_what_goes_wrong_is_one_line_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    done = ran("--orders", "100", "--sqlite", "--target", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert "run.py: 'hashrange migrate tables' ended with status 1" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert tempfile.gettempdir() != str(tmp_path), "of the example's own process only"
