"""A server with a data folder under random load, killed with SIGKILL again and again, and what must be there each time.

Every worker has items and transactions of its own, one request at a time, so that it knows what must be stored: what
was acknowledged last, or what was asked for when the server died, and nothing in between. A transaction writes all
items of a group and counts in another one: all or nothing, and asked for again under its token it counts once. The
table's stream, read from its beginning, tells the same story: done again, it makes the very items that are stored, and
what was read of it before the server died is still there.

By hand: ``python -m tests.killing --rounds 100 --seed 1``.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Lock, Thread
from typing import Any

Wire = dict[str, Any]

WORKERS = 8
ITEMS_COUNT = 10
GROUP_COUNT = 5
TIMEOUT_S = 30.0
TABLE = {"name": "app", "indexes": {"by_value": "value:N"}, "stream": "NEW_AND_OLD_IMAGES"}
STREAM_OPERATIONS = frozenset({"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"})
#: complete, and of no key: it is not checked
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, "
    f"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature={'0' * 64}"
)


class Killed(Exception):
    """The server is gone."""


class Client:
    """One connection to the server."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)

    def call(self, operation: str, **request: Any) -> Wire:
        """The answer.

        Raises:
            Killed: there is none.
        """
        service = "DynamoDBStreams" if operation in STREAM_OPERATIONS else "DynamoDB"
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Date": "20260101T000000Z",
            "X-Amz-Target": f"{service}_20120810.{operation}",
            "Authorization": AUTHORIZATION,
        }
        try:
            self._connection.request("POST", "/", json.dumps(request), headers)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Killed from error
        assert response.status == 200, body
        answer: Wire = json.loads(body)
        return answer

    def close(self) -> None:
        self._connection.close()


