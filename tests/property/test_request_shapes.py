"""Any JSON as a request: it becomes values that fit the shape, or the service's error, and is never changed."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.simulator.actions import ACTIONS, OPERATIONS
from hashrange.simulator.errors import ApiError
from hashrange.simulator.json_types import item
from hashrange.simulator.shapes import Wording, check, convert

WORDS = ["S", "N", "B", "SS", "NS", "BS", "L", "M", "BOOL", "NULL", "X", "HASH", "ALL", "AA==", "true", "users"]
texts = st.sampled_from(WORDS) | st.text(max_size=4)
scalars = st.none() | st.booleans() | st.integers(-2, 10**13) | st.floats(allow_nan=False, width=16) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=12
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An operation and members that it knows, with values that may be anything."""
    operation = draw(st.sampled_from(OPERATIONS))
    names = st.sampled_from([*ACTIONS[operation].shape.members, "Unknown"])
    return operation, draw(st.dictionaries(names, values, max_size=4))


def expect(name: str, error: ApiError) -> None:
    assert (error.name, error.status) == (name, 400)
    assert error.message


@pytest.mark.parametrize("wording", ["classic", "2026"])
@given(request_=requests())
@settings(deadline=None, max_examples=300)
def test_any_request_is_converted_or_refused(wording: Wording, request_: tuple[str, dict[str, Any]]) -> None:
    operation, request = request_
    shape, before = ACTIONS[operation].shape, deepcopy(request)
    try:
        converted = convert(shape, request)
    except ApiError as error:
        expect("SerializationException", error)
        return
    finally:
        assert request == before
    assert converted.keys() <= shape.members.keys()
    assert None not in converted.values()
    assert convert(shape, converted) == converted
    try:
        check(shape, converted, wording)
    except ApiError as error:
        expect("ValidationException", error)


attributes = st.dictionaries(texts, values, max_size=4)


@given(found=attributes)
@settings(deadline=None, max_examples=300)
def test_any_item_is_converted_or_refused(found: dict[str, Any]) -> None:
    before = deepcopy(found)
    try:
        converted = item(found)
    except ApiError as error:
        expect("SerializationException", error)
        return
    finally:
        assert found == before
    assert list(converted) == list(found)
    assert item(converted) == converted
    for value in converted.values():
        assert value.keys() <= set(WORDS[:10])
