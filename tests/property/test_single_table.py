"""Single-table design: keys come back as the values that made them, no two items get one key, and a range of a field
reads exactly the items whose values lie in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange import DynamoDB, Entity, InvalidKey, SingleTable, between, ge, gt, le, lt
from hashrange.patterns.single_table.shapes import shared_text
from hashrange.patterns.single_table.template import Template


class Status(StrEnum):
    OPEN = "open"
    OPENED = "opened"
    DONE = "done"


@dataclass(frozen=True)
class Row:
    text: str
    word: str
    n: int
    m: int
    status: Status
    at: datetime
    day: date
    uid: UUID


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="#|"), min_size=1, max_size=6)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "word": TEXTS,
    "n": st.integers(0, 999),
    "m": st.integers(0, 99),
    "status": st.sampled_from(Status),
    "at": st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)),
    "day": st.dates(date(1000, 1, 1)),
    "uid": st.uuids(),
}
ROWS = st.builds(Row, **VALUES)
SLOTS = st.sampled_from(
    ["{text}", "{word}", "{n:03d}", "{m:02d}", "{n:d}", "{status}", "{at}", "{at:%Y-%m-%d}", "{day}", "{uid}"]
)
TEMPLATES = st.builds(
    lambda begin, slots, between: begin + between.join(slots),
    st.sampled_from(["", "A#", "AB#", "A|"]),
    st.lists(SLOTS, min_size=1, max_size=3),
    st.sampled_from(["#", "|", "#X#"]),
)


def template(text: str) -> Template:
    return Entity(Row, pk=text).pk


def key_of(one: Template, row: Row) -> str:
    key = one.key(lambda name: getattr(row, name))
    assert isinstance(key, str)
    return key


@settings(deadline=None)
@given(TEMPLATES, ROWS)
def test_entity_key_roundtrip(text: str, row: Row) -> None:
    one = template(text)
    key = key_of(one, row)
    found = one.parse(key)
    assert found is not None
    for slot in one.slots:
        precise = slot.spec != "%Y-%m-%d"
        value = getattr(row, slot.name)
        expected = value if precise else value.replace(hour=0, minute=0, second=0, microsecond=0)
        if slot.name == "at" and sum(other.name == "at" for other in one.slots) > 1:
            continue  # two formats of one field need not agree
        assert found[slot.name] == expected
    assert key_of(one, Row(**{**vars(row), **found})) == key


@settings(deadline=None)
@given(TEMPLATES, ROWS, ROWS)
def test_template_unambiguity(text: str, row: Row, other: Row) -> None:
    """Two items with different values in a template's fields have different keys."""
    one = template(text)
    texts = [[slot.text(getattr(each, slot.name)) for slot in one.slots] for each in (row, other)]
    assert (key_of(one, row) == key_of(one, other)) == (texts[0] == texts[1])


@settings(deadline=None)
@given(st.text(st.sampled_from("ab#|"), max_size=5), st.text(st.sampled_from("ab#|"), max_size=5))
def test_no_two_texts_make_one_key(text: str, word: str) -> None:
    """Of any texts at all: what could be read in two ways is refused."""
    one = template("A#{text}|{word}")
    values = {"text": text, "word": word}
    try:
        key = one.key(values.get)
    except InvalidKey:
        assert not text or not word or {"#", "|"} & set(text + word)
        return
    assert one.parse(key) == values


@settings(deadline=None, max_examples=200)
@given(TEMPLATES, TEMPLATES, ROWS)
def test_templates_that_share_a_key_are_found(text: str, other: str, row: Row) -> None:
    one, two = template(text), template(other)
    shared = shared_text(one.shape, two.shape)
    if two.matches(key_of(one, row)):
        assert shared is not None
    if shared is not None:
        assert one.matches(shared)
        assert two.matches(shared)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["{n:03d}", "A#{n:03d}", "A#{n:03d}#{text}", "A#{n:03d}{m:02d}", "{n:03d}#{text}", "{n}"]),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 99), TEXTS), max_size=12),
    st.integers(0, 30),
    st.integers(0, 30),
)
async def test_a_range_reads_exactly_its_items(
    sk: str, made: list[tuple[int, int, str]], bound: int, other: int
) -> None:
    """Over the simulator, among items of nobody whose keys lie all around."""
    moment, day = datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1)
    table = SingleTable("app", [Entity(Row, pk="ROW", sk=sk)])
    low, high = sorted((bound, other))
    async with DynamoDB.in_memory([table.create_table_request()]) as db:
        app = table.bind(db)
        rows = app.entity(Row)
        for n, m, text in made:
            await rows.put(Row(text, "w", n, m, Status.OPEN, moment, day, UUID(int=0)))
        for odd in ("0", "A", "A#", f"A#{bound:03d}|", f"A#{bound:03d}$", "A$", "~") if sk != "{n}" else ():
            await app.table.put_item({"PK": "ROW", "SK": odd})
        stored = {n for n, _, _ in made}
        for condition, wanted in (
            (lt(bound), {n for n in stored if n < bound}),
            (le(bound), {n for n in stored if n <= bound}),
            (gt(bound), {n for n in stored if n > bound}),
            (ge(bound), {n for n in stored if n >= bound}),
            (between(low, high), {n for n in stored if low <= n <= high}),
        ):
            assert {one.n for one in await rows.query(n=condition).all()} == wanted
