"""Time to live of tables in a data folder: what goes is what goes in memory, and nobody reads all items to find it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hashrange.simulator import DiskEngine, Engine, TableSpec
from hashrange.simulator.disk.expiry import DiskExpiry
from hashrange.simulator.disk.folder import FILE_NAME
from tests.fakes import NOW, FakeClock

YEAR = 365 * 86_400
#: times of expiry, and what is none
TIMES: dict[str, Any] = {
    "now": {"N": str(int(NOW))},
    "soon": {"N": str(int(NOW) + 10)},
    "with an exponent": {"N": f"{(int(NOW) + 20) / 10}E1"},
    "with a fraction": {"N": f"{int(NOW) + 30}.5"},
    "of many digits": {"N": f"{int(NOW) + 40}.{'1' * 27}"},
    "later": {"N": str(int(NOW) + 10_000)},
    "huge": {"N": "1" + "0" * 125},
    "tiny": {"N": "1E-130"},
    "negative": {"N": "-5"},
    "nearly five years ago": {"N": str(int(NOW) - 5 * YEAR + 60)},
    "too long ago": {"N": str(int(NOW) - 5 * YEAR - 60)},
    "text": {"S": str(int(NOW))},
    "numbers": {"NS": [str(int(NOW))]},
    "a map": {"M": {"N": {"N": str(int(NOW))}}},
    "nothing": {"NULL": True},
}
PLAIN = ("ends_at", "it's", "a.b", "[0]", "$", "ünïcode", "N", "with space", ")); DROP TABLE stores; --")
NOT_PLAIN = ('say "when"', "back\\slash", "line\nbreak")


def put(engine: Engine, name: str, attribute: str, until: Any) -> None:
    item = {"PK": {"S": name}, "SK": {"S": "x"}} | ({} if until is None else {attribute: until})
    engine.execute("PutItem", {"TableName": "app", "Item": item})


def names(engine: Engine) -> set[str]:
    (table,) = engine.catalog.tables
    return {record.item["PK"]["S"] for record in table.records()}


def switch(engine: Engine, attribute: str, *, on: bool) -> None:
    wanted = {"Enabled": on, "AttributeName": attribute}
    engine.execute("UpdateTimeToLive", {"TableName": "app", "TimeToLiveSpecification": wanted})


def indexes(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'expiry%'")]


class Both:
    """The same in memory and in a folder."""

    def __init__(self, folder: Path, attribute: str) -> None:
        self.folder, self.attribute, self.clock = folder, attribute, FakeClock()
        self.tables = [TableSpec("app", ttl_attribute=attribute)]
        self.memory, self.disk = (
            Engine(self.tables, clock=self.clock),
            DiskEngine(folder, self.tables, clock=self.clock),
        )

    def put(self, name: str, until: Any) -> None:
        for engine in (self.memory, self.disk):
            put(engine, name, self.attribute, until)

    def restart(self) -> None:
        self.disk.close()
        self.disk = DiskEngine(self.folder, clock=self.clock)

    def expire(self) -> set[str]:
        """Look on both sides; who is left."""
        assert self.disk.expire() == self.memory.expire()
        assert names(self.disk) == names(self.memory)
        return names(self.disk)


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    made = Both(tmp_path, "ends_at")
    yield made
    made.disk.close()


@pytest.mark.parametrize("attribute", [*PLAIN, *NOT_PLAIN])
def test_what_goes_is_what_goes_in_memory(tmp_path: Path, attribute: str) -> None:
    both = Both(tmp_path, attribute)
    for name, until in (*TIMES.items(), ("unlimited", None)):
        both.put(name, until)
    left = both.expire()
    assert left == {*TIMES, "unlimited"} - {"now", "nearly five years ago"}
    for _ in range(5):
        both.clock.advance(10)
        both.put(f"written at {both.clock.time()}", {"N": str(int(both.clock.time()) - 1)})
        left = both.expire()
        both.restart()
        assert both.disk.expire() == 0
    assert left == {*TIMES, "unlimited"} - {
        "now", "soon", "with an exponent", "with a fraction", "of many digits", "nearly five years ago",
    }  # fmt: skip
    assert bool(indexes(tmp_path)) == (attribute in PLAIN)
    both.disk.close()


def test_an_item_goes_by_what_it_says_last(both: Both) -> None:
    both.put("a", TIMES["soon"])
    both.put("b", TIMES["soon"])
    both.expire()
    both.put("a", TIMES["later"])
    both.put("b", None)
    both.put("c", TIMES["soon"])
    both.clock.advance(60)
    assert both.expire() == {"a", "b"}


def test_items_that_were_there_before_it_was_switched_on(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, ["app"], clock=FakeClock()) as engine:
        for name, until in TIMES.items():
            put(engine, name, "until", until)
        engine.expire()
        assert (len(names(engine)), indexes(tmp_path)) == (len(TIMES), [])
        switch(engine, "until", on=True)
        assert engine.expire() == 2
        assert indexes(tmp_path) == ["expiry_1"]


def test_another_attribute_and_none(tmp_path: Path) -> None:
    clock = FakeClock()
    with DiskEngine(tmp_path, [TableSpec("app", ttl_attribute="first")], clock=clock) as engine:
        put(engine, "a", "first", TIMES["soon"])
        put(engine, "b", "second", TIMES["soon"])
        assert engine.expire() == 0
        clock.advance(3_600)  # so that time to live may be changed again
        switch(engine, "first", on=False)
        assert engine.expire() == 0
        assert indexes(tmp_path) == []
        clock.advance(3_600)
        switch(engine, "second", on=True)
        assert engine.expire() == 1
        assert names(engine) == set()


def test_an_index_of_another_attribute_is_made_anew(tmp_path: Path) -> None:
    clock = FakeClock()
    with DiskEngine(tmp_path, [TableSpec("app", ttl_attribute="first")], clock=clock) as engine:
        put(engine, "b", "second", TIMES["soon"])
        engine.expire()
        clock.advance(3_600)
        switch(engine, "first", on=False)
        clock.advance(3_600)
        switch(engine, "second", on=True)
    with DiskEngine(tmp_path, clock=clock) as engine:  # nobody has looked in between
        engine.expire()
        assert names(engine) == set()


def test_the_file_finds_them_without_reading_all(both: Both) -> None:
    for number in range(100):
        both.put(f"n{number}", TIMES["later"])
    both.expire()
    (table,) = both.disk.catalog.tables
    assert isinstance(table.expiry, DiskExpiry)
    with closing(sqlite3.connect(both.folder / FILE_NAME)) as connection:
        at = table.expiry._at
        rows = f"SELECT place FROM items_1 WHERE {at} IS NOT NULL AND {at} BETWEEN 0 AND 1"
        plan = " ".join(str(row[-1]) for row in connection.execute(f"EXPLAIN QUERY PLAN {rows}"))
    assert "USING INDEX expiry_1" in plan or "USING COVERING INDEX expiry_1" in plan


def test_a_table_that_is_deleted_takes_it_along(both: Both) -> None:
    both.put("a", TIMES["soon"])
    both.expire()
    assert indexes(both.folder) == ["expiry_1"]
    both.disk.execute("DeleteTable", {"TableName": "app"})
    both.clock.advance(60)
    both.disk.expire()
    assert indexes(both.folder) == []
