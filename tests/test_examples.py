"""Every example runs, on the DynamoDB inside the process, and prints what it promises."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"

#: example to texts that stand in what it prints, in this order
PRINTS = {
    "quickstart.py": [
        "put      Ada, only because nobody was there",
        "refused  a second Ada: The conditional request failed; there is 'Ada Lovelace'",
        "SET nickname = 'Countess', name = 'Ada King' ADD visits 1",
        "12   119.88  open     13 Feb 2026",
        "page     [1, 3, 5, 7]  next: W",
        "page     [9, 11]  next: none",
        "ItemTooLarge: the item has 450066 bytes",
        "ResourceNotFound: Requested resource not found [GetItem on table 'no-such-table'",
        "23 calls, 3.5 read units, 26 write units",
    ],
    "transfer.py": [
        "at first            {'Ann': 10000, 'Bob': 2000, 'Cid': None}",
        "after 25.00 to Bob  {'Ann': 7500, 'Bob': 4500}",
        "asked for again     {'Ann': 7500, 'Bob': 4500}",
        "refused             Bob has 4500 cents, not 1000000",
        "refused             action 2 (update on table 'hashrange-transfer-",
        "after 100 at once   {'Ann': 6500, 'Bob': 5500}",
    ],
    "faults.py": [
        "throttled 3 times: stored after 3 delays, in no time",
        "reset_before(sent=False)   taken    1 gone",
        "reset_before()             unknown  0 gone",
        "reset_after()              unknown  1 gone",
        "overtaken: sold out, 8 left",
        "replayed: True",
        'never recorded: Key.SK.S is "pen", recorded "book"',
    ],
}


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)  # dataclasses look there
    spec.loader.exec_module(module)
    return module


def test_every_example_is_run() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(PRINTS)


@pytest.mark.parametrize("name", PRINTS)
async def test_an_example_prints_what_it_promises(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    await load(EXAMPLES / name).main()
    printed = capsys.readouterr().out
    position = 0
    for text in PRINTS[name]:
        found = printed.find(text, position)
        assert found >= 0, f"{text!r} is missing after:\n{printed[:position]}\nin:\n{printed[position:]}"
        position = found
