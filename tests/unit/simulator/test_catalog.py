"""The catalog: who is found by which name, and how states follow each other on the clock."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from hashrange.simulator.errors import ApiError
from hashrange.simulator.state.catalog import Catalog
from hashrange.simulator.state.definitions import IndexDefinition, Status, TableDefinition, Throughput, TimeToLive
from tests.fakes import FakeClock

REGION, ACCOUNT = "eu-west-1", "123456789012"
GSI = IndexDefinition("gsi", (("g", "HASH"),))
LSI = IndexDefinition("lsi", (("a", "HASH"), ("c", "RANGE")), is_global=False)


def definition(name: str = "users", *indexes: IndexDefinition) -> TableDefinition:
    types = {"a": "S", "b": "S", "c": "S", "g": "S"}
    return TableDefinition(name, (("a", "HASH"), ("b", "RANGE")), types, {index.name: index for index in indexes})


def catalog(clock: FakeClock | None = None, *, lifecycle: float = 0.0) -> Catalog:
    return Catalog(
        region=REGION,
        account=ACCOUNT,
        clock=clock or FakeClock(),
        randomness=random.Random(1),
        lifecycle_seconds=lifecycle,
    )


def message_of(tables: Catalog, name: str, *, message_with_name: bool = False) -> str | None:
    with pytest.raises(ApiError) as caught:
        tables.table(name, message_with_name=message_with_name)
    assert caught.value.name == "ResourceNotFoundException"
    return caught.value.message


# ── looking up ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_table_is_found_by_its_name_and_arn() -> None:
    tables = catalog()
    table = tables.create(definition())
    assert tables.table("users") is table
    assert tables.table(f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/users") is table
    assert tables.find("users") is table
    assert tables.get("users") is table


@pytest.mark.parametrize(
    "name",
    [
        "nowhere",
        "Users",
        "",
        "arn:",
        f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/users",
        f"arn:aws:dynamodb:{REGION}:000000000000:table/users",
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/users/index/gsi",
    ],
)
def test_a_table_that_is_not_there(name: str) -> None:
    tables = catalog()
    tables.create(definition())
    assert tables.get(name) is None
    assert message_of(tables, name) == "Requested resource not found"


def test_the_message_may_name_the_table() -> None:
    tables = catalog()
    named = "Requested resource not found: Table: nowhere not found"
    assert message_of(tables, "nowhere", message_with_name=True) == named
    with pytest.raises(ApiError, match=named):
        tables.find(f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/nowhere")


def test_tables_come_in_the_order_of_their_names() -> None:
    tables = catalog()
    for name in ("b-1", "a_1", "B.1", "a.1"):
        tables.create(definition(name))
    assert [table.name for table in tables.tables] == ["B.1", "a.1", "a_1", "b-1"]
    assert repr(tables) == "Catalog(B.1, a.1, a_1, b-1)"
    assert repr(catalog()) == "Catalog(no tables)"


# ── states ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_without_a_delay_a_change_is_done_at_the_next_look() -> None:
    tables = catalog()
    table = tables.create(definition("users", GSI, LSI))
    states = {name: index.status for name, index in table.definition.indexes.items()}
    assert (table.definition.status, states) == ("CREATING", {"gsi": "CREATING", "lsi": "ACTIVE"})
    assert tables.table("users").definition.status == "ACTIVE"
    assert table.definition.is_settled
    assert {index.status for index in table.definition.indexes.values()} == {"ACTIVE"}


def test_a_table_is_there_for_items_while_it_is_neither_created_nor_deleted() -> None:
    clock = FakeClock()
    tables = catalog(clock, lifecycle=10)
    table = tables.create(definition())
    clock.advance(9.9)
    assert message_of(tables, "users") == "Requested resource not found"
    assert tables.find("users") is table
    clock.advance(0.2)
    assert tables.table("users") is table
    tables.change(table, replace(table.definition, status="UPDATING", settles_at=tables.until()))
    assert tables.table("users").definition.status == "UPDATING"
    clock.advance(10)
    assert tables.table("users").definition.status == "ACTIVE"
    tables.delete(table)
    assert message_of(tables, "users") == "Requested resource not found"
    assert tables.find("users").definition.status == "DELETING"
    clock.advance(10)
    assert tables.get("users") is None
    assert tables.tables == []


def test_what_was_under_way_is_there_then() -> None:
    tables = catalog()
    table = tables.create(definition("users", GSI))
    now = tables.find("users").definition
    gsi = replace(now.indexes["gsi"], status="UPDATING", settles_at=tables.until(), next_throughput=Throughput(3, 4))
    until = tables.until()
    tables.change(
        table,
        replace(
            now,
            status="UPDATING",
            settles_at=until,
            next_throughput=Throughput(1, 2),
            next_on_demand_since=5.0,
            indexes={"gsi": gsi},
        ),
    )
    assert table.definition.throughput == Throughput()
    settled = tables.find("users").definition
    assert (settled.throughput, settled.next_throughput) == (Throughput(1, 2), None)
    assert (settled.on_demand_since, settled.next_on_demand_since) == (5.0, None)
    assert (settled.indexes["gsi"].throughput, settled.indexes["gsi"].status) == (Throughput(3, 4), "ACTIVE")


def test_an_index_settles_by_itself() -> None:
    clock = FakeClock()
    tables = catalog(clock, lifecycle=10)
    table = tables.create(definition())
    clock.advance(10)
    now = tables.find("users").definition
    added = replace(GSI, status="CREATING", settles_at=tables.until())
    busy = replace(now, status="UPDATING", settles_at=tables.until(0.5), indexes={"gsi": added})
    tables.change(table, busy)
    assert table.index_store("gsi").count == 0, "it is made at once"
    states: list[tuple[Status, Status]] = []
    for _ in range(3):
        found = tables.find("users").definition
        states.append((found.status, found.indexes["gsi"].status))
        clock.advance(5)
    assert states == [("UPDATING", "CREATING"), ("ACTIVE", "CREATING"), ("ACTIVE", "ACTIVE")]


def test_an_index_goes_with_the_definitions_that_only_it_used() -> None:
    tables = catalog()
    table = tables.create(definition("users", GSI, LSI))
    now = tables.find("users").definition
    going = replace(now.indexes["gsi"], status="DELETING", settles_at=tables.until())
    tables.change(table, replace(now, indexes={**now.indexes, "gsi": going}))
    assert set(table.indexes) == {"gsi", "lsi"}
    assert set(tables.find("users").definition.indexes) == {"lsi"}
    assert set(table.indexes) == {"lsi"}
    assert table.definition.attribute_types == {"a": "S", "b": "S", "c": "S"}


def test_changes_may_begin_without_delay() -> None:
    clock = FakeClock()
    tables = catalog(clock, lifecycle=10)
    with tables.without_delay():
        tables.create(definition("quick"))
    tables.create(definition("slow"))
    assert tables.find("quick").definition.status == "ACTIVE"
    assert tables.find("slow").definition.status == "CREATING"


# ── copies ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_copy_changes_independently() -> None:
    clock = FakeClock()
    tables = catalog(clock, lifecycle=10)
    tables.create(definition())
    twin = tables.copy()
    clock.advance(10)
    assert tables.find("users").definition.status == "ACTIVE"
    tables.delete(tables.find("users"))
    tables.create(definition("other"))
    assert [table.name for table in twin.tables] == ["users"]
    assert twin.find("users").definition.status == "ACTIVE", "it is on the same clock"
    assert twin.lifecycle_seconds == 10


# ── names of things ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_ids_are_random_uuids() -> None:
    tables = catalog()
    ids = {tables.new_id() for _ in range(50)}
    assert len(ids) == 50
    for each in ids:
        parts = each.split("-")
        assert [len(part) for part in parts] == [8, 4, 4, 4, 12]
        assert parts[2][0] == "4"
        assert parts[3][0] in "89ab"
    assert catalog().new_id() == catalog().new_id(), "chance is the engine's"


def test_streams_have_labels_of_their_own() -> None:
    clock = FakeClock(1_700_000_000.1234)
    tables = catalog(clock)
    first = tables.new_stream("users", "KEYS_ONLY", None)
    assert first.label == "2023-11-14T22:13:20.123"
    assert first.arn == f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/users/stream/{first.label}"
    second = tables.new_stream("users", "KEYS_ONLY", first)
    assert second.label == "2023-11-14T22:13:20.124"
    clock.advance(1)
    assert tables.new_stream("users", "KEYS_ONLY", second).label == "2023-11-14T22:13:21.123"


@pytest.mark.parametrize(
    ("key", "arn"),
    [
        ("1234", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234"),
        ("alias/mine", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/mine"),
        ("arn:aws:kms:us-east-1:1:key/x", "arn:aws:kms:us-east-1:1:key/x"),
    ],
)
def test_arns_of_keys(key: str, arn: str) -> None:
    assert catalog().key_arn(key) == arn


def test_the_accounts_own_key_is_always_the_same() -> None:
    own = catalog().key_arn(None)
    assert own.startswith(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/")
    assert catalog().key_arn("alias/aws/dynamodb") == own
    assert catalog().key_arn(f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/dynamodb") == own


def test_time_to_live_counts_while_it_is_enabled() -> None:
    plain = definition()
    assert plain.ttl_attribute is None
    assert replace(plain, time_to_live=TimeToLive("until", True, 0.0)).ttl_attribute == "until"
    assert replace(plain, time_to_live=TimeToLive("until", False, 0.0)).ttl_attribute is None
