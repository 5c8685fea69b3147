"""Items ↔ the user's own types: dataclass, attrs class, msgspec Struct, TypedDict, pydantic v2 model, unchanged.

``item_model(model)`` gives the ItemModel that converts; everything else here is how. Works on Python values (as
``codec`` takes and gives them): must not know the wire form, tables or keys.
"""

from __future__ import annotations

from .registry import ItemModel, item_model

__all__ = ["ItemModel", "item_model"]
