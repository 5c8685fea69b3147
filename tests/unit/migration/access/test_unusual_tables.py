"""Tables that are not like the shop's: keys that are numbers or bytes, no sort key, NULLs that are stored."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hashrange import Attr, ConditionFailed, ConfigurationError, Key, UniqueViolation, between, ge
from hashrange.migration.contract.load import load_contract
from hashrange.migration.contract.model import Contract
from hashrange.migration.conventions import Conventions
from hashrange.migration.source.ddl import parse_ddl
from hashrange.migration.source.schema import NO_SCHEMA
from tests.shop_contract import LEGACY

from .shop import customer, opened


def table(pk: str, sk: str | None, *attributes: tuple[str, str], gsis: list[dict[str, Any]] | None = None) -> Contract:
    """A table ``things`` with these attributes, each of the column of its name."""
    document: dict[str, Any] = {
        "table": "Things",
        "type": "single-entity",
        "source_table": "things",
        "pk": pk,
        "sk": sk,
        "gsis": gsis or [],
        "attributes": [
            {"name": name, "type": kind, "source_table": "things", "source_column": name} for name, kind in attributes
        ],
    }
    return load_contract({"tables": [document]}, schema=NO_SCHEMA).require()


READINGS = """
CREATE TABLE things (sensor INT NOT NULL, at BIGINT NOT NULL, label VARCHAR(10), PRIMARY KEY (sensor, at),
                     UNIQUE KEY one_label (label))
"""


async def test_keys_that_are_numbers() -> None:
    contract = table("sensor", "at", ("sensor", "N"), ("at", "N"), ("label", "S"))
    async with opened(contract, schema=parse_ddl(READINGS)) as layer:
        things = layer.things
        for at in (5, 10, 100):
            await things.create(things.model(sensor=1, at=at))
        assert [one.at async for one in things.list_by_sensor(1)] == [5, 10, 100]
        assert [one.at async for one in things.list_by_sensor(1, at=ge(10))] == [10, 100]
        assert [one.at async for one in things.list_by_sensor(1, at=between(6, 99))] == [10]
        assert (await things.get_by_key(1, 100)).at == 100
        await things.update({"sensor": 1, "at": 5}, {"at": 6})
        assert await things.table.get_item(Key(1, 6)) == {"sensor": 1, "at": 6}
        with pytest.raises(ConfigurationError, match="declares the key 'sensor' of 'Things' as N"):
            async with opened(contract, schema=parse_ddl(READINGS), guards=True):
                pass


async def test_keys_that_are_bytes() -> None:
    contract = table("id", None, ("id", "B"), ("name", "S"))
    ddl = "CREATE TABLE things (id BINARY(16) NOT NULL PRIMARY KEY, name VARCHAR(10) UNIQUE)"
    async with opened(contract, schema=parse_ddl(ddl)) as layer:
        one = layer.things.model(id=b"\\x00" * 16, name="a")
        await layer.things.create(one)
        with pytest.raises(ConditionFailed):
            await layer.things.create(one)
        assert await layer.things.get(id=b"\\x00" * 16) == one
        assert (await layer.things.update(one, {"name": "b"})).name == "b"
        assert await layer.things.delete(one)
        with pytest.raises(ConfigurationError, match="declares the key 'id' of 'Things' as B"):
            async with opened(contract, schema=parse_ddl(ddl), guards=True):
                pass


async def test_a_table_without_a_sort_key() -> None:
    contract = table("id", None, ("id", "S"), ("name", "S"), gsis=[{"index_name": "ByName", "pk": "name"}])
    ddl = "CREATE TABLE things (id INT NOT NULL PRIMARY KEY, name VARCHAR(10) NOT NULL UNIQUE)"
    async with opened(contract, schema=parse_ddl(ddl), guards=True) as layer:
        things = layer.things
        assert list(things.methods)[4:] == ["find_by_name"]
        for number in (1, 2):
            await things.create(things.model(id=number, name=f"n{number}"))
        with pytest.raises(UniqueViolation):
            await things.update({"id": 2}, {"name": "n1"})
        await things.update({"id": 2}, {"id": 3})
        assert {one.id async for one in things.scan()} == {1, 3}
        assert (await things.find_by_name("n2")).id == 3
        assert await things.table.scan().count() == 4
        assert await things.query(id=1).all() == [await things.get(id=1)]


async def test_nulls_that_are_stored_are_told_apart_from_what_is_missing() -> None:
    async with opened(conventions=Conventions(nulls="null")) as layer:
        await layer.customers.create(one := customer(layer, 1))
        item = await layer.customers.table.scan().one()
        assert item["nickname"] is None
        await layer.customers.update(one, {"nickname": "Ada"}, expected={"nickname": None})
        await layer.customers.update(one, {"nickname": None})
        assert (await layer.customers.table.scan().one())["nickname"] is None
        with pytest.raises(ConditionFailed):
            await layer.customers.update(one, {"points": 1}, expected={"nickname": "Ada"})
        assert (
            await layer.customers.update(one, {"points": 1}, condition=Attr("nickname").has_type("NULL"))
        ).points == 1
        guarded = type(layer)(layer.contract, layer.db, schema=layer.schema, conventions=layer.conventions, guards=True)
        await guarded.customers.put(customer(layer, 2))
        items = [item async for item in layer.customers.table.scan() if item["PK"] == "c2@example.com"]
        assert items[0]["nickname"] is None


async def test_a_contract_in_the_older_format() -> None:
    async with opened(load_contract(LEGACY).require(), schema=NO_SCHEMA) as layer:
        repository = next(iter(layer))
        values: dict[str, Any] = {}
        for number, one in enumerate(repository.records.shape.fields, 1):
            values[one.name] = {"str": f"{number}", "Decimal": Decimal(number), "bool": True}.get(one.field.type)
        record = repository.model(**values)
        await repository.create(record)
        assert await repository.get(record) == record
