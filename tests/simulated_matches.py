"""A table of matches, with an index whose keys have several attributes."""

from __future__ import annotations

from hashrange.simulator.state.definitions import IndexDefinition, Keys, TableDefinition
from tests.simulated_items import World, keys

MATCHES = "Matches"
BY_PLACE = "by-place"
STAGES = ["final", "quarter", "semi"]


def schema(text: str) -> list[dict[str, str]]:
    """A key schema: partition keys, a bar, sort keys."""
    partitions, _, sorts = text.partition("|")
    roles = [(name, "HASH") for name in partitions.split()] + [(name, "RANGE") for name in sorts.split()]
    return [{"AttributeName": name, "KeyType": role} for name, role in roles]


def matches(projection: str = "ALL", key_roles: str = "place season | stage court", **types: str) -> TableDefinition:
    """A table of matches (id); an index by place (S) and season (N), and in it by stage (S) and court (N)."""
    roles: Keys = tuple((element["AttributeName"], element["KeyType"]) for element in schema(key_roles))  # type: ignore[misc]  # one of the two
    all_types = {"id": "S", "place": "S", "season": "N", "stage": "S", "court": "N"} | types
    index_ = IndexDefinition(BY_PLACE, roles, projection=projection)
    return TableDefinition(MATCHES, keys("id"), all_types, {BY_PLACE: index_})


def filled() -> World:
    """Three stages at two courts in each of two seasons in Rome, and one in Oslo."""
    world = World(matches())
    for season in (1, 2):
        for at, stage in enumerate(STAGES):
            for court in (10, 2):
                key = f"{season}{at}{court}"
                world.put(MATCHES, id=key, place="rome", season=season, stage=stage, court=court, note=f"n{court}")
    world.put(MATCHES, id="oslo", place="oslo", season=1, stage="semi", court=1)
    return world


def held(world: World) -> list[str]:
    return sorted(each["id"]["S"] for each in world("Scan", TableName=MATCHES, IndexName=BY_PLACE)["Items"])
