"""What is wrong with expressions: the service's texts, and the names and values that tests of them are given."""

from __future__ import annotations

from typing import Any

from tests.simulated_language import detail

V: dict[str, dict[str, Any]] = {
    ":s": {"S": "S"},
    ":x": {"S": "x"},
    ":n": {"N": "1"},
    ":b": {"B": "AP8="},
    ":t": {"BOOL": True},
    ":z": {"NULL": True},
    ":ss": {"SS": ["a"]},
    ":ns": {"NS": ["1"]},
    ":bs": {"BS": ["AP8="]},
    ":l": {"L": []},
    ":m": {"M": {}},
}
NAMES = {"#a": "a", "#dotted": "x.y"}


def fault(text: str, kind: str = "Condition") -> str:
    return detail(text, kind, V, NAMES)


def reserved(word: str) -> str:
    return f"Attribute name is a reserved keyword; reserved keyword: {word}"


def undefined_name(name: str) -> str:
    return f"An expression attribute name used in the document path is not defined; attribute name: {name}"


def undefined_value(name: str) -> str:
    return f"An expression attribute value used in expression is not defined; attribute value: {name}"


def misused(function: str) -> str:
    return f"The function is not allowed to be used this way in an expression; function: {function}"


def count(function: str, number: int) -> str:
    return (
        "Incorrect number of operands for operator or function; "
        f"operator or function: {function}, number of operands: {number}"
    )


def operand_type(operator: str, found: str) -> str:
    return f"Incorrect operand type for operator or function; operator or function: {operator}, operand type: {found}"


def needs_path(function: str) -> str:
    return f"Operator or function requires a document path; operator or function: {function}"


def not_distinct(operator: str, path: str) -> str:
    return (
        "The first operand must be distinct from the remaining operands for this operator or function; "
        f"operator: {operator}, first operand: {path}"
    )


def overlap(one: str, two: str) -> str:
    return (
        "Two document paths overlap with each other; must remove or rewrite one of these paths; "
        f"path one: {one}, path two: {two}"
    )


def conflict(one: str, two: str) -> str:
    return overlap(one, two).replace("overlap", "conflict")
