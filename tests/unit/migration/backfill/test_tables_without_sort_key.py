"""Tables whose key is one attribute: filled, verified, and their deletions heeded."""

from __future__ import annotations

from pathlib import Path

from hashrange import DynamoDB, Key
from hashrange.migration.backfill import Backfill, Options
from hashrange.migration.contract.load import load_contract
from hashrange.migration.mapping.entity import mappings
from hashrange.migration.source.ddl import parse_ddl
from hashrange.migration.source.files import FileSource
from hashrange.migration.state.file_store import FileStore
from hashrange.migration.state.tombstones import Tombstones
from hashrange.migration.tables import ensure_tables
from hashrange.migration.verify import Verification

DDL = "CREATE TABLE things (id INT NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL)"
CONTRACT = {
    "tables": [
        {
            "table": "Things", "type": "single-entity", "source_table": "things", "pk": "thing", "sk": None,
            "attributes": [
                {"name": "thing", "type": "N", "source_table": "things", "source_column": "id"},
                {"name": "name", "type": "S", "source_table": "things", "source_column": "name"},
            ],
            "satisfies": ["AP1"], "estimated_item_size_bytes": 100,
        }
    ]
}  # fmt: skip


async def test_a_table_with_one_key_is_filled_and_verified(tmp_path: Path) -> None:
    (tmp_path / "things.csv").write_text("id,name\n1,one\n2,two\n3,three\n")
    schema = parse_ddl(DDL)
    contract = load_contract(CONTRACT, schema=schema).require()
    made = mappings(contract, schema=schema)
    source, state = FileSource({"things": tmp_path / "things.csv"}, schema), FileStore(tmp_path / "state")
    async with DynamoDB.in_memory() as db:
        await ensure_tables(contract, db)
        await Tombstones(state, "Things").bury(Key(2), at=0.0)
        report = await Backfill(source, made, db, state, Options(refused_folder=tmp_path), schema=schema).run()
        assert (report.total.written, report.total.deleted) == (2, 1)
        found = await db.table("Things", "thing", None).scan().all()
        assert sorted(item["name"] for item in found) == ["one", "three"]
        assert not (await Verification(source, made, db, schema=schema).run()).ok, "row 2 is there still"
        await Tombstones(state, "Things").revive(Key(2))
        await db.table("Things", "thing", None).put_item({"thing": 2, "name": "two"})
        assert (await Verification(source, made, db, schema=schema).run()).ok
    source.close()
    await state.close()
