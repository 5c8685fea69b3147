"""What the codec refuses before sending: which error, what it says, and the path of the value."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import uuid
from collections import deque
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from hashrange.codec import decode_value, encode_item, encode_value, format_path, item_size
from hashrange.errors import TypeMismatch, ValidationError


class Color(Enum):
    RED = "red"


class Text(str):
    __slots__ = ()


class Whole(int):
    def __repr__(self) -> str:
        return "not what it holds"


class Real(float):
    def __repr__(self) -> str:
        return "not what it holds"


NOT_A_NUMBER = "is not a number that DynamoDB has"
RANGE = "out of range"
DIGITS = "significant digits"


@dataclasses.dataclass
class Record:
    a: int = 1


@pytest.mark.parametrize(
    ("value", "error", "reason"),
    [
        (float("nan"), ValidationError, NOT_A_NUMBER),
        (float("inf"), ValidationError, NOT_A_NUMBER),
        (float("-inf"), ValidationError, NOT_A_NUMBER),
        (Real("nan"), ValidationError, NOT_A_NUMBER),
        (Decimal("NaN"), ValidationError, NOT_A_NUMBER),
        (Decimal("sNaN"), ValidationError, NOT_A_NUMBER),
        (Decimal("-Infinity"), ValidationError, NOT_A_NUMBER),
        (10**38 + 1, ValidationError, DIGITS),
        (-(10**39) - 1, ValidationError, DIGITS),
        (10**125 + 1, ValidationError, DIGITS),
        (Decimal("1." + "1" * 38), ValidationError, DIGITS),
        (Decimal("1" * 39), ValidationError, DIGITS),
        (Decimal("1." + "1" * 100_000), ValidationError, DIGITS),
        (10**126, ValidationError, RANGE),
        (-(10**126), ValidationError, RANGE),
        (10**5_000, ValidationError, RANGE),
        (-(10**5_000), ValidationError, RANGE),
        (Whole(10**5_000), ValidationError, RANGE),
        (1e126, ValidationError, RANGE),
        (-1.7976931348623157e308, ValidationError, RANGE),
        (9.99e-131, ValidationError, RANGE),
        (5e-324, ValidationError, RANGE),
        (Decimal("1E+126"), ValidationError, RANGE),
        (Decimal("9.99E-131"), ValidationError, RANGE),
        (Decimal("1E+999999"), ValidationError, RANGE),
        (Decimal("-1E-999999"), ValidationError, RANGE),
        (set(), ValidationError, "the set is empty"),
        (frozenset(), ValidationError, "the set is empty"),
        ({1, "a"}, TypeMismatch, "the set holds int, str"),
        ({True, False}, TypeMismatch, "the set holds bool"),
        ({True, 2}, TypeMismatch, "the set holds bool, int"),
        ({b"a", "a"}, TypeMismatch, "the set holds bytes, str"),
        ({None}, TypeMismatch, "the set holds NoneType"),
        ({(1, 2)}, TypeMismatch, "the set holds tuple"),
        ({frozenset({1})}, TypeMismatch, "the set holds frozenset"),
        ({float("nan")}, ValidationError, NOT_A_NUMBER),
        ({10**5_000}, ValidationError, RANGE),
        ({uuid.UUID(int=0)}, TypeMismatch, "UUID has no DynamoDB type"),
        (datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), TypeMismatch, "datetime has no DynamoDB type"),
        (datetime.date(2026, 1, 1), TypeMismatch, "date has no DynamoDB type"),
        (uuid.UUID(int=0), TypeMismatch, "UUID has no DynamoDB type"),
        (Record(), TypeMismatch, "Record has no DynamoDB type"),
        (object(), TypeMismatch, "object has no DynamoDB type"),
        (1 + 2j, TypeMismatch, "complex has no DynamoDB type"),
        (range(3), TypeMismatch, "range has no DynamoDB type"),
        (deque([1]), TypeMismatch, "deque has no DynamoDB type"),
        (iter([1]), TypeMismatch, "list_iterator has no DynamoDB type"),
        (int, TypeMismatch, "type has no DynamoDB type"),
        ({5: 1}, TypeMismatch, "the attribute name 5 is not"),
        ({"": 1}, TypeMismatch, "the attribute name '' is not"),
        ({Text(): 1}, TypeMismatch, "the attribute name '' is not"),
        ({None: 1}, TypeMismatch, "the attribute name None is not"),
        ({b"a": 1}, TypeMismatch, "the attribute name b'a' is not"),
        ({Color.RED: 1}, TypeMismatch, "the attribute name <Color.RED: 'red'> is not"),
        ({("x" * 50_000,): 1}, TypeMismatch, "the attribute name ('xxx"),
    ],
    ids=lambda each: each if isinstance(each, str) and len(each) < 60 else type(each).__name__,
)
def test_refused(value: Any, error: type[ValidationError], reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        encode_value(value)
    assert type(caught.value) is error
    assert reason in caught.value.message
    assert caught.value.message.startswith("value: ")
    assert caught.value.hint
    assert len(str(caught.value)) < 400, "however large the value is"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    with pytest.raises(error) as nested:
        encode_item({"ok": 1, "a": {"b": ["x", (1, {"c": value})]}})
    assert nested.value.message == f"a.b[1][1].c{caught.value.message.removeprefix('value')}"
    with pytest.raises(error, match=r"^n: "):
        item_size({"n": value})


@pytest.mark.parametrize("name", ["", 5, None, b"a", Color.RED])
def test_refused_names_of_attributes(name: Any) -> None:
    with pytest.raises(TypeMismatch) as caught:
        encode_item({"ok": "x", name: "value"})
    assert caught.value.message == f"the attribute name {name!r} is not non-empty text"
    assert isinstance(caught.value, TypeError)


def test_no_number_is_shown() -> None:
    for value in (10**60 + 1, Decimal("1." + "123456789" * 5), 1.5e200, Decimal("1.5E+200")):
        with pytest.raises(ValidationError) as caught:
            encode_item({"PK": value})
        assert "12345678" not in str(caught.value)
        assert "000" not in str(caught.value)
        assert "1.5" not in str(caught.value)


def test_a_decimal_context_that_traps_does_not_matter() -> None:
    traps = [decimal.Inexact, decimal.Rounded, decimal.Subnormal, decimal.FloatOperation]
    with decimal.localcontext(decimal.Context(prec=2, traps=traps)):
        assert encode_value(Decimal("1.23456")) == {"N": "1.23456"}
        assert encode_value({Decimal("0.10"), 0.1}) in ({"NS": ["0.10"]}, {"NS": ["0.1"]})
        assert item_size({"n": Decimal("1.23456")}) == 6
        for value in (Decimal("1.23456E+200"), Decimal("1." + "1" * 60), 1.5e200, Decimal("NaN")):
            with pytest.raises(ValidationError):
                encode_value(value)


# ── nesting ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def nested(containers: int, inner: Any, kind: str) -> Any:
    for _ in range(containers):
        inner = [inner] if kind == "list" else (inner,) if kind == "tuple" else {"k": inner}
    return inner


@pytest.mark.parametrize("kind", ["list", "tuple", "map"])
@pytest.mark.parametrize("inner", [1, "a", None, {1}])
def test_a_scalar_may_stand_on_level_32(kind: str, inner: Any) -> None:
    for containers in (30, 31):
        assert decode_value(encode_value(nested(containers, inner, kind)))
    for containers in (32, 33, 500):
        with pytest.raises(ValidationError, match="nested deeper than 32 levels") as caught:
            encode_value(nested(containers, inner, kind))
        assert caught.value.message.count("k" if kind == "map" else "[0]") == 31, "the path of the first too deep"


@pytest.mark.parametrize("empty", [[], {}, ()])
def test_a_list_or_map_may_stand_on_level_31(empty: Any) -> None:
    encode_item({"a": nested(30, empty, "list")})
    with pytest.raises(ValidationError, match="nested deeper than 32 levels"):
        encode_item({"a": nested(31, empty, "list")})


def test_cycles_are_refused() -> None:
    itself: list[Any] = [1]
    itself.append(itself)
    mutual: dict[str, Any] = {}
    mutual["m"] = {"back": mutual}
    for value in (itself, mutual):
        with pytest.raises(ValidationError, match="nested deeper than 32 levels"):
            encode_value(value)


def test_paths() -> None:
    assert format_path(["address", "lines", 2]) == "address.lines[2]"
    assert format_path([0, "a", 1, 2]) == "[0].a[1][2]"
    assert format_path([]) == ""
    with pytest.raises(TypeMismatch, match=r"^:v0\[1\]: object has no"):
        encode_value([1, object()], ":v0")
