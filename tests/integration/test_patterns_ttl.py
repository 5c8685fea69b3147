"""Times to live on every server: hidden where they are over, renewed, read from the service, and warned of."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from hashrange import DynamoDB, Item, Key, Table, TimeToLive, TimeToLiveWarning, ValidationError

from .conftest import MakeTable

HOUR = timedelta(hours=1)


def item(name: str, end: object = None) -> Item:
    return {"PK": "S", "SK": name} | ({} if end is None else {"until": end})


@pytest.fixture
async def sessions(db: DynamoDB, make_table: MakeTable) -> Table[Item]:
    plain = db.table(await make_table())
    now = int(time.time())
    for name, end in {"over": now - 60, "soon": now + 600, "later": now + 7200, "never": None}.items():
        await plain.put_item(item(name, end))
    return db.table(plain.name, ttl_attribute="until")


async def test_only_what_is_alive(db: DynamoDB, sessions: Table[Item]) -> None:
    ttl = TimeToLive(sessions)
    names = ["over", "soon", "later", "never"]
    keys = [Key("S", name) for name in names]
    assert [found["SK"] for found in await ttl.query_active("S").all()] == ["later", "never", "soon"]
    active = await ttl.query_active("S", min_remaining=HOUR).all()
    assert [found["SK"] for found in active] == ["later", "never"]
    assert [await sessions.get_item(key, hide_expired=True) is not None for key in keys] == [False, True, True, True]
    found = await sessions.batch_get(keys, projection=["SK"], hide_expired=True)
    assert found == [None, {"SK": "soon"}, {"SK": "later"}, {"SK": "never"}]
    assert len(await db.batch_get([(sessions, key) for key in keys])) == 4


async def test_renew(sessions: Table[Item]) -> None:
    ttl = TimeToLive(sessions)
    renewed = await ttl.renew(Key("S", "soon"), 2 * HOUR)
    assert renewed is not None
    left = ttl.remaining(renewed)
    assert left is not None
    assert HOUR < left <= 2 * HOUR + timedelta(seconds=1)
    assert await ttl.renew(Key("S", "over"), HOUR) is None
    assert await ttl.renew(Key("S", "nobody"), HOUR) is None
    assert await ttl.renew(Key("S", "never"), HOUR) == item("never")
    assert await sessions.get_item(Key("S", "nobody")) is None


async def test_the_attribute_is_read_from_the_service(db: DynamoDB, sessions: Table[Item]) -> None:
    specification = {"AttributeName": "until", "Enabled": True}
    await db.call("UpdateTimeToLive", {"TableName": sessions.name, "TimeToLiveSpecification": specification})
    ttl = TimeToLive(await db.load_table(sessions.name))
    assert ttl.attribute == "until"
    await ttl.table.put_item(item("new"), ttl=HOUR)
    stored = await sessions.get_item(Key("S", "new"))
    assert stored is not None
    assert stored["until"] == pytest.approx(time.time() + 3600, abs=120)


async def test_milliseconds(db: DynamoDB, sessions: Table[Item]) -> None:
    wrong = item("ms", int(time.time() * 1000))
    with pytest.raises(ValidationError, match="until: the time to live is in milliseconds"):
        await sessions.put_item(wrong)
    await db.table(sessions.name).put_item(wrong)
    with pytest.warns(TimeToLiveWarning, match="in milliseconds"):
        assert await sessions.get_item(Key("S", "ms"), hide_expired=True) == wrong


async def test_a_query_after_a_write(sessions: Table[Item]) -> None:
    written_at = time.time()
    await sessions.put_item(item("fresh"))
    found = await sessions.query("S", "fresh").execute_after_write(written_at, timedelta(milliseconds=20))
    assert found == [item("fresh")]
