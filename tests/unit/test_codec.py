"""The codec: both directions against boto3's serializer as the witness, and wire values that are none."""

from __future__ import annotations

import decimal
from collections import Counter, OrderedDict, UserDict, namedtuple
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum, IntEnum, IntFlag, StrEnum
from types import MappingProxyType
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from hashrange.codec import (
    decode_item,
    decode_number,
    decode_number_as_float,
    decode_value,
    encode_item,
    encode_value,
    item_size,
)
from hashrange.errors import ItemDecodeError, ValidationError
from hashrange.types import WireItem


class Color(Enum):
    RED = "red"
    ONE = 1
    MANY = (1, 2)


class Mood(StrEnum):
    GOOD = "good"


class Level(IntEnum):
    HIGH = 3


class Bits(IntFlag):
    A = 1
    B = 2


class Old(str, Enum):  # noqa: UP042 - the way StrEnum was written before it existed
    X = "x"


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "not what it holds"


class Whole(int):
    def __str__(self) -> str:
        return "not what it holds"

    __repr__ = __str__


class Real(float):
    def __repr__(self) -> str:
        return "not what it holds"


class Exact(Decimal):
    def __str__(self) -> str:
        return "not what it holds"


class Names(dict[str, Any]):
    pass


class Things(list[Any]):
    pass


class Raw(bytes):
    pass


Point = namedtuple("Point", "x y")


class OwnMapping(Mapping[str, Any]):
    def __getitem__(self, name: str) -> Any:
        return {"a": 1}[name]

    def __iter__(self) -> Iterator[str]:
        return iter("a")

    def __len__(self) -> int:
        return 1


# ── encoding ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("", {"S": ""}),
        ("é", {"S": "é"}),
        (Text("a"), {"S": "a"}),
        (Mood.GOOD, {"S": "good"}),
        (Old.X, {"S": "x"}),
        (Color.RED, {"S": "red"}),
        (Color.MANY, {"L": [{"N": "1"}, {"N": "2"}]}),
        (0, {"N": "0"}),
        (-7, {"N": "-7"}),
        (True, {"BOOL": True}),
        (False, {"BOOL": False}),
        (None, {"NULL": True}),
        (Whole(5), {"N": "5"}),
        (Level.HIGH, {"N": "3"}),
        (Bits.A | Bits.B, {"N": "3"}),
        (Color.ONE, {"N": "1"}),
        (10**38 - 1, {"N": "9" * 38}),
        (-(10**38) + 1, {"N": "-" + "9" * 38}),
        (10**38, {"N": "1" + "0" * 38}),
        (10**125, {"N": "1" + "0" * 125}),
        (-(10**125), {"N": "-1" + "0" * 125}),
        ((10**38 - 1) * 10**88, {"N": "9" * 38 + "0" * 88}),
        (1.5, {"N": "1.5"}),
        (0.1, {"N": "0.1"}),
        (-0.0, {"N": "-0.0"}),
        (1e22, {"N": "1e+22"}),
        (1e-130, {"N": "1e-130"}),
        (9.999999999999998e125, {"N": "9.999999999999998e+125"}),
        (Real(2.5), {"N": "2.5"}),
        (Decimal("0.10"), {"N": "0.10"}),
        (Decimal("-0"), {"N": "0"}),
        (Decimal("0E+500"), {"N": "0"}),
        (Decimal("1E+125"), {"N": "1E+125"}),
        (Decimal("1E-130"), {"N": "1E-130"}),
        (Decimal("1.23E-130"), {"N": "1.23E-130"}),
        (Decimal("9." + "9" * 37 + "E+125"), {"N": "9." + "9" * 37 + "E+125"}),
        (Decimal("1." + "0" * 60), {"N": "1." + "0" * 60}),
        (Exact("1.5"), {"N": "1.5"}),
        (b"", {"B": ""}),
        (b"\x00\xff", {"B": "AP8="}),
        (Raw(b"a"), {"B": "YQ=="}),
        (bytearray(b"abc"), {"B": "YWJj"}),
        (memoryview(b"abc"), {"B": "YWJj"}),
        (memoryview(b"abcdef")[::2], {"B": "YWNl"}),
        (memoryview(b"abcdef")[::-1], {"B": "ZmVkY2Jh"}),
        (memoryview(b"\x01\x00\x02\x00").cast("H"), {"B": "AQACAA=="}),
        ([], {"L": []}),
        ((), {"L": []}),
        ([1, "a", None], {"L": [{"N": "1"}, {"S": "a"}, {"NULL": True}]}),
        ((True, (b"a",)), {"L": [{"BOOL": True}, {"L": [{"B": "YQ=="}]}]}),
        (Things([1]), {"L": [{"N": "1"}]}),
        (Point(1, 2), {"L": [{"N": "1"}, {"N": "2"}]}),
        ({}, {"M": {}}),
        ({"a": {"b": [1.5]}}, {"M": {"a": {"M": {"b": {"L": [{"N": "1.5"}]}}}}}),
        (OrderedDict(a=1), {"M": {"a": {"N": "1"}}}),
        (Counter("aa"), {"M": {"a": {"N": "2"}}}),
        (Names(a=1), {"M": {"a": {"N": "1"}}}),
        (UserDict(a=1), {"M": {"a": {"N": "1"}}}),
        (MappingProxyType({"a": 1}), {"M": {"a": {"N": "1"}}}),
        (OwnMapping(), {"M": {"a": {"N": "1"}}}),
        ({Mood.GOOD: 1, Text("a"): 2, Old.X: 3}, {"M": {"good": {"N": "1"}, "a": {"N": "2"}, "x": {"N": "3"}}}),
        ({"a"}, {"SS": ["a"]}),
        ({""}, {"SS": [""]}),
        (frozenset({b"a"}), {"BS": ["YQ=="]}),
        ({memoryview(b"a"), b"a"}, {"BS": ["YQ=="]}),
        ({1, Decimal(1)}, {"NS": ["1"]}),
        ({Level.HIGH}, {"NS": ["3"]}),
        ({Color.RED, "red"}, {"SS": ["red"]}),
    ],
)
def test_encode(value: Any, wire: dict[str, Any]) -> None:
    assert encode_value(value) == wire
    assert encode_item({"name": value}) == {"name": wire}
    if value == 0 or value == "":
        return
    kinds = [type(part) for part in _parts(encode_item({"name": value}))]
    assert set(kinds) <= {dict, list, str, bool}, "a JSON encoder takes only the plain types"


