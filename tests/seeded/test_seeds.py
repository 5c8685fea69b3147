"""Whole systems, each made of one seed: whatever the network does, what was told is what is stored.

Here a dozen seeds, always the same; ``make soak`` takes others for as long as you like, ``make soak SEED=7`` that one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hashrange.testing import (
    FaultPlan,
    Rule,
    internal_error,
    partial_batch,
    reset_after,
    reset_before,
    throttle,
    timeout_after,
)
from hashrange.wire.transport import Transport

from .runs import run_seed
from .simulation import LoopClock
from .soak import main
from .weather import FAULTS, weather_of
from .wild import wild

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("seed", range(12))
def test_what_was_told_is_what_is_stored(seed: int) -> None:
    run = run_seed(seed)
    assert not run.findings, run.report()


@pytest.mark.parametrize("seed", range(2))
def test_it_holds_under_the_faults_of_a_fault_plan_too(seed: int) -> None:
    def faulty(transport: Transport) -> Transport:
        rules = [
            Rule(fault, probability=0.03)
            for fault in (
                throttle(), internal_error(), internal_error(applied=True), reset_before(), reset_after(),
                timeout_after(), partial_batch(share=0.5),
            )
        ]  # fmt: skip
        return FaultPlan(transport, rules, seed=seed, clock=LoopClock())

    run = run_seed(seed, wrap=faulty)
    assert not run.findings, run.report()


def test_it_is_put_to_the_test() -> None:
    """Every fault happens, requests arrive late, calls end in every way, and the wild world stands it."""
    run = run_seed(1, weather=wild(1))
    assert not run.findings, run.report()
    seldom = {name: run.counts[name] for name in (*FAULTS, "late") if run.counts[name] < 3}
    assert not seldom
    told = [line.split(": ")[-1].split() for line in run.lines if " told " in line]
    assert {words[0] for words in told} == {"done", "refused", "ambiguous"}
    errors = {words[1] for words in told if len(words) == 2}
    assert errors >= {"cancelled", "AmbiguousWrite", "ConditionFailed", "TransactionCanceled", "DeadlineExceeded"}


# ── the same again ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_seed_repeats_itself_byte_for_byte() -> None:
    one, other = (run_seed(3) for _ in range(2))
    assert one.lines == other.lines
    assert one.digest == other.digest
    assert run_seed(4, weather=weather_of(3)).digest != one.digest


def test_a_seed_repeats_itself_in_another_process() -> None:
    """There, text hashes to something else, and so sets have another order."""
    seed = 5
    found = subprocess.run(
        [sys.executable, "-m", "tests.seeded.soak", "--seed", str(seed)],
        cwd=_ROOT, env=os.environ | {"PYTHONHASHSEED": "4711"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    run = run_seed(seed)
    assert found.stdout == f"seed {seed}: {len(run.lines)} events, 0 findings, digest {run.digest[:16]}\n"


def test_the_weather_is_that_of_the_seed() -> None:
    assert weather_of(7) == weather_of(7)
    assert len({repr(weather_of(seed)) for seed in range(20)}) == 20


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_soak_runs_seeds_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "2", "--first", "19"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("from seed 19 on\n2 seeds, ")
    assert said.endswith("0 seeds found something\n")


def test_soak_shows_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seed", "19", "--log"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert last.startswith(f"seed 19: {len(lines)} events, 0 findings")
