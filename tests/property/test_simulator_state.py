"""The simulator's state after any sequence of requests, good and bad.

Indexes are recomputed from the table by rules that are written down here once more; a refused request changes nothing;
keys come in the order of their values.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from decimal import Decimal
from hashlib import md5
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.simulator.errors import ApiError
from hashrange.simulator.state.keys import number_bytes, sort_bytes
from hashrange.simulator.state.table import Table
from hashrange.simulator.values import Item, decimal_text, item_size
from tests.simulated_items import INDEXED, SIMPLE, World, item

SORT_KEYS: dict[str, Callable[[str], Any]] = {"S": str.encode, "N": Decimal, "B": b64decode}

# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────
words = st.sampled_from(["a", "b", "c", ""])
numbers = st.sampled_from(["-1.50", "0", "1", "1.0", "10", "2", "1e1", "x"])
values = st.one_of(
    words.map(lambda text: {"S": text}),
    numbers.map(lambda text: {"N": text}),
    st.sampled_from(
        [{"B": "AA=="}, {"B": "/w=="}, {"B": ""}, {"SS": ["b", "a"]}, {"NS": ["1", "1.0"]}, {"NULL": True}]
    ),
    st.just({"M": {"k": {"L": [{"N": "1"}]}}}),
)


def often(usual: st.SearchStrategy[Any], seldom: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One in twenty is of the other kind."""
    return st.integers(0, 19).flatmap(lambda chance: seldom if chance == 19 else usual)


texts = often(st.sampled_from(["a", "b", "c"]).map(lambda text: {"S": text}), values)
amounts = often(st.sampled_from(["-1.50", "1", "1.0", "10", "2"]).map(lambda text: {"N": text}), values)
binaries = often(st.sampled_from([{"B": "AA=="}, {"B": "/w=="}, {"B": "AP8="}]), values)
plain = often(texts, values)
attributes = {"g": texts, "n": amounts, "t": binaries, "kept": plain, "extra": plain}
items = st.fixed_dictionaries({"pk": texts, "sk": texts}, optional=attributes)
keys = st.fixed_dictionaries({"pk": texts, "sk": texts})
conditions = often(
    st.sampled_from([None, None, None, "attribute_not_exists(n)", "attribute_exists(pk)"]),
    st.sampled_from(["g = t", "broken =", "attribute_exists(pk.a)"]),
)
updates = st.sampled_from(
    [
        "SET g = pk, kept = sk",
        "SET g = sk",
        "SET n = if_not_exists(n, kept)",
        "SET g = extra",
        "SET g = if_not_exists(g, kept)",
        "SET n = if_not_exists(n, extra), kept = g",
        "REMOVE g",
        "REMOVE n, t",
        "SET extra.k[0] = n",
        "SET kept = t REMOVE t",
        "SET pk = g",
        "SET sk.x = g",
        "SET",
    ]
)


def with_condition(request: dict[str, Any], condition: str | None) -> dict[str, Any]:
    return request if condition is None else {**request, "ConditionExpression": condition}


puts = st.builds(
    lambda new, condition: with_condition({"TableName": INDEXED, "Item": new}, condition), items, conditions
)
deletes = st.builds(
    lambda key, condition: with_condition({"TableName": INDEXED, "Key": key}, condition), keys, conditions
)
changes = st.builds(
    lambda key, update, condition: with_condition(
        {"TableName": INDEXED, "Key": key, "UpdateExpression": update}, condition
    ),
    keys,
    updates,
    conditions,
)
others = texts.map(lambda key: {"TableName": SIMPLE, "Item": {"pk": key}})
elements = st.one_of(
    puts.map(lambda put: {"Put": put}),
    deletes.map(lambda delete: {"Delete": delete}),
    changes.map(lambda update: {"Update": update}),
    others.map(lambda put: {"Put": put}),
    keys.map(lambda key: {"ConditionCheck": {"TableName": INDEXED, "Key": key, "ConditionExpression": "g <> n"}}),
)
batched = st.one_of(
    items.map(lambda new: {"PutRequest": {"Item": new}}), keys.map(lambda key: {"DeleteRequest": {"Key": key}})
)
requests = st.one_of(
    puts.map(lambda put: ("PutItem", put)),
    deletes.map(lambda delete: ("DeleteItem", delete)),
    changes.map(lambda update: ("UpdateItem", update)),
    st.lists(batched, min_size=1, max_size=4).map(
        lambda writes: ("BatchWriteItem", {"RequestItems": {INDEXED: writes}})
    ),
    st.lists(elements, min_size=1, max_size=4).map(lambda found: ("TransactWriteItems", {"TransactItems": found})),
)
histories = st.lists(requests, min_size=1, max_size=12)


# ── the rules, once more ─────────────────────────────────────────────────────────────────────────────────────────────
def bytes_of(value: dict[str, str]) -> bytes:
    ((letter, content),) = value.items()
    if letter == "S":
        return content.encode()
    return number_bytes(content) if letter == "N" else b64decode(content)


def service_hash(content: bytes) -> bytes:
    return md5(b"Outliers" + content, usedforsecurity=False).digest()