def _parts(wire: Any) -> Iterator[Any]:
    yield wire
    children = [*wire.keys(), *wire.values()] if isinstance(wire, dict) else wire if isinstance(wire, list) else []
    for child in children:
        yield from _parts(child)


def test_sets_of_several_members() -> None:
    assert set(encode_value({"a", "b", Mood.GOOD})["SS"]) == {"a", "b", "good"}
    assert set(encode_value({1, 2.5, Decimal(-3)})["NS"]) == {"1", "2.5", "-3"}
    assert set(encode_value({b"a", b"b"})["BS"]) == {"YQ==", "Yg=="}


@pytest.mark.parametrize(
    "numbers", [{0.1, Decimal("0.1")}, {0.1, Decimal("0.10")}, {1.1, Decimal("11E-1")}, {Whole(1), 1}, {1e23, 10**23}]
)
def test_members_that_are_one_number_for_dynamodb_are_written_once(numbers: set[Any]) -> None:
    assert len({Decimal(text) for text in encode_value(numbers)["NS"]}) == len(encode_value(numbers)["NS"]) == 1


def test_names_that_are_text_of_another_type_become_plain() -> None:
    wire = encode_item({Mood.GOOD: "a", Text("b"): "b", Old.X: "c"})
    assert wire == {"good": {"S": "a"}, "b": {"S": "b"}, "x": {"S": "c"}}
    assert {type(name) for name in wire} == {str}


def test_lone_surrogates_pass_here_and_are_found_when_json_is_written() -> None:
    assert encode_item({"\ud800": "\udfff"}) == {"\ud800": {"S": "\udfff"}}
    assert item_size({"\ud800": "\udfff"}) == 6, "counting does not fail before"


# ── the witness ──────────────────────────────────────────────────────────────────────────────────────────────────────
WITNESSED = [
    "text",
    "",
    0,
    -5,
    10**37,
    Decimal("1.25"),
    Decimal("-1E-130"),
    Decimal("9.9E+125"),
    True,
    False,
    None,
    b"\x00\x01",
    bytearray(b"abc"),
    [],
    [1, [2, "a", {"b": None}]],
    {},
    {"a": {"b": [True, b"x"]}},
    {"a", "b"},
    {1, Decimal("2.5")},
    {b"a", b"b"},
]


def _as_boto3(attribute: Any) -> Any:
    """Our wire shape as boto3's, which holds raw bytes; numbers and sets by value."""
    ((kind, content),) = attribute.items()
    if kind in ("L", "M"):
        inner = (
            [_as_boto3(each) for each in content]
            if kind == "L"
            else {name: _as_boto3(each) for name, each in content.items()}
        )
        return {kind: inner}
    plain = decode_value({kind: content})
    return {kind: Decimal(content)} if kind == "N" else {kind: plain if kind != "NULL" else True}


def _normal(attribute: Any) -> Any:
    """What boto3 wrote, numbers and sets by value."""
    ((kind, content),) = attribute.items()
    if kind == "L":
        return {kind: [_normal(each) for each in content]}
    if kind == "M":
        return {kind: {name: _normal(each) for name, each in content.items()}}
    if kind in ("N", "NS"):
        return {kind: Decimal(content) if kind == "N" else {Decimal(each) for each in content}}
    return {kind: set(content) if kind.endswith("S") and len(kind) == 2 else content}


