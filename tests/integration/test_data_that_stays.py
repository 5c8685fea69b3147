"""``hashrange serve --data`` as a process: killed under load, refused folders, answers that wait for the disk."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hashrange.simulator import DiskEngine, Server
from tests import killing
from tests.full_disk import files_up_to
from tests.integration.test_server_http import encode
from tests.loops import on_each_loop

PATIENCE_S = 20.0


def put(key: str, text: str = "") -> bytes:
    return encode("PutItem", {"TableName": "app", "Item": {"PK": {"S": key}, "SK": {"S": "s"}, "text": {"S": text}}})


def get(key: str) -> bytes:
    return encode("GetItem", {"TableName": "app", "Key": {"PK": {"S": key}, "SK": {"S": "s"}}})


async def answers(reader: asyncio.StreamReader, count: int) -> list[tuple[int, Any]]:
    """Status and body of the next answers."""
    found = []
    for _ in range(count):
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
        length = re.search(rb"Content-Length: (\d+)", head)
        assert length is not None, head
        body = await asyncio.wait_for(reader.readexactly(int(length[1])), PATIENCE_S)
        found.append((int(head.split(b" ")[1]), msgspec.json.decode(body)))
    return found


@pytest.mark.timeout(120)
def test_nothing_is_lost_no_transaction_half_and_every_write_recorded_when_it_is_killed(tmp_path: Path) -> None:
    assert killing.run(tmp_path, rounds=3, seed=20, requests_max=300) > 3


def serve(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hashrange", "serve", "--port", "0", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def test_a_folder_in_use_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, region="eu-west-1"):
        found = serve("--data", str(tmp_path))
    assert found.returncode == 1
    assert found.stderr.startswith(f"hashrange: error: {tmp_path} is in use (stop the other")
    found = serve("--data", str(tmp_path), "--region", "us-east-1")
    assert found.returncode == 1
    assert "of region eu-west-1, not us-east-1 (give that region" in found.stderr


@on_each_loop
async def test_answers_to_pipelined_requests_come_in_their_order(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, ["app"]) as engine:
        async with Server(engine) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(get("a") + put("a", "1") + get("a") + put("a", "2") + get("a") + get("b"))
            found = await answers(reader, 6)
            assert [status for status, _ in found] == [200] * 6
            texts = [body.get("Item", {}).get("text", {}).get("S") for _, body in found]
            assert texts == [None, None, "1", None, "2", None]
            writer.close()


@on_each_loop
async def test_what_is_no_request_is_refused_after_the_answer_before_it(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, ["app"]) as engine:
        async with Server(engine) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(put("a", "1") + b"Bonjour\r\n\r\n")
            received = await asyncio.wait_for(reader.read(), PATIENCE_S)
            assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"200", b"400"]
            writer.close()


@on_each_loop
@pytest.mark.parametrize("ending", ["Connection: close", "eof", "stop"])
async def test_no_answer_is_lost_when_a_connection_ends(tmp_path: Path, ending: str) -> None:
    with DiskEngine(tmp_path, ["app"]) as engine:
        async with Server(engine) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            if ending == "Connection: close":
                item = {"PK": {"S": "a"}, "SK": {"S": "s"}}
                writer.write(encode("PutItem", {"TableName": "app", "Item": item}, ending))
            else:
                writer.write(put("a"))
            if ending == "eof":
                writer.write_eof()
            elif ending == "stop":
                await writer.drain()
                await server.stop()
            received = await asyncio.wait_for(reader.read() if ending != "eof" else reader.read(100), PATIENCE_S)
            assert received.startswith(b"HTTP/1.1 200")
            writer.close()


@on_each_loop
async def test_on_a_full_disk_all_who_wait_are_told_and_nothing_has_happened(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, ["app"]) as engine:
        async with Server(engine) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(put("a", "1") + get("a"))
            await answers(reader, 2)
            with files_up_to(128 * 1024):
                many = [put(f"k{number}", "x" * 9_000) for number in range(20)]
                writer.write(b"".join(many) + get("k1"))
                found = await answers(reader, 21)
                statuses = {status for status, _ in found}
                assert 500 in statuses
                assert {body["__type"].split("#")[1] for status, body in found if status == 500} == {
                    "InternalServerError"
                }
                for number, (status, _) in enumerate(found[:20]):
                    writer.write(get(f"k{number}"))
                    ((got, body),) = await answers(reader, 1)
                    assert (got, "Item" in body) == (200, status == 200)
            writer.write(put("b") + get("b"))
            assert [status for status, _ in await answers(reader, 2)] == [200, 200]
            writer.close()
