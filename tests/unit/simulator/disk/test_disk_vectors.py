"""Vector indexes of tables that stay: definitions and entries are there after a start."""

from __future__ import annotations

from pathlib import Path

from hashrange.simulator import DiskEngine
from tests.simulated_vectors import PRODUCTS, SCHEMA, World, creation, vector_index


def test_an_index_is_there_after_a_start(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, [creation(vector_index(schema=SCHEMA))]) as engine:
        world = World(engine=engine)
        world.put("a", 1, 0, 0, category="c", brand="x")
        world.put("b", 0, 1, 0, category="c")
        world.put("b", -1, 0, 0, category="c")
        described = world.described()
    with DiskEngine(tmp_path) as engine:
        world = World(engine=engine)
        assert world.described() == described
        condition = {"condition": "category = :c", "c": "c"}
        assert world.scores(1, 0, 0, **condition) == {"a": 0.0, "b": 2.0}
        world.put("b", 1, 1, 0, category="c")
        world.do("DeleteItem", TableName=PRODUCTS, Key={"id": {"S": "a"}})
        assert world.found(1, 0, 0, **condition) == ["b"]
        world.do("UpdateTable", TableName=PRODUCTS, VectorIndexUpdates=[{"Create": vector_index("all")}])
        world.describe()
        assert world.found(1, 0, 0, IndexName="all") == ["b"]
        world.do("UpdateTable", TableName=PRODUCTS, VectorIndexUpdates=[{"Delete": {"IndexName": "all"}}])
        world.describe()
    with DiskEngine(tmp_path) as engine:
        world = World(engine=engine)
        assert world.described("all") is None
        assert world.found(1, 0, 0, condition="category = :c", c="c") == ["b"]
