"""``hashrange migrate phase``: what it prints, what it changes, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hashrange.clock import SYSTEM_CLOCK
from hashrange.migration.dual import Rules
from hashrange.migration.dual.repair_queue import RepairQueue
from hashrange.migration.state.file_store import FileStore
from hashrange.simulator import Engine
from hashrange.testing import LocalServer
from tests.unit.cli.typing_at_a_prompt import Ran, Run

Phase = Callable[..., Ran]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def phase(run: Run, state: Path) -> Phase:
    return lambda *arguments: run("migrate", "phase", *arguments, "--state", str(state))


def test_the_first_step_tells_when_to_begin_the_backfill(phase: Phase) -> None:
    ran = phase("set", "2", "--reason", "let us go")
    assert (ran.code, ran.out) == (0, "phase 1 -> 2: both are written, MySQL is read\n")
    assert "all workers follow from 20" in ran.err
    assert "begin the backfill then, not before" in ran.err
    ran = phase()
    assert ran.out.startswith("phase 2: both are written, MySQL is read\n  closed  time: the phase has lasted 0.0 h")
    assert ran.out.endswith("phase 3 (both are written and read, and compared) may not begin yet\n")
    assert "let us go" in phase("history").out


def test_a_closed_gate_is_an_error_unless_it_is_forced(phase: Phase) -> None:
    phase("set", "2")
    ran = phase("set", "3")
    assert ran.code == 1
    assert ran.err.startswith("hashrange: error: phase 3 may not begin yet: time: ")
    assert phase("set", "3", "--write-hours", "0", "--writes-min", "0").code == 0
    ran = phase("set", "4", "--force", "--json")
    assert (json.loads(ran.out)["phase"], json.loads(ran.out)["forced"]) == (4, True)
    assert [json.loads(line)["phase"] for line in phase("history", "--json").out.splitlines()] == [2, 3, 4]
    assert json.loads(phase("show", "--json").out)["open"] is False
    ran = phase("set", "5", "--force", "--reverse")
    assert "it takes effect at" in ran.err
    assert phase().out == "phase 4: both are written, DynamoDB is read\n"


async def _given_up(state: Path) -> None:
    store = FileStore(state)
    queue = RepairQueue(store, Rules(), clock=SYSTEM_CLOCK)
    repair = await queue.begin("orders", "update", (5,), {})
    await queue.fail(repair, OSError(), first=True)
    await queue.set_aside(repair)
    await store.close()


def test_repairs_are_listed_tried_again_and_forgotten(phase: Phase, state: Path) -> None:
    asyncio.run(_given_up(state))
    ran = phase("repairs")
    assert ran.out.splitlines()[1].split()[1:] == ["given", "up", "orders", "update", "5", "0", "OSError:", "OSError"]
    ran = phase("repairs", "--retry", "--json")
    assert [json.loads(line)["state"] for line in ran.out.splitlines()] == ["open"]
    asyncio.run(_given_up(state))
    assert "1 that were given up are forgotten" in phase("repairs", "--forget").err


def test_the_state_may_be_a_table(run: Run) -> None:
    with LocalServer(Engine(["state"])) as server:
        place = ["--state-table", "state/shop", "--local", str(server.port)]
        assert run("migrate", "phase", "set", "2", *place).code == 0
        assert run("migrate", "phase", *place).out.startswith("phase 2: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set"], "'set' needs the number of a phase"),
        (["history", "3"], "'set' needs the number of a phase"),
        (["show"], "there is no state"),
        (["set", "3"], "phase 3 does not follow phase 1"),
    ],
)
def test_what_is_not_meant_so_is_said(phase: Phase, arguments: list[str], said: str) -> None:
    ran = phase(*arguments)
    assert ran.code == 1
    assert said in ran.err


def test_a_state_must_be_given(run: Run) -> None:
    assert "give --state FILE or --state-table" in run("migrate", "phase").err
