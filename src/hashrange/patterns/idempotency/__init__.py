"""What is to be done once for one event, however often the event is delivered.

``guard`` has what people use; ``record`` is the item that says how far the work is, and who may write it.
"""

from __future__ import annotations

from .guard import Idempotency, IdempotentRun

__all__ = ["Idempotency", "IdempotentRun"]
