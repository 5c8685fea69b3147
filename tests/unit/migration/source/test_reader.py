"""Pages of rows with what they need of others, from SQLite: keys, joins, embedded rows, numbers, trees."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hashrange.migration.contract.model import Aggregate, Construction, Hop, Recursive
from hashrange.migration.errors import MigrationError
from hashrange.migration.expressions.nodes import Arithmetic, Column, Comparison
from hashrange.migration.mapping.fields import AggregateNeed, CollectionNeed, LookupNeed, Needs, RecursiveNeed, Row
from hashrange.migration.source.reader import Page, Reader
from hashrange.migration.source.sql import SqlSource

SCHEMA = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, code TEXT, rate INTEGER);
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, region INTEGER);
CREATE TABLE regions (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE lines (order_id INTEGER, number INTEGER, price INTEGER, note TEXT, PRIMARY KEY (order_id, number));
CREATE TABLE codes (code TEXT COLLATE NOCASE, label TEXT);
CREATE TABLE tree (id INTEGER PRIMARY KEY, parent INTEGER, name TEXT);
CREATE TABLE plain (a TEXT, b TEXT);
CREATE TABLE texts (a TEXT, b INTEGER, c TEXT, PRIMARY KEY (a, b));
INSERT INTO regions VALUES (1, 'north'), (2, 'south');
INSERT INTO customers VALUES (1, 'Ada', 1), (2, 'Bob', NULL), (3, 'Cy', 9);
INSERT INTO orders VALUES (1, 1, 'a', 2), (2, 2, 'A', 3), (3, 3, 'b', 4), (4, NULL, NULL, 5), (5, 8, 'c', 6);
INSERT INTO lines VALUES (1, 1, 10, 'x'), (1, 2, 30, NULL), (1, 3, 20, 'y'), (2, 1, NULL, NULL), (3, 1, 5, 'z');
INSERT INTO codes VALUES ('a', 'alpha'), ('B', 'beta'), ('b', 'beta two');
INSERT INTO tree VALUES (1, NULL, 'root'), (2, 1, 'two'), (3, 2, 'three'), (4, 6, 'four'), (5, 4, 'five');
INSERT INTO tree VALUES (6, 5, 'six'), (7, 99, 'seven');
INSERT INTO texts SELECT char(97 + n / 4), n % 4, n FROM
  (WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 22) SELECT n FROM c);
"""


@pytest.fixture
def source(tmp_path: Path) -> Iterator[SqlSource]:
    connection = sqlite3.connect(tmp_path / "rows.db")
    connection.executescript(SCHEMA)
    connection.close()
    found = SqlSource(f"sqlite:///{tmp_path / 'rows.db'}")
    yield found
    found.close()


def equal(left: str, right: str) -> Comparison:
    return Comparison("=", column(left), column(right))


def column(text: str) -> Column:
    table, _, name = text.rpartition(".")
    return Column(name, table or None)


def hop(table: str, *on: tuple[str, str], alias: str | None = None) -> Hop:
    return Hop(table, alias or table, tuple(equal(left, right) for left, right in on))


def orders(**more: Any) -> Needs:
    return Needs("orders", ("id",), ("id",), **more)


CUSTOMER = hop("customers", ("customers.id", "orders.customer"))
LINES = hop("lines", ("lines.order_id", "orders.id"))


def pages(source: SqlSource, needs: Needs, size: int = 2, **range_: Any) -> list[Page]:
    with source.snapshot() as snapshot:
        return list(Reader(snapshot, needs).pages(size=size, **range_))


def rows(source: SqlSource, needs: Needs) -> list[Row]:
    return [row for page in pages(source, needs) for row in page.rows]


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
TEXTS = Needs("texts", ("a", "b"), ("a", "b", "c"))


@pytest.mark.parametrize("size", [1, 3, 4, 22, 23, 24, 1_000])
def test_pages_are_all_rows_once_in_the_order_of_their_keys(source: SqlSource, size: int) -> None:
    found = pages(source, TEXTS, size)
    assert [row.own["c"] for page in found for row in page.rows] == [str(number) for number in range(23)]
    assert all(page.last == (page.rows[-1].own["a"], page.rows[-1].own["b"]) for page in found)
    assert all(len(page.rows) <= size for page in found)


