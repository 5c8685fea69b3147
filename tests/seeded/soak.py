"""``make soak``: worlds of one seed after the other, for minutes or hours; or one seed again, with all that happened.

python -m tests.seeded.soak [--minutes 6 | --seeds 1000] [--first 0]
python -m tests.seeded.soak --seed 123 [--log]
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from random import SystemRandom

from .runs import Run, run_seed

_DEFAULT_MINUTES = 6.0
_SEEDS_RANGE = 10**9
_REPORTS_MAX = 3
_PROGRESS_SECONDS = 15.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 1 where a seed found something."""
    parser = argparse.ArgumentParser(prog="python -m tests.seeded.soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, help="this seed only")
    parser.add_argument("--log", action="store_true", help="print everything that happens")
    parser.add_argument("--minutes", type=float, help=f"how long (default: {_DEFAULT_MINUTES:g})")
    parser.add_argument("--seeds", type=int, help="how many, instead of how long")
    parser.add_argument("--first", type=int, help="the first seed (default: a random one)")
    given = parser.parse_args(arguments)
    if given.seed is not None:
        return _one(given.seed, log=given.log)
    first = SystemRandom().randrange(_SEEDS_RANGE) if given.first is None else given.first
    return _many(first, given.seeds, given.minutes)


def _one(seed: int, *, log: bool) -> int:
    run = run_seed(seed)
    if log:
        print("\n".join(run.lines))
    if run.findings:
        print(run.report())
    print(f"seed {seed}: {len(run.lines)} events, {len(run.findings)} findings, digest {run.digest[:16]}")
    return 1 if run.findings else 0


def _many(first: int, seeds: int | None, minutes: float | None) -> int:
    print(f"from seed {first} on")
    until = None if seeds is not None and minutes is None else _now() + 60.0 * (minutes or _DEFAULT_MINUTES)
    failed: list[Run] = []
    totals: Counter[str] = Counter()
    told = _now()
    done = 0
    for run in _runs(first, seeds, until):
        done += 1
        totals += run.counts
        if run.findings:
            if len(failed) < _REPORTS_MAX:
                print(run.report(), flush=True)
            failed.append(run)
        if _now() - told > _PROGRESS_SECONDS:
            told = _now()
            print(f"{done} seeds, {totals['call']:,} calls, {len(failed)} seeds found something", flush=True)
    print(f"{done} seeds, {totals['call']:,} calls, {totals['sent']:,} requests: {len(failed)} seeds found something")
    for run in failed:
        print(f"  make soak SEED={run.seed}")
    return 1 if failed else 0


def _runs(first: int, seeds: int | None, until: float | None) -> Iterator[Run]:
    for seed in count(first):
        if (seeds is not None and seed >= first + seeds) or (until is not None and _now() >= until):
            return
        yield run_seed(seed)


def _now() -> float:
    return time.monotonic()


if __name__ == "__main__":
    logging.getLogger("hashrange").setLevel(logging.ERROR)  # circuits open and close all the time
    sys.exit(main())
