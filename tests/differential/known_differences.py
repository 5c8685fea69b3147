"""Where DynamoDB Local is known to answer otherwise than the service: data, each entry with its reason.

Two kinds: texts that are Local's own, translated before answers are compared (``LOCAL_TEXTS``), and answers that cannot
be the same (``KNOWN``). Patterns are narrow, so that an entry excuses nothing else. The service's own answers to such
requests are pinned in ``test_requests``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Request: TypeAlias = dict[str, Any]

ERROR: Final = r"\w+(Exception|Failure)(: |$)"
INVALID: Final = "ValidationException: "
SUCCESS: Final = r"\w+ \{"


@dataclass(frozen=True, slots=True)
class LocalText:
    """A text of Local's own.

    Attributes:
        local: how Local puts it; a regular expression.
        service: how the service puts it, in place of that.
        reason: why it is known to be Local's alone.
    """

    local: str
    service: str
    reason: str


@dataclass(frozen=True, slots=True)
class KnownDifference:
    """One reason for answers to differ.

    Attributes:
        reason: who is right, and how that is known.
        ours, local: what the two answers (``ErrorName: message``, or ``Operation {json}``) begin with; regular
            expressions. Local's is the translated one.
        operations: those that it can happen in; none: all.
        request: what must be true of the request besides.
    """

    reason: str
    ours: str
    local: str
    operations: tuple[str, ...] = ()
    request: Callable[[Request], bool] | None = None

    def explains(self, operation: str, request: Request, ours: str, local: str) -> bool:
        return (
            (not self.operations or operation in self.operations)
            and re.match(self.ours, ours, re.DOTALL) is not None
            and re.match(self.local, local, re.DOTALL) is not None
            and (self.request is None or self.request(request))
        )


_CAPTURED: Final = "captures of the service have the other text"
_LESS: Final = "captures of the service name the attribute, Local does not"
_SHAPE: Final = "the service checks shapes by its model and says so in one form for all operations"

LOCAL_TEXTS: Final[tuple[LocalText, ...]] = (
    LocalText(r", typeSet: ALLOWED_FOR_(ADD|DELETE)_OPERAND", "", "public reports of the service's text end before it"),
    LocalText(r"The conditional request failed\.(?=\")", "The conditional request failed", _CAPTURED),
    LocalText(r"Return values set to invalid value", "ReturnValues can only be ALL_OLD or NONE", _CAPTURED),
    LocalText(r"Cannot do operations on a non-existent table", "Requested resource not found", _CAPTURED),
    LocalText(
        r"Consistent read cannot be true when querying a GSI",
        "Consistent reads are not supported on global secondary indexes",
        _CAPTURED,
    ),
    LocalText(
        r"The number of conditions on the keys is invalid",
        "The provided key element does not match the schema",
        _CAPTURED,
    ),
    LocalText(
        r"(DECIMAL|DECIMALSET|DICT|DOUBLE|DOUBLESET|FLOAT|FS|HD|HDS|INT|INTSET), ",
        "",
        "types of Amazon's own that no attribute can have; the documentation lists ten",
    ),
    LocalText(
        r"(?<=is not supported for the type )(STRING|NUMBER|BINARY|BOOLEAN|LIST|MAP)\b",
        "{short}",
        "the service prints the type's short name",
    ),
    LocalText(
        r"Only scalar types can be used as Range Key values",
        "Attempted conditional constraint is not an indexable operation",
        _CAPTURED,
    ),
    LocalText(r"(?<=\] contains duplicates)(?= for key :)", ".", "the same as outside of expressions"),
    LocalText(r"(?<=Input collection contains duplicates)\.(?= for key :)", "", "the same as outside of expressions"),
    LocalText(
        r"^ValidationException: Value (?=null|\[)", "ValidationException: 1 validation error detected: Value ", _SHAPE
    ),
)
SHORT_TYPES: Final = {
    "STRING": "S",
    "NUMBER": "N",
    "BINARY": "B",
    "BOOLEAN": "BOOL",
    "LIST": "L",
    "MAP": "M",
}

#: Local's texts for what the service would find only after everything that needs no table
_KEYS: Final = (
    "The provided key element does not match the schema|One or more parameter values were invalid: Type mismatch|"
    "One or more parameter values are not valid"
)
_OF_VALUES: Final = "ExpressionAttributeValues contains invalid value: "
_TEXTS_OF_LOCAL: Final = (
    r"A value provided cannot be converted into a number",
    r"One of the required keys was not given a value",
    r"One or more parameter values were invalid: Type mismatch for (key|Index Key)$",
    r"Cannot have null key for GetItem, DeleteItem, or UpdateItem",
    r"Invalid attribute value type",
    r"Invalid table/index name\.",
    r"BatchWriteItem cannot have a null or no requests set",
    r"BatchGetItem must have some requests set",
    r"Query condition missed key schema element$",
    r"Updates on index keys must be of the same data type as the key attribute",
    r"DynamoDB only supports precision up to 38 digits",
)
_NUMBERS: Final = (
    r"The parameter cannot be converted to a numeric value|Number (over|under)flow|Attempting to store more than 38"
)
_VALUES: Final = (
    rf"({_NUMBERS}|Supplied AttributeValue|Input collection|"
    r"One or more parameter values were invalid: (An|Binary|Null|Input))"
)

RUNTIME: Final = (
    "(The document path provided in the update|The provided expression refers to an attribute|An operand in the update)"
)
KEY_UPDATE: Final = (
    r"One or more parameter values were invalid: Cannot update attribute \w+\. This attribute is part of"
)
NESTED_KEY: Final = "Key attributes must be scalars"


def is_measured(request: Request) -> bool:
    return request.get("ReturnConsumedCapacity") not in (None, "NONE")


KNOWN: Final[tuple[KnownDifference, ...]] = (
    KnownDifference(
        "wrong JSON types are SerializationExceptions, found before anything else; Local's parser is another one",
        ours="SerializationException: ",
        local="",
    ),
    KnownDifference(
        "the service checks the shape of the whole request first; Local checks some members late, and some never",
        ours=rf"{INVALID}\d+ validation errors? detected: ",
        local="",
    ),
    KnownDifference(
        "a text that only Local has, about a mistake that the service finds too, or finds another before",
        ours=ERROR,
        local=rf"({INVALID}|TransactionCanceledException: )({_OF_VALUES})?({'|'.join(_TEXTS_OF_LOCAL)})",
    ),
    KnownDifference(
        "the service does all it can before it looks at the table and the key; Local does that first",
        ours=ERROR,
        local=rf"({INVALID}({_KEYS})|ResourceNotFoundException: |TransactionCanceledException: .*({_KEYS}))",
    ),
    KnownDifference(
        "values are checked before ReturnValues and expressions, as dynalite's recordings show; Local does it later",
        ours=INVALID + _VALUES,
        local=ERROR,
    ),
    KnownDifference(
        "captures list the members of a set of binaries; Local leaves them out",
        ours=rf"{INVALID}.*Input collection \[.*\]of type BS contains duplicates",
        local=rf"{INVALID}.*Input collection of type BS contains duplicates",
    ),
    KnownDifference("Local fails inside", ours="", local="InternalFailure: "),
    # ── capacity ─────────────────────────────────────────────────────────────────────────────────────────────────────
    KnownDifference(
        "Local answers a DeleteItem with its capacity though nobody asked",
        ours=r"DeleteItem \{",
        local=r"DeleteItem \{.*ConsumedCapacity",
        operations=("DeleteItem",),
        request=lambda request: not is_measured(request),
    ),
    KnownDifference(
        "a read that finds nothing costs the least there is (the documentation of read capacity); in Local it is free",
        ours=r'(Query|Scan|BatchGetItem) \{"ConsumedCapacity": \[?\{"CapacityUnits": [0-9.]+',
        local=r'(Query|Scan|BatchGetItem) \{"ConsumedCapacity": \[?\{"CapacityUnits": [0-9.]+',
        request=is_measured,
    ),
    KnownDifference(
        "Local counts the writes of batches and transactions, deletions above all, twice; captures count them once",
        ours=r'(BatchWriteItem|TransactWriteItems) \{"ConsumedCapacity"',
        local=r'(BatchWriteItem|TransactWriteItems) \{"ConsumedCapacity"',
        request=is_measured,
    ),
    KnownDifference(
        "captures have ReadCapacityUnits in every arm of a transaction's capacity",
        ours=r'TransactGetItems \{"ConsumedCapacity"',
        local=r'TransactGetItems \{"ConsumedCapacity"',
        request=is_measured,
    ),
    KnownDifference(
        "an item that an index does not hold, for want of one of two keys, costs nothing there; in Local it does",
        ours=r'(PutItem|UpdateItem|DeleteItem) \{.*"ConsumedCapacity": \{"CapacityUnits": [0-9.]+',
        local=r'(PutItem|UpdateItem|DeleteItem) \{.*"ConsumedCapacity": \{"CapacityUnits": [0-9.]+',
        request=is_measured,
    ),
    # ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────
    KnownDifference(
        "Local names an innocent path as the second one; dynalite's recordings name the one that overlaps",
        ours=rf"{INVALID}Invalid (Projection|Update)Expression: Two document paths (overlap|conflict)",
        local=rf"{INVALID}Invalid (Projection|Update)Expression: Two document paths (overlap|conflict)",
    ),
    KnownDifference(
        "two things are wrong with what an update finds in its item; Local meets them in an order of its own hashing",
        ours=INVALID + RUNTIME,
        local=INVALID + RUNTIME,
        operations=("UpdateItem",),
    ),
    KnownDifference(
        "updates of keys, which only the schema tells, are refused before the condition (dynalite's recordings)",
        ours=rf"{INVALID}({KEY_UPDATE}|{NESTED_KEY}|.*for Index Key)",
        local=rf"ConditionalCheckFailedException: |{INVALID}({RUNTIME}|Type mismatch for attribute to update)",
        operations=("UpdateItem",),
    ),
    KnownDifference(
        "the same, inside of a transaction",
        ours=rf"TransactionCanceledException: .*{KEY_UPDATE}",
        local=r"TransactionCanceledException: .*ConditionalCheckFailed",
    ),
    KnownDifference(
        "captures have one reason for every part of a transaction; Local stops at an update of a key",
        ours=rf"TransactionCanceledException: .*{KEY_UPDATE}",
        local=rf"TransactionCanceledException: .*{KEY_UPDATE}",
    ),
    KnownDifference(
        "paths into keys are refused everywhere; Local forgets them in transactions",
        ours=f"{INVALID}{NESTED_KEY}",
        local=r"TransactWriteItems|TransactGetItems|TransactionCanceledException: |ValidationException: ",
        operations=("TransactWriteItems", "TransactGetItems"),
    ),
    KnownDifference(
        "there is more than one mistake about keys in an update; which is named first means nothing",
        ours=f"{INVALID}({NESTED_KEY}|{KEY_UPDATE}|One or more parameter values are not valid|.*for Index Key)",
        local=f"{INVALID}({NESTED_KEY}|{KEY_UPDATE})",
        operations=("UpdateItem",),
    ),
    KnownDifference(
        "a value is no step of a path; Local's grammar takes it for one, and then fails inside, or wants another token",
        ours=rf'{INVALID}Invalid \w+Expression: Syntax error; token: ":\w+", near: "\.',
        local=rf"{INVALID}Invalid \w+Expression: (Syntax error|Internal server error)",
    ),
    KnownDifference(
        "a path into a key is refused before what an index does not hold; Local does it the other way in filters",
        ours=f"{INVALID}One or more parameter values were invalid: Global secondary index",
        local=f"{INVALID}{NESTED_KEY}",
        operations=("Scan",),
        request=lambda request: "FilterExpression" in request,
    ),
    KnownDifference(
        "Select is checked against the index before the table is looked up (dynalite's recordings)",
        ours=f"{INVALID}ALL_PROJECTED_ATTRIBUTES can be used only when",
        local=ERROR,
        operations=("Query", "Scan"),
    ),
    KnownDifference(
        "key conditions are held against the index before its projection is (dynalite's recordings)",
        ours=INVALID,
        local=f"{INVALID}One or more parameter values were invalid: (Global secondary|Secondary) index",
        operations=("Query",),
    ),
    KnownDifference(
        "what needs no table is checked before the table and its indexes are looked up (captures)",
        ours=INVALID,
        local=f"{INVALID}The table does not have the specified index",
        operations=("Query", "Scan"),
    ),
    KnownDifference(
        "a scan filters what its index holds (the documentation of projections); Local looks at the whole item",
        ours=r"Scan \{",
        local=r"Scan \{",
        operations=("Scan",),
        request=lambda request: "IndexName" in request and ("FilterExpression" in request or "ScanFilter" in request),
    ),
    KnownDifference(
        "the key condition's presence is checked before names and values are (dynalite's recordings)",
        ours=f"{INVALID}Either the KeyConditions or KeyConditionExpression",
        local=f"{INVALID}Value provided in ExpressionAttribute",
        operations=("Query",),
    ),
    KnownDifference(
        "keys of all parts are checked before any part is executed (captures); Local executes in turn",
        ours=r"TransactionCanceledException: .*The provided key element does not match the schema",
        local=rf"TransactionCanceledException: .*{KEY_UPDATE}|{INVALID}{NESTED_KEY}",
        operations=("TransactWriteItems",),
    ),
    KnownDifference(
        "keys of a part are checked before its expressions",
        ours=rf"{INVALID}.*for a key attribute cannot",
        local=ERROR,
        operations=("TransactWriteItems", "TransactGetItems"),
    ),
    KnownDifference(
        "there are paths into several keys; which of them is named means nothing",
        ours=f"{INVALID}{NESTED_KEY}",
        local=f"{INVALID}{NESTED_KEY}",
    ),
    KnownDifference(
        "the documentation's list of reserved words has SIZE; Local takes it for a name",
        ours=rf"{INVALID}Invalid \w+Expression: Attribute name is a reserved keyword; reserved keyword: size",
        local="",
    ),
    KnownDifference(
        "an attribute that is not there contains nothing (dynalite's recordings); Local says it does",
        ours="",
        local="",
        request=lambda request: "'NOT_CONTAINS'" in repr(request),
    ),
    KnownDifference(
        "captures refuse updates that give an index's key another type; Local forgets to look, or says it otherwise",
        ours=rf"({INVALID}|TransactionCanceledException: .*).*Type mismatch for Index Key",
        local=rf"UpdateItem|TransactWriteItems|{INVALID}Updates on index keys must be of the same data type",
        operations=("UpdateItem", "TransactWriteItems"),
    ),
    # ── order of checks ──────────────────────────────────────────────────────────────────────────────────────────────
    KnownDifference(
        "what an update finds in an item cancels a transaction (documentation of CancellationReasons); in Local it is "
        "the whole request's error",
        ours="TransactionCanceledException: ",
        local=INVALID + RUNTIME,
        operations=("TransactWriteItems",),
    ),
    KnownDifference(
        "an item is named twice, or a key is empty: known before anything is executed; Local executes in turn",
        ours=rf"{INVALID}(Transaction request cannot include multiple operations|.*for a key attribute cannot)",
        local=rf"TransactionCanceledException: |{INVALID}{RUNTIME}",
        operations=("TransactWriteItems",),
    ),
    KnownDifference(
        "keys are held against their tables before they are compared with each other (captures)",
        ours=r"TransactionCanceledException: .*The provided key element does not match the schema",
        local=f"{INVALID}Transaction request cannot include multiple operations on one item",
    ),
    KnownDifference(
        "expressions of a batch are checked before its keys (dynalite's recordings)",
        ours=f"{INVALID}Invalid ProjectionExpression: ",
        local=rf"{INVALID}(Provided list of item keys contains duplicates|{_VALUES})",
        operations=("BatchGetItem",),
    ),
    KnownDifference(
        "the key condition is parsed before the filter, and the filter before the projection (dynalite's recordings)",
        ours=f"{INVALID}(Invalid (KeyCondition|Filter)Expression|Either the KeyConditions)",
        local=f"{INVALID}Invalid (Filter|Projection)Expression",
        operations=("Query", "Scan"),
    ),
    KnownDifference(
        "key conditions, and filters on keys, are refused before paths into keys (dynalite's recordings)",
        ours=INVALID,
        local=f"{INVALID}{NESTED_KEY}",
        operations=("Query",),
    ),
    KnownDifference(
        "ReturnValues is checked before Expected (dynalite's recordings)",
        ours=f"{INVALID}ReturnValues can only be ALL_OLD or NONE",
        local=ERROR,
        operations=("PutItem", "DeleteItem"),
        request=lambda request: "Expected" in request,
    ),
    KnownDifference(
        "the operator is checked before the types of its arguments (dynalite's recordings)",
        ours=f"{INVALID}Attempted conditional constraint is not an indexable operation",
        local=f"{INVALID}One or more parameter values were invalid: Condition parameter type does not match",
        operations=("Query",),
    ),
    KnownDifference(
        "AttributeUpdates are checked before they are tried",
        ours=f"{INVALID}One or more parameter values were invalid: (Only DELETE|ADD|DELETE) action",
        local=f"{INVALID}Type mismatch for attribute to update",
        operations=("UpdateItem",),
    ),
    KnownDifference(
        "arguments of several types are refused before types that the operator cannot have (dynalite's recordings)",
        ours=f"{INVALID}One or more parameter values were invalid: AttributeValues inside AttributeValueList must be",
        local=f"{INVALID}One or more parameter values were invalid: ComparisonOperator",
    ),
)
