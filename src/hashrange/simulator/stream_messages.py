"""The service's texts about streams, their shards and iterators.

Where nobody has recorded the service's own, those of DynamoDB Local, which is made by the same people.
"""

from __future__ import annotations

from typing import Final

_INVALID: Final = "One or more parameter values were invalid: "

STREAM_ARN_INVALID: Final = "Invalid StreamArn"
SHARD_NOT_FOUND: Final = "Requested resource not found: Shard does not exist"
SHARD_OF_ITERATOR_NOT_FOUND: Final = "Invalid ShardId in ShardIterator"
TRIMMED: Final = "The data you are trying to access has been trimmed"
ITERATOR_INVALID: Final = "Invalid ShardIterator"
#: Local says nothing at all; the service's text is not recorded anywhere
ITERATOR_EXPIRED: Final = "The shard iterator has expired: it is valid for 15 minutes"
ITERATOR_TYPE_INVALID: Final = "Invalid ShardIteratorType."
SEQUENCE_NUMBER_INVALID: Final = _INVALID + "Invalid SequenceNumber"
SEQUENCE_NUMBER_OF_OTHER_SHARD: Final = "Invalid SequenceNumber for the shard"
SEQUENCE_NUMBER_NOT_WANTED: Final = _INVALID + "SequenceNumber should not be passed for this iterator type"
#: the service's texts for these are not recorded; the documentation says that it refuses such requests
TIMESTAMP_MISSING: Final = _INVALID + "Timestamp must be passed for the AT_TIMESTAMP iterator type"
TIMESTAMP_NOT_WANTED: Final = _INVALID + "Timestamp should not be passed for this iterator type"
TIMESTAMP_IN_FUTURE: Final = _INVALID + "Timestamp should not be in the future"
SHARD_FILTER_INCOMPLETE: Final = _INVALID + "ShardFilter needs both Type and ShardId"


def stream_not_found(arn: str) -> str:
    return f"Requested resource not found: Stream: {arn} not found"


def too_many_records(most: int) -> str:
    return f"{_INVALID}Limit should be less than or equal to {most}"


def too_many_shards(most: int) -> str:
    return f"{_INVALID}Limit cannot be greater than the maximum: {most}"


def too_many_streams(most: int) -> str:
    return f"{_INVALID}Limit cannot be greater than the maximum allowed size: {most}"
