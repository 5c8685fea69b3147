"""Writing many items: what is sent when, duplicates, models, refusals, and the life of a batch."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from hashrange.batch import Batch, BatchReport
from hashrange.errors import (
    BatchError,
    ConfigurationError,
    DynamoDBError,
    InvalidKey,
    ItemTooLarge,
    MissingRequiredKey,
    TypeMismatch,
    ValidationError,
)
from hashrange.key import Key
from hashrange.schema import GlobalIndex
from hashrange.telemetry.usage import ConsumedCapacity
from tests.fakes import NOW, client, turns

from .batches import BatchService, Row, row, table
from .users import MODELS, PLAIN, USER, WIRE, User


def key(number: int) -> Key:
    return Key(f"USER#{number:04d}", "PROFILE")


# ── what is sent when ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("count", "requests"), [(0, []), (1, [1]), (25, [25]), (26, [25, 1]), (60, [25, 25, 10]), (250, [25] * 10)]
)
async def test_everything_is_written_in_full_chunks(count: int, requests: list[int]) -> None:
    service = BatchService()
    async with table(service).batch() as batch:
        for number in range(count):
            batch.put(row(number))
    assert service.counts == requests
    assert service.rows() == list(range(count))
    assert batch.report == BatchReport(count, 0, 0, len(requests), None)
    assert batch.failed == ()


async def test_puts_and_deletes_go_together() -> None:
    service = BatchService()
    users = table(service)
    async with users.batch() as batch:
        for number in range(4):
            batch.put(row(number))
    async with users.batch() as batch:
        batch.put(row(9))
        batch.delete(key(2))
    assert service.counts == [4, 2]
    assert service.rows() == [0, 1, 3, 9]


async def test_full_chunks_are_sent_while_the_block_runs() -> None:
    service = BatchService()
    async with table(service).batch() as batch:
        for number in range(60):
            batch.put(row(number))
        await turns()
        assert service.counts == [25, 25]
        assert batch.report.processed == 50
    assert service.counts == [25, 25, 10]


@pytest.mark.parametrize("concurrency", [1, 2, 8])
async def test_no_more_requests_are_under_way_than_allowed(concurrency: int) -> None:
    service = BatchService()
    async with table(service).batch(concurrency=concurrency) as batch:
        for number in range(500):
            batch.put(row(number))
    assert service.under_way_most == concurrency
    assert len(service.rows()) == 500


async def test_a_slow_request_does_not_hold_up_others() -> None:
    service = BatchService()
    service.gates[2] = asyncio.Event()
    async with table(service).batch(concurrency=2) as batch:
        for number in range(200):
            batch.put(row(number))
        await turns(30)
        assert service.counts == [25] * 8
        assert batch.report.processed == 175
        service.gates[2].set()
    assert len(service.rows()) == 200


async def test_awaiting_a_put_waits_while_there_is_enough_to_send() -> None:
    service = BatchService()
    for number in range(1, 100):
        service.gates[number] = asyncio.Event()
    put = 0

    async def fill(batch: Batch[Row]) -> None:
        nonlocal put
        for number in range(400):
            await batch.put(row(number))
            put += 1

    async with table(service).batch(concurrency=3) as batch:
        filling = asyncio.create_task(fill(batch))
        await turns(30)
        assert (service.under_way, put) == (3, 99)  # three chunks under way, and one that waits: its last put has to
        service.gates[1].set()
        await turns(30)
        assert (service.under_way, put) == (3, 124)
        for gate in service.gates.values():
            gate.set()
        await filling
    assert len(service.rows()) == 400


async def test_several_tasks_may_fill_a_batch() -> None:
    service = BatchService()

    async def fill(batch: Batch[Row], first: int) -> None:
        for number in range(first, first + 300):
            await batch.put(row(number))

    async with table(service).batch(concurrency=2) as batch, asyncio.TaskGroup() as group:
        for part in range(4):
            group.create_task(fill(batch, part * 300))
    assert service.rows() == list(range(1200))
    assert service.counts == [25] * 48


async def test_a_put_need_not_be_awaited(recwarn: pytest.WarningsRecorder) -> None:
    service = BatchService()
    async with table(service).batch() as batch:
        batch.put(row(1))
        await batch.put(row(2))
    assert service.rows() == [1, 2]
    assert not recwarn


async def test_a_chunk_ends_at_16_mb() -> None:
    service = BatchService()
    text = "\x01" * 390_000  # six bytes of JSON for each character
    async with table(service).batch() as batch:
        for number in range(9):
            batch.put(row(number, text=text))
    assert service.counts == [7, 2]
    assert all(len(body) <= 16 * 1024 * 1024 for body in service.bodies)
    assert service.rows() == list(range(9))


async def test_a_full_16_mb_is_sent_while_the_block_runs() -> None:
    service = BatchService()
    async with table(service).batch() as batch:
        for number in range(8):
            await batch.put(row(number, text="\x01" * 390_000))
        await turns()
        assert service.counts == [7]
    assert service.counts == [7, 1]


# ── the same key twice ───────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_later_operation_replaces_one_that_was_not_sent() -> None:
    service = BatchService()
    async with table(service).batch() as batch:
        batch.put(row(1, v="a"))
        batch.put(row(2))
        batch.put(row(1, v="b"))
        batch.delete(key(2))
        batch.put(row(3))
        batch.delete(key(3))
        batch.put(row(3, v="c"))
    assert service.counts == [3]
    assert [item.get("v") for item in service.items["app"].values()] == [{"S": "b"}, {"S": "c"}]
    assert batch.report == BatchReport(3, 0, 0, 1, None, replaced=4)


@pytest.mark.parametrize(("one", "other"), [(1, Decimal("1.0")), (Decimal("0.5"), 0.5), (100, Decimal("1E+2"))])
async def test_numbers_that_are_equal_are_one_key(one: Any, other: Any) -> None:
    service = BatchService()
    users = client(service).table("app", sort_key=None)
    async with users.batch() as batch:
        batch.put({"PK": one, "v": "first"})
        batch.put({"PK": other, "v": "last"})
    assert service.counts == [1]
    assert [item["v"] for item in service.items["app"].values()] == [{"S": "last"}]


async def test_a_later_operation_waits_for_one_that_is_under_way() -> None:
    service = BatchService()
    service.gates[1] = asyncio.Event()
    async with table(service).batch() as batch:
        for number in range(25):
            batch.put(row(number, v="first"))
        await turns()
        batch.put(row(3, v="second"))
        batch.put(row(3, v="third"))
        for number in range(25, 49):
            batch.put(row(number))
        await turns()
        assert service.counts == [25], "24 are no full chunk, and the third put must wait"
        service.gates[1].set()
        await turns()
        assert service.counts == [25, 25]
    assert service.items["app"][(("S", "USER#0003"), ("S", "PROFILE"))]["v"] == {"S": "third"}
    assert batch.report == BatchReport(50, 0, 0, 2, None, replaced=1)


async def test_a_replaced_operation_counts_with_its_own_size() -> None:
    service = BatchService()
    async with table(service).batch() as batch:
        for number in range(7):
            batch.put(row(number, text="\x01" * 390_000))
        for number in range(7):
            batch.put(row(number))
        for number in range(7, 24):
            batch.put(row(number))
        await turns()
        assert service.counts == []
    assert service.counts == [24]


async def test_a_duplicate_may_be_refused() -> None:
    service = BatchService()
    async with table(service).batch(on_duplicate="error") as batch:
        for number in range(26):
            batch.put(row(number))
        await turns()
        with pytest.raises(ValidationError, match=r"operation 27 of the batch .*on this key already") as caught:
            batch.put(row(25))
        assert caught.value.key == key(25)
        with pytest.raises(ValidationError, match=r"operation 28 of the batch .*on this key already"):
            batch.delete(key(3))
    assert service.counts == [25, 1]
    assert batch.report.processed == 26


# ── items and models ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
async def test_items_of_every_model_are_put(model: Any) -> None:
    service = BatchService()
    users = client(service).table("app", model=model)
    async with users.batch() as batch:
        batch.put(model(**PLAIN))
        batch.put({**PLAIN, "PK": "USER#2"})
    assert list(service.items["app"].values()) == [WIRE, {**WIRE, "PK": {"S": "USER#2"}}]


async def test_a_time_to_live_is_counted_from_now() -> None:
    service = BatchService()
    users = client(service, clock=service.clock).table("app", ttl_attribute="until")
    async with users.batch() as batch:
        batch.put(row(1), ttl=timedelta(hours=1))
        batch.put(row(2))
    assert [item.get("until") for item in service.items["app"].values()] == [{"N": str(int(NOW) + 3600)}, None]


async def test_a_time_to_live_needs_its_attribute() -> None:
    async with table(BatchService()).batch() as batch:
        with pytest.raises(ConfigurationError, match="operation 1 of the batch"):
            batch.put(row(1), ttl=timedelta(hours=1))


async def test_an_item_is_encoded_when_it_is_put() -> None:
    service = BatchService()
    item = row(1)
    async with table(service).batch() as batch:
        batch.put(item)
        item["n"] = 2
    assert service.rows() == [1]


REFUSED: list[tuple[Any, type[DynamoDBError], str]] = [
    (row(3, text="x" * 410_000), ItemTooLarge, "410"),
    ({"PK": "a"}, MissingRequiredKey, "'SK'"),
    (row(3) | {"PK": ""}, InvalidKey, "empty"),
    (row(3) | {"SK": "x" * 1025}, InvalidKey, "1025 bytes"),
    (row(3, tags=set()), ValidationError, "tags: the set is empty"),
    (row(3, at=object()), TypeMismatch, "at: object"),
    (row(3, text="\ud800"), ValidationError, r"PutRequest\.Item\.text\.S"),
    ("text", TypeMismatch, "mapping"),
]


@pytest.mark.parametrize(("item", "error", "text"), REFUSED)
async def test_a_refused_item_names_itself_and_harms_nothing(item: Any, error: Any, text: str) -> None:
    service = BatchService()
    async with table(service).batch() as batch:
        for number in range(3):
            batch.put(row(number))
        with pytest.raises(error, match=rf"operation 4 of the batch \(put\): .*{text}") as caught:
            batch.put(item)
        batch.put(row(4))
    assert (caught.value.table, caught.value.operation) == ("app", "BatchWriteItem")
    assert caught.value.key == (Key(item["PK"], item["SK"]) if isinstance(item, dict) and "SK" in item else None)
    assert service.rows() == [0, 1, 2, 4]
    assert batch.report.processed == 4


async def test_a_refused_item_leaves_the_one_before_it() -> None:
    service = BatchService()
    async with table(service).batch() as batch:
        batch.put(row(1))
        with pytest.raises(ItemTooLarge):
            batch.put(row(1, text="x" * 410_000))
    assert service.rows() == [1]


async def test_a_key_of_an_index_is_checked() -> None:
    users = client(BatchService()).table("app", indexes={"by_email": GlobalIndex("email")})
    async with users.batch() as batch:
        with pytest.raises(InvalidKey, match="by_email"):
            batch.put(row(1, email=""))


@pytest.mark.parametrize("wrong", [Key("a"), Key("", "b"), ("a", "b"), Key(1.5, "b")])  # type: ignore[arg-type]
async def test_a_wrong_key_is_refused(wrong: Any) -> None:
    async with table(BatchService()).batch() as batch:
        with pytest.raises(InvalidKey, match=r"operation 1 of the batch \(delete\)"):
            batch.delete(wrong)


# ── several tables ───────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_request_may_mix_tables() -> None:
    service = BatchService("app", "shop")
    db = client(service)
    users, orders = db.table("app", model=User), db.table("shop")
    async with db.batch() as batch:
        await batch.put(users, USER)
        batch.put(orders, row(1))
        batch.put(orders, row(2))
        batch.delete(orders, key(1))
    assert service.counts == [3]
    assert list(service.items["app"].values()) == [WIRE]
    assert service.rows("shop") == [2]
    report = await db.batch_write([(orders, row(3)), (users, PLAIN)], [(orders, key(2))])
    assert report.processed == 3
    assert service.rows("shop") == [3]


async def test_two_models_of_one_table_may_be_mixed() -> None:
    service = BatchService()
    db = client(service)
    async with db.batch() as batch:
        batch.put(db.table("app", model=User), USER)
        batch.put(db.table("app"), row(1))
    assert service.counts == [2]


async def test_a_table_must_be_one_of_this_client() -> None:
    db = client(BatchService())
    other: Any = client(BatchService()).table("app")
    one: Any = db.table("app")
    async with db.batch() as batch:
        with pytest.raises(ValidationError, match=r"operation 1 of the batch \(put\): .*another client"):
            batch.put(other, row(1))
        with pytest.raises(ValidationError, match="of type str"):
            batch.delete("app", key(1))  # type: ignore[arg-type]
        batch.put(one, row(1))
        with pytest.raises(ValidationError, match=r"keys \(PK, SK\) and \(PK\)"):
            batch.put(db.table("app", sort_key=None), {"PK": "a"})
    for puts, deletes in (([row(1)], []), ([], [(one, key(1), 3)])):
        with pytest.raises(ValidationError, match=r"(put|delete) 1 is (of type|a tuple of 3)"):
            await db.batch_write(puts, deletes)  # type: ignore[arg-type]


# ── all at once ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_batch_write_puts_and_then_deletes() -> None:
    service = BatchService()
    report = await table(service).batch_write([row(number) for number in range(30)], [key(3), key(29)])
    assert service.rows() == [number for number in range(29) if number != 3]
    assert report == BatchReport(31, 0, 0, 3, None, replaced=1)  # only the put of 29 had not been sent yet


async def test_a_collection_is_checked_before_anything_is_sent() -> None:
    service = BatchService()
    items = [row(number) for number in range(60)]
    items[40]["text"] = "x" * 410_000
    with pytest.raises(ItemTooLarge, match="operation 41 of the batch"):
        await table(service).batch_write(items)
    with pytest.raises(ValidationError, match=r"operation 52 .*on this key already"):
        await table(service).batch_write([row(number) for number in range(50)], [key(99), key(3)], on_duplicate="error")
    assert service.counts == []


async def test_an_iterator_is_written_as_it_comes() -> None:
    service = BatchService()
    given = 0

    def items() -> Iterator[Row]:
        nonlocal given
        for number in range(1000):
            given += 1
            assert number - 25 * len(service.counts) <= 225, "it is not all read before it is sent"
            yield row(number)

    report = await table(service).batch_write(items(), concurrency=2)
    assert (given, report.processed) == (1000, 1000)


async def test_an_iterator_with_a_refused_item_ends_there() -> None:
    service = BatchService()
    items = (row(number) if number != 30 else {"PK": "a"} for number in range(100))
    with pytest.raises(BatchError) as caught:
        await table(service).batch_write(items)
    assert isinstance(caught.value.__cause__, MissingRequiredKey)
    assert [failure.number for failure in caught.value.failed] == [26, 27, 28, 29, 30]
    assert service.rows() == list(range(25))


# ── its life ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_batch_is_used_once_and_inside_its_block() -> None:
    batch = table(BatchService()).batch()
    with pytest.raises(BatchError, match=r"no put can be added to the batch: it is not open .*async with"):
        batch.put(row(1))
    async with batch:
        with pytest.raises(BatchError, match="cannot be opened: it is open already"):
            await batch.__aenter__()
    with pytest.raises(BatchError, match="no put can be added to the batch: it has ended"):
        batch.put(row(1))
    with pytest.raises(BatchError, match="no delete can be added to the batch: it has ended"):
        batch.delete(key(1))
    with pytest.raises(BatchError, match="cannot be opened: it has ended"):
        async with batch:
            raise AssertionError


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"concurrency": 0}, "concurrency is 0"),
        ({"concurrency": True}, "concurrency is True"),
        ({"on_duplicate": "first"}, "on_duplicate is 'first'"),
    ],
)
async def test_wrong_parameters_are_refused(options: Any, text: str) -> None:
    users = table(BatchService())
    with pytest.raises(ValidationError, match=text):
        users.batch(**options)
    with pytest.raises(ValidationError, match=text):
        await users.batch_write([], **options)


async def test_the_repr_shows_the_state_and_no_item() -> None:
    db = client(BatchService())
    batch = db.table("app").batch()
    assert repr(batch) == "<Batch on table 'app' made: 0 processed, 0 pending, 0 failed>"
    async with batch:
        batch.put(row(1, secret="hidden"))
        assert repr(batch) == "<Batch on table 'app' open: 0 processed, 1 pending, 0 failed>"
    assert repr(batch) == "<Batch on table 'app' ended: 1 processed, 0 pending, 0 failed>"
    assert repr(db.batch()) == "<TablesBatch made: 0 processed, 0 pending, 0 failed>"


@pytest.mark.parametrize("capacity", ["none", "total"])
async def test_consumed_capacity_is_summed(capacity: str) -> None:
    service = BatchService(leaves=[3])
    users = table(service, capacity=capacity)
    report = await users.batch_write([row(number) for number in range(30)])
    assert ("ReturnConsumedCapacity" in service.payloads[0]) is (capacity == "total")
    assert report.consumed == (ConsumedCapacity("app", write_units=30.0) if capacity == "total" else None)


async def test_what_is_awaited_inside_counts_for_a_tracker() -> None:
    service = BatchService()
    db = client(service)
    with db.track() as usage:
        await db.table("app").batch_write([row(number) for number in range(300)])
    assert usage.calls == 12
    await db.table("app").batch_write([row(1)])
    assert usage.calls == 12


async def test_an_item_is_encoded_once_for_all_requests() -> None:
    service = BatchService(leaves=[1])
    await table(service).batch_write([row(1, text="é\n\u2028")])
    assert service.bodies[0] == service.bodies[1]
    assert msgspec.json.decode(service.bodies[0])["RequestItems"]["app"][0]["PutRequest"]["Item"]["n"] == {"N": "1"}
