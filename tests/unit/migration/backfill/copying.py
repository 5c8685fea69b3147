"""The shop's backfill with all that it needs, for the tests of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hashrange import DynamoDB
from hashrange.migration.backfill import Backfill, Options
from hashrange.migration.source.sql import SqlSource
from hashrange.migration.state.file_store import FileStore
from hashrange.migration.state.store import Store
from tests.shop_source import orders, shop_mappings, stored

MADE = shop_mappings()


class Shop:
    """A source, tables and a state for one test."""

    def __init__(self, folder: Path, db: DynamoDB, source: SqlSource) -> None:
        self.folder, self.db, self.source = folder, db, source
        self.state: Store = FileStore(folder / "state")

    def backfill(self, **options: Any) -> Backfill:
        given = {name: options.pop(name) for name in ("on_progress", "clock", "pacer") if name in options}
        settings = Options(**{"refused_folder": self.folder / "refused", **options})
        return Backfill(self.source, MADE, self.db, self.state, settings, **given)

    async def items(self) -> dict[tuple[str, Any, Any], dict[str, Any]]:
        return await stored(self.db, MADE)

    def refused(self, name: str = "orders") -> list[dict[str, Any]]:
        path = self.folder / "refused" / f"{name}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def broken(number: int) -> dict[str, list[dict[str, Any]]]:
    """So many orders whose customer is not there, so that their key is NULL."""
    rows = orders(20)
    for order in rows["orders"][3 : 3 + number]:
        order["customer_id"] = 77
    return rows
