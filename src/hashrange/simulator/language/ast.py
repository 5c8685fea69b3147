"""What expressions say, as frozen nodes; placeholders are still placeholders.

Operands: Path, ValueRef, Function. Conditions: Comparison, Between, In, Junction, Not, and Function where it stands
alone. Updates: Action. No node knows an item, a name or a value.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct


class Path(Struct, frozen=True):
    """Steps from the top of an item down: bare names, ``#placeholders`` and list indexes."""

    steps: tuple[str | int, ...]


class ValueRef(Struct, frozen=True):
    """``:placeholder``."""

    name: str


class Function(Struct, frozen=True):
    name: str
    operands: tuple[Operand, ...]


Operand: TypeAlias = "Path | ValueRef | Function"


class Comparison(Struct, frozen=True):
    operator: str
    left: Operand
    right: Operand


class Between(Struct, frozen=True):
    subject: Operand
    lower: Operand
    upper: Operand


class In(Struct, frozen=True):
    subject: Operand
    choices: tuple[Operand, ...]


class Junction(Struct, frozen=True):
    """Conditions joined by AND, or by OR: two or more."""

    operator: str
    parts: tuple[Condition, ...]


class Not(Struct, frozen=True):
    inner: Condition


Condition: TypeAlias = "Comparison | Between | In | Junction | Not | Function"


class Arithmetic(Struct, frozen=True):
    """A sum or difference; of sums only in PartiQL."""

    operator: str
    left: Operand | Arithmetic
    right: Operand | Arithmetic


class Action(Struct, frozen=True):
    """One change of a section; in REMOVE it has no operand."""

    path: Path
    operand: Operand | Arithmetic | None


class Section(Struct, frozen=True):
    """SET, REMOVE, ADD or DELETE, with its actions."""

    word: str
    actions: tuple[Action, ...]


class ConditionText(Struct, frozen=True):
    """A parsed condition. ``operators`` is how many operators and functions it has."""

    root: Condition
    operators: int


class UpdateText(Struct, frozen=True):
    """A parsed update; its sections in the order they stand."""

    sections: tuple[Section, ...]
    operators: int


class ProjectionText(Struct, frozen=True):
    """A parsed projection."""

    paths: tuple[Path, ...]
