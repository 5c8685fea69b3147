"""Errors as the service answers them: a name, a message, and sometimes more members.

Owns the namespace and the casing of each error's answer. Must not know when an error is due.
"""

from __future__ import annotations

from typing import Any, Final

_CORAL: Final = "com.amazon.coral.service"
_AVAILABILITY: Final = "com.amazon.coral.availability"
_VALIDATE: Final = "com.amazon.coral.validate"
_DYNAMODB: Final = "com.amazonaws.dynamodb.v20120810"

_NAMESPACE: Final = {
    "ValidationException": _VALIDATE,
    "ThrottlingException": _AVAILABILITY,
    **dict.fromkeys(
        [
            "SerializationException",
            "UnknownOperationException",
            "AccessDeniedException",
            "InvalidSignatureException",
            "MissingAuthenticationTokenException",
            "IncompleteSignatureException",
            "UnrecognizedClientException",
        ],
        _CORAL,
    ),
}
#: these spell their message with a capital, all others do not
_CAPITAL: Final = frozenset(
    {
        "SerializationException",
        "AccessDeniedException",
        "TransactionCanceledException",
        "TransactionInProgressException",
        "IdempotentParameterMismatchException",
    }
)


class ApiError(Exception):
    """An error answer.

    Attributes:
        name: the error's code, for example ``ValidationException``.
        message: None where the service sends none.
        members: what the answer holds besides.
        status: HTTP status.
    """

    def __init__(self, name: str, message: str | None = None, *, status: int = 400, **members: Any) -> None:
        super().__init__(name, message)
        self.name, self.message, self.status, self.members = name, message, status, members

    def answer(self) -> dict[str, Any]:
        """The answer's body."""
        body: dict[str, Any] = {"__type": f"{_NAMESPACE.get(self.name, _DYNAMODB)}#{self.name}"}
        if self.message is not None:
            body["Message" if self.name in _CAPITAL else "message"] = self.message
        return body | self.members


def validation(message: str) -> ApiError:
    """A ValidationException."""
    return ApiError("ValidationException", message)
