"""Keys go to items, over the wire, and back, whatever they hold."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.codec import decode_item, encode_item
from hashrange.key import Key, KeySchema
from hashrange.types import KeyValue

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
numbers = st.integers(-(10**38) + 1, 10**38 - 1) | st.builds(
    lambda digits, exponent: Decimal(f"{digits}E{exponent}"), st.integers(-(10**20), 10**20), st.integers(-100, 80)
)
key_values = text | numbers | st.binary(min_size=1, max_size=30)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


def schema_and_key(names: list[str], partition: KeyValue, sort: KeyValue) -> tuple[KeySchema, Key]:
    return (KeySchema(names[0]), Key(partition)) if len(names) == 1 else (KeySchema(*names), Key(partition, sort))


schemas_and_keys = st.builds(
    schema_and_key, st.lists(names, min_size=1, max_size=2, unique=True), key_values, key_values
)


@settings(deadline=None)
@given(schemas_and_keys, st.dictionaries(names, text, max_size=3))
def test_key_serialization_roundtrip(given_key: tuple[KeySchema, Key], others: dict[str, str]) -> None:
    schema, key = given_key
    item = key.to_item(schema)
    assert tuple(item) == schema.names
    assert Key.from_item({**others, **item}, schema) == key, "other attributes do not matter"

    wire = msgspec.json.decode(msgspec.json.encode(encode_item(item)))
    again = Key.from_item(decode_item(wire), schema)
    assert again == key
    assert hash(again) == hash(key)
    assert again.to_item(schema) == item


@settings(deadline=None)
@given(schemas_and_keys, schemas_and_keys)
def test_different_keys_are_different_on_the_wire(one: tuple[KeySchema, Key], other: tuple[KeySchema, Key]) -> None:
    (schema, key), (_, second) = one, other
    if (key.sort is None) != (second.sort is None):
        assert key != second
        return
    decoded = [decode_item(encode_item(each.to_item(schema))) for each in (key, second)]
    assert (decoded[0] == decoded[1]) is (key == second)