@pytest.mark.parametrize("value", WITNESSED, ids=lambda value: type(value).__name__)
def test_boto3_encodes_and_decodes_the_same(value: Any) -> None:
    theirs = TypeSerializer().serialize(value)
    ours = encode_value(value)
    assert _as_boto3(ours) == _normal(theirs)
    decoded = TypeDeserializer().deserialize(theirs)
    assert decode_value(ours) == (decoded.value if hasattr(decoded, "value") else decoded)


@pytest.mark.parametrize("value", [Decimal("NaN"), 10**38 + 1, {1, "a"}, object(), Decimal("Infinity"), 1 + 2j])
def test_what_boto3_refuses_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ArithmeticError)):
        TypeSerializer().serialize(value)
    with pytest.raises(ValidationError):
        encode_value(value)


# ── decoding ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-0", 0),
        ("-0.0", 0),
        ("1.0", 1),
        ("1E+2", 100),
        ("1E2", 100),
        ("1e125", 10**125),
        ("-1E+125", -(10**125)),
        ("9" * 38, 10**38 - 1),
        ("123456789012345678901234567890123456780000", 123456789012345678901234567890123456780000),
        ("0.10", Decimal("0.10")),
        ("0.1", Decimal("0.1")),
        ("-1.5", Decimal("-1.5")),
        ("1E-130", Decimal("1E-130")),
        ("0." + "0" * 100 + "1", Decimal("1E-101")),
        ("1.2345678901234567890123456789012345678", Decimal("1.2345678901234567890123456789012345678")),
    ],
)
def test_exact_numbers(text: str, number: int | Decimal) -> None:
    got = decode_number(text)
    assert got == number
    assert type(got) is type(number)
    assert decode_item({"n": {"N": text}}) == {"n": number}
    with decimal.localcontext(decimal.Context(prec=3, traps=[decimal.Inexact, decimal.Rounded])):
        assert decode_number(text) == number, "whatever the program's decimal context is"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-0.0", 0),
        ("1.0", 1),
        ("1E+2", 100),
        ("1E+23", 10**23),
        ("1e125", 10**125),
        ("9007199254740993", 9007199254740993),
        ("0.1", 0.1),
        ("-2.5", -2.5),
        ("1E-130", 1e-130),
        ("123456789012345678.5", 123456789012345678.5),
        ("0.99999999999999999999999999999999", 1.0),
    ],
)
def test_numbers_as_floats(text: str, number: float) -> None:
    got = decode_number_as_float(text)
    assert got == number
    assert type(got) is type(number)
    assert decode_item({"n": {"N": text}}, "float") == {"n": number}


def test_decode_every_kind() -> None:
    wire: WireItem = {
        "s": {"S": "a"},
        "n": {"N": "1.5"},
        "b": {"B": "YQ=="},
        "t": {"BOOL": True},
        "null": {"NULL": True},
        "l": {"L": [{"N": "1"}, {"L": []}]},
        "m": {"M": {"x": {"B": ""}}},
        "ss": {"SS": ["a", "b"]},
        "ns": {"NS": ["1", "2.50"]},
        "bs": {"BS": ["YQ=="]},
    }
    item = {
        "s": "a",
        "n": Decimal("1.5"),
        "b": b"a",
        "t": True,
        "null": None,
        "l": [1, []],
        "m": {"x": b""},
        "ss": {"a", "b"},
        "ns": {1, Decimal("2.5")},
        "bs": {b"a"},
    }
    assert decode_item(wire) == item
    assert decode_item(wire, "float") == {**item, "n": 1.5, "ns": {1, 2.5}}
    assert {name: decode_value(attribute) for name, attribute in wire.items()} == item
    assert decode_value({"N": "1.5"}, "float") == 1.5
    assert decode_item({}) == {}


@pytest.mark.parametrize(
    "attribute",
    [
        {"V": [1]},
        {"N": "abc"},
        {"N": None},
        {"S": "a", "N": "1"},
        {},
        {"L": [{"X": 1}]},
        {"L": 5},
        {"L": [{"S": "a", "N": "1"}]},
        {"L": [{"S": "a"}, {}]},
        {"M": {"a": {}}},
        {"M": {"a": "b"}},
        {"B": "a"},
        {"B": 5},
        {"SS": None},
        "text",
        None,
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_is_no_attribute_value_is_refused_by_name(attribute: Any) -> None:
    for numbers in ("exact", "float"):
        with pytest.raises(ItemDecodeError, match=r"^good\.bad: "):
            decode_item({"a": {"S": "x"}, "good.bad": attribute}, numbers)
    with pytest.raises(ItemDecodeError, match=r"^value: "):
        decode_value(attribute)


def test_a_number_that_no_service_sends_costs_nothing() -> None:
    assert decode_number("1E+999999999") == Decimal("1E+999999999")
    assert decode_number("9" * 5_000) == Decimal("9" * 5_000)
