"""Errors of the library as one line for whoever typed a command: what happened, and what to do at a prompt.

Owns the advice that differs from the library's own, which speaks to programmers. Must not show keys, items or secrets.
"""

from __future__ import annotations

from typing import Final

from ..errors import (
    AccessDenied,
    AttemptTimeout,
    AuthenticationError,
    BadResponse,
    CircuitOpen,
    ConnectFailed,
    ConnectionLost,
    CredentialsNotFound,
    DeadlineExceeded,
    DynamoDBError,
    InvalidRegion,
)

#: the first class that fits counts
_ADVICE: Final[tuple[tuple[type[DynamoDBError], str | None], ...]] = (
    (
        InvalidRegion,
        "give --region, for example --region eu-west-1, or set AWS_REGION, or a profile's region; --local needs none",
    ),
    (CredentialsNotFound, "'hashrange doctor' says what was tried; --local needs none"),
    (AccessDenied, None),
    (AuthenticationError, "'hashrange doctor' explains which credentials are used"),
    (
        ConnectFailed,
        "check the endpoint, and that something listens there; 'hashrange serve' is a DynamoDB on port 8000",
    ),
    (ConnectionLost, "is that the endpoint of a DynamoDB?"),
    (BadResponse, "is that the endpoint of a DynamoDB?"),
    (DeadlineExceeded, "give a longer --timeout, or see what 'hashrange doctor' measures"),
    (AttemptTimeout, "give a longer --timeout, or see what 'hashrange doctor' measures"),
    (CircuitOpen, "the endpoint failed several times in a row; try again in a minute"),
)


def told(error: DynamoDBError) -> str:
    """An error in one line, with a hint where there is one."""
    what = [f"{error.operation} on table {error.table!r}" if error.table else error.operation, error.code]
    if error.maybe_applied:
        what.append("it may have been applied")
    context = ", ".join(part for part in what if part)
    said = one_line(error.message) or type(error).__name__
    text = f"{said} [{context}]" if context else said
    hint = advice(error)
    return f"{text} ({one_line(hint)})" if hint else text


def advice(error: DynamoDBError) -> str | None:
    """What to do about an error at a prompt; None where there is nothing to say."""
    for kind, hint in _ADVICE:
        if isinstance(error, kind):
            return error.hint if hint is None else hint
    return error.hint


def one_line(text: str) -> str:
    """Text without line breaks and control characters, which a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text).strip()
