"""Every kind of model, unchanged, in all the forms that its library has: to an item and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, NotRequired, TypedDict, TypeVar

import attrs
import msgspec
import pytest

from hashrange.codec import decode_item, encode_item
from hashrange.errors import ItemDecodeError, TypeMismatch
from hashrange.item_model import ItemModel, item_model

T = TypeVar("T")
NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)


@dataclass
class Address:
    street: str
    lines: list[str] = field(default_factory=list)


@dataclass
class Person:
    kind_of_model: ClassVar[str] = "not a field"
    name: str
    home: Address
    others: list[Address] = field(default_factory=list)
    by_name: dict[str, Address] = field(default_factory=dict)
    visits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    x: int
    y: Decimal = Decimal("0.5")


@dataclass
class Employee(Person):
    salary: Decimal = Decimal(0)
    since: datetime = NOW


@dataclass
class Computed:
    price: int
    total: int = field(init=False)
    note: str = field(init=False, default="none")

    def __post_init__(self) -> None:
        if not hasattr(self, "total"):
            self.total = self.price * 2


@dataclass
class Box(Generic[T]):
    content: T
    inner: Box[T] | None = None


@dataclass
class Empty:
    pass


@dataclass
class Single:
    only: int


@attrs.define
class Tool:
    name: str
    _secret_name: str = "x"
    uses: int = attrs.field(default=1, validator=attrs.validators.ge(0))
    parts: list[Tool] = attrs.Factory(list)
    number: int = attrs.field(init=False, default=7)


@attrs.frozen
class FrozenTool:
    name: str
    made: datetime


class Event(msgspec.Struct, tag="event", tag_field="kind", rename="camel", omit_defaults=True, frozen=True):
    event_id: int
    tags: set[str] = set()
    level: int = 3
    title: str = msgspec.field(default="", name="T")


class Click(msgspec.Struct, tag="click", tag_field="kind"):
    at: datetime
    where: int | None


class Position(msgspec.Struct, array_like=True, tag=True):
    x: int
    seen: datetime | None = None


class Size(NamedTuple):
    width: int
    measured: datetime


class Log(msgspec.Struct, kw_only=True):
    entries: list[Event | Click]
    position: Position
    size: Size
    pair: tuple[int, datetime]
    many: tuple[int, ...] = ()


class Movie(TypedDict):
    title: str
    year: int
    seen: NotRequired[datetime]


ROUND_TRIPS: list[Any] = [
    Person("Ann", Address("A", ["1", "2"]), [Address("B")], {"work": Address("C")}),
    Point(x=1, y=Decimal("2.5")),
    Employee("Bob", Address("A"), salary=Decimal("10.01")),
    Computed(4),
    Box(1, Box(2)),
    Empty(),
    Single(5),
    Tool("saw", "y", 2, [Tool("blade")]),
    FrozenTool("saw", NOW),
    Event(1),
    Event(2, {"a"}, 4, "t"),
    Log(entries=[Event(1), Click(NOW, None)], position=Position(1, NOW), size=Size(1, NOW), pair=(1, NOW)),
]


@pytest.mark.parametrize("obj", ROUND_TRIPS, ids=lambda obj: type(obj).__name__)
def test_an_object_comes_back_equal_from_the_wire(obj: Any) -> None:
    model: ItemModel[Any] = item_model(type(obj))
    wire = encode_item(model.to_item(obj))
    assert model.from_item(decode_item(wire, "exact")) == obj
    assert model.from_item(decode_item(wire, "float")) == obj


def test_a_dataclass_becomes_an_item_of_its_fields() -> None:
    item = item_model(Person).to_item(Person("Ann", Address("A"), [Address("B", ["1"])]))
    assert item == {
        "name": "Ann",
        "home": {"street": "A", "lines": []},
        "others": [{"street": "B", "lines": ["1"]}],
        "by_name": {},
        "visits": 0,
    }


def test_fields_without_init_are_stored_and_read() -> None:
    model = item_model(Computed)
    assert model.to_item(Computed(4)) == {"price": 4, "total": 8, "note": "none"}
    assert model.from_item({"price": 4, "total": 9, "note": "own"}).total == 9


def test_a_field_that_was_never_set_is_refused() -> None:
    obj = Computed(4)
    del obj.total
    with pytest.raises(TypeMismatch, match=r"Computed\.total: the field was never set"):
        item_model(Computed).to_item(obj)


def test_a_generic_class_is_a_model_with_its_parameter() -> None:
    model = item_model(Box[datetime])
    item = model.to_item(Box(NOW, Box(NOW)))
    text = "2026-01-31T08:00:00.000000Z"
    assert item == {"content": text, "inner": {"content": text}}
    assert model.from_item(item) == Box(NOW, Box(NOW))
    assert repr(model) == "<ItemModel of Box[datetime]>"


def test_attrs_names_are_attribute_names_and_validators_run() -> None:
    model = item_model(Tool)
    assert model.to_item(Tool("saw")) == {"name": "saw", "_secret_name": "x", "uses": 1, "parts": [], "number": 7}
    assert model.fields == ("name", "_secret_name", "uses", "parts", "number")
    assert model.from_item({"name": "saw"}) == Tool("saw")


def test_a_struct_is_stored_whole_under_its_encoded_names() -> None:
    model = item_model(Event)
    # omit_defaults must not make a put forget a field, for conditions and for defaults that change one day
    assert model.to_item(Event(1)) == {"eventId": 1, "level": 3, "T": "", "kind": "event"}
    assert model.fields == ("kind", "eventId", "tags", "level", "T")


def test_tagged_structs_in_a_union_are_told_apart() -> None:
    log = ROUND_TRIPS[-1]
    item = item_model(Log).to_item(log)
    assert [entry["kind"] for entry in item["entries"]] == ["event", "click"]
    assert "where" not in item["entries"][1]
    assert item["position"] == ["Position", 1, "2026-01-31T08:00:00.000000Z"]
    assert item["size"] == [1, "2026-01-31T08:00:00.000000Z"]
    with pytest.raises(TypeMismatch, match=r"^Log\.position: expected Position, got int"):
        item_model(Log).to_item(msgspec.structs.replace(log, position=1))


def test_a_typed_dict_takes_bare_dicts_and_keeps_what_it_does_not_declare() -> None:
    model = item_model(Movie)
    movie: Movie = {"title": "Big", "year": 1988, "seen": NOW}
    item = model.to_item(movie)
    assert item == {"title": "Big", "year": 1988, "seen": "2026-01-31T08:00:00.000000Z"}
    assert movie["seen"] == NOW, "the user's dict is not changed"
    assert model.from_item(item) == movie
    with_key: Any = {**movie, "PK": "MOVIE#1", "genres": {"drama"}}
    assert model.to_item(with_key) == {**item, "PK": "MOVIE#1", "genres": {"drama"}}
    assert model.from_item({**item, "PK": "MOVIE#1"}) == movie


def test_a_typed_dict_without_a_required_key_is_refused() -> None:
    incomplete: Any = {"title": "Big"}
    with pytest.raises(TypeMismatch, match=r"Movie\.year: missing"):
        item_model(Movie).to_item(incomplete)


@pytest.mark.parametrize("model", [dict, dict[str, Any]])
def test_a_plain_dict_stays_the_same(model: Any) -> None:
    item = {"a": {1, 2}, "b": None}
    plain = item_model(model)
    assert plain.to_item(item) is item
    assert plain.from_item(item) is item
    assert plain.fields == ()
    with pytest.raises(TypeMismatch, match=r"expected dict, got Single\. Hint: declare the table's model"):
        plain.to_item(Single(1))


def test_an_object_of_a_subclass_is_stored_with_all_of_its_fields() -> None:
    model = item_model(Person)
    employee = Employee("Bob", Address("A"), salary=Decimal(5))
    for _ in range(2):
        item = model.to_item(employee)
    assert item["salary"] == Decimal(5)
    assert item["since"] == "2026-01-31T08:00:00.000000Z"
    assert model.from_item(item) == Person("Bob", Address("A"))
    assert item_model(Box[Person]).to_item(Box(employee))["content"] == item


def test_an_object_of_another_class_is_refused() -> None:
    wrong: list[tuple[Any, Any, str]] = [
        (Person, {"name": "Ann"}, "expected Person, got dict"),
        (Person, Address("A"), "expected Person, got Address"),
        (Event, Click(NOW, 1), "expected Event, got Click"),
        (Tool, None, "expected Tool, got NoneType"),
        (Movie, Single(1), "expected dict, got Single"),
        (Box[int], 5, r"expected Box, got int"),
    ]
    for model, obj, message in wrong:
        with pytest.raises(TypeMismatch, match=message) as caught:
            item_model(model).to_item(obj)
        assert caught.value.hint
        assert isinstance(caught.value, TypeError)


def test_a_wrong_object_inside_is_named_by_its_path() -> None:
    address: Any = {"street": "A"}
    with pytest.raises(TypeMismatch, match=r"^Person\.others\[1\]: expected Address, got dict"):
        item_model(Person).to_item(Person("Ann", Address("A"), [Address("B"), address]))
    with pytest.raises(TypeMismatch, match=r"^Person\.by_name\.work: expected Address, got dict"):
        item_model(Person).to_item(Person("Ann", Address("A"), by_name={"work": address}))


def test_accepts_says_what_to_item_takes() -> None:
    assert item_model(Person).accepts(Employee("Bob", Address("A")))
    assert not item_model(Person).accepts({})
    assert item_model(Movie).accepts({})
    assert not item_model(Movie).accepts([])
    assert item_model(Box[int]).accepts(Box(1))
    assert item_model(dict[str, Any]).accepts({})


def test_the_same_arguments_give_the_same_object() -> None:
    assert item_model(Person) is item_model(Person)
    assert item_model(Person, nulls="keep") is not item_model(Person)
    assert item_model(Person, ttl_attribute="visits") is not item_model(Person)
    models: list[ItemModel[Any]] = [item_model(Box[int]), item_model(Box[str])]
    assert models[0] is not models[1]


def test_the_given_item_is_not_changed() -> None:
    item = {"at": "2026-01-31T08:00:00", "kind": "click"}
    assert item_model(Click).from_item(item) == Click(NOW, None)
    assert item == {"at": "2026-01-31T08:00:00", "kind": "click"}


class Account(msgspec.Struct):
    owner: Annotated[str, msgspec.Meta(min_length=1)]
    balance: Annotated[int, msgspec.Meta(ge=0)] = 0


def test_constraints_hold_when_reading() -> None:
    model = item_model(Account)
    assert model.from_item({"owner": "Ann", "balance": 10**30}) == Account("Ann", 10**30)
    with pytest.raises(ItemDecodeError, match="balance: expected int >= 0"):
        model.from_item({"owner": "Ann", "balance": -1})
