"""A dry run measures what a backfill would write, counts what would be refused, and shows no secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hashrange.codec import item_size
from hashrange.migration.backfill import dry_run
from hashrange.migration.backfill.dry_run import _Partitions, _quantile
from hashrange.migration.source.reader import Reader
from tests.shop_source import file_source, orders, shop_mappings

MADE = shop_mappings()


async def test_sizes_costs_and_keys_are_those_of_the_items(tmp_path: Path) -> None:
    rows = orders(30)
    rows["products"][0]["description"] = "x" * 3_000
    source, told = file_source(tmp_path, rows), list[tuple[str, int]]()
    found = await dry_run(source, MADE, page_rows=10, on_page=lambda entity, count: told.append((entity, count)))
    for mapping in MADE:
        with source.snapshot() as snapshot:
            pages = list(Reader(snapshot, mapping.needs).pages())
        items = [mapping.to_item(mapping.record(row)) for page in pages for row in page.rows]
        sizes = sorted(map(item_size, items))
        one = found.entities[mapping.repository]
        assert (one.rows, one.items, one.refused) == (len(items), len(items), {})
        assert (one.size_min, one.size_max, one.bytes_total) == (sizes[0], sizes[-1], sum(sizes))
        assert one.size_median == sizes[(len(sizes) - 1) // 2]
        assert one.size_p99 == sizes[-1]
        assert one.write_units == sum(-(-size // 1_024) for size in sizes)
        assert sum(count for _, count in one.top) == len(items)
        assert one.partitions == len({item[mapping.table.pk] for item in items})
    assert found.entities["products"].write_units == 6
    assert told[2:6] == [("ORDER", 10), ("ORDER", 20), ("ORDER", 30), ("ORDER", 33)]
    source.close()


async def test_samples_hide_what_looks_secret(tmp_path: Path) -> None:
    rows = orders(0)
    rows["products"][0]["details"] = json.dumps({"api_key": "hunter2", "ports": [{"token": "hunter2", "n": 1}]})
    source = file_source(tmp_path, rows)
    found = await dry_run(source, MADE)
    shown = repr(found)
    assert "scrypt:3" not in shown
    assert "hunter2" not in shown
    (first, *_) = found.entities["customers"].samples
    assert (first["password_hash"], first["login"]) == ("(hidden)", "ada")
    assert found.entities["products"].samples[0]["details"] == {
        "api_key": "(hidden)", "ports": [{"token": "(hidden)", "n": 1}],
    }  # fmt: skip
    source.close()


async def test_refused_rows_are_counted_by_reason(tmp_path: Path) -> None:
    rows = orders(10)
    for order in rows["orders"][:4]:
        order["customer_id"] = 77
    rows["products"][1]["description"] = "x" * 420_000
    rows["products"][2]["description"] = "x" * 430_000
    source = file_source(tmp_path, rows)
    found = await dry_run(source, MADE, entities=["orders", "products"])
    assert [found.entities[name].items for name in ("orders", "products")] == [9, 1]
    ((reason, count),) = found.entities["orders"].refused.items()
    assert (reason.startswith("PK: "), count) == (True, 4)
    assert (found.entities["products"].refused, found.entities["products"].too_large) == ({"over 400 KB": 2}, 2)
    source.close()


async def test_only_the_first_rows_are_read_where_that_is_asked_for(tmp_path: Path) -> None:
    source = file_source(tmp_path, orders(30))
    found = await dry_run(source, MADE, entities=["orders"], rows_max=7, page_rows=5)
    assert (found.entities["orders"].rows, found.entities["orders"].items) == (7, 7)
    source.close()


@pytest.mark.parametrize(
    ("sizes", "share", "expected"),
    [({}, 0.5, 0), ({5: 1}, 0.99, 5), ({1: 1, 9: 1}, 0.5, 1), ({1: 98, 7: 1, 9: 1}, 0.99, 7), ({3: 9, 4: 1}, 1.0, 4)],
)
def test_quantiles(sizes: Any, share: float, expected: int) -> None:
    from collections import Counter

    assert _quantile(Counter(sizes), share) == expected


def test_frequent_partitions_are_found_among_very_many() -> None:
    partitions = _Partitions()
    for number in range(100_000):
        partitions.add(f"rare {number}")
        if number % 10 == 0:
            partitions.add("frequent")
    (name, count), *_ = partitions.top()
    assert name == "frequent"
    assert 10_000 <= count <= 10_010
    assert partitions.count <= 20_000
