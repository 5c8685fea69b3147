"""The functions of the language: where each may stand, how many operands it has, what it gives.

begins_with, contains and size themselves are ``values``'; here is their place in the language.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Signature(Struct, frozen=True):
    """A function.

    Attributes:
        role: "condition" stands alone, "operand" stands in a comparison, "update" stands right of SET.
        operands: how many.
    """

    role: str
    operands: int


FUNCTIONS: Final = {
    "attribute_exists": Signature("condition", 1),
    "attribute_not_exists": Signature("condition", 1),
    "attribute_type": Signature("condition", 2),
    "begins_with": Signature("condition", 2),
    "contains": Signature("condition", 2),
    "size": Signature("operand", 1),
    "if_not_exists": Signature("update", 2),
    "list_append": Signature("update", 2),
}
