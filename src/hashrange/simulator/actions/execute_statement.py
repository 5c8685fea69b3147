"""ExecuteStatement: one statement of PartiQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from ...limits import PARTIQL_NEXT_TOKEN_MAX_CHARS, PARTIQL_STATEMENT_MAX_CHARS
from .. import partiql_messages
from ..errors import validation
from ..partiql.fault import StatementFault
from ..partiql.reads import Options, select
from ..partiql.statements import Bound, Exists, NoStatement, Select, bind
from ..partiql.writes import write_answer
from ..shapes import (
    ATTRIBUTE_VALUE,
    RETURN_CONSUMED_CAPACITY,
    boolean,
    integer,
    list_of,
    required,
    string,
    structure,
)
from .shared_shapes import RETURN_VALUES_ON_CONDITION_CHECK_FAILURE

if TYPE_CHECKING:
    from ..engine import Engine

STATEMENT: Final = required(string(1, PARTIQL_STATEMENT_MAX_CHARS))
PARAMETERS: Final = list_of(ATTRIBUTE_VALUE, min_length=1)

SHAPE: Final = structure(
    "ExecuteStatementInput",
    Statement=STATEMENT,
    Parameters=PARAMETERS,
    ConsistentRead=boolean(),
    NextToken=string(1, PARTIQL_NEXT_TOKEN_MAX_CHARS),
    ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
    Limit=integer(1),
    ReturnValuesOnConditionCheckFailure=RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
)


_NO_OPTIONS: Final = Options()


class Prepared(Struct, frozen=True):
    """A statement with what the request says beside it; ``text`` and ``parameters`` as they were given."""

    bound: Bound
    options: Options
    text: str
    parameters: list[dict[str, Any]] | None


def validate(request: dict[str, Any]) -> Prepared:
    get = request.get
    text, parameters = request["Statement"], get("Parameters")
    try:
        bound = bind(text, parameters)
    except StatementFault as fault:
        raise fault.error() from None
    if isinstance(bound.statement, Exists):
        raise validation(partiql_messages.EXISTS_OUTSIDE)
    if isinstance(bound.statement, NoStatement):
        kind = bound.statement.kind
        raise validation(partiql_messages.unsupported_operation(kind) if kind else partiql_messages.EXISTS_OUTSIDE)
    if len(request) == 1 + (parameters is not None):
        return Prepared(bound, _NO_OPTIONS, text, parameters)
    options = Options(
        get("ConsistentRead") or False,
        get("Limit"),
        get("NextToken"),
        get("ReturnConsumedCapacity"),
        get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD",
    )
    return Prepared(bound, options, text, parameters)


def apply(prepared: Prepared, engine: Engine) -> dict[str, Any]:
    bound, options = prepared.bound, prepared.options
    try:
        if isinstance(bound.statement, Select):
            return select(bound.statement, bound, options, prepared.text, prepared.parameters, engine)
        return write_answer(bound, options.capacity, engine, returns_item=options.returns_item)
    except StatementFault as fault:
        raise fault.error() from None