class Server:
    """A ``hashrange serve --data`` of its own process."""

    def __init__(self, folder: Path) -> None:
        schema = folder / "schema.json"
        schema.write_text(json.dumps([TABLE]))
        command = [sys.executable, "-m", "hashrange", "serve", "--port", "0", "--tables", str(schema)]
        command += ["--data", str(folder / "data")]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+) ", line)
        assert found is not None, line + self._process.stdout.read()
        self.port = int(found[1])

    def kill(self) -> None:
        """End it as a power cut of the process would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()


@dataclass
class Worker:
    """What one worker knows.

    Attributes:
        acknowledged: sort key to value, of single items; of the group and its counter, what they must hold.
        unknown: what was asked for and not answered: sort key to value (None where the item was to go), and the token
            of a transaction.
    """

    name: str
    random: Random
    acknowledged: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int | None] = field(default_factory=dict)
    token: str | None = None
    requests: int = 0

    # ── load ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def step(self, client: Client) -> None:
        """Ask for one change."""
        self.requests += 1
        value, kind = self.requests, self.random.random()
        if kind < 0.3:
            self._transact(client, value)
            return
        sort = f"item-{self.random.randrange(ITEMS_COUNT)}"
        self.unknown = {sort: None if kind > 0.9 else value}
        key = {"PK": {"S": self.name}, "SK": {"S": sort}}
        if kind > 0.9:
            client.call("DeleteItem", TableName="app", Key=key)
        elif kind > 0.6:
            values = {":value": {"N": str(value)}}
            expression = "SET #value = :value"
            names = {"#value": "value"}
            client.call(
                "UpdateItem",
                TableName="app",
                Key=key,
                UpdateExpression=expression,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            )
        else:
            text = {"S": "x" * self.random.randrange(2000)}
            client.call("PutItem", TableName="app", Item={**key, "value": {"N": str(value)}, "text": text})
        self._settle()

    def _transact(self, client: Client, value: int) -> None:
        self.token = f"{self.name}-{value}"
        self.unknown = {f"group-{number}": value for number in range(GROUP_COUNT)}
        self.unknown["counter"] = self.acknowledged.get("counter", 0) + 1
        self.transact_again(client)

    def transact_again(self, client: Client) -> None:
        """Ask for the transaction under way, under its token."""
        value = self.unknown["group-0"]
        puts = [
            {"Put": {"TableName": "app", "Item": {**self._key(sort), "value": {"N": str(value)}}}}
            for sort in self.unknown
            if sort != "counter"
        ]
        count = {
            "TableName": "app",
            "Key": self._key("counter"),
            "UpdateExpression": "ADD #value :one",
            "ExpressionAttributeNames": {"#value": "value"},
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        client.call("TransactWriteItems", TransactItems=[*puts, {"Update": count}], ClientRequestToken=self.token)
        self._settle()

    def _key(self, sort: str) -> Wire:
        return {"PK": {"S": self.name}, "SK": {"S": sort}}

    def _settle(self) -> None:
        """What was unknown is so."""
        for sort, value in self.unknown.items():
            if value is None:
                self.acknowledged.pop(sort, None)
            else:
                self.acknowledged[sort] = value
        self.unknown, self.token = {}, None

    # ── what must be there ───────────────────────────────────────────────────────────────────────────────────────────
    def check(self, client: Client) -> None:
        """See that what is stored is what was acknowledged, with all or nothing of what was not answered."""
        stored = self._stored(client)
        with_unknown = {sort: value for sort, value in (self.acknowledged | self.unknown).items() if value is not None}
        assert stored in (self.acknowledged, with_unknown), (self, stored)
        if self.token is not None:
            self.transact_again(client)
            assert self._stored(client) == self.acknowledged, (self, stored)
        else:
            self.acknowledged, self.unknown = stored, {}

    def _stored(self, client: Client) -> dict[str, int]:
        answer = client.call(
            "Query",
            TableName="app",
            KeyConditionExpression="PK = :me",
            ExpressionAttributeValues={":me": {"S": self.name}},
            ConsistentRead=True,
        )
        stored = {item["SK"]["S"]: int(item["value"]["N"]) for item in answer["Items"]}
        for value in set(stored.values()):  # the index tells the same
            answer = client.call(
                "Query",
                TableName="app",
                IndexName="by_value",
                KeyConditionExpression="#value = :value",
                ExpressionAttributeNames={"#value": "value"},
                ExpressionAttributeValues={":value": {"N": str(value)}},
            )
            found = {item["SK"]["S"] for item in answer["Items"] if item["PK"]["S"] == self.name}
            assert found == {sort for sort, one in stored.items() if one == value}
        return stored


@dataclass
class Reader:
    """Who has read the table's stream.

    Attributes:
        arn: the stream's.
        ids: of the records that were there when it was read last.
        iterator: what leads on from there.
    """

    arn: str = ""
    ids: list[str] = field(default_factory=list)
    iterator: str = ""

    def check(self, client: Client) -> None:
        """See that the stream is the one it was, and its records make the items that are stored."""
        (stream,) = client.call("ListStreams")["Streams"]
        assert self.arn in ("", stream["StreamArn"])
        self.arn = stream["StreamArn"]
        before, following = self.iterator, []
        if before:
            following = client.call("GetRecords", ShardIterator=before)["Records"]
        records = self._records(client)
        ids = [record["eventID"] for record in records]
        assert ids[: len(self.ids)] == self.ids, "what was read is not what is there"
        assert records[len(self.ids) :][: len(following)] == following
        assert not before or bool(following) == (len(ids) > len(self.ids))
        self.ids = ids
        made: dict[str, Wire] = {}
        for record in records:
            change = record["dynamodb"]
            key = json.dumps(change["Keys"], sort_keys=True)
            assert change.get("OldImage") == made.pop(key, None), record
            if "NewImage" in change:
                made[key] = change["NewImage"]
        stored = [item for page in _pages(client, "Scan", TableName="app") for item in page["Items"]]
        assert len(stored) == len(made)
        for item in stored:
            assert made[json.dumps({"PK": item["PK"], "SK": item["SK"]}, sort_keys=True)] == item

    def _records(self, client: Client) -> list[Wire]:
        """All there are, oldest first."""
        found: list[Wire] = []
        for shard in client.call("DescribeStream", StreamArn=self.arn)["StreamDescription"]["Shards"]:
            place = {"StreamArn": self.arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = client.call("GetShardIterator", **place)["ShardIterator"]
            while iterator is not None:
                answer = client.call("GetRecords", ShardIterator=iterator)
                found += answer["Records"]
                self.iterator = answer.get("NextShardIterator", "")
                iterator = answer.get("NextShardIterator") if answer["Records"] else None
        numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in found]
        assert numbers == sorted(set(numbers))
        return found


def _pages(client: Client, operation: str, **request: Any) -> Iterator[Wire]:
    start: Wire = {}
    while True:
        answer = client.call(operation, **request, **start)
        yield answer
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def load_until_killed(server: Server, workers: list[Worker], requests: int) -> None:
    """Let all workers ask, and kill the server when so many requests were answered."""
    answered, lock, enough = [0], Lock(), Event()
    failures: list[BaseException] = []

    def work(worker: Worker) -> None:
        client = Client(server.port)
        try:
            with suppress(Killed):
                while True:
                    worker.step(client)
                    with lock:
                        answered[0] += 1
                        if answered[0] >= requests:
                            enough.set()
        except BaseException as error:
            failures.append(error)
            enough.set()
        finally:
            client.close()

    threads = [Thread(target=work, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    enough.wait(TIMEOUT_S)
    server.kill()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def run(folder: Path, rounds: int, seed: int, requests_max: int) -> int:
    """Load, kill and check so many times; how many requests there were."""
    random = Random(seed)
    workers = [Worker(f"worker-{number}", Random(f"{seed}/{number}")) for number in range(WORKERS)]
    reader = Reader()
    for _ in range(rounds):
        server = Server(folder)
        load_until_killed(server, workers, random.randrange(1, requests_max))
        server = Server(folder)
        client = Client(server.port)
        try:
            reader.check(client)
            for worker in workers:
                worker.check(client)
            reader.check(client)
        finally:
            client.close()
            server.kill()
    return sum(worker.requests for worker in workers)


def main() -> None:
    parser = argparse.ArgumentParser(prog="killing", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--requests-max", type=int, default=2000, help="before a server is killed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hashrange-killing-") as folder:
        requests = run(Path(folder), options.rounds, options.seed, options.requests_max)
    print(f"{options.rounds} servers killed, {requests:,} requests: nothing lost, nothing half")


if __name__ == "__main__":
    main()
