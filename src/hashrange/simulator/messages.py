"""Every message of the service, verbatim. State of 2026-11.

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


# ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────────
EXPRESSION_EMPTY: Final = "The expression can not be empty;"
REDUNDANT_PARENTHESES: Final = "The expression has redundant parentheses;"
EXPRESSION_TOO_LONG: Final = "Expression size has exceeded the maximum allowed size"
OPERAND_MISSING: Final = "The provided expression refers to an attribute that does not exist in the item"
OPERAND_TYPE_WRONG: Final = "An operand in the update expression has an incorrect data type"
UPDATE_PATH_INVALID: Final = "The document path provided in the update expression is invalid for update"


def invalid_expression(kind: str, detail: str) -> str:
    return f"Invalid {kind}Expression: {detail}"


def syntax_error(token: str, near: str) -> str:
    return f'Syntax error; token: "{token}", near: "{near}"'


def reserved_word(word: str) -> str:
    return f"Attribute name is a reserved keyword; reserved keyword: {word}"


def invalid_function(name: str) -> str:
    return f"Invalid function name; function: {name}"


def misused_function(name: str) -> str:
    return f"The function is not allowed to be used this way in an expression; function: {name}"


def function_not_allowed(kind: str, name: str) -> str:
    article = "an" if kind == "update" else "a"
    return f"The function is not allowed in {article} {kind} expression; function: {name}"


def undefined_name(placeholder: str) -> str:
    return f"An expression attribute name used in the document path is not defined; attribute name: {placeholder}"


def undefined_value(placeholder: str) -> str:
    return f"An expression attribute value used in expression is not defined; attribute value: {placeholder}"


def operand_count(function: str, count: int) -> str:
    return (
        "Incorrect number of operands for operator or function; "
        f"operator or function: {function}, number of operands: {count}"
    )


def operand_type(function: str, found: str) -> str:
    return f"Incorrect operand type for operator or function; operator or function: {function}, operand type: {found}"


def update_operand_type(section: str, found: str) -> str:
    return f"Incorrect operand type for operator or function; operator: {section}, operand type: {found}"


def needs_path(function: str) -> str:
    return f"Operator or function requires a document path; operator or function: {function}"


def invalid_type_name(name: str) -> str:
    return f"Invalid attribute type name found; type: {name}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}"


def operands_not_distinct(operator: str, path: Sequence[str | int]) -> str:
    return (
        "The first operand must be distinct from the remaining operands for this operator or function; "
        f"operator: {operator}, first operand: {path_text(path)}"
    )


def between_types(lower: str, upper: str) -> str:
    return (
        "The BETWEEN operator requires same data type for lower and upper bounds; "
        f"lower bound operand: AttributeValue: {lower}, upper bound operand: AttributeValue: {upper}"
    )


def between_inverted(lower: str, upper: str) -> str:
    return (
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
        f"lower bound operand: AttributeValue: {lower}, upper bound operand: AttributeValue: {upper}"
    )


def path_text(path: Sequence[str | int]) -> str:
    """A path as the service prints it: ``[a, [0], b]``."""
    return f"[{', '.join(f'[{step}]' if isinstance(step, int) else step for step in path)}]"


def paths_overlap(one: Sequence[str | int], two: Sequence[str | int]) -> str:
    return (
        "Two document paths overlap with each other; must remove or rewrite one of these paths; "
        f"path one: {path_text(one)}, path two: {path_text(two)}"
    )


def paths_conflict(one: Sequence[str | int], two: Sequence[str | int]) -> str:
    return (
        "Two document paths conflict with each other; must remove or rewrite one of these paths; "
        f"path one: {path_text(one)}, path two: {path_text(two)}"
    )


def path_too_deep(levels: int) -> str:
    return f"The document path has too many nesting levels; nesting levels: {levels}"


def too_many_operators(count: int) -> str:
    return f"The expression contains too many operators; operator count: {count}"


def too_many_choices(count: int) -> str:
    return f"The IN operator is provided with too many operands; number of operands: {count}"


def section_used_twice(section: str) -> str:
    return f'The "{section}" section can only be used once in an update expression;'


def list_index_out_of_range(index: int) -> str:
    return f"List index is not within the allowable range; index: [{index}]"


def unused_placeholders(kind: str, placeholders: Iterable[str]) -> str:
    return f"Value provided in ExpressionAttribute{kind} unused in expressions: keys: {_braced(placeholders)}"


# ── legacy parameters ────────────────────────────────────────────────────────────────────────────────────────────────
LEGACY_OPERATOR_FOR_NONE: Final = "ConditionalOperator cannot be used without Filter or Expected"
LEGACY_OPERATOR_FOR_ONE: Final = "ConditionalOperator can only be used when Filter or Expected has two or more elements"
LEGACY_ARGUMENT_TYPES_DIFFER: Final = (
    _INVALID_PARAMETERS + "AttributeValues inside AttributeValueList must be of same type"
)
LEGACY_BETWEEN_INVERTED: Final = (
    "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
)
LEGACY_UPDATE_NEEDS_VALUE: Final = (
    _INVALID_PARAMETERS + "Only DELETE action is allowed when no attribute value is specified"
)
LEGACY_UPDATE_TYPE_MISMATCH: Final = "Type mismatch for attribute to update"


def legacy_value_and_list(attribute: str) -> str:
    return f"{_INVALID_PARAMETERS}Value and AttributeValueList cannot be used together for Attribute: {attribute}"


def legacy_exists_and_operator(attribute: str) -> str:
    return f"{_INVALID_PARAMETERS}Exists and ComparisonOperator cannot be used together for Attribute: {attribute}"


def legacy_operator_without_value(operator: str, attribute: str) -> str:
    return (
        f"{_INVALID_PARAMETERS}Value or AttributeValueList must be used with ComparisonOperator: {operator} "
        f"for Attribute: {attribute}"
    )


def legacy_list_without_operator(attribute: str) -> str:
    return (
        f"{_INVALID_PARAMETERS}AttributeValueList can only be used with a ComparisonOperator for Attribute: {attribute}"
    )


def legacy_value_missing(exists: str, attribute: str) -> str:
    return f"{_INVALID_PARAMETERS}Value must be provided when Exists is {exists} for Attribute: {attribute}"


def legacy_value_of_missing(attribute: str) -> str:
    return f"{_INVALID_PARAMETERS}Value cannot be used when Exists is false for Attribute: {attribute}"


def legacy_argument_count(operator: str) -> str:
    return f"{_INVALID_PARAMETERS}Invalid number of argument(s) for the {operator} ComparisonOperator"


def legacy_argument_type(operator: str, kind: str) -> str:
    return f"{_INVALID_PARAMETERS}ComparisonOperator {operator} is not valid for {kind} AttributeValue type"


def legacy_update_type(action: str, kind: str) -> str:
    with_value = " with value" if action == "DELETE" else ""
    return f"{_INVALID_PARAMETERS}{action} action{with_value} is not supported for the type {kind}"


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


# ── Query and Scan ───────────────────────────────────────────────────────────────────────────────────────────────────
KEY_CONDITIONS_MISSING: Final = (
    "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
)
KEY_CONDITIONS_COUNT: Final = "Conditions can be of length 1 or 2 only"
KEY_CONDITION_NESTED: Final = "KeyConditionExpressions cannot contain nested operations"
KEY_CONDITION_ON_NESTED: Final = "KeyConditionExpressions cannot have conditions on nested attributes"
KEY_CONDITION_TWICE: Final = "KeyConditionExpressions must only contain one condition per key"
KEY_CONDITION_WITH_TWO_NAMES: Final = (
    "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
)
KEY_CONDITION_WITHOUT_NAME: Final = "Invalid condition in KeyConditionExpression: No key attribute specified"
KEY_CONDITION_NOT_INDEXABLE: Final = "Attempted conditional constraint is not an indexable operation"
KEY_CONDITION_TYPE_WRONG: Final = _INVALID_PARAMETERS + "Condition parameter type does not match schema type"
KEY_CONDITION_NOT_SUPPORTED: Final = "Query key condition not supported"
CONSISTENT_ON_GLOBAL_INDEX: Final = "Consistent reads are not supported on global secondary indexes"
SELECT_NEEDS_PROJECTION: Final = (
    "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
)
SELECT_NEEDS_INDEX: Final = "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
START_KEY_INVALID: Final = "The provided starting key is invalid"
START_KEY_OUTSIDE: Final = "The provided starting key is outside query boundaries based on provided conditions"
START_KEY_NOT_IN_RANGE: Final = "The provided starting key does not match the range key predicate"
START_KEY_OF_ONE_ROW: Final = "The query can return at most one row and cannot be restarted"
SEGMENT_WITHOUT_TOTAL: Final = (
    "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
)
TOTAL_WITHOUT_SEGMENT: Final = (
    "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"
)


def key_condition_operator(operator: str) -> str:
    return f"Invalid operator used in KeyConditionExpression: {operator}"


def key_condition_name_not_first(operator: str) -> str:
    return (
        f"Invalid condition in KeyConditionExpression: {operator} operator must have the key attribute "
        "as its first operand"
    )


def key_condition_missing(name: str) -> str:
    return f"Query condition missed key schema element: {name}"


def no_such_index(name: str) -> str:
    return f"The table does not have the specified index: {name}"


def select_excludes(parameter: str, chosen: str) -> str:
    return f"Cannot specify the {parameter} when choosing to get {chosen}"


def select_all_of_global_index(index: str) -> str:
    return (
        f"{_INVALID_PARAMETERS}Select type ALL_ATTRIBUTES is not supported for global secondary index {index} "
        "because its projection type is not ALL"
    )


def attributes_not_projected(index: str, names: Iterable[str]) -> str:
    return f"{_INVALID_PARAMETERS}Global secondary index {index} does not project [{', '.join(names)}]"


def filter_not_projected(index: str, names: Iterable[str]) -> str:
    return (
        f"{_INVALID_PARAMETERS}Secondary index {index} does not project one or more filter attributes: "
        f"[{', '.join(names)}]"
    )


def filter_on_key(parameter: str, name: str) -> str:
    return f"{parameter} can only contain non-primary key attributes: Primary key attribute: {name}"


def invalid_start_key(text: str) -> str:
    return f"{START_KEY_INVALID}: {text}"


def start_key_of_other_segment(segment: int, total: int) -> str:
    return invalid_start_key(
        "Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
        f"TotalSegments: {total} Segment: {segment}"
    )


def segment_too_large(segment: int, total: int) -> str:
    return (
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
        f"Segment: {segment} is not less than TotalSegments: {total}"
    )


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────────
WRITE_REQUEST_MEMBERS: Final = VALUE_HAS_SEVERAL_TYPES  # it is what the service says
BATCH_DUPLICATES: Final = "Provided list of item keys contains duplicates"


def batch_empty(operation: str) -> str:
    return f"The requestItems parameter is required for {operation}"


def batch_too_large(operation: str) -> str:
    return f"Too many items requested for the {operation} call"


# ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────────
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
