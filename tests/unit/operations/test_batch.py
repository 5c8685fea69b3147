"""Chunks, and matching answers to what was asked: pure functions, by tables of cases."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from hashrange.errors import (
    AccessDenied,
    BadResponse,
    DynamoDBError,
    InternalServerError,
    InvalidExpression,
    ItemCollectionSizeLimitExceeded,
    ResourceNotFound,
    ValidationError,
)
from hashrange.expressions import Attr
from hashrange.expressions import Raw as RawText
from hashrange.key import Key, KeySchema
from hashrange.operations.batch import (
    GET_LIMITS,
    WRITE_LIMITS,
    ChunkLimits,
    Entry,
    Read,
    Write,
    entry_bytes,
    get_request,
    items_read,
    key_of,
    only_table,
    place_of,
    read_form,
    split_chunk,
    take_chunk,
    unread,
    unwritten,
    write_request,
)
from hashrange.schema import table_schema

KEYS = KeySchema("PK", "SK")
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/app"
SCHEMA = table_schema("app", "PK", "SK")


def subject(number: object, kind: str = "S") -> dict[str, Any]:
    return {"PK": {kind: str(number)}, "SK": {"S": "A"}}


def write(number: object, kind: str = "S", *, table: str = "app", size_bytes: int = 1) -> Write:
    wire = subject(number, kind)
    body = Raw(msgspec.json.encode({"PutRequest": {"Item": wire}}))
    return Write(place_of(table, KEYS, wire), table, KEYS, body, size_bytes)


def read(number: object, kind: str = "S", *, table: str = "app") -> Read:
    wire = subject(number, kind)
    return Read(place_of(table, KEYS, wire), table, KEYS, Raw(msgspec.json.encode(wire)), 1)


# ── identity ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"S": "a"}, {"S": "a"}, True),
        ({"N": "1"}, {"N": "1.0"}, True),
        ({"N": "100"}, {"N": "1E+2"}, True),
        ({"N": "0.50"}, {"N": "0.5"}, True),
        ({"N": "1"}, {"S": "1"}, False),
        ({"B": "YQ=="}, {"S": "YQ=="}, False),
        ({"N": "1"}, {"N": "2"}, False),
    ],
)
def test_keys_are_one_where_they_are_for_dynamodb(one: Any, other: Any, same: bool) -> None:
    simple = KeySchema("PK")
    assert (place_of("app", simple, {"PK": one}) == place_of("app", simple, {"PK": other})) is same
    both = ({"PK": {"S": "x"}, "SK": one}, {"PK": {"S": "x"}, "SK": other})
    assert (place_of("app", KEYS, both[0]) == place_of("app", KEYS, both[1])) is same


def test_a_table_is_part_of_the_identity() -> None:
    assert place_of("app", KEYS, subject(1)) != place_of("other", KEYS, subject(1))


@pytest.mark.parametrize(
    ("wire", "key"),
    [
        ({"PK": {"S": "a"}}, Key("a")),
        ({"PK": {"N": "1.0"}}, Key(1)),
        ({"PK": {"N": "0.50"}}, Key(Decimal("0.5"))),
        ({"PK": {"B": "YQ=="}, "SK": {"S": "s"}}, Key(b"a", "s")),
    ],
)
def test_a_key_comes_back_from_its_identity(wire: Any, key: Key) -> None:
    keys = KeySchema("PK", "SK" if "SK" in wire else None)
    assert key_of(place_of("app", keys, wire)) == key
    assert Read(place_of("app", keys, wire), "app", keys, Raw(b""), 1).key == key


# ── chunks ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("sizes", "count_max", "bytes_max", "taken"),
    [
        ([], 3, 10, 0),
        ([1, 1], 3, 10, 2),
        ([1, 1, 1, 1], 3, 10, 3),
        ([5, 5], 3, 10, 2),
        ([5, 6], 3, 10, 1),
        ([11, 1], 3, 10, 1),  # too large for any request: it is still sent, and the service says so
        ([1, 11], 3, 10, 1),
    ],
)
def test_a_chunk_ends_at_the_count_or_the_bytes(sizes: list[int], count_max: int, bytes_max: int, taken: int) -> None:
    ready = deque(write(number, size_bytes=size) for number, size in enumerate(sizes))
    line = list(ready)
    assert take_chunk(ready, ChunkLimits(count_max, bytes_max)) == line[:taken]
    assert list(ready) == line[taken:]


def test_the_limits_are_dynamodbs() -> None:
    assert (WRITE_LIMITS.count_max, GET_LIMITS.count_max) == (25, 100)
    assert WRITE_LIMITS.bytes_max < 16 * 1024 * 1024


def test_a_chunk_of_the_most_bytes_is_a_request_of_at_most_16_mb() -> None:
    names = ["app", ARN + "x" * 240]
    size = WRITE_LIMITS.bytes_max // 25 // 2 * 2
    chunk = []
    for number in range(25):
        name = names[number % 2]
        body_bytes = size - entry_bytes(name, 0)
        entry = write(number, table=name, size_bytes=entry_bytes(name, body_bytes))
        entry.body = Raw(b'"' + b"x" * (body_bytes - 2) + b'"')
        chunk.append(entry)
    ready = deque(chunk)
    assert take_chunk(ready, WRITE_LIMITS) == chunk
    body = msgspec.json.encode(write_request(chunk, "INDEXES"))
    assert 16 * 1024 * 1024 - 8_000 < len(body) <= 16 * 1024 * 1024


def coded(error: type[DynamoDBError], code: str | None = "SomeException") -> DynamoDBError:
    return error("no", code=code)


@pytest.mark.parametrize(
    ("tables", "error", "parts"),
    [
        ("aaaaa", coded(ValidationError), [2, 3]),
        ("ab", coded(ItemCollectionSizeLimitExceeded), [1, 1]),
        ("a", coded(ValidationError), []),
        ("aaaa", coded(ValidationError, None), []),  # found on this side
        ("aba", coded(ResourceNotFound), [2, 1]),
        ("abc", coded(AccessDenied), [1, 1, 1]),
        ("aaa", coded(ResourceNotFound), []),
        ("aab", coded(InternalServerError), []),
    ],
)
def test_a_refused_chunk_is_split_where_a_part_may_be_to_blame(
    tables: str, error: DynamoDBError, parts: list[int]
) -> None:
    chunk: list[Entry] = [write(number, table=table) for number, table in enumerate(tables)]
    found = split_chunk(chunk, error)
    assert [len(part) for part in found] == parts
    assert {entry.identity for part in found for entry in part} == ({e.identity for e in chunk} if parts else set())


def test_only_table_names_one_table() -> None:
    assert only_table([write(1), write(2)]) == "app"
    assert only_table([write(1), write(2, table="other")]) is None


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_write_request_groups_by_table() -> None:
    chunk = [write(1), write(2, table="other"), write(3)]
    request = msgspec.json.decode(msgspec.json.encode(write_request(chunk, None)))
    put = [{"PutRequest": {"Item": subject(number)}} for number in range(4)]
    assert request == {"RequestItems": {"app": [put[1], put[3]], "other": [put[2]]}}
    assert write_request(chunk, "TOTAL")["ReturnConsumedCapacity"] == "TOTAL"


def put_request(number: object, kind: str = "S") -> Any:
    return {"PutRequest": {"Item": subject(number, kind)}}


def delete_request(number: object, kind: str = "S") -> Any:
    return {"DeleteRequest": {"Key": subject(number, kind)}}


@pytest.mark.parametrize(
    ("left", "numbers"),
    [
        (None, []),
        ({}, []),
        ({"app": []}, []),
        ({"app": [put_request(3), put_request(1)]}, [1, 3]),
        ({"app": [delete_request(2)], "other": [put_request(5)]}, [2, 5]),
        ({"app": [put_request("7.0", "N")]}, [7]),
    ],
)
def test_what_is_left_undone_is_matched_by_key(left: Any, numbers: list[int]) -> None:
    chunk = [write(number) for number in (1, 2, 3)] + [write(5, table="other"), write(7, "N")]
    answer = {} if left is None else {"UnprocessedItems": left}
    assert [entry.key.partition for entry in unwritten(answer, chunk)] == [
        number if number == 7 else str(number) for number in numbers
    ]


@pytest.mark.parametrize("asked", ["app", ARN])
@pytest.mark.parametrize("answered", ["app", ARN])
def test_a_table_asked_by_arn_may_be_answered_by_name(asked: str, answered: str) -> None:
    chunk = [write(1, table=asked), write(2, table=asked)]
    if asked == "app" and answered == ARN:
        with pytest.raises(BadResponse):
            unwritten({"UnprocessedItems": {answered: [put_request(2)]}}, chunk)
    else:
        assert unwritten({"UnprocessedItems": {answered: [put_request(2)]}}, chunk) == [chunk[1]]


@pytest.mark.parametrize(
    "left",
    [
        {"app": [put_request(9)]},
        {"unknown": [put_request(1)]},
        {"app": [{}]},
        {"app": [{"DeleteRequest": {}}]},
        {"app": [{"PutRequest": {"Item": {"PK": {"S": "1"}}}}]},
        {"app": [{"PutRequest": {"Item": {"PK": "1", "SK": {"S": "A"}}}}]},
        {"app": [{"PutRequest": {"Item": {"PK": {"N": "x"}, "SK": {"S": "A"}}}}]},
        {"app": 5},
        [put_request(1)],
    ],
)
def test_an_answer_about_something_else_is_no_answer(left: Any) -> None:
    with pytest.raises(BadResponse, match="UnprocessedItems do not belong"):
        unwritten({"UnprocessedItems": left}, [write(1)])


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_plain_form_says_nothing() -> None:
    form = read_form(SCHEMA, consistent=False, projection=None)
    assert (form.options, form.hidden) == ({}, ())
    assert read_form(SCHEMA, consistent=True, projection=None).options == {"ConsistentRead": True}


def test_a_projection_reads_the_key_too_and_hides_it() -> None:
    form = read_form(SCHEMA, consistent=False, projection=["SK", Attr("a").b])
    assert form.options == {
        "ProjectionExpression": "#n0, #n1.#n2, #n3",
        "ExpressionAttributeNames": {"#n0": "SK", "#n1": "a", "#n2": "b", "#n3": "PK"},
    }
    assert form.hidden == ("PK",)


def test_a_projection_as_text_is_refused() -> None:
    with pytest.raises(InvalidExpression, match="told apart"):
        read_form(SCHEMA, consistent=False, projection=RawText("a, b"))


def test_a_get_request_says_the_options_once_for_each_table() -> None:
    forms = {
        "app": read_form(SCHEMA, consistent=True, projection=None),
        "other": read_form(SCHEMA, consistent=False, projection=None),
    }
    chunk = [read(1), read(2, table="other"), read(3)]
    request = get_request(chunk, forms, None)
    assert msgspec.json.decode(msgspec.json.encode(request)) == {
        "RequestItems": {
            "app": {"ConsistentRead": True, "Keys": [subject(1), subject(3)]},
            "other": {"Keys": [subject(2)]},
        }
    }
    assert forms["app"].options == {"ConsistentRead": True}, "a form serves many requests"
    assert get_request(chunk, forms, "INDEXES")["ReturnConsumedCapacity"] == "INDEXES"


@pytest.mark.parametrize(
    ("left", "numbers"), [(None, []), ({}, []), ({"app": {"Keys": [subject(3), subject("1.0", "N")]}}, [1, "3"])]
)
def test_keys_left_unread_are_matched(left: Any, numbers: list[Any]) -> None:
    chunk = [read(1, "N"), read(2), read(3)]
    answer = {} if left is None else {"UnprocessedKeys": left}
    assert [entry.key.partition for entry in unread(answer, chunk)] == numbers


@pytest.mark.parametrize("left", [{"app": {}}, {"app": {"Keys": [subject(9)]}}, {"app": {"Keys": [{}]}}, [1], {"x": 1}])
def test_keys_that_nobody_asked_for_are_no_answer(left: Any) -> None:
    with pytest.raises(BadResponse, match="UnprocessedKeys do not belong"):
        unread({"UnprocessedKeys": left}, [read(1)])


def test_items_find_the_keys_that_asked_for_them() -> None:
    chunk = [read(1, "N"), read(2), read(2, table="other")]
    items = {"app": [subject(2) | {"x": {"S": "y"}}, subject("1.0", "N")], "other": [subject(2)]}
    found = items_read({"Responses": items}, chunk)
    assert [(entry.identity, item) for entry, item in found] == [
        (chunk[1].identity, items["app"][0]),
        (chunk[0].identity, items["app"][1]),
        (chunk[2].identity, items["other"][0]),
    ]
    assert items_read({}, chunk) == []


@pytest.mark.parametrize("items", [{"app": [subject(9)]}, {"x": [subject(1)]}, {"app": [{}]}, {"app": 1}, [1]])
def test_items_that_nobody_asked_for_are_no_answer(items: Any) -> None:
    with pytest.raises(BadResponse, match="Responses do not belong"):
        items_read({"Responses": items}, [read(1)])
