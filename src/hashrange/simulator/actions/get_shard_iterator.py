"""GetShardIterator: a place in a shard, to read from there on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .. import stream_messages
from ..errors import ApiError, validation
from ..shapes import double, required, string, structure
from ..shard_iterators import shard_iterator
from ..state.shard import Shard
from ..state.stream import StreamLog
from .named_stream import check_stream_arn, stream_of
from .stream_shapes import SEQUENCE_NUMBER, SHARD_ID, STREAM_ARN

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure(
    "GetShardIteratorInput",
    StreamArn=required(STREAM_ARN),
    ShardId=required(SHARD_ID),
    ShardIteratorType=required(string()),
    SequenceNumber=SEQUENCE_NUMBER,
    Timestamp=double(),
)

_BY_NUMBER: Final = frozenset({"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"})
_TYPES: Final = _BY_NUMBER | {"TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"}


def validate(request: dict[str, Any]) -> dict[str, Any]:
    kind, number = request["ShardIteratorType"], request.get("SequenceNumber")
    check_stream_arn(request["StreamArn"])
    if kind not in _TYPES:
        raise validation(stream_messages.ITERATOR_TYPE_INVALID)
    if kind in _BY_NUMBER:
        if number is None or not (number.isascii() and number.isdigit()):
            raise validation(stream_messages.SEQUENCE_NUMBER_INVALID)
    elif number is not None:
        raise validation(stream_messages.SEQUENCE_NUMBER_NOT_WANTED)
    if (kind == "AT_TIMESTAMP") != ("Timestamp" in request):
        missing = kind == "AT_TIMESTAMP"
        raise validation(stream_messages.TIMESTAMP_MISSING if missing else stream_messages.TIMESTAMP_NOT_WANTED)
    return request


def apply(prepared: dict[str, Any], engine: Engine) -> dict[str, Any]:
    log = stream_of(prepared["StreamArn"], engine)
    shard = log.shard(prepared["ShardId"])
    if shard is None:
        raise ApiError("ResourceNotFoundException", stream_messages.SHARD_NOT_FOUND)
    now = engine.clock.time()
    return {"ShardIterator": shard_iterator(log, shard, _number(prepared, log, shard, now), now)}


def _number(prepared: dict[str, Any], log: StreamLog, shard: Shard, now: float) -> int:
    """The number of the record to begin with."""
    match prepared["ShardIteratorType"]:
        case "TRIM_HORIZON":
            return shard.oldest
        case "LATEST":
            return shard.next
        case "AT_TIMESTAMP":
            if prepared["Timestamp"] > now:
                raise validation(stream_messages.TIMESTAMP_IN_FUTURE)
            return shard.at_time(prepared["Timestamp"])
        case kind:
            return _number_of(int(prepared["SequenceNumber"]), log, shard, after=kind == "AFTER_SEQUENCE_NUMBER")


def _number_of(sequence_number: int, log: StreamLog, shard: Shard, *, after: bool) -> int:
    number = log.number_at(sequence_number)
    last = shard.next if shard.end is None else shard.end
    if not shard.start <= number <= last:
        raise validation(stream_messages.SEQUENCE_NUMBER_OF_OTHER_SHARD)
    if number < shard.oldest:
        raise ApiError("TrimmedDataAccessException", stream_messages.TRIMMED)
    is_exact = log.sequence_number(number) == str(sequence_number)
    return min(number + 1 if after and is_exact else number, shard.next)
