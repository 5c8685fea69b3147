"""Keys: what they may hold, items and back, and schemas."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

import pytest

from hashrange.errors import InvalidKey, InvalidTable, MissingRequiredKey
from hashrange.key import Key, KeySchema, check_key_value

SIMPLE = KeySchema("PK")
COMPOSITE = KeySchema("PK", "SK")


class Kind(StrEnum):
    USER = "USER"


class Number(IntEnum):
    ONE = 1


class Text(str):
    __slots__ = ()


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_key_is_a_value() -> None:
    key = Key("USER#1", "PROFILE")
    assert key == Key("USER#1", "PROFILE")
    assert hash(key) == hash(Key("USER#1", "PROFILE"))
    assert len({key, Key("USER#1", "PROFILE"), Key("USER#1"), Key("PROFILE", "USER#1")}) == 3
    assert Key(b"a") != Key("a")
    assert (key.partition, key.sort) == ("USER#1", "PROFILE")
    assert pickle.loads(pickle.dumps(key)) == key
    with pytest.raises(FrozenInstanceError):
        key.partition = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    "value",
    [
        "a",
        "é" * 512,
        "😀" * 256,
        "a" * 1024,
        "\x00",
        0,
        -5,
        10**38,
        Decimal("1.5"),
        Decimal(0),
        b"a",
        b"\x00" * 1024,
        Kind.USER,
        Number.ONE,
        Text("a"),
    ],
)
def test_what_a_key_may_hold(value: Any) -> None:
    assert Key(value, value).to_item(COMPOSITE) == {"PK": value, "SK": value}
    assert Key(value).to_item(SIMPLE) == {"PK": value}
    assert Key.from_item({"PK": value, "SK": value, "other": 1}, COMPOSITE) == Key(value, value)
    assert Key.from_item({"PK": value, "SK": value}, SIMPLE) == Key(value)


@pytest.mark.parametrize(
    "value", [True, False, 1.5, None, bytearray(b"a"), memoryview(b"a"), ["a"], ("a",), {"a"}, {"S": "a"}, object()]
)
def test_what_a_key_may_not_hold(value: Any) -> None:
    name = type(value).__name__
    with pytest.raises(InvalidKey, match=rf"^key attribute 'PK' is of type {name}\. Hint: a key value is str, int"):
        Key(value).to_item(SIMPLE)
    if value is not None:
        with pytest.raises(InvalidKey, match=rf"^key attribute 'SK' is of type {name}\. Hint: a key value is str, int"):
            Key("a", value).to_item(COMPOSITE)


@pytest.mark.parametrize("empty", ["", b"", Text()])
def test_empty_values_are_refused(empty: Any) -> None:
    with pytest.raises(InvalidKey, match="key attribute 'PK' is empty") as caught:
        Key(empty, "a").to_item(COMPOSITE)
    assert caught.value.hint
    with pytest.raises(InvalidKey, match="key attribute 'SK' is empty"):
        Key("a", empty).to_item(COMPOSITE)


@pytest.mark.parametrize("make", [lambda n: "a" * n, lambda n: b"a" * n, lambda n: "é" * (n // 2) + "a" * (n % 2)])
def test_lengths(make: Any) -> None:
    assert Key(make(2048), make(1024)).to_item(COMPOSITE)
    with pytest.raises(InvalidKey, match="'PK' is 2049 bytes long; at most 2048 are allowed") as caught:
        Key(make(2049), "a").to_item(COMPOSITE)
    with pytest.raises(InvalidKey, match="'SK' is 1025 bytes long; at most 1024 are allowed"):
        Key("a", make(1025)).to_item(COMPOSITE)
    assert "aaa" not in str(caught.value) + repr(caught.value), "an error never shows a key's value"


def test_numbers_have_no_length_limit() -> None:
    assert Key(10**3000).to_item(SIMPLE) == {"PK": 10**3000}, "whether it is a number of DynamoDB is the codec's"


def test_lone_surrogates_are_counted_and_left_to_who_writes_json() -> None:
    check_key_value("\ud800" * 10, "PK", 30)
    with pytest.raises(InvalidKey, match="33 bytes"):
        check_key_value("\ud800" * 11, "PK", 30)


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_key_must_have_the_shape_of_the_schema() -> None:
    with pytest.raises(InvalidKey, match="the table has the sort key 'SK', and the key has no sort value"):
        Key("a").to_item(COMPOSITE)
    with pytest.raises(InvalidKey, match="the key has a sort value, and the table has no sort key"):
        Key("a", "b").to_item(SIMPLE)
    assert Key("a", 0).to_item(COMPOSITE) == {"PK": "a", "SK": 0}, "zero is a value"
    with pytest.raises(InvalidKey, match="'SK' is empty"):
        Key("a", "").to_item(COMPOSITE)


@pytest.mark.parametrize("item", [{}, {"SK": "b"}])
def test_an_item_without_its_partition_key(item: dict[str, Any]) -> None:
    with pytest.raises(MissingRequiredKey, match=r"no attribute 'PK', which is part of the key \(PK, SK\)") as caught:
        Key.from_item(item, COMPOSITE)
    assert caught.value.hint == "put every key attribute into the item"
    assert caught.value.__suppress_context__


def test_an_item_without_its_sort_key() -> None:
    with pytest.raises(MissingRequiredKey, match=r"no attribute 'SK', which is part of the key \(PK, SK\)"):
        Key.from_item({"PK": "a"}, COMPOSITE)


# ── schemas ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_schemas() -> None:
    assert (SIMPLE.names, str(SIMPLE)) == (("PK",), "(PK)")
    assert (COMPOSITE.names, str(COMPOSITE)) == (("PK", "SK"), "(PK, SK)")
    assert KeySchema("PK", "SK") == COMPOSITE
    assert hash(KeySchema("PK")) == hash(SIMPLE)
    for name in ("a", "a.b", "my-attr", "#x", "é" * 127 + "a", "a" * 255, " "):
        assert KeySchema(name).partition_key == KeySchema("PK", name).sort_key == name


@pytest.mark.parametrize("name", ["", "a" * 256, "é" * 128, None, 5, b"PK", ["PK"], "\ud800", "😀" * 64])
def test_names_that_no_key_attribute_can_have(name: Any) -> None:
    with pytest.raises(InvalidTable, match="is not a name that a key attribute can have: 1 to 255 bytes of text"):
        KeySchema(name)
    if name is not None:
        with pytest.raises(InvalidTable, match="is not a name that a key attribute can have"):
            KeySchema("PK", name)


def test_names_must_differ() -> None:
    with pytest.raises(InvalidTable, match="partition key and sort key are both named 'PK'"):
        KeySchema("PK", "PK")
