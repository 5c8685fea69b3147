"""JSON with places: what stands where, and what is said where it is no JSON."""

from __future__ import annotations

import json

import pytest

from hashrange.migration.contract.document import DEPTH_MAX, Node, of_values, read
from hashrange.migration.findings import Findings, Place
from tests.shop_contract import CONTRACT


def refused(text: str | bytes, *, relaxed: bool = False) -> list[str]:
    findings = Findings()
    read(text, findings, relaxed=relaxed)
    return [str(one) for one in findings]


def whole(text: str | bytes) -> Node:
    findings = Findings()
    node = read(text, findings)
    assert node is not None
    assert len(findings) == 0
    return node


def test_values_are_those_of_json() -> None:
    assert whole(CONTRACT).plain() == json.loads(CONTRACT)
    text = '{"a": [1, -2.5, 1e3, true, false, null, "\\u00e9\\n\\"\\ud83d\\ude00"], "": {}, "b/c~": []}'
    assert whole(text).plain() == json.loads(text)


@pytest.mark.parametrize("text", ["7", '"x"', "null", "[]", " {} ", "\ufeff[1]", '[[], {"a": [{}]}]'])
def test_any_value_may_be_a_document(text: str) -> None:
    assert whole(text).plain() == json.loads(text.removeprefix("\ufeff"))


def test_places_are_lines_and_columns_from_one() -> None:
    node = whole('{\n  "a/b": [\n    1, "two"\n  ]\n}')
    assert isinstance(node.value, dict)
    inner = node.value["a/b"]
    assert isinstance(inner.value, list)
    assert inner.value[1].place == Place("/a~1b/1", 3, 8)
    assert node.names["a/b"] == Place("/a~1b", 2, 3)
    assert (node.place.line, node.place.column) == (1, 1)


def test_bytes_may_have_a_byte_order_mark_and_windows_line_ends() -> None:
    node = whole(b'\xef\xbb\xbf{"a":\r\n 1}')
    assert isinstance(node.value, dict)
    assert node.value["a"].place == Place("/a", 2, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1 /: error [json-syntax] the file is empty"),
        ("  \n ", "the file is empty"),
        ('{"a" 1}', '1:6 /: error [json-syntax] a colon is missing after "a"'),
        ('{"a": 1 "b": 2}', '1:9 /: error [json-syntax] a comma is missing before "b"'),
        ("{a: 1}", '1:2 /: error [json-syntax] a member\'s name is expected, not a; write "a"'),
        ("{'a': 1}", "1:2 /: error [json-syntax] ' is no quotation mark of JSON"),
        ("{“a”: 1}", "“ is no quotation mark of JSON"),
        ("[1, 2", "the file ends within the array that begins in line 1; close it with ]; was the file cut?"),
        ('{"a": [', "1:8 /a/0: error [json-syntax] a value is expected, not the end"),
        ('{"a"', "a colon is missing"),
        ("{", "a member's name is expected, not the end; close the brackets that are open"),
        ('["a\n"]', "1:2 /: error [json-syntax] this text is not closed before the end of its line"),
        ('["\\q"]', "1:2 /0: error [json-syntax] this text has an escape that JSON does not have"),
        ('["\\ud800"]', "this text has an escape that JSON does not have"),
        ("[NaN]", "NaN is no value of JSON; write null"),
        ("[True]", "True is no value of JSON; write true"),
        ("[S]", 'S is no value of JSON; text is written "S"'),
        ("[01]", "this is no number of JSON"),
        ("[+1]", "this is no number of JSON"),
        ("[.5]", "this is no number of JSON"),
        ("[1.]", "this is no number of JSON"),
        (f"[{'9' * 401}]", "a number of more than 400 digits"),
        ("[1] [2]", "1:5 /: error [json-syntax] [ stands after the end; a file holds one value"),
        ("[1,,2]", "a value is expected, not ,"),
        ("```json\n[]\n```", "this is Markdown around JSON"),
        ("[1] /* x", "[json-comment] this comment is not closed"),
        ("\x00", r"'\x00' has no place in JSON"),
    ],
)
def test_what_is_no_json_is_named_and_placed(text: str, said: str) -> None:
    assert said in refused(text)[-1]


def test_bytes_that_are_no_utf_8() -> None:
    assert refused(b'{\n "a\xff": 1}') == [
        "2:4 /: error [json-encoding] this is not UTF-8 text; save the file as UTF-8"
    ]


@pytest.mark.parametrize(
    ("text", "plain", "said"),
    [
        ('{"a": 1, // x\n "b": 2}', {"a": 1, "b": 2}, "1:10 /: {} [json-comment]"),
        ("# x\n[1]", [1], "1:1 /: {} [json-comment]"),
        ("[1, /* 2,\n 3, */ 4]", [1, 4], "1:5 /: {} [json-comment]"),
        ("[1, 2,]", [1, 2], "1:6 /: {} [json-comma] this comma stands before ]"),
        ('{"a": {"b": 1,},}', {"a": {"b": 1}}, "1:14 /a: {} [json-comma] this comma stands before }}"),
        ('{"a": [1], "a": [1]}', {"a": [1]}, '1:17 /a: {} [json-duplicate] "a" stands twice here, first in line 1'),
    ],
)
def test_small_defects_are_mended_where_that_is_asked_for(text: str, plain: object, said: str) -> None:
    for relaxed, severity in ((False, "error"), (True, "repair")):
        findings = Findings()
        node = read(text, findings, relaxed=relaxed)
        assert node is not None
        assert node.plain() == plain
        assert str(next(iter(findings))).startswith(said.format(severity))


def test_members_that_differ_are_an_error_in_both_modes() -> None:
    text = '{"pk": "a",\n "pk": "b"}'
    said = '2:8 /pk: error [json-duplicate] "pk" stands twice here, first in line 1; take the wrong one away'
    assert refused(text) == [said] == refused(text, relaxed=True)


@pytest.mark.parametrize("bracket", ["[", '{"a":'])
def test_no_nesting_exhausts_the_stack(bracket: str) -> None:
    assert f"more than {DEPTH_MAX} levels of brackets" in refused(bracket * 100_000)[0]


def test_the_deepest_nesting_that_is_read() -> None:
    assert whole("[" * DEPTH_MAX + "]" * DEPTH_MAX).kind == "an array"


def test_python_values_have_pointers() -> None:
    node = of_values({"a": [1, 2.5, None]})
    assert node.plain() == {"a": [1, 2.5, None]}
    assert isinstance(node.value, dict)
    assert node.value["a"].place == Place("/a")
    with pytest.raises(ValueError, match=r"/a: set is not of JSON's kinds"):
        of_values({"a": {1}})
    deep: list[object] = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(ValueError, match="levels of brackets"):
        of_values(deep)
