"""Every error that hashrange raises, and the table from the service's codes to them.

    DynamoDBError
    ├── ConfigurationError        InvalidTable, InvalidRegion, InvalidCredentials
    ├── AuthenticationError       CredentialsNotFound, TokenExpired, AccessDenied, AssumeRoleFailed
    ├── ValidationError           InvalidKey, InvalidExpression, InvalidCursor, MissingRequiredKey,
    │                             TypeMismatch (also a TypeError), ItemDecodeError
    ├── ConditionalCheckError     ConditionFailed (.item), TransactionConflict
    │   └── ConditionFailed       VersionConflict (.expected, .found), UniqueViolation (.entity, .fields)
    ├── ThroughputError           ProvisionedThroughputExceeded, RequestLimitExceeded, Throttling (.reasons)
    ├── ItemError                 ItemNotFound, MultipleItemsFound, ItemTooLarge, ItemCollectionSizeLimitExceeded
    ├── TransactionError          TransactionCanceled (.reasons), TransactionConflict,
    │                             IdempotentParameterMismatch, TransactionInProgress
    ├── ServiceError              InternalServerError, ServiceUnavailable, ResourceNotFound
    ├── NetworkError              ConnectFailed, ConnectionLost, AttemptTimeout, BadResponse, ClientClosed
    ├── IdempotencyError          InProgress, IdempotencyMismatch, LeaseLost, FailedBefore
    └── DeadlineExceeded · CircuitOpen · AmbiguousWrite · BatchError

The wire code stands on the class that it maps to (``codes``); an unknown code falls to the class of its HTTP status and
keeps its code, message and data. ``retryable`` and ``throttling`` are facts of the class. How often and how long to
wait is ``resilience.retry``'s. Must not do I/O or know a transport.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self

from .types import BatchFailure, CancellationCode, CancellationReason


class DynamoDBError(Exception):
    """The root of all errors of this package.

    ``str(error)`` is a sentence with its context and a hint; it never shows the key's values, an item or a secret.

    Attributes:
        message: what happened, without context.
        table, operation: where it happened; None where there was none.
        region: which region it was, of a client of several; else None.
        key: the key of the item concerned, in Python values; see ``redact``.
        code: the service's error code, for example ``ValidationException``; None for errors found on this side.
        data: the service's answer as decoded JSON, or an empty dict.
        status: HTTP status of the answer; 0 where there was no answer.
        request_id: the service's id of the request that failed.
        attempts: how many requests were sent for this call.
        elapsed: seconds from the call's start to the error.
        maybe_applied: whether a write may have been applied although it failed: the answer of one of its attempts was
            lost after it had been sent, or the service failed inside (HTTP 500). Where False, it was not applied.
        hint: what to do about it, or None.
    """

    codes: ClassVar[tuple[str, ...]] = ()
    retryable: ClassVar[bool] = False
    throttling: ClassVar[bool] = False
    default_hint: ClassVar[str | None] = None
    region: str | None = None

    def __init__(
        self,
        message: str = "",
        *,
        table: str | None = None,
        operation: str | None = None,
        key: Any = None,
        code: str | None = None,
        data: Mapping[str, Any] | None = None,
        status: int = 0,
        request_id: str | None = None,
        attempts: int = 0,
        elapsed: float = 0.0,
        maybe_applied: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.table = table
        self.operation = operation
        self.key = key
        self.code = code
        self.data: dict[str, Any] = dict(data) if data else {}
        self.status = status
        self.request_id = request_id
        self.attempts = attempts
        self.elapsed = elapsed
        self.maybe_applied = maybe_applied
        self.hint = hint if hint is not None else self.default_hint

    def with_context(self, **context: Any) -> Self:
        """Fill those of table, operation, key, region, request_id, attempts, elapsed and maybe_applied that are not
        known yet; return self."""
        for name, value in context.items():
            if not getattr(self, name):
                setattr(self, name, value)
        return self

    def redact(self) -> Self:
        """Drop what may hold user data (key, the service's answer, an item); return self."""
        self.key = None
        self.data = {}
        return self

    def __str__(self) -> str:
        where = [f"{self.operation or 'call'} on table {self.table!r}" if self.table else self.operation or ""]
        if self.region:
            where.append(f"in {self.region}")
        if self.code:
            where.append(self.code)
        if self.attempts > 1:
            where.append(f"{self.attempts} attempts in {self.elapsed:.3g} s")
        if self.request_id:
            where.append(f"request {self.request_id}")
        if self.maybe_applied:
            where.append("it may have been applied")
        context = ", ".join(part for part in where if part)
        said = self._said() or type(self).__name__
        text = f"{said} [{context}]" if context else said
        return f"{text}. Hint: {self.hint}" if self.hint else text

    def _said(self) -> str:
        """What happened, for people."""
        return self.message

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__.copy())


