"""What an item is refused for, and where and how it is said; and which types a model cannot have."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from dataclasses import InitVar, dataclass, field, make_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, NamedTuple, TypedDict

import attrs
import msgspec
import pytest

from hashrange.errors import ConfigurationError, ItemDecodeError, ValidationError
from hashrange.item_model import item_model
from hashrange.item_model.misfit import read_refusal

SECRET = "do-not-show"


@dataclass
class Line:
    number: int
    word: str = ""

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError(f"{SECRET} {self.number}")


@dataclass
class Address:
    street: str
    lines: list[Line] = field(default_factory=list)
    by_name: dict[str, list[Line]] = field(default_factory=dict)
    by_number: dict[int, Line] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


@dataclass
class User:
    id: int
    address: Address
    more: dict[str, dict[str, Address]] = field(default_factory=dict)


class Cat(msgspec.Struct, tag="cat"):
    name: str


class Dog(msgspec.Struct, tag="dog"):
    age: int


class Home(msgspec.Struct, rename={"pet": "the.pet"}):
    pet: Cat | Dog


class Odd(msgspec.Struct, rename={"entries": "a[b].c"}):
    entries: dict[str, int]


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    id: int


@attrs.define
class Checked:
    size: int = attrs.field(validator=attrs.validators.ge(0))


STREET = {"street": "A"}


@pytest.mark.parametrize(
    ("model", "item", "message"),
    [
        (User, {"id": "x", "address": STREET}, "id: expected int, got str"),
        (User, {"id": 1}, "address: missing"),
        (User, {"id": 1, "address": {}}, "address.street: missing"),
        (User, {"id": 1, "address": "A"}, "address: expected a map, got str"),
        (User, {"id": 1, "address": None}, "address: expected a map, got NULL"),
        (User, {"id": 1, "address": {**STREET, "lines": {}}}, "address.lines: expected a list, got a map"),
        (
            User,
            {"id": 1, "address": {**STREET, "lines": [{"number": 1}, {"number": 1, "word": 2}]}},
            "address.lines[1].word: expected str, got int",
        ),
        (
            User,
            {"id": 1, "address": {**STREET, "by_name": {"a": [], "b": [{"number": "x"}]}}},
            "address.by_name.b[0].number: expected int, got str",
        ),
        (
            User,
            {"id": 1, "address": STREET, "more": {"x": {"y": STREET}, "z": {"v": STREET, "w": {"street": 5}}}},
            "more.z.w.street: expected str, got int",
        ),
        (
            User,
            {"id": 1, "address": {**STREET, "by_number": {"1": {"number": 1}, "2": {}}}},
            "address.by_number.2.number: missing",
        ),
        (
            User,
            {"id": 1, "address": {**STREET, "by_number": {"x": {"number": 1}}}},
            "address.by_number: a key of the map: expected int, got str",
        ),
        (User, {"id": 1, "address": {**STREET, "names": {1}}}, "address.names[0]: expected str, got int"),
        (Home, {"the.pet": {"type": SECRET}}, "the.pet.type: not the tag of a type that the model allows"),
        (Home, {"the.pet": {"type": "cat", "name": 1}}, "the.pet.name: expected str, got int"),
        (Home, {"the.pet": {}}, "the.pet.type: missing"),
        (Odd, {"a[b].c": 1}, "a[b].c: expected a map, got int"),
        (Odd, {"a[b].c": {"x": "y"}}, "a[b].c[...]: expected int, got str"),
    ],
)
def test_a_misfit_is_named_by_path_and_reason(model: Any, item: dict[str, Any], message: str) -> None:
    with pytest.raises(ItemDecodeError) as caught:
        item_model(model).from_item(item)
    assert caught.value.message == f"the item does not fit {model.__name__}: {message}"
    assert SECRET not in str(caught.value)


def test_a_missing_attribute_has_a_hint() -> None:
    with pytest.raises(ItemDecodeError, match=r"id: missing\. Hint: give the field a default.*projection"):
        item_model(User).from_item({})


@pytest.mark.parametrize(
    ("model", "item", "path"),
    [
        (Line, {"number": -5}, ""),
        (Address, {**STREET, "lines": [{"number": -5}]}, "lines[0]: "),
        (Address, {**STREET, "by_name": {"a": [], "b": [{"number": 1}, {"number": -5}]}}, "by_name.b[1]: "),
        (Checked, {"size": -5}, ""),
    ],
)
def test_a_models_own_check_is_the_cause_and_its_text_is_not_shown(model: Any, item: Any, path: str) -> None:
    with pytest.raises(ItemDecodeError) as caught:
        item_model(model).from_item(item)
    expected = f"the item does not fit {model.__name__}: {path}the model's own check raised ValueError"
    assert str(caught.value) == expected
    assert isinstance(caught.value.__cause__, ValueError)


def test_the_text_of_msgspec_is_not_chained() -> None:
    with pytest.raises(ItemDecodeError) as caught:
        item_model(Home).from_item({"the.pet": {"type": SECRET}})
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_text_of_msgspec_that_is_not_known_is_not_shown() -> None:
    new = msgspec.ValidationError(f"Surprising {SECRET} - at `$.a[...]`")
    misfit = read_refusal(new, {"a": {"b": 1}}, lambda item: item)
    assert str(misfit) == "a.*: the value does not fit"


def test_the_caller_adds_table_and_key() -> None:
    with pytest.raises(ItemDecodeError) as caught:
        item_model(User).from_item({})
    error = caught.value.with_context(table="app", operation="GetItem", key="k")
    assert str(error).startswith("the item does not fit User: id: missing [GetItem on table 'app']")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_unknown_attributes_are_ignored_or_refused_by_name() -> None:
    item = {"number": 1, "PK": SECRET, "GSI1PK": SECRET}
    assert item_model(Line).from_item(item) == Line(1)
    with pytest.raises(ItemDecodeError) as caught:
        item_model(Line, unknown="error").from_item(item)
    assert caught.value.message == "the item has attributes that Line does not have: 'GSI1PK', 'PK'"
    assert caught.value.hint
    assert item_model(Line, unknown="error").from_item({"number": 1}) == Line(1)
    assert item_model(Cat, unknown="error").from_item({"type": "cat", "name": "Tom"}) == Cat("Tom")
    assert item_model(dict, unknown="error").from_item(item) == item


def test_a_struct_that_forbids_unknown_attributes_does() -> None:
    with pytest.raises(ItemDecodeError, match=r"Strict: PK: the model forbids .*forbid_unknown_fields"):
        item_model(Strict).from_item({"id": 1, "PK": "x"})


@dataclass
class Circle:
    next: Circle | None = None


def test_objects_that_hold_each_other_are_refused() -> None:
    circle = Circle()
    circle.next = Circle(circle)
    with pytest.raises(ValidationError, match=r"Circle: objects are nested deeper than 32 levels, or hold each other"):
        item_model(Circle).to_item(circle)


# ── types ────────────────────────────────────────────────────────────────────────────────────────────────────────────
class Arbitrary:
    pass


class Half(Enum):
    HALF = 0.5


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (complex, "complex has no DynamoDB type"),
        (Arbitrary, "Arbitrary has no DynamoDB type"),
        (list[Arbitrary], "Arbitrary has no DynamoDB type"),
        (dict[str, list[complex]] | None, "complex has no DynamoDB type"),
        (tuple[int, complex], "complex has no DynamoDB type"),
        (Callable[[int], int], "Callable has no DynamoDB type"),
        (Iterator[int], "Iterator has no DynamoDB type"),
        (type[int], "type has no DynamoDB type"),
        (msgspec.Raw, "RawType has no DynamoDB type"),
        (set[bool], "DynamoDB has only sets of text, of numbers and of bytes"),
        (set[tuple[int, ...]], "DynamoDB has only sets of text, of numbers and of bytes"),
        (frozenset[int | str], "DynamoDB has only sets of text, of numbers and of bytes"),
        (dict[bytes, int], "the keys of the map are not of one type that has a text form"),
        (dict[tuple[int, int], int], "the keys of the map are not of one type that has a text form"),
        (Annotated[datetime, msgspec.Meta(tz=False)], "naive datetimes are not stored"),
        (str | Decimal, "Type unions may not contain more than one str-like type"),
        (set[str] | list[str], "Type unions may not contain more than one array-like"),
        (Half, "Enums must contain either all str or all int values"),
        (InitVar[int], "dataclasses with `InitVar` fields are not supported"),
    ],
)
def test_a_type_that_cannot_be_stored_is_refused_at_once(kind: Any, reason: str) -> None:
    model = make_dataclass("Model", [("good", int), ("bad", kind)])
    with pytest.raises(ConfigurationError) as caught:
        item_model(model)
    assert caught.value.message.startswith(f"Model.bad: {reason}")
    assert caught.value.hint


def test_the_path_to_a_nested_field_is_named() -> None:
    inner = make_dataclass("Inner", [("bad", complex)])
    outer = make_dataclass("Outer", [("inners", list[inner])])  # type: ignore[valid-type]
    with pytest.raises(ConfigurationError, match=r"^Outer\.inners\.bad: complex has no DynamoDB type"):
        item_model(outer)


def test_attrs_defaults_that_need_the_object_are_refused() -> None:
    @attrs.define
    class Model:
        a: int
        b: int = attrs.Factory(lambda self: self.a, takes_self=True)

    with pytest.raises(ConfigurationError, match=r"`takes_self=True` is not implemented\. Hint"):
        item_model(Model)


def test_a_name_that_is_not_defined_is_told() -> None:
    model = make_dataclass("Model", [("bad", "NotThere")])
    with pytest.raises(ConfigurationError, match="its annotations name 'NotThere', which is not defined"):
        item_model(model)


class Pair(NamedTuple):
    a: int


class Row(msgspec.Struct, array_like=True):
    a: int


class Loose(TypedDict, total=False):
    a: complex


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (int, "int is not a type of items"),
        (list[int], r"list\[int\] is not a type of items"),
        (Pair, "Pair is not a type of items"),
        (Row, "Row is not a type of items"),
        (Arbitrary, "Arbitrary is not a type of items"),
        (Half, "Enums must contain"),
        (Loose, r"Loose\.a: complex has no DynamoDB type"),
        (Line(1), "model is a Line, not a class"),
        ({"a": 1}, "model is a dict, not a class"),
        (None, "model is a NoneType, not a class"),
        (Cat | Dog, r"Cat \| Dog is not a type of items"),
    ],
)
def test_what_is_no_model_is_refused(model: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{message}") as caught:
        item_model(model)
    assert caught.value.hint


def test_wrong_options_are_refused() -> None:
    wrong: Any = "drop"
    with pytest.raises(ConfigurationError, match="nulls is 'drop'; it must be 'omit' or 'keep'"):
        item_model(Line, nulls=wrong)
    with pytest.raises(ConfigurationError, match="unknown is 'drop'; it must be 'ignore' or 'error'"):
        item_model(Line, unknown=wrong)


def test_a_subclass_that_cannot_be_stored_is_refused_when_it_is_written() -> None:
    @dataclass
    class WithComplex(Line):
        bad: complex = 1j

    @dataclass
    class WithUnion(Line):
        bad: str | Decimal = ""

    for obj, message in ((WithComplex(1), "complex has no"), (WithUnion(1), "the subclass WithUnion is not supported")):
        with pytest.raises(ValidationError, match=message):
            item_model(Line).to_item(obj)
