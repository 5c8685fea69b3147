"""What the service says about PartiQL, verbatim. State of 2026-11.

A part of ``messages``. Sources: public reports of the service where there are any, the texts of the published parser
that the service runs, and DynamoDB Local, which has AWS's own translator. Must not know when a message is due.
"""

from __future__ import annotations

from typing import Final

At = tuple[int, int, int]


def _at(at: At) -> str:
    return ":".join(map(str, at))


# ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────────
ALIASING: Final = "Aliasing is not supported"
PATH_EMPTY: Final = "Path component cannot be an empty string"
TABLE_NAME: Final = (
    "Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', '0-9', '-', '_', '.'."
)
FROM_PATH_TOO_LONG: Final = "A path may contain at most 2 components in the FROM clause"
FROM_UNEXPECTED: Final = "Unexpected from source"
FROM_SEVERAL: Final = "Only select from a single table or index is supported."
FROM_OF_WRITE: Final = "FROM clause may only contain a single table name in data manipulation statements"
NOT_ON_INDEX: Final = "This operation is not supported on an index"
PARAMETERS_MISMATCH: Final = "Number of parameters in request and statement don't match."
EXISTS_OUTSIDE: Final = "EXISTS can only be used in ExecuteTransaction write requests."
SELECT_VALUE: Final = "Select projection doesn't support value or pivot keywords"
PROJECTS_ALL_OF: Final = "Changing item's hierarchy while reading isn't supported"
INSERT_RETURNING: Final = "RETURNING is not supported in INSERT"
RETURNING_WITHOUT_STAR: Final = "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause"
RETURNING_SEVERAL: Final = "Invalid syntax with multiple returning elements in RETURNING clause"


def not_well_formed(detail: str) -> str:
    return f"Statement wasn't well formed, can't be processed: {detail}"


def unsupported_operation(kind: str) -> str:
    return f"Unsupported operation: {kind}"


def unsupported_clause(clause: str, at: At | None) -> str:
    return f"Unsupported clause: {clause}" + ("" if at is None else f" at {_at(at)}")


def unsupported_token(token: str, at: At | None = None) -> str:
    return f"Unsupported token in expression: {token}" + ("" if at is None else f" at {_at(at)}")


def insert_position(at: At) -> str:
    return f"AT is not supported in insert statements. at {_at(at)}"


def insert_format(at: At) -> str:
    return (
        "Unsupported format in item expression. Please use struct format {...} to express item values for insert "
        f"statement. at {_at(at)}"
    )


def returning_of_delete(image: str) -> str:
    return f"Invalid returning clause: RETURNING {image} *. Only RETURNING ALL OLD * is allowed in DELETE statements."


# ── paths and projections ────────────────────────────────────────────────────────────────────────────────────────────
def unexpected_path(at: At) -> str:
    return f"Unexpected path component at {_at(at)}"


def unpivot_path(at: At) -> str:
    return f"Unpivot path component like a.*.b are not supported at {_at(at)}"


def wildcard_path(at: At) -> str:
    return f"Wildcard path component like a[*].b are not supported at {_at(at)}"


def list_index(index: int, at: At) -> str:
    return f"List index is not within the allowable range; index: [{index}] at {_at(at)}"


def projected_twice(name: str) -> str:
    return f"Duplicate identifiers in select clause: {name}"


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────
NESTING: Final = "Nesting Levels have exceeded supported limits"


def unsupported_data(kind: str, key: str, at: At) -> str:
    return f"Unsupported data type: {kind} under key {key} at {_at(at)}"


def ion_literal(kind: str, key: str, at: At) -> str:
    return f"Ion Literals are not supported: {kind} under key {key} at {_at(at)}"


def empty_bag(at: At) -> str:
    return f"Empty bags are not supported at {_at(at)}"


def mixed_bag(at: At) -> str:
    return f"Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags at {_at(at)}"


def key_twice(name: str, key: str, at: At) -> str:
    return f"Duplicate keys in tuple. Key: {name} under {key} at {_at(at)}"


def key_type(kind: str, key: str, at: At) -> str:
    return f"Tuple keys must be of type String. Actual type: {kind} under {key} at {_at(at)}"


