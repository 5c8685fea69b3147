"""The continuous integration does what it says with what there is, and Docker Compose starts what it tests with."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tests.deploy.sources import DEPLOY, ROOT, load

WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
JOB_KEYS = {"name", "runs-on", "timeout-minutes", "strategy", "services", "steps"}
STEP_KEYS = {"name", "uses", "with", "run", "if"}

#: what a fork wants to know, and a command that tells
WANTED = {
    "format": "-m ruff format --check",
    "lint": "-m ruff check",
    "types": "-m mypy",
    "types of the interface": "-m pyright",
    "unit": "pytest -n auto tests/unit",
    "integration": "pytest tests/integration --target http://127.0.0.1:8000",
    "coverage": "make test",
    "audit": "-m pip_audit",
    "documentation": "make docs",
    "benchmarks": "make bench-client",
}


def workflow() -> dict[Any, Any]:
    loaded: dict[Any, Any] = load(WORKFLOW)
    return loaded


def jobs() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = workflow()["jobs"]
    return found


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("what", WANTED)
def test_what_is_wanted_is_run(what: str) -> None:
    assert any(WANTED[what] in command for job in jobs().values() for command in commands(job))


def test_it_runs_on_changes_and_may_only_read() -> None:
    assert set(workflow()) == {"name", True, "permissions", "concurrency", "jobs"}  # YAML 1.1 takes `on` for true
    assert set(workflow()[True]) == {"push", "pull_request", "workflow_dispatch"}
    assert workflow()["permissions"] == {"contents": "read"}
    assert "{{ secrets" not in WORKFLOW.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", jobs())
def test_a_job_is_whole(name: str) -> None:
    job = jobs()[name]
    assert set(job) <= JOB_KEYS
    assert job["runs-on"] == "ubuntu-latest"
    assert 0 < job["timeout-minutes"] <= 30
    for step in job["steps"]:
        assert set(step) <= STEP_KEYS
        assert ("uses" in step) != ("run" in step)
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "some/action@v1"))
    assert job["steps"][0]["uses"].startswith("actions/checkout@")
    assert job["steps"][0]["with"] == {"persist-credentials": False}


@pytest.mark.parametrize("name", jobs())
def test_its_commands_are_there(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = [each for each in project["dependency-groups"]["dev"] if isinstance(each, str)]  # the rest are other groups
    tools = {re.split(r"[\[>=<]", each)[0] for each in named} | {"pip"}
    for command in commands(jobs()[name]):
        for target in re.findall(r"make ([a-z-]+)", command):
            assert target in targets
        for tool in re.findall(r"python -m (\w+)", command):
            assert tool.replace("_", "-") in tools
        tools |= set(re.findall(r"pip install ([\w-]+)", command))
        for path in re.findall(r"\btests/[\w/.]+", command):
            assert (ROOT / path).exists()


def test_every_python_that_is_promised_is_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    promised = [each.rpartition(" ")[2] for each in project["classifiers"] if re.search(r":: 3\.\d+$", each)]
    assert jobs()["unit"]["strategy"]["matrix"]["python"] == promised


def test_compose_and_the_workflow_start_the_same_dynamodb_local() -> None:
    (service,) = load(DEPLOY / "docker-compose.yml")["services"].values()
    (tested,) = jobs()["integration"]["services"].values()
    assert tested["image"] == service["image"]
    assert re.fullmatch(r"amazon/dynamodb-local:\d+\.\d+\.\d+", service["image"])
    assert service["ports"] == ["127.0.0.1:8000:8000"], "reached from this machine only: it asks for no credentials"
    assert tested["ports"] == ["8000:8000"]
