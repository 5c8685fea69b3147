"""A DynamoDB that costs nothing: nginx with two canned answers.

It reads no item, checks no signature and keeps every connection, so what a client costs against it is the client. One
worker process, pinned to one core, on two loopback ports: plain and TLS with a certificate made for the run. It answers
GetItem with the sample item and anything else with ``{}``, with the headers that the service sends and a right crc32.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sample import WIRE_ITEM

START_S_MAX = 5.0
PRIORITY = -10  # nice value of stub and client; needs root
HOST = "127.0.0.1"
GET_ITEM = json.dumps({"Item": WIRE_ITEM}, separators=(",", ":"))
OTHERS = "{}"

CONFIG = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; multi_accept on; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_header_buffer_size 8k;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    default_type application/x-amz-json-1.0;
    map $http_x_amz_target $answer {{
        default '{others}';
        DynamoDB_20120810.GetItem '{get_item}';
    }}
    map $http_x_amz_target $crc {{
        default {others_crc};
        DynamoDB_20120810.GetItem {get_item_crc};
    }}
    server {{
        listen {host}:{port};
        listen {host}:{tls_port} ssl;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.pem;
        ssl_protocols TLSv1.2 TLSv1.3;
        location = /stub {{ stub_status; }}
        location / {{
            add_header x-amzn-RequestId OH4PJ2ETJCJG1QJP8CJRF5GJ3JVV4KQNSO5AEMVJF66Q9ASUAAJG;
            add_header x-amz-crc32 $crc;
            return 200 $answer;
        }}
    }}
}}
"""


class StubMissing(Exception):
    """nginx is not there, or did not start; the text says what to do."""


@dataclass(frozen=True)
class Stub:
    """A running stub.

    Attributes:
        pid: its process, the one that answers.
        port, tls_port: where it listens on 127.0.0.1.
        ca: the certificate to trust, a PEM file.
    """

    pid: int
    port: int
    tls_port: int
    ca: Path

    def url(self, transport: str) -> str:
        """The endpoint for ``plain`` or ``tls``."""
        return f"https://{HOST}:{self.tls_port}" if transport == "tls" else f"http://{HOST}:{self.port}"


def settle(pid: int, core: int | None) -> None:
    """Pin a process to a core and put it before other work, as far as the system lets us.

    On a machine with other work, a stub that has to wait for its core is what a cheap client measures. Linux weighs
    sessions first and processes within them second, so the process should lead a session of its own.

    Args:
        pid: the process.
        core: the CPU that it may use; None for any.
    """
    if core is not None:
        os.sched_setaffinity(pid, {core})
    with contextlib.suppress(OSError):  # not root
        os.setpriority(os.PRIO_PROCESS, pid, PRIORITY)
    with contextlib.suppress(OSError):  # not root, or a system that does not weigh sessions
        Path(f"/proc/{pid}/autogroup").write_text(str(PRIORITY), encoding="ascii")


def nginx_path() -> str:
    """Where nginx is; installed from Debian's packages when it is missing and we are root.

    Raises:
        StubMissing: it is not there and cannot be installed by us.
    """
    path = shutil.which("nginx", path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")
    if path is None and os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "nginx-light"]):
            subprocess.run(["apt-get", "--quiet", *command], env=environment, check=False, stdout=subprocess.DEVNULL)
        path = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if path is None:
        raise StubMissing("the stub needs nginx: `apt-get install nginx-light` (or brew, dnf, apk), then run again")
    return path


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in sockets]


def _certificate(folder: Path) -> Path:
    import trustme  # here, because only the environment of the benchmarks has it

    authority = trustme.CA()
    server = authority.issue_cert(HOST, "localhost")
    server.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return folder / "ca.pem"


def _configuration(folder: Path, port: int, tls_port: int) -> str:
    return CONFIG.format(
        folder=folder,
        host=HOST,
        port=port,
        tls_port=tls_port,
        get_item=GET_ITEM,
        get_item_crc=zlib.crc32(GET_ITEM.encode()),
        others=OTHERS,
        others_crc=zlib.crc32(OTHERS.encode()),
    )


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            accepted(port)
            return
        time.sleep(0.02)
    raise StubMissing("nginx did not start; its own message is above")


def accepted(port: int) -> int:
    """How many connections the stub has accepted since it started, this question's own included."""
    connection = http.client.HTTPConnection(HOST, port, timeout=START_S_MAX)
    try:
        connection.request("GET", "/stub")
        lines = connection.getresponse().read().decode().splitlines()
    finally:
        connection.close()
    return int(lines[2].split()[0])


@contextlib.contextmanager
def running(core: int | None) -> Iterator[Stub]:
    """A stub for the length of the block.

    Args:
        core: the CPU that it may use; None for any.

    Raises:
        StubMissing: nginx is missing or does not start.
    """
    binary = nginx_path()
    with tempfile.TemporaryDirectory(prefix="hashrange-bench-") as name:
        folder = Path(name)
        port, tls_port = _free_ports(2)
        ca = _certificate(folder)
        config = folder / "nginx.conf"
        config.write_text(_configuration(folder, port, tls_port), encoding="utf-8")
        command = [binary, "-p", name, "-c", str(config), "-e", str(folder / "error.log")]
        process = subprocess.Popen(command, start_new_session=True)
        try:
            settle(process.pid, core)
            _wait_until_it_answers(process, port)
            yield Stub(process.pid, port, tls_port, ca)
        finally:
            process.terminate()
            process.wait()
