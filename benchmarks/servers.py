"""The simulators under measurement, as one table: how each is had, started, found to answer, and stopped for sure.

Each runs as its documentation says, in memory, without logging, in a session of its own with everything that it starts;
so CPU time and memory are those of the session. DynamoDB Local comes by ``scripts/dynamodb_local.py``, dynalite from
npm into ``.cache/bench``, moto with the other peers. Must not know what is measured.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import environment, report
from benchmarks.stub import HOST, settle
from scripts import dynamodb_local

START_S_MAX = 90.0
STOP_S_MAX = 10.0
INSTALL_S_MAX = 300.0
DYNALITE_VERSION = "4.0.0"
DYNALITE_HOME = environment.ROOT / ".cache" / "bench" / f"dynalite-{DYNALITE_VERSION}"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

#: Java's own defaults and a larger heap: those of the test suite start fast and run slowly
LOCAL = """
import signal, sys
from scripts.dynamodb_local import DynamoDBLocal
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with DynamoDBLocal(int(sys.argv[1]), ("-Xmx3g",)):
    signal.pause()
"""
#: the loop of an installation without uvloop
ON_ASYNCIO = """
import sys
sys.modules["uvloop"] = None
from hashrange.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


class ServerMissing(Exception):
    """A server cannot be had here, or did not start; the text says what to do."""


@dataclass(frozen=True)
class Running:
    """A server that answers.

    Attributes:
        pid: leader of the session in which all of its processes are.
    """

    pid: int
    port: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def cpu_s(self) -> float:
        """CPU time of all processes of the session, those that ended not included."""
        return sum(int(fields[11]) + int(fields[12]) for fields in _session(self.pid)) / TICKS_PER_S

    def memory_bytes(self) -> int:
        """Resident memory of all processes of the session."""
        return sum(int(fields[21]) for fields in _session(self.pid)) * PAGE_BYTES


def _session(leader: int) -> Iterator[list[str]]:
    """The fields of /proc/PID/stat from the third on, of all processes of a session; none where there is no /proc."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()
            if int(fields[3]) == leader:
                yield fields


@dataclass(frozen=True)
class Server:
    """A row of the table.

    Attributes:
        group: the peer it stands for; of several in a group the best one counts.
        command: what starts it on a port.
        version: of what runs, as it stands in the report.
    """

    group: str
    command: Callable[[int], Sequence[str]]
    version: Callable[[], str]


# ── how each is had ──────────────────────────────────────────────────────────────────────────────────────────────────
def _tool(name: str, advice: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ServerMissing(f"{name} is not installed: {advice}")
    return path


def _dynalite(port: int) -> Sequence[str]:
    node = _tool("node", "install Node.js with npm (Debian: apt-get install nodejs npm)")
    script = DYNALITE_HOME / "node_modules" / "dynalite" / "cli.js"
    if not script.is_file():
        _install_dynalite()
    return [node, str(script), "--host", HOST, "--port", str(port), "--createTableMs", "0"]


def _install_dynalite() -> None:
    npm = _tool("npm", "install Node.js with npm (Debian: apt-get install nodejs npm)")
    print(f"installing dynalite {DYNALITE_VERSION} (once)", file=sys.stderr)
    DYNALITE_HOME.parent.mkdir(parents=True, exist_ok=True)
    # beside its final place, so that the last step is a rename: it is there whole, or not at all
    with tempfile.TemporaryDirectory(dir=DYNALITE_HOME.parent, prefix=".dynalite-") as work:
        target = Path(work, "installed")
        command = [npm, "install", "--prefix", str(target), f"dynalite@{DYNALITE_VERSION}", "--cache", f"{work}/cache"]
        command += ["--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        target.mkdir()
        try:
            subprocess.run(command, check=True, timeout=INSTALL_S_MAX, cwd=work)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise ServerMissing(f"dynalite could not be installed: {error}") from None
        with contextlib.suppress(OSError):  # somebody else was faster
            target.rename(DYNALITE_HOME)


def _local(port: int) -> Sequence[str]:
    try:
        dynamodb_local.tool("java")
        dynamodb_local.fetch()
    except dynamodb_local.Unavailable as error:
        raise ServerMissing(str(error)) from None
    return [sys.executable, "-c", LOCAL, str(port)]


def _version_of(distribution: str) -> Callable[[], str]:
    return lambda: report.versions([distribution])[distribution]


def _serve(port: int) -> list[str]:
    return ["serve", "--host", HOST, "--port", str(port)]


SERVERS: dict[str, Server] = {
    "hashrange (uvloop)": Server(
        "hashrange", lambda port: [sys.executable, "-m", "hashrange", *_serve(port)], _version_of("hashrange")
    ),
    "hashrange (asyncio)": Server(
        "hashrange", lambda port: [sys.executable, "-c", ON_ASYNCIO, *_serve(port)], _version_of("hashrange")
    ),
    "dynalite": Server("dynalite", _dynalite, lambda: DYNALITE_VERSION),
    "DynamoDB Local": Server("DynamoDB Local", _local, lambda: dynamodb_local.VERSION),
    "moto": Server(
        "moto",
        lambda port: [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)],
        _version_of("moto"),
    ),
}


# ── how it is run ────────────────────────────────────────────────────────────────────────────────────────────────────
def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_it_answers(name: str, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection(HOST, port, timeout=5.0)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        connection.close()
        time.sleep(0.05)
    words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["it printed nothing"]
    raise ServerMissing(f"{name} did not start: {words[-1]}")


@contextlib.contextmanager
def running(name: str, core: int | None = None) -> Iterator[Running]:
    """A server for the length of the block.

    Args:
        core: the CPU that it may use; None for any.

    Raises:
        ServerMissing: it cannot be had, or does not start.
    """
    port = _free_port()
    command = SERVERS[name].command(port)
    with tempfile.TemporaryDirectory(prefix="hashrange-bench-") as folder:
        log = Path(folder, "log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=environment.ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=_environment(),
            )
        try:
            settle(process.pid, core)
            _wait_until_it_answers(name, process, port, log)
            yield Running(process.pid, port)
        finally:
            _stop(process)


def _environment() -> dict[str, str]:
    """No AWS settings and proxies of this machine, and moto without a line of log for every request."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    return {name: value for name, value in kept.items() if not name.upper().startswith(("AWS_", "DYNAMODB_", "MOTO_"))}


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its own group: it leads a session
        process.wait()
