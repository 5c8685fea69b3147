"""pydantic v2 models: their own dump and validation, and the same rules for what DynamoDB has no type for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from ipaddress import IPv4Address, IPv6Network
from pathlib import PurePosixPath
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, TypeVar
from uuid import UUID

import pydantic
import pytest
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import core_schema

from hashrange.codec import decode_item, encode_item
from hashrange.errors import ConfigurationError, ItemDecodeError, TypeMismatch, ValidationError
from hashrange.item_model import item_model

T = TypeVar("T")
NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
TEXT = "2026-01-31T08:00:00.000000Z"
UserId = NewType("UserId", int)


class Half(Enum):
    HALF = Decimal("0.5")


class Shade(StrEnum):
    DARK = "dark"


class Text(str):
    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())


class Part(BaseModel):
    required: int | None
    optional: str | None = None
    other_default: int | None = 5
    moment: datetime | None = None


class Pair(NamedTuple):
    a: int
    b: datetime


class Everything(BaseModel):
    text: str = "a"
    integer: int = 10**37
    real: float = 0.1
    exact: Decimal = Decimal("12345678901234567890123456789.012345678")
    flag: bool = True
    data: bytes = b"\x00YQ=="
    moment: datetime = NOW
    aware: pydantic.AwareDatetime = NOW
    day: date = date(2026, 1, 31)
    clock: time = time(8, 30)
    length: timedelta = timedelta(days=-1, microseconds=3)
    uuid: UUID = UUID(int=7)
    half: Half = Half.HALF
    literal: Literal["a", 1] = 1
    url: pydantic.HttpUrl = pydantic.HttpUrl("http://example.com/a")
    address: IPv4Address = IPv4Address("10.0.0.1")
    network: IPv6Network = IPv6Network("fe80::/64")
    path: PurePosixPath = PurePosixPath("/a")
    user: UserId = UserId(5)
    shade: Shade = Shade.DARK
    like_text: Text = Text("a")
    texts: set[str] = {"a"}
    decimals: frozenset[Decimal] = frozenset({Decimal("1.5")})
    halves: set[Half] = {Half.HALF}
    uuids: set[UUID] = {UUID(int=1)}
    by_int: dict[int, datetime] = {1: NOW}
    by_uuid: dict[UUID, int] = {UUID(int=1): 1}
    pair: tuple[int, datetime] = (1, NOW)
    named: Pair = Pair(1, NOW)
    many: tuple[int, ...] = (1, 2)
    some: Sequence[int] = [1]
    anything: Any = {"a": [None]}
    nothing: None = None


class Whole(BaseModel):
    part: Part | None = None
    parts: list[Part | None] = []
    by_name: dict[str, list[Part]] = {}
    plain: dict[str, Any] = {}
    part_or_text: Part | str = ""
    part_or_map: Part | dict[str, Any] | None = None
    part_or_any: Part | Any = None
    tags: set[str] = set()


class Child(Whole):
    extra_field: datetime = NOW


class Tree(BaseModel):
    value: datetime | None
    children: list[Tree] = []


class Box(BaseModel, Generic[T]):
    content: T


class Aliased(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    user_name: str
    both: int = Field(default=1, alias="BOTH")
    two_names: int = Field(default=1, validation_alias="read_me", serialization_alias="writeMe")
    only_written: int = Field(default=1, serialization_alias="written")
    legacy: int = Field(default=1, validation_alias=pydantic.AliasChoices("newName", "old_name"), alias="newName")
    moved: int = Field(
        default=1, validation_alias=pydantic.AliasChoices(pydantic.AliasPath("list", 0), pydantic.AliasPath("moved"))
    )


class Session(BaseModel):
    id: str
    expires: datetime | None = None
    previous: Session | None = None


def wire_round_trip(model: Any, obj: Any, **options: Any) -> Any:
    converter = item_model(model, **options)
    return converter.from_item(decode_item(encode_item(converter.to_item(obj))))


def part(required: int | None, **others: Any) -> Part:
    return Part(required=required, **others)


WHOLE = Whole(
    part=part(None),
    parts=[part(1, moment=NOW), None],
    by_name={"a": [part(None, other_default=None)]},
    plain={"b": None},
    part_or_text=part(None),
    part_or_map={"required": "x", "optional": None},
    part_or_any={"required": "x", "moment": None},
)


@pytest.mark.parametrize(
    "obj",
    [
        Everything(),
        WHOLE,
        Child(part=part(2)),
        Tree(value=None, children=[Tree(value=NOW)]),
        Box[datetime](content=NOW),
    ],
    ids=lambda obj: type(obj).__name__,
)
def test_an_object_comes_back_equal_from_the_wire(obj: BaseModel) -> None:
    assert wire_round_trip(type(obj), obj) == obj
    assert wire_round_trip(type(obj), obj, nulls="keep") == obj


def test_what_values_are_stored_as() -> None:
    item = item_model(Everything).to_item(Everything())
    assert item["moment"] == item["aware"] == TEXT
    assert item["data"] == b"\x00YQ=="
    assert item["exact"] == Decimal("12345678901234567890123456789.012345678")
    assert item["half"] == Decimal("0.5")
    assert item["url"] == "http://example.com/a"
    assert item["address"] == "10.0.0.1"
    assert item["by_int"] == {"1": TEXT}
    assert item["pair"] == item["named"] == [1, TEXT]
    assert item["length"] == "-PT86399.999997S"
    assert {name for name, value in item.items() if isinstance(value, set)} == {"texts", "decimals", "halves", "uuids"}
    assert "nothing" not in item


def test_none_is_left_out_where_absence_reads_back_as_none() -> None:
    assert item_model(Whole).to_item(WHOLE) == {
        "part": {"other_default": 5},
        "parts": [{"required": 1, "other_default": 5, "moment": TEXT}, None],
        "by_name": {"a": [{"other_default": None}]},
        "plain": {"b": None},
        "part_or_text": {"other_default": 5},
        "part_or_map": {"required": "x", "optional": None},
        "part_or_any": {"required": "x", "moment": None},
    }


def test_null_can_be_kept() -> None:
    model = item_model(Part, nulls="keep")
    assert model.to_item(part(None)) == {"required": None, "optional": None, "other_default": 5, "moment": None}
    with pytest.raises(ItemDecodeError, match="required: missing"):
        model.from_item({})


def test_an_empty_set_that_is_no_default_is_refused() -> None:
    class Refusing(BaseModel):
        tags: set[str]

    class Dependent(BaseModel):
        first: str = "a"
        tags: set[str] = Field(default_factory=lambda data: {data["first"]})

    for obj in (Refusing(tags=set()), Dependent(tags=set())):
        with pytest.raises(ValidationError, match=r"\.tags: the set is empty"):
            item_model(type(obj)).to_item(obj)


def test_a_datetime_without_a_zone_is_refused_on_writing_and_utc_on_reading() -> None:
    with pytest.raises(TypeMismatch, match=r"^Part\.moment: the datetime has no time zone"):
        item_model(Part).to_item(part(1, moment=datetime(2026, 1, 31)))
    with pytest.raises(TypeMismatch, match=r"^Whole\.by_name\.a\[1\]\.moment: the datetime has no time zone"):
        item_model(Whole).to_item(Whole(by_name={"a": [part(1), part(1, moment=datetime(2026, 1, 31))]}))
    assert item_model(Part).from_item({"moment": "2026-01-31T08:00:00"}).moment == NOW


def test_names_are_those_of_serialization() -> None:
    model = item_model(Aliased)
    obj = Aliased.model_validate(
        {"userName": "Ann", "BOTH": 2, "read_me": 3, "onlyWritten": 4, "newName": 5, "moved": 6}
    )
    item = model.to_item(obj)
    assert item == {"userName": "Ann", "BOTH": 2, "writeMe": 3, "written": 4, "newName": 5, "moved": 6}
    assert model.fields == tuple(item)
    assert model.from_item(item) == obj
    assert model.from_item({"userName": "Ann", "old_name": 7}).legacy == 7
    assert model.from_item({**item, "read_me": 9}) == obj, "the name for validation is not an attribute"
    with pytest.raises(ItemDecodeError, match="Aliased: writeMe: input should be a valid integer"):
        model.from_item({**item, "writeMe": "x"})


def test_names_may_be_those_of_the_fields() -> None:
    class ByName(BaseModel):
        model_config = ConfigDict(populate_by_name=True)

        user_name: str = Field(validation_alias="other")

    obj = ByName(user_name="Ann")
    assert item_model(ByName).to_item(obj) == {"user_name": "Ann"}
    assert wire_round_trip(ByName, obj) == obj

    class OnlyByName(BaseModel):
        model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)

        user_name: str = Field(alias="userName")

    other = OnlyByName.model_validate({"user_name": "Ann"})
    assert item_model(OnlyByName).to_item(other) == {"userName": "Ann"}
    assert wire_round_trip(OnlyByName, other) == other


def test_the_ttl_attribute_is_epoch_seconds_and_only_at_the_top() -> None:
    model = item_model(Session, ttl_attribute="expires")
    session = Session(id="a", expires=NOW, previous=Session(id="b", expires=NOW))
    item = model.to_item(session)
    assert item == {"id": "a", "expires": 1769846400, "previous": {"id": "b", "expires": TEXT}}
    assert model.from_item(item) == session
    far = Session(id="a", expires=datetime(2900, 1, 1, tzinfo=UTC))  # pydantic alone would take it for milliseconds
    assert model.from_item(model.to_item(far)) == far
    with pytest.raises(ItemDecodeError, match="expires: the number is out of range for epoch seconds"):
        model.from_item({"id": "a", "expires": 10**15})


def test_a_number_is_a_ttl_attribute_already() -> None:
    class Counted(BaseModel):
        expires: int

    assert item_model(Counted, ttl_attribute="expires").from_item({"expires": 5}) == Counted(expires=5)


def test_a_ttl_attribute_that_would_not_expire_is_refused() -> None:
    class Cached(BaseModel):
        expires: date

    with pytest.raises(ConfigurationError, match=r"Cached\.expires: the TTL attribute"):
        item_model(Cached, ttl_attribute="expires")


def test_strict_models_read_what_is_stored() -> None:
    class Strict(BaseModel):
        model_config = ConfigDict(strict=True)

        moment: datetime
        uuid: UUID
        exact: Decimal
        half: Half

    obj = Strict(moment=NOW, uuid=UUID(int=1), exact=Decimal(3), half=Half.HALF)
    assert wire_round_trip(Strict, obj) == obj


def test_serializers_and_computed_fields_have_their_say() -> None:
    class Account(BaseModel):
        model_config = ConfigDict(extra="forbid")

        name: str
        password: pydantic.SecretStr
        zone: Annotated[timezone, pydantic.PlainValidator(lambda value: UTC), pydantic.PlainSerializer(str)] = UTC
        waves: list[Annotated[complex, pydantic.PlainSerializer(str)]] = [1j]
        hidden: int = Field(default=5, exclude=True)

        @pydantic.field_serializer("password")
        def _reveal(self, value: pydantic.SecretStr) -> str:
            return value.get_secret_value()

        @pydantic.computed_field(alias="GSI1PK")  # type: ignore[prop-decorator]
        @property
        def index_key(self) -> str:
            return f"NAME#{self.name}"

    model = item_model(Account, unknown="error")
    account = Account(name="Ann", password=pydantic.SecretStr("x"))
    item = model.to_item(account)
    assert item == {"name": "Ann", "password": "x", "zone": "UTC", "waves": ["1j"], "GSI1PK": "NAME#Ann"}
    assert model.fields == ("name", "password", "zone", "waves", "GSI1PK")
    assert model.from_item(item) == account


def test_a_model_serializer_must_give_a_map() -> None:
    class Odd(BaseModel):
        value: int

        @pydantic.model_serializer
        def _dump(self) -> Any:
            return {"value": self.value} if self.value else "text"

    assert item_model(Odd).to_item(Odd(value=1)) == {"value": 1}
    with pytest.raises(TypeMismatch, match="the model's serializer gives str, and an item is a dict"):
        item_model(Odd).to_item(Odd(value=0))


def test_models_that_take_other_attributes_keep_them() -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")

        id: int

    obj = Open.model_validate({"id": 1, "other": {"a"}})
    model = item_model(Open, unknown="error")
    assert model.to_item(obj) == {"id": 1, "other": {"a"}}
    assert model.from_item({"id": 1, "other": {"a"}}) == obj


def test_unknown_attributes_are_ignored_or_refused_by_name() -> None:
    assert item_model(Part).from_item({"PK": "x"}) == part(None)
    with pytest.raises(ItemDecodeError, match="attributes that Part does not have: 'PK'"):
        item_model(Part, unknown="error").from_item({"PK": "x"})


def test_an_object_of_a_subclass_is_stored_with_all_of_its_fields() -> None:
    model = item_model(Whole)
    child = Child(part=part(2))
    for _ in range(2):
        assert model.to_item(child)["extra_field"] == TEXT
    with pytest.raises(TypeMismatch, match="expected Whole, got dict"):
        model.to_item({})  # type: ignore[arg-type]
