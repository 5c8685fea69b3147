"""``hashrange migrate check``: what is printed, and how it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hashrange.cli.main import main
from tests.shop_contract import ABSENT, CONTRACT, DDL, OVERRIDES, PATTERNS, changed


class Check:
    """Runs the command in a folder with the shop's files."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        for name, text in (("c.json", CONTRACT), ("s.sql", DDL), ("o.json", OVERRIDES), ("p.json", PATTERNS)):
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def __call__(self, *arguments: str) -> tuple[int, str]:
        code = main(["migrate", "check", *arguments], {})
        printed = self.capsys.readouterr()
        return code, printed.out + printed.err


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    monkeypatch.chdir(tmp_path)
    return Check(tmp_path, capsys)


ALL = ("c.json", "--ddl", "s.sql", "--overrides", "o.json", "--patterns", "p.json")


def test_nothing_to_say(check: Check) -> None:
    assert check("c.json", "--patterns", "p.json", "--overrides", "o.json") == (
        0,
        "c.json: schema format, 3 tables, 5 kinds of items\n\n0 errors, 0 warnings, 0 repairs\n",
    )


def test_findings_stand_under_their_tables_with_errors_first(check: Check) -> None:
    check.write("c.json", changed(CONTRACT, "/tables/1/pk", "nobody"))
    code, out = check(*ALL)
    assert code == 1
    lines = out.splitlines()
    heads = [line for line in lines if line.startswith(("table ", "the "))]
    assert heads == ["table Customers", "table Products", "table Categories", "the access patterns", "the schema"]
    products = lines[lines.index("table Products") + 1 :]
    assert products[0].startswith("  error    c.json:")
    assert products[0].endswith("  key-without-source")
    assert products[1:3] == [
        "           key attribute nobody of table Products has no source",
        "           fix: add an attribute nobody, or a template for it",
    ]
    assert lines[1] == "s.sql: 7 tables"
    assert any(line.startswith("  warning  s.sql:") and line.endswith("  unmapped-table") for line in lines)
    assert lines[-1].startswith("2 errors, ")


def test_relaxed_says_what_it_mended(check: Check) -> None:
    check.write("c.json", CONTRACT.replace('"sk": "SK",', '"sk": "SK", // the sort key', 1))
    assert check("c.json")[0] == 1
    code, out = check("c.json", "--relaxed")
    assert code == 0
    assert "  repair   c.json:8:19  json-comment" in out
    assert out.endswith("0 errors, 0 warnings, 1 repair\n")


def test_json_for_programs(check: Check) -> None:
    check.write("p.json", '{"AP6": {"table": "Products", "by": ["price"]}}')
    code, out = check(*ALL, "--json")
    told = json.loads(out)
    assert code == 1
    assert (told["contract"], told["format"], told["tables"]) == (
        "c.json", "schema", ["Customers", "Products", "Categories"],
    )  # fmt: skip
    assert told["errors"] == 1
    (error,) = [one for one in told["findings"] if one["severity"] == "error"]
    assert (error["file"], error["line"], error["column"], error["code"]) == ("p.json", 1, 9, "pattern-unserved")
    assert error["pointer"] == "/AP6"
    assert len(told["findings"]) == told["errors"] + told["warnings"] + told["repairs"]


def test_a_fragment_is_a_table_of_its_own(check: Check) -> None:
    check.write("c.json", json.dumps({**json.loads(CONTRACT)["tables"][1], "sk": 7}))
    code, out = check("c.json")
    assert code == 1
    assert "\ntable Products\n" in out
    assert "the whole" not in out


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("c.json", '{"tables": [\x1b[31m', r"c.json:1:13  json-syntax"),
        ("c.json", '{"ModelName": "x"}', "c.json:1:1  other-format"),
        ("s.sql", "CREATE TABLE x (", "s.sql:1:16  ddl-syntax"),
        ("s.sql", "SELECT 1;", "s.sql:1:1  ddl-without-tables"),
        ("o.json", '{"Nothing": {}}', "o.json:1:13  override-unknown"),
        ("p.json", "[]", "p.json:1:1  wrong-type"),
    ],
)
def test_what_cannot_be_read(check: Check, name: str, text: str, said: str) -> None:
    check.write(name, text)
    code, out = check(*ALL)
    assert code == 1
    assert f"  error    {said}" in out
    assert "\x1b" not in out, "what is in a file cannot command a terminal"


@pytest.mark.parametrize("name", ["c.json", "s.sql", "o.json", "p.json"])
def test_a_file_that_is_not_there(check: Check, name: str) -> None:
    (check.folder / name).unlink()
    assert check(*ALL) == (1, f"hashrange: error: {name}: No such file or directory\n")


def test_on_a_terminal_text_is_wrapped(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    check.write("c.json", changed(CONTRACT, "/tables/1/gsis/0/pk", ABSENT))
    _, out = check("c.json")
    assert max(map(len, out.splitlines())) <= 60


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "which command? One of "),
        (("chek",), "(did you mean check?)"),
        (("check",), "the following arguments are required: CONTRACT"),
        (("check", "x", "--ddll", "y"), "(did you mean --ddl?)"),
    ],
)
def test_what_is_not_understood(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    run: Callable[[], int] = lambda: main(["migrate", *arguments], {})  # noqa: E731
    with pytest.raises(SystemExit) as caught:
        run()
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_what_reads_a_schema_may_be_missing(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlglot", None)
    code, out = check(*ALL)
    assert code == 1
    assert out == "hashrange: error: sqlglot is not installed (pip install 'hashrange[migrate]')\n"
    assert check("c.json")[0] == 0, "without a schema it is not needed"
