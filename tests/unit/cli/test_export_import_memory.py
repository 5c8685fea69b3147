"""Export and import hold so many items at once, however many there are: peaks of the memory that Python allocates."""

from __future__ import annotations

import gc
import tracemalloc
from argparse import Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hashrange import DynamoDB, DynamoDBError
from hashrange.cli.command import CommandError
from hashrange.cli.export import export
from hashrange.cli.import_ import import_
from hashrange.wire.transport import Request, Response
from tests.fakes import client

FEW, MANY = 4_000, 20_000  # two windows of an import, and ten
PAGE_ITEMS = 1_000
ITEM_BYTES_MIN = 300
#: if every item stayed, the peak would grow by at least (MANY - FEW) * ITEM_BYTES_MIN = 5 MB
GROWTH_MAX_BYTES = 1_000_000
KEYS = [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}]
DESCRIPTION = {
    "Table": {
        "TableName": "app",
        "TableStatus": "ACTIVE",
        "KeySchema": KEYS,
        "AttributeDefinitions": [{"AttributeName": each["AttributeName"], "AttributeType": "S"} for each in KEYS],
    }
}


def item(number: int) -> dict[str, Any]:
    return {"PK": {"S": "p"}, "SK": {"S": f"{number:09}"}, "text": {"S": f"{number:09} " * 30}}


class Bottomless:
    """A table with so many items that keeps nothing: it makes what is read, and counts what is written."""

    def __init__(self, items: int) -> None:
        self._items = items
        self.written = 0

    async def send(self, request: Request) -> Response:
        asked = msgspec.json.decode(request.body)
        answer: dict[str, Any] = {}
        if request.operation == "DescribeTable":
            answer = DESCRIPTION
        elif request.operation == "Scan":
            begin = int(asked["ExclusiveStartKey"]["SK"]["S"]) + 1 if "ExclusiveStartKey" in asked else 0
            end = min(begin + PAGE_ITEMS, self._items)
            answer = {"Items": [item(number) for number in range(begin, end)], "Count": end - begin}
            answer["ScannedCount"] = end - begin
            if end < self._items:
                answer["LastEvaluatedKey"] = {"PK": {"S": "p"}, "SK": {"S": f"{end - 1:09}"}}
        elif request.operation == "BatchWriteItem":
            self.written += len(asked["RequestItems"]["app"])
        return Response(200, msgspec.json.encode(answer))

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return False

    async def close(self) -> None:
        return None


Command = Callable[[DynamoDB, Namespace], Awaitable[int]]


async def peak(command: Command, table: Bottomless, path: Path) -> int:
    """Bytes that the command had allocated at most, beyond what was there before."""
    options = Namespace(table="app", file=path, segments=None, restart=False, json=False, concurrency=4)
    db = client(table)
    gc.collect()
    tracemalloc.start()
    try:
        assert await command(db, options) == 0
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_an_export_is_flat(tmp_path: Path) -> None:
    await peak(export, Bottomless(PAGE_ITEMS), tmp_path / "first")  # what is loaded and cached once
    few = await peak(export, Bottomless(FEW), tmp_path / "few")
    many = await peak(export, Bottomless(MANY), tmp_path / "many")
    with (tmp_path / "many").open("rb") as file:
        assert sum(1 for _ in file) == MANY
    assert (tmp_path / "few").stat().st_size >= FEW * ITEM_BYTES_MIN
    assert many - few < GROWTH_MAX_BYTES, (few, many)


@pytest.mark.parametrize("broken_every", [None, 10], ids=["good", "with broken lines"])
async def test_an_import_is_flat(broken_every: int | None, tmp_path: Path) -> None:
    def written(name: str, items: int) -> Path:
        with (tmp_path / name).open("wb") as file:
            for number in range(items):
                is_broken = broken_every is not None and number % broken_every == 0
                file.write(b"junk\n" if is_broken else msgspec.json.encode(item(number)) + b"\n")
        return tmp_path / name

    async def tolerant(db: DynamoDB, options: Namespace) -> int:
        if broken_every is None:
            return await import_(db, options)
        with pytest.raises(CommandError, match="could not be imported"):
            await import_(db, options)
        return 0

    await peak(tolerant, Bottomless(0), written("first", PAGE_ITEMS))
    few = await peak(tolerant, Bottomless(0), written("few", FEW))
    table = Bottomless(0)
    many = await peak(tolerant, table, written("many", MANY))
    assert table.written == (MANY if broken_every is None else MANY - MANY // broken_every)
    assert many - few < GROWTH_MAX_BYTES, (few, many)
