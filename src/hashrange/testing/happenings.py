"""What each fault does: one immutable record for each, named as the function that makes it (``faults``).

Answers are the service's, byte by byte (namespace, status, spelling of ``message``); errors of the network are raised
as the sockets raise them. Time passes on an injected clock. Must not know when a fault is due.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import Any, ClassVar, Final, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import fields, replace

from ..clock import Clock
from ..errors import AttemptTimeout, BadResponse, ConnectionLost
from ..types import WireItem, WireObject
from ..wire.transport import Request, Response, Transport
from .requests import (
    BATCHES,
    ITEM_WRITES,
    TRANSACTIONS,
    batch_size,
    object_of,
    split_batch,
    transaction_size,
    with_unprocessed,
)

Damage = Literal["truncated", "not_json"]

_DYNAMODB: Final = "com.amazonaws.dynamodb.v20120810"
_CORAL: Final = "com.amazon.coral.service"

#: the service's error → its text. Amazon DynamoDB Developer Guide, "Error handling with DynamoDB"
THROTTLES: Final = {
    "ProvisionedThroughputExceededException": "The level of configured provisioned throughput for the table was "
    "exceeded. Consider increasing your provisioning level with the UpdateTable API.",
    "ThrottlingException": "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically "
    "scaling your table or index so please try again shortly. If exceptions persist, check if you have a hot key: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html",
    "RequestLimitExceeded": "Throughput exceeds the current throughput limit for your account. To request a limit "
    "increase, contact AWS Support at https://aws.amazon.com/support.",
}
_CONDITION_FAILED: Final = "The conditional request failed"
_CONFLICT: Final = "Transaction is ongoing for the item"
#: code of a cancellation reason → its text. API reference, TransactWriteItems
REASONS: Final[dict[str, str | None]] = {
    "None": None,
    "ConditionalCheckFailed": _CONDITION_FAILED,
    "TransactionConflict": _CONFLICT,
    "ItemCollectionSizeLimitExceeded": "Collection size exceeded.",
    "ProvisionedThroughputExceeded": THROTTLES["ProvisionedThroughputExceededException"],
    "ThrottlingError": THROTTLES["ThrottlingException"],
    "ValidationError": "One or more parameter values were invalid.",
}


class FaultMismatch(AssertionError):
    """A fault was due on a request on which it cannot happen: the test is wrong, not what it tests."""


class Attempt(Struct):
    """One request, and all that a fault may use.

    Attributes:
        request: what was asked to be sent.
        transport: where it goes.
        clock: on which time passes.
        number: which request of the plan or script it is, from 1.
        random: the chance of this request's fault.
    """

    request: Request
    transport: Transport
    clock: Clock
    number: int
    random: Random

    async def send(self, request: Request | None = None) -> Response:
        """The real answer to the request, or to another in its place."""
        return await self.transport.send(self.request if request is None else request)

    async def time_out(self, started: float) -> AttemptTimeout:
        """The error of an attempt that began then, after all its time has passed."""
        rest = self.request.timeout - (self.clock.monotonic() - started)
        if rest > 0:
            await self.clock.sleep(rest)
        return AttemptTimeout("no whole answer came in time")

    def refusal(self, code: str, message: str, *, status: int = 400, **members: Any) -> Response:
        """An error answer of the service."""
        namespace = _CORAL if code == "ExpiredTokenException" else _DYNAMODB
        text = "Message" if code == "TransactionCanceledException" else "message"
        body = {"__type": f"{namespace}#{code}", text: message, **members}
        return Response(status, msgspec.json.encode(body), f"FAULT{self.number}")


class Fault(Struct, frozen=True):
    """What becomes of one request. Itself: nothing unusual.

    Attributes:
        operations: the only ones on which it can happen; None for all.
    """

    operations: ClassVar[frozenset[str] | None] = None

    def __repr__(self) -> str:
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()
        values = {each.name: (getattr(self, each.name), each.default) for each in fields(self)}
        shown = [f"{key}={self._shown(value)}" for key, (value, default) in values.items() if value != default]
        return f"{name}({', '.join(shown)})"

    def _shown(self, value: Any) -> str:
        return "..." if isinstance(value, dict) else repr(value)  # items stay out of logs

    async def happen(self, attempt: Attempt) -> Response:
        """Let it happen.

        Raises:
            NetworkError: that is the fault, or it happened anyway.
            FaultMismatch: it cannot happen to this request.
        """
        return await attempt.send()


class Success(Fault, frozen=True):
    pass


class Throttle(Fault, frozen=True):
    code: str

    async def happen(self, attempt: Attempt) -> Response:
        return attempt.refusal(self.code, THROTTLES[self.code])


class InternalError(Fault, frozen=True):
    applied: bool = False

    async def happen(self, attempt: Attempt) -> Response:
        if self.applied:
            await attempt.send()
        return attempt.refusal("InternalServerError", "Internal server error", status=500)


class Unavailable(Fault, frozen=True):
    async def happen(self, attempt: Attempt) -> Response:
        return attempt.refusal("ServiceUnavailable", "DynamoDB is currently unavailable", status=503)


class ExpiredToken(Fault, frozen=True):
    refreshed: bool = True

    async def happen(self, attempt: Attempt) -> Response:
        response = attempt.refusal("ExpiredTokenException", "The security token included in the request is expired")
        response.origin = self  # so that ``repair`` knows it
        return response


class TimeoutBefore(Fault, frozen=True):
    sent: bool = True

    async def happen(self, attempt: Attempt) -> Response:
        error = await attempt.time_out(attempt.clock.monotonic())
        error.sent = self.sent
        raise error


class TimeoutAfter(Fault, frozen=True):
    async def happen(self, attempt: Attempt) -> Response:
        started = attempt.clock.monotonic()
        await attempt.send()
        raise await attempt.time_out(started)


class ResetBefore(Fault, frozen=True):
    sent: bool = True

    async def happen(self, attempt: Attempt) -> Response:
        error = ConnectionLost("the peer closed the connection: Connection reset by peer")
        error.sent = self.sent
        raise error


class ResetAfter(Fault, frozen=True):
    async def happen(self, attempt: Attempt) -> Response:
        await attempt.send()
        raise ConnectionLost("the peer closed the connection in the middle of its answer: Connection reset by peer")


class Slow(Fault, frozen=True):
    seconds: float

    async def happen(self, attempt: Attempt) -> Response:
        started = attempt.clock.monotonic()
        response = await attempt.send()
        rest = attempt.request.timeout - (attempt.clock.monotonic() - started)
        if self.seconds >= rest:
            raise await attempt.time_out(started)
        await attempt.clock.sleep(self.seconds)
        response.wait += self.seconds
        return response


class PartialBatch(Fault, frozen=True):
    operations: ClassVar[frozenset[str] | None] = BATCHES
    count: int | None = None
    share: float | None = None

    async def happen(self, attempt: Attempt) -> Response:
        request = attempt.request
        withheld = self._withheld(batch_size(request), attempt.random)
        if not withheld:
            return await attempt.send()
        sent, unprocessed = split_batch(request, withheld)
        if sent is None:
            answer = Response(200, b"{}", f"FAULT{attempt.number}")
        else:
            answer = await attempt.send(replace(request, body=sent))
        return with_unprocessed(request.operation, answer, unprocessed)

    def _withheld(self, size: int, random: Random) -> frozenset[int]:
        """The positions of what is not processed."""
        if self.count is not None:
            return frozenset(random.sample(range(size), min(size, self.count)))
        return frozenset(at for at in range(size) if random.random() < (self.share or 0))


class TransactionConflict(Fault, frozen=True):
    operations: ClassVar[frozenset[str] | None] = ITEM_WRITES | TRANSACTIONS

    async def happen(self, attempt: Attempt) -> Response:
        if attempt.request.operation in TRANSACTIONS:
            return _canceled(attempt, [reason_of("TransactionConflict")])
        return attempt.refusal("TransactionConflictException", _CONFLICT)


class TransactionCanceled(Fault, frozen=True):
    operations: ClassVar[frozenset[str] | None] = TRANSACTIONS
    reasons: tuple[WireObject, ...]

    def _shown(self, value: Any) -> str:
        return repr([reason["Code"] for reason in value])

    async def happen(self, attempt: Attempt) -> Response:
        return _canceled(attempt, self.reasons)


class ConditionFailed(Fault, frozen=True):
    operations: ClassVar[frozenset[str] | None] = ITEM_WRITES
    item: WireItem | None = None

    async def happen(self, attempt: Attempt) -> Response:
        asked = object_of(attempt.request).get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        members: dict[str, Any] = {"Item": self.item} if asked and self.item is not None else {}
        return attempt.refusal("ConditionalCheckFailedException", _CONDITION_FAILED, **members)


class DamagedAnswer(Fault, frozen=True):
    damage: Damage = "truncated"

    async def happen(self, attempt: Attempt) -> Response:
        response = await attempt.send()
        if response.status != 200:  # half an error answer would be taken for an error of another kind
            raise BadResponse("the answer's checksum is wrong: it was damaged on its way")
        whole = response.body or b"{}"
        response.body = whole[: len(whole) // 2] if self.damage == "truncated" else b"<html>It works!</html>"
        return response


def _canceled(attempt: Attempt, reasons: Sequence[WireObject]) -> Response:
    """A cancellation with one reason for each action; what is not said is that nothing is wrong with it."""
    actions = transaction_size(attempt.request)
    if len(reasons) > actions:
        raise FaultMismatch(f"the transaction has {actions} actions, and {len(reasons)} reasons are to cancel it")
    every = [*reasons, *[reason_of("None")] * (actions - len(reasons))]
    codes = ", ".join(reason["Code"] for reason in every)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return attempt.refusal("TransactionCanceledException", message, CancellationReasons=every)


def reason_of(code: str) -> WireObject:
    """A cancellation reason in wire shape."""
    message = REASONS[code]
    return {"Code": code} if message is None else {"Code": code, "Message": message}


def refreshes(response: Response) -> bool | None:
    """Whether credentials can be renewed after an expired token; None where the answer is no such fault."""
    fault = response.origin
    return fault.refreshed if isinstance(fault, ExpiredToken) else None
