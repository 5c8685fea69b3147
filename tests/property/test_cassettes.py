"""Whatever is in a file, reading it as a cassette gives its recordings or a CassetteError; redaction is stable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hashrange.testing import CassetteError, Recording
from hashrange.testing.cassette import Cassette, canonical_request, matching_key, read, write
from hashrange.testing.redaction import Redaction, stand_in

QUICK = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

texts = st.text(st.characters(codec="utf-8"), max_size=8)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
scalars = st.one_of(
    st.builds(lambda text: {"S": text}, texts),
    st.builds(lambda number: {"N": str(number)}, st.integers()),
    st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
    st.builds(lambda members: {"SS": members}, st.lists(texts, min_size=1, max_size=3, unique=True)),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.builds(lambda members: {"L": members}, st.lists(inner, max_size=3))
        | st.builds(lambda members: {"M": members}, st.dictionaries(texts, inner, max_size=3))
    ),
    max_leaves=6,
)
outcomes: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"status": st.integers(100, 599), "answer": json}),
    st.fixed_dictionaries({"error": st.sampled_from(["ConnectionLost", "AttemptTimeout"]), "sent": st.booleans()}),
    st.just({"cancelled": True}),
)
recordings = st.lists(
    st.builds(
        lambda operation, request, outcome: Recording(operation=operation, request=request, **outcome),
        texts,
        st.dictionaries(texts, json, max_size=3).map(lambda each: canonical_request(msgspec.json.encode(each))),
        outcomes,
    ),
    max_size=3,
)
#: for damage: a cassette with one line of each kind
GOOD = (
    b'{"format":"hashrange-cassette","version":1,"redacted":["email"]}\n'
    b'{"operation":"GetItem","request":{"Key":{"a":{"S":"x"}}},"status":200,"answer":{"Item":{"n":{"N":"1"}}}}\n'
    b'{"operation":"PutItem","request":{},"error":"ConnectionLost","sent":true}\n'
    b'{"operation":"Query","request":{},"status":502,"answer_base64":"PGh0bWw+"}\n'
    b'{"operation":"Scan","request":{},"cancelled":true}\n'
    b'{"end":4}\n'
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.jsonl"


def read_or_refused(path: Path, content: bytes) -> Cassette | None:
    path.write_bytes(content)
    try:
        return read(path)
    except CassetteError:
        return None


@QUICK
@given(content=st.binary(max_size=200))
def test_random_bytes_are_no_cassette(path: Path, content: bytes) -> None:
    assert read_or_refused(path, content) is None
    assert read_or_refused(path, GOOD.splitlines(keepends=True)[0] + content) is None


@QUICK
@given(at=st.integers(0, len(GOOD) - 1), put=st.binary(max_size=3), remove=st.integers(0, 40))
def test_damage_gives_a_cassette_or_an_error(path: Path, at: int, put: bytes, remove: int) -> None:
    found = read_or_refused(path, GOOD[:at] + put + GOOD[at + remove :])
    assert found is None or len(found.recordings) == 4, "nothing is lost without a word"


@QUICK
@given(length=st.integers(0, len(GOOD) - 1))
def test_a_truncated_cassette_is_refused(path: Path, length: int) -> None:
    assert read_or_refused(path, GOOD[:length]) is None
    assert read_or_refused(path, GOOD) is not None


@QUICK
@given(lines=st.lists(json.map(msgspec.json.encode), max_size=4), end=st.integers(0, 4))
def test_any_json_between_header_and_end_is_checked(path: Path, lines: list[bytes], end: int) -> None:
    content = b"\n".join([GOOD.splitlines()[0], *lines, b'{"end":%d}' % end, b""])
    assert (read_or_refused(path, content) is not None) is (not lines and end == 0)


@settings(QUICK, max_examples=25)  # every file is brought to the disk
@given(recorded=recordings)
def test_what_is_written_is_read(path: Path, recorded: list[Recording]) -> None:
    write(path, Cassette(recorded, None))
    found = read(path).recordings
    keys = [matching_key(each.operation, each.request) for each in found]
    assert keys == [matching_key(each.operation, each.request) for each in recorded]
    assert [each.answer for each in found] == [each.answer for each in recorded]


@QUICK
@given(item=st.dictionaries(texts, values, max_size=4), value=values)
def test_redaction_is_stable_and_hides_the_value(item: dict[str, Any], value: Any) -> None:
    redaction = Redaction({"secret"})
    request = {"TableName": "app", "Item": {**item, "secret": value}}
    once = redaction.request(request)
    assert redaction.request(once) == once
    assert once["Item"]["secret"] == stand_in(value) == stand_in(stand_in(value))
    assert once["Item"].keys() == request["Item"].keys()  # type: ignore[attr-defined]
