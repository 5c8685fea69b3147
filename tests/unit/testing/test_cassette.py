"""The file of a cassette: canonical requests, strict reading with line numbers, writing whole or not at all."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from hashrange.testing import CassetteError, Recording
from hashrange.testing.cassette import Cassette, canonical_request, checked_path, read, write

ONE = Recording(operation="GetItem", request={"Key": {"a": {"S": "x"}}}, status=200, answer={"Item": {"n": {"N": "1"}}})
LOST = Recording(operation="PutItem", request={}, error="ConnectionLost", sent=True)
GIVEN_UP = Recording(operation="Scan", request="bm8=", cancelled=True)
GARBAGE = Recording(operation="Query", request={}, status=502, answer_base64="PGh0bWw+", repaired=True)
ALL = [ONE, LOST, GIVEN_UP, GARBAGE]

HEADER = b'{"format":"hashrange-cassette","version":1}\n'
LINE = b'{"operation":"GetItem","request":{},"status":200,"answer":{}}\n'
END = b'{"end":1}\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.jsonl"


@pytest.mark.parametrize("redacted", [None, ["email"], "custom"])
@pytest.mark.parametrize("recordings", [[], [ONE], ALL])
def test_what_is_written_is_read(path: Path, recordings: list[Recording], redacted: Any) -> None:
    write(path, Cassette(recordings, redacted))
    assert read(path) == Cassette(recordings, redacted)
    assert len(path.read_bytes().splitlines()) == len(recordings) + 2
    assert [each.name for each in path.parent.iterdir()] == ["app.jsonl"]


def test_it_is_json_lines_that_people_can_read(path: Path) -> None:
    write(path, Cassette([ONE, LOST], None))
    assert path.read_bytes() == (
        HEADER + b'{"operation":"GetItem","request":{"Key":{"a":{"S":"x"}}},"status":200,'
        b'"answer":{"Item":{"n":{"N":"1"}}}}\n'
        b'{"operation":"PutItem","request":{},"error":"ConnectionLost","sent":true}\n'
        b'{"end":2}\n'
    )


def test_git_may_have_changed_the_line_ends(path: Path) -> None:
    write(path, Cassette(ALL, None))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert read(path).recordings == ALL


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b"\n", "line 1: it does not begin as a cassette"),
        (b"\x00\xff\xfe", "line 1: it does not begin"),
        (b"[]\n", "line 1: it does not begin"),
        (b'{"http_interactions":[]}', "line 1: it does not begin"),
        (b'{"format":"vcr","version":1}\n', "line 1: it does not begin"),
        (b'{"format":"hashrange-cassette"}\n' + END, "line 1: its version is None"),
        (b'{"format":"hashrange-cassette","version":2}\n' + END, "line 1: its version is 2; .* reads version 1"),
        (b'{"format":"hashrange-cassette","version":true}\n' + END, "line 1: its version is True"),
        (b'{"format":"hashrange-cassette","version":1,"by":"me"}\n' + END, "line 1: .*unknown field `by`"),
        (HEADER, "line 1: the recordings and the end are missing"),
        (HEADER[:-1], "line 1: it is cut off"),
        (HEADER + LINE, "line 2: the end is missing"),
        (HEADER + LINE + END[:-1], "line 3: it is cut off"),
        (HEADER + LINE[:-5], "line 2: it is cut off"),
        (HEADER + END, "line 2: it counts 1 recordings, and there are 0"),
        (HEADER + LINE + LINE + END, "line 4: it counts 1 recordings, and there are 2"),
        (HEADER + LINE + END + LINE, "line 3: "),
        (HEADER + b"\n" + END, "line 2: "),
        (HEADER + b"{}\n" + END, "line 2: .*missing required field `operation`"),
        (HEADER + LINE[:-30] + b"\n" + END, "line 2: "),
        (HEADER + b'{"operation":7,"request":{},"status":200}\n' + END, r"line 2: .*\$.operation"),
        (HEADER + b'{"operation":"Scan","request":{},"status":200,"x":1}\n' + END, "line 2: .*unknown field `x`"),
        (HEADER + b'{"operation":"Scan","request":{}}\n' + END, "line 2: it must have either a status"),
        (HEADER + b'{"operation":"Scan","request":{},"status":7}\n' + END, "line 2: 7 is no HTTP status"),
        (HEADER + b'{"operation":"Scan","request":{},"status":200,"cancelled":true}\n' + END, "line 2: it must have"),
        (
            HEADER + b'{"operation":"Scan","request":{},"error":"OSError"}\n' + END,
            "line 2: there is no error 'OSError'",
        ),
        (HEADER + b'{"operation":"Scan","request":{},"error":"Mapping"}\n' + END, "line 2: there is no error"),
        (HEADER + b'{"operation":"Scan","request":{},"status":200,"answer_base64":"?"}\n' + END, "line 2: "),
        (HEADER + b'{"operation":"Scan","request":' + b"[" * 5000 + b"\n" + END, "line 2: "),
        (HEADER + b'{"operation":"Scan","request":{},"status":200,"answer":1e999}\n' + END, "line 2: "),
    ],
)
def test_what_is_not_whole_or_not_ours_is_refused(path: Path, content: bytes, complaint: str) -> None:
    path.write_bytes(content)
    with pytest.raises(CassetteError, match=complaint) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_every_cut_is_noticed(path: Path) -> None:
    write(path, Cassette(ALL, ["email"]))
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(CassetteError):
            read(path)


def test_a_file_that_is_not_there_or_no_file(tmp_path: Path) -> None:
    with pytest.raises(CassetteError, match=r"there is no cassette .*Hint: record one first"):
        read(tmp_path / "missing.jsonl")
    with pytest.raises(CassetteError, match="cannot be read"):
        read(tmp_path)
    with pytest.raises(CassetteError, match="cannot be read"):
        read(Path("a\0b"))


# ── canonical requests ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a":1,"b":{"d":2,"c":3}}', b'{ "b" : {"c":3,"d":2}, "a": 1 }'),
        (b'{"Item":{"t":{"SS":["b","a"]}}}', b'{"Item":{"t":{"SS":["a","b"]}}}'),
        (b'{"x":{"L":[{"NS":["2","1"]},{"BS":["Y","X"]}]}}', b'{"x":{"L":[{"NS":["1","2"]},{"BS":["X","Y"]}]}}'),
        (b'{"TransactItems":[],"ClientRequestToken":"1"}', b'{"ClientRequestToken":"2","TransactItems":[]}'),
    ],
)
def test_equal_requests_have_one_form(one: bytes, other: bytes) -> None:
    assert str(canonical_request(one)) == str(canonical_request(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a":{"L":[1,2]}}', b'{"a":{"L":[2,1]}}'),
        (b'{"a":{"SS":["1"],"x":1}}', b'{"a":{"SS":["2"],"x":1}}'),
        (b'{"Item":{"SS":{"S":"1"}}}', b'{"Item":{"SS":{"S":"2"}}}'),
        (b'{"ExpressionAttributeNames":{"#a":"x"}}', b'{"ExpressionAttributeNames":{"#b":"x"}}'),
        (b"[1", b"[2"),
    ],
)
def test_different_requests_have_different_forms(one: bytes, other: bytes) -> None:
    assert str(canonical_request(one)) != str(canonical_request(other))


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_folders_are_made(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "c.jsonl", Cassette([], None))
    assert read(tmp_path / "a" / "b" / "c.jsonl").recordings == []


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    with pytest.raises(CassetteError, match="cannot be written"):
        write(folder, Cassette([ONE], None))  # a folder cannot be replaced by a file
    assert [each.name for each in tmp_path.iterdir()] == ["taken"], "nothing is left beside it"
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(CassetteError, match="cannot be written"):
        write(tmp_path / "file" / "c.jsonl", Cassette([ONE], None))


@pytest.mark.parametrize("path", ["", None, 7, b""])
def test_a_path_is_a_path(path: object) -> None:
    with pytest.raises(CassetteError, match="path is"):
        checked_path(path)


def test_a_recording_does_not_show_items() -> None:
    assert [repr(each) for each in ALL] == [
        "<Recording GetItem: 200>",
        "<Recording PutItem: ConnectionLost>",
        "<Recording Scan: cancelled>",
        "<Recording Query: 502>",
    ]
