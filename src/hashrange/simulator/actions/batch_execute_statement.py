"""BatchExecuteStatement: statements that stand alone, all of them reads or all of them writes.

What is wrong with one is told in its place; only what is wrong with them together refuses the batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from ...limits import PARTIQL_BATCH_MAX_STATEMENTS
from .. import messages, partiql_messages
from ..capacity import Usage, is_wanted, read_units, write_units, write_usage
from ..errors import ApiError, validation
from ..partiql.fault import StatementFault
from ..partiql.reads import item_of, key_of_select
from ..partiql.statements import Bound, Exists, NoStatement, Select, bind
from ..partiql.writes import Element, check_item, element, returned, table_name, written
from ..requests import check_scalar_keys
from ..shapes import RETURN_CONSUMED_CAPACITY, boolean, list_of, required, structure
from ..state.table import Table
from ..values import Item
from .execute_statement import PARAMETERS, STATEMENT
from .shared_shapes import RETURN_VALUES_ON_CONDITION_CHECK_FAILURE

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure(
    "BatchExecuteStatementInput",
    Statements=required(
        list_of(
            structure(
                "BatchStatementRequest",
                Statement=STATEMENT,
                Parameters=PARAMETERS,
                ConsistentRead=boolean(),
                ReturnValuesOnConditionCheckFailure=RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
            ),
            min_length=1,
            max_length=PARTIQL_BATCH_MAX_STATEMENTS,
        )
    ),
    ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
)

#: the error of a single operation → its code in a batch
_CODES: Final = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ItemCollectionSizeLimitExceededException": "ItemCollectionSizeLimitExceeded",
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "ResourceNotFoundException": "ResourceNotFound",
    "ThrottlingException": "ThrottlingError",
    "TransactionConflictException": "TransactionConflict",
    "ValidationException": "ValidationError",
}
_REFUSED_BY_ITEM: Final = frozenset({"ConditionalCheckFailedException", "DuplicateItemException"})


class Read(Struct, frozen=True):
    """A SELECT of one item."""

    statement: Select
    key: Item
    consistent: bool

    @property
    def subject(self) -> Item:
        """What holds the key."""
        return self.key


class Prepared(Struct, frozen=True):
    """A batch: each statement, or what is wrong with it, and whether its read is to be consistent."""

    statements: list[Bound | ApiError]
    consistent: list[bool]
    capacity: str | None


class Ready(Struct, frozen=True):
    """A statement that can be run."""

    bound: Bound
    table: Table
    todo: Read | Element


def validate(request: dict[str, Any]) -> Prepared:
    given: list[dict[str, Any]] = request["Statements"]
    statements = [_bound(each) for each in given]
    kinds = {each.is_read for each in statements if isinstance(each, Bound)}
    if len(kinds) > 1:
        raise validation(partiql_messages.BATCH_MIXED)
    consistent = [each.get("ConsistentRead") or False for each in given]
    return Prepared(statements, consistent, request.get("ReturnConsumedCapacity"))


def _bound(request: dict[str, Any]) -> Bound | ApiError:
    try:
        bound = bind(request["Statement"], request.get("Parameters"))
        if isinstance(bound.statement, Exists):
            raise validation(partiql_messages.EXISTS_OUTSIDE)
        if isinstance(bound.statement, NoStatement):
            raise validation(partiql_messages.BATCH_OPERATION)
        if not bound.is_read:
            check_item(bound)
    except StatementFault as fault:
        return fault.error()
    except ApiError as error:
        return error
    return bound


def apply(prepared: Prepared, engine: Engine) -> dict[str, Any]:
    ready = [
        each if isinstance(each, ApiError) else _ready(each, consistent, engine)
        for each, consistent in zip(prepared.statements, prepared.consistent, strict=True)
    ]
    _check_distinct(each for each in ready if isinstance(each, Ready))
    responses: list[dict[str, Any]] = []
    usages: list[tuple[str, Usage]] = []
    for each in ready:
        if isinstance(each, ApiError):
            responses.append({"Error": _error(each)})
            continue
        name = _name(each.bound)
        usage: Usage | None
        try:
            response, usage = _run(each, engine)
        except ApiError as error:
            response, usage = {"Error": _error(error)}, _usage_of_failed(each, error)
        responses.append({**response, "TableName": name})
        if usage is not None:
            usages.append((name, usage))
    answer: dict[str, Any] = {"Responses": responses}
    if is_wanted(prepared.capacity) and usages:
        answer["ConsumedCapacity"] = [usage.answer(str(prepared.capacity), name) for name, usage in usages]
    return answer


def _name(bound: Bound) -> str:
    return bound.statement.table if isinstance(bound.statement, Select) else table_name(bound)


def _ready(bound: Bound, consistent: bool, engine: Engine) -> Ready | ApiError:
    """A statement held against its table, or what is wrong with it."""
    try:
        table = engine.catalog.table(_name(bound))
        if not isinstance(bound.statement, Select):
            return Ready(bound, table, element(bound, table, returns_item=False))
        key = key_of_select(bound.statement, table, bound)
        if key is None:
            raise validation(partiql_messages.BATCH_SELECT)
        if bound.statement.projection is not None:
            check_scalar_keys(table, bound.statement.projection.paths)
        return Ready(bound, table, Read(bound.statement, key, consistent))
    except StatementFault as fault:
        return fault.error()
    except ApiError as error:
        return error


def _check_distinct(ready: Iterable[Ready]) -> None:
    places = set()
    for count, each in enumerate(ready, 1):
        places.add((each.table.name, *each.table.locate(each.todo.subject)))
        if len(places) < count:
            raise validation(messages.BATCH_DUPLICATES)


def _run(ready: Ready, engine: Engine) -> tuple[dict[str, Any], Usage]:
    """What one statement answers, and what it cost."""
    table, todo, trouble = ready.table, ready.todo, engine.trouble
    if not isinstance(todo, Read):
        write = written(todo, table, engine)
        items = returned(ready.bound, todo, write)
        return ({"Item": items[0]} if items else {}), write_usage(write)
    found = table.get(todo.key) if trouble is None else trouble.get(table, todo.key, consistent=todo.consistent)
    usage = Usage(read_units(0 if found is None else found.size, todo.consistent))
    return ({} if found is None else {"Item": item_of(found, todo.statement.projection)}), usage


def _usage_of_failed(ready: Ready, error: ApiError) -> Usage | None:
    """A write that its item refused is paid for all the same."""
    if error.name not in _REFUSED_BY_ITEM:
        return None
    old = ready.table.get(ready.todo.subject)
    return Usage(write_units(0 if old is None else old.size))


def _error(error: ApiError) -> dict[str, Any]:
    return {"Code": _CODES[error.name], "Message": error.message}
