"""A table and its indexes: what a write is going to change, and what it has changed."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator.state.definitions import IndexDefinition, TableDefinition
from hashrange.simulator.state.store import Record
from hashrange.simulator.state.table import Table
from hashrange.simulator.values import Item, item_size
from tests.simulated_items import indexed, item, keys

KEY = item(pk="a", sk="b")


@pytest.fixture
def table() -> Table:
    return Table(indexed())


def put(table: Table, **attributes: Any) -> Record:
    new = {**KEY, **item(**attributes)}
    table.commit(table.plan_write(table.get(new), new))
    found = table.get(new)
    assert found is not None
    return found


def entries(table: Table, index: str) -> list[Item]:
    return [record.item for record in table.index_store(index).scan()]


def test_planning_changes_nothing(table: Table) -> None:
    put(table, g="x")
    write = table.plan_write(table.get(KEY), {**KEY, **item(g="y", n=1)})
    assert {change.index.name for change in write.changes} == {"by-g", "by-gn", "by-n"}
    found = table.get(KEY)
    assert found is not None
    assert found.item == {**KEY, **item(g="x")}
    assert entries(table, "by-g") == [{**KEY, **item(g="x")}]
    assert table.item_count == 1


def test_each_projection_keeps_its_attributes(table: Table) -> None:
    everything = {**KEY, **item(g="x", n=1, t={"B": "AA=="}, kept="k", other="o")}
    put(table, g="x", n=1, t={"B": "AA=="}, kept="k", other="o")
    assert entries(table, "by-g") == [everything]
    assert entries(table, "by-n") == [everything]
    assert entries(table, "by-gn") == [{**KEY, **item(g="x", n=1)}]
    assert entries(table, "by-t") == [{**KEY, **item(t={"B": "AA=="}, kept="k")}]
    for name, index in table.indexes.items():
        assert index.store.size == sum(item_size(entry) for entry in entries(table, name))


def test_an_entry_that_has_the_whole_item_shares_its_body(table: Table) -> None:
    record = put(table, g="x", n=1)
    bodies = [entry.body for name in ("by-g", "by-n", "by-gn") for entry in table.index_store(name).scan()]
    assert all(body is record.body for body in bodies)


def test_an_index_holds_items_with_all_its_keys_only(table: Table) -> None:
    put(table, g="x")
    assert [table.index_store(name).count for name in table.indexes] == [1, 0, 0, 0]
    put(table, n=1)
    assert [table.index_store(name).count for name in table.indexes] == [0, 0, 1, 0]
    table.commit(table.plan_write(table.get(KEY), None))
    assert [table.index_store(name).count for name in table.indexes] == [0, 0, 0, 0]
    assert (table.item_count, table.size_bytes) == (0, 0)


def test_what_stays_the_same_in_an_index_is_no_change(table: Table) -> None:
    old = put(table, g="x", v={"M": {"a": {"N": "1"}, "b": {"N": "2"}}})
    turned = {**item(v={"M": {"b": {"N": "2"}, "a": {"N": "1"}}}, g="x"), **KEY}
    assert table.plan_write(old, turned).changes == []


def test_a_write_of_what_is_stored_is_none(table: Table) -> None:
    record = put(table, g="x")
    write = table.plan_write(record, None)
    write.new, write.changes = record, []
    table.commit(write)
    assert table.get(KEY) is record


def test_sizes_are_those_of_the_service(table: Table) -> None:
    record = put(table, v="x" * 100)
    assert record.size == table.size_bytes == len("pkaskb") + 1 + 100
    known = table.plan_write(None, {**KEY, "v": {"S": "y"}}, size=9)
    assert known.new is not None
    assert (known.new.size, known.size_max) == (9, 9)
    large = put(table, v="x" * 5000)
    assert large.size == 5007
    assert table.plan_write(large, KEY).size_max == 5007


def test_entries_with_equal_keys_stand_by_the_hash_of_the_table_s_keys(table: Table) -> None:
    for partition, sort in (("a", "1"), ("a", "2"), ("b", "1"), ("c", "1"), ("ab", "c"), ("a", "bc")):
        new = item(pk=partition, sk=sort, g="x", n=1)
        table.commit(table.plan_write(None, new))
    index = table.indexes["by-gn"]
    assert index.store.count == 6, "(ab, c) and (a, bc) hash alike but are two"
    order = [(entry["pk"]["S"], entry["sk"]["S"]) for entry in entries(table, "by-gn")]
    ties = [index.locate(item(pk=partition, sk=sort, g="x", n=1))[1][1] for partition, sort in order]
    assert ties == sorted(ties)


def test_a_global_index_is_filled_when_it_is_added() -> None:
    base = TableDefinition("t", keys("pk"), {"pk": "S", "v": "N", "w": "S"})
    table = Table(base)
    for number in range(5):
        table.commit(table.plan_write(None, item(pk=str(number), v=number, w="w")))
    for wrong in (item(pk="x", v="text", w="w"), item(pk="y", v=1), item(pk="z", v=1, w="")):
        table.commit(table.plan_write(None, wrong))
    table.add_index(IndexDefinition("by-v", keys("w", "v"), projection="KEYS_ONLY"))
    found = [record.item for record in table.index_store("by-v").records(b"w")]
    assert found == [item(pk=str(number), v=number, w="w") for number in range(5)], "what does not fit is left out"
    table.commit(table.plan_write(None, item(pk="new", v=9, w="w")))
    assert table.index_store("by-v").count == 6
    table.drop_index("by-v")
    assert table.index("by-v") is None
    table.commit(table.plan_write(None, item(pk="newer", v=9, w="w")))


def test_global_indexes_come_first_and_each_kind_by_name(table: Table) -> None:
    assert list(table.indexes) == ["by-g", "by-gn", "by-n", "by-t"]
    table.add_index(IndexDefinition("a-late-one", keys("g")))
    assert list(table.indexes) == ["a-late-one", "by-g", "by-gn", "by-n", "by-t"]


def test_item_collections_are_measured_with_their_local_entries(table: Table) -> None:
    put(table, v="x" * 10)
    assert table.collection_size(b"a") == 17
    put(table, v="x" * 10, n=1)
    assert table.collection_size(b"a") == 2 * 20
    put(table, v="x" * 10, n=1, g="y")
    assert table.collection_size(b"a") == 2 * 22, "entries of global indexes do not count"
    table.commit(table.plan_write(table.get(KEY), None))
    assert table.collection_size(b"a") == 0


def test_a_copy_changes_independently(table: Table) -> None:
    put(table, g="x", n=1)
    table.collection_max_bytes = 1000
    twin = table.copy()
    put(table, g="y")
    assert [entries(twin, name) for name in ("by-g", "by-n")] == [[{**KEY, **item(g="x", n=1)}]] * 2
    assert twin.get(KEY) is not None
    assert (twin.collection_size(b"a"), twin.collection_max_bytes) == (22, 1000)
    twin.commit(twin.plan_write(twin.get(KEY), None))
    assert entries(table, "by-g") == [{**KEY, **item(g="y")}]


def test_a_table_says_what_it_is(table: Table) -> None:
    put(table, g="x")
    assert repr(table) == "Table('Indexed', KeySchema(pk S, sk S), 1 items, indexes: by-g, by-gn, by-n, by-t)"
    assert repr(table.indexes["by-gn"]) == "Index('by-gn', KeySchema(g S, n N), 0 entries)"
