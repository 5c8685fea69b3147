"""The shop's contract with one thing about it changed, each for a test."""

from __future__ import annotations

import json
from typing import Any

from hashrange.migration.contract.load import load_contract
from hashrange.migration.contract.model import Contract
from tests.shop_contract import CONTRACT, OVERRIDES

from .shop import shop


def _loaded(document: dict[str, Any]) -> Contract:
    _, schema = shop()
    return load_contract(document, schema=schema, overrides=OVERRIDES).require()


def without_cart_ids() -> Contract:
    """Carts whose id is in no attribute: they are in no index by it."""
    document = json.loads(CONTRACT)
    carts = document["tables"][0]["entities"][1]
    carts["attributes"] = [one for one in carts["attributes"] if one["name"] != "GSI1PK"]
    return _loaded(document)


def with_categories_by_parent() -> Contract:
    """Categories whose index has the id as its sort key only."""
    document = json.loads(CONTRACT)
    document["tables"][2]["gsis"] = [{"index_name": "ByParent", "pk": "parent_id", "sk": "category_id"}]
    return _loaded(document)
