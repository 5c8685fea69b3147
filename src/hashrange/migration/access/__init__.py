"""Data access by a contract: repositories at run time.

``AccessLayer`` makes a ``Repository`` for each entity: ``reading``, ``writing`` and ``counting`` are its parts,
``lookups`` says what the keys can find, ``records`` makes the class of its records, ``changes`` plans an update,
``family`` is deletes and moves of several items, ``stored`` the items with their guards.
"""

from __future__ import annotations

from .family import FamilyResult
from .ids import IdAllocator
from .layer import AccessLayer
from .listing import Listing
from .repository import Repository
from .tracing import CorrelationFilter, correlated, correlation_id
from .transaction import LayerTransaction

__all__ = [
    "AccessLayer",
    "CorrelationFilter",
    "FamilyResult",
    "IdAllocator",
    "LayerTransaction",
    "Listing",
    "Repository",
    "correlated",
    "correlation_id",
]
