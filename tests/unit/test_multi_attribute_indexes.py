"""Tables with an index whose keys have several attributes: described, loaded, scanned, and queried by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hashrange import DynamoDB, InvalidKey, KeySchema, Table, ValidationError
from hashrange.operations.describe import parse_description

KEYS = (("place", "HASH"), ("season", "HASH"), ("stage", "RANGE"), ("court", "RANGE"))
REQUEST: dict[str, Any] = {
    "TableName": "matches",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "N" if name in ("season", "court") else "S"}
        for name in ("id", "place", "season", "stage", "court")
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_place",
            "KeySchema": [{"AttributeName": name, "KeyType": role} for name, role in KEYS],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


@pytest.fixture
async def db() -> AsyncIterator[DynamoDB]:
    async with DynamoDB.in_memory() as opened:
        await opened.call("CreateTable", REQUEST)
        yield opened


@pytest.fixture
async def matches(db: DynamoDB) -> Table[dict[str, Any]]:
    """With seven matches, one of which is not in the index."""
    table: Table[dict[str, Any]] = await db.load_table("matches")
    for at in range(6):
        await table.put_item({"id": f"m{at}", "place": "rome", "season": at % 2, "stage": "final", "court": at})
    await table.put_item({"id": "unplaced", "place": "rome", "season": 1})
    return table


async def test_it_is_described(db: DynamoDB) -> None:
    found = (await db.describe_table("matches")).indexes["by_place"]
    assert found.keys == KeySchema("place", "stage")
    assert found.further_keys == ("season", "court")


@pytest.mark.parametrize(
    ("roles", "keys", "further"),
    [
        (["HASH", "HASH"], KeySchema("a"), ("b",)),
        (["HASH", "RANGE", "RANGE"], KeySchema("a", "b"), ("c",)),
        (["HASH", "HASH", "RANGE"], KeySchema("a", "c"), ("b",)),
        (["HASH", "RANGE"], KeySchema("a", "b"), ()),
    ],
)
def test_the_first_attribute_of_each_key_is_the_key(
    roles: list[str], keys: KeySchema, further: tuple[str, ...]
) -> None:
    schema = [{"AttributeName": name, "KeyType": role} for name, role in zip("abc", roles, strict=False)]
    table = {
        "TableName": "app",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [{"IndexName": "gsi", "KeySchema": schema}],
    }
    found = parse_description({"Table": table}, {})
    assert (found.indexes["gsi"].keys, found.indexes["gsi"].further_keys) == (keys, further)
    index = found.schema.index("gsi")
    assert (index.keys, index.key_names) == (keys, keys.names + further)


async def test_it_is_scanned_in_pages(matches: Table[dict[str, Any]]) -> None:
    scan = matches.scan(index="by_place")
    assert len(await scan.all()) == 6
    found, cursor = [], None
    while True:
        page = await matches.scan(index="by_place", limit=4, page_size=3).page(cursor=cursor)
        found += [item["id"] for item in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(found) == [f"m{at}" for at in range(6)]


async def test_a_place_in_mid_page_has_all_its_attributes(matches: Table[dict[str, Any]]) -> None:
    from hashrange import Attr

    async def page(cursor: str | None) -> Any:
        scan = matches.scan(index="by_place", filter=Attr("court") >= 0, projection=["id"], limit=1)
        return await scan.page(cursor=cursor)

    found, cursor = [], None
    for _ in range(6):
        one = await page(cursor)
        found += one.items
        cursor = one.cursor
    assert sorted(item["id"] for item in found) == [f"m{at}" for at in range(6)]
    assert all(item.keys() == {"id"} for item in found)


async def test_a_query_of_one_value_is_refused_before_it_is_sent(matches: Table[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError) as caught:
        await matches.query("rome", index="by_place").all()
    assert "index 'by_place' have several attributes: place, stage, season, court" in str(caught.value)
    assert "db.call('Query'" in str(caught.value.hint)


async def test_it_is_queried_by_hand(db: DynamoDB, matches: Table[dict[str, Any]]) -> None:
    answer = await db.call(
        "Query",
        {
            "TableName": matches.name,
            "IndexName": "by_place",
            "KeyConditionExpression": "place = :p AND season = :s AND stage = :f AND court > :c",
            "ExpressionAttributeValues": {
                ":p": {"S": "rome"},
                ":s": {"N": "1"},
                ":f": {"S": "final"},
                ":c": {"N": "1"},
            },
        },
    )
    assert [item["id"]["S"] for item in answer["Items"]] == ["m3", "m5"]


@pytest.mark.parametrize("name", ["season", "court"])
async def test_its_further_attributes_must_be_keys(matches: Table[dict[str, Any]], name: str) -> None:
    with pytest.raises(InvalidKey, match=f"attribute '{name}' is of type BOOL, and it is a key of index 'by_place'"):
        await matches.put_item({"id": "x", name: True})
