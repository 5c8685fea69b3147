"""SUM, COUNT, AVG, MIN and MAX as MySQL computes them, one value after another.

Must not know where the values come from.
"""

from __future__ import annotations

from typing import Any, Literal

from ..expressions.sql_values import ARITHMETIC, compared, number


class Accumulator:
    """The result so far. NULLs do not count.

    Args:
        operation: which.
        folds: texts are compared without case and accents.
    """

    __slots__ = ("_best", "_count", "_folds", "_operation", "_sum")

    def __init__(self, operation: Literal["SUM", "COUNT", "AVG", "MIN", "MAX"], *, folds: bool = False) -> None:
        self._operation, self._folds = operation, folds
        self._count = 0
        self._sum: Any = 0
        self._best: Any = None

    def add(self, value: Any) -> None:
        """Take a value. Raises NotComputable where it does not fit the others."""
        if value is None:
            return
        self._count += 1
        if self._operation in ("SUM", "AVG"):
            self._sum = ARITHMETIC["+"](self._sum, number(value))
        elif self._operation in ("MIN", "MAX"):
            better = -1 if self._operation == "MIN" else 1
            if self._best is None or compared(value, self._best, self._folds) == better:
                self._best = value

    def result(self) -> Any:
        """The number, or NULL where there was none; COUNT is 0 then. AVG has four digits more than its values."""
        if self._operation == "COUNT":
            return self._count
        if self._count == 0:
            return None
        if self._operation == "AVG":
            return ARITHMETIC["/"](self._sum, self._count)
        return self._sum if self._operation == "SUM" else self._best
