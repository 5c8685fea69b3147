"""Whose work a call is: the entity, the repository's operation, and the request that it belongs to.

``correlated`` names a request, ``operation`` stands around each operation of a repository; both are context variables.
``CorrelationFilter`` writes them into every record of hashrange's logger, so that a call to DynamoDB can be found by
the order that it was made for. Holds names only: no key, no value of a row. Must not know repositories.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from msgspec import Struct

from ...clock import Clock
from ...errors import ConditionalCheckError, DynamoDBError, ValidationError
from ..errors import MigrationError

_LOG: Final = logging.getLogger("hashrange")


class Operation(Struct, frozen=True):
    """An operation of a repository that is under way.

    Attributes:
        entity: the entity's name.
        repository: the repository's.
        name: the method's.
    """

    entity: str
    repository: str
    name: str


_CURRENT: Final[ContextVar[Operation | None]] = ContextVar("hashrange_repository_operation", default=None)
_CORRELATION: Final[ContextVar[str | None]] = ContextVar("hashrange_correlation_id", default=None)


def correlation_id() -> str | None:
    """The id that ``correlated`` gave."""
    return _CORRELATION.get()


@contextmanager
def correlated(id: str) -> Iterator[None]:
    """Everything inside belongs to this request: its records have ``correlation_id``, also in tasks started inside."""
    token = _CORRELATION.set(id)
    try:
        yield
    finally:
        _CORRELATION.reset(token)


@contextmanager
def operation(what: Operation, clock: Clock) -> Iterator[None]:
    """An operation: named while it goes on, logged at its end with its duration; a failure of DynamoDB as a warning."""
    token = _CURRENT.set(what)
    begun = clock.monotonic()
    error: BaseException | None = None
    try:
        yield
    except BaseException as raised:
        error = raised
        raise
    finally:
        level = _level(error)
        if _LOG.isEnabledFor(level):
            extra = {
                "elapsed": clock.monotonic() - begun,
                "error_type": None if error is None else type(error).__name__,
            }
            said = "" if error is None else f" failed: {extra['error_type']}"
            _LOG.log(level, "%s.%s%s", what.repository, what.name, said, extra=extra)
        _CURRENT.reset(token)


def _level(error: BaseException | None) -> int:
    """INFO for answers that the caller asked for (a condition that does not hold, a refusal, its own cancellation)."""
    if error is None:
        return logging.DEBUG
    asked_for = not isinstance(error, DynamoDBError) or isinstance(
        error, (ConditionalCheckError, ValidationError, MigrationError)
    )
    return logging.INFO if asked_for else logging.WARNING


class CorrelationFilter(logging.Filter):
    """Writes ``entity``, ``repository``, ``repository_operation`` and ``correlation_id`` into records; drops none."""

    def filter(self, record: logging.LogRecord) -> bool:
        now = _CURRENT.get()
        record.entity = None if now is None else now.entity
        record.repository = None if now is None else now.repository
        record.repository_operation = None if now is None else now.name
        record.correlation_id = _CORRELATION.get()
        return True


def install_filter() -> None:
    """Put the filter onto hashrange's logger, once."""
    if not any(isinstance(one, CorrelationFilter) for one in _LOG.filters):
        _LOG.addFilter(CorrelationFilter())
