"""Cursors: exact round trips, and every other text refused with InvalidCursor and nothing else."""

from __future__ import annotations

import base64
import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashrange.errors import InvalidCursor
from hashrange.operations.cursor import binding, decode_cursor, encode_cursor
from hashrange.types import WireItem

KEY = b"a cursor key"
BOUND = binding("Query", "app", None, "S", "USER#1")
PLACE: WireItem = {"PK": {"S": "USER#1"}, "SK": {"N": "1.5"}}
NAMES = ("PK", "SK")

key_values = st.one_of(
    st.text(max_size=40).map(lambda text: {"S": text}),
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda number: {"N": str(number)}),
    st.binary(max_size=40).map(lambda data: {"B": base64.b64encode(data).decode()}),
)
places = st.dictionaries(st.text(min_size=1, max_size=20), key_values, min_size=1, max_size=4)


def crafted(document: Any) -> str:
    """A cursor with a content of one's own, unsigned."""
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


@given(place=places, key=st.none() | st.binary(min_size=1))
def test_round_trip(place: WireItem, key: bytes | None) -> None:
    cursor = encode_cursor(place, BOUND, key)
    assert decode_cursor(cursor, BOUND, place, key) == place
    assert set(cursor) <= set(string.ascii_letters + string.digits + "-_.")


def test_a_binding_depends_on_every_part() -> None:
    parts = ("Query", "app", "GSI1", "S", "USER#1")
    others: list[tuple[Any, ...]] = [
        ("Scan", *parts[1:]),
        ("Query", "prod", *parts[2:]),
        ("Query", "app", None, "S", "USER#1"),
    ]
    others += [(*parts[:3], "B", "USER#1"), (*parts[:4], "USER#2"), (*parts[:3], "SU", "SER#1"), parts[:4]]
    assert len({binding(*each) for each in [parts, *others]}) == len(others) + 1
    assert binding(*parts) == binding(*parts)


# ── refused ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@given(st.text() | st.text(st.characters(categories=["Cs"])), st.none() | st.just(KEY))
def test_any_text_is_refused_with_the_right_error(text: str, key: bytes | None) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(text, BOUND, NAMES, key)


@pytest.mark.parametrize("key", [None, KEY])
def test_a_part_of_a_cursor_is_refused(key: bytes | None) -> None:
    cursor = encode_cursor(PLACE, BOUND, key)
    for length in range(len(cursor)):
        with pytest.raises(InvalidCursor):
            decode_cursor(cursor[:length], BOUND, NAMES, key)


@given(index=st.integers(0, 10_000), letter=st.sampled_from(string.ascii_letters + "-_.=! é"))
def test_a_signed_cursor_cannot_be_changed(index: int, letter: str) -> None:
    cursor = encode_cursor(PLACE, BOUND, KEY)
    index %= len(cursor)
    changed = cursor[:index] + letter + cursor[index + 1 :]
    if changed == cursor:
        assert decode_cursor(changed, BOUND, NAMES, KEY) == PLACE
    else:
        with pytest.raises(InvalidCursor):
            decode_cursor(changed, BOUND, NAMES, KEY)


def test_a_letter_that_is_not_of_the_alphabet_is_damage() -> None:
    cursor = encode_cursor(PLACE, BOUND, None)
    with pytest.raises(InvalidCursor, match="damaged"):
        decode_cursor(f"{cursor[:8]}!!!!{cursor[8:]}", BOUND, NAMES, None)


def test_with_a_key_a_cursor_must_be_signed_by_it() -> None:
    for foreign in (None, b"another key"):
        with pytest.raises(InvalidCursor, match="signature is wrong or missing") as caught:
            decode_cursor(encode_cursor(PLACE, BOUND, foreign), BOUND, NAMES, KEY)
        assert "cursor_key" in (caught.value.hint or "")


def test_without_a_key_a_signature_does_no_harm() -> None:
    assert decode_cursor(encode_cursor(PLACE, BOUND, KEY), BOUND, NAMES, None) == PLACE


def test_a_cursor_of_another_query_is_refused() -> None:
    with pytest.raises(InvalidCursor, match="belongs to another query"):
        decode_cursor(encode_cursor(PLACE, binding("Query", "other"), KEY), BOUND, NAMES, KEY)


@pytest.mark.parametrize("cursor", [None, 3, b"AAAA", ["x"], PLACE])
def test_only_text_is_a_cursor(cursor: Any) -> None:
    with pytest.raises(InvalidCursor, match="a cursor is text, not"):
        decode_cursor(cursor, BOUND, NAMES, None)


def test_a_cursor_of_another_release_is_refused() -> None:
    with pytest.raises(InvalidCursor, match="has version 2; this release knows version 1"):
        decode_cursor(crafted([2, BOUND, PLACE]), BOUND, NAMES, None)


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"PK": {"S": "USER#1"}},
        {"PK": {"S": "USER#1"}, "SK": {"S": "x"}, "more": {"S": "x"}},
        {"PK": {"S": "USER#1"}, "other": {"S": "x"}},
        {"PK": {"S": "USER#1"}, "SK": {}},
        {"PK": {"S": "USER#1"}, "SK": {"S": "x", "N": "1"}},
        {"PK": {"S": "USER#1"}, "SK": {"BOOL": "true"}},
    ],
)
def test_a_position_must_fit_the_keys(place: WireItem) -> None:
    with pytest.raises(InvalidCursor, match="does not fit the keys"):
        decode_cursor(crafted([1, BOUND, place]), BOUND, NAMES, None)


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        [],
        [1],
        [1, BOUND],
        [1, BOUND, PLACE, 4],
        ["1", BOUND, PLACE],
        [1, 2, PLACE],
        [1, BOUND, [PLACE]],
        [1, BOUND, {"PK": "USER#1", "SK": "x"}],
        [1, BOUND, {"PK": {"S": 1}, "SK": {"S": "x"}}],
    ],
)
def test_another_document_is_damage(document: Any) -> None:
    with pytest.raises(InvalidCursor, match="damaged"):
        decode_cursor(crafted(document), BOUND, NAMES, None)
