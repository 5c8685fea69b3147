"""One server under load: the table and items that are measured, the requests, and wrk, which sends them.

Every server gets the same bytes: a thousand keys in turn, items as in ``sample``, headers as an SDK sends them. wrk
counts and times; what it did not get with status 200 makes the figure void.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.sample import ACCESS_KEY, REGION, TABLE, WIRE_ITEM
from benchmarks.servers import Running, ServerMissing
from benchmarks.stub import HOST, settle

CONNECTIONS = 16
KEYS_COUNT = 1000
COLLECTIONS_COUNT = 100
COLLECTION_ITEMS = 10
BATCH_ITEMS_MAX = 25
OPERATIONS = ("GetItem", "PutItem", "UpdateItem", "Query")
TABLE_ACTIVE_S_MAX = 30.0
#: complete, and of no key: none of the servers checks it
AUTHORIZATION = (
    f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20260101/{REGION}/dynamodb/aws4_request, "
    f"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature={'0' * 64}"
)
CREATE_TABLE: dict[str, Any] = {
    "TableName": TABLE,
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
    "BillingMode": "PAY_PER_REQUEST",
}
SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-amz-json-1.0"
wrk.headers["X-Amz-Date"] = "20260101T000000Z"
wrk.headers["X-Amz-Target"] = "DynamoDB_20120810.%(operation)s"
wrk.headers["Authorization"] = "%(authorization)s"
local requests, last = {}, 0
init = function()
  for body in io.lines("%(bodies)s") do requests[#requests + 1] = wrk.format(nil, "/", nil, body) end
end
request = function()
  last = last %% #requests + 1
  return requests[last]
end
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("\\n=%%d %%d %%d %%.3f %%.3f\\n", summary.requests, summary.duration,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Sample:
    """What one operation gave in one round.

    Attributes:
        cpu_us: CPU microseconds of the server per request.
    """

    operation: str
    requests_per_s: float
    cpu_us: float
    p50_ms: float
    p99_ms: float


class LoadFailed(Exception):
    """A server did not answer as it must; its figure would mean nothing."""


# ── the requests ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _key(number: int) -> dict[str, Any]:
    return {"PK": {"S": f"USER#{number:06}"}, "SK": {"S": "PROFILE"}}


def _request(operation: str, number: int) -> dict[str, Any]:
    if operation == "GetItem":
        return {"TableName": TABLE, "Key": _key(number)}
    if operation == "PutItem":
        return {"TableName": TABLE, "Item": {**WIRE_ITEM, **_key(number)}}
    if operation == "UpdateItem":
        return {
            "TableName": TABLE,
            "Key": _key(number),
            "UpdateExpression": "SET #n = :n ADD visits :one",
            "ExpressionAttributeNames": {"#n": "name"},
            "ExpressionAttributeValues": {":n": {"S": "Ada King"}, ":one": {"N": "1"}},
        }
    return {
        "TableName": TABLE,
        "KeyConditionExpression": "PK = :pk",
        "ExpressionAttributeValues": {":pk": {"S": f"LIST#{number % COLLECTIONS_COUNT:03}"}},
    }


def items() -> Iterable[dict[str, Any]]:
    """What the table holds before anything is measured."""
    for number in range(KEYS_COUNT):
        yield {**WIRE_ITEM, **_key(number)}
    for collection in range(COLLECTIONS_COUNT):
        for number in range(COLLECTION_ITEMS):
            yield {**WIRE_ITEM, "PK": {"S": f"LIST#{collection:03}"}, "SK": {"S": f"ENTRY#{number:03}"}}


class Caller:
    """Calls one server, one request at a time."""

    def __init__(self, server: Running) -> None:
        self._connection = http.client.HTTPConnection(HOST, server.port, timeout=60.0)

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The answer.

        Raises:
            LoadFailed: the server refused.
        """
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Date": "20260101T000000Z",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Authorization": AUTHORIZATION,
        }
        self._connection.request("POST", "/", json.dumps(request), headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise LoadFailed(f"{operation}: {response.status} {body.decode(errors='replace')}")
        answer: dict[str, Any] = json.loads(body or b"{}")
        return answer

    def close(self) -> None:
        self._connection.close()


def put_all(caller: Caller, rows: Iterable[dict[str, Any]]) -> None:
    """Write items, in batches as large as they may be."""
    batch: list[dict[str, Any]] = []
    for item in rows:
        batch.append({"PutRequest": {"Item": item}})
        if len(batch) == BATCH_ITEMS_MAX:
            caller.call("BatchWriteItem", {"RequestItems": {TABLE: batch}})
            batch = []
    if batch:
        caller.call("BatchWriteItem", {"RequestItems": {TABLE: batch}})


def prepare(server: Running) -> None:
    """Create the table, fill it, and see that each operation gives what it must.

    Raises:
        LoadFailed: it does not.
    """
    caller = Caller(server)
    create_table(caller)
    put_all(caller, items())
    email = WIRE_ITEM["email"]
    for operation in OPERATIONS:
        answer = caller.call(operation, _request(operation, 1))
        if operation == "GetItem" and answer.get("Item", {}).get("email") != email:
            raise LoadFailed(f"GetItem gave {answer}")
        if operation == "Query" and [one["email"] for one in answer.get("Items", [])] != [email] * COLLECTION_ITEMS:
            raise LoadFailed(f"Query gave {answer}")
    caller.close()


def create_table(caller: Caller) -> None:
    """Create the table, and wait until it can be used."""
    caller.call("CreateTable", CREATE_TABLE)
    deadline = time.monotonic() + TABLE_ACTIVE_S_MAX
    while caller.call("DescribeTable", {"TableName": TABLE})["Table"]["TableStatus"] != "ACTIVE":
        if time.monotonic() > deadline:
            raise LoadFailed("the table does not become ACTIVE")
        time.sleep(0.05)


# ── wrk ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def wrk_path() -> str:
    """Where wrk is; installed from Debian's packages when it is missing and we are root.

    Raises:
        ServerMissing: it is not there and cannot be installed by us.
    """
    path = shutil.which("wrk")
    if path is None and os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "wrk"]):
            subprocess.run(["apt-get", "--quiet", *command], env=variables, check=False, stdout=subprocess.DEVNULL)
        path = shutil.which("wrk")
    if path is None:
        raise ServerMissing("the load comes from wrk: `apt-get install wrk` (or brew, dnf), then run again")
    return path


