"""The stream that a request is about: found by its ARN, or refused in the service's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .. import stream_messages
from ..errors import ApiError, validation
from ..state.stream import StreamLog

if TYPE_CHECKING:
    from ..engine import Engine

_STREAM_ARN: Final = re.compile(r"arn:[a-z-]+:dynamodb:[^:/]+:[^:/]*:table/[^/]+/stream/[^/]+")


def check_stream_arn(arn: str) -> None:
    """Refuse what can be no stream's ARN.

    Raises:
        ApiError: ValidationException.
    """
    if not _STREAM_ARN.fullmatch(arn):
        raise validation(stream_messages.STREAM_ARN_INVALID)


def stream_of(arn: str, engine: Engine) -> StreamLog:
    """The stream of an ARN.

    Raises:
        ApiError: ResourceNotFoundException.
    """
    log = engine.catalog.streams.get(arn)
    if log is None:
        raise ApiError("ResourceNotFoundException", stream_messages.stream_not_found(arn))
    return log
