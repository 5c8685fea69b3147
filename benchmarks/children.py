"""Where a benchmark's parts run: a core for each side, and processes of their own that take a job and give figures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from benchmarks import environment
from benchmarks.servers import ServerMissing

PROCESS_S_MAX = 3_600.0


def cores() -> tuple[int | None, int | None]:
    """One core for what serves and one for what asks, where there are two and the system can pin."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else (None, None)


def figures_of(module: str, job: dict[str, Any], what: str) -> Any:
    """What a module prints as JSON that is run in a process of its own, with a job on its standard input.

    Raises:
        ServerMissing: it failed; the message is the last line of its complaint.
    """
    process = subprocess.run(
        [sys.executable, "-m", module],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        timeout=PROCESS_S_MAX,
        cwd=environment.ROOT,
        start_new_session=True,
        check=False,
    )
    if process.returncode:
        raise ServerMissing(f"{what} failed: {(process.stderr.strip().splitlines() or ['no message'])[-1]}")
    return json.loads(process.stdout)
