"""ExecuteTransaction: statements of PartiQL as the elements of TransactGetItems or TransactWriteItems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from ...limits import TRANSACTION_MAX_ACTIONS, TRANSACTION_MAX_BYTES, TRANSACTION_TOKEN_MAX_CHARS
from .. import messages, partiql_messages
from ..errors import ApiError, validation
from ..partiql.fault import StatementFault, SyntaxFault
from ..partiql.reads import key_of_select
from ..partiql.statements import Bound, Delete, Exists, NoStatement, Select, Update, bind
from ..partiql.writes import Element, check_item, element, table_name
from ..shapes import RETURN_CONSUMED_CAPACITY, list_of, required, string, structure
from ..state.tokens import fingerprint
from ..transactions import cancelled
from ..values import value_size
from . import transact_get_items, transact_write_items
from .execute_statement import PARAMETERS, STATEMENT
from .get_item import Picked
from .shared_shapes import RETURN_VALUES_ON_CONDITION_CHECK_FAILURE
from .transact_get_items import Get

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure(
    "ExecuteTransactionInput",
    TransactStatements=required(
        list_of(
            structure(
                "ParameterizedStatement",
                Statement=STATEMENT,
                Parameters=PARAMETERS,
                ReturnValuesOnConditionCheckFailure=RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
            ),
            min_length=1,
            max_length=TRANSACTION_MAX_ACTIONS,
        )
    ),
    ClientRequestToken=string(1, TRANSACTION_TOKEN_MAX_CHARS),
    ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
)


class Prepared(Struct, frozen=True):
    """A transaction.

    Attributes:
        returns_item: of each statement, whether a failed condition tells the item.
        fingerprint: of the statements and their parameters; empty where there is no token.
    """

    statements: list[Bound]
    returns_item: list[bool]
    token: str | None
    fingerprint: bytes
    capacity: str | None


# ── what needs no table ──────────────────────────────────────────────────────────────────────────────────────────────
def validate(request: dict[str, Any]) -> Prepared:
    given: list[dict[str, Any]] = request["TransactStatements"]
    statements = [_bound(at, each) for at, each in enumerate(given)]
    if len({each.is_read for each in statements}) > 1:
        raise validation(partiql_messages.TRANSACTION_MIXED)
    for at, bound in enumerate(statements):
        _check_statement(at, bound)
    size = sum(value_size(value) for bound in statements for value in bound.values.values())
    if size > TRANSACTION_MAX_BYTES:
        raise validation(messages.transaction_too_large(size))
    for bound in statements:
        check_item(bound)
    token = request.get("ClientRequestToken")
    return Prepared(
        statements,
        [each.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" for each in given],
        token,
        b"" if token is None else _fingerprint(given, statements),
        request.get("ReturnConsumedCapacity"),
    )


def _fingerprint(given: list[dict[str, Any]], statements: list[Bound]) -> bytes:
    """Of what is asked for, however the values of parameters are written."""
    return fingerprint([[each["Statement"], bound.values] for each, bound in zip(given, statements, strict=True)])


def _bound(at: int, request: dict[str, Any]) -> Bound:
    try:
        bound = bind(request["Statement"], request.get("Parameters"))
    except SyntaxFault as fault:
        raise fault.error() from None
    except StatementFault as fault:
        raise validation(partiql_messages.failed_in_transaction(at, fault.detail)) from None
    if isinstance(bound.statement, NoStatement):
        kind = bound.statement.kind
        raise validation(
            partiql_messages.unsupported_operation(kind) if kind else partiql_messages.TRANSACTION_OPERATION
        )
    return bound


def _check_statement(at: int, bound: Bound) -> None:
    """Refuse what may stand in no transaction."""
    statement = bound.statement
    detail = None
    if isinstance(statement, Select) and statement.index is not None:
        detail = partiql_messages.TRANSACTION_INDEX_READ
    elif isinstance(statement, Exists) and statement.select.index is not None:
        detail = partiql_messages.TRANSACTION_INDEX
    elif isinstance(statement, Update | Delete) and statement.returning is not None:
        detail = partiql_messages.TRANSACTION_RETURNING
    if detail is not None:
        raise validation(partiql_messages.failed_in_transaction(at, detail))


# ── what needs them ──────────────────────────────────────────────────────────────────────────────────────────────────
def apply(prepared: Prepared, engine: Engine) -> dict[str, Any]:
    if prepared.statements[0].is_read:
        gets = [_get(at, bound, engine) for at, bound in enumerate(prepared.statements)]
        return transact_get_items.apply(transact_get_items.Prepared(gets, prepared.capacity), engine)
    elements = _elements(prepared, engine)
    transaction = transact_write_items.Prepared(
        list(elements), prepared.token, prepared.fingerprint, prepared.capacity, metrics=False
    )
    return {"Responses": [], **transact_write_items.apply(transaction, engine, "ExecuteTransaction")}


def _get(at: int, bound: Bound, engine: Engine) -> Get:
    statement = bound.statement
    assert isinstance(statement, Select), "the others are writes"
    key = key_of_select(statement, engine.catalog.table(statement.table), bound)
    if key is None:
        raise validation(partiql_messages.failed_in_transaction(at, partiql_messages.TRANSACTION_SELECT))
    projection = statement.projection
    return Get(statement.table, key, None if projection is None else Picked(projection.paths, projection.of))


def _elements(prepared: Prepared, engine: Engine) -> list[Element]:
    """The writes; what is wrong with any of them by itself cancels all."""
    tables = [engine.catalog.table(table_name(bound)) for bound in prepared.statements]
    found: list[Element] = []
    errors: list[ApiError | None] = []
    for at, (bound, table) in enumerate(zip(prepared.statements, tables, strict=True)):
        try:
            found.append(element(bound, table, returns_item=prepared.returns_item[at]))
            errors.append(None)
        except StatementFault as fault:
            errors.append(fault.error())
        except ApiError as error:
            if isinstance(bound.statement, Exists):
                detail = partiql_messages.EXISTS_CONDITION
                raise validation(partiql_messages.failed_in_transaction(at, detail)) from None
            errors.append(error)
    for at, each in enumerate(found if not any(errors) else ()):
        if isinstance(each, transact_write_items.Check) and not _has_more(prepared.statements[at], each):
            raise validation(partiql_messages.failed_in_transaction(at, partiql_messages.EXISTS_CONDITION))
    if any(errors):
        raise cancelled(errors)
    return found


def _has_more(bound: Bound, check: transact_write_items.Check) -> bool:
    """Whether an EXISTS wants more of an item than that it is there."""
    statement = bound.statement
    assert isinstance(statement, Exists), "only those are checks"
    where = statement.select.where
    return where is not None and (where.equalities is None or where.equalities.keys() != check.key.keys())
