"""Single-table design: entities of plain models in one table, reached by the fields of their key templates.

``Entity`` and ``SingleTable`` declare (templates → ``layout`` of an entity in the table); ``SingleTable.bind`` gives a
``BoundSingleTable`` with the operations. A read goes ``entity_table`` → ``key_range`` → the table's own query; a write
``layout`` (index attributes) → the table's own put or update, or, with unique fields, ``transaction`` and ``unique``.
"""

from __future__ import annotations

from .bound import BoundSingleTable
from .describe import AccessPattern, AccessPatterns
from .entity import Entity
from .entity_key import EntityKey
from .entity_table import EntityTable
from .single_table import SingleTable
from .transaction import EntityTransaction

__all__ = [
    "AccessPattern",
    "AccessPatterns",
    "BoundSingleTable",
    "Entity",
    "EntityKey",
    "EntityTable",
    "EntityTransaction",
    "SingleTable",
]
