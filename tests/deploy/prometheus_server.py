"""A real Prometheus on this machine, for as long as a test lasts, and a registry that it scrapes.

Owns the process, its port and its folder; everything is waited for by what the process says or asks, never by time.
Must not know what is measured.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

SCRAPE_SECONDS: Final = 0.25
_PATIENCE_SECONDS: Final = 60.0
#: a free port can be taken by somebody else before Prometheus has it
_START_ATTEMPTS_MAX: Final = 3


class Visits(Collector):
    """Counts how often a registry was scraped, and lets others wait for it; a collector without metrics."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count, self._changed = 0, threading.Condition()
        registry.register(self)

    def describe(self) -> Iterator[Metric]:
        """Nothing: so a registry need not ask for the metrics when this is registered."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Nothing, and it was a visit."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()
        yield from ()

    def wait(self, more: int = 2) -> None:
        """Until there were so many more; with two, what was there when this was called has been stored."""
        with self._changed:
            wanted = self._count + more
            assert self._changed.wait_for(lambda: self._count >= wanted, _PATIENCE_SECONDS), (
                "Prometheus does not scrape"
            )


class Prometheus:
    """A Prometheus that runs."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1/"

    def ask(self, what: str, **parameters: str) -> Any:
        """The data of an answer of its HTTP API."""
        url = f"{self._url}{what}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=_PATIENCE_SECONDS) as answer:
            found = json.load(answer)
        assert found["status"] == "success", found
        return found["data"]

    def query(self, expression: str) -> dict[str, float]:
        """What an expression says now: its values by those of its labels, in the order of the labels' names."""
        found = self.ask("query", query=expression)
        assert found["resultType"] == "vector", expression
        return {
            " ".join(value for _, value in sorted(each["metric"].items())): float(each["value"][1])
            for each in found["result"]
        }


@contextmanager
def prometheus(configuration: dict[str, Any], folder: Path) -> Iterator[Prometheus]:
    """A Prometheus with this configuration, whose files are looked for in ``folder``; skips where there is none."""
    command = shutil.which("prometheus")
    if command is None:
        pytest.skip("prometheus is not installed (Debian: apt-get install prometheus)")
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    for attempt in range(_START_ATTEMPTS_MAX):
        port = _free_port()
        options = (
            f"--web.listen-address=127.0.0.1:{port}",
            "--config.file=prometheus.yml",
            f"--storage.tsdb.path=d{attempt}",
        )
        with subprocess.Popen([command, *options], cwd=folder, stderr=subprocess.PIPE, text=True) as process:
            said: list[str] = []
            ready = threading.Event()
            reader = threading.Thread(target=_read, args=(process, said, ready), daemon=True)
            reader.start()
            try:
                assert ready.wait(_PATIENCE_SECONDS), "Prometheus does not start"
                if process.poll() is None and any("Server is ready" in line for line in said):
                    yield Prometheus(port)
                    return
            finally:
                process.terminate()
                process.wait(_PATIENCE_SECONDS)
                reader.join()
        assert any("address already in use" in line for line in said), "".join(said)
    raise AssertionError("Prometheus found no free port")


def _read(process: subprocess.Popen[str], said: list[str], ready: threading.Event) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        said.append(line)
        if "Server is ready" in line:
            ready.set()
    ready.set()  # it ended


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