def expected_entries(table: Table, name: str, stored: list[Item]) -> list[Item]:
    """What an index must hold, in the order of a scan."""
    index = table.definition.indexes[name]
    types = table.definition.attribute_types
    own = [attribute for attribute, _ in index.keys]
    kept = {*own, "pk", "sk", *index.non_key_attributes}

    def order(entry: Item) -> tuple[Any, ...]:
        partition = bytes_of(entry[own[0]])
        sort: Any = 0
        if len(own) > 1:
            ((letter, content),) = entry[own[1]].items()
            sort = SORT_KEYS[letter](content)
        return service_hash(partition), sort, service_hash(bytes_of(entry["pk"]) + bytes_of(entry["sk"]))

    entries = [
        found if index.projection == "ALL" else {key: value for key, value in found.items() if key in kept}
        for found in stored
        if all(types[attribute] in found.get(attribute, {}) for attribute in own)
    ]
    return sorted(entries, key=order)


def check_state(table: Table) -> None:
    stored = [record.item for record in table.store.scan()]
    assert len(stored) == table.item_count
    assert sum(map(item_size, stored)) == table.size_bytes
    order = [(service_hash(bytes_of(found["pk"])), found["sk"]["S"].encode()) for found in stored]
    assert order == sorted(order)
    collections: dict[bytes, int] = {}
    for found in stored:
        partition = bytes_of(found["pk"])
        collections[partition] = collections.get(partition, 0) + item_size(found)
    for name, index in table.indexes.items():
        expected = expected_entries(table, name, stored)
        assert [record.item for record in index.store.scan()] == expected, name
        assert (index.store.count, index.store.size) == (len(expected), sum(map(item_size, expected)))
        for found in expected if not index.is_global else ():
            collections[bytes_of(found["pk"])] += item_size(found)
    assert all(table.collection_size(partition) == size for partition, size in collections.items())


@settings(deadline=None, max_examples=100)
@given(histories)
def test_indexes_follow_their_table_and_refused_requests_change_nothing(history: list[tuple[str, Any]]) -> None:
    world = World()
    table = world.engine.catalog.table(INDEXED)
    for operation, request in history:
        before = world.contents()
        try:
            world.engine.execute(operation, request)
        except ApiError:
            assert world.contents() == before
        check_state(table)


@settings(deadline=None, max_examples=40)
@given(histories, histories)
def test_a_snapshot_is_a_moment_that_comes_back(first: list[tuple[str, Any]], second: list[tuple[str, Any]]) -> None:
    world = World()

    def run(history: list[tuple[str, Any]]) -> None:
        for operation, request in history:
            try:
                world.engine.execute(operation, request)
            except ApiError as error:
                assert error.status == 400, error  # noqa: PT017 - a refusal is as good as an answer

    run(first)
    moment, then = world.engine.snapshot(), world.contents()
    for _ in range(2):
        run(second)
        world.engine.restore(moment)
        assert world.contents() == then
        check_state(world.engine.catalog.table(INDEXED))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.text(max_size=3)), unique=True, max_size=30))
def test_what_was_put_last_is_what_is_there(written: list[tuple[str, str]]) -> None:
    world = World()
    model: dict[tuple[str, str], dict[str, Any]] = {}
    for number, (partition, sort) in enumerate(written):
        key = (partition, sort[:1] or "-")
        model[key] = item(pk=partition, sk=key[1], v=number)
        world("PutItem", TableName=INDEXED, Item=model[key])
    for (partition, sort), expected in model.items():
        assert world.get(INDEXED, pk=partition, sk=sort) == expected
    assert world.engine.catalog.table(INDEXED).item_count == len(model)


# ── the order of keys ────────────────────────────────────────────────────────────────────────────────────────────────
decimals = st.builds(
    lambda digits, exponent, negative: decimal_text(Decimal(digits).scaleb(exponent) * (-1 if negative else 1)),
    st.integers(0, 10**38 - 1),
    st.integers(-130, 87),
    st.booleans(),
)


@settings(deadline=None, max_examples=500)
@given(decimals, decimals)
def test_numbers_compare_as_their_bytes_do(one: str, other: str) -> None:
    assert (number_bytes(one) < number_bytes(other)) == (Decimal(one) < Decimal(other))
    assert (number_bytes(one) == number_bytes(other)) == (Decimal(one) == Decimal(other))


@settings(deadline=None)
@given(st.text(), st.text())
def test_texts_compare_as_their_utf8_bytes_do(one: str, other: str) -> None:
    assert (sort_bytes({"S": one}) < sort_bytes({"S": other})) == (one < other), "code points and UTF-8 agree"


@settings(deadline=None, max_examples=60)
@given(st.lists(decimals, unique=True, min_size=1, max_size=20))
def test_items_of_a_partition_come_in_the_order_of_their_numbers(numbers: list[str]) -> None:
    world = World()
    for number in numbers:
        world("PutItem", TableName=INDEXED, Item=item(pk="p", sk=f"s{number}", n={"N": number}))
    store = world.engine.catalog.table(INDEXED).index_store("by-n")
    found = [record.item["n"]["N"] for record in store.records(b"p")]
    assert found == sorted(numbers, key=Decimal)
    assert [record.item["n"]["N"] for record in store.records(b"p", backward=True)] == found[::-1]
