"""The public names of hashrange.testing, pinned; each is loaded at its first use."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hashrange import testing

FAULTS = {
    "condition_failed",
    "damaged_answer",
    "expired_token",
    "internal_error",
    "partial_batch",
    "reset_after",
    "reset_before",
    "slow",
    "success",
    "throttle",
    "timeout_after",
    "timeout_before",
    "transaction_canceled",
    "transaction_conflict",
    "unavailable",
}
INJECTION = {"Fault", "FaultMismatch", "FaultPlan", "Injection", "Rule", "Script", "UnexpectedRequest", "scenarios"}
CASSETTES = {
    "CassetteError",
    "CassetteMiss",
    "Difference",
    "Near",
    "Recorder",
    "Recording",
    "Replayer",
    "ReplicatedEngines",
}
SURROUNDINGS = {"Differences", "FakeClock", "LocalServer", "diff"}
PUBLIC = FAULTS | INJECTION | CASSETTES | SURROUNDINGS


def test_the_public_names_are_these() -> None:
    assert sorted(set(testing.__all__) ^ PUBLIC) == []
    assert testing.__all__ == sorted(testing.__all__)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_name_is_there_and_documented(name: str) -> None:
    found = getattr(testing, name)
    assert name in dir(testing)
    assert found.__doc__
    assert not found.__doc__.startswith(f"{name}(")


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        testing.no_such_name  # noqa: B018


def test_importing_the_plugin_loads_no_tool_and_no_simulator() -> None:
    program = (
        "import pytest, sys, hashrange\n"
        "before = set(sys.modules)\n"
        "import hashrange.testing.pytest_plugin\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["hashrange.testing", "hashrange.testing.pytest_plugin"]
    simulator = "import sys, hashrange.testing.pytest_plugin; print(*(n for n in sys.modules if 'simulator' in n))"
    done = subprocess.run([sys.executable, "-c", simulator], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
