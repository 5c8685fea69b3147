"""What a check has found: where, how bad, what it means, and what to do.

Everything that reads a contract or a schema adds to one ``Findings``; ``hashrange migrate check`` shows it. Owns the
form of a finding, in text and JSON. Must not know contracts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

#: "repair" is a defect that relaxed mode has mended by a documented rule: it is said, and does not fail the check
Severity: TypeAlias = Literal["error", "warning", "repair"]
_ORDER: Final[dict[Severity, int]] = {"error": 0, "warning": 1, "repair": 2}


class Place(Struct, frozen=True):
    """A place in a document.

    Attributes:
        pointer: JSON pointer (RFC 6901), "" for the whole document; of a DDL file the table and column, "users.email".
        line, column: from 1; 0 where they are not known (a document that was given as Python values).
        document: which one: "" for the contract, else "schema", "overrides" or "patterns".
    """

    pointer: str = ""
    line: int = 0
    column: int = 0
    document: str = ""


class Finding(Struct, frozen=True):
    """One thing that was found.

    Attributes:
        severity: "error" (the contract cannot be followed as it stands), "warning", or "repair".
        code: what kind it is, for programs and for ``docs``: lower case with dashes, such as "key-without-source".
        message: what is wrong, with the names it is about.
        fix: what to do about it; "" where there is nothing to say.
        place: where.
    """

    severity: Severity
    code: str
    message: str
    fix: str = ""
    place: Place = Place()

    def __str__(self) -> str:
        where = f"{self.place.line}:{self.place.column} " if self.place.line else ""
        fix = f"; {self.fix}" if self.fix else ""
        document = f"{self.place.document} " if self.place.document else ""
        return f"{document}{where}{self.place.pointer or '/'}: {self.severity} [{self.code}] {self.message}{fix}"


class Findings:
    """Findings in the order of their places; the same one is kept once."""

    def __init__(self) -> None:
        self._found: dict[Finding, None] = {}

    def __iter__(self) -> Iterator[Finding]:
        return iter(sorted(self._found, key=_in_order))

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        counts = ", ".join(f"{self.count(severity)} {severity}s" for severity in _ORDER)
        return f"<Findings: {counts}>"

    def error(self, code: str, message: str, *, fix: str = "", at: Place = Place()) -> None:  # noqa: B008 - frozen
        """Add an error."""
        self.add(Finding("error", code, message, fix, at))

    def warning(self, code: str, message: str, *, fix: str = "", at: Place = Place()) -> None:  # noqa: B008 - frozen
        """Add a warning."""
        self.add(Finding("warning", code, message, fix, at))

    def repair(self, code: str, message: str, *, fix: str = "", at: Place = Place()) -> None:  # noqa: B008 - frozen
        """Add a defect that has been mended."""
        self.add(Finding("repair", code, message, fix, at))

    def add(self, finding: Finding) -> None:
        self._found.setdefault(finding)

    def count(self, severity: Severity) -> int:
        return sum(1 for one in self._found if one.severity == severity)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(one for one in self if one.severity == "error")

    def as_json(self) -> list[dict[str, Any]]:
        """One object a finding, for ``--json``."""
        return [
            {
                "severity": one.severity,
                "code": one.code,
                "message": one.message,
                "fix": one.fix,
                "document": one.place.document,
                "pointer": one.place.pointer,
                "line": one.place.line,
                "column": one.place.column,
            }
            for one in self
        ]


def _in_order(one: Finding) -> tuple[str, int, int, int, str]:
    return (one.place.document, one.place.line, one.place.column, _ORDER[one.severity], one.code)
