"""What a newcomer mistypes, argument by argument, and that the answer says what to type instead."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from hashrange.cli.main import main

from .typing_at_a_prompt import Prompt, Run


@pytest.fixture
def orders(prompt: Prompt) -> Prompt:
    for number in (7, 8):
        item = f'{{"customer": "c1", "number": {number}, "status": "open", "placed": "2026", "total": 12.5}}'
        assert prompt("put", "orders", item).code == 0
    return prompt


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["get", "orders", "c1", "9"], "no item with this key ('hashrange query orders PK' shows all items of"),
        (["get", "orders", "c1", "one"], "'one' is no number, and the key attribute 'number' is one"),
        (["get", "order", "c1", "7"], "(did you mean 'orders'?)"),
        (["describe", "ordrs"], "(did you mean 'orders'?)"),
        (
            ["put", "orders", '{"customer": {"S": "c1"}, "number": {"N": "1"}}'],
            "is it DynamoDB JSON? then give --typed",
        ),
        (["put", "orders", '{"customer": "c1", "number": 1}', "--typed"], "(without --typed, JSON is plain)"),
        (["put", "orders", "{customer: c1}"], "(quote it for the shell: "),
        (["query", "orders", "c1", "--filter", "total==12.5"], "(write 'total=12.5'; a value that begins with = goes"),
        (["query", "orders", "c1", "--filter", "total=>12"], "(write 'total>=12'; "),
        (["scan", "orders", "--filter", "total =< 12"], "(write 'total<= 12'; "),
        (["scan", "orders", "--index", "by_status", "--consistent"], "(leave --consistent out)"),
        (["query", "orders", "open", "--index", "bystatus"], "(did you mean by_status?)"),
        (["scan", "orders", "--segments", "2000000"], "a whole number from 1 to 1000000"),
        (["doctor", "ordrs", "--json"], "did you mean 'orders'?"),
    ],
)
def test_the_answer_says_what_to_type(arguments: list[str], said: str, orders: Prompt) -> None:
    ran = orders(*arguments)
    assert ran.code == 1
    assert said in (ran.out if arguments[0] == "doctor" else ran.error())


def test_what_was_advised_works(orders: Prompt) -> None:
    for condition, count in (("total=12.5", 2), ("total>=12", 2), ("total<=12", 0), ('status="=open"', 0)):
        ran = orders("query", "orders", "c1", "--filter", condition, "--json")
        assert (condition, ran.code, len(ran.lines)) == (condition, 0, count)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the following arguments are required: COMMAND ('hashrange --help' lists them)"),
        (["tables", "--local", "877i"], "unrecognized arguments: 877i ('877i' is no port of --local)"),
        (["tables", "app"], "unrecognized arguments: app\n"),
        (["tables", "--local", "80000"], "'80000' is no port: 1 to 65535"),
        (["export", "app"], "the following arguments are required: FILE"),
        (["export", "app", "f", "--segment", "2"], "(did you mean --segments?)"),
        (["import", "app", "f", "--concurrency", "lots"], "'lots' is no whole number of at least 1"),
        (["serve", "--region", "EU"], "'EU' is no region; one is 'eu-west-1'"),
    ],
)
def test_what_is_not_understood(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments, {})
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_a_compressed_file(prompt: Prompt, tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"PK": {"S": "a"}, "SK": {"S": "b"}}\n'))
    assert prompt("import", "app", str(path)).error() == f"{path} is compressed (unpack it first: gunzip {path})"


@pytest.mark.parametrize(("command", "ending"), [("export", "checkpoint"), ("import", "import-state")])
def test_a_state_that_cannot_be_written(command: str, ending: str, prompt: Prompt, tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    if command == "import":
        path.write_text('{"PK": {"S": "a"}, "SK": {"S": "b"}}\n')
    (tmp_path / f"app.jsonl.{ending}.new").mkdir()
    said = prompt(command, "app", str(path)).error()
    assert said == f"{path}.{ending}: Is a directory (progress cannot be kept)"


def test_characters_that_the_output_does_not_have(prompt: Prompt, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert prompt("put", "app", '{"PK": "日本", "SK": "é"}').code == 0
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="latin-1", write_through=True))
    assert main(["scan", "app", "--local", str(prompt.port)], {}) == 0
    assert written.getvalue().splitlines() == [b"PK    SK", rb"\u65e5\u672c  " + "é".encode("latin-1")]


def test_broken_json_of_surrogates_is_a_broken_line(prompt: Prompt, tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    path.write_text('{"PK": {"S": "\\ud800"}, "SK": {"S": "b"}}\n{"PK": {"S": "a"}, "SK": {"S": "b"}}\n')
    ran = prompt("import", "app", str(path))
    assert ran.code == 1
    assert f"{path}, line 1: " in ran.err
    assert f"1 item of {path} in app" in ran.err
