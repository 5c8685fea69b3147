"""Items in Amazon Ion: what is written is what is read."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.simulator.disk.ion_items import IonReader, ion_line
from hashrange.simulator.values import canonical_item

pytest.importorskip("amazon.ion")


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9).map(str)
BLOBS = st.binary(max_size=8).map(lambda raw: b64encode(raw).decode())
SCALARS = st.one_of(
    st.builds(lambda text: {"S": text}, TEXTS),
    st.builds(lambda number: {"N": number}, NUMBERS),
    st.builds(lambda blob: {"B": blob}, BLOBS),
    st.builds(lambda value: {"BOOL": value}, st.booleans()),
    st.just({"NULL": True}),
    st.builds(lambda texts: {"SS": texts}, st.lists(TEXTS, min_size=1, max_size=3, unique=True)),
    st.builds(lambda blobs: {"BS": blobs}, st.lists(BLOBS, min_size=1, max_size=3, unique=True)),
)
NAMES = TEXTS.filter(bool)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(lambda values: {"L": values}, st.lists(inner, max_size=3)),
        st.builds(lambda members: {"M": members}, st.dictionaries(NAMES, inner, max_size=3)),
    ),
    max_leaves=8,
)


def read(raw: bytes) -> list[Any]:
    return [canonical_item(line["Item"]) for line in IonReader().lines(io.BytesIO(raw))]


def test_how_it_looks() -> None:
    item = {"id": {"S": 'a"'}, "n": {"N": "103"}, "a b": {"BOOL": True}, "it's": {"NULL": True}, "b": {"B": "AP8="}}
    assert ion_line(item) == b"$ion_1_0 {Item:{id:\"a\\\"\",n:103.,'a b':true,'it\\'s':null,b:{{AP8=}}}}\n"
    sets = {"s": {"SS": ["x"]}, "n": {"NS": ["1", "2.5"]}, "b": {"BS": ["AA=="]}}
    assert ion_line(sets) == (
        b'$ion_1_0 {Item:{s:$dynamodb_SS::["x"],n:$dynamodb_NS::[1.,2.5],b:$dynamodb_BS::[{{AA==}}]}}\n'
    )


@pytest.mark.parametrize(
    "name", ["null", "true", "nan", "$10", "$ion_1_0", "1a", "a-b", "'", '"', "\\", "\n", "é", " "]
)
def test_names_that_mean_something(name: str) -> None:
    item = {name: {"M": {name: {"S": name}}}}
    assert read(ion_line(item)) == [item]


@pytest.mark.parametrize("number", ["0", "-1", "9" * 38 + "0" * 88, "0." + "0" * 129 + "1", "-1." + "2" * 37])
def test_numbers_keep_every_digit(number: str) -> None:
    assert read(ion_line({"n": {"N": number}})) == [{"n": {"N": number}}]


@pytest.mark.parametrize("raw", [b"\x9f", b"\xff", b"\xe0\x01\x00\xea", b"\xc3"])
@pytest.mark.parametrize("at", [9, 12, 20, -2])
def test_what_is_no_text_is_refused(raw: bytes, at: int) -> None:
    reader, line = IonReader(), ion_line({"id": {"S": "a"}, "n": {"N": "1"}})
    broken = line[:at] + raw + line[at:]
    with pytest.raises(reader.error):
        list(reader.lines(io.BytesIO(line + broken)))


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_what_is_written_is_read(item: Any) -> None:
    wanted = canonical_item(item)
    assert read(ion_line(wanted) * 2) == [wanted, wanted]
