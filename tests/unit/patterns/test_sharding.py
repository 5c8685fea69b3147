"""Which shard an item goes to, what is refused, and counters over shards. Reading in order is test_merged's."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any, TypedDict

import pytest

from hashrange.client import DynamoDB
from hashrange.errors import (
    AmbiguousWrite,
    ConditionFailed,
    ConnectionLost,
    InvalidKey,
    Throttling,
    TypeMismatch,
    ValidationError,
)
from hashrange.expressions import Attr
from hashrange.key import Key
from hashrange.patterns.sharding import SHARDS_MAX_COUNT, Sharded, ShardedKey
from hashrange.resilience.retry import RetryPolicy
from hashrange.schema import GlobalIndex
from tests.fakes import Chance, FakeTransport, answer, client, failure

KEY = ShardedKey("COUNTER", shards=4)
FIRST = KEY.key(0)


def sharded(transport: FakeTransport, *chances: float, **config: Any) -> Sharded[dict[str, Any]]:
    table = client(transport, **config).table("app", indexes={"by_day": GlobalIndex("day", "SK")})
    return Sharded(table, randomness=Chance(*chances))


def stored(transport: FakeTransport) -> list[Any]:
    return [payload["Item"]["PK"]["S"] for payload in transport.payloads]


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_key_has_a_partition_key_for_each_shard() -> None:
    assert ShardedKey("COUNTER", shards=3).keys == ["COUNTER#SHARD#0", "COUNTER#SHARD#1", "COUNTER#SHARD#2"]
    assert len(ShardedKey("COUNTER").keys) == 10
    assert ShardedKey("A", shards=1, separator=".").keys == ["A.0"]


@pytest.mark.parametrize(
    ("suffix", "shard"), [("order-1", 9), ("order-2", 1), ("", 6), ("ä", 9), (7, 0), ("7", 0), (b"7", 0)]
)
def test_a_suffix_decides_the_same_shard_for_ever(suffix: str | int | bytes, shard: int) -> None:
    """Pinned: with another hash, items that are stored would not be found."""
    assert ShardedKey("FEED", shards=10).key_for(suffix) == f"FEED#SHARD#{shard}"


@pytest.mark.parametrize("chance", [0.0, 0.2499, 0.25, 0.9999999999999999, 1.0])
def test_a_random_shard_is_one_of_them(chance: float) -> None:
    assert KEY.random_key(Chance(chance)) == KEY.key(min(int(chance * 4), 3))


@pytest.mark.parametrize("shards", [0, -1, 1.5, True, "10", None, SHARDS_MAX_COUNT + 1])
def test_a_number_of_shards_that_cannot_be(shards: Any) -> None:
    with pytest.raises(ValidationError, match=r"shards is .*; it must be a whole number from 1 to 1000"):
        ShardedKey("COUNTER", shards=shards)


@pytest.mark.parametrize(
    ("base", "separator", "said"),
    [
        ("", "#SHARD#", "not empty"),
        (7, "#SHARD#", "must be text"),
        ("A#SHARD#3", "#SHARD#", "'A#SHARD#3' has the separator '#SHARD#' in it"),
        ("A.B", ".", "has the separator"),
        ("A", "", "separator must be text"),
        ("A", None, "separator must be text"),
        ("ä" * 1_021, "#SHARD#", "longer than 2048 bytes"),
    ],
)
def test_a_key_that_cannot_be(base: Any, separator: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ShardedKey(base, separator=separator)


@pytest.mark.parametrize("suffix", [1.5, None, True, ["a"]])
def test_a_suffix_that_cannot_be(suffix: Any) -> None:
    with pytest.raises(TypeMismatch, match="the suffix of sharded key 'COUNTER' is of type"):
        KEY.key_for(suffix)


# ── items ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_put_goes_to_a_random_shard_or_to_its_suffix() -> None:
    transport = FakeTransport(answer(), repeat=True)
    counters = sharded(transport, 0.6)
    put = await counters.put_item_sharded({"SK": "1"}, KEY)
    assert put.key == Key(KEY.key(2), "1")
    await counters.put_item_sharded({"SK": "1"}, KEY, "order-1")
    await counters.put_item_sharded({"PK": "COUNTER", "SK": "1"}, KEY, suffix="order-1")
    assert stored(transport) == [KEY.key(2), KEY.key_for("order-1"), KEY.key_for("order-1")]


async def test_the_clients_chance_is_the_default() -> None:
    transport = FakeTransport(answer(), repeat=True)
    table = client(transport, randomness=Chance(0.99)).table("app")
    await Sharded(table).put_item_sharded({"SK": "1"}, KEY)
    assert stored(transport) == [KEY.key(3)]


async def test_an_item_of_a_shard_stays_there() -> None:
    transport = FakeTransport(answer(), repeat=True)
    await sharded(transport).put_item_sharded({"PK": KEY.key(3), "SK": "1"}, KEY)
    assert stored(transport) == [KEY.key(3)]


async def test_an_item_of_another_key_is_refused() -> None:
    counters = sharded(FakeTransport())
    with pytest.raises(InvalidKey, match="the item's 'PK' is neither 'COUNTER' nor one of its 4 shards") as caught:
        await counters.put_item_sharded({"PK": "USER#1", "SK": "1"}, KEY)
    assert caught.value.table == "app"
    elsewhere = next(key for key in KEY.keys if key != KEY.key_for("order-1"))
    with pytest.raises(InvalidKey, match="another shard of 'COUNTER' than its suffix says"):
        await counters.put_item_sharded({"PK": elsewhere, "SK": "1"}, KEY, "order-1")


async def test_an_indexs_partition_key_can_be_sharded() -> None:
    transport = FakeTransport(answer())
    put = await sharded(transport, 0.3).put_item_sharded({"PK": "ORDER#1", "SK": "1"}, KEY, index="by_day")
    assert put.key == Key("ORDER#1", "1")
    assert transport.payloads[0]["Item"]["day"] == {"S": KEY.key(1)}


@dataclass
class Event:
    SK: str
    n: int = 0


class Row(TypedDict):
    SK: str
    n: int


@pytest.mark.parametrize(("model", "item"), [(Event, Event("1", 7)), (Row, {"SK": "1", "n": 7})])
async def test_models_need_not_know_the_partition_key(model: type[Any], item: Any) -> None:
    old = {"PK": {"S": FIRST}, "SK": {"S": "1"}, "n": {"N": "7"}}
    transport = FakeTransport(answer({"Attributes": old}))
    table = client(transport).table("app", model=model)
    put = await Sharded(table).put_item_sharded(item, KEY, return_old=True)
    assert put.old_item == item
    assert stored(transport) == [FIRST]
    failing = FakeTransport(failure("ConditionalCheckFailedException", "no", data={"Item": old}))
    with pytest.raises(ConditionFailed) as caught:
        await Sharded(client(failing).table("app", model=model)).put_item_sharded(
            item, KEY, condition=Attr("PK").not_exists()
        )
    assert caught.value.item == item


async def test_what_made_a_condition_fail_is_given_as_it_is_where_it_does_not_fit() -> None:
    there = {"PK": {"S": FIRST}, "SK": {"N": "1"}}
    transport = FakeTransport(failure("ConditionalCheckFailedException", "no", data={"Item": there}))
    events = Sharded(client(transport).table("app", model=Event))
    with pytest.raises(ConditionFailed) as caught:
        await events.put_item_sharded(Event("1"), KEY, condition=Attr("PK").not_exists())
    assert caught.value.item == {"PK": FIRST, "SK": 1}


# ── counters ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_adding_goes_to_one_shard() -> None:
    transport = FakeTransport(answer(), repeat=True)
    counters = sharded(transport, 0.0, 0.9)
    await counters.add_sharded(KEY, "views", sort="2026")
    await counters.add_sharded(KEY, "views", -3, sort="2026")
    await counters.add_sharded(KEY, "views", sort="2026", suffix="user-7")
    keys = [payload["Key"]["PK"]["S"] for payload in transport.payloads]
    assert keys == [KEY.key(0), KEY.key(3), KEY.key_for("user-7")]
    assert [payload["ExpressionAttributeValues"] for payload in transport.payloads[:2]] == [
        {":v0": {"N": "1"}},
        {":v0": {"N": "-3"}},
    ]


async def test_adding_is_not_sent_twice_unless_that_is_wanted() -> None:
    with pytest.raises(AmbiguousWrite):
        await sharded(FakeTransport(ConnectionLost("reset"))).add_sharded(KEY, "views", sort="1")
    await sharded(FakeTransport(ConnectionLost("reset"), answer())).add_sharded(
        KEY, "views", sort="1", retry_ambiguous=True
    )


def found(*values: dict[str, Any] | None) -> Any:
    rows = [
        {"PK": {"S": KEY.key(shard)}, "SK": {"S": "1"}, **({} if value is None else {"views": value})}
        for shard, value in enumerate(values)
    ]
    return answer({"Responses": {"app": rows}, "UnprocessedKeys": {}})


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ([{"N": "1"}, {"N": "2"}, {"N": "3"}], 6),
        ([{"N": "1"}, None], 1),
        ([], 0),
        ([{"N": "0.1"}, {"N": "0.2"}], Decimal("0.3")),
        ([{"N": "1E+100"}, {"N": "1E-100"}, {"N": "-1E+100"}], Decimal("1E-100")),
        ([{"N": "9" * 38}, {"N": "0.5"}], Decimal("9" * 38 + ".5")),
    ],
)
async def test_a_sum_is_exact(values: list[Any], total: Any) -> None:
    transport = FakeTransport(found(*values))
    assert await sharded(transport).sum_sharded(KEY, "views", sort="1", consistent=True) == total
    request = transport.payloads[0]["RequestItems"]["app"]
    assert ([key["PK"]["S"] for key in request["Keys"]], request["ConsistentRead"]) == (KEY.keys, True)


async def test_a_sum_of_floats_is_a_float() -> None:
    total = await sharded(FakeTransport(found({"N": "0.5"}, {"N": "2"})), numbers="float").sum_sharded(
        KEY, "views", sort="1"
    )
    assert (total, type(total)) == (2.5, float)


async def test_a_sum_without_a_shard_is_no_sum() -> None:
    unread = {"app": {"Keys": [{"PK": {"S": FIRST}, "SK": {"S": "1"}}]}}
    transport = FakeTransport(answer({"Responses": {}, "UnprocessedKeys": unread}), repeat=True)
    with pytest.raises(Throttling, match="1 of 4 shards of 'COUNTER' could not be read"):
        await sharded(transport, retry=RetryPolicy.none()).sum_sharded(KEY, "views", sort="1")


async def test_a_sum_of_text_is_refused() -> None:
    with pytest.raises(TypeMismatch, match="attribute 'views' of a shard of 'COUNTER' is not a number") as caught:
        await sharded(FakeTransport(found({"S": "7"}))).sum_sharded(KEY, "views", sort="1")
    assert caught.value.key == Key(FIRST, "1")


async def test_random_shards_are_even_on_the_simulator() -> None:
    async with DynamoDB.in_memory(["app"]) as db:
        table = db.table("app")
        counters = Sharded(table, randomness=Random(7))
        for _ in range(200):
            await counters.add_sharded(KEY, "views", sort="1")
        parts = await table.batch_get([Key(key, "1") for key in KEY.keys])
        assert all(part is not None and 30 <= part["views"] <= 70 for part in parts)
        assert await counters.sum_sharded(KEY, "views", sort="1") == 200


def test_repr_names_the_table() -> None:
    assert repr(sharded(FakeTransport())) == "<Sharded <Table 'app' (PK, SK)>>"