def _rebuild(cls: type[DynamoDBError], args: tuple[Any, ...], state: dict[str, Any]) -> DynamoDBError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


# ── configuration ────────────────────────────────────────────────────────────────────────────────────────────────────
class ConfigurationError(DynamoDBError):
    """A setting is missing or not allowed; the message names the field, the value and what is allowed."""


class InvalidTable(ConfigurationError):
    """A table's name, key schema or index is not one that DynamoDB could have, or is not known."""


class InvalidRegion(ConfigurationError):
    """There is no region, or its text is not the name of one."""


class InvalidCredentials(ConfigurationError):
    """A credential setting is incomplete or malformed."""


# ── authentication ───────────────────────────────────────────────────────────────────────────────────────────────────
class AuthenticationError(DynamoDBError):
    """The service did not accept who we are."""

    codes: ClassVar[tuple[str, ...]] = (
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "IncompleteSignatureException",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "InvalidClientTokenId",
    )
    default_hint = "check the access key, the region and this machine's clock"


class CredentialsNotFound(AuthenticationError):
    """No provider of the chain had credentials; ``await db.credentials.explain()`` says what was tried."""

    default_hint = "'await db.credentials.explain()' says what was tried and why each provider failed"


class TokenExpired(AuthenticationError):
    """The session token has expired; retried once after a refresh."""

    codes: ClassVar[tuple[str, ...]] = ("ExpiredTokenException", "ExpiredToken", "RequestExpired")
    default_hint = "the credentials' session token has expired: sign in again, or use a provider that refreshes"


class AccessDenied(AuthenticationError):
    """These credentials may not do this."""

    codes: ClassVar[tuple[str, ...]] = ("AccessDeniedException", "AccessDenied", "NotAuthorized", "OptInRequired")
    default_hint = "the IAM policy must allow this operation on this table (and on its indexes, as table/NAME/index/*)"


class AssumeRoleFailed(AuthenticationError):
    """STS did not give credentials for the role."""

    default_hint = "check the role's ARN and trust policy, and the external id"


# ── validation ───────────────────────────────────────────────────────────────────────────────────────────────────────
class ValidationError(DynamoDBError):
    """The request is not one that DynamoDB accepts; found before sending where it can be known."""

    codes = ("ValidationException", "SerializationException", "ValidationError")


class InvalidKey(ValidationError):
    """A key is empty, too long, or of the wrong shape."""


class InvalidExpression(ValidationError):
    """An expression cannot be rendered, or DynamoDB could not accept it."""


class InvalidCursor(ValidationError):
    """A cursor is damaged, has a wrong signature, or belongs to another query."""


class MissingRequiredKey(ValidationError):
    """An item lacks an attribute of the table's key."""


class TypeMismatch(ValidationError, TypeError):
    """A Python value has no DynamoDB type; the message names the value's path."""


class ItemDecodeError(ValidationError):
    """An item does not fit its model; the message names table, key, path and reason."""


# ── conditional checks ───────────────────────────────────────────────────────────────────────────────────────────────
class ConditionalCheckError(DynamoDBError):
    """A write was refused because of what is stored, or who else writes."""


class ConditionFailed(ConditionalCheckError):
    """The write's condition was false; nothing was written, except, with ``maybe_applied``, by an earlier attempt.

    Attributes:
        item: the item that is there, decoded as the call would have decoded it; None where there is none.
    """

    codes = ("ConditionalCheckFailedException",)
    item: Any = None

    def redact(self) -> Self:
        self.item = None
        return super().redact()


class VersionConflict(ConditionFailed):
    """The item has another version than the write expects: somebody else has written it meanwhile.

    With ``maybe_applied``, an earlier attempt of this very write may have been applied, and been written over since.

    Attributes:
        item: the item that is there, as the table's model; None where there is none.
        expected: the version that the write was for; None: that there is no item.
        found: the version that is there; None where there is no item, or where it has none.
    """

    default_hint = "read the item again and decide anew; modify() does that"
    expected: int | None = None
    found: int | None = None


class UniqueViolation(ConditionFailed):
    """Another item of the entity has the value already that is to be unique; nothing was written.

    Attributes:
        entity: the entity's name.
        fields: the fields that are unique together.
        item: the guard that is there, a plain item; its ``owner`` holds the key of the item that has the value.
    """

    default_hint = "the guard's owner, error.item['owner'], is the key of the item that has it"
    entity: str = ""
    fields: tuple[str, ...] = ()


