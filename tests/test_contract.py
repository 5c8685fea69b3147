"""Every promise of ``docs/contract.md`` names the tests that hold it, and they are there and run.

The names are looked up in the sources: a test that is renamed, removed or switched off fails here.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "contract.md"
PROMISES_MIN = 30

_ROW = re.compile(r"\| (?P<number>[A-Z]\d+) \| (?P<text>.+) \| (?P<tests>.+) \|")
_TEST = re.compile(r"`(?P<path>tests/[\w/]+\.py)::(?P<name>test_\w+)`")
#: a decorator by which a test does not run, or may fail
_OFF = re.compile(r"\bmark\.(skip|xfail)\b")


@dataclass(frozen=True)
class Promise:
    """One row: its number, what is promised, and the path and name of each test."""

    number: str
    text: str
    tests: tuple[tuple[str, str], ...]


def promises_of(page: str) -> list[Promise]:
    """The promises of a page.

    Raises:
        ValueError: a row is not number, promise and tests; shows it.
    """
    found: list[Promise] = []
    for line in page.splitlines():
        if not line.startswith("|") or line in ("| | promise | held by |", "|---|---|---|"):
            continue
        row = _ROW.fullmatch(line)
        if row is None or _TEST.sub("", row["tests"]).strip():
            raise ValueError(f"not a number, a promise and its tests: {line}")
        tests = tuple((test["path"], test["name"]) for test in _TEST.finditer(row["tests"]))
        found.append(Promise(row["number"], row["text"], tests))
    return found


def problem(path: str, name: str, root: Path = ROOT) -> str | None:
    """Why a test holds nothing; None where it is there, can be found by pytest and runs."""
    file = root / path
    if not file.is_file() or not file.name.startswith("test_"):
        return f"there is no {path}"
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            off = [text for text in map(ast.unparse, node.decorator_list) if _OFF.search(text)]
            return f"{path}::{name} is switched off: {off[0]}" if off else None
    return f"there is no {name} in {path}"


PROMISES = promises_of(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.number)
def test_a_promise_is_held_by_tests_that_are_there(promise: Promise) -> None:
    assert promise.tests, "nothing holds it"
    assert len(set(promise.tests)) == len(promise.tests)
    assert [said for path, name in promise.tests if (said := problem(path, name))] == []


def test_there_are_promises_of_every_kind_and_each_has_its_own_number() -> None:
    assert len(PROMISES) >= PROMISES_MIN
    assert [number for number, times in Counter(each.number for each in PROMISES).items() if times > 1] == []
    assert {each.number[0] for each in PROMISES} == set("WBTRFISNDMP")


def test_a_renamed_or_switched_off_test_is_noticed(tmp_path: Path) -> None:
    path = "tests/test_it.py"
    (tmp_path / "tests").mkdir()
    (tmp_path / path).write_text(
        "import pytest\nasync def test_here(): ...\n@pytest.mark.skip('why')\ndef test_off(): ...\n"
        "class TestIt:\n    def test_inside(self): ...\n"
    )
    assert problem(path, "test_here", tmp_path) is None
    assert problem(path, "test_her", tmp_path) == f"there is no test_her in {path}"
    assert problem(path, "test_inside", tmp_path) == f"there is no test_inside in {path}"
    assert problem(path, "test_off", tmp_path) == f"{path}::test_off is switched off: pytest.mark.skip('why')"
    assert problem("tests/test_gone.py", "test_here", tmp_path) == "there is no tests/test_gone.py"


@pytest.mark.parametrize(
    "row",
    [
        "| W1 | Nothing is lost. | |",
        "| W1 | Nothing is lost. |",
        "| W1 | Nothing is lost. | soon |",
        "| | Nothing is lost. | `tests/test_it.py::test_here` |",
        "| W1 | Nothing is lost. | `tests/test_it.py::test_here` and more |",
        "| W1 | Nothing is lost. | `tests/test_it.py::helper` |",
    ],
)
def test_a_promise_without_a_test_is_an_error(row: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        promises_of(f"| | promise | held by |\n|---|---|---|\n{row}\n")