@pytest.mark.parametrize("first", range(0, 23, 5))
@pytest.mark.parametrize("last", range(0, 23, 3))
def test_a_range_is_open_at_its_beginning_and_closed_at_its_end(source: SqlSource, first: int, last: int) -> None:
    def key(number: int) -> tuple[str, int]:
        return chr(97 + number // 4), number % 4

    found = pages(source, TEXTS, 4, after=key(first), until=key(last))
    assert [int(row.own["c"]) for page in found for row in page.rows] == list(range(first + 1, last + 1))
    with source.snapshot() as snapshot:
        assert Reader(snapshot, TEXTS).count(key(first), key(last)) == max(0, last - first)


def test_bounds_cut_a_table_into_ranges_of_a_size(source: SqlSource) -> None:
    with source.snapshot() as snapshot:
        reader = Reader(snapshot, TEXTS)
        bounds = reader.bounds(5)
        assert bounds == [("b", 0), ("c", 1), ("d", 2), ("e", 3)]
        assert reader.bounds(23) == [("f", 2)]
        assert reader.bounds(24) == []
        edges = [None, *bounds, None]
        assert [reader.count(edges[at], edges[at + 1]) for at in range(5)] == [5, 5, 5, 5, 3]


def test_rows_are_found_by_their_keys(source: SqlSource) -> None:
    with source.snapshot() as snapshot:
        found = Reader(snapshot, TEXTS).rows([("c", 1), ("a", 0), ("z", 9)])
        assert [row.own["c"] for row in found.rows] == ["0", "9"]
        assert Reader(snapshot, TEXTS).rows([]).rows == []


def test_a_snapshot_does_not_see_what_is_written_meanwhile(source: SqlSource, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "rows.db", isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    with source.snapshot() as snapshot:
        found = Reader(snapshot, TEXTS).pages(size=10)
        assert len(next(found).rows) == 10
        other.execute("DELETE FROM texts")
        other.execute("INSERT INTO texts VALUES ('zz', 1, 'new')")
        assert [len(page.rows) for page in found] == [10, 3]
    assert [row.own["c"] for row in rows(source, TEXTS)] == ["new"]
    other.close()


# ── lookups ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_lookup_finds_the_row_or_nothing(source: SqlSource) -> None:
    found = rows(source, orders(lookups=(LookupNeed("who", (CUSTOMER,), ((0, "name"), (0, "id"))),)))
    names = [row.found["who"] for row in found]
    assert names == [{(0, "name"): "Ada", (0, "id"): 1}, {(0, "name"): "Bob", (0, "id"): 2},
                     {(0, "name"): "Cy", (0, "id"): 3}, None, None]  # fmt: skip


def test_a_chain_that_breaks_off_keeps_what_it_found(source: SqlSource) -> None:
    chain = (CUSTOMER, hop("regions", ("regions.id", "customers.region")))
    found = rows(source, orders(lookups=(LookupNeed("where", chain, ((0, "name"), (1, "name"))),)))
    assert [row.found["where"] for row in found] == [
        {(0, "name"): "Ada", (1, "name"): "north"},
        {(0, "name"): "Bob", (1, "name"): None},
        {(0, "name"): "Cy", (1, "name"): None},
        None,
        None,
    ]


def test_equality_of_texts_is_the_databases(source: SqlSource) -> None:
    found = pages(source, orders(lookups=(LookupNeed("code", (hop("codes", ("codes.code", "orders.code")),),
                                                     ((0, "label"),)),)), 10)  # fmt: skip
    labels = {row.own["id"]: row.found["code"] for page in found for row in page.rows}
    assert labels == {1: {(0, "label"): "alpha"}, 2: {(0, "label"): "alpha"}, 4: None, 5: None}
    (refused,) = found[0].refused
    assert (refused.row, refused.entity) == ({"id": 3}, "orders")
    assert refused.reason == "several rows of codes have its code; one is meant"


# ── many rows ────────────────────────────────────────────────────────────────────────────────────────────────────────
def embedded(limit: int | None = None, order_by: Sequence[tuple[str, bool]] = ()) -> Needs:
    order = tuple((column(name), descending) for name, descending in order_by)
    value = Construction(LINES, "array", (("price", column("lines.price")),), limit, order)
    return orders(collections=(CollectionNeed("lines", value, ("price",)),))


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        (embedded(), [[10, 30, 20], [None], [5], [], []]),
        (embedded(limit=2), [[10, 30], [None], [5], [], []]),
        (embedded(limit=2, order_by=[("lines.price", True)]), [[30, 20], [None], [5], [], []]),
        (embedded(order_by=[("lines.note", False)]), [[30, 10, 20], [None], [5], [], []]),
    ],
)
def test_embedded_rows_are_ordered_and_limited(source: SqlSource, needs: Needs, expected: list[list[Any]]) -> None:
    assert [[one["price"] for one in row.many["lines"]] for row in rows(source, needs)] == expected


