"""One user, in every kind of model and in wire shape, and tables of them over scripted transports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

import attrs
import msgspec
import pydantic

from hashrange.key import Key
from hashrange.table import Table
from tests.fakes import FakeTransport, client

KEY = Key("USER#1", "PROFILE")
WIRE = {"PK": {"S": "USER#1"}, "SK": {"S": "PROFILE"}, "name": {"S": "Ann"}, "visits": {"N": "3"}}
PLAIN = {"PK": "USER#1", "SK": "PROFILE", "name": "Ann", "visits": 3}


@dataclass
class User:
    PK: str
    SK: str
    name: str
    visits: int = 0
    nickname: str | None = None


@attrs.define
class AttrsUser:
    PK: str
    SK: str
    name: str
    visits: int = 0


class StructUser(msgspec.Struct):
    PK: str
    SK: str
    name: str
    visits: int = 0


class PydanticUser(pydantic.BaseModel):
    PK: str
    SK: str
    name: str
    visits: int = 0


class DictUser(TypedDict):
    PK: str
    SK: str
    name: str
    visits: int


@dataclass
class Name:
    name: str


MODELS: list[Any] = [User, AttrsUser, StructUser, PydanticUser, DictUser]
USER = User("USER#1", "PROFILE", "Ann", 3)


def table(transport: FakeTransport, model: Any = User, *, config: Any = None, **options: Any) -> Table[Any]:
    return client(transport, **(config or {})).table("app", model=model, **options)


def plain(transport: FakeTransport, **config: Any) -> Table[dict[str, Any]]:
    return client(transport, **config).table("app")
