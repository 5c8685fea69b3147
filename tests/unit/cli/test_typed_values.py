"""What is typed, read as values: DynamoDB JSON strictly, and the states of long commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from hashrange.cli.command import CommandError
from hashrange.cli.resume import State, forget, load, save
from hashrange.cli.typed import NotAnItem, plain_item, typed_item, typed_text


@pytest.mark.parametrize(
    "text",
    [
        '{"a":{"S":""}}',
        '{"a":{"N":"-1.5"}}',
        '{"a":{"B":""}}',
        '{"a":{"SS":["a","b"]}}',
        '{"a":{"NS":["1"]}}',
        '{"a":{"BS":["AA=="]}}',
        '{"a":{"L":[]}}',
        '{"a":{"L":[{"SS":["a","b","c","d"]},{"M":{"x":{"NS":["1","10","2"]}}}]}}',
        '{"a":{"M":{}}}',
        '{"a":{"NULL":true}}',
        '{"a":{"BOOL":false}}',
        '{"Item":{"S":"x"}}',
        '{"Item":{"M":{"S":{"S":"x"}}}}',
        '{"S":{"S":"x"}}',
    ],
)
def test_typed_items_are_what_they_were(text: str) -> None:
    assert typed_text(typed_item(text)) == text


def test_an_export_of_the_service_is_unwrapped() -> None:
    assert typed_item('{"Item":{"S":{"S":"x"}}}') == {"S": "x"}
    assert typed_item('{"Item":{"a":{"S":"x"},"b":{"N":"1"}}}') == {"a": "x", "b": 1}


@pytest.mark.parametrize(
    "text",
    [
        '{"a":{}}', '{"a":"x"}', '{"a":{"S":"x","N":"1"}}', '{"a":{"S":1}}', '{"a":{"N":1}}', '{"a":{"N":"x"}}',
        '{"a":{"N":"NaN"}}', '{"a":{"B":"AAA"}}', '{"a":{"B":"é"}}', '{"a":{"NULL":false}}', '{"a":{"BOOL":"true"}}',
        '{"a":{"SS":"a"}}', '{"a":{"SS":[1]}}', '{"a":{"BS":["!"]}}', '{"a":{"L":{}}}', '{"a":{"L":[1]}}',
        '{"a":{"M":[]}}', '{"a":{"M":{"b":1}}}', '{"a":{"s":"x"}}', '{"Item":{}}', "{", "null", '"x"',
        "[" * 100_000, '{"a":1e999999999999999999999}',
    ],
)  # fmt: skip
def test_what_is_no_typed_item(text: str) -> None:
    with pytest.raises(NotAnItem):
        typed_item(text)
    with pytest.raises(NotAnItem):
        typed_item(text.encode() + b"\xff")


@pytest.mark.parametrize("text", ['{"a": Infinity}', '{"a": {"b": 1, "b": 2}}', "1", ""])
def test_what_is_no_plain_item(text: str) -> None:
    with pytest.raises(NotAnItem):
        plain_item(text)


def test_a_state_is_there_until_it_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "x.state"
    assert load(path, State, "app", "http://e") is None
    save(path, State(table="app", endpoint="http://e"))
    found = load(path, State, "app", "http://e")
    assert found is not None
    assert (found.table, found.version) == ("app", 1)
    with pytest.raises(CommandError, match="is about table 'app' at http://e"):
        load(path, State, "app", "http://other")
    forget(path)
    forget(path)
    assert load(path, State, "app", "http://e") is None


def test_a_state_that_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(CommandError, match="Is a directory"):
        load(tmp_path / "folder", State, "app", "http://e")
    with pytest.raises(CommandError, match="progress cannot be kept"):
        save(tmp_path / "none" / "x", State(table="app", endpoint="http://e"))
    with pytest.raises(CommandError):
        forget(tmp_path / "folder")