def measure(server: Running, operation: str, seconds: float, warm_up: float, core: int | None) -> Sample:
    """Send one operation for a while.

    Args:
        core: the CPU for wrk; None for any.

    Raises:
        LoadFailed: not every answer was good.
    """
    with tempfile.TemporaryDirectory(prefix="hashrange-wrk-") as name:
        bodies, script = Path(name, "bodies"), Path(name, "load.lua")
        requests = (_request(operation, number) for number in range(KEYS_COUNT))
        bodies.write_text("".join(json.dumps(one, separators=(",", ":")) + "\n" for one in requests), encoding="utf-8")
        names = {"operation": operation, "authorization": AUTHORIZATION, "bodies": bodies}
        script.write_text(SCRIPT % names, encoding="utf-8")
        if warm_up:
            _wrk(server, script, warm_up, core, lambda: 0.0)
        return _wrk(server, script, seconds, core, server.cpu_s, operation)


def _wrk(
    server: Running, script: Path, seconds: float, core: int | None, cpu_s: Callable[[], float], operation: str = ""
) -> Sample:
    command = [wrk_path(), "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout", "20s"]
    before = cpu_s()
    process = subprocess.Popen(
        [*command, "-s", str(script), server.url], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    settle(process.pid, core)
    output, _ = process.communicate()
    cpu = cpu_s() - before
    line = next((line for line in output.splitlines() if line.startswith("=")), None)
    if process.returncode or line is None:
        raise LoadFailed(f"wrk ended with {process.returncode}: {output}")
    requests, duration_us, errors, p50_us, p99_us = map(float, line[1:].split())
    if errors or not requests:
        raise LoadFailed(f"{operation or 'warm-up'}: {errors:.0f} of {requests:.0f} requests failed")
    return Sample(operation, requests / duration_us * 1e6, cpu / requests * 1e6, p50_us / 1e3, p99_us / 1e3)