# ── throughput ───────────────────────────────────────────────────────────────────────────────────────────────────────
class ThroughputError(DynamoDBError):
    """Too many requests for what the table or the account may do; retried with backoff.

    Attributes:
        reasons: the service's ThrottlingReasons, a list of ``{"reason": ..., "resource": ...}``; often empty.
    """

    retryable = True
    throttling = True
    default_hint = "spread keys, lower the request rate, or raise the table's throughput"

    @property
    def reasons(self) -> list[dict[str, str]]:
        found = self.data.get("ThrottlingReasons") or self.data.get("throttlingReasons")
        return found if isinstance(found, list) else []


class ProvisionedThroughputExceeded(ThroughputError):
    """The table's, an index's or a partition's throughput is used up."""

    codes = ("ProvisionedThroughputExceededException",)


class RequestLimitExceeded(ThroughputError):
    """The account's throughput in this region is used up."""

    codes = ("RequestLimitExceeded", "TooManyRequestsException", "RequestThrottled", "RequestThrottledException")


class Throttling(ThroughputError):
    """The request rate is too high (on-demand tables, control plane)."""

    codes = ("ThrottlingException", "ThrottledException", "Throttling", "SlowDown")


# ── items ────────────────────────────────────────────────────────────────────────────────────────────────────────────
class ItemError(DynamoDBError):
    """Something is wrong with one item."""


class ItemNotFound(ItemError):
    """There is no such item, and the call needs one."""


class MultipleItemsFound(ItemError):
    """There is more than one item, and the call needs exactly one."""


class ItemTooLarge(ItemError):
    """The item is over 400 KB, names included; refused before sending."""

    default_hint = "store large values outside (for example in S3), compress them, or split the item"


class ItemCollectionSizeLimitExceeded(ItemError):
    """The item collection of a table with local secondary indexes is over 10 GB."""

    codes = ("ItemCollectionSizeLimitExceededException",)


# ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────────
class TransactionError(DynamoDBError):
    """A transaction did not happen."""


class TransactionConflict(ConditionalCheckError, TransactionError):
    """Another transaction or write is at work on the item; retried."""

    codes = ("TransactionConflictException", "ReplicatedWriteConflictException")
    retryable = True


#: so many failed actions of a canceled transaction are named in its text
_FAILED_ACTIONS_SHOWN: Final = 5


