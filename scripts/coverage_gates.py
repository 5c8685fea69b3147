"""Branch coverage of the parts that must have more than the whole: judged at the end of a test run, or from its report.

As a pytest plugin (``-p scripts.coverage_gates --cov-report=json:FILE``) it adds a table before the closing line and
fails the run that falls short; ``python scripts/coverage_gates.py FILE`` does the same with a report that is there.
The whole is coverage's own ``fail_under``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

REPORT = Path(".cache", "coverage.json")


@dataclass(frozen=True)
class Gate:
    """What a part of the package must reach: percent of its lines and branches."""

    name: str
    files: str
    percent_min: float


GATES = (
    Gate("error mapping", "src/hashrange/errors.py", 100.0),
    Gate("key serialization", "src/hashrange/key.py", 100.0),
    Gate("batch chunking", "src/hashrange/operations/batch.py", 100.0),
    Gate("expressions", "src/hashrange/expressions/*.py", 95.0),
    Gate("configuration", "src/hashrange/config.py", 90.0),
    Gate("retry", "src/hashrange/resilience/*.py", 90.0),
)


@dataclass(frozen=True)
class Result:
    gate: Gate
    percent: float
    missing: tuple[str, ...]

    @property
    def is_short(self) -> bool:
        return self.percent < self.gate.percent_min

    def __str__(self) -> str:
        verdict = "SHORT" if self.is_short else "ok"
        line = f"{verdict:5} {self.gate.name:20} {self.percent:6.2f} % of at least {self.gate.percent_min:g} %"
        return "\n".join([line, *(f"      {text}" for text in self.missing if self.is_short)])


def judge(report: Mapping[str, Any], gates: tuple[Gate, ...] = GATES) -> Iterator[Result]:
    """Hold coverage's JSON report against the gates. A gate whose files are not in the report is not reached."""
    for gate in gates:
        files = {path: data for path, data in report["files"].items() if fnmatch(path, gate.files)}
        totals = [data["summary"] for data in files.values()]
        all_of = sum(total["num_statements"] + total["num_branches"] for total in totals)
        covered = sum(total["covered_lines"] + total["covered_branches"] for total in totals)
        missing = [
            f"{path}: lines {data['missing_lines']}, branches {data['missing_branches']}"
            for path, data in files.items()
            if data["missing_lines"] or data["missing_branches"]
        ]
        percent = 100.0 * covered / all_of if all_of else 100.0 if files else 0.0
        yield Result(gate, percent, tuple(missing or [] if files else [f"no file is like {gate.files}"]))


# ── as a pytest plugin; its hooks run in pytest's own process, after pytest-cov has written the report ───────────────
def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        REPORT.unlink(missing_ok=True)  # an old report would be judged where pytest ended before it wrote one


def pytest_sessionfinish(session: pytest.Session) -> None:
    is_worker = hasattr(session.config, "workerinput")
    if not is_worker and session.exitstatus == 0 and any(result.is_short for result in results_of(REPORT)):
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    results = results_of(REPORT)
    if results:
        terminalreporter.section("coverage gates")
    for result in results:
        terminalreporter.write_line(str(result), red=result.is_short)


def results_of(report: Path) -> list[Result]:
    return list(judge(json.loads(report.read_text()))) if report.exists() else []


def main(arguments: list[str]) -> int:
    report = Path(arguments[0]) if arguments else REPORT
    results = results_of(report)
    if not results:
        print(f"there is no report {report}: run `make test` first", file=sys.stderr)
    print(*results, sep="\n")
    return int(not results or any(result.is_short for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
