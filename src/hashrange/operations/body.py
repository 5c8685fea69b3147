"""The bytes of requests and answers: JSON, and what an answer that is none, or tells an error, means.

Must not know which operation it is, or what is done about an error.
"""

from __future__ import annotations

from typing import Any

import msgspec

from .. import limits
from ..errors import BadResponse, DynamoDBError, ValidationError, error_from_wire
from ..types import WireItem, WireObject
from ..wire.transport import Response
from .item import check_item_size

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def encode_body(payload: WireObject, item: WireItem | None = None) -> bytes:
    """A request as JSON.

    Args:
        payload: in wire shape.
        item: the item that it writes whole; refused where it is over 400 KB.

    Raises:
        ValidationError: it holds what JSON cannot carry, or is longer than the service takes.
        ItemTooLarge: the item is.
    """
    try:
        body = _encode(payload)
        if len(body) > limits.ITEM_SIZE_MAX_BYTES:
            _check_sizes(item, len(body))
    except (UnicodeEncodeError, TypeError) as error:
        path = unwritable_path(payload).encode("ascii", "backslashreplace").decode()
        raise ValidationError(
            f"{path or 'the request'}: it cannot be written as JSON: {error}",
            hint="text must be valid Unicode without lone surrogates; store other bytes as bytes",
        ) from None
    except RecursionError:
        raise ValidationError("the request holds itself, or is nested too deeply for JSON") from None
    return body


def unwritable_path(part: Any) -> str:
    """Where in a request JSON meets what it cannot carry: ``Item.name.S``, ``Item.tags.L[2].S``."""
    entries = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for step, inner in entries:
        try:
            _encode({step: inner} if isinstance(step, str) else inner)
        except (UnicodeEncodeError, TypeError):
            deeper = unwritable_path(inner)
            here = f"[{step}]" if isinstance(step, int) else str(step)
            return f"{here}{'.' if deeper and not deeper.startswith('[') else ''}{deeper}"
    return ""


def _check_sizes(item: WireItem | None, body_bytes: int) -> None:
    """JSON is never shorter than what it carries is for DynamoDB: a short body needs no count."""
    if item is not None:
        check_item_size(item)
    if body_bytes > limits.REQUEST_MAX_BYTES:
        raise ValidationError(
            f"the request has {body_bytes} bytes; DynamoDB takes at most {limits.REQUEST_MAX_BYTES}",
            hint="send less in one request",
        )


def decode_answer(response: Response) -> WireObject:
    """The answer in wire shape.

    Raises:
        DynamoDBError: the answer is an error, or no answer of DynamoDB at all (BadResponse).
    """
    try:
        answer = _decode(response.body)
    except (ValueError, RecursionError) as error:
        if response.status != 200:
            raise _error_answer(response, None) from None
        if response.body:
            raise BadResponse(f"the answer is not JSON: {error}", status=200) from None
        if response.request_id is None:
            raise BadResponse("the answer is empty, and not the service's", status=200) from None
        return {}  # TagResource and a few others answer nothing
    if response.status != 200:
        raise _error_answer(response, answer)
    if not isinstance(answer, dict):
        raise BadResponse("the answer is not a JSON object", status=200)
    return answer


def _error_answer(response: Response, answer: Any) -> DynamoDBError:
    error = error_from_wire(response.status, answer)
    if error.code is None and response.status < 500:
        error.hint = "DynamoDB does not answer so: check the endpoint, and what stands between it and here"
    return error
