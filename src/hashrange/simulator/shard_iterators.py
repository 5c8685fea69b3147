"""Shard iterators: a place in a shard as text that others hand back, and what is refused of it.

An iterator names its stream, and holds the rest under a seal that only this engine can make: one that was changed, made
up, or given out for another stream is no iterator. Must not know operations.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

import msgspec
from msgspec import Struct

from ..limits import SHARD_ITERATOR_MAX_AGE_SECONDS
from . import stream_messages
from .errors import ApiError, validation
from .state.shard import Shard
from .state.stream import StreamLog, Streams

_ITERATOR: Final = re.compile(r"(?P<arn>arn:[^|]+)\|1\|(?P<sealed>[A-Za-z0-9+/]+={0,2})", re.ASCII)
_SEAL_BYTES: Final = 16


class _Place(Struct, frozen=True, array_like=True):
    """What an iterator says: the shard, the number of the next record, and when it was made (epoch seconds)."""

    shard_id: str
    number: int
    made_at: float


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Place).decode


def shard_iterator(log: StreamLog, shard: Shard, number: int, now: float) -> str:
    """The iterator that reads from a record on; the number of the next one at a shard's end."""
    place = _encode(_Place(shard.shard_id, number, now))
    return f"{log.arn}|1|{b64encode(_seal(log, place) + place).decode()}"


def _seal(log: StreamLog, place: bytes) -> bytes:
    return blake2b(place, digest_size=_SEAL_BYTES, key=log.secret).digest()


def located(iterator: str, streams: Streams, now: float) -> tuple[StreamLog, Shard, int]:
    """Where an iterator leads to: the stream, the shard, and the number of the next record.

    Raises:
        ApiError: ValidationException, it is none; ResourceNotFoundException, its stream or shard is not there;
            ExpiredIteratorException; TrimmedDataAccessException.
    """
    found = _ITERATOR.fullmatch(iterator)
    if found is None:
        raise validation(stream_messages.ITERATOR_INVALID)
    log = streams.get(found["arn"])
    if log is None:
        raise ApiError("ResourceNotFoundException", stream_messages.stream_not_found(found["arn"]))
    place = _opened(log, found["sealed"])
    if now - place.made_at > SHARD_ITERATOR_MAX_AGE_SECONDS:
        raise ApiError("ExpiredIteratorException", stream_messages.ITERATOR_EXPIRED)
    shards = log.shards
    shard = next((shard for shard in shards if shard.shard_id == place.shard_id), None)
    if shard is None:
        if shards and place.number > shards[0].start:  # the engine was put back to a moment before it
            raise ApiError("ResourceNotFoundException", stream_messages.SHARD_OF_ITERATOR_NOT_FOUND)
        raise ApiError("TrimmedDataAccessException", stream_messages.TRIMMED)
    if place.number < shard.oldest:
        raise ApiError("TrimmedDataAccessException", stream_messages.TRIMMED)
    if place.number > shard.next:
        raise validation(stream_messages.ITERATOR_INVALID)
    return log, shard, place.number


def _opened(log: StreamLog, sealed: str) -> _Place:
    """What is under the seal."""
    try:
        both = b64decode(sealed, validate=True)
    except (Base64Error, ValueError):
        raise validation(stream_messages.ITERATOR_INVALID) from None
    seal, place = both[:_SEAL_BYTES], both[_SEAL_BYTES:]
    if not compare_digest(seal, _seal(log, place)):
        raise validation(stream_messages.ITERATOR_INVALID)
    return _decode(place)
