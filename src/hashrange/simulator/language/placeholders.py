"""The names and values that a request defines for its expressions, and which of them its expressions use.

Must not know the grammar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .. import expression_messages
from ..values import AttributeValue


@dataclass(slots=True)
class Placeholders:
    """ExpressionAttributeNames and -Values (canonical), and which of them were used."""

    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, AttributeValue] = field(default_factory=dict)
    used_names: set[str] = field(default_factory=set)
    used_values: set[str] = field(default_factory=set)

    def unused(self) -> str | None:
        """The message about what no expression used, or None; names come first."""
        for kind, given, used in (("Names", self.names, self.used_names), ("Values", self.values, self.used_values)):
            if len(used) < len(given):
                return expression_messages.unused_placeholders(kind, [name for name in given if name not in used])
        return None
