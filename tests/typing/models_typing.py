"""What type checkers must know about ``item_model``: checked by mypy and pyright, never run.

A ``type: ignore`` stands where a mistake must be seen: mypy reports one that is not needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypedDict, TypeVar, assert_type

import attrs
import msgspec
import pydantic

from hashrange.item_model import ItemModel, item_model
from hashrange.types import Item

T = TypeVar("T")


@dataclass
class User:
    name: str


@dataclass
class Admin(User):
    level: int = 0


@dataclass
class Box(Generic[T]):
    content: T


@attrs.define
class Tool:
    name: str


class Event(msgspec.Struct):
    id: int


class Movie(TypedDict):
    title: str


class Account(pydantic.BaseModel):
    owner: str


def each_kind_keeps_its_type(item: Item) -> None:
    assert_type(item_model(User), ItemModel[User])
    assert_type(item_model(User).from_item(item), User)
    assert_type(item_model(Tool).from_item(item), Tool)
    assert_type(item_model(Event).from_item(item), Event)
    assert_type(item_model(Movie).from_item(item), Movie)
    assert_type(item_model(Account).from_item(item), Account)
    assert_type(item_model(Box[int]).from_item(item), Box[int])
    assert_type(item_model(dict[str, Any]).from_item(item), dict[str, Any])


def objects_become_items() -> None:
    assert_type(item_model(User).to_item(User("Ann")), Item)
    assert_type(item_model(User).to_item(Admin("Bob")), Item)
    assert_type(item_model(Movie).to_item({"title": "Big"}), Item)
    assert_type(item_model(User).fields, tuple[str, ...])
    assert_type(item_model(User).model, type[User])
    assert_type(item_model(User).accepts(5), bool)


def mistakes_are_seen() -> None:
    item_model(User).to_item(Tool("saw"))  # type: ignore[arg-type]
    item_model(User).to_item({"name": "Ann"})  # type: ignore[arg-type]
    item_model(Movie).to_item({"year": 1988})  # type: ignore[typeddict-item]
    item_model(User, nulls="drop")  # type: ignore[arg-type]
    item_model(User, unknown="drop")  # type: ignore[arg-type]
    item_model(User("Ann"))  # type: ignore[arg-type]
