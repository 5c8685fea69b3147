"""export and import: whole, resumed after every kind of end, and what a broken line or file gets."""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from hashrange import ConnectionLost, DynamoDB, DynamoDBError, RetryPolicy
from hashrange.cli.command import CommandError
from hashrange.cli.export import export
from hashrange.cli.import_ import import_
from hashrange.simulator import Engine
from hashrange.testing import FaultPlan, Rule, reset_before
from hashrange.wire.transport import Request, Response, Transport, Wrapper

from .typing_at_a_prompt import TABLES, Prompt

ITEMS = 100  # of 50 KB: five pages
LINES = 4_500  # three windows of an import
WINDOW = 2_000


def options(path: Path, **given: Any) -> Namespace:
    defaults = {"table": "app", "file": path, "segments": None, "restart": False, "json": False, "concurrency": 4}
    return Namespace(**{**defaults, **given})


def client(engine: Engine, transport: Wrapper | None = None) -> DynamoDB:
    return DynamoDB.in_memory(engine=engine, transport=transport, retry=RetryPolicy.none(), circuit=None)


def losing(operation: str, nth: int) -> Wrapper:
    """The connection is lost at that request."""
    return lambda transport: FaultPlan(transport, [Rule(reset_before(), operation, nth=nth)])


class Holding:
    """Keeps one request of an operation for ever."""

    def __init__(self, transport: Transport, operation: str, nth: int) -> None:
        self._transport, self._operation, self._left = transport, operation, nth
        self.held = asyncio.Event()

    async def send(self, request: Request) -> Response:
        if request.operation == self._operation:
            self._left -= 1
            if self._left == 0:
                self.held.set()
                await asyncio.Event().wait()
        return await self._transport.send(request)

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return self._transport.repair(error, response)

    async def close(self) -> None:
        await self._transport.close()


async def filled() -> Engine:
    engine = Engine(TABLES)
    async with client(engine) as db:
        items = ({"PK": f"p{number % 7}", "SK": f"{number:03}", "text": "x" * 50_000} for number in range(ITEMS))
        await db.table("app").batch_write(puts=items)
    return engine


def names_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def keys_in(path: Path) -> list[str]:
    return sorted(json.loads(line)["SK"]["S"] for line in path.read_text().splitlines())


ALL_KEYS = [f"{number:03}" for number in range(ITEMS)]


def written(path: Path, lines: int = LINES) -> Path:
    text = "".join(f'{{"PK":{{"S":"p"}},"SK":{{"S":"{number:06}"}}}}\n' for number in range(lines))
    path.write_text(text)
    return path


