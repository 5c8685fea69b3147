"""What checked expressions mean: nodes with real names and values, ready for ``evaluate`` and ``apply_update``.

Operands: Path, Literal, Call. Conditions: Test, Junction, and Call where it stands alone. Updates: Change, whose right
side may be a Sum. No node knows an item.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from ..values import AttributeValue

#: from the top of an item down: attribute names, and indexes of list elements; never empty
Steps: TypeAlias = tuple[str | int, ...]


class Path(Struct, frozen=True):
    steps: Steps


class Literal(Struct, frozen=True):
    value: AttributeValue


class Call(Struct, frozen=True):
    function: str
    operands: tuple[Operand, ...]


Operand: TypeAlias = "Path | Literal | Call"


class Test(Struct, frozen=True):
    """A comparison, BETWEEN or IN: the operator, the subject, and what it is held against."""

    __test__ = False  # pytest takes the name for a test

    operator: str
    subject: Operand
    others: tuple[Operand, ...]


class Junction(Struct, frozen=True):
    """AND, OR or NOT."""

    operator: str
    parts: tuple[Condition, ...]


Condition: TypeAlias = "Test | Junction | Call"


class Sum(Struct, frozen=True):
    """An addition or subtraction; of sums only in PartiQL."""

    operator: str
    left: Operand | Sum
    right: Operand | Sum


class Change(Struct, frozen=True):
    """One action of an update: ``section`` is SET, REMOVE, ADD or DELETE; REMOVE has no operand."""

    section: str
    steps: Steps
    operand: Operand | Sum | None
