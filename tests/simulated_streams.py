"""A world for tests of streams: an engine with one table whose stream is on, a clock, and readers of shards.

Records come as JSON would show them. ``Poller`` reads a stream as Lambda does: every shard, parents before children.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, TypeAlias

import msgspec

from hashrange.simulator.engine import Engine
from hashrange.simulator.errors import ApiError
from tests.fakes import FakeClock
from tests.simulated_items import item

TABLE = "events"
HOUR = 3600.0
DAY = 24 * HOUR
SHARD_HOURS = 4
BOTH = "NEW_AND_OLD_IMAGES"

Wire: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[str, Wire], Wire]


class Streamed:
    """An engine with the table ``events`` (pk and sk), whose stream has this view type; None for no stream."""

    def __init__(self, view_type: str | None = BOTH, *, seed: int = 7, **settings: Any) -> None:
        self.clock = FakeClock()
        self.engine = Engine(clock=self.clock, randomness=Random(seed), **settings)
        self.create(view_type=view_type)

    def __call__(self, operation: str, /, **request: Any) -> Wire:
        """The answer of one operation."""
        answer = self.engine.execute(operation, request)
        return msgspec.json.decode(msgspec.json.encode(answer))  # type: ignore[no-any-return]

    def refused(self, operation: str, /, **request: Any) -> tuple[str, str]:
        """Name and message of the error of one operation."""
        try:
            self.engine.execute(operation, request)
        except ApiError as error:
            return error.name, str(error.message)
        raise AssertionError(f"{operation} was not refused")

    # ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def create(self, name: str = TABLE, view_type: str | None = BOTH) -> str | None:
        """Create a table; its stream's ARN."""
        stream = {"StreamEnabled": view_type is not None}
        if view_type is not None:
            stream["StreamViewType"] = view_type  # type: ignore[assignment]
        self(
            "CreateTable",
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification=stream,
        )
        arn: str | None = self.described(name).get("LatestStreamArn")
        return arn

    def described(self, name: str = TABLE) -> Wire:
        found: Wire = self("DescribeTable", TableName=name)["Table"]
        return found

    def switch(self, view_type: str | None, name: str = TABLE) -> Wire:
        """Switch the stream on, or off; the table's description."""
        stream: Wire = {"StreamEnabled": view_type is not None}
        if view_type is not None:
            stream["StreamViewType"] = view_type
        found: Wire = self("UpdateTable", TableName=name, StreamSpecification=stream)["TableDescription"]
        return found

    @property
    def arn(self) -> str:
        """The table's latest stream."""
        return str(self.described()["LatestStreamArn"])

    def put(self, pk: str = "a", sk: str = "1", **attributes: Any) -> None:
        self("PutItem", TableName=TABLE, Item=item(pk=pk, sk=sk, **attributes))

    def delete(self, pk: str = "a", sk: str = "1") -> None:
        self("DeleteItem", TableName=TABLE, Key=item(pk=pk, sk=sk))

    # ── streams ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def stream(self, arn: str | None = None, **request: Any) -> Wire:
        found: Wire = self("DescribeStream", StreamArn=arn or self.arn, **request)["StreamDescription"]
        return found

    def shards(self, arn: str | None = None) -> list[Wire]:
        found: list[Wire] = self.stream(arn)["Shards"]
        return found

    def iterator(self, kind: str = "TRIM_HORIZON", shard: int = -1, arn: str | None = None, **request: Any) -> str:
        shard_id = self.shards(arn)[shard]["ShardId"]
        found = self("GetShardIterator", StreamArn=arn or self.arn, ShardId=shard_id, ShardIteratorType=kind, **request)
        return str(found["ShardIterator"])

    def records(self, arn: str | None = None) -> list[Wire]:
        """All records of a stream, whatever shard they are in."""
        return Poller(lambda operation, request: self(operation, **request), arn or self.arn).poll()

    def events(self, arn: str | None = None) -> list[str]:
        """What records say: ``INSERT a 1``."""
        return [shown(record) for record in self.records(arn)]


def shown(record: Wire) -> str:
    key = record["dynamodb"]["Keys"]
    return f"{record['eventName']} {key['pk']['S']} {key['sk']['S']}"


def sequence_numbers(records: list[Wire]) -> list[int]:
    return [int(record["dynamodb"]["SequenceNumber"]) for record in records]


class Poller:
    """Reads a stream on and on, as Lambda does: every shard from its beginning, and none before its parent is done.

    Between two polls it keeps the last sequence number of every shard: iterators expire.

    Args:
        ask: answers an operation on streams.
        arn: the stream.
        limit: of every GetRecords and DescribeStream; None for the service's own.
    """

    def __init__(self, ask: Ask, arn: str, limit: int | None = None) -> None:
        self._ask, self._arn = ask, arn
        self._limit = {} if limit is None else {"Limit": limit}
        self._read_until: dict[str, str] = {}
        self._done: set[str] = set()
        self.asked = 0

    def poll(self) -> list[Wire]:
        """What has been added since the last call."""
        records = []
        progress = True
        while progress:
            progress = False
            shards = self._shards()
            known = {shard["ShardId"] for shard in shards}
            for shard in shards:
                shard_id, parent = shard["ShardId"], shard.get("ParentShardId")
                if shard_id in self._done or (parent in known and parent not in self._done):
                    continue
                records += self._read(shard_id)
                progress = progress or shard_id in self._done
        return records

    def _shards(self) -> list[Wire]:
        """All shards of all pages."""
        found: list[Wire] = []
        start: Wire = {}
        while True:
            page = self._ask("DescribeStream", {"StreamArn": self._arn, **self._limit, **start})["StreamDescription"]
            found += page["Shards"]
            if "LastEvaluatedShardId" not in page:
                return found
            start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}

    def _read(self, shard_id: str) -> list[Wire]:
        """A shard's records up to its end, or to where nothing more has come yet."""
        place: Wire = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard_id in self._read_until:
            place = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._read_until[shard_id]}
        answer = self._ask("GetShardIterator", {"StreamArn": self._arn, "ShardId": shard_id, **place})
        iterator: str | None = answer["ShardIterator"]
        records: list[Wire] = []
        while True:
            answer = self._ask("GetRecords", {"ShardIterator": iterator, **self._limit})
            self.asked += 1
            records += answer["Records"]
            if records:
                self._read_until[shard_id] = records[-1]["dynamodb"]["SequenceNumber"]
            iterator = answer.get("NextShardIterator")
            if iterator is None:
                self._done.add(shard_id)
                return records
            if not answer["Records"]:
                return records