# ── export ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("segments", [None, 4])
async def test_an_export_has_every_item_once(segments: int | None, tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    async with client(await filled()) as db:
        assert await export(db, options(path, segments=segments)) == 0
    assert keys_in(path) == ALL_KEYS
    assert names_in(tmp_path) == ["app.jsonl"], "nothing is left beside it"


@pytest.mark.parametrize(("segments", "nth"), [(1, 1), (1, 2), (1, 5), (4, 6)])
async def test_an_export_goes_on_after_an_error(segments: int, nth: int, tmp_path: Path) -> None:
    engine, path = await filled(), tmp_path / "app.jsonl"
    async with client(engine, losing("Scan", nth)) as db:
        with pytest.raises(ConnectionLost):
            await export(db, options(path, segments=segments))
    before = len(engine.calls("Scan"))
    path.write_bytes(path.read_bytes() + b'{"half a li')  # as a process leaves it that is killed
    async with client(engine) as db:
        assert await export(db, options(path)) == 0
    assert keys_in(path) == ALL_KEYS
    if segments == 1 and nth == 5:
        assert len(engine.calls("Scan")) - before < before, "it did not begin anew"
    assert names_in(tmp_path) == ["app.jsonl"]


async def test_an_interrupted_export_says_that_it_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine, path = await filled(), tmp_path / "app.jsonl"
    holding: list[Holding] = []

    def held(transport: Transport) -> Transport:
        holding.append(Holding(transport, "Scan", 4))
        return holding[0]

    async with client(engine, held) as db:
        task = asyncio.create_task(export(db, options(path)))
        await holding[0].held.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert "the same command goes on" in capsys.readouterr().err
    async with client(engine) as db:
        await export(db, options(path, json=True))
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["items"] == ITEMS
    assert 0 < outcome["resumed_at"] < ITEMS
    assert keys_in(path) == ALL_KEYS


def test_an_export_replaces_nothing(prompt: Prompt, tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    path.write_text("precious")
    assert prompt("export", "app", str(path)).error() == f"{path} is there already (--restart replaces it)"
    assert path.read_text() == "precious"
    assert prompt("export", "app", str(path), "--restart").err == f"0 items of app in {path}\n"
    assert path.read_text() == ""
    assert "No such file or directory" in prompt("export", "app", str(tmp_path / "none" / "x")).error()
    assert "is no ordinary file" in prompt("export", "app", str(tmp_path), "--restart").error()


async def test_a_checkpoint_that_does_not_fit(tmp_path: Path) -> None:
    engine, path = await filled(), tmp_path / "app.jsonl"
    async with client(engine, losing("Scan", 3)) as db:
        with pytest.raises(ConnectionLost):
            await export(db, options(path, segments=2))
    checkpoint = tmp_path / "app.jsonl.checkpoint"
    good = checkpoint.read_text()
    async with client(engine) as db:
        with pytest.raises(CommandError, match="is of an export with --segments 2"):
            await export(db, options(path, segments=3))
        with pytest.raises(CommandError, match="is about table 'app' at"):
            await export(db, options(path, table="orders"))
        checkpoint.write_text("{")
        with pytest.raises(CommandError, match="does not say how far"):
            await export(db, options(path))
        checkpoint.write_text(good.replace('"version":1', '"version":2'))
        with pytest.raises(CommandError, match="is of version 2"):
            await export(db, options(path))
        checkpoint.write_text(good.replace('"offset":', '"offset":9'))
        with pytest.raises(CommandError, match="is shorter than its checkpoint says"):
            await export(db, options(path))
        assert await export(db, options(path, restart=True)) == 0
    assert keys_in(path) == ALL_KEYS


# ── import ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def count(engine: Engine) -> int:
    async with client(engine) as db:
        return await db.table("app").scan().count()


async def test_an_import_goes_on_behind_what_was_acknowledged(tmp_path: Path) -> None:
    engine, path = Engine(TABLES), written(tmp_path / "app.jsonl")
    async with client(engine, losing("BatchWriteItem", 100)) as db:
        with pytest.raises(CommandError, match="the same command goes on where it stopped"):
            await import_(db, options(path))
    state = json.loads((tmp_path / "app.jsonl.import-state").read_text())
    assert (state["lines"], state["items"]) == (WINDOW, WINDOW)
    before = len(engine.calls("BatchWriteItem"))
    async with client(engine) as db:
        assert await import_(db, options(path)) == 0
    assert len(engine.calls("BatchWriteItem")) - before == (LINES - WINDOW) / 25
    assert await count(engine) == LINES
    assert names_in(tmp_path) == ["app.jsonl"]


async def test_an_interrupted_import_says_that_it_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine, path = Engine(TABLES), written(tmp_path / "app.jsonl")
    holding: list[Holding] = []

    def held(transport: Transport) -> Transport:
        holding.append(Holding(transport, "BatchWriteItem", 90))
        return holding[0]

    async with client(engine, held) as db:
        task = asyncio.create_task(import_(db, options(path)))
        await holding[0].held.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert "interrupted after 2,000 lines; the same command goes on" in capsys.readouterr().err
    async with client(engine) as db:
        await import_(db, options(path))
    assert "(2,000 lines before)" in capsys.readouterr().err
    assert await count(engine) == LINES


async def test_a_file_that_changed_meanwhile(tmp_path: Path) -> None:
    engine, path = Engine(TABLES), written(tmp_path / "app.jsonl")
    async with client(engine, losing("BatchWriteItem", 100)) as db:
        with pytest.raises(CommandError):
            await import_(db, options(path))
    written(path, 3)
    async with client(engine) as db:
        with pytest.raises(CommandError, match="has changed since its import was interrupted"):
            await import_(db, options(path))
        assert await import_(db, options(path, restart=True)) == 0


def test_broken_lines_are_named_and_the_rest_goes_on(prompt: Prompt, tmp_path: Path) -> None:
    lines = [
        '\ufeff{"customer": {"S": "a"}, "number": {"N": "1"}}',
        "junk",
        "",
        '{"customer": {"S": "a"}}',
        '{"customer": {"S": "a"}, "number": {"S": "1"}}',
        '{"customer": {"S": "a"}, "number": {"N": "x"}}',
        '{"customer": {"S": "a"}, "number": {"N": "2"}, "status": {"N": "2"}}',
        '{"customer": {"S": "a"}, "number": {"N": "2"}, "b": {"B": "!"}}',
        '{"customer": {"S": "a"}, "number": {"N": "2"}, "b": {"Z": "!"}}',
        '{"customer": {"S": "a"}, "number": {"N": "2"}, "b": 7}',
        '{"customer": {"S": "a"}, "number": {"N": "2"}, "l": {"L": [{"M": {"x": {"BOOL": 1}}}]}}',
        '{"customer": {"S": ""}, "number": {"N": "2"}}',
        '{"Item": {"customer": {"S": "a"}, "number": {"N": "3"}, "s": {"NS": ["1", "2"]}}}',
    ]
    path = tmp_path / "orders.jsonl"
    path.write_text("\r\n".join(lines), encoding="utf-8")
    ran = prompt("import", "orders", str(path), "--json")
    assert ran.code == 1
    assert json.loads(ran.out) == {
        "table": "orders", "file": str(path), "items": 2, "broken_lines": 10, "lines": 13, "resumed_at": 0,
    }  # fmt: skip
    said = ran.err.splitlines()
    complaints = {int(line.split("line ")[1].partition(":")[0]): line.partition(": ")[2] for line in said[:-1]}
    assert complaints == {
        2: "it is no JSON: Expecting value at character 1",
        4: "it lacks the key attribute 'number'",
        5: "'number' is a key of the table or an index, and not of type N",
        6: complaints[6],
        7: "'status' is a key of the table or an index, and not of type S",
        8: 'b: "!" is no value of type B',
        9: "b: 'Z' is no DynamoDB type; they are B, BOOL, BS, L, M, N, NS, NULL, S, SS",
        10: 'b: 7 is no DynamoDB value such as {"S": "text"}',
        11: "l[0].x: 1 is no value of type BOOL",
        12: complaints[12],
    }
    assert complaints[6] == 'number: "x" is no value of type N'
    assert "'customer' is empty" in complaints[12]
    assert said[-1] == f"hashrange: error: 10 lines of {path} could not be imported (they are named above)"
    assert len(prompt("scan", "orders", "--json").lines) == 2
    assert names_in(tmp_path) == ["orders.jsonl"]


def test_only_so_many_broken_lines_are_named(prompt: Prompt, tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    path.write_text("junk\n" * 50 + '{"PK": {"S": "a"}, "SK": {"S": "b"}}')
    said = prompt("import", "app", str(path)).err.splitlines()
    assert len([line for line in said if ", line " in line]) == 20
    assert said[20:22] == ["... and more", f"1 item of {path} in app"]


def test_a_line_that_has_no_end(prompt: Prompt, tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    path.write_bytes(b"x" * 20_000_000 + b'\n{"PK": {"S": "a"}, "SK": {"S": "b"}}\n')
    ran = prompt("import", "app", str(path))
    assert f"{path}, line 1: it is longer than 8,388,608 bytes" in ran.err
    assert f"1 item of {path} in app" in ran.err


def test_what_only_the_service_refuses_is_named_too(prompt: Prompt, tmp_path: Path) -> None:
    """A key of an index may not be too long; the service then refuses the whole request that the item is in."""
    path = tmp_path / "orders.jsonl"
    good = [f'{{"customer": {{"S": "c"}}, "number": {{"N": "{number}"}}}}' for number in range(40)]
    long = "x" * 1_025
    bad = f'{{"customer": {{"S": "c"}}, "number": {{"N": "7"}}, "status": {{"S": "s"}}, "placed": {{"S": "{long}"}}}}'
    path.write_text("\n".join([*good[:10], bad, *good[10:]]))
    ran = prompt("import", "orders", str(path))
    assert ran.code == 1
    assert [line for line in ran.err.splitlines() if line.startswith(f"{path}, line 11: ")], ran.err
    assert len(prompt("query", "orders", "c", "--json").lines) == 40


def test_a_file_that_cannot_be_read(prompt: Prompt, tmp_path: Path) -> None:
    assert prompt("import", "app", str(tmp_path / "none")).error() == f"{tmp_path / 'none'}: No such file or directory"
    assert "Is a directory" in prompt("import", "app", str(tmp_path)).error()


def test_there_and_back(prompt: Prompt, tmp_path: Path) -> None:
    item = (
        '{"PK": {"S": "a"}, "SK": {"S": "é\\u001b"}, "b": {"B": "AAE="}, "t": {"BOOL": true}, "z": {"NULL": true},'
        ' "n": {"N": "123456789012345678901234567890.5"}, "l": {"L": [{"N": "1"}]}, "m": {"M": {"S": {"S": "x"}}},'
        ' "bs": {"BS": ["AA=="]}, "Item": {"M": {}}}'
    )
    empty = prompt.engine.snapshot()
    assert prompt("put", "app", item, "--typed").code == 0
    path = tmp_path / "app.jsonl"
    assert prompt("export", "app", str(path)).code == 0
    assert json.loads(path.read_text()) == json.loads(item)
    prompt.engine.restore(empty)
    assert prompt("import", "app", str(path)).code == 0
    assert json.loads(prompt("get", "app", "a", "é\x1b", "--typed").out) == json.loads(item)