# ── conditions and updates ───────────────────────────────────────────────────────────────────────────────────────────
WHERE_NOT_BOOLEAN: Final = "WHERE clause must contain an expression that resolves to a boolean"
JUNCTION_ARGUMENTS: Final = "The arguments to AND/OR must be Expressions"
NOT_ARGUMENT: Final = "The argument to NOT must be a Type or Expression"
MISSING_WITHOUT_IS: Final = "MISSING must be compared using IS operator"
IS_ARGUMENT: Final = "The left hand side argument to IS must be a Variable Reference, Literal, or Path"
IS_IN_UPDATE: Final = "IS operator is not supported in update expressions"
IN_ARGUMENTS: Final = (
    "IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq with "
    "at least one member"
)


def unsupported_operator(kind: str, operator: str) -> str:
    return f"Unsupported operator in {kind} Expression. Operator: {operator}"


def unsupported_type(name: str, at: At) -> str:
    return (
        f"Unsupported data type for IS operator: {name}. Supported data types are "
        f"[MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST] at {_at(at)}"
    )


def unrecognized_function(name: str) -> str:
    return f"Unrecognized function: {name}"


def set_function_operands(function: str, at: At) -> str:
    return f"{function.upper()} must have exactly two arguments at {_at(at)}"


def set_function_target(function: str) -> str:
    return f"The first argument to {function.upper()} must equal the assignment value"


def set_function_value(function: str, at: At) -> str:
    return f"The second argument to {function.upper()} must be a value with type SET at {_at(at)}"


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
MANDATORY_EQUALITY: Final = "Where clause does not contain a mandatory equality on all key attributes"
CONSISTENT_ON_GLOBAL_INDEX: Final = "Strongly consistent read is not supported on Global Secondary Indexes"
CONDITION_TYPE: Final = "One or more parameter values were invalid: Condition parameter type does not match schema type"
ORDER_WITHOUT_WHERE: Final = "Must have WHERE clause in the statement when using ORDER BY clause."
ORDER_WITHOUT_HASH: Final = (
    "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
)
DUPLICATE_ITEM: Final = "Duplicate primary key exists in table"


def key_missing(name: str) -> str:
    return f"Key attribute should be present in the item: Key {name}"


def key_type_mismatch(name: str) -> str:
    return f"Key attribute's data type should match its data type in table's schema: Key {name}"


def key_conditions(name: str) -> str:
    return f"Multiple conditions on same key {name}. Only single item Update/Insert/Delete are supported"


def order_by_other(name: str) -> str:
    return f"Variable reference {name} in ORDER BY clause must be part of the primary key"


def order_by_expression(kind: str) -> str:
    return f"Argument to ORDER BY must be of type VariableReference. Type: {kind}"


# ── paging, batches and transactions ─────────────────────────────────────────────────────────────────────────────────
TOKEN_INVALID: Final = "Invalid NextToken"  # noqa: S105 - a message, not a secret
TOKEN_MISMATCH: Final = "NextToken does not match request"  # noqa: S105 - a message, not a secret

BATCH_MIXED: Final = "Read and write requests together in the same batch is not supported."
BATCH_OPERATION: Final = "Invalid operation. Only select, insert, update and delete operations are valid"
BATCH_SELECT: Final = "Select statements within BatchExecuteStatement must specify the primary key in the where clause."

TRANSACTION_MIXED: Final = "ExecuteTransaction API does not support both read and write operations in the same request."
TRANSACTION_OPERATION: Final = "Unsupported operation in transaction."
TRANSACTION_RETURNING: Final = "RETURNING clause is not supported in ExecuteTransaction."
TRANSACTION_SELECT: Final = (
    "Select statements within ExecuteTransaction must specify the primary key in the where clause."
)
TRANSACTION_INDEX_READ: Final = "Reads on indices are not supported within transactions."
TRANSACTION_INDEX: Final = "Operations on indices are not supported in transactions"
EXISTS_CONDITION: Final = "EXISTS() must contain a single item read with additional condition"


def failed_in_transaction(at: int, detail: str) -> str:
    return f"Validation failed in TransactStatements[{at}]: {detail}"
