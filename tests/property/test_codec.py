"""Round trips of every value, and what must hold for all items."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import msgspec
from boto3.dynamodb.types import Binary, TypeDeserializer
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.codec import decode_item, decode_value, encode_item, encode_value, item_size, wire_item_size

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)
ints = st.integers(-(10**38) + 1, 10**38 - 1) | st.builds(
    lambda digits, zeros: digits * 10**zeros, st.integers(-(10**38) + 1, 10**38 - 1), st.integers(0, 88)
)
decimals = st.builds(
    lambda digits, magnitude: Decimal(f"{digits}E{magnitude - len(str(abs(digits))) + 1}"),  # exact, without a context
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.integers(-130, 125),
)
floats = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x == 0 or 1e-130 <= abs(x) < 1e126)
scalars = text | ints | decimals | floats | st.binary(max_size=20) | st.booleans() | st.none()
sets = (
    st.sets(text, min_size=1, max_size=5)
    | st.sets(ints | decimals | floats, min_size=1, max_size=5)
    | st.frozensets(st.binary(max_size=5), min_size=1, max_size=5)
)
values = st.recursive(
    scalars | sets,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(names, inner, max_size=4)
    ),
    max_leaves=15,
)
items = st.dictionaries(names, values, max_size=5)


def exact(value: Any) -> Any:
    """What ``numbers="exact"`` promises for a value: floats by their shortest text, tuples as lists."""
    if isinstance(value, bool) or value is None or isinstance(value, (str, bytes, int)):
        return value
    if isinstance(value, (float, Decimal)):
        number = Decimal(repr(value)) if isinstance(value, float) else value
        return int(number) if number == int(number) else number
    if isinstance(value, (set, frozenset)):
        return {exact(member) for member in value}
    if isinstance(value, (list, tuple)):
        return [exact(element) for element in value]
    return {name: exact(element) for name, element in value.items()}


def shape(value: Any) -> Any:
    """A value with its types: 1, 1.0, True and Decimal(1) are equal for Python."""
    if isinstance(value, dict):
        return {name: shape(element) for name, element in value.items()}
    if isinstance(value, list):
        return [shape(element) for element in value]
    if isinstance(value, (set, frozenset)):
        return set, {shape(member) for member in value}
    return type(value), value


@settings(deadline=None)
@given(items)
def test_value_roundtrip(item: dict[str, Any]) -> None:
    wire = encode_item(item)
    assert shape(decode_item(wire)) == shape(exact(item))
    carried = msgspec.json.decode(msgspec.json.encode(wire))
    assert carried == wire, "the wire shape is plain JSON"
    assert shape(decode_item(carried)) == shape(exact(item))
    assert encode_item(decode_item(wire)) == encode_item(exact(item)), "what was read can be written as it is"


@settings(deadline=None)
@given(values)
def test_one_value_is_encoded_like_an_attribute(value: Any) -> None:
    assert encode_value(value) == encode_item({"a": value})["a"]
    assert shape(decode_value(encode_value(value))) == shape(exact(value))


@settings(deadline=None)
@given(ints | floats)
def test_floats_and_ints_come_back_as_they_were_in_float_mode(number: float) -> None:
    got = decode_value(encode_value(number), "float")
    assert got == number or (isinstance(number, float) and Decimal(repr(number)) == got)
    exactly = Decimal(repr(number))
    assert type(got) is (int if exactly == exactly.to_integral_value() else float)
    assert float(got) == float(number)
    assert not isinstance(got, float) or math.isfinite(got)


def by_boto3(attribute: Any) -> Any:
    found = TypeDeserializer().deserialize(attribute)
    return plain(found)


def plain(value: Any) -> Any:
    if isinstance(value, Binary):
        return vars(value)["value"]
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, dict):
        return {name: plain(element) for name, element in value.items()}
    if isinstance(value, set):
        return {plain(member) for member in value}
    return value


def raw(attribute: Any) -> Any:
    """Our wire shape as boto3 has it after its own base64 layer."""
    ((kind, content),) = attribute.items()
    if kind == "L":
        return {kind: [raw(each) for each in content]}
    if kind == "M":
        return {kind: {name: raw(each) for name, each in content.items()}}
    return {kind: decode_value(attribute)} if kind in ("B", "BS") else attribute


def has_long_numbers(value: Any) -> bool:
    """Whether boto3 cannot read it: it refuses integers of over 38 digits even where all but 38 are zeros, and digits
    behind the 165th place, which numbers near 1E-130 may have."""
    if isinstance(value, dict):
        return any(map(has_long_numbers, value.values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(map(has_long_numbers, value))
    if isinstance(value, Decimal):
        return int(value.as_tuple().exponent) < -165
    return isinstance(value, int) and abs(value) >= 10**38


@settings(deadline=None)
@given(values.filter(lambda value: not has_long_numbers(value)))
def test_boto3_reads_what_we_write(value: Any) -> None:
    wire = encode_value(value)
    assert by_boto3(raw(wire)) == decode_value(wire)


@settings(deadline=None)
@given(items)
def test_json_is_never_shorter_than_what_dynamodb_counts(item: dict[str, Any]) -> None:
    """A short body needs no count of its item's size."""
    wire = encode_item(item)
    size = item_size(item)
    assert size == wire_item_size(wire)
    assert 0 <= size <= len(msgspec.json.encode(wire)) <= len(json.dumps(wire).encode())


@settings(deadline=None)
@given(ints | decimals)
def test_the_size_of_a_number_counts_half_a_byte_a_digit(number: int | Decimal) -> None:
    whole, _, fraction = format(Decimal(number).copy_abs(), "f").partition(".")
    whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
    whole = whole if fraction else whole.rstrip("0")
    fraction = fraction if whole else fraction.lstrip("0")
    expected = 1 + (len(whole) + 1) // 2 + (len(fraction) + 1) // 2 + (1 if number < 0 else 0)
    assert item_size({"n": number}) == 1 + expected
