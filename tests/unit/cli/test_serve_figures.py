"""``hashrange serve --metrics-port``: the simulator's own figures, scraped from a real process."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hashrange.client import DynamoDB
from hashrange.config import Config
from hashrange.errors import DynamoDBError
from hashrange.simulator.figures import Figures

COMMAND = [sys.executable, "-m", "hashrange", "serve", "--port", "0", "--metrics-port"]


@contextmanager
def serving() -> Iterator[tuple[str, str]]:
    """The addresses of the figures and of the simulator."""
    process = subprocess.Popen([*COMMAND, "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        figures, simulator = (re.findall(r"http://\S+", line)[0] for line in lines)
        assert lines[0].startswith("Its figures for Prometheus are at ")
        yield figures, simulator
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0


def scraped(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as found:
        return str(found.read().decode())


async def test_requests_are_counted_by_operation_and_status() -> None:
    with serving() as (figures, simulator):
        async with DynamoDB(Config.local(int(simulator.rsplit(":", 1)[1]))) as db:
            await db.call("ListTables")
            await db.call("ListTables")
            with pytest.raises(DynamoDBError):
                await db.call("DescribeTable", {"TableName": "nothing"})
            with pytest.raises(DynamoDBError):
                await db.call("NoSuchOperation")
        text = await asyncio.to_thread(scraped, figures)
    assert 'dynamodb_simulator_requests_total{operation="ListTables",status="200"} 2.0\n' in text
    assert 'dynamodb_simulator_requests_total{operation="DescribeTable",status="400"} 1.0\n' in text
    assert 'dynamodb_simulator_requests_total{operation="unknown",status="400"} 1.0\n' in text
    assert 'dynamodb_simulator_request_duration_seconds_count{operation="ListTables"} 2.0\n' in text


def test_a_port_in_use_is_said() -> None:
    with serving() as (figures, _):
        port = figures.split(":")[2].partition("/")[0]
        done = subprocess.run([*COMMAND, port], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert f"port {port}: it is in use (--metrics-port 0 takes a free one)" in done.stderr


def test_a_missing_extra_is_named() -> None:
    program = "import sys; sys.modules['prometheus_client'] = None\nfrom hashrange.cli.main import main\n"
    program += "sys.exit(main(['serve', '--port', '0', '--metrics-port', '0']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "pip install 'hashrange[prometheus]'" in done.stderr


def test_figures() -> None:
    figures = Figures()
    figures.add("GetItem", 200, 0.0003)
    figures.add("GetItem", 400, 2.0)
    figures.add("", 400, 0.0)
    assert figures.requests == {("GetItem", 200): 1, ("GetItem", 400): 1, ("unknown", 400): 1}
    reads = figures.durations["GetItem"]
    assert (sum(reads.counts), reads.counts[2], reads.counts[-1], reads.seconds) == (2, 1, 1, 2.0003)
    assert repr(figures) == "<Figures of 3 requests>"
