"""pydantic models that hold dataclasses and TypedDicts, pydantic's dataclasses, and dataclasses that hold models."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, NotRequired, TypeVar

import pydantic
import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType, TypedDict  # pydantic wants this TypedDict before Python 3.12

from hashrange.codec import decode_item, encode_item
from hashrange.errors import ConfigurationError, ItemDecodeError, TypeMismatch
from hashrange.item_model import item_model

T = TypeVar("T")
NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
TEXT = "2026-01-31T08:00:00.000000Z"


class Part(BaseModel):
    required: int | None
    optional: str | None = None
    other_default: int | None = 5
    moment: datetime | None = None


def wire_round_trip(model: Any, obj: Any) -> Any:
    converter = item_model(model)
    return converter.from_item(decode_item(encode_item(converter.to_item(obj))))


def part(required: int | None, **others: Any) -> Part:
    return Part(required=required, **others)


@dataclass
class Plain:
    moment: datetime
    nothing: int | None
    tags: set[str] = field(default_factory=set)
    other_default: int | None = 5
    made_default: int | None = field(default_factory=lambda: 6)
    wave: Annotated[complex, pydantic.PlainSerializer(str)] = 1j


class Dict(TypedDict):
    title: str | None
    moment: NotRequired[datetime]


@dataclass
class Cell(Generic[T]):
    content: T
    note: str | None = None


Cells = TypeAliasType("Cells", list[Cell[datetime]])


class Mixed(BaseModel):
    plain: Plain
    cells: Cells = []
    named: dict[str, Cell[int]] = {}
    dicts: list[Dict] = []


@pydantic.dataclasses.dataclass
class Validated:
    part: Part
    moment: datetime
    tags: set[int] = Field(default_factory=set)
    renamed: int = Field(default=1, serialization_alias="RENAMED")


@dataclass
class Holder:
    part: Part
    parts: dict[str, list[Part]] | None = None


def test_dataclasses_and_typed_dicts_inside() -> None:
    obj = Mixed(
        plain=Plain(NOW, None, other_default=None, made_default=None),
        dicts=[{"title": None}, {"title": "a", "moment": NOW}],
    )
    obj.cells, obj.named = [Cell(NOW)], {"a": Cell(1)}
    item = item_model(Mixed).to_item(obj)
    assert item == {
        "plain": {"moment": TEXT, "other_default": None, "made_default": None, "wave": "1j"},
        "cells": [{"content": TEXT}],
        "named": {"a": {"content": 1}},
        "dicts": [{}, {"title": "a", "moment": TEXT}],
    }
    assert wire_round_trip(Mixed, obj) == obj


def test_pydantics_own_dataclasses() -> None:
    obj = Validated(part(None), NOW)
    assert item_model(Validated).to_item(obj) == {"part": {"other_default": 5}, "moment": TEXT, "RENAMED": 1}
    assert wire_round_trip(Validated, obj) == obj
    holder = type("Holder", (), {"__annotations__": {"inner": Validated}})
    with pytest.raises(ConfigurationError, match=r"inner: a pydantic dataclass inside a model that is not pydantic's"):
        item_model(dataclass(holder))


def test_pydantic_models_inside_dataclasses() -> None:
    obj = Holder(part(None), {"a": [part(1, moment=NOW)]})
    item = item_model(Holder).to_item(obj)
    assert item["part"] == {"other_default": 5}
    assert wire_round_trip(Holder, obj) == obj
    bad = {"part": {}, "parts": {"a": [], "b": [{}, {"required": "x"}]}}
    with pytest.raises(ItemDecodeError) as caught:
        item_model(Holder).from_item(bad)
    assert caught.value.message.startswith("the item does not fit Holder: parts.b[1].required: input should be a valid")
    with pytest.raises(TypeMismatch, match=r"Holder\.parts\.b\[0\]: expected Part, got dict"):
        item_model(Holder).to_item(Holder(part(1), {"b": [{}]}))  # type: ignore[list-item]
