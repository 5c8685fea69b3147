"""Texts that are DynamoDB Local's own: translated before answers are compared, or recognized where they cannot be.

Data; each translation has a reason, and an example in ``difference_examples``.
"""

from __future__ import annotations

from typing import Final

from tests.differential.differences import LocalText

_CAPTURED: Final = "captures of the service have the other text"
_LESS: Final = "captures of the service name the attribute, Local does not"
_SHAPE: Final = "the service checks shapes by its model and says so in one form for all operations"

LOCAL_TEXTS: Final[tuple[LocalText, ...]] = (
    LocalText(
        "types of a set's action",
        r", typeSet: ALLOWED_FOR_(ADD|DELETE)_OPERAND",
        "",
        "public reports of the service's text end before it",
    ),
    LocalText(
        "failed conditions", r"The conditional request failed\.(?=\")", "The conditional request failed", _CAPTURED
    ),
    LocalText(
        "ReturnValues", r"Return values set to invalid value", "ReturnValues can only be ALL_OLD or NONE", _CAPTURED
    ),
    LocalText(
        "tables for data", r"Cannot do operations on a non-existent table", "Requested resource not found", _CAPTURED
    ),
    LocalText(
        "consistent reads",
        r"Consistent read cannot be true when querying a GSI",
        "Consistent reads are not supported on global secondary indexes",
        _CAPTURED,
    ),
    LocalText(
        "conditions on keys",
        r"The number of conditions on the keys is invalid",
        "The provided key element does not match the schema",
        _CAPTURED,
    ),
    LocalText(
        "Amazon's own types",
        r"(DECIMAL|DECIMALSET|DICT|DOUBLE|DOUBLESET|FLOAT|FS|HD|HDS|INT|INTSET), ",
        "",
        "types of Amazon's own that no attribute can have; the documentation lists ten",
    ),
    LocalText(
        "short types",
        r"(?<=is not supported for the type )(STRING|NUMBER|BINARY|BOOLEAN|LIST|MAP)\b",
        "{short}",
        "the service prints the type's short name",
    ),
    LocalText(
        "scalar sort keys",
        r"Only scalar types can be used as Range Key values",
        "Attempted conditional constraint is not an indexable operation",
        _CAPTURED,
    ),
    LocalText(
        "duplicates in sets of texts",
        r"(?<=\] contains duplicates)(?= for key :)",
        ".",
        "the same as outside of expressions",
    ),
    LocalText(
        "tokens",
        r"(?<=^IdempotentParameterMismatchException: )$",
        "The ClientRequestToken was used before, with other parameters",
        "Local says nothing more; what the service says nobody has told",
    ),
    LocalText(
        "nulls",
        r"^ValidationException: Value (?=null)",
        "ValidationException: 1 validation error detected: Value ",
        _SHAPE,
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

#: of a mistake that the service finds too, or finds another before
TEXTS_OF_LOCAL: Final = (
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
    r"Exclusive Start Key must have same size as table's key schema",
    r"If total segments is specified, a particular segment must also be specified",
    r"If segment is specified, total segment must also be specified",
)
