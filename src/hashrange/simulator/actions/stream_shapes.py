"""The members that several operations on streams have, with the constraints of the service's model."""

from __future__ import annotations

from typing import Final

from ..shapes import integer, string

STREAM_ARN: Final = string(37, 1024)
SHARD_ID: Final = string(28, 65)
SHARD_ITERATOR: Final = string(1, 2048)
SEQUENCE_NUMBER: Final = string(21, 40)
LIMIT: Final = integer(1)
