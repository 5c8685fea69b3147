"""GetRecords: the records of a shard from an iterator on, and the iterator that goes on behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Raw

from ...limits import STREAM_RECORDS_MAX_BYTES, STREAM_RECORDS_MAX_COUNT
from .. import stream_messages
from ..errors import validation
from ..shapes import required, structure
from ..shard_iterators import located, shard_iterator
from ..state.shard import StreamEntry
from ..state.stream import StreamLog
from .stream_shapes import LIMIT, SHARD_ITERATOR

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure("GetRecordsInput", ShardIterator=required(SHARD_ITERATOR), Limit=LIMIT)

_TIME_TO_LIVE: Final = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}


def validate(request: dict[str, Any]) -> dict[str, Any]:
    if request.get("Limit", 0) > STREAM_RECORDS_MAX_COUNT:
        raise validation(stream_messages.too_many_records(STREAM_RECORDS_MAX_COUNT))
    return request


def apply(prepared: dict[str, Any], engine: Engine) -> dict[str, Any]:
    now = engine.clock.time()
    log, shard, number = located(prepared["ShardIterator"], engine.catalog.streams, now)
    entries = _page(shard.read(number, prepared.get("Limit", STREAM_RECORDS_MAX_COUNT)))
    behind = number + len(entries)
    records = [_record(log, each, entry, engine.region) for each, entry in enumerate(entries, number)]
    answer: dict[str, Any] = {"Records": records}
    if shard.end is None or behind < shard.next:  # a closed shard comes to an end
        answer["NextShardIterator"] = shard_iterator(log, shard, behind, now)
    return answer


def _page(entries: list[StreamEntry]) -> list[StreamEntry]:
    """As many as an answer holds; at least one."""
    size = 0
    for at, entry in enumerate(entries):
        size += entry.size
        if size > STREAM_RECORDS_MAX_BYTES and at > 0:
            return entries[:at]
    return entries


def _record(log: StreamLog, number: int, entry: StreamEntry, region: str) -> dict[str, Any]:
    change: dict[str, Any] = {"ApproximateCreationDateTime": int(entry.time), "Keys": Raw(entry.keys)}
    if entry.new is not None:
        change["NewImage"] = Raw(entry.new)
    if entry.old is not None:
        change["OldImage"] = Raw(entry.old)
    change["SequenceNumber"] = log.sequence_number(number)
    change["SizeBytes"] = entry.size
    change["StreamViewType"] = log.view_type
    record = {
        "eventID": log.event_id(number),
        "eventName": entry.name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": region,
        "dynamodb": change,
    }
    return {**record, "userIdentity": _TIME_TO_LIVE} if entry.expired else record
