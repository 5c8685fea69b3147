"""What the service says about expressions and the older parameters that they replaced, verbatim. State of 2026-11.

A part of ``messages``. Must not know when a message is due. Spelling and spacing are the service's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

_INVALID_PARAMETERS: Final = "One or more parameter values were invalid: "


def _braced(parts: Iterable[str]) -> str:
    return "{" + ", ".join(parts) + "}"


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
