"""What the service says, verbatim, wherever that is not a subject of its own: ``expression_messages`` are about
expressions, ``read_messages`` about Query and Scan, ``table_messages`` about tables. State of 2026-11.

A constant where the text never changes, a function where it names something. Must not know when a message is due.
Spelling and spacing are the service's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

_INVALID_PARAMETERS: Final = "One or more parameter values were invalid: "


def _braced(parts: Iterable[str]) -> str:
    return "{" + ", ".join(parts) + "}"


# ── JSON types ───────────────────────────────────────────────────────────────────────────────────────────────────────
UNEXPECTED_FIELD: Final = "Unexpected field type"
UNEXPECTED_VALUE: Final = "Unexpected value type in payload"
UNEXPECTED_STRUCTURE: Final = "Start of structure or map found where not expected"
NOT_A_BOOLEAN: Final = "Unexpected token received from parser"
NOT_BASE64: Final = "only base-64-encoded strings are convertible to bytes"
BASE64_END: Final = "Invalid last non-pad Base64 character dectected"
NOT_A_CLASS: Final = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class "
    "(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base "
    "of loader 'bootstrap')"
)


def cannot_be_converted(token: str, declared: str) -> str:
    return f"{token} cannot be converted to {declared}"


def unexpected_collection(declared: str) -> str:
    return f"Unrecognized collection type {declared}"


def base64_length(length: int) -> str:
    return f"Base64 encoded length is expected a multiple of 4 bytes but found: {length}"


# ── constraints of shapes ────────────────────────────────────────────────────────────────────────────────────────────
MUST_NOT_BE_NULL: Final = "Member must not be null"


def must_be_at_least(bound: int) -> str:
    return f"Member must have value greater than or equal to {bound}"


def must_be_at_most(bound: int) -> str:
    return f"Member must have value less than or equal to {bound}"


def must_be_longer(bound: int) -> str:
    return f"Member must have length greater than or equal to {bound}"


def must_be_shorter(bound: int) -> str:
    return f"Member must have length less than or equal to {bound}"


def must_match(pattern: str) -> str:
    return f"Member must satisfy regular expression pattern: {pattern}"


def must_be_one_of(choices: Iterable[str]) -> str:
    return f"Member must satisfy enum value set: [{', '.join(choices)}]"


def members_must_satisfy(constraints: Iterable[str]) -> str:
    return f"Member must satisfy constraint: [{', '.join(constraints)}]"


def keys_must_satisfy(constraints: Iterable[str]) -> str:
    return f"Map keys must satisfy constraint: [{', '.join(constraints)}]"


def values_must_satisfy(constraints: Iterable[str]) -> str:
    return f"Map value must satisfy constraint: [{', '.join(constraints)}]"


def constraint_failed(value: str | None, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def constraint_failed_at(path: str, constraint: str) -> str:
    """The newest form of some: without the value."""
    return f"Value at '{path}' failed to satisfy constraint: {constraint}"


def member_is_null(path: str) -> str:
    """A whole answer: the one member that is missing."""
    return constraints_violated([constraint_failed(None, path, MUST_NOT_BE_NULL)])


def constraints_violated(violations: Sequence[str]) -> str:
    errors = "error" if len(violations) == 1 else "errors"
    return f"{len(violations)} validation {errors} detected: {'; '.join(violations)}"


def parameter_missing(name: str) -> str:
    return f"The parameter '{name}' is required but was not present in the request"


def table_name_length(name: str) -> str:
    return f"{name} must be at least 3 characters long and at most 255 characters long"


# ── tables that are not there ────────────────────────────────────────────────────────────────────────────────────────
RESOURCE_NOT_FOUND: Final = "Requested resource not found"


def table_not_found(name: str) -> str:
    return f"{RESOURCE_NOT_FOUND}: Table: {name} not found"


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────
VALUE_EMPTY: Final = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
VALUE_HAS_SEVERAL_TYPES: Final = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)
NUMBER_OVERFLOW: Final = "Number overflow. Attempting to store a number with magnitude larger than supported range"
NUMBER_UNDERFLOW: Final = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
NUMBER_TOO_LONG: Final = "Attempting to store more than 38 significant digits in a Number"
NULL_MUST_BE_TRUE: Final = _INVALID_PARAMETERS + "Null attribute value types must have the value of true"
EMPTY_SET: Final = {
    "SS": _INVALID_PARAMETERS + "An string set  may not be empty",
    "NS": _INVALID_PARAMETERS + "An number set  may not be empty",
    "BS": _INVALID_PARAMETERS + "Binary sets should not be empty",
}
DUPLICATES_IN_NUMBERS: Final = "Input collection contains duplicates"
NESTING_TOO_DEEP: Final = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)


def not_a_number(text: str) -> str:
    end = f": {text}" if text else ""
    return f"The parameter cannot be converted to a numeric value{end}"


def duplicates_in_strings(members: Sequence[str]) -> str:
    return f"{_INVALID_PARAMETERS}Input collection [{', '.join(members)}] contains duplicates."


def duplicates_in_binaries(members: Sequence[str]) -> str:
    return f"{_INVALID_PARAMETERS}Input collection [{', '.join(members)}]of type BS contains duplicates."


# ── requests: expressions beside their names and values ──────────────────────────────────────────────────────────────
NAMES_WITHOUT_EXPRESSION: Final = "ExpressionAttributeNames can only be specified when using expressions"
NAMES_EMPTY: Final = "ExpressionAttributeNames must not be empty"
VALUES_EMPTY: Final = "ExpressionAttributeValues must not be empty"


def mixed_parameters(plain: Iterable[str], expressions: Iterable[str]) -> str:
    return (
        "Can not use both expression and non-expression parameters in the same request: "
        f"Non-expression parameters: {_braced(plain)} Expression parameters: {_braced(expressions)}"
    )


def values_without_expression(expressions: Sequence[str]) -> str:
    verb = "is" if len(expressions) == 1 else "are"
    return (
        "ExpressionAttributeValues can only be specified when using expressions: "
        f"{' and '.join(expressions)} {verb} null"
    )


def invalid_placeholder(kind: str, placeholder: str) -> str:
    return f'ExpressionAttribute{kind} contains invalid key: Syntax error; key: "{placeholder}"'


def placeholder_too_long(kind: str, size: int) -> str:
    return (
        f"ExpressionAttribute{kind} contains invalid key: "
        f"The expression attribute map contains a key that is too long; size of key: {size}"
    )


def placeholder_for_invalid_name(placeholder: str, text: str) -> str:
    return f"ExpressionAttributeNames contains invalid value: {text} for key {placeholder}"


def placeholder_for_invalid_value(placeholder: str, text: str) -> str:
    return f"ExpressionAttributeValues contains invalid value: {text} for key {placeholder}"


def placeholders_too_large(kind: str) -> str:
    return f"ExpressionAttribute{kind} exceeds max size"


def duplicate_attribute_name(name: str) -> str:
    return f"{_INVALID_PARAMETERS}Duplicate value in attribute name: {name}"


# ── keys and items ───────────────────────────────────────────────────────────────────────────────────────────────────
KEY_MISMATCH: Final = "The provided key element does not match the schema"
PARTITION_KEY_TOO_LARGE: Final = (
    _INVALID_PARAMETERS + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
)
SORT_KEY_TOO_LARGE: Final = (
    _INVALID_PARAMETERS + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
)
ATTRIBUTE_NAME_EMPTY: Final = "Empty attribute name"
ATTRIBUTE_NAME_TOO_LARGE: Final = "Attribute name is too large, must be less than 65536 bytes"
ITEM_TOO_LARGE: Final = "Item size has exceeded the maximum allowed size"
UPDATED_ITEM_TOO_LARGE: Final = "Item size to update has exceeded the maximum allowed size"
CONDITION_FAILED: Final = "The conditional request failed"
RETURN_VALUES_OLD_OR_NONE: Final = "ReturnValues can only be ALL_OLD or NONE"
COLLECTION_TOO_LARGE: Final = "Collection size exceeded."

_INVALID_VALUES: Final = "One or more parameter values are not valid. "
_EMPTY: Final = {"S": "an empty string value", "B": "an empty binary value"}


def empty_key(name: str, letter: str) -> str:
    return f"{_INVALID_VALUES}The AttributeValue for a key attribute cannot contain {_EMPTY[letter]}. Key: {name}"


def empty_index_key(index: str, name: str, letter: str) -> str:
    return (
        f"{_INVALID_VALUES}A value specified for a secondary index key is not supported. "
        f"The AttributeValue for a key attribute cannot contain {_EMPTY[letter]}. IndexName: {index}, IndexKey: {name}"
    )


def empty_index_key_of_update(letter: str) -> str:
    return (
        f"{_INVALID_VALUES}The update expression attempted to update a secondary index key to a value that is not "
        f"supported. The AttributeValue for a key attribute cannot contain {_EMPTY[letter]}."
    )


def missing_key(name: str) -> str:
    return f"{_INVALID_PARAMETERS}Missing the key {name} in the item"


def key_type_mismatch(name: str, expected: str, actual: str) -> str:
    return f"{_INVALID_PARAMETERS}Type mismatch for key {name} expected: {expected} actual: {actual}"


def index_key_type_mismatch(index: str, name: str, expected: str, actual: str) -> str:
    return (
        f"{_INVALID_PARAMETERS}Type mismatch for Index Key {name} "
        f"Expected: {expected} Actual: {actual} IndexName: {index}"
    )


def index_key_too_large(index: str, name: str, size: int, size_max: int) -> str:
    return (
        f"{_INVALID_PARAMETERS}Size limit exceeded for Index Key {name} "
        f"Actual Size: {size} bytes Max Size: {size_max} bytes IndexName: {index}"
    )


def cannot_update_key(name: str) -> str:
    return f"{_INVALID_PARAMETERS}Cannot update attribute {name}. This attribute is part of the key"


def nested_key(name: str, *, of_index: bool = False) -> str:
    label = "IndexKey" if of_index else "Key"
    return (
        f"Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {label}: {name}"
    )


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────────
WRITE_REQUEST_MEMBERS: Final = VALUE_HAS_SEVERAL_TYPES  # it is what the service says
BATCH_DUPLICATES: Final = "Provided list of item keys contains duplicates"


def batch_empty(operation: str) -> str:
    return f"The requestItems parameter is required for {operation}"


def batch_too_large(operation: str) -> str:
    return f"Too many items requested for the {operation} call"


# ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────────
#: no capture of the service's own text is known
REPEATED_WITH_OTHER_PARAMETERS: Final = "The ClientRequestToken was used before, with other parameters"
TRANSACTION_DUPLICATES: Final = "Transaction request cannot include multiple operations on one item"
TRANSACTION_SEVERAL_MEMBERS: Final = "TransactItems can only contain one of Check, Put, Update or Delete"
TRANSACTION_NO_MEMBER: Final = "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"


def transaction_answer_too_large(size: int) -> str:
    return f"Payload in response is too large.{size}"


def transaction_too_large(size: int) -> str:
    return f"Transaction payload size cannot exceed 4MB. Payload Size: {size}"


def transaction_cancelled(codes: Iterable[str]) -> str:
    return f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"


# ── authentication ───────────────────────────────────────────────────────────────────────────────────────────────────
TWO_SIGNATURES: Final = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
TOKEN_MISSING: Final = "Request is missing Authentication Token"  # noqa: S105 - a message, not a token
SIGNATURE_DATE_MISSING: Final = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
HOST_NOT_SIGNED: Final = "'Host' must be a 'SignedHeader' in the AWS Authorization."
ACCESS_KEY_UNKNOWN: Final = "The security token included in the request is invalid."
SIGNATURE_WRONG: Final = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


def incomplete_header(missing: Iterable[str], *, without_date: bool, header: str) -> str:
    parts = [f"Authorization header requires '{name}' parameter. " for name in missing]
    return "".join(parts) + (SIGNATURE_DATE_MISSING if without_date else "") + f"Authorization={header}"


def incomplete_query(missing: Iterable[str]) -> str:
    parts = [f"AWS query-string parameters must include '{name}'. " for name in missing]
    return "".join(parts) + "Re-examine the query-string parameters."


def bad_signature_date(date: str) -> str:
    return f"Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"


def bad_credential(credential: str) -> str:
    return (
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
        f"got '{credential}'"
    )


def signature_expired(date: str, earliest: str, now: str, minutes: int) -> str:
    return f"Signature expired: {date} is now earlier than {earliest} ({now} - {minutes} min.)"


def signature_not_current(date: str, latest: str, now: str, minutes: int) -> str:
    return f"Signature not yet current: {date} is still later than {latest} ({now} + {minutes} min.)"