class TransactionCanceled(TransactionError):
    """The whole transaction was refused: nothing was written. Its text says which actions failed, and why.

    Attributes:
        reasons: one for each action, in their order; ``code`` is ``none`` for those that did not fail.
    """

    codes = ("TransactionCanceledException",)
    #: the codes of CancellationReasons after which the same transaction may succeed
    retryable_reasons: ClassVar[frozenset[str]] = frozenset(
        {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
    )
    _reasons: list[CancellationReason] | None = None

    @property
    def reasons(self) -> list[CancellationReason]:
        if self._reasons is None:
            return [CancellationReason.from_wire(reason) for reason in self.wire_reasons]
        return self._reasons

    @reasons.setter
    def reasons(self, reasons: list[CancellationReason]) -> None:
        self._reasons = reasons

    @property
    def wire_reasons(self) -> list[Any]:
        """The service's CancellationReasons as they came; empty in a redacted error."""
        found = self.data.get("CancellationReasons")
        return found if isinstance(found, list) else []

    def redact(self) -> Self:
        self._reasons = [reason.redacted() for reason in self.reasons]
        return super().redact()

    def _said(self) -> str:
        failed = [
            f"{reason.action or f'action {number}'} {reason}"
            for number, reason in enumerate(self.reasons, 1)
            if reason.code is not CancellationCode.none
        ]
        if not failed:
            return super()._said()
        more = [f"{len(failed) - _FAILED_ACTIONS_SHOWN} more"] if len(failed) > _FAILED_ACTIONS_SHOWN else []
        return f"the transaction was canceled: {'; '.join([*failed[:_FAILED_ACTIONS_SHOWN], *more])}"


class IdempotentParameterMismatch(TransactionError):
    """The token was used before, within ten minutes, with another content."""

    codes = ("IdempotentParameterMismatchException", "IdempotentParameterMismatch")
    default_hint = "one token stands for one content: derive it from what the operation does"


class TransactionInProgress(TransactionError):
    """A transaction with this token is still under way; retried."""

    codes = ("TransactionInProgressException",)
    retryable = True


# ── the service ──────────────────────────────────────────────────────────────────────────────────────────────────────
class ServiceError(DynamoDBError):
    """The service could not, or would not, do it; also the family of codes that this version does not know."""


class InternalServerError(ServiceError):
    """The service failed (HTTP 500)."""

    codes = ("InternalServerError", "InternalFailure", "InternalServerErrorException")
    retryable = True


class ServiceUnavailable(ServiceError):
    """The service is not available now (HTTP 503)."""

    codes = ("ServiceUnavailable", "ServiceUnavailableException")
    retryable = True


class ResourceNotFound(ServiceError):
    """There is no such table or index, or it is not active yet."""

    codes = ("ResourceNotFoundException",)
    default_hint = "check the table's name, the region and the endpoint"


# ── the network ──────────────────────────────────────────────────────────────────────────────────────────────────────
class NetworkError(DynamoDBError):
    """No valid answer came.

    Attributes:
        sent: whether any byte of the request may have reached the service. Where False, it cannot have been applied.
    """

    retryable = True
    sent: bool = True


class ConnectFailed(NetworkError):
    """No connection could be opened: name resolution, TCP, proxy or TLS; nothing was sent."""

    sent = False


class ConnectionLost(NetworkError):
    """The connection ended before the whole answer had come."""


class AttemptTimeout(NetworkError):
    """One attempt took longer than it may."""


class BadResponse(NetworkError):
    """What came is not an answer of DynamoDB: not HTTP, not JSON, or its checksum is wrong."""


class ClientClosed(NetworkError):
    """The client was closed before or while the call was under way."""

    retryable = False
    default_hint = "await everything before leaving 'async with', or before 'await db.close()'"


# ── idempotency ──────────────────────────────────────────────────────────────────────────────────────────────────────
class IdempotencyError(DynamoDBError):
    """What is to be done once was not done by this call, or its result is not known."""


class InProgress(IdempotencyError):
    """Another delivery is at work on it, and did not finish in the time that this one would wait."""

    default_hint = "let the event be delivered again later: then the result is there, or the lease is over"


class IdempotencyMismatch(IdempotencyError):
    """The key was used before, with another payload."""

    default_hint = "one key stands for one payload: derive it from what identifies the event"


class LeaseLost(IdempotencyError):
    """The work took longer than its lease, and another delivery has taken it over; the result was not stored."""

    default_hint = "make the lease longer than the work can take, or await run.extend() in between"


class FailedBefore(IdempotencyError):
    """An earlier delivery failed, and its failure is kept: the work is not tried again."""


# ── the life of a call ───────────────────────────────────────────────────────────────────────────────────────────────
class DeadlineExceeded(DynamoDBError):
    """The call's time is up; the last failure, if there was one, is its ``__cause__``."""

    default_hint = "give a longer timeout=, or look at the cause: the time went into retries or a slow network"


class CircuitOpen(DynamoDBError):
    """The endpoint failed too often; the call was not sent.

    Attributes:
        retry_at: when it will be tried again, on the clock's ``monotonic()``; the time of the refusal where another
            call is trying it.
    """

    default_hint = "the endpoint is down or cannot be reached; 'db.circuit.reset()' tries it at once"
    retry_at: float = 0.0


class AmbiguousWrite(DynamoDBError):
    """The answer of a write was lost: it may have been applied, and sending it again could apply it twice.

    What became of the last attempt is its ``__cause__``.
    """

    default_hint = "read the item to find out, or pass retry_ambiguous=True where applying it twice does no harm"


class BatchError(DynamoDBError):
    """Operations of a batch were not acknowledged; also a batch that is used twice, or outside of its block.

    Attributes:
        failed: every such operation with its reason, in input order.
    """

    failed: tuple[BatchFailure, ...] = ()

    def redact(self) -> Self:
        self.failed = ()
        return super().redact()


# ── from the wire ────────────────────────────────────────────────────────────────────────────────────────────────────
def all_errors() -> list[type[DynamoDBError]]:
    """Every class of the tree, each once, parents first."""
    found: list[type[DynamoDBError]] = [DynamoDBError]
    for cls in found:
        found.extend(sub for sub in cls.__subclasses__() if sub.__module__ == __name__ and sub not in found)
    return found


#: the service's error code → class
BY_CODE: dict[str, type[DynamoDBError]] = {code: cls for cls in all_errors() for code in vars(cls).get("codes", ())}


def error_class(code: str | None, status: int) -> type[DynamoDBError]:
    """The class for an error answer: by code; for an unknown code by HTTP status (503, 429, other 5xx, the rest)."""
    found = BY_CODE.get(code or "")
    if found is not None:
        return found
    if status == 503:
        return ServiceUnavailable
    if status == 429:
        return Throttling
    return InternalServerError if status >= 500 else ServiceError


def error_from_wire(status: int, answer: Any) -> DynamoDBError:
    """The error for a decoded error answer ``{"__type": "prefix#Code", "message": "..."}``.

    Context (table, operation, attempts, ...) is filled in by the caller with ``with_context``.
    """
    data = answer if isinstance(answer, Mapping) else {}
    raw_code = data.get("__type") or data.get("code")
    code = raw_code.rpartition("#")[2] or None if isinstance(raw_code, str) else None
    message = data.get("message") or data.get("Message")
    if not isinstance(message, str):
        message = code or f"the service answered with HTTP status {status}"
    return error_class(code, status)(message, code=code, data=data, status=status)
