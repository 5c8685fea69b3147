"""A private MariaDB: on a free port of loopback, in a temporary folder, gone with the process that started it.

It runs as whoever starts it, with a user ``root`` without a password. However the starting process ends, the server
ends with it: a watcher waits for the end of a pipe. Needs MariaDB's programs, and PyMySQL to see that it answers.

    with mariadb.running() as port: ...
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

START_SECONDS_MAX = 60.0
POLL_SECONDS = 0.05
#: where Debian and others keep servers, which are not in everybody's PATH
_MORE_FOLDERS = "/usr/sbin:/usr/local/sbin:/usr/libexec"
#: ends the server when the pipe on its standard input ends: that is, when the process that started it is gone
_WATCHER = """
import subprocess, sys
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
sys.stdin.read()
server.kill()
server.wait()
"""


class Unavailable(Exception):
    """MariaDB cannot be had here; the message says what to do."""


def tool(*names: str) -> str:
    """The path of a program, the first of these names that is installed.

    Raises:
        Unavailable: none is.
    """
    for name in names:
        found = shutil.which(name) or shutil.which(name, path=_MORE_FOLDERS)
        if found is not None:
            return found
    raise Unavailable(f"{names[0]} is not installed (Debian: apt-get install mariadb-server)")


@contextlib.contextmanager
def running() -> Iterator[int]:
    """A server for as long as the block lasts; gives its port.

    Raises:
        Unavailable: MariaDB is not installed, or does not start.
    """
    server, install = tool("mariadbd", "mysqld"), tool("mariadb-install-db", "mysql_install_db")
    folder = Path(tempfile.mkdtemp(prefix="hashrange-mariadb-"))
    data = folder / "data"
    user = [f"--user={getpass.getuser()}"] if os.geteuid() == 0 else []
    try:
        subprocess.run(
            [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
             "--skip-test-db", *user],
            check=True, capture_output=True, timeout=START_SECONDS_MAX,
        )  # fmt: skip
        port = _free_port()
        command = [
            server, "--no-defaults", f"--datadir={data}", f"--socket={folder / 'socket'}", f"--port={port}",
            "--bind-address=127.0.0.1", f"--pid-file={folder / 'pid'}", f"--log-error={folder / 'errors'}",
            "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", "--skip-log-bin",
            "--performance-schema=OFF", "--max-allowed-packet=64M", *user,
        ]  # fmt: skip
        with subprocess.Popen([sys.executable, "-c", _WATCHER, *command], stdin=subprocess.PIPE) as watcher:
            try:
                _wait_until_ready(port, folder / "errors", watcher)
                yield port
            finally:
                assert watcher.stdin is not None
                watcher.stdin.close()
                watcher.wait(timeout=START_SECONDS_MAX)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(port: int, errors: Path, watcher: subprocess.Popen[bytes]) -> None:
    import pymysql

    deadline = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            pymysql.connect(host="127.0.0.1", port=port, user="root").close()
        except pymysql.err.OperationalError:
            if watcher.poll() is not None or time.monotonic() > deadline:
                said = errors.read_text(errors="replace")[-2_000:] if errors.exists() else "nothing"
                raise Unavailable(f"MariaDB does not start; it says: {said}") from None
            time.sleep(POLL_SECONDS)
        else:
            return
