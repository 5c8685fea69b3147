"""DescribeStream: what a stream is, and its shards with their parents, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...limits import STREAMS_PAGE_MAX_COUNT
from .. import stream_messages
from ..errors import validation
from ..shapes import required, string, structure
from ..state.shard import Shard
from ..state.stream import StreamLog
from .named_stream import check_stream_arn, stream_of
from .stream_shapes import LIMIT, SHARD_ID, STREAM_ARN

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure(
    "DescribeStreamInput",
    StreamArn=required(STREAM_ARN),
    Limit=LIMIT,
    ExclusiveStartShardId=SHARD_ID,
    ShardFilter=structure("ShardFilter", Type=string(enum=("CHILD_SHARDS",)), ShardId=SHARD_ID),
)


def validate(request: dict[str, Any]) -> dict[str, Any]:
    check_stream_arn(request["StreamArn"])
    if request.get("Limit", 0) > STREAMS_PAGE_MAX_COUNT:
        raise validation(stream_messages.too_many_shards(STREAMS_PAGE_MAX_COUNT))
    shard_filter = request.get("ShardFilter")
    if shard_filter is not None and len(shard_filter) < 2:
        raise validation(stream_messages.SHARD_FILTER_INCOMPLETE)
    return request


def apply(prepared: dict[str, Any], engine: Engine) -> dict[str, Any]:
    log = stream_of(prepared["StreamArn"], engine)
    start: str | None = prepared.get("ExclusiveStartShardId")
    parent: str | None = prepared.get("ShardFilter", {}).get("ShardId")
    found = [
        shard
        for shard in log.shards
        if (start is None or shard.shard_id > start) and (parent is None or shard.parent_id == parent)
    ]
    page = found[: prepared.get("Limit", STREAMS_PAGE_MAX_COUNT)]
    description = {
        "StreamArn": log.arn,
        "StreamLabel": log.label,
        "StreamStatus": log.status,
        "StreamViewType": log.view_type,
        "CreationRequestDateTime": round(log.created_at, 3),
        "TableName": log.table_name,
        "KeySchema": [{"AttributeName": name, "KeyType": role} for name, role in log.keys],
        "Shards": [_described(log, shard) for shard in page],
    }
    if len(page) < len(found):
        description["LastEvaluatedShardId"] = page[-1].shard_id
    return {"StreamDescription": description}


def _described(log: StreamLog, shard: Shard) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": log.sequence_number(shard.start)}
    if shard.end is not None:
        numbers["EndingSequenceNumber"] = log.sequence_number(shard.end)
    parent = {} if shard.parent_id is None else {"ParentShardId": shard.parent_id}
    return {"ShardId": shard.shard_id, "SequenceNumberRange": numbers, **parent}
