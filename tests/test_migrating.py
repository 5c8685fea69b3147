"""Every block of the migration guides runs, and each pair in them is proved to have the same effect: see ``guides``.

aioboto3 wants another botocore than boto3 does, so its guide runs in a process that finds aioboto3's libraries first.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.guides import Unproved, assigned, plain, run_guide, steps_of
from tests.interop.clients import INSTALL_TIMEOUT_SECONDS, aioboto3_python, run
from tests.test_docs import ROOT

GUIDES = sorted((ROOT / "docs" / "migrating").glob("*.md"))
HERE = [path for path in GUIDES if path.stem != "aioboto3"]
CLIENTS = [path.stem for path in GUIDES if "-" not in path.stem]
#: what the headings of each client's guide speak of
THEMES = (
    *("items", "conditions", "errors", "queries", "scans", "batches", "transactions", "retries", "timeouts"),
    *("testing", "tracing", "differences", "does not have"),
)
PAIR = "```python\n# other\n{}\n```\n```python\n# hashrange\n{}\n```\n"
SET_UP = """```python
import os
from hashrange import DynamoDB
db = DynamoDB.from_env()
app = db.table("app")
```
"""


@pytest.mark.parametrize("path", HERE, ids=lambda path: path.stem)
def test_both_sides_of_a_guide_do_the_same(path: Path) -> None:
    assert run_guide(path) >= (8 if path.stem in CLIENTS else 2)


@pytest.mark.timeout(INSTALL_TIMEOUT_SECONDS)
def test_both_sides_of_the_guide_from_aioboto3_do_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    (libraries,) = aioboto3_python().parent.parent.glob("lib/python3*/site-packages")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(libraries), str(ROOT)]))
    guide = ROOT / "docs" / "migrating" / "aioboto3.md"
    assert int(run(sys.executable, "-W", "error", "-m", "tests.guides", guide).split()[0]) >= 8


def test_there_is_a_guide_for_each_client() -> None:
    assert CLIENTS == ["aioboto3", "aiodynamo", "boto3", "pynamodb"]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_guide_speaks_of_every_theme(client: str) -> None:
    text = (ROOT / "docs" / "migrating" / f"{client}.md").read_text(encoding="utf-8")
    headings = " ".join(re.findall(r"^## (.+)$", text, re.MULTILINE)).lower()
    assert [theme for theme in THEMES if theme not in headings] == []


# ── what proves it ───────────────────────────────────────────────────────────────────────────────────────────────────
def guide(tmp_path: Path, text: str) -> int:
    path = tmp_path / "other.md"
    path.write_text(SET_UP + text + "```python\nawait db.close()\n```\n", encoding="utf-8")
    return run_guide(path)


def test_both_sides_begin_with_the_same_table_and_leave_the_same(tmp_path: Path) -> None:
    add = 'from hashrange import Key, Update\nawait app.update_item(Key("a", "b"), Update().add("n", 1))'
    put = 'await app.put_item({"PK": "a", "SK": "b", "n": 1})'
    assert guide(tmp_path, PAIR.format(add, put) + PAIR.format("x = [1, 2.5]", "x = (1, 2.5)")) == 2


@pytest.mark.parametrize(
    ("theirs", "ours", "why"),
    [
        ("x = 1", "x = 2", "x\nis +2,\nand not 1"),
        ("x = 1", "y = 1", "nothing is written"),
        ("x = print", "x = print", "is no data"),
        ('await app.put_item({"PK": "a", "SK": "b"})', "pass", "the tables"),
        ("x = 1", 'x = 1\nawait app.put_item({"PK": "a", "SK": "b"})', "the tables"),
    ],
)
def test_what_is_not_the_same_is_an_error(tmp_path: Path, theirs: str, ours: str, why: str) -> None:
    with pytest.raises(Unproved, match=why):
        guide(tmp_path, PAIR.format(theirs, ours))


def test_each_side_has_its_names_and_other_blocks_see_both(tmp_path: Path) -> None:
    text = PAIR.format("import json as same\nyours = 1\nx = 0", "import re as same\nmine = 2\nx = 0")
    both = "```python\nassert (same.__name__, mine, yours) == ('re', 2, 1)\nnew = 3\n```\n"
    assert guide(tmp_path, text + both + PAIR.format("y = new, same.__name__ == 'json'", "y = new, True")) == 2


@pytest.mark.parametrize("text", ["```python\n# other\n1\n```\n", "```python\n# hashrange\n1\n```\n"])
def test_a_block_without_a_counterpart_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="line 2: the block has no counterpart"):
        steps_of(text, "other")


def test_the_environment_is_as_it_was(tmp_path: Path) -> None:
    before = dict(os.environ)
    guide(tmp_path, PAIR.format("x = os.environ['AWS_REGION']", "x = 'us-east-1'"))
    assert dict(os.environ) == before


def test_assigned_names_are_those_outside_functions_and_classes() -> None:
    source = """
import os
class A:
    b = 1
def c():
    d = 1
with x:
    e, f = 1, 2
for g in x:
    h += g
i: int = 3
"""
    assert assigned(source) == {"e", "f", "h", "i"}


def test_objects_of_models_are_what_is_stored_of_them() -> None:
    @dataclass
    class User:
        name: str = "Ada"
        note: str | None = None
        tags: set[str] = field(default_factory=set)

    assert plain([User(), {"note": None}]) == [{"name": "Ada"}, {"note": None}]
