"""A transport that serves the shards of one key, each as an ``ItemCollection``, and counts what is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from hashrange.patterns.sharding import Sharded, ShardedKey
from hashrange.types import WireItem
from hashrange.wire.transport import Request, Response
from tests.fakes import ItemCollection, answer, client

KEY = ShardedKey("FEED", shards=3)


def item(shard: int, sort: dict[str, str], n: int = 0, key: ShardedKey = KEY) -> WireItem:
    return {"PK": {"S": key.key(shard)}, "SK": sort, "n": {"N": str(n)}}


def text(value: str) -> dict[str, str]:
    return {"S": value}


class Shards:
    """Serves queries over the shards of a key.

    Args:
        shards: the items of each shard, in the order in which the service has them.
        options: those of ``ItemCollection``.

    Attributes:
        under_way, most_under_way: requests that are not answered.
        gate: answers wait for it.
        broken: requests of this partition fail with that answer.
    """

    def __init__(self, shards: Sequence[Sequence[WireItem]], key: ShardedKey = KEY, **options: Any) -> None:
        self.collections = {key.key(number): ItemCollection(items, **options) for number, items in enumerate(shards)}
        self.under_way = self.most_under_way = 0
        self.gate: asyncio.Event | None = None
        self.broken: dict[str, Response] = {}

    @property
    def requests(self) -> int:
        return sum(len(shard.payloads) for shard in self.collections.values())

    @property
    def answered(self) -> int:
        return sum(shard.answered for shard in self.collections.values())

    async def send(self, request: Request) -> Response:
        payload = msgspec.json.decode(request.body)
        values = [value.get("S") for value in payload["ExpressionAttributeValues"].values()]
        (partition,) = [value for value in values if value in self.collections]
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        shard = self.collections[partition]
        shard.payloads.append(payload)
        try:
            await asyncio.sleep(0)
            if self.gate is not None:
                await self.gate.wait()
        finally:
            self.under_way -= 1
        if partition in self.broken:
            return self.broken[partition]
        shard.answered += 1
        return answer(shard.page(payload))

    def repair(self, error: Exception, response: Response) -> bool:
        return False

    async def close(self) -> None:
        return None


def sharded(transport: Any, **config: Any) -> Sharded[dict[str, Any]]:
    return Sharded(client(transport, **config).table("app"))
