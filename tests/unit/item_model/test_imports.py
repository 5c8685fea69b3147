"""The kinds of models are told apart without importing their libraries."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from dataclasses import dataclass
from hashrange.item_model import item_model

@dataclass
class Point:
    x: int

assert item_model(Point).to_item(Point(1)) == {"x": 1}
heavy = {"pydantic", "pydantic_core", "attr", "attrs"} & {name.partition(".")[0] for name in sys.modules}
print(sorted(heavy))
"""


def test_neither_pydantic_nor_attrs_is_imported() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
