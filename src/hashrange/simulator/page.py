"""One page of a Query or Scan: how far it reads, what of it passes the filter, and its answer.

A page ends at Limit or at 1 MB, whichever comes first; the filter is applied afterwards. Must not know where the items
come from: it takes them in their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Final

import msgspec

from ..limits import PAGE_MAX_BYTES
from . import values
from .capacity import Usage, is_wanted, read_units
from .reading import Read, Source, reaches_back
from .state.store import Record


def page_answer(
    source: Source,
    read: Read,
    records: Iterator[Record],
    last_sort: bytes | None = None,
    partition: bytes | None = None,
) -> dict[str, Any]:
    """The answer to a Query or Scan.

    Args:
        records: everything that it could read, in its order.
        last_sort: the sort key that nothing can follow; a page that reaches it has not been cut.
        partition: the partition key of a Query.

    Raises:
        ApiError: it is throttled.
    """
    trouble = source.trouble
    if trouble is not None:
        trouble.admit_page(source.table, source.global_index, partition)
    entries: list[Record] | None = None
    if reaches_back(source, read):
        entries = []
        records = _fetched(source, records, entries)
    evaluated, is_cut = read_page(records, read.limit, source.table.keys.sort)
    count, items = _chosen(read, evaluated)
    answer: dict[str, Any] = {} if read.counts_only else {"Items": items}
    answer["Count"] = count
    answer["ScannedCount"] = len(evaluated)
    if is_cut and evaluated[-1].sort != last_sort:
        last = evaluated[-1].item
        answer["LastEvaluatedKey"] = {name: last[name] for name in source.key_names}
    if trouble is not None:
        trouble.charge_page(source.table, source.global_index, partition, _usage(source, read, evaluated, entries))
    if read.capacity is not None and is_wanted(read.capacity):
        usage = _usage(source, read, evaluated, entries)
        answer["ConsumedCapacity"] = usage.answer(read.capacity, read.table)
    return answer


def _fetched(source: Source, entries: Iterator[Record], seen: list[Record]) -> Iterator[Record]:
    """The table's items of an index's entries; the entries are kept, for they are paid for as well."""
    for entry in entries:
        seen.append(entry)
        yield source.fetch(entry.item)


def _chosen(read: Read, records: list[Record]) -> tuple[int, list[Any]]:
    """How many records pass the filter, and their items as they are answered, if they are."""
    matches = None if read.filter is None else read.filter.matches
    if matches is None and read.counts_only:
        return len(records), []
    project = read.projection()
    if matches is None and project is None:
        return len(records), [msgspec.Raw(record.body) for record in records]
    items: list[Any] = []
    for record in records:
        item = record.item
        if matches is None or matches(item):
            items.append(msgspec.Raw(record.body) if project is None else project(item))
    return len(items), items


def _usage(source: Source, read: Read, evaluated: list[Record], entries: list[Record] | None) -> Usage:
    """What the page cost: all that was read at once, and each item that was fetched from the table by itself."""
    if source.index is None:
        return Usage(read_units(_size(evaluated), read.consistent))
    fetched = 0.0 if entries is None else sum(read_units(record.size, read.consistent) for record in evaluated)
    usage = Usage(fetched)
    units = read_units(_size(evaluated if entries is None else entries), read.consistent)
    usage.add_index(source.index.name, units, is_global=source.index.is_global)
    return usage


def _size(records: list[Record]) -> int:
    return sum([record.size for record in records])


# ── where a page ends ────────────────────────────────────────────────────────────────────────────────────────────────
#: so many records are taken at once, to see whether their sizes can matter at all
_SHORT_PAGE_MAX_COUNT: Final = 100


def read_page(records: Iterator[Record], limit: int | None, sort_key: str | None) -> tuple[list[Record], bool]:
    """The records of one page, and whether it was cut: by Limit or by its size, even if nothing follows.

    What counts is the size in which the service stores an item, which is found by looking at each of its values. That
    is not done for pages that are too small to be cut by it.

    Args:
        sort_key: the table's sort key; the service stores it in another way than other attributes.
    """
    wanted = _SHORT_PAGE_MAX_COUNT if limit is None else min(limit, _SHORT_PAGE_MAX_COUNT)
    page = list(islice(records, wanted))
    if values.stored_size_bound(len(page), _size(page)) < PAGE_MAX_BYTES:
        if len(page) < wanted:
            return page, False
        if len(page) == limit:
            return page, True
    return _measured_page(chain(page, records), limit, sort_key)


def _measured_page(records: Iterator[Record], limit: int | None, sort_key: str | None) -> tuple[list[Record], bool]:
    page: list[Record] = []
    size = 0
    for record in records:
        page.append(record)
        size += values.stored_size(record.item, sort_key)
        if size >= PAGE_MAX_BYTES or len(page) == limit:
            return page, True
    return page, False
