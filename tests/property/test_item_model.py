"""Every kind of model, with the same fields: what is put is what is read, field by field, exactly."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, NotRequired
from uuid import UUID

import attrs
import msgspec
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from hashrange.codec import decode_item, encode_item
from hashrange.item_model import ItemModel, item_model

REQUIRED: Any = object()
Fields = dict[str, tuple[Any, Any]]  # name to type and default; a default that is a class is a factory
Made = tuple[Any, Callable[..., Any]]


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Moment:
    at: datetime


# ── one builder per kind: from names, types and defaults to the class and a function that makes an object ────────────
def of_dataclass(name: str, fields: Fields) -> Made:
    def default(value: Any) -> Any:
        if value is REQUIRED:
            return dataclasses.field()
        return dataclasses.field(default_factory=value) if isinstance(value, type) else dataclasses.field(default=value)

    cls = dataclasses.make_dataclass(name, [(key, kind, default(value)) for key, (kind, value) in fields.items()])
    return cls, cls


def of_attrs(name: str, fields: Fields) -> Made:
    def attribute(kind: Any, value: Any) -> Any:
        if value is REQUIRED:
            return attrs.field(type=kind)
        if isinstance(value, type):
            return attrs.field(type=kind, factory=value)
        return attrs.field(type=kind, default=value)

    cls = attrs.make_class(name, {key: attribute(*spec) for key, spec in fields.items()})
    return cls, cls


def of_struct(name: str, fields: Fields) -> Made:
    def spec(key: str, kind: Any, value: Any) -> Any:
        if value is REQUIRED:
            return key, kind
        return key, kind, msgspec.field(default_factory=value) if isinstance(value, type) else value

    cls = msgspec.defstruct(
        name, [spec(key, *rest) for key, rest in fields.items()], omit_defaults=True, rename="camel"
    )
    return cls, cls


def of_typed_dict(name: str, fields: Fields) -> Made:
    keys = {key: kind if value is REQUIRED else NotRequired[kind] for key, (kind, value) in fields.items()}

    def make(**values: Any) -> dict[str, Any]:
        return {key: value for key, value in values.items() if value != set() or fields[key][1] is REQUIRED}

    return TypedDict(name, keys), make  # type: ignore[operator]


def of_pydantic(name: str, fields: Fields) -> Made:
    def field(value: Any) -> Any:
        if value is REQUIRED:
            return ...
        return pydantic.Field(default_factory=value) if isinstance(value, type) else value

    specs: dict[str, Any] = {key: (kind, field(value)) for key, (kind, value) in fields.items()}
    cls = pydantic.create_model(name, **specs)
    return cls, cls


PART: Fields = {
    "name": (str, REQUIRED),
    "when": (datetime | None, REQUIRED),
    "count": (int | None, 3),
    "note": (str | None, None),
}


def whole(part: Any) -> Fields:
    return {
        "text": (str, REQUIRED),
        "number": (int, REQUIRED),
        "exact": (Decimal, REQUIRED),
        "real": (float, REQUIRED),
        "flag": (bool, REQUIRED),
        "data": (bytes, REQUIRED),
        "when": (datetime, REQUIRED),
        "day": (date, REQUIRED),
        "clock": (time, REQUIRED),
        "length": (timedelta, REQUIRED),
        "uuid": (UUID, REQUIRED),
        "color": (Color, REQUIRED),
        "maybe": (int | None, REQUIRED),
        "pair": (tuple[int, datetime], REQUIRED),
        "part": (part | None, None),
        "parts": (list[part | None], list),
        "by_name": (dict[str, part], dict),
        "by_number": (dict[int, str | None], dict),
        "texts": (set[str], set),
        "numbers": (set[Decimal], set),
        "binaries": (set[bytes], set),
        "moments": (set[datetime], set),
        "expires": (datetime | None, None),
    }


def both(build: Callable[[str, Fields], Made]) -> tuple[Any, Any, Any]:
    part, make_part = build("Part", PART)
    cls, make = build("Whole", whole(part))
    return cls, make, make_part


KINDS = {build.__name__: both(build) for build in (of_dataclass, of_attrs, of_struct, of_typed_dict, of_pydantic)}

# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────
names = st.text(min_size=1, max_size=5)
integers = st.integers(-(10**38) + 1, 10**38 - 1)
decimals = st.builds(lambda digits, exponent: Decimal(f"{digits}E{exponent}"), integers, st.integers(-90, 80))
reals = st.floats(1e-100, 1e100) | st.floats(-1e100, -1e-100) | st.just(0.0)
zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=zones)
seconds = st.datetimes(datetime(1600, 1, 1), datetime(2900, 1, 1), timezones=zones).map(
    lambda moment: moment.replace(microsecond=0)
)


def parts(make: Any) -> st.SearchStrategy[Any]:
    return st.builds(
        make,
        name=st.text(max_size=5),
        when=st.none() | moments,
        count=st.none() | integers,
        note=st.none() | names,
    )


def objects(make: Any, make_part: Any) -> st.SearchStrategy[Any]:
    part = parts(make_part)
    return st.builds(
        make,
        text=st.text(max_size=20),
        number=integers,
        exact=decimals,
        real=reals,
        flag=st.booleans(),
        data=st.binary(max_size=10),
        when=moments,
        day=st.dates(),
        clock=st.times(timezones=st.none() | zones),
        length=st.timedeltas(timedelta(days=-1_000_000), timedelta(days=1_000_000)),
        uuid=st.uuids(),
        color=st.sampled_from(Color),
        maybe=st.none() | integers,
        pair=st.tuples(integers, moments),
        part=st.none() | part,
        parts=st.lists(st.none() | part, max_size=2),
        by_name=st.dictionaries(names, part, max_size=2),
        by_number=st.dictionaries(integers, st.none() | names, max_size=2),
        texts=st.sets(st.text(max_size=5), max_size=2),
        numbers=st.sets(decimals, max_size=2),
        binaries=st.sets(st.binary(max_size=5), max_size=2),
        moments=st.sets(moments, max_size=2),
        expires=st.none() | seconds,
    )


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_model_roundtrip(kind: str, data: st.DataObject) -> None:
    cls, make, make_part = KINDS[kind]
    obj = data.draw(objects(make, make_part))
    for nulls, ttl_attribute in (("omit", "expires"), ("keep", None)):
        model: ItemModel[Any] = item_model(cls, nulls=nulls, ttl_attribute=ttl_attribute)  # type: ignore[arg-type]
        item = model.to_item(obj)
        again = model.from_item(decode_item(encode_item(item)))
        assert again == obj
        assert type(again) is type(obj)
        assert model.to_item(again) == item, "stored again, it is the same item"


@settings(deadline=None)
@given(st.lists(moments, min_size=2, max_size=6))
def test_text_of_datetimes_sorts_as_they_do(values: list[datetime]) -> None:
    model: ItemModel[Any] = item_model(Moment)
    texts = {value: model.to_item(Moment(value))["at"] for value in values}
    assert sorted(values) == sorted(values, key=texts.__getitem__)
    assert {len(text) for text in texts.values()} == {27}
