"""Keys of several attributes: as bytes they compare as their values do, and conditions allow what their words say."""

from __future__ import annotations

from base64 import b64decode, b64encode
from decimal import Decimal
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from hashrange.simulator.language.key_condition import AttributeCondition
from hashrange.simulator.language.multi_key_condition import multi_sort_range
from hashrange.simulator.state.keys import MultiKeySchema, key_schema
from hashrange.simulator.values import canonical

NAMES = ("a", "b", "c")
OPERATORS = ("EQ", "LT", "LE", "GT", "GE", "BETWEEN", "BEGINS_WITH")
#: short and of few letters, so that one often begins with another; zeros and the highest bytes are what may go wrong
TEXTS = st.text(st.sampled_from("\x00\x01aé\U0010ffff"), min_size=1, max_size=3)
BYTES = st.lists(st.sampled_from([0, 1, 97, 254, 255]), min_size=1, max_size=3).map(bytes)
NUMBERS = st.sampled_from(["0", "1", "-1", "0.5", "100", "-100", "123", "12", "1E-130", "-1E+125"]).map(Decimal)


def wire(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    return canonical({"N": str(value)}) if isinstance(value, Decimal) else {"B": b64encode(value).decode()}


def letter(value: Any) -> str:
    return "S" if isinstance(value, str) else "N" if isinstance(value, Decimal) else "B"


def ordered(value: Any) -> Any:
    """A value as Python puts it into the service's order."""
    return value.encode() if isinstance(value, str) else value


def holds(operator: str, value: Any, arguments: list[Any]) -> bool:
    first, last = ordered(arguments[0]), ordered(arguments[-1])
    value = ordered(value)
    if operator == "BEGINS_WITH":
        return bool(value.startswith(first))
    if operator == "BETWEEN":
        return bool(first <= value <= last)
    return bool(
        {"EQ": value == first, "LT": value < first, "LE": value <= first, "GT": value > first, "GE": value >= first}[
            operator
        ]
    )


@st.composite
def keys_of_one_schema(draw: st.DrawFn, count: int) -> list[tuple[Any, ...]]:
    kinds = [draw(st.sampled_from([TEXTS, BYTES, NUMBERS])) for _ in NAMES]
    return [tuple(draw(kind) for kind in kinds) for _ in range(count)]


def schema_of(key: tuple[Any, ...]) -> MultiKeySchema:
    roles = [("p", "HASH"), *((name, "RANGE") for name in NAMES)]
    types = {"p": "S", **{name: letter(value) for name, value in zip(NAMES, key, strict=True)}}
    schema = key_schema(roles, types)
    assert isinstance(schema, MultiKeySchema)
    return schema


def encoded(schema: MultiKeySchema, key: tuple[Any, ...]) -> bytes:
    item = {"p": {"S": "x"}, **{name: wire(value) for name, value in zip(NAMES, key, strict=True)}}
    partition, sort = schema.encode(item)
    assert partition == b"x"
    return sort


@given(keys_of_one_schema(2))
def test_keys_compare_as_their_values_one_after_the_other(keys: list[tuple[Any, ...]]) -> None:
    one, other = keys
    schema = schema_of(one)
    values = [tuple(map(ordered, key)) for key in keys]
    assert (encoded(schema, one) < encoded(schema, other)) == (values[0] < values[1])
    assert (encoded(schema, one) == encoded(schema, other)) == (values[0] == values[1])


@given(keys_of_one_schema(3), st.integers(0, 3), st.sampled_from(OPERATORS))
def test_a_condition_allows_the_keys_that_it_says(keys: list[tuple[Any, ...]], depth: int, operator: str) -> None:
    key, asked, more = keys
    schema = schema_of(key)
    conditions = [AttributeCondition("p", "EQ", ({"S": "x"},))]
    expected = True
    for at in range(depth):
        word = operator if at == depth - 1 else "EQ"
        assume(word != "BEGINS_WITH" or not isinstance(asked[at], Decimal))
        # what stands before the last is mostly equal, or there would be nothing to see
        arguments = [asked[at], more[at]] if word == "BETWEEN" else [key[at] if at < depth - 1 else asked[at]]
        conditions.append(AttributeCondition(NAMES[at], word, tuple(map(wire, arguments))))
        expected = expected and holds(word, key[at], arguments)
    within = multi_sort_range({condition.name: condition for condition in conditions}, schema)
    assert (encoded(schema, key) in within) == expected


@given(keys_of_one_schema(2))
def test_partitions_of_several_attributes_are_the_same_only_for_the_same_values(keys: list[tuple[Any, ...]]) -> None:
    types = {name: letter(value) for name, value in zip(NAMES, keys[0], strict=True)}
    schema = key_schema([(name, "HASH") for name in NAMES], types)
    one, other = ({name: wire(value) for name, value in zip(NAMES, key, strict=True)} for key in keys)
    assert (schema.encode(one) == schema.encode(other)) == (keys[0] == keys[1])
    assert schema.encode(one)[1] == b""
    for value in one.values():
        assert "B" not in value or b64decode(value["B"])