def test_an_object_of_the_same_row_costs_no_query(source: SqlSource) -> None:
    value = Construction(hop("orders", ("orders.id", "orders.id")), "object", (), same_row=True)
    found = rows(source, orders(collections=(CollectionNeed("own", value, ("code", "rate")),)))
    assert found[0].many["own"] == [{"code": "a", "rate": 2}]


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("COUNT", [3, 0, 1, 0, 0]),
        ("SUM", [60, None, 5, None, None]),
        ("AVG", [Decimal("20.0000"), None, Decimal("5.0000"), None, None]),
        ("MIN", [10, None, 5, None, None]),
        ("MAX", [30, None, 5, None, None]),
    ],
)
def test_aggregates_are_mysqls(source: SqlSource, operation: Any, expected: list[Any]) -> None:
    need = AggregateNeed("total", Aggregate(LINES, operation, column("lines.price")))
    assert [row.values["total"] for row in rows(source, orders(aggregates=(need,)))] == expected


def test_an_aggregate_may_use_the_own_row(source: SqlSource) -> None:
    amount = Arithmetic("*", column("lines.price"), column("orders.rate"))
    need = AggregateNeed("total", Aggregate(LINES, "SUM", amount))
    assert [row.values["total"] for row in rows(source, orders(aggregates=(need,)))] == [120, None, 20, None, None]


# ── trees ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def tree(*values: Recursive) -> Needs:
    needs = tuple(RecursiveNeed(str(number), value) for number, value in enumerate(values))
    return Needs("tree", ("id",), ("id",), recursions=needs)


def test_depth_and_path_follow_the_parents(source: SqlSource) -> None:
    needs = tree(
        Recursive("depth", "parent"),
        Recursive("path", "parent", "name", "/"),
        Recursive("path", "parent", "name", " > ", includes_self=False),
    )
    found = {row.own["id"]: list(row.values.values()) for row in rows(source, needs)}
    assert found == {1: [0, "root", ""], 2: [1, "root/two", "root"], 3: [2, "root/two/three", "root > two"],
                     7: [0, "seven", ""]}  # fmt: skip


def test_rows_that_are_their_own_ancestors_are_refused(source: SqlSource) -> None:
    refused = [one for page in pages(source, tree(Recursive("depth", "parent"))) for one in page.refused]
    assert [one.row for one in refused] == [{"id": 4}, {"id": 5}, {"id": 6}]
    assert refused[0].reason == "it is its own ancestor by parent: 4 → 6 → 5 → 4"


# ── what is not there ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("needs", "message"),
    [
        (Needs("nowhere", ("id",), ()), "the source has no table 'nowhere'"),
        (Needs("orders", ("id",), ("id", "colour")), "table 'orders' of the source has no column 'colour'"),
        (orders(lookups=(LookupNeed("who", (CUSTOMER,), ((0, "age"),)),)), "table 'customers' .* no column 'age'"),
        (orders(lookups=(LookupNeed("x", (hop("orders", ("orders.id", "nobody.id")),), ()),)), "is of none of orders"),
        (Needs("plain", (), ("a",)), "'plain' has no primary key"),
    ],
)
def test_what_is_not_there_is_said_by_name(source: SqlSource, needs: Needs, message: str) -> None:
    with pytest.raises(MigrationError, match=message):
        pages(source, needs)


def test_so_many_keys_that_they_need_several_queries(source: SqlSource, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "rows.db")
    connection.execute("DELETE FROM orders")
    connection.executemany("INSERT INTO customers VALUES (?, ?, 1)", [(n, f"c{n}") for n in range(10, 2_600)])
    connection.executemany("INSERT INTO orders VALUES (?, ?, NULL, 1)", [(n, n) for n in range(10, 2_600)])
    connection.commit()
    connection.close()
    needs = orders(lookups=(LookupNeed("who", (CUSTOMER,), ((0, "name"),)),))
    found = [row.found["who"] for page in pages(source, needs, 5_000) for row in page.rows]
    assert found == [{(0, "name"): f"c{n}"} for n in range(10, 2_600)]
