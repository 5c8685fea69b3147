"""Datetimes in models: text in UTC of one form, which sorts as time does; and how other programs' text is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from hashrange.errors import ItemDecodeError, TypeMismatch
from hashrange.item_model import item_model

NOW = datetime(2026, 1, 31, 8, 0, 0, 5, tzinfo=UTC)
PARIS = timezone(timedelta(hours=2))


class MyDatetime(datetime):
    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        return "own text"


@dataclass
class Moment:
    at: datetime


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (NOW, "2026-01-31T08:00:00.000005Z"),
        (NOW.replace(microsecond=0), "2026-01-31T08:00:00.000000Z"),
        (datetime(2026, 1, 31, 1, 0, tzinfo=PARIS), "2026-01-30T23:00:00.000000Z"),
        (datetime(5, 1, 1, tzinfo=UTC), "0005-01-01T00:00:00.000000Z"),
        (MyDatetime(2026, 1, 31, 8, tzinfo=UTC), "2026-01-31T08:00:00.000000Z"),
    ],
)
def test_a_datetime_is_text_in_utc_of_one_form(value: datetime, text: str) -> None:
    assert item_model(Moment).to_item(Moment(value)) == {"at": text}
    assert item_model(Moment).from_item({"at": text}).at == value


def test_a_datetime_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeMismatch, match=r"^Moment\.at: the datetime has no time zone\. Hint: make it aware"):
        item_model(Moment).to_item(Moment(datetime(2026, 1, 31)))


def test_what_is_no_datetime_is_refused() -> None:
    text: Any = "2026-01-31T08:00:00Z"
    with pytest.raises(TypeMismatch, match=r"^Moment\.at: expected datetime, got str"):
        item_model(Moment).to_item(Moment(text))


def test_a_datetime_that_utc_does_not_reach_is_refused() -> None:
    with pytest.raises(TypeMismatch, match="out of range in UTC"):
        item_model(Moment).to_item(Moment(datetime.min.replace(tzinfo=PARIS)))


@pytest.mark.parametrize(
    "text",
    ["2026-01-31T08:00:00", "2026-01-31T08:00:00Z", "2026-01-31T10:00:00+02:00", "2026-01-31T10:00:00.000+0200"],
)
def test_other_programs_texts_are_read_too_and_are_utc_without_an_offset(text: str) -> None:
    at = item_model(Moment).from_item({"at": text}).at
    assert at == datetime(2026, 1, 31, 8, tzinfo=UTC)
    assert at.tzinfo is not None


class Row(msgspec.Struct, array_like=True, tag=True):
    number: int
    at: datetime


class BareRow(msgspec.Struct, array_like=True):
    at: datetime


@dataclass
class Moments:
    some: list[datetime]
    one_of: set[datetime]
    by_name: dict[str, datetime | None]
    pair: tuple[int, datetime]
    row: Row
    bare: BareRow
    inner: Moment
    either: Moment | int


def test_datetimes_without_an_offset_are_utc_wherever_they_are() -> None:
    text = "2026-01-31T08:00:00.000005"
    inner = {"at": text}
    item = {"some": [text], "one_of": {text}, "by_name": {"a": text, "b": None}, "pair": [1, text]}
    rows = {"row": ["Row", 1, text], "bare": [text], "inner": inner, "either": inner}
    expected = Moments(
        [NOW], {NOW}, {"a": NOW, "b": None}, (1, NOW), Row(1, NOW), BareRow(NOW), Moment(NOW), Moment(NOW)
    )
    assert item_model(Moments).from_item({**item, **rows}) == expected


@pytest.mark.parametrize("text", ["2026-01-31", "yesterday evening", "", "2026-13-31T08:00:00"])
def test_other_text_is_no_datetime(text: str) -> None:
    with pytest.raises(ItemDecodeError, match="at: invalid RFC3339 encoded datetime"):
        item_model(Moment).from_item({"at": text})


def test_a_number_is_no_datetime_outside_the_ttl_attribute() -> None:
    with pytest.raises(ItemDecodeError, match=r"at: expected datetime, got int\. Hint: epoch seconds"):
        item_model(Moment).from_item({"at": 1})
