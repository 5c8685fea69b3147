"""The builders of the expression language: conditions, filters, key conditions, projections and updates.

Nodes are immutable and write themselves with ``render(placeholders)``; one ``Placeholders`` serves all the expressions
of one request. Nothing here knows a table, a request or the wire beyond the shape of a value.
"""

from __future__ import annotations

from .attr import Attr
from .condition import Condition
from .key_condition import KeyCondition, SortCondition, begins_with, between, ge, gt, le, lt, render_key_condition
from .placeholders import Placeholders
from .projection import Projection
from .raw import Raw
from .update import Update

__all__ = [
    "Attr",
    "Condition",
    "KeyCondition",
    "Placeholders",
    "Projection",
    "Raw",
    "SortCondition",
    "Update",
    "begins_with",
    "between",
    "ge",
    "gt",
    "le",
    "lt",
    "render_key_condition",
]
