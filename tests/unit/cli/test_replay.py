"""replay: the calls of a cassette, and what is no cassette."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from hashrange import Attr, ConditionFailed, DynamoDB, Key
from hashrange.testing import Recorder

from .typing_at_a_prompt import Run


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    path = tmp_path / "app.jsonl"
    asyncio.run(record(path))
    return path


async def record(path: Path) -> None:
    async with DynamoDB.in_memory(tables=["app"], transport=lambda inner: Recorder(inner, path)) as db:
        app = db.table("app")
        await app.get_item(Key("a", "b\x1b"))
        await app.put_item({"PK": "a", "SK": "b"})
        with pytest.raises(ConditionFailed):
            await app.delete_item(Key("a", "b"), condition=Attr("PK").not_exists())
        await app.batch_write(puts=[{"PK": "a", "SK": "c"}])
        async with db.transaction() as tx:
            tx.put(app, {"PK": "a", "SK": "d"})
        await db.call("ListTables")


def test_calls_in_columns(cassette: Path, run: Run) -> None:
    ran = run("replay", str(cassette))
    assert ran.code == 0
    assert ran.err == f"{cassette} is whole: 6 calls\n"
    rows = [line.split(maxsplit=3) for line in ran.lines]
    assert [row[:3] for row in rows] == [
        ["LINE", "OPERATION", "TABLE"],
        ["2", "GetItem", "app"],
        ["3", "PutItem", "app"],
        ["4", "DeleteItem", "app"],
        ["5", "BatchWriteItem", "app"],
        ["6", "TransactWriteItems", "app"],
        ["7", "ListTables", "-"],
    ]
    assert rows[1][3].startswith("200 ")
    assert '{"PK":{"S":"a"},"SK":{"S":"b\\u001b"}}' in rows[1][3]
    assert rows[3][3].startswith("400 ConditionalCheckFailedException ")


def test_calls_as_json(cassette: Path, run: Run) -> None:
    rows = [json.loads(line) for line in run("replay", str(cassette), "--json").lines]
    assert [(row["line"], row["operation"], row["table"], row["outcome"]) for row in rows[1:3]] == [
        (3, "PutItem", "app", "200"),
        (4, "DeleteItem", "app", "400 ConditionalCheckFailedException"),
    ]
    assert rows[1]["request"]["Item"] == {"PK": {"S": "a"}, "SK": {"S": "b"}}


def test_what_was_no_answer(tmp_path: Path, run: Run) -> None:
    lines = [
        '{"format":"hashrange-cassette","version":1}',
        '{"operation":"GetItem","request":{"TableName":"app","Key":{}},"error":"ConnectionLost","sent":true}',
        '{"operation":"GetItem","request":"bm8ganNvbg==","cancelled":true}',
        '{"operation":"BatchGetItem","request":{"RequestItems":{"a":{},"b":{}}},"status":500,"answer":[]}',
        '{"end":3}',
    ]
    path = tmp_path / "by_hand.jsonl"
    path.write_text("\n".join([*lines, ""]))
    rows = [line.split() for line in run("replay", str(path)).lines[1:]]
    assert [row[1:4] for row in rows] == [
        ["GetItem", "app", "ConnectionLost"],
        ["GetItem", "-", "cancelled"],
        ["BatchGetItem", "a,", "b"],
    ]
    assert rows[2][4] == "500"


@pytest.mark.parametrize(
    "content", [None, b"", b"{}\n", b"\xff\xfe\n", b'{"format":"hashrange-cassette","version":2}\n']
)
def test_what_is_no_cassette(content: bytes | None, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "some.jsonl"
    if content is not None:
        path.write_bytes(content)
    assert str(path) in run("replay", str(path)).error()
