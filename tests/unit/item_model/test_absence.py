"""Absent, NULL and empty are three different things, and a put forgets none of a model's fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NotRequired, TypedDict

import attrs
import msgspec
import pytest

from hashrange.codec import encode_item
from hashrange.errors import ItemDecodeError, TypeMismatch, ValidationError
from hashrange.item_model import item_model

NOW = datetime(2026, 1, 31, tzinfo=UTC)


@dataclass
class Part:
    required: int | None
    optional: int | None = None
    other_default: int | None = 5
    made_default: int | None = field(default_factory=lambda: 6)
    moment: datetime | None = None
    anything: Any = None


@dataclass
class Whole:
    part: Part | None = None
    parts: list[Part | None] = field(default_factory=list)
    by_name: dict[str, Part] = field(default_factory=dict)
    plain: dict[str, Any] = field(default_factory=dict)
    numbers: list[int | None] = field(default_factory=list)


@attrs.define
class Tool:
    required: str | None
    optional: str | None = None


class Record(msgspec.Struct):
    required: str | None
    maybe: int | msgspec.UnsetType | None = msgspec.UNSET
    moment: datetime | msgspec.UnsetType = msgspec.UNSET


class Movie(TypedDict):
    title: str | None
    year: NotRequired[int | None]


NOTHING = Part(None, None, None, None)


def test_none_is_left_out_where_absence_reads_back_as_none() -> None:
    model = item_model(Part)
    item = model.to_item(NOTHING)
    assert item == {"other_default": None, "made_default": None}, "here absence would read back as the default"
    assert model.from_item(item) == NOTHING


def test_none_is_left_out_of_nested_models_but_not_of_lists_and_plain_dicts() -> None:
    model = item_model(Whole)
    whole = Whole(Part(1), [Part(None), None], {"a": Part(None)}, {"b": None}, [None, 1])
    item = model.to_item(whole)
    defaults = {"other_default": 5, "made_default": 6}
    assert item == {
        "part": {"required": 1, **defaults},
        "parts": [defaults, None],
        "by_name": {"a": defaults},
        "plain": {"b": None},
        "numbers": [None, 1],
    }
    assert model.from_item(item) == whole


def test_null_can_be_kept() -> None:
    model = item_model(Part, nulls="keep")
    item = model.to_item(NOTHING)
    assert item == {
        "required": None,
        "optional": None,
        "other_default": None,
        "made_default": None,
        "moment": None,
        "anything": None,
    }
    assert model.from_item(item) == NOTHING
    whole = Whole(Part(None))
    assert item_model(Whole, nulls="keep").to_item(whole)["part"]["required"] is None
    assert item_model(Whole, nulls="keep").from_item({"part": None}) == Whole()


def test_with_kept_nulls_an_absent_required_attribute_is_missing() -> None:
    with pytest.raises(ItemDecodeError, match="required: missing"):
        item_model(Part, nulls="keep").from_item({})
    assert item_model(Part).from_item({}) == Part(None)


def test_null_is_read_whatever_was_chosen() -> None:
    assert item_model(Part).from_item({"required": None, "optional": None}) == Part(None)


def test_null_does_not_fit_a_field_that_is_not_optional() -> None:
    @dataclass
    class Counter:
        count: int = 0

    assert item_model(Counter).from_item({}) == Counter(0)
    with pytest.raises(ItemDecodeError, match="count: expected int, got NULL"):
        item_model(Counter).from_item({"count": None})


def test_attrs_and_structs_follow_the_same_rules() -> None:
    assert item_model(Tool).to_item(Tool(None)) == {}
    assert item_model(Tool).from_item({}) == Tool(None)
    assert item_model(Record).to_item(Record(None)) == {}
    assert item_model(Record).from_item({}) == Record(None)


def test_unset_is_absent_and_none_is_null() -> None:
    model = item_model(Record)
    assert model.to_item(Record("a", None, NOW)) == {
        "required": "a",
        "maybe": None,
        "moment": "2026-01-31T00:00:00.000000Z",
    }
    for record in (Record("a"), Record("a", None), Record("a", 1, NOW)):
        assert model.from_item(model.to_item(record)) == record


def test_unset_is_refused_where_absence_reads_back_as_something_else() -> None:
    class Limited(msgspec.Struct):
        limit: int | msgspec.UnsetType = 3

    item = item_model(Limited).to_item(Limited(msgspec.UNSET))
    with pytest.raises(TypeMismatch, match="limit: UnsetType has no DynamoDB type"):
        encode_item(item)


def test_a_key_of_a_typed_dict_is_absent_or_none() -> None:
    model = item_model(Movie)
    movies: list[Movie] = [{"title": None}, {"title": None, "year": None}, {"title": "Big", "year": 1988}]
    items = [model.to_item(movie) for movie in movies]
    assert items == [{}, {"year": None}, {"title": "Big", "year": 1988}]
    assert [model.from_item(item) for item in items] == movies


# ── empty ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass
class Tagged:
    tags: set[str] = field(default_factory=set)
    frozen: frozenset[int] = frozenset()
    made: set[str] = field(default_factory=lambda: set())
    maybe: set[str] | None = field(default_factory=set)


@dataclass
class Refusing:
    required: set[str]
    maybe: set[str] | None = None
    full: set[str] = field(default_factory=lambda: {"a"})


class Labelled(msgspec.Struct):
    labels: set[str] = set()


class Keyed(TypedDict):
    tags: NotRequired[set[str]]


def test_an_empty_set_is_left_out_where_absence_reads_back_as_one() -> None:
    assert item_model(Tagged).to_item(Tagged()) == {}
    assert item_model(Tagged).from_item({}) == Tagged()
    assert item_model(Labelled).to_item(Labelled()) == {}
    full = Tagged({"a"}, frozenset({1}), {"b"}, {"c"})
    assert item_model(Tagged).from_item(item_model(Tagged).to_item(full)) == full
    assert item_model(Tagged).to_item(Tagged(maybe=None)) == {"maybe": None}


@pytest.mark.parametrize(
    ("obj", "name"),
    [
        (Refusing(set()), "required"),
        (Refusing({"a"}, maybe=set()), "maybe"),
        (Refusing({"a"}, full=set()), "full"),
    ],
)
def test_any_other_empty_set_is_refused(obj: Any, name: str) -> None:
    with pytest.raises(ValidationError, match=rf"^Refusing\.{name}: the set is empty\. Hint: .*as its default"):
        item_model(Refusing).to_item(obj)


def test_an_empty_set_in_a_typed_dict_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"^Keyed\.tags: the set is empty"):
        item_model(Keyed).to_item({"tags": set()})
    assert item_model(Keyed).to_item({}) == {}


def test_the_path_of_one_refusal_is_not_that_of_the_next() -> None:
    for _ in range(2):
        with pytest.raises(ValidationError) as caught:
            item_model(Refusing).to_item(Refusing(set()))
        assert str(caught.value).startswith("Refusing.required: the set is empty.")


def test_empty_text_lists_and_maps_are_stored() -> None:
    @dataclass
    class Empties:
        text: str = "x"
        data: bytes = b"x"
        list: list[int] = field(default_factory=lambda: [1])
        map: dict[str, int] = field(default_factory=lambda: {"a": 1})

    item = item_model(Empties).to_item(Empties("", b"", [], {}))
    assert item == {"text": "", "data": b"", "list": [], "map": {}}
    assert item_model(Empties).from_item(item) == Empties("", b"", [], {})
