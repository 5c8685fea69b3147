"""``hashrange migrate tables`` and ``verify``, typed at a prompt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from hashrange import DynamoDB, Key
from hashrange.migration.backfill import Backfill
from hashrange.migration.state.file_store import FileStore
from hashrange.simulator import Engine
from hashrange.testing import LocalServer
from tests import shop_contract as shop
from tests.shop_source import file_source, shop_mappings
from tests.unit.cli.typing_at_a_prompt import Ran, Run

Contract: TypeAlias = list[str]


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    (tmp_path / "contract.json").write_text(shop.CONTRACT)
    (tmp_path / "overrides.json").write_text(shop.OVERRIDES)
    (tmp_path / "schema.sql").write_text(shop.DDL)
    files = {"--overrides": "overrides.json", "--ddl": "schema.sql"}
    options = [part for name, file in files.items() for part in (name, str(tmp_path / file))]
    return [str(tmp_path / "contract.json"), *options]


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer(Engine()) as started:
        yield started


def at(server: LocalServer) -> list[str]:
    return ["--local", str(server.port)]


def test_tables_are_compared_made_and_compared_again(run: Run, contract: Contract, server: LocalServer) -> None:
    before = run("migrate", "tables", *contract, *at(server))
    assert (before.code, before.out.splitlines()[:2]) == (
        1,
        ["Customers: differs", "  table: the contract says one, there is none"],
    )
    assert "--create makes missing ones" in before.err
    made = run("migrate", "tables", *contract, "--create", *at(server))
    assert (made.code, made.out) == (0, "Customers: created\nProducts: created\nCategories: created\n")
    after = run("migrate", "tables", *contract, "--json", *at(server))
    assert after.code == 0
    assert [json.loads(line)["action"] for line in after.out.splitlines()] == ["unchanged"] * 3


@pytest.mark.parametrize(
    ("options", "beginning"),
    [
        (["--request"], '[\n  {\n    "TableName": "test-Customers"'),
        (["--cloudformation"], '{\n  "AWSTemplateFormatVersion"'),
        (["--terraform"], "terraform {\n"),
        (["--iam", "--region", "eu-west-1", "--account", "111122223333"], '{\n  "Version": "2012-10-17"'),
    ],
)
def test_what_is_printed_or_written(
    run: Run, contract: Contract, tmp_path: Path, options: list[str], beginning: str
) -> None:
    printed = run("migrate", "tables", *contract, "--prefix", "test-", *options)
    assert printed.code == 0
    assert printed.out.startswith(beginning)
    written = run("migrate", "tables", *contract, "--prefix", "test-", *options, "--out", str(tmp_path / "out"))
    assert (written.code, written.out) == (0, "")
    assert (tmp_path / "out").read_text() == printed.out


def test_a_policy_needs_an_account(run: Run, contract: Contract) -> None:
    ran = run("migrate", "tables", *contract, "--iam", "--region", "eu-west-1", "--account", "12")
    assert (ran.code, ran.out) == (1, "")
    assert "a policy names its tables by ARN (give --region and --account, 12 digits)" in ran.err


def test_aws_needs_leave(run: Run, contract: Contract) -> None:
    ran = run(
        "migrate",
        "tables",
        *contract,
        "--create",
        AWS_REGION="eu-west-1",
        AWS_ACCESS_KEY_ID="A",
        AWS_SECRET_ACCESS_KEY="b",
    )
    assert ran.code == 1
    assert "is AWS, where tables cost money" in ran.err


def test_a_contract_that_is_not_there_is_said_before_anything_else(run: Run) -> None:
    ran = run("migrate", "tables", "contrct.json")
    assert ran.code == 1
    assert "contrct.json" in ran.err


class Sides:
    """A source, a server with its items, and ``verify`` of both."""

    def __init__(self, run: Run, contract: Contract, server: LocalServer, folder: Path) -> None:
        self._run, self._contract, self.server = run, contract, server
        self._rows = [part for name in shop.TABLES for part in ("--rows", f"{name}={folder / name}.jsonl")]

    def __call__(self, *options: str) -> Ran:
        rows = [] if "--source" in options else self._rows
        return self._run("migrate", "verify", *self._contract, *at(self.server), *rows, *options)


@pytest.fixture
def sides(run: Run, contract: Contract, server: LocalServer, tmp_path: Path) -> Iterator[Sides]:
    source = file_source(tmp_path)
    assert run("migrate", "tables", *contract, "--create", *at(server)).code == 0

    async def fill() -> None:
        state = FileStore(tmp_path / "state")
        async with DynamoDB.local(server.port) as db:
            await Backfill(source, shop_mappings(), db, state).run()
        await state.close()

    asyncio.run(fill())
    yield Sides(run, contract, server, tmp_path)
    source.close()


async def lose(port: int) -> None:
    async with DynamoDB.local(port) as db:
        await db.table("Customers").delete_item(Key("ada@example.com", "CART#12"))


def test_sides_that_agree(sides: Sides, tmp_path: Path) -> None:
    ran = sides("--markdown", str(tmp_path / "r.md"), "--html", str(tmp_path / "r.html"))
    assert ran.code == 0, ran.err
    assert ran.out.startswith("Both sides agree: all rows and items compared, integrity 100.0000%.\n")
    assert (tmp_path / "r.md").read_text().startswith("# Verification")
    assert (tmp_path / "r.html").read_text().startswith("<!doctype html>")


def test_sides_that_differ_are_shown_and_repaired(sides: Sides) -> None:
    asyncio.run(lose(sides.server.port))
    ran = sides()
    assert ran.code == 1
    assert "CART PK='ada@example.com', SK='CART#12': missing (row id=10)" in ran.out
    document = json.loads(sides("--json").out)
    assert (document["ok"], document["discrepancies"][0]["kind"]) == (False, "missing")
    repaired = sides("--repair")
    assert "repaired: 1 written" in repaired.err
    assert sides("--sample", "100%", "--entity", "carts").code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--entity", "cart"], "no entity of the name 'cart'"),
        (["--delete-extra"], "--delete-extra goes with --repair"),
        (["--source", "nonsense"], "the source is no database URL"),
        (["--markdown", "/nowhere/at/all.md"], "/nowhere/at/all.md"),
    ],
)
def test_what_cannot_be_is_said(sides: Sides, options: list[str], said: str) -> None:
    ran = sides(*options)
    assert ran.code != 0
    assert said in ran.err


@pytest.mark.parametrize("share", ["0", "much", "101%"])
def test_a_share_is_over_0_and_up_to_all(
    run: Run, contract: Contract, share: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("migrate", "verify", *contract, "--sample", share)
    assert f"'{share}' is no share of the rows; give 0.01 or 1%" in capsys.readouterr().err


def test_a_source_must_be_given(run: Run, contract: Contract) -> None:
    ran = run("migrate", "verify", *contract, "--local")
    assert ran.code == 1
    assert "give one of --source, --source-variable and --rows" in ran.err
