"""Proves that source and tables hold the same, and mends what does not.

``Verification`` compares whole or sampled entities, and access patterns; its ``Report`` is shown by ``render``;
``repair`` writes what is missing or different.
"""

from __future__ import annotations

from .patterns import Pattern
from .render import html, markdown, text
from .repair import Repairs, repair
from .report import AttributeDifference, Discrepancy, EntityReport, PatternReport, Report
from .run import Verification

__all__ = [
    "AttributeDifference",
    "Discrepancy",
    "EntityReport",
    "Pattern",
    "PatternReport",
    "Repairs",
    "Report",
    "Verification",
    "html",
    "markdown",
    "repair",
    "text",
]
