"""``hashrange migrate backfill`` from files: what it prints, what it leaves, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hashrange import DynamoDB
from hashrange.simulator import Engine
from hashrange.testing import LocalServer
from tests import shop_contract
from tests.shop_source import create_tables, file_source, orders, shop_mappings, stored
from tests.unit.cli.typing_at_a_prompt import Ran, Run

MADE = shop_mappings()
Backfill = Callable[..., Ran]


@pytest.fixture
def rows() -> dict[str, list[dict[str, Any]]]:
    return orders(10)


@pytest.fixture
def backfill(run: Run, tmp_path: Path, rows: dict[str, list[dict[str, Any]]]) -> Backfill:
    """The command, with contract and files of the shop."""
    for name, text in (
        ("c.json", shop_contract.CONTRACT), ("o.json", shop_contract.OVERRIDES), ("s.sql", shop_contract.DDL)
    ):  # fmt: skip
        (tmp_path / name).write_text(text)
    line = ["migrate", "backfill", str(tmp_path / "c.json"), "--overrides", str(tmp_path / "o.json")]
    line += ["--ddl", str(tmp_path / "s.sql")]
    for table in rows:
        line += ["--rows", f"{table}={tmp_path / table}.jsonl"]

    def typed(*arguments: str) -> Ran:
        file_source(tmp_path, rows).close()
        return run(*line, *arguments)

    return typed


@pytest.fixture
def engine() -> Engine:
    engine = Engine()
    asyncio.run(_with(engine, lambda db: create_tables(db, MADE)))
    return engine


async def _with(engine: Engine, use: Callable[[DynamoDB], Any]) -> Any:
    async with DynamoDB.in_memory(engine=engine) as db:
        return await use(db)


def test_all_rows_are_copied_once(backfill: Backfill, engine: Engine) -> None:
    with LocalServer(engine) as server:
        first = backfill("--local", str(server.port))
        again = backfill("--local", str(server.port), "--json")
    assert first.code == 0
    assert first.lines[2] == "orders: 13 read, 13 written, 0 there already, 0 refused"
    assert first.err.startswith("24 rows copied in ")
    outcome = json.loads(again.out)
    assert (outcome["resumed"], outcome["entities"]["orders"]["written"]) == (True, 13)
    assert len(asyncio.run(_with(engine, lambda db: stored(db, MADE)))) == 24


def test_refused_rows_are_said_and_fail_the_command(
    backfill: Backfill, engine: Engine, rows: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    rows["orders"][3]["customer_id"] = 77
    with LocalServer(engine) as server:
        ended = backfill("--local", str(server.port), "--entity", "orders", "--write-units", "100000")
    path = tmp_path / "c.json.refused" / "orders.jsonl"
    assert ended.code == 1
    assert f"1 row could not be copied ({path} says which, and why)" in ended.err
    assert json.loads(path.read_text())["row"] == {"id": 1_000}


def test_a_dry_run_needs_no_table_and_writes_nothing(backfill: Backfill, tmp_path: Path) -> None:
    shown = backfill("--dry-run")
    found = json.loads(backfill("--dry-run", "--rows-max", "5", "--json").out)
    assert shown.code == 0
    assert "orders → Customers, ORDER: 13 rows, 13 items" in shown.lines
    assert '"password_hash":"(hidden)"' in shown.out
    assert "24 write units, indexes not counted" in shown.err
    assert (found["entities"]["orders"]["rows"], found["write_units"]) == (5, 16)
    assert not (tmp_path / "c.json.state").exists()


def test_an_export_writes_files_and_manifests(backfill: Backfill, tmp_path: Path) -> None:
    ended = backfill("--export-s3-format", str(tmp_path / "out"), "--no-compress")
    assert ended.code == 0
    manifest = json.loads((tmp_path / "out" / "Customers" / "manifest.json").read_text())
    assert (manifest["items"], manifest["input_compression"]) == (17, "NONE")
    assert ended.err.startswith("24 rows exported in ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--source", "sqlite:///x.db"], "give one of --source, --source-variable and --rows"),
        (["--rows", "orders"], "--rows orders: it must be TABLE=FILE"),
        (["--state-table", "state"], "--state-table is TABLE/NAMESPACE"),
        (["--mode", "newer"], "--mode newer and --newer-by ATTRIBUTE go together"),
        (["--entity", "nobody"], "the contract has no entity of the name 'nobody'"),
        ([], "there is no table 'Customers'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(backfill: Backfill, arguments: list[str], message: str) -> None:
    with LocalServer(Engine()) as server:
        ended = backfill("--local", str(server.port), *arguments)
    assert message in ended.error()


def test_a_source_must_be_named(run: Run, tmp_path: Path) -> None:
    contract = tmp_path / "c.json"
    contract.write_text(shop_contract.CONTRACT)
    assert "where do the rows come from?" in run("migrate", "backfill", str(contract)).error()
    asked = run("migrate", "backfill", str(contract), "--source-variable", "SHOP")
    assert asked.error() == "the environment variable SHOP is not set"
    without = run("migrate", "backfill", str(contract), "--rows", "a=b")
    assert without.error().startswith("--rows needs --ddl")
