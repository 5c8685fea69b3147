"""The generated package: the same every time, laid out as formatters want, and it does what run time does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hashrange import ConditionFailed, ConfigurationError, DynamoDB, DynamoDBError
from hashrange.migration.access import AccessLayer
from hashrange.migration.contract.load import load_contract
from hashrange.migration.contract.model import Contract
from hashrange.migration.conventions import Conventions
from hashrange.migration.generate import generated_package, write_files
from hashrange.migration.source.ddl import parse_ddl
from hashrange.migration.tables.request import create_table_requests
from tests.migration_script import script
from tests.unit.migration.access.shop import shop

from .packages import imported, written


def test_the_same_contract_gives_the_same_text() -> None:
    contract, schema = shop()
    one, other = (generated_package(contract, package="dal", schema=schema) for _ in range(2))
    assert one == other
    assert [file.path for file in one] == [
        "README.md", "__init__.py", "carts.py", "categories.py", "contract.py", "customers.py", "orders.py",
        "products.py", "tests/__init__.py", "tests/memory.py", "tests/test_carts.py", "tests/test_categories.py",
        "tests/test_customers.py", "tests/test_orders.py", "tests/test_products.py",
    ]  # fmt: skip


def test_the_contract_comes_back_as_it_was(tmp_path: Path) -> None:
    contract, schema = shop()
    with imported(written(tmp_path, conventions=Conventions(table_prefix="x-", fraction_digits=3))) as dal:
        again = generated_package(dal.CONTRACT, package="dal", schema=dal.SCHEMA, conventions=dal.CONVENTIONS)
        assert Conventions(table_prefix="x-", fraction_digits=3) == dal.CONVENTIONS
    first = generated_package(
        contract, package="dal", schema=schema, conventions=Conventions(table_prefix="x-", fraction_digits=3)
    )
    assert again == first


def test_a_formatter_and_a_linter_have_nothing_to_say(tmp_path: Path) -> None:
    pytest.importorskip("ruff")
    folder = written(tmp_path)
    for command in (["format", "--check"], ["check", "--select", "E,F,I,B,UP,SIM,C4,PIE,RET,RUF"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "dal"],
            cwd=folder.parent, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


def test_its_types_hold(tmp_path: Path) -> None:
    api = pytest.importorskip("mypy.api")
    folder = written(tmp_path, "typed_dal")
    said, problems, code = api.run(["--strict", "--config-file=", f"--cache-dir={tmp_path}/cache", str(folder)])
    assert code == 0, said + problems


def test_its_own_tests_pass(tmp_path: Path) -> None:
    written(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", "dal"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "20 passed" in done.stdout


async def test_both_do_the_same(tmp_path: Path) -> None:
    contract, schema = shop()
    with imported(written(tmp_path)) as dal:

        async def outcome(make: Callable[[DynamoDB], AccessLayer]) -> list[Any]:
            async with DynamoDB.in_memory(create_table_requests(contract)) as db:
                return await script(make(db))

        for guards in (False, True):
            at_run_time = await outcome(lambda db: AccessLayer(contract, db, schema=schema, guards=guards))  # noqa: B023
            generated = await outcome(lambda db: dal.Layer(db, guards=guards))  # noqa: B023
            assert generated == at_run_time
            assert len(generated) > 20


async def test_records_are_plain_classes_with_types(tmp_path: Path) -> None:
    with imported(written(tmp_path)) as dal:
        contract, _ = shop()
        async with DynamoDB.in_memory(create_table_requests(contract, Conventions(table_prefix="t-"))) as db:
            layer = dal.Layer(db, table_prefix="t-")
            assert layer.carts.table.name == "t-Customers"
            assert layer.carts.model is dal.Cart
            assert "password_hash" not in repr(_sample(dal))
            await layer.customers.create(_sample(dal))
            with pytest.raises(ConditionFailed):
                await layer.customers.update_by_key("a@x", {"points": 2}, expected={"points": 9})
            assert (await layer.customers.get_by_key("a@x")).points == 1

            class Mine(dal.CustomerRepository):  # type: ignore[misc, name-defined]
                async def points_of(self, login: str) -> int:
                    return (await self.find_by_login(login)).points  # type: ignore[no-any-return]

            assert (
                await dal.Layer(db, table_prefix="t-", repositories={"customers": Mine}).customers.points_of("a") == 1
            )


def _sample(dal: Any) -> Any:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return dal.Customer(
        email="a@x", customer_id=1, login="a", password_hash="swordfish", points=1, is_merchant=False, is_admin=False,
        order_count=0, created_at=now, updated_at=now,
    )  # fmt: skip


@pytest.mark.parametrize("package", ["my-dal", "2dal", ""])
def test_a_package_needs_a_name(package: str) -> None:
    contract, schema = shop()
    with pytest.raises(ConfigurationError, match="is no name for a package"):
        generated_package(contract, package=package, schema=schema)


ODD = {
    "tables": [
        {
            "table": "Odd-Things", "type": "single-entity", "source_table": "things", "pk": "class", "sk": "day#id",
            "gsis": [{"index_name": "by.date", "pk": "date", "sk": "limit"}],
            "attributes": [
                {"name": "class", "type": "S", "source_table": "things", "source_column": "class"},
                {"name": "day", "type": "S", "source_table": "things", "source_column": "day"},
                {"name": "id", "type": "N", "source_table": "things", "source_column": "id"},
                {"name": "date", "type": "S", "source_table": "things", "source_column": "date"},
                {"name": "limit", "type": "N", "source_table": "things", "source_column": "limit"},
            ],
        }
    ]
}  # fmt: skip


async def test_odd_names_are_names_that_python_takes(tmp_path: Path) -> None:
    contract = load_contract(ODD, mode="relaxed").require()
    write_files(generated_package(contract, package="odd"), tmp_path / "odd")
    with imported(tmp_path / "odd") as odd:
        async with DynamoDB.in_memory(create_table_requests(contract)) as db:
            things = odd.Layer(db).things
            await things.create(record := odd.OddThing(class_="a", day="2026", id=7, date="now", limit_=3))
            assert await things.get_by_key("a", "2026", 7) == record
            assert await things.list_by_date("now", limit_=3, limit=1).all() == [record]
            with pytest.raises(DynamoDBError):
                await things.get_by_key("a", "2026", None)


SHADOWS = ("field", "Any", "date", "datetime", "Decimal", "dataclass", "TypedDict")


def write_shadows(folder: Path) -> Contract:
    """A package for a table whose columns are called as what the package imports."""
    ddl = "CREATE TABLE things (id INT NOT NULL PRIMARY KEY, field INT, `Any` INT, date DATE, datetime DATETIME,"
    ddl += " `Decimal` DECIMAL(5,2), dataclass INT, `TypedDict` INT, password_hash VARCHAR(50), notes JSON, day DATE)"
    schema = parse_ddl(ddl)
    kinds = {"id": "N", "field": "N", "Any": "N", "Decimal": "N", "dataclass": "N", "TypedDict": "N", "notes": "M"}
    attributes = [
        {"name": name, "type": kinds.get(name, "S"), "source_table": "things", "source_column": name}
        for name in ("id", *SHADOWS, "password_hash", "notes", "day")
    ]
    table = {"table": "Things", "type": "single-entity", "source_table": "things", "pk": "id", "attributes": attributes}
    contract = load_contract({"tables": [table]}, mode="relaxed", schema=schema).require()
    write_files(generated_package(contract, package="shadows", schema=schema), folder / "shadows")
    return contract


async def test_columns_that_are_called_as_what_a_module_imports(tmp_path: Path) -> None:
    contract = write_shadows(tmp_path)
    with imported(tmp_path / "shadows") as shadows:
        async with DynamoDB.in_memory(create_table_requests(contract)) as db:
            record = shadows.Thing(id=1, field=2, Any=3, notes={"a": 1}, password_hash="secret")
            assert "secret" not in repr(record)
            await shadows.Layer(db).things.create(record)
            assert await shadows.Layer(db).things.get(id=1) == record


def test_they_do_not_confuse_a_type_checker(tmp_path: Path) -> None:
    write_shadows(tmp_path)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "shadows/things.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_odd_names_are_laid_out_as_others(tmp_path: Path) -> None:
    contract = load_contract(ODD, mode="relaxed").require()
    write_files(generated_package(contract, package="odd"), tmp_path / "odd")
    for command in (["format", "--check"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "odd"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
