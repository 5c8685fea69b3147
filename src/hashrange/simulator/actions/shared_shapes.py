"""Shapes of members that several operations have.

The order of members is the one in which the service converts and checks them. Must not know operations.
"""

from __future__ import annotations

from typing import Final

from ..shapes import ATTRIBUTE_VALUE, ITEM, boolean, list_of, map_of, required, string, structure

COMPARISON_OPERATOR: Final = string(
    enum=(
        "IN",
        "NULL",
        "BETWEEN",
        "LT",
        "NOT_CONTAINS",
        "EQ",
        "GT",
        "NOT_NULL",
        "NE",
        "LE",
        "BEGINS_WITH",
        "GE",
        "CONTAINS",
    )
)
CONDITIONAL_OPERATOR: Final = string(enum=("OR", "AND"))
RETURN_VALUES: Final = string(enum=("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"))
RETURN_VALUES_ON_CONDITION_CHECK_FAILURE: Final = string(enum=("ALL_OLD", "NONE"))
ATTRIBUTES_TO_GET: Final = list_of(string(), min_length=1, max_length=255)

EXPECTED: Final = map_of(
    structure(
        "ExpectedAttributeValue",
        AttributeValueList=list_of(ATTRIBUTE_VALUE),
        ComparisonOperator=COMPARISON_OPERATOR,
        Exists=boolean(),
        Value=ATTRIBUTE_VALUE,
    )
)
CONDITIONS: Final = map_of(
    structure(
        "Condition",
        AttributeValueList=list_of(ATTRIBUTE_VALUE),
        ComparisonOperator=required(COMPARISON_OPERATOR),
    )
)
ATTRIBUTE_UPDATES: Final = map_of(
    structure("AttributeValueUpdate", Value=ATTRIBUTE_VALUE, Action=string(enum=("ADD", "PUT", "DELETE")))
)
KEY: Final = required(ITEM)
