"""Single values inside models: what they are stored as, and that they come back exactly."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, IntFlag, StrEnum
from typing import Annotated, Any, Literal, NamedTuple, NewType, TypedDict
from uuid import UUID

import msgspec
import pytest

from hashrange.codec import decode_item, encode_item
from hashrange.errors import ItemDecodeError, TypeMismatch
from hashrange.item_model import item_model

NOW = datetime(2026, 1, 31, 8, 0, 0, 5, tzinfo=UTC)
SEVEN = UUID(int=7)
PARIS = timezone(timedelta(hours=2))


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1


class Right(IntFlag):
    READ = 1
    WRITE = 2


class MyDatetime(datetime):
    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        return "own text"


class MyUUID(UUID):
    pass


class Shade(StrEnum):
    DARK = "dark"


class Size(NamedTuple):
    width: int
    unit: str = "mm"


class Typed(TypedDict):
    at: datetime


UserName = NewType("UserName", str)


@dataclass
class Moment:
    at: datetime


@dataclass
class Scalars:
    uuid: UUID = SEVEN
    day: date = date(2026, 1, 31)
    clock: time = time(8, 30, 0, 250)
    aware_clock: time = time(8, 30, tzinfo=PARIS)
    length: timedelta = timedelta(days=-1, microseconds=3)
    color: Color = Color.BLUE
    level: Level = Level.LOW
    right: Right = Right.READ | Right.WRITE
    literal: Literal["a", 1] = "a"
    exact: Decimal = Decimal("12345678901234567890123456789.012345678")
    big: int = 10**38 - 1
    bigger: int = -(10**40)
    real: float = 0.1
    flag: bool = True
    data: bytes = b"YWJj"
    changeable: bytearray = field(default_factory=lambda: bytearray(b"\x00\xff"))
    anything: Any = field(default_factory=lambda: {"a": {1, 2}, "b": None, "c": b"YWJj"})
    whatever: object = 5


@dataclass
class Sets:
    texts: set[str] = field(default_factory=lambda: {"a"})
    numbers: set[int] = field(default_factory=lambda: {1, 10**37})
    decimals: frozenset[Decimal] = frozenset({Decimal("1.5"), Decimal(2)})
    floats: set[float] = field(default_factory=lambda: {0.5, 2.0})
    binaries: set[bytes] = field(default_factory=lambda: {b"YQ=="})
    uuids: set[UUID] = field(default_factory=lambda: {UUID(int=1)})
    moments: set[datetime] = field(default_factory=lambda: {NOW})
    colors: frozenset[Color] = frozenset({Color.RED})
    maybe: set[str] | None = None


@dataclass
class Maps:
    by_int: dict[int, str] = field(default_factory=lambda: {-1: "a"})
    by_uuid: dict[UUID, int] = field(default_factory=lambda: {UUID(int=1): 1})
    by_day: dict[date, int] = field(default_factory=lambda: {date(2026, 1, 1): 1})
    by_moment: dict[datetime, datetime] = field(default_factory=lambda: {NOW: NOW})
    by_color: dict[Color, Color] = field(default_factory=lambda: {Color.RED: Color.BLUE})
    by_level: dict[Level, int] = field(default_factory=lambda: {Level.LOW: 1})
    by_decimal: dict[Decimal, int] = field(default_factory=lambda: {Decimal("1.5"): 1})
    by_float: dict[float, int] = field(default_factory=lambda: {0.1: 1})


@dataclass
class Mixtures:
    literal_or_moment: Literal[1, 2] | datetime
    list_or_moment: list[str] | datetime
    map_or_moment: dict[str, int] | datetime
    typed_or_moment: Typed | datetime
    moments_or_number: set[datetime] | int
    named: Annotated[UserName, msgspec.Meta(extra_json_schema={"examples": ["Ann"]})]
    plain_tuple: tuple[int, str]
    plain_named: Size
    with_moments: tuple[Moment, list[datetime]]
    text: str


@dataclass
class Unions:
    text_or_number: int | str | None
    moment_or_number: datetime | int | None
    many: list[Color | Moment | None]


def wire_round_trip(model: Any, obj: Any) -> Any:
    converter = item_model(model)
    return converter.from_item(decode_item(encode_item(converter.to_item(obj))))


def test_what_scalars_are_stored_as() -> None:
    assert item_model(Scalars).to_item(Scalars()) == {
        "uuid": "00000000-0000-0000-0000-000000000007",
        "day": "2026-01-31",
        "clock": "08:30:00.000250",
        "aware_clock": "08:30:00+02:00",
        "length": "-PT86399.999997S",
        "color": "blue",
        "level": 1,
        "right": 3,
        "literal": "a",
        "exact": Decimal("12345678901234567890123456789.012345678"),
        "big": 10**38 - 1,
        "bigger": -(10**40),
        "real": 0.1,
        "flag": True,
        "data": b"YWJj",
        "changeable": bytearray(b"\x00\xff"),
        "anything": {"a": {1, 2}, "b": None, "c": b"YWJj"},
        "whatever": 5,
    }


@pytest.mark.parametrize("obj", [Scalars(), Sets(), Maps()], ids=lambda obj: type(obj).__name__)
def test_values_come_back_exactly(obj: Any) -> None:
    again = wire_round_trip(type(obj), obj)
    assert again == obj
    for name, value in vars(obj).items():
        assert type(getattr(again, name)) is type(value), name


def test_sets_are_stored_as_sets() -> None:
    wire = encode_item(item_model(Sets).to_item(Sets()))
    assert {name: next(iter(value)) for name, value in wire.items()} == {
        "texts": "SS",
        "numbers": "NS",
        "decimals": "NS",
        "floats": "NS",
        "binaries": "BS",
        "uuids": "SS",
        "moments": "SS",
        "colors": "SS",
    }


def test_keys_of_maps_are_text() -> None:
    item = item_model(Maps).to_item(Maps())
    assert [*item["by_int"], *item["by_level"], *item["by_decimal"], *item["by_float"]] == ["-1", "1", "1.5", "0.1"]
    assert item["by_moment"] == {"2026-01-31T08:00:00.000005Z": "2026-01-31T08:00:00.000005Z"}
    assert item["by_color"] == {"red": "blue"}


def test_a_key_of_another_type_is_refused() -> None:
    bad: Any = {(1, 2): "a"}
    with pytest.raises(TypeMismatch, match=r"Maps\.by_int: tuple cannot be the key of a map"):
        item_model(Maps).to_item(Maps(by_int=bad))


def test_unions_go_by_the_value() -> None:
    obj = Unions("a", NOW, [Color.RED, Moment(NOW), None])
    item = item_model(Unions).to_item(obj)
    assert item == {
        "text_or_number": "a",
        "moment_or_number": "2026-01-31T08:00:00.000005Z",
        "many": ["red", {"at": "2026-01-31T08:00:00.000005Z"}, None],
    }
    assert wire_round_trip(Unions, obj) == obj
    assert wire_round_trip(Unions, Unions(None, 5, [])) == Unions(None, 5, [])
    bad: Any = 1.5
    with pytest.raises(TypeMismatch, match=r"Unions\.moment_or_number: expected datetime or int, got float"):
        item_model(Unions).to_item(Unions(None, bad, []))


@dataclass
class Loose:
    value: Any | datetime | None = None


def test_a_union_with_any_is_any() -> None:
    for value in ("2026-01-31T08:00:00", None, 1):
        assert wire_round_trip(Loose, Loose(value)) == Loose(value)
    with pytest.raises(TypeMismatch, match=r"^value: datetime has no DynamoDB type"):
        encode_item(item_model(Loose).to_item(Loose(NOW)))


def test_types_of_every_shape_mix() -> None:
    rest: Any = (UserName("Ann"), (1, "a"), Size(1), (Moment(NOW), [NOW]), Shade.DARK)
    plain = Mixtures(1, ["a"], {"a": 1}, {"at": NOW}, {NOW}, *rest)
    moments = Mixtures(NOW, NOW, NOW, NOW, 5, *rest)
    text = "2026-01-31T08:00:00.000005Z"
    item = item_model(Mixtures).to_item(plain)
    assert item == {
        "literal_or_moment": 1,
        "list_or_moment": ["a"],
        "map_or_moment": {"a": 1},
        "typed_or_moment": {"at": text},
        "moments_or_number": {text},
        "named": "Ann",
        "plain_tuple": (1, "a"),
        "plain_named": [1, "mm"],
        "with_moments": [{"at": text}, [text]],
        "text": "dark",
    }
    assert wire_round_trip(Mixtures, plain) == plain
    assert wire_round_trip(Mixtures, moments) == moments


@pytest.mark.parametrize(
    ("name", "stored"),
    [("with_moments", "text"), ("with_moments", [1, 2]), ("with_moments", {}), ("typed_or_moment", [1])],
)
def test_a_stored_value_of_another_shape_is_refused(name: str, stored: Any) -> None:
    rest: Any = (UserName("Ann"), (1, "a"), Size(1), (Moment(NOW), [NOW]), "a")
    item = item_model(Mixtures).to_item(Mixtures(1, ["a"], {"a": 1}, {"at": NOW}, {NOW}, *rest))
    with pytest.raises(ItemDecodeError, match=rf"^the item does not fit Mixtures: {name}.*: expected "):
        item_model(Mixtures).from_item({**item, name: stored})


def test_subclasses_of_value_types_are_stored_as_their_base() -> None:
    item = item_model(Scalars).to_item(Scalars(uuid=MyUUID(int=7)))
    assert item["uuid"] == "00000000-0000-0000-0000-000000000007"
    obj = Unions(None, MyDatetime(2026, 1, 31, tzinfo=UTC), [])
    assert item_model(Unions).to_item(obj)["moment_or_number"] == "2026-01-31T00:00:00.000000Z"


WRONG: list[tuple[str, Any, str]] = [
    ("uuid", "text", "expected UUID, got str"),
    ("day", NOW, "expected date, got datetime"),
    ("clock", "text", "expected time, got str"),
    ("length", 5, "expected timedelta, got int"),
    ("color", "red", "expected Color, got str"),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_a_value_of_another_type_is_refused(name: str, value: Any, message: str) -> None:
    with pytest.raises(TypeMismatch, match=rf"^Scalars\.{name}: {message}"):
        item_model(Scalars).to_item(Scalars(**{name: value}))


def test_a_container_of_another_type_is_refused() -> None:
    text: Any = "abc"
    with pytest.raises(TypeMismatch, match=r"^Sets\.texts: expected set, got list"):
        item_model(Sets).to_item(Sets(texts=["a"]))  # type: ignore[arg-type]
    with pytest.raises(TypeMismatch, match=r"^Unions\.many: expected list, got str"):
        item_model(Unions).to_item(Unions(1, 1, text))
    with pytest.raises(TypeMismatch, match=r"^Maps\.by_int: expected dict, got str"):
        item_model(Maps).to_item(Maps(by_int=text))


@dataclass
class Pair:
    pair: tuple[int, datetime]


def test_a_tuple_has_its_length() -> None:
    bad: Any = (1,)
    with pytest.raises(TypeMismatch, match=r"^Pair\.pair: expected a tuple of 2"):
        item_model(Pair).to_item(Pair(bad))
    with pytest.raises(TypeMismatch, match=r"^Pair\.pair\[1\]: expected datetime, got int"):
        item_model(Pair).to_item(Pair((1, 2)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "stored", "reason"),
    [
        ("big", Decimal("1.5"), "expected int, got decimal"),
        ("big", 1.5, "expected int, got float"),
        ("big", "1", "expected int, got str"),
        ("big", True, "expected int, got bool"),
        ("real", "1", "expected float, got str"),
        ("flag", 1, "expected bool, got int"),
        ("data", "YWJj", "expected bytes, got str"),
        ("changeable", "YWJj", "expected bytes, got str"),
        ("exact", "abc", "invalid decimal string"),
        ("uuid", "abc", "invalid UUID"),
        ("day", "abc", "invalid RFC3339 encoded date"),
        ("color", "green", "not one of the values that the model allows"),
        ("literal", "b", "not one of the values that the model allows"),
        ("level", 9, "not one of the values that the model allows"),
    ],
)
def test_what_is_stored_must_fit_the_type(name: str, stored: Any, reason: str) -> None:
    with pytest.raises(ItemDecodeError, match=rf"^the item does not fit Scalars: {name}: {reason}"):
        item_model(Scalars).from_item({name: stored})


def test_numbers_of_either_kind_fit_float_and_decimal() -> None:
    read = item_model(Scalars).from_item
    assert read({"real": Decimal("0.1")}).real == 0.1
    assert type(read({"real": 3}).real) is float
    assert read({"exact": 3}).exact == Decimal(3)
    assert type(read({"exact": 3}).exact) is Decimal
    assert read({"exact": 1.1}).exact == Decimal("1.1")
