"""The service's endpoint without its wire: a JSON body in, a status and a JSON body out.

Owns JSON, the first checks (SPEC'd order: JSON, operation, object, caller, empty body), and what an error looks like on
its way out. Used in process and by the HTTP server. Nothing that comes in here may get out as an exception.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import msgspec

from .actions import OPERATIONS, STREAM_OPERATIONS
from .engine import Engine
from .errors import ApiError

#: refuses a caller (an error of authentication), or lets it pass
Doorkeeper: TypeAlias = Callable[[], ApiError | None]
#: ``Engine.execute``, or what stands for it
Execute: TypeAlias = Callable[[str, dict[str, Any]], dict[str, Any] | None]

_KNOWN: Final = frozenset(OPERATIONS + STREAM_OPERATIONS)
_INT_DIGITS_MAX: Final = 18  # what JSON's longer numbers are, no member of a request can hold
_INT_HUGE: Final = 10**_INT_DIGITS_MAX
_FLOAT_HUGE: Final = 1e300

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_log = logging.getLogger(__name__)


def handle(
    engine: Engine,
    operation: str,
    body: bytes,
    doorkeeper: Doorkeeper | None = None,
    execute: Execute | None = None,
) -> tuple[int, bytes]:
    """Answer one request.

    Args:
        operation: the service's name of it, or anything else.
        body: JSON, UTF-8; or anything else.
        doorkeeper: asked at its place in the order of checks; None lets everybody in.
        execute: the engine's way of executing; None for the usual one.

    Returns:
        HTTP status and body.
    """
    try:
        payload = _admitted(operation, body, doorkeeper)
    except ApiError as error:
        return error.status, _encode(error.answer())
    status, answer = _executed(execute or engine.execute, operation, payload)
    engine.log.add(operation, body, status, answer, engine.clock.time())
    return status, answer


def _admitted(operation: str, body: bytes, doorkeeper: Doorkeeper | None) -> dict[str, Any]:
    """The payload, if there is something to execute."""
    payload = parse(body) if body else None
    if operation not in _KNOWN:
        raise ApiError("UnknownOperationException")
    if body and type(payload) is not dict:
        raise ApiError("SerializationException")
    if doorkeeper is not None and (refusal := doorkeeper()) is not None:
        raise refusal
    if payload is None:
        raise ApiError("SerializationException")
    return payload  # type: ignore[no-any-return]


def failed_answer() -> bytes:
    """The body of an answer with status 500."""
    return _encode(ApiError("InternalServerError", "Internal server error").answer())


def _executed(execute: Execute, operation: str, payload: dict[str, Any]) -> tuple[int, bytes]:
    try:
        answer = execute(operation, payload)
        return 200, b"" if answer is None else _encode(answer)
    except ApiError as error:
        return error.status, _encode(error.answer())
    except Exception:
        _log.exception("%s failed inside the simulator", operation)
        return 500, failed_answer()


def parse(body: bytes) -> Any:
    """The JSON in a body.

    Raises:
        ApiError: SerializationException: it is no JSON, no UTF-8, or nested too deeply.
    """
    try:
        try:
            return _decode(body)
        except msgspec.ValidationError:  # good JSON with a number that no machine type holds
            return _with_huge_numbers(body)
    except (ValueError, RecursionError):
        raise ApiError("SerializationException") from None


def _with_huge_numbers(body: bytes) -> Any:
    """The JSON with every number cut down to one that is still far outside of all limits."""
    found = json.loads(body, parse_int=_integer, parse_float=_decimal, parse_constant=_refuse_constant)
    _encode(found)  # refuses lone surrogates, as the fast way does
    return found


def _integer(text: str) -> int:
    if len(text) <= _INT_DIGITS_MAX:
        return int(text)
    return -_INT_HUGE if text.startswith("-") else _INT_HUGE


def _decimal(text: str) -> float:
    return max(-_FLOAT_HUGE, min(_FLOAT_HUGE, float(text)))


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON")
