"""Transactions as people use them: all of these writes or none, all of these reads at one moment.

Owns the life of a transaction (made → open → ended), and what ties an answer to the caller's own actions: decoded
items, reasons of a cancellation. Requests and limits are ``operations.transact``'s; sending, retries and deadlines are
``dispatch``'s. Must not know sockets.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeAlias, TypeVar

from .clock import Randomness, SystemRandomness
from .dispatch import Call
from .errors import BadResponse, DynamoDBError, TransactionCanceled, TransactionError, ValidationError
from .expressions import Condition, Raw, Update
from .expressions.projection import ProjectionLike
from .key import Key
from .operations import transact as requests
from .table import Core, Table
from .telemetry.usage import ConsumedCapacity, consumed_capacity
from .time_to_live import expiry
from .types import ActionKind, TransactionAction, WireItem, WireObject

M = TypeVar("M")

_WRITE: Final = "TransactWriteItems"
_READ: Final = "TransactGetItems"

#: what ``transact_get`` reads: a table, a key and, if not all attributes are wanted, a projection
GetRequest: TypeAlias = "tuple[Table[M], Key] | tuple[Table[M], Key, ProjectionLike | None]"

_REFUSALS: Final = {
    "made": "it is not open",
    "open": "it is open already",
    "ended": "it has ended",
}


class Transaction:
    """All of its actions are applied, or none; made by ``DynamoDB.transaction``.

    ``async with db.transaction() as tx:`` opens it; ``tx.put``, ``update``, ``check`` and ``delete`` add actions, which
    are checked at once and sent when the block is left. If the block raises, nothing is sent; without actions there is
    no call. It is used once.

    At most 100 actions, on 100 different items, with 4 MB (Developer Guide, "Amazon DynamoDB Transactions").

    Attributes:
        token: the ClientRequestToken, the same for every attempt; None before it is sent.
        consumed: capacity; None unless ``Config.capacity`` asks for it, and before it was applied.

    Raises:
        TransactionCanceled: an action failed, and so nothing was applied; ``reasons`` has one entry for each action.
        IdempotentParameterMismatch: the token stood for another content within the last ten minutes.
        TransactionInProgress: an earlier attempt with this token is still under way, after all retries.
        TransactionError: it is used twice, or outside of its block.
    """

    def __init__(
        self,
        core: Core,
        *,
        token: str | None,
        retry_conflicts: bool,
        timeout: float | None,
        random_token: Callable[[], str],
    ) -> None:
        if token is not None:
            requests.check_operation_id(token)
        self._core, self._operation_id, self._random_token = core, token, random_token
        self._retry_conflicts, self._timeout = retry_conflicts, timeout
        self._plan = requests.WritePlan()
        self._tables: list[Table[Any]] = []
        self._state: Literal["made", "open", "ended"] = "made"
        self.token: str | None = None
        self.consumed: ConsumedCapacity | None = None

    def __repr__(self) -> str:
        return f"<Transaction {self._state}: {len(self._tables)} actions>"

    @property
    def action_count(self) -> int:
        """How many actions it has so far."""
        return len(self._tables)

    async def __aenter__(self) -> Self:
        if self._state != "made":
            raise self._misused("the transaction cannot be opened")
        self._state = "open"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._state = "ended"
        if kind is None and self._tables:
            await self._commit()

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def put(
        self,
        table: Table[M],
        item: M | Mapping[str, Any],
        *,
        condition: Condition | None = None,
        ttl: timedelta | None = None,
    ) -> None:
        """Write a whole item, in place of the one with its key if there is one.

        Args:
            table: of the same client.
            item: a model's object or a mapping; with every key attribute.
            condition: must hold for the item that is there, or nothing of the transaction is applied.
            ttl: after which time DynamoDB may delete it; stored in the table's TTL attribute as epoch seconds.

        Raises:
            ItemTooLarge: the item is over 400 KB.
            ValidationError: anything else that DynamoDB would refuse, the limits of transactions included.
        """

        def build(table: Table[M]) -> tuple[Key, WireObject]:
            values = table._to_item(item)
            if ttl is not None:
                values = {**values, table._ttl_attribute(): expiry(self._core.clock.time(), ttl)}
            key = Key.from_item(values, table.schema.keys)
            try:
                return key, requests.put(table.schema, values, condition=condition)
            except DynamoDBError as error:
                error.with_context(key=key)
                raise

        self._add("put", table, None, build)

    def update(self, table: Table[Any], key: Key, update: Update | Raw, *, condition: Condition | None = None) -> None:
        """Change attributes of the item with this key; without one, an item is made.

        Args:
            table: of the same client.
            key: ``Key(partition, sort)``.
            update: what to change: ``Update().set(...).add(...)``.
            condition: must hold for the item that is there, or nothing of the transaction is applied.

        Raises:
            InvalidExpression: the update is empty, changes the key, or changes overlapping paths.
            ValidationError: anything else that DynamoDB would refuse, the limits of transactions included.
        """
        self._add(
            "update", table, key, lambda table: (key, requests.update(table.schema, key, update, condition=condition))
        )

    def check(self, table: Table[Any], key: Key, condition: Condition) -> None:
        """Change nothing, but let nothing of the transaction be applied unless the condition holds.

        Args:
            table: of the same client.
            key: ``Key(partition, sort)`` of an item without another action in this transaction.
            condition: must hold for the item that is there (``Attr("PK").not_exists()``: for none).

        Raises:
            ValidationError: what DynamoDB would refuse, the limits of transactions included.
        """
        self._add("check", table, key, lambda table: (key, requests.check(table.schema, key, condition)))

    def delete(self, table: Table[Any], key: Key, *, condition: Condition | None = None) -> None:
        """Delete the item with this key; it is no error if there is none.

        Args:
            table: of the same client.
            key: ``Key(partition, sort)``.
            condition: must hold for the item that is there, or nothing of the transaction is applied.

        Raises:
            ValidationError: what DynamoDB would refuse, the limits of transactions included.
        """
        self._add("delete", table, key, lambda table: (key, requests.delete(table.schema, key, condition=condition)))

    def _add(
        self,
        kind: ActionKind,
        table: Table[M],
        key: Key | None,
        build: Callable[[Table[M]], tuple[Key, WireObject]],
    ) -> None:
        if self._state != "open":
            raise self._misused(f"no {kind} can be added to the transaction")
        number = len(self._tables) + 1
        try:
            _check_table(table, self._core)
            key, parameters = build(table)
            self._plan.add(TransactionAction(number, kind, table.name, key), parameters, table.schema.keys)
        except DynamoDBError as error:
            _locate(error, _WRITE, number, kind, table, key)
            raise
        self._tables.append(table)

    def _misused(self, what: str) -> TransactionError:
        return TransactionError(
            f"{what}: {_REFUSALS[self._state]}",
            operation=_WRITE,
            hint="add actions inside 'async with db.transaction() as tx:', and use each transaction once",
        )

    # ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────
    async def _commit(self) -> None:
        plan, elements = self._plan, self._plan.elements
        if self._operation_id is None:
            self.token = self._random_token()
        else:
            elements = requests.canonical_elements(elements)
            self.token = requests.derived_token(self._operation_id, elements)
        payload = requests.write_request(elements, self.token, self._core.capacity)
        call = Call(
            _WRITE,
            payload,
            _only_name(self._tables),
            timeout=self._timeout,
            retry_conflicts=self._retry_conflicts,
        )
        answer = await _send(self._core, call, plan.actions, range(len(plan.actions)), self._tables)
        self.consumed = consumed_capacity(_WRITE, answer)


def random_token(randomness: Randomness, number: int) -> str:
    """A token that nobody else has; of the client's own chance where it was given one, so that tests can repeat it.

    Args:
        randomness: the client's.
        number: which of the client's transactions it is.
    """
    if isinstance(randomness, SystemRandomness):
        return os.urandom(16).hex()
    return requests.seeded_token(randomness.random, number)


# ── reads ────────────────────────────────────────────────────────────────────────────────────────────────────────────
class TransactGetResult(list[M]):
    """The items of ``transact_get``, in the order of its requests; None where there is none.

    Attributes:
        consumed: capacity; None unless ``Config.capacity`` asks for it.
    """

    consumed: ConsumedCapacity | None = None


async def transact_get(
    core: Core, wanted: Iterable[GetRequest[Any]], *, timeout: float | None
) -> TransactGetResult[Any]:
    """What ``DynamoDB.transact_get`` does."""
    plan, tables = _get_plan(core, wanted)
    found: TransactGetResult[Any] = TransactGetResult()
    if not tables:
        return found
    call = Call(_READ, requests.get_request(plan.gets, core.capacity), _only_name(tables), timeout=timeout)
    answer = await _send(core, call, plan.actions, plan.positions, tables)
    responses = answer.get("Responses")
    if not isinstance(responses, list) or len(responses) != len(plan.gets):
        raise BadResponse(f"the answer has not one response for each of {len(plan.gets)} reads", operation=_READ)
    for action, position, table in zip(plan.actions, plan.positions, tables, strict=True):
        wire = responses[position].get("Item")
        try:
            found.append(table._read_item(wire) if wire else None)
        except DynamoDBError as error:
            _locate(error, _READ, action.number, "get", table, action.key)
            raise
    found.consumed = consumed_capacity(_READ, answer)
    return found


def _get_plan(core: Core, wanted: Iterable[GetRequest[Any]]) -> tuple[requests.GetPlan, list[Table[Any]]]:
    plan, tables = requests.GetPlan(), list[Table[Any]]()
    for number, request in enumerate(wanted, 1):
        if not isinstance(request, tuple) or len(request) not in (2, 3):
            raise ValidationError(
                f"request {number} is {_shape(request)}",
                operation=_READ,
                hint="each request is (table, key), or (table, key, projection)",
            )
        table, key = request[0], request[1]
        projection = request[2] if len(request) == 3 else None
        try:
            _check_table(table, core)
            parameters = requests.get(table.schema, key, projection=projection)
            plan.add(TransactionAction(number, "get", table.name, key), parameters, table.schema.keys)
        except DynamoDBError as error:
            _locate(error, _READ, number, "get", table, key)
            raise
        tables.append(table)
    return plan, tables


def _shape(request: object) -> str:
    return f"a tuple of {len(request)}" if isinstance(request, tuple) else f"of type {type(request).__name__}"


# ── what both share ──────────────────────────────────────────────────────────────────────────────────────────────────
def _check_table(table: Table[Any], core: Core) -> None:
    """Refuse what is no table of this client: its actions would go to another endpoint than people think."""
    if not isinstance(table, Table):
        raise ValidationError(
            f"the table is of type {type(table).__name__}", hint="give a Table: app = db.table('app')"
        )
    if table._core is not core:
        raise ValidationError(
            "the table belongs to another client", hint="make it with table() of the client that makes the transaction"
        )


def _locate(
    error: DynamoDBError, operation: str, number: int, kind: ActionKind, table: object, key: Key | None
) -> None:
    """Make an error say which action it is about."""
    error.message = f"action {number} ({kind}): {error.message}"
    error.args = (error.message,)
    error.with_context(operation=operation, table=table.name if isinstance(table, Table) else None, key=key)


def _only_name(tables: Sequence[Table[Any]]) -> str | None:
    """The name of the table, where all are the same."""
    names = {table.name for table in tables}
    return names.pop() if len(names) == 1 else None


async def _send(
    core: Core,
    call: Call,
    actions: Sequence[TransactionAction],
    positions: Sequence[int],
    tables: Sequence[Table[Any]],
) -> WireObject:
    """The answer of a call; where it was canceled, the error's reasons are those of the caller's actions."""

    def decode(index: int, wire: WireItem) -> Any:
        return tables[index]._there(wire)

    try:
        return await core.dispatch(call)
    except DynamoDBError as error:
        canceled = error if isinstance(error, TransactionCanceled) else error.__cause__  # of a DeadlineExceeded
        if isinstance(canceled, TransactionCanceled) and canceled.wire_reasons:
            canceled.reasons = requests.reasons_of(canceled.wire_reasons, actions, positions, decode)
        raise
