"""The TTL attribute of a model: a datetime that is stored as epoch seconds, which is what DynamoDB expires items by."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from hashrange.errors import ConfigurationError, ItemDecodeError, TypeMismatch
from hashrange.item_model import item_model

NOW = datetime(2026, 1, 31, 8, 0, 0, 5, tzinfo=UTC)
PARIS = timezone(timedelta(hours=2))


@dataclass
class Moment:
    at: datetime


@dataclass
class Session:
    id: str
    expires: datetime | None = None
    previous: Session | None = None


def test_the_ttl_attribute_is_epoch_seconds_and_only_at_the_top() -> None:
    model = item_model(Session, ttl_attribute="expires")
    moment = datetime(2026, 1, 31, 10, 0, tzinfo=PARIS)
    session = Session("a", moment, Session("b", moment))
    item = model.to_item(session)
    assert item == {
        "id": "a",
        "expires": 1769846400,
        "previous": {"id": "b", "expires": "2026-01-31T08:00:00.000000Z"},
    }
    assert model.from_item(item) == session


def test_parts_of_a_second_are_cut_off_the_ttl_attribute() -> None:
    model = item_model(Session, ttl_attribute="expires")
    assert model.to_item(Session("a", NOW))["expires"] == 1769846400
    assert model.to_item(Session("a", datetime(1969, 12, 31, 23, 59, 58, 999_999, tzinfo=UTC)))["expires"] == -2


def test_none_in_the_ttl_attribute_is_left_out() -> None:
    model = item_model(Session, ttl_attribute="expires")
    assert model.to_item(Session("a")) == {"id": "a"}
    assert model.from_item({"id": "a"}) == Session("a")


@pytest.mark.parametrize("stored", [1769846400.5, Decimal("1769846400.5")])
def test_a_fraction_in_the_ttl_attribute_is_read(stored: Any) -> None:
    expires = item_model(Session, ttl_attribute="expires").from_item({"id": "a", "expires": stored}).expires
    assert expires == datetime(2026, 1, 31, 8, 0, 0, 500_000, tzinfo=UTC)


def test_text_in_the_ttl_attribute_is_read_as_anywhere() -> None:
    model = item_model(Session, ttl_attribute="expires")
    assert model.from_item({"id": "a", "expires": "2026-01-31T08:00:00.000005Z"}).expires == NOW


@pytest.mark.parametrize("stored", [10**15, Decimal("1E+100"), 1e30])
def test_milliseconds_in_the_ttl_attribute_are_refused(stored: Any) -> None:
    with pytest.raises(ItemDecodeError, match=r"expires: .*out of range for epoch seconds.*milliseconds\?"):
        item_model(Session, ttl_attribute="expires").from_item({"id": "a", "expires": stored})


def test_a_flag_in_the_ttl_attribute_is_refused() -> None:
    with pytest.raises(ItemDecodeError, match="expires: expected datetime"):
        item_model(Session, ttl_attribute="expires").from_item({"id": "a", "expires": True})


def test_a_ttl_attribute_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeMismatch, match=r"Session\.expires: the datetime has no time zone"):
        item_model(Session, ttl_attribute="expires").to_item(Session("a", datetime(2026, 1, 31)))


def test_a_number_is_a_ttl_attribute_already() -> None:
    @dataclass
    class Counted:
        expires: int

    assert item_model(Counted, ttl_attribute="expires").to_item(Counted(5)) == {"expires": 5}
    assert item_model(Counted, ttl_attribute="expires").from_item({"expires": 5}) == Counted(5)


def test_a_ttl_attribute_that_the_model_does_not_have_is_no_mistake() -> None:
    assert item_model(Moment, ttl_attribute="expires").to_item(Moment(NOW)) == {"at": "2026-01-31T08:00:00.000005Z"}


@pytest.mark.parametrize("kind", [date, time, timedelta | None, datetime | int])
def test_a_ttl_attribute_that_would_not_expire_is_refused(kind: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"Cached\.expires: the TTL attribute"):
        item_model(make_dataclass("Cached", [("expires", kind)]), ttl_attribute="expires")
