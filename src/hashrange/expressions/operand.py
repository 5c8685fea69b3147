"""Operands: what stands on either side of an operator, and which ones an operator can take.

Owns constants and the checks that the service makes of operands before it looks at an item. Must not know conditions
or updates.
"""

from __future__ import annotations

from base64 import b64decode
from decimal import Decimal
from typing import Any

from ..codec import encode_value
from ..errors import InvalidExpression, ValidationError
from ..types import AttributeValue
from .expression import Expression
from .placeholders import Placeholders

#: the kinds that have an order
ORDERED = frozenset({"S", "N", "B"})
NUMBER = frozenset({"N"})
LIST = frozenset({"L"})
PREFIX = frozenset({"S", "B"})


class Constant(Expression):
    """A value, encoded once when the expression is built: changing a list afterwards does not change the expression."""

    __slots__ = ("wire",)
    _label = "Constant"

    def __init__(self, wire: AttributeValue) -> None:
        self.wire = wire

    @property
    def kind(self) -> str:
        """The letter of its type."""
        return next(iter(self.wire))

    def _text(self, placeholders: Placeholders) -> str:
        return placeholders.encoded(self.wire)


def constant(value: Any, subject: Expression) -> Constant:
    """A Python value as an operand; an error names ``subject``, which it is compared with or written to.

    Raises:
        InvalidExpression: it is an expression, and this is no place for one.
        TypeMismatch, ValidationError: as ``codec.encode_value``.
    """
    if isinstance(value, Expression):
        raise InvalidExpression(
            f"{value.describe(redact=True)} cannot stand beside {subject.describe(redact=True)} here",
            hint="give a value, or an attribute: Attr(...)",
        )
    try:
        wire = encode_value(value)
    except ValidationError:
        wire = encode_value(value, subject.describe(redact=True))  # the same error, with the path of the attribute
    return Constant(wire)


def require_kind(found: Expression, kinds: frozenset[str], subject: Expression, what: str, hint: str) -> None:
    """Refuse a constant of another kind; what an attribute will hold is not known yet."""
    if isinstance(found, Constant) and found.kind not in kinds:
        raise InvalidExpression(
            f"{subject.describe(redact=True)}: {what} cannot take a value of type {found.kind}", hint=hint
        )


def require_distinct(first: Expression, other: Expression, what: str) -> None:
    """Refuse an attribute beside itself, as the service does."""
    if not isinstance(other, Constant) and first.same_as(other):
        raise InvalidExpression(
            f"{what} has {first.describe()} on both sides", hint="compare it with a value or another attribute"
        )


def require_bounds(lower: Expression, upper: Expression, subject: Expression) -> None:
    """Refuse bounds of a BETWEEN that no value could lie between, or that cannot be compared."""
    for bound in (lower, upper):
        require_kind(bound, ORDERED, subject, "between", "bounds are both text, both numbers, or both bytes")
    if not isinstance(lower, Constant) or not isinstance(upper, Constant):
        return
    if lower.kind != upper.kind:
        raise InvalidExpression(
            f"{subject.describe(redact=True)}: the bounds are of types {lower.kind} and {upper.kind}",
            hint="bounds are both text, both numbers, or both bytes",
        )
    if _order(lower.wire) > _order(upper.wire):
        raise InvalidExpression(
            f"{subject.describe(redact=True)}: the lower bound is above the upper bound",
            hint="give the lower bound first",
        )


def _order(attribute: AttributeValue) -> Any:
    """A key by which values of one kind compare as in DynamoDB."""
    ((kind, content),) = attribute.items()
    if kind == "N":
        return Decimal(content)
    # code points and UTF-8 bytes sort alike
    return b64decode(content) if kind == "B" else content
