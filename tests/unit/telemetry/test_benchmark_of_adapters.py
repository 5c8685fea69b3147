"""The benchmark of telemetry still measures what it says: its view of dispatch.py is the one that is there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.adapters import BOTH, WITHOUT_EVENTS

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", [WITHOUT_EVENTS, BOTH])
def test_a_set_of_adapters_is_measured(name: str) -> None:
    job = {"set": name, "capacity": True, "seconds": 0.01, "loop": "asyncio", "core": None}
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.adapters"],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["calls"] > 0
    assert found["us"] > 0
