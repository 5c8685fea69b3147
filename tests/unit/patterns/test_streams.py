"""Stream records in both shapes, decoded as models, and every way in which a record can be wrong."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from hashrange import (
    ConfigurationError,
    Item,
    ItemDecodeError,
    StreamEventName,
    StreamRecord,
    StreamViewType,
    ValidationError,
)

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/app/stream/2026-02-01T00:00:00.000"
KEYS = {"PK": {"S": "USER#1"}, "SK": {"S": "PROFILE"}}
OLD = {**KEYS, "visits": {"N": "1"}}
NEW = {**KEYS, "visits": {"N": "2"}, "until": {"N": "1769904000"}}


@dataclass
class User:
    PK: str
    SK: str
    visits: int
    until: int | None = None


@dataclass
class Order:
    PK: str
    SK: str
    total: Decimal


@dataclass
class Expiring:
    PK: str
    until: datetime


def change(name: str, **changes: Any) -> dict[str, Any]:
    """A record as Lambda has it; what is None is left out."""
    images = {"NewImage": NEW if name != "REMOVE" else None, "OldImage": OLD if name != "INSERT" else None}
    inner = {
        "ApproximateCreationDateTime": 1769904000.0,
        "Keys": KEYS,
        **images,
        "SequenceNumber": "222",
        "SizeBytes": 59,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    outer = {
        "eventID": "7de3041dd709b024af6f29e4fa13d34c",
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "eventSourceARN": ARN,
    }
    for part, value in changes.items():
        (inner if part in inner else outer)[part] = value
    record = {**outer, "dynamodb": {part: value for part, value in inner.items() if value is not None}}
    record.update({part: value for part, value in changes.items() if part == "dynamodb"})
    return {part: value for part, value in record.items() if value is not None}


def event(*records: dict[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}


def only(given: dict[str, Any], **options: Any) -> StreamRecord[Any]:
    records: list[StreamRecord[Any]] = StreamRecord.from_event(given, **options)
    assert len(records) == 1
    return records[0]


# ── what a record tells ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_record_of_a_lambda_event() -> None:
    raw = change("MODIFY")
    record = only(event(raw))
    assert (record.event_id, record.event_name) == (raw["eventID"], StreamEventName.MODIFY)
    assert record.keys == {"PK": "USER#1", "SK": "PROFILE"}
    assert record.old_image == {"PK": "USER#1", "SK": "PROFILE", "visits": 1}
    assert record.new_image == {"PK": "USER#1", "SK": "PROFILE", "visits": 2, "until": 1769904000}
    assert (record.sequence_number, record.view_type) == ("222", StreamViewType.NEW_AND_OLD_IMAGES)
    assert record.created_at == datetime(2026, 2, 1, tzinfo=UTC)
    assert (record.expired_by_ttl, record.region, record.table) == (False, "eu-west-1", "app")
    assert record.raw is raw


def test_records_keep_their_order() -> None:
    records = StreamRecord.from_event(event(change("INSERT"), change("REMOVE"), change("MODIFY")))
    assert [record.event_name for record in records] == ["INSERT", "REMOVE", "MODIFY"]
    assert StreamRecord.from_event(event()) == []


@pytest.mark.parametrize(("name", "new", "old"), [("INSERT", 2, None), ("MODIFY", 2, 1), ("REMOVE", None, 1)])
def test_which_images_there_are(name: str, new: int | None, old: int | None) -> None:
    (record,) = StreamRecord.from_event(event(change(name)), model=User)
    assert (record.new_image and record.new_image.visits) == new
    assert (record.old_image and record.old_image.visits) == old


@pytest.mark.parametrize(
    ("view", "new", "old"),
    [("KEYS_ONLY", None, None), ("NEW_IMAGE", NEW, None), ("OLD_IMAGE", None, OLD), ("NEW_AND_OLD_IMAGES", NEW, OLD)],
)
def test_every_view_type(view: str, new: Any, old: Any) -> None:
    record = only(event(change("MODIFY", StreamViewType=view, NewImage=new, OldImage=old)))
    assert (record.view_type, record.new_image is None, record.old_image is None) == (view, new is None, old is None)
    assert record.keys == {"PK": "USER#1", "SK": "PROFILE"}


def test_repr_shows_no_data() -> None:
    assert repr(only(event(change("MODIFY")))) == (
        "<StreamRecord MODIFY 7de3041dd709b024af6f29e4fa13d34c of table 'app'>"
    )


# ── both shapes ──────────────────────────────────────────────────────────────────────────────────────────────────────
EVERY_KIND = {
    "text": {"S": "ä"},
    "number": {"N": "12345678901234567890.12345"},
    "whole": {"N": "3.0"},
    "yes": {"BOOL": True},
    "nothing": {"NULL": True},
    "list": {"L": [{"S": "a"}, {"M": {"b": {"N": "1"}}}]},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2.5"]},
}
VALUES = {
    "text": "ä",
    "number": Decimal("12345678901234567890.12345"),
    "whole": 3,
    "yes": True,
    "nothing": None,
    "list": ["a", {"b": 1}],
    "texts": {"a", "b"},
    "numbers": {1, Decimal("2.5")},
    "binary": b"\x00\xff",
    "binaries": {b"a", b"\xff"},
    "deep": {"m": [b"\x01"]},
}
BASE64 = {
    "binary": {"B": "AP8="},
    "binaries": {"BS": ["YQ==", "/w=="]},
    "deep": {"M": {"m": {"L": [{"B": "AQ=="}]}}},
}
BYTES = {
    "binary": {"B": b"\x00\xff"},
    "binaries": {"BS": [b"a", b"\xff"]},
    "deep": {"M": {"m": {"L": [{"B": b"\x01"}]}}},
}


@pytest.mark.parametrize("binary", [BASE64, BYTES])
def test_values_are_exact_in_both_shapes(binary: dict[str, Any]) -> None:
    raw = change("INSERT", NewImage={**KEYS, **EVERY_KIND, **binary})
    before = copy.deepcopy(raw)
    assert only(event(raw)).new_image == {"PK": "USER#1", "SK": "PROFILE", **VALUES}
    assert raw == before


def test_numbers_may_be_floats() -> None:
    record = only(event(change("INSERT", NewImage={**KEYS, "n": {"N": "2.5"}})), numbers="float")
    assert record.new_image is not None
    assert type(record.new_image["n"]) is float


def test_an_answer_of_get_records_from_boto3() -> None:
    here = timezone(timedelta(hours=2))
    raw = change("REMOVE", eventSourceARN=None, ApproximateCreationDateTime=datetime(2026, 2, 1, 2, tzinfo=here))
    raw["userIdentity"] = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    record = only({"Records": [raw], "NextShardIterator": "next", "ResponseMetadata": {}})
    assert record.created_at == datetime(2026, 2, 1, tzinfo=UTC)
    assert record.created_at is not None
    assert record.created_at.tzinfo is UTC
    assert (record.expired_by_ttl, record.table) == (True, None)


@pytest.mark.parametrize("shape", [lambda raw: raw, lambda raw: [raw], lambda raw: (raw,)])
def test_single_records_and_lists_are_taken_too(shape: Any) -> None:
    assert only(shape(change("INSERT"))).event_name is StreamEventName.INSERT


def test_what_a_sample_event_leaves_out() -> None:
    raw = change("INSERT", ApproximateCreationDateTime=None, eventSource=None, eventSourceARN=None, awsRegion=None)
    record = only(event(raw))
    assert (record.created_at, record.region, record.table) == (None, None, None)


# ── expiry ───────────────────────────────────────────────────────────────────────────────────────────────────────────
TTL = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


@pytest.mark.parametrize(
    ("name", "who", "expired"),
    [
        ("REMOVE", TTL, True),
        ("REMOVE", None, False),
        ("REMOVE", {**TTL, "principalId": "AROAEXAMPLE"}, False),
        ("REMOVE", {**TTL, "type": "User"}, False),
        ("REMOVE", "dynamodb.amazonaws.com", False),
        ("MODIFY", TTL, False),
    ],
)
def test_who_removed_it(name: str, who: Any, expired: bool) -> None:
    assert only(event(change(name, userIdentity=who))).expired_by_ttl is expired


# ── models ───────────────────────────────────────────────────────────────────────────────────────────────────────────
ORDER = {"PK": {"S": "USER#1"}, "SK": {"S": "ORDER#7"}, "total": {"N": "9.99"}}
GIFT = {"PK": {"S": "USER#1"}, "SK": {"S": "GIFT#7"}}


def by_key(item: Item) -> type[Any] | None:
    return {"PROFILE": User, "ORDER": Order}.get(item["SK"].partition("#")[0])


@pytest.mark.parametrize("model", [by_key, {("SK", "ORDER#"): Order, ("SK", "PROFILE"): User}])
def test_a_model_for_each_item(model: Any) -> None:
    records = [change("INSERT", NewImage=image) for image in (NEW, ORDER, GIFT)]
    found = [record.new_image for record in StreamRecord.from_event(event(*records), model=model)]
    assert found == [
        User("USER#1", "PROFILE", 2, 1769904000),
        Order("USER#1", "ORDER#7", Decimal("9.99")),
        {"PK": "USER#1", "SK": "GIFT#7"},
    ]


def test_a_prefix_fits_text_only_and_the_first_one_counts() -> None:
    raw = event(change("INSERT", NewImage={**NEW, "kind": {"N": "5"}}))
    assert type(only(raw, model={("kind", ""): Order, ("none", ""): Order, ("SK", ""): User}).new_image) is User
    assert type(only(raw, model={("SK", "PRO"): User, ("SK", ""): Order}).new_image) is User


def test_an_item_may_change_its_kind() -> None:
    record = only(event(change("MODIFY", OldImage=ORDER)), model=by_key)
    assert (type(record.old_image), type(record.new_image)) == (Order, User)


def test_an_expiry_may_be_a_datetime() -> None:
    record = only(event(change("INSERT")), model=Expiring, ttl_attribute="until")
    assert record.new_image is not None
    assert record.new_image.until == datetime(2026, 2, 1, tzinfo=UTC)


def test_an_image_that_does_not_fit_its_model_says_where() -> None:
    broken = change("MODIFY", OldImage={**OLD, "visits": {"S": "many"}})
    with pytest.raises(ItemDecodeError) as caught:
        StreamRecord.from_event(event(change("INSERT"), broken), model=User)
    error = caught.value
    assert error.message.startswith(
        "record 2 of the event (7de3041dd709b024af6f29e4fa13d34c): OldImage: the item does not fit User: visits"
    )
    assert (error.table, error.key) == ("app", {"PK": "USER#1", "SK": "PROFILE"})
    assert error.args == (error.message,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": 5}, "model is of type int; it must be a model, a function that chooses one, or a mapping"),
        ({"model": {"SK": User}}, "model has 'SK'; it must be a pair of an attribute's name and a prefix of its text"),
        ({"model": {("SK", 5): User}}, "model has ('SK', 5); it must be a pair"),
        ({"model": {("SK", ""): User("", "", 1)}}, "model is a User, not a class"),
        ({"numbers": "decimal"}, "numbers is 'decimal'; it must be 'exact' or 'float'"),
    ],
)
def test_a_wrong_option_is_refused_even_without_records(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        StreamRecord.from_event(event(), **options)
    assert caught.value.message.startswith(message)


# ── what is no record ────────────────────────────────────────────────────────────────────────────────────────────────
WHICH = "record 1 of the event"
NAMED = f"{WHICH} (7de3041dd709b024af6f29e4fa13d34c)"
NAMES = "it must be one of INSERT, MODIFY, REMOVE"
VIEWS = "it must be one of KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES"
TIMES = "it must be epoch seconds, or a datetime with a time zone"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (5, "the event is of type int; it must be a list of records"),
        (None, "the event is of type NoneType; it must be a list of records"),
        ("{}", "the event is of type str; it must be a list of records"),
        ({}, "the event has no 'Records'"),
        ({"detail": {}}, "the event has no 'Records'"),
        ({"Records": None}, "the event's 'Records' is of type NoneType; it must be a list of records"),
        ({"Records": {}}, "the event's 'Records' is of type dict; it must be a list of records"),
        (event(5), f"{WHICH} is of type int; it must be a mapping"),  # type: ignore[arg-type]
        (event({}), f"{WHICH} has no 'eventID'"),
        (event(change("INSERT", eventID=5)), f"{WHICH} has a 'eventID' of type int; it must be text"),
        (
            event(change("INSERT", eventSource="aws:kinesis")),
            f"{WHICH} has eventSource 'aws:kinesis'; it must be 'aws:dynamodb'",
        ),
        (event({"EventSource": "aws:sns"}), f"{WHICH} has eventSource 'aws:sns'; it must be 'aws:dynamodb'"),
        (event(change("UPDATE")), f"{NAMED} has eventName 'UPDATE'; {NAMES}"),
        (event(change("INSERT", eventName=None)), f"{NAMED} has no 'eventName'"),
        (event(change("INSERT", dynamodb=None)), f"{NAMED} has no 'dynamodb'"),
        (event(change("INSERT", dynamodb=[])), f"{NAMED} has a 'dynamodb' of type list; it must be a mapping"),
        (event(change("INSERT", StreamViewType="IMAGES")), f"{NAMED} has StreamViewType 'IMAGES'; {VIEWS}"),
        (event(change("INSERT", StreamViewType=None)), f"{NAMED} has no 'StreamViewType'"),
        (event(change("INSERT", SequenceNumber=None)), f"{NAMED} has no 'SequenceNumber'"),
        (event(change("INSERT", Keys=None)), f"{NAMED} has no 'Keys'"),
        (event(change("INSERT", Keys={"PK": {"X": "1"}})), f"{NAMED}: PK: it holds what this version does not know"),
        (event(change("INSERT", Keys={"PK": "a"})), f"{NAMED}: PK: it holds what this version does not know"),
        (
            event(change("INSERT", NewImage=None)),
            f"{NAMED} has no 'NewImage', which INSERT has with the view type NEW_AND_OLD_IMAGES",
        ),
        (
            event(change("REMOVE", OldImage=None, StreamViewType="OLD_IMAGE")),
            f"{NAMED} has no 'OldImage', which REMOVE has with the view type OLD_IMAGE",
        ),
        (event(change("INSERT", NewImage=[])), f"{NAMED} has a 'NewImage' of type list; it must be a mapping"),
        (
            event(change("INSERT", ApproximateCreationDateTime="today")),
            f"{NAMED} has ApproximateCreationDateTime 'today'; {TIMES}",
        ),
        (
            event(change("INSERT", ApproximateCreationDateTime=1e300)),
            f"{NAMED} has ApproximateCreationDateTime 1e+300; {TIMES}",
        ),
        (
            event(change("INSERT", ApproximateCreationDateTime=datetime(2026, 1, 1))),
            f"{NAMED} has ApproximateCreationDateTime datetime.datetime(2026, 1, 1, 0, 0); {TIMES}",
        ),
        (
            event(change("INSERT", ApproximateCreationDateTime=True)),
            f"{NAMED} has ApproximateCreationDateTime True; {TIMES}",
        ),
    ],
)
def test_what_is_no_record_is_refused_by_name(given: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        StreamRecord.from_event(given)
    assert caught.value.message.startswith(message)


def test_a_single_record_is_named_so() -> None:
    with pytest.raises(ValidationError, match=r"^the record \(7de3.*\) has eventName 'X'"):
        StreamRecord.from_event(change("X"))


# ── answers to Lambda ────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_answer_of_a_function_that_failed_in_part() -> None:
    records = StreamRecord.from_event(event(change("INSERT"), change("MODIFY", SequenceNumber="333")))
    assert StreamRecord.batch_response(records[1:]) == {"batchItemFailures": [{"itemIdentifier": "333"}]}
    assert StreamRecord.batch_response([]) == {"batchItemFailures": []}
