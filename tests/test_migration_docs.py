"""The documentation of the migration from MySQL: its reference is the code's, and its first steps can be taken.

The commands of "Five minutes" are run as they stand, in a shell, but for the server, which is one of this test's.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hashrange.migration.check.codes import CODES
from hashrange.migration.contract.repairs import RULES
from hashrange.simulator import Engine
from hashrange.testing import LocalServer

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "mysql"
CONTRACT = (FOLDER / "contract.md").read_text(encoding="utf-8")


def rows_below(heading: str) -> dict[str, str]:
    """The table of a section of the contract's page: its first column without backticks, to its second."""
    section = CONTRACT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", section, flags=re.MULTILINE))


def test_every_code_is_listed_with_its_meaning() -> None:
    assert rows_below("All codes") == dict(CODES)


def test_every_repair_is_listed_with_its_rule() -> None:
    assert rows_below("Strict and relaxed") == dict(RULES)


def test_what_the_procedure_names_is_there() -> None:
    named = re.findall(r"`((?:tests|scripts|examples)/[\w./]+)`", (FOLDER / "procedure.md").read_text(encoding="utf-8"))
    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.slow
def test_the_five_minutes_are_as_they_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = (FOLDER / "index.md").read_text(encoding="utf-8").split("## Five minutes")[1].split("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)
    assert len(blocks) == 2
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    with LocalServer(Engine()) as server:
        script = "".join(blocks).replace("hashrange serve &\n", "").replace("--local", f"--local {server.port}")
        assert script.count("hashrange ") == 6
        done = subprocess.run(
            [bash, "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    for said in (
        "0 errors", "Shop: created", "customers: 2 read, 2 written, 0 there already, 0 refused", "Both sides agree",
        "ORDER#2026-03-05T14:30:01Z#5",
    ):  # fmt: skip
        assert said in done.stdout
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "shop_dal"]
    generated = subprocess.run(tests, cwd=tmp_path / "shop", capture_output=True, text=True, timeout=110, check=False)
    assert generated.returncode == 0, generated.stdout + generated.stderr
